//! A log record on one line.

use std::fmt::Write;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::paint::{Look, Paint};
use super::visible::visible;

/// Attributes of a line, and characters of a value; the other forms have all.
const ATTRIBUTES: usize = 4;
const VALUE_LENGTH: usize = 40;

/// The names of bands of severity numbers, four each from 1 on.
const BANDS: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

/// A row of log search, as far as it is shown.
#[derive(Debug, Deserialize)]
pub(super) struct LogRow<'a> {
    time_ns: Option<String>,
    observed_time_ns: Option<String>,
    #[serde(default)]
    severity_number: i64,
    #[serde(default)]
    severity_text: String,
    service: Option<String>,
    #[serde(borrow)]
    body: &'a RawValue,
    trace_id: Option<String>,
    #[serde(default)]
    attributes: Map<String, Value>,
}

impl LogRow<'_> {
    /// Time, severity, service, body, some attributes, the trace.
    pub(super) fn line(&self, paint: Paint) -> String {
        let mut line = String::new();
        let time = self.time_ns.as_ref().or(self.observed_time_ns.as_ref());
        paint.push(&mut line, Look::Dim, &time_of(time.map(String::as_str)));
        line.push(' ');
        let severity = format!("{:<5}", visible(self.severity()));
        paint.push(&mut line, Look::Severity(self.severity_number), &severity);
        line.push(' ');
        let service = self.service.as_deref().unwrap_or("-");
        paint.push(&mut line, Look::Service(service), &visible(service));
        line.push(' ');
        line.push_str(&visible(&self.body()));
        let rest = self.rest();
        if !rest.is_empty() {
            line.push_str("  ");
            paint.push(&mut line, Look::Dim, &rest);
        }
        line
    }

    /// The body: a text as it was sent, nothing for none, any other value as JSON.
    pub(super) fn body(&self) -> String {
        match serde_json::from_str(self.body.get()) {
            Ok(Value::String(text)) => text,
            Ok(Value::Null) => String::new(),
            _ => self.body.get().to_owned(),
        }
    }

    fn severity(&self) -> &str {
        if !self.severity_text.is_empty() {
            return &self.severity_text;
        }
        let band = (self.severity_number - 1).div_euclid(4);
        let name = usize::try_from(band).ok().and_then(|band| BANDS.get(band));
        name.copied().unwrap_or("-")
    }

    fn rest(&self) -> String {
        let mut rest = Vec::new();
        for (name, value) in self.attributes.iter().take(ATTRIBUTES) {
            rest.push(format!("{}={}", visible(name), short(value)));
        }
        let more = self.attributes.len().saturating_sub(ATTRIBUTES);
        if more > 0 {
            rest.push(format!("+{more}"));
        }
        if let Some(trace) = &self.trace_id {
            rest.push(format!("trace={}", visible(trace)));
        }
        rest.join(" ")
    }
}

fn short(value: &Value) -> String {
    let text = match value {
        Value::String(text) => visible(text),
        other => visible(&other.to_string()),
    };
    match text.char_indices().nth(VALUE_LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Nanoseconds since 1970 as RFC 3339 to the millisecond; those beyond a calendar as they are.
pub(super) fn time_of(ns: Option<&str>) -> String {
    let Some(ns) = ns else {
        return "-".into();
    };
    let time = ns.parse().ok().map(Timestamp::from_nanosecond);
    match time {
        Some(Ok(time)) => {
            let mut text = String::new();
            let _infallible = write!(text, "{}", time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"));
            text
        }
        _ => visible(ns),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;
    use crate::cli::ColorArg;

    fn line(row: &str, color: ColorArg) -> String {
        let row: LogRow<'_> = serde_json::from_str(row).unwrap();
        row.line(Paint::new(color, false))
    }

    #[test]
    fn a_record_is_one_line() {
        let row = r#"{"time_ns":"1700000000123456789","observed_time_ns":null,"severity_number":17,"severity_text":"","service":"cart","body":"a\nb \u001b[2J","trace_id":"0a","attributes":{"a":1,"b":"x y","c":true,"d":[1],"e":5}}"#;
        assert_eq!(
            line(row, ColorArg::Never),
            "2023-11-14T22:13:20.123Z ERROR cart a\\nb \\x1b[2J  a=1 b=x y c=true d=[1] +1 trace=0a"
        );
        assert_eq!(
            line(row, ColorArg::Always).matches('\x1b').count(),
            8,
            "four pieces are painted, and nothing else is obeyed"
        );
    }

    #[test]
    fn what_is_not_there_is_shown_so() {
        let row = r#"{"time_ns":null,"observed_time_ns":null,"severity_number":0,"severity_text":"","service":null,"body":null,"trace_id":null,"attributes":{}}"#;
        assert_eq!(line(row, ColorArg::Never), "- -     - ");
        let row = r#"{"time_ns":null,"observed_time_ns":"999999999999999999999999","severity_number":1,"severity_text":"loud","service":"s","body":{"k":[1.50]}}"#;
        assert_eq!(
            line(row, ColorArg::Never),
            "999999999999999999999999 loud  s {\"k\":[1.50]}"
        );
    }
}
