//! OTLP/JSON as far as a sender needs it: how many records a line holds, how new they are, and moving their times without
//! touching anything else. The line itself is sent as it stands.

use std::fmt;
use std::ops::Range;

use serde::de::{self, IgnoredAny, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use super::request::{Contents, Signal};
use super::shift::Shift;

/// Keys whose value is a time. OTLP/JSON never has a sender's own names as object keys, so a key is proof enough.
const TIME_KEYS: [&[u8]; 4] = [
    b"timeUnixNano",
    b"observedTimeUnixNano",
    b"startTimeUnixNano",
    b"endTimeUnixNano",
];

/// Counts the records of one line.
pub(super) fn contents(text: &[u8]) -> Result<Contents, String> {
    let line: Line = serde_json::from_slice(text).map_err(|error| describe(&error))?;
    if line.resource_spans.is_none()
        && line.resource_logs.is_none()
        && line.resource_metrics.is_none()
    {
        return Err("it has neither resourceSpans nor resourceLogs nor resourceMetrics".to_owned());
    }
    let mut contents = Contents::default();
    let spans = line
        .resource_spans
        .iter()
        .flatten()
        .flat_map(|resource| resource.scope_spans.iter().flatten());
    for span in spans.flat_map(|scope| scope.spans.iter().flatten()) {
        contents.add(
            Signal::Traces,
            span.start_time_unix_nano.0.max(span.end_time_unix_nano.0),
        );
    }
    let logs = line
        .resource_logs
        .iter()
        .flatten()
        .flat_map(|resource| resource.scope_logs.iter().flatten());
    for log in logs.flat_map(|scope| scope.log_records.iter().flatten()) {
        let time = if log.time_unix_nano.0 == 0 {
            log.observed_time_unix_nano.0
        } else {
            log.time_unix_nano.0
        };
        contents.add(Signal::Logs, time);
    }
    let metrics = line
        .resource_metrics
        .iter()
        .flatten()
        .flat_map(|resource| resource.scope_metrics.iter().flatten());
    for point in metrics
        .flat_map(|scope| scope.metrics.iter().flatten())
        .flat_map(Metric::points)
    {
        contents.add(Signal::Metrics, point.time_unix_nano.0);
    }
    Ok(contents)
}

/// The line with every time moved. Everything else keeps its bytes: a parse and a print could round a number.
///
/// Goes from string to string. One that is a time's key is followed by a colon and digits, in quotes or not.
pub(super) fn shifted(text: &[u8], shift: Shift) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 64);
    let mut copied = 0;
    let mut at = 0;
    while let Some(open) = find_quote(text, at) {
        at = string_end(text, open);
        let content = text.get(open + 1..at - 1).unwrap_or_default();
        if TIME_KEYS.contains(&content)
            && let Some(value) = value_after_colon(text, at)
            && let Some(time_ns) = time_of(&text[value.clone()])
        {
            out.extend_from_slice(&text[copied..value.start]);
            out.extend_from_slice(shift.apply(time_ns).to_string().as_bytes());
            copied = value.end;
        }
    }
    out.extend_from_slice(&text[copied..]);
    out
}

fn find_quote(text: &[u8], from: usize) -> Option<usize> {
    text[from..]
        .iter()
        .position(|byte| *byte == b'"')
        .map(|offset| from + offset)
}

/// Just after the closing quote of the string that opens at `open`.
fn string_end(text: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    while at < text.len() {
        match text[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

/// Where the digits lie that follow a key, without their quotes.
fn value_after_colon(text: &[u8], key_end: usize) -> Option<Range<usize>> {
    let colon = skip_blanks(text, key_end);
    if text.get(colon) != Some(&b':') {
        return None;
    }
    let value = skip_blanks(text, colon + 1);
    let start = if text.get(value) == Some(&b'"') {
        value + 1
    } else {
        value
    };
    let digits = text[start..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    Some(start..start + digits)
}

fn time_of(digits: &[u8]) -> Option<u64> {
    str::from_utf8(digits).ok()?.parse().ok()
}

fn skip_blanks(text: &[u8], from: usize) -> usize {
    from + text[from..]
        .iter()
        .take_while(|byte| byte.is_ascii_whitespace())
        .count()
}

/// What is wrong, without the line number that serde adds: it counts within one line of ours.
fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or_default();
    let kind = if error.is_data() {
        "not an OTLP request"
    } else {
        "not JSON"
    };
    format!("{kind}: {reason} (column {})", error.column())
}

type List<T> = Option<Vec<T>>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    resource_spans: List<ResourceSpans>,
    resource_logs: List<ResourceLogs>,
    resource_metrics: List<ResourceMetrics>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSpans {
    scope_spans: List<ScopeSpans>,
}

#[derive(Deserialize)]
struct ScopeSpans {
    spans: List<Span>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Span {
    start_time_unix_nano: Time,
    end_time_unix_nano: Time,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceLogs {
    scope_logs: List<ScopeLogs>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScopeLogs {
    log_records: List<LogRecord>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct LogRecord {
    time_unix_nano: Time,
    observed_time_unix_nano: Time,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceMetrics {
    scope_metrics: List<ScopeMetrics>,
}

#[derive(Deserialize)]
struct ScopeMetrics {
    metrics: List<Metric>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metric {
    gauge: Option<Points>,
    sum: Option<Points>,
    histogram: Option<Points>,
    exponential_histogram: Option<Points>,
    summary: Option<Points>,
}

impl Metric {
    fn points(&self) -> impl Iterator<Item = &Point> {
        [
            &self.gauge,
            &self.sum,
            &self.histogram,
            &self.exponential_histogram,
            &self.summary,
        ]
        .into_iter()
        .flatten()
        .flat_map(|points| points.data_points.iter().flatten())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Points {
    data_points: List<Point>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Point {
    time_unix_nano: Time,
}

/// A time as string or number. What is neither counts as absent: whether to refuse it is the server's decision.
#[derive(Default, Clone, Copy)]
struct Time(u64);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TimeVisitor)
    }
}

struct TimeVisitor;

impl<'de> Visitor<'de> for TimeVisitor {
    type Value = Time;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nanoseconds as a string or a number")
    }

    fn visit_u64<E>(self, value: u64) -> Result<Time, E> {
        Ok(Time(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Time, E> {
        Ok(Time::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Time, E> {
        Ok(Time::default())
    }

    fn visit_unit<E>(self) -> Result<Time, E> {
        Ok(Time::default())
    }

    fn visit_str<E>(self, text: &str) -> Result<Time, E> {
        Ok(Time(text.parse().unwrap_or_default()))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Time, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Err(de::Error::invalid_type(Unexpected::Map, &self))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    fn check_contents(text: &str, signals: &[(Signal, u64)], newest_ns: Option<u64>) {
        let contents = contents(text.as_bytes()).unwrap();
        assert_eq!(contents.signals().collect::<Vec<_>>(), signals);
        assert_eq!(contents.newest_ns, newest_ns);
    }

    #[test]
    fn records_of_every_signal_are_counted() {
        let spans = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"endTimeUnixNano":"9"},{"startTimeUnixNano":7}]}]}]}"#;
        check_contents(spans, &[(Signal::Traces, 2)], Some(9));
        let logs = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"3","observedTimeUnixNano":"8"},
            {"observedTimeUnixNano":"5"},{"timeUnixNano":"18446744073709551615"}]},{"logRecords":null}]},{}]}"#;
        check_contents(logs, &[(Signal::Logs, 3)], Some(5));
        let metrics = r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"gauge":{"dataPoints":[{},{}]}},
            {"sum":{"dataPoints":[{"timeUnixNano":"4"}]}},{"name":"x"}]}]}]}"#;
        check_contents(metrics, &[(Signal::Metrics, 3)], Some(4));
        check_contents(r#"{"resourceSpans":[]}"#, &[], None);
    }

    #[test]
    fn what_is_no_request_is_told() {
        let error = |text: &str| contents(text.as_bytes()).unwrap_err();
        assert!(error("{\"resourceSpans\":[").starts_with("not JSON: EOF"));
        assert!(error("{}").contains("neither resourceSpans"));
        assert!(
            error("[]").starts_with("it has neither")
                || error("[]").starts_with("not an OTLP request")
        );
        assert!(error(r#"{"resourceSpans":7}"#).starts_with("not an OTLP request: invalid type"));
    }

    #[test]
    fn only_times_are_moved() {
        let text = r#"{"timeUnixNano" : "1000","observedTimeUnixNano":1500, "endTimeUnixNano":"0","x":"timeUnixNano",
            "y":"1000","key":"a \" timeUnixNano","v":0.10000000000000000001,"startTimeUnixNano":null}"#;
        let expected = text
            .replace("\"1000\",\"obs", "\"3000\",\"obs")
            .replace("1500", "3500");
        let moved = shifted(text.as_bytes(), Shift::between(1_000, 3_000));
        assert_eq!(String::from_utf8(moved).unwrap(), expected);
    }

    #[test]
    fn a_cut_line_does_not_break_the_scan() {
        for text in [
            "\"",
            "\"timeUnixNano",
            "\"timeUnixNano\"",
            "\"timeUnixNano\":",
            "\"timeUnixNano\":\"",
            "\"a\\",
        ] {
            assert_eq!(
                shifted(text.as_bytes(), Shift::between(1, 2)),
                text.as_bytes()
            );
        }
    }
}
