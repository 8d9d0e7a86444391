//! Times as a person asks for them, and what they mean at one moment.
//!
//! A time is RFC 3339 (`2026-11-05T10:00:00Z`, any offset), epoch milliseconds (`1674981729487`, a
//! fraction allowed) or relative to now (`now`, `now-15m`, `now-1h30m`; units `ns`, `us`, `ms`, `s`,
//! `m`, `h`, `d`, `w`). A request carries its times as asked, because a cursor must know whether it
//! belongs to the same question, and two pages of `now-15m` must speak of the same fifteen minutes.

use clearspan_storage::scan::TimeRange;
use jiff::fmt::temporal::Pieces;

use crate::QueryError;

const NS_PER_MS: i128 = 1_000_000;

/// One end of a range, as asked. Wider than a stored time, so that no arithmetic overflows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AskedTime {
    /// An instant, in nanoseconds since 1970.
    At(i128),
    /// This many nanoseconds after now; before it, where negative.
    FromNow(i128),
}

impl AskedTime {
    /// Reads one of the three forms; `None` when `text` is none of them.
    pub fn parse(text: &str) -> Option<AskedTime> {
        let text = text.trim();
        if let Some(offset) = text.strip_prefix("now") {
            return parse_offset(offset).map(AskedTime::FromNow);
        }
        if let Some(ns) = parse_epoch_ms(text) {
            return Some(AskedTime::At(ns));
        }
        parse_rfc3339(text).map(AskedTime::At)
    }

    pub(crate) fn at(self, now_ns: i64) -> i128 {
        match self {
            AskedTime::At(ns) => ns,
            AskedTime::FromNow(offset) => i128::from(now_ns).saturating_add(offset),
        }
    }
}

/// `[from, to)` as asked. An absent end is unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct AskedRange {
    /// The first instant inside.
    pub from: Option<AskedTime>,
    /// The first instant behind.
    pub to: Option<AskedTime>,
}

impl AskedRange {
    /// All time.
    pub const ALL: AskedRange = AskedRange {
        from: None,
        to: None,
    };

    /// The first instant inside as asked, at `now_ns`, even where nothing can be stored that early or late.
    pub(crate) fn start_ns(self, now_ns: i64) -> Option<i128> {
        self.from.map(|time| time.at(now_ns))
    }

    /// The first instant behind as asked, at `now_ns`; `None` where everything stored lies before it.
    pub(crate) fn end_ns(self, now_ns: i64) -> Option<i128> {
        let to = self.to.map(|time| time.at(now_ns));
        to.filter(|&to| to <= i128::from(i64::MAX))
    }

    /// What the range means at `now_ns`. Fails when it ends before it starts.
    pub fn resolve(self, now_ns: i64) -> Result<TimeRange, QueryError> {
        let (from, to) = (
            self.from.map(|time| time.at(now_ns)),
            self.to.map(|time| time.at(now_ns)),
        );
        if let (Some(from), Some(to)) = (from, to)
            && from > to
        {
            return Err(QueryError::RangeReversed);
        }
        let beyond = from.is_some_and(|from| from > i128::from(i64::MAX));
        let before = to.is_some_and(|to| to <= i128::from(i64::MIN));
        if beyond || before {
            // Holds no instant at all: the same end twice.
            return Ok(TimeRange {
                from: Some(i64::MAX),
                to: Some(i64::MAX),
            });
        }
        // What lies outside of the stored times on the open side is no bound.
        Ok(TimeRange {
            from: from.and_then(|from| i64::try_from(from).ok()),
            to: to.and_then(|to| i64::try_from(to).ok()),
        })
    }
}

impl From<TimeRange> for AskedRange {
    fn from(range: TimeRange) -> Self {
        let at = |ns: i64| AskedTime::At(i128::from(ns));
        AskedRange {
            from: range.from.map(at),
            to: range.to.map(at),
        }
    }
}

/// RFC 3339. Not by way of [`jiff::Timestamp`], which ends within the year 9999 so as to leave room for
/// any offset: the last second of that year is what many write for "no end".
fn parse_rfc3339(text: &str) -> Option<i128> {
    let pieces = Pieces::parse(text).ok()?;
    let local = pieces.date().to_datetime(pieces.time()?);
    let offset = pieces.offset()?.to_numeric_offset();
    let since_1970 = local.duration_since(jiff::civil::datetime(1970, 1, 1, 0, 0, 0, 0));
    Some(since_1970.as_nanos() - i128::from(offset.seconds()) * 1_000_000_000)
}

/// Milliseconds since 1970, with up to six digits of a fraction.
fn parse_epoch_ms(text: &str) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // More digits than these say nothing that a stored time could hold.
    if !is_digits(digits) || digits.len() > 18 || !is_digits(fraction) || fraction.len() > 6 {
        return None;
    }
    let whole: i128 = whole.parse().ok()?;
    let fraction: i128 = format!("{fraction:0<6}").parse().ok()?;
    let sign = if text.starts_with('-') { -1 } else { 1 };
    Some(whole * NS_PER_MS + sign * fraction)
}

/// ``, `-15m`, `+1h30m`, `-1d+2h`: signed runs of number and unit.
fn parse_offset(text: &str) -> Option<i128> {
    let mut rest = text;
    let mut sign = 0;
    let mut offset = 0i128;
    while let Some(first) = rest.chars().next() {
        match first {
            '-' | '+' => {
                sign = if first == '-' { -1 } else { 1 };
                rest = &rest[1..];
            }
            _ if sign == 0 => return None,
            _ => {}
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let unit = rest[digits..]
            .bytes()
            .take_while(u8::is_ascii_alphabetic)
            .count();
        // Ten digits of weeks still fit the arithmetic, and no clock shows more.
        let count: i128 = rest[..digits].parse().ok().filter(|_| digits <= 18)?;
        offset += sign * count * unit_ns(&rest[digits..digits + unit])?;
        rest = &rest[digits + unit..];
    }
    Some(offset)
}

fn unit_ns(unit: &str) -> Option<i128> {
    const SECOND: i128 = 1_000_000_000;
    Some(match unit {
        "ns" => 1,
        "us" => 1_000,
        "ms" => NS_PER_MS,
        "s" => SECOND,
        "m" => 60 * SECOND,
        "h" => 3_600 * SECOND,
        "d" => 86_400 * SECOND,
        "w" => 7 * 86_400 * SECOND,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const NOW: i64 = 1_700_000_000_000_000_000;

    fn check(text: &str, expected: Option<i128>) {
        assert_eq!(
            AskedTime::parse(text).map(|time| time.at(NOW)),
            expected,
            "{text}"
        );
    }

    #[test]
    fn the_three_forms() {
        let now = i128::from(NOW);
        check(
            "2023-01-29T08:42:09.487160534Z",
            Some(1_674_981_729_487_160_534),
        );
        check("2023-01-29T10:42:09+02:00", Some(1_674_981_729_000_000_000));
        check(
            "9999-12-31T23:59:59.999999999-23:59",
            Some(253_402_387_139_999_999_999),
        );
        check(
            "0000-01-01T00:00:00+23:59",
            Some(-62_167_305_540_000_000_000),
        );
        check("1674981729487", Some(1_674_981_729_487_000_000));
        check("1674981729487.160534", Some(1_674_981_729_487_160_534));
        check("-1.5", Some(-1_500_000));
        check("0", Some(0));
        check("now", Some(now));
        check("now-15m", Some(now - 900_000_000_000));
        check("now+1h30m", Some(now + 5_400_000_000_000));
        check("now-1d+2h", Some(now - 79_200_000_000_000));
        check(" now ", Some(now));
    }

    #[test]
    fn what_is_no_time() {
        for text in [
            "",
            "now15m",
            "now-",
            "now-m",
            "now-5",
            "now-5y",
            "yesterday",
            "1e3",
            "1.",
            ".5",
            "--1",
            "2023-01-29",
            "2023-01-29T08:42:09",
            "2023-02-30T08:42:09Z",
        ] {
            check(text, None);
        }
        check("now-9999999999999999999w", None);
        check("now-é", None);
    }

    #[test]
    fn a_range_beyond_all_stored_times() {
        let resolve = |from: Option<i128>, to: Option<i128>| {
            let at = |end: Option<i128>| end.map(AskedTime::At);
            AskedRange {
                from: at(from),
                to: at(to),
            }
            .resolve(NOW)
        };
        let huge = i128::from(u64::MAX);
        assert_eq!(resolve(Some(-huge), Some(huge)).unwrap(), TimeRange::ALL);
        for range in [
            resolve(Some(huge), None).unwrap(),
            resolve(None, Some(-huge)).unwrap(),
        ] {
            assert!(
                ![i64::MIN, 0, i64::MAX]
                    .iter()
                    .any(|&time| range.contains(time))
            );
        }
        assert!(matches!(
            resolve(Some(1), Some(0)),
            Err(QueryError::RangeReversed)
        ));
        assert!(!resolve(Some(1), Some(1)).unwrap().contains(1));
    }
}
