//! What columns show already is folded out of a message's head: the record's own time, its severity, its trace and span id.
//!
//! Only what is the record's own is folded: a time must be that of the record up to a time zone and two seconds, an id must be
//! equal. One word that is neither, such as a logger's name, may stand between them; it is kept. The panel shows the whole text.

use std::ops::Range;

use crate::pages::format;

/// How far into a text its head may reach.
const HEAD_BYTES_MAX: usize = 400;

/// Zones differ by multiples of this.
const ZONE_STEP_S: i64 = 900;

/// Clocks within a pod and of its log collector differ a little.
const SLACK_S: i64 = 2;

/// The record's own values.
#[derive(Debug, Clone)]
pub(super) struct Own<'a> {
    pub(super) placed_ns: i64,
    pub(super) severity_text: &'a str,
    pub(super) severity_name: &'a str,
    pub(super) trace_id: Option<String>,
    pub(super) span_id: Option<String>,
}

/// A text without what columns show.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Folded {
    /// A word of the head that is no column's.
    pub(super) kept: Option<Range<usize>>,
    /// Where the rest starts; 0 when nothing is folded.
    pub(super) rest: usize,
}

pub(super) fn fold(text: &str, own: &Own<'_>) -> Folded {
    let mut folded = Folded::default();
    let mut unknown: Option<Range<usize>> = None;
    let mut words = words(text).peekable();
    while let Some(word) = words.next() {
        let next = words.peek().map_or("", |next| bare(&text[next.clone()]));
        match own.reading(&text[word.clone()], next) {
            Reading::Own => {
                folded.kept = folded.kept.or(unknown.take());
                folded.rest = word.end;
            }
            Reading::Nothing => {}
            Reading::Other if unknown.is_none() && folded.kept.is_none() => unknown = Some(word),
            Reading::Other => break,
        }
    }
    let rest =
        text[folded.rest..].trim_start_matches(|c: char| c.is_whitespace() || "-|:".contains(c));
    if rest.is_empty() || folded.rest == 0 {
        return Folded::default();
    }
    folded.rest = text.len() - rest.len();
    folded
}

/// The words of the head, as ranges.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = &text[at..];
        let start = at + (rest.len() - rest.trim_start().len());
        let length = text[start..].find(char::is_whitespace);
        let end = length.map_or(text.len(), |length| start + length);
        at = end;
        (start < end && end <= HEAD_BYTES_MAX).then_some(start..end)
    })
}

/// What a word of the head is.
enum Reading {
    Own,
    /// A dash or a bracket alone.
    Nothing,
    Other,
}

impl Own<'_> {
    fn reading(&self, word: &str, next: &str) -> Reading {
        let word = bare(word);
        if word.is_empty() {
            return Reading::Nothing;
        }
        let is_own = self.is_time(word)
            || self.is_severity(word)
            || self.is_id(word)
            || self.is_labelled_id(word)
            || (is_label(word) && self.is_id(next));
        if is_own { Reading::Own } else { Reading::Other }
    }

    fn is_severity(&self, word: &str) -> bool {
        [self.severity_text, self.severity_name]
            .iter()
            .any(|own| !own.is_empty() && own.eq_ignore_ascii_case(word))
    }

    fn is_id(&self, word: &str) -> bool {
        let is = |id: &Option<String>| id.as_ref().is_some_and(|id| id.eq_ignore_ascii_case(word));
        is(&self.trace_id) || is(&self.span_id)
    }

    /// `trace_id=6f3c...`, `[6f3c...,576f...]`.
    fn is_labelled_id(&self, word: &str) -> bool {
        let mut parts = word
            .split(['=', ':', ','])
            .map(bare)
            .filter(|part| !part.is_empty());
        let mut ids = 0;
        let all = parts.all(|part| {
            let is_id = self.is_id(part);
            ids += usize::from(is_id);
            is_id || is_label(part)
        });
        all && ids > 0
    }

    /// A date near the record's, a time of day that is the record's in some zone, or both.
    fn is_time(&self, word: &str) -> bool {
        let (date, time) = match word.split_once(['T', '_']) {
            Some((date, time)) => (Some(date), Some(time)),
            None if word.contains(':') => (None, Some(word)),
            None => (Some(word), None),
        };
        date.is_none_or(|date| self.is_date(date)) && time.is_none_or(|time| self.is_clock(time))
    }

    fn is_date(&self, word: &str) -> bool {
        const DAY_NS: i64 = 86_400_000_000_000;
        let word = word.replace('/', "-");
        [-DAY_NS, 0, DAY_NS].iter().any(|offset| {
            let date = format::civil(self.placed_ns.saturating_add(*offset)).date();
            word == date.to_string()
        })
    }

    fn is_clock(&self, word: &str) -> bool {
        let Some(seconds) = clock(word) else {
            return false;
        };
        let own = self.placed_ns.div_euclid(1_000_000_000);
        let apart = (seconds - own).rem_euclid(ZONE_STEP_S);
        apart <= SLACK_S || apart >= ZONE_STEP_S - SLACK_S
    }
}

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| c.is_ascii_punctuation() && !"+_".contains(c))
}

fn is_label(word: &str) -> bool {
    let letters: String = word.chars().filter(char::is_ascii_alphabetic).collect();
    ["traceid", "trace", "spanid", "span"]
        .iter()
        .any(|label| letters.eq_ignore_ascii_case(label))
}

/// Seconds since midnight of `16:42:09`, perhaps with a fraction and a zone behind.
fn clock(word: &str) -> Option<i64> {
    let (head, tail) = word.split_at_checked(8)?;
    let parts: Vec<&str> = head.split(':').collect();
    let [hours, minutes, seconds] = parts[..] else {
        return None;
    };
    let two = |part: &str| {
        let is_two = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        is_two.then(|| part.parse::<i64>().ok()).flatten()
    };
    let is_tail = tail
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b".,+-:Z".contains(&byte));
    let seconds = two(hours)? * 3_600 + two(minutes)? * 60 + two(seconds)?;
    is_tail.then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "6f3cbf058c2765548a39ad724905d6a1";
    const SPAN: &str = "576f9c38fc25e197";

    /// 08:42:09.487 UTC on 29 January 2023.
    fn own() -> Own<'static> {
        Own {
            placed_ns: 1_674_981_729_487_160_534,
            severity_text: "INFO",
            severity_name: "INFO",
            trace_id: Some(TRACE.into()),
            span_id: Some(SPAN.into()),
        }
    }

    fn check(text: &str, kept: &str, rest: &str) {
        let folded = fold(text, &own());
        assert_eq!(
            folded.kept.clone().map_or("", |kept| &text[kept]),
            kept,
            "{text}"
        );
        assert_eq!(&text[folded.rest..], rest, "{text}");
    }

    #[test]
    fn the_records_own_head_is_folded() {
        check(
            &format!(
                "16:42:09.486 INFO  t.c.Controller#115 TraceID: {TRACE} SpanID: {SPAN} [query][Query]"
            ),
            "t.c.Controller#115",
            "[query][Query]",
        );
        check(
            &format!("TraceID: {TRACE} SpanID: {SPAN} Request started"),
            "",
            "Request started",
        );
        check("2023-01-29T08:42:09.487Z info: it works", "", "it works");
        check(
            "2023-01-29 16:42:10,001 [INFO] main - it works",
            "",
            "main - it works",
        );
        check(
            &format!("[INFO] [{TRACE},{SPAN}] - it works"),
            "",
            "it works",
        );
        check(&format!("trace_id={} it", TRACE.to_uppercase()), "", "it");
    }

    #[test]
    fn what_is_not_its_own_stays() {
        for text in [
            "",
            "plain words",
            "16:45:09.486 INFOS",
            "99:42:09",
            "2023-01-25 was long ago",
            "WARN about nothing",
            "TraceID: 0000000000000000000000000000000a x",
            "info",
            "one two INFO three",
            "12:34",
            "日本語 INFO2",
        ] {
            check(text, "", text);
        }
    }
}
