//! What the charts say in numbers: at the cursor, in all, and bucket by bucket.

use clearspan_query::AskedTime;

use super::charts::Pencil;
use super::heat::Heat;
use super::times::Times;
use crate::pages::format;
use crate::pages::frame::Frame;
use crate::pages::view::{Link, View};

/// One bucket in numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Reading {
    /// Its start as people and as machines read it, and the first instant behind it.
    pub(super) clock: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) rate: String,
    pub(super) calls: String,
    pub(super) errors: u64,
    pub(super) error_percent: String,
    /// p50, p95, p99, each with a trace that took about as long.
    pub(super) durations: [(String, Option<Link>); 3],
    /// This page in the range of the bucket.
    pub(super) zoom: Option<Link>,
    /// The traces of it.
    pub(super) traces: Option<Link>,
}

/// The whole range in numbers.
pub(super) struct Summary {
    pub(super) rate: String,
    pub(super) calls: String,
    pub(super) errors: String,
    pub(super) error_percent: String,
    pub(super) buckets: usize,
}

impl Reading {
    pub(super) fn new(pencil: &Pencil, heat: &Heat, at: usize, query: &str) -> Self {
        let times = pencil.times;
        let Some(point) = times.points.get(at) else {
            return Reading::default();
        };
        let to_ns = point.from_ns.saturating_add(times.width_ns);
        let (from, to) = (format::rfc3339(point.from_ns), format::rfc3339(to_ns));
        Reading {
            clock: clock(point.from_ns, times.width_ns),
            rate: format::rate(times.rate(point.calls)),
            calls: format::count(point.calls),
            errors: point.errors,
            error_percent: format::percent(point.errors, point.calls),
            durations: point.durations.map(|ns| {
                let link = ns.and_then(|ns| heat.trace_of(at, ns));
                (format::duration_or_none(ns), link)
            }),
            zoom: Some(pencil.frame.in_range(&from, &to)),
            traces: Some(
                View::at("/traces")
                    .with("q", query)
                    .with("from", &from)
                    .with("to", &to)
                    .link(),
            ),
            from,
            to,
        }
    }
}

impl Summary {
    pub(super) fn new(times: &Times, frame: &Frame) -> Self {
        let (from, to) = frame.range.ends();
        let seconds = (i128::from(to) - i128::from(from)).max(1) as f64 / 1e9;
        let (calls, errors) = (times.calls(), times.errors());
        Summary {
            rate: format::rate(calls as f64 / seconds),
            calls: format::count(calls),
            errors: format::count(errors),
            error_percent: format::percent(errors, calls),
            buckets: times.points.len(),
        }
    }
}

/// With as much of the time as buckets of this width differ in.
fn clock(ns: i64, width_ns: i64) -> String {
    const SECOND: i64 = 1_000_000_000;
    match width_ns {
        ..SECOND => format::clock_ms(ns),
        SECOND..86_400_000_000_000 => {
            let mut text = format::clock_ms(ns);
            text.truncate("00:00:00".len());
            text
        }
        _ => format!("{} {}", format::short_day(ns), format::clock_minutes(ns)),
    }
}

/// The instant that `at` names; a link from elsewhere may name none.
pub(super) fn instant(at: &str, frame: &Frame) -> Option<i64> {
    let asked = clearspan_query::AskedRange {
        from: Some(AskedTime::parse(at)?),
        to: None,
    };
    asked.resolve(frame.range.now_ns).ok()?.from
}

/// Milliseconds, for a script that measures a box in them.
pub(super) fn ms(ns: i64) -> String {
    format!("{:.6}", ns.max(1) as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_say_what_buckets_differ_in() {
        let at = 1_674_984_886_500_706_516;
        assert_eq!(clock(at, 1_000_000), "09:34:46.500");
        assert_eq!(clock(at, 15_000_000_000), "09:34:46");
        assert_eq!(clock(at, 86_400_000_000_000), "29 Jan 09:34");
        assert_eq!(ms(1_500_000), "1.500000");
    }
}
