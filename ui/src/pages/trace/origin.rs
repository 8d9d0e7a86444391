//! Times as offsets from the trace's start, and ranges around it.

use crate::pages::format;
use crate::pages::view::View;

/// What a link to the logs of a span or a trace adds on either side of its time: clocks differ, and logs come late.
pub(super) const FOR_LOGS_NS: i64 = 60_000_000_000;

/// What a search for traces like this one adds: half an hour.
pub(super) const FOR_TRACES_NS: i64 = 1_800_000_000_000;

/// Where offsets count from; unknown when no span of the trace has a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Origin(pub(super) Option<u64>);

impl Origin {
    /// `+409 ms` after the start of the trace; a dash where either is unknown.
    pub(super) fn offset(self, time: u64) -> String {
        match (self.0, time) {
            (Some(start), 1..) => signed(i128::from(time) - i128::from(start)),
            _ => format::NONE.to_owned(),
        }
    }
}

/// `+409 ms`, `-3.00 ms`.
fn signed(ns: i128) -> String {
    let text = format::duration(narrow(ns));
    if ns < 0 { text } else { format!("+{text}") }
}

/// A duration as far as one can be shown.
pub(super) fn narrow(ns: i128) -> i64 {
    i64::try_from(ns).unwrap_or(if ns < 0 { i64::MIN } else { i64::MAX })
}

/// A time as sent, for a `<time>`; `None` where it is unknown or lies beyond what a date can say.
pub(super) fn rfc3339(time: u64) -> Option<String> {
    let ns = i64::try_from(time).ok().filter(|&ns| ns > 0)?;
    Some(format::rfc3339(ns))
}

/// A page in the range around two times; without a range where both are unknown.
pub(super) fn around(path: &str, start: Option<u64>, end: Option<u64>, margin_ns: i64) -> View {
    let known = |time: Option<u64>| {
        time.filter(|&time| time > 0)
            .and_then(|t| i64::try_from(t).ok())
    };
    let (start, end) = (known(start), known(end));
    let (Some(first), Some(last)) = (start.or(end), end.or(start)) else {
        return View::at(path);
    };
    let from = first.min(last).saturating_sub(margin_ns).max(0);
    let to = first.max(last).saturating_add(margin_ns);
    View::at(path)
        .with("from", &format::rfc3339(from))
        .with("to", &format::rfc3339(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets() {
        let check = |start, time, expected: &str| {
            assert_eq!(Origin(start).offset(time).replace('\u{a0}', " "), expected);
        };
        check(Some(1_000), 410_001_000, "+410 ms");
        check(Some(1_000), 1_000, "+0 ns");
        check(Some(3_001_000), 1_000, "-3.00 ms");
        check(Some(1_000), 0, "–");
        check(None, 1_000, "–");
        check(Some(1), u64::MAX, "+2562048 h");
    }

    #[test]
    fn a_range_holds_what_it_is_about() {
        let second = 1_000_000_000;
        let around = |path, start, end| around(path, start, end, FOR_LOGS_NS);
        let view = around(
            "/logs",
            Some(1_700_000_000 * second),
            Some(1_700_000_001 * second),
        );
        assert_eq!(view.get("from"), "2023-11-14T22:12:20.000000000Z");
        assert_eq!(view.get("to"), "2023-11-14T22:14:21.000000000Z");
        assert_eq!(around("/logs", None, None), View::at("/logs"));
        assert_eq!(around("/logs", Some(0), Some(u64::MAX)), View::at("/logs"));
        let backwards = around(
            "/logs",
            Some(1_700_000_001 * second),
            Some(1_700_000_000 * second),
        );
        assert_eq!(backwards, view);
    }
}
