//! Numbers, durations and times as people read them.

use clearspan_query::{ScanStats, duration_text};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// No value.
pub(crate) const NONE: &str = "–";

/// `6,297`.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What an answer took: `664 templates tested, 128 of 2,072,664 rows read, 1 of 55 segments`.
pub(crate) fn work(stats: &ScanStats) -> String {
    let rows = format!(
        "{} of {} rows read, {} of {} segments",
        count(stats.rows_scanned.min(stats.rows_total)),
        count(stats.rows_total),
        count(stats.segments_read),
        count(stats.segments_total)
    );
    match stats.templates_tested {
        0 => rows,
        templates => format!("{} templates tested, {rows}", count(templates)),
    }
}

/// A duration with a no-break space before its unit.
pub(crate) fn duration(ns: i64) -> String {
    duration_text(ns, '\u{a0}')
}

/// A duration, or a dash.
pub(crate) fn duration_or_none(ns: Option<i64>) -> String {
    ns.map_or_else(|| NONE.to_owned(), duration)
}

/// Calls per second, with as many digits as tell something: `0.031`, `0.44`, `12.5`, `1,234`.
pub(crate) fn rate(per_second: f64) -> String {
    match per_second {
        r if r <= 0.0 => "0".to_owned(),
        r if r < 0.0005 => "<0.001".to_owned(),
        r if r < 0.0995 => format!("{r:.3}"),
        r if r < 9.995 => format!("{r:.2}"),
        r if r < 99.95 => format!("{r:.1}"),
        r => count(r.round() as u64),
    }
}

/// A share in per cent with one decimal; never `0` or `100` for what is not quite that.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if part == 0 || whole == 0 {
        return "0".to_owned();
    }
    let share = part as f64 / whole as f64 * 100.0;
    match share {
        s if s < 0.05 => "<0.1".to_owned(),
        s if part < whole && s >= 99.95 => ">99.9".to_owned(),
        s if s >= 99.95 => "100".to_owned(),
        s => format!("{s:.1}"),
    }
}

/// The date and the time of day in UTC.
pub(crate) fn civil(ns: i64) -> DateTime {
    let at = Timestamp::from_nanosecond(i128::from(ns)).unwrap_or_default();
    Offset::UTC.to_datetime(at)
}

/// `09:34:46.500`, cut, not rounded: the next second has not begun.
pub(crate) fn clock_ms(ns: i64) -> String {
    let at = civil(ns);
    let ms = at.subsec_nanosecond() / 1_000_000;
    format!(
        "{:02}:{:02}:{:02}.{ms:03}",
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// `09:34`.
pub(crate) fn clock_minutes(ns: i64) -> String {
    let at = civil(ns);
    format!("{:02}:{:02}", at.hour(), at.minute())
}

/// `29 Jan`, with the year when it is not that of `now`.
pub(crate) fn day(ns: i64, now_ns: i64) -> String {
    let at = civil(ns);
    let form = if at.year() == civil(now_ns).year() {
        "%-d %b"
    } else {
        "%-d %b %Y"
    };
    at.strftime(form).to_string()
}

/// `29 Jan`.
pub(crate) fn short_day(ns: i64) -> String {
    civil(ns).strftime("%-d %b").to_string()
}

/// `Sunday 29 January 2023`.
pub(crate) fn long_day(ns: i64) -> String {
    civil(ns).strftime("%A %-d %B %Y").to_string()
}

/// RFC 3339 in UTC with all nine digits: what a link carries and a `<time>` says to machines.
pub(crate) fn rfc3339(ns: i64) -> String {
    let at = civil(ns);
    format!("{}Z", at.strftime("%Y-%m-%dT%H:%M:%S.%9f"))
}

/// How long before `now`: `now`, `22 s ago`, `4 min ago`, `3 h ago`, `2 days ago`; of later times the clock.
pub(crate) fn ago(ns: i64, now_ns: i64) -> String {
    let seconds = (i128::from(now_ns) - i128::from(ns)) / 1_000_000_000;
    match seconds {
        ..-1 => format!("in {}", duration(ns.saturating_sub(now_ns))),
        -1..1 => "now".to_owned(),
        1..90 => format!("{seconds} s ago"),
        90..5_400 => format!("{} min ago", seconds / 60),
        5_400..129_600 => format!("{} h ago", seconds / 3_600),
        _ => format!(
            "{} days ago",
            count(u64::try_from(seconds / 86_400).unwrap_or(0))
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_answer_took_is_said() {
        let mut stats = ScanStats {
            segments_total: 55,
            segments_read: 1,
            rows_total: 2_072_664,
            rows_scanned: 128,
            ..ScanStats::default()
        };
        assert_eq!(work(&stats), "128 of 2,072,664 rows read, 1 of 55 segments");
        stats.templates_tested = 664;
        assert!(work(&stats).starts_with("664 templates tested, 128 of"));
    }

    #[test]
    fn the_unit_of_a_duration_stays_on_its_line() {
        assert_eq!(duration(-1_500_000), "-1.50\u{a0}ms");
        assert_eq!(duration_or_none(None), NONE);
    }

    #[test]
    fn counts_shares_and_rates() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(percent(0, 10), "0");
        assert_eq!(percent(1, 100_000), "<0.1");
        assert_eq!(percent(99_999, 100_000), ">99.9");
        assert_eq!(percent(3, 7), "42.9");
        assert_eq!(percent(7, 7), "100");
        assert_eq!(rate(0.0), "0");
        assert_eq!(rate(0.0311), "0.031");
        assert_eq!(rate(0.444), "0.44");
        assert_eq!(rate(1234.4), "1,234");
    }

    #[test]
    fn times_are_utc() {
        let at = 1_674_984_886_500_706_516;
        assert_eq!(clock_ms(at), "09:34:46.500");
        assert_eq!(clock_minutes(at), "09:34");
        assert_eq!(day(at, at), "29 Jan");
        assert_eq!(day(at, 1_800_000_000_000_000_000), "29 Jan 2023");
        assert_eq!(long_day(at), "Sunday 29 January 2023");
        assert_eq!(rfc3339(at), "2023-01-29T09:34:46.500706516Z");
        assert_eq!(rfc3339(-1), "1969-12-31T23:59:59.999999999Z");
    }

    #[test]
    fn ages() {
        let now = 1_000_000_000_000_000_000;
        let check = |seconds: i64, expected: &str| {
            let text = ago(now - seconds * 1_000_000_000, now);
            assert_eq!(text.replace('\u{a0}', " "), expected);
        };
        check(0, "now");
        check(22, "22 s ago");
        check(240, "4 min ago");
        check(7_200, "2 h ago");
        check(864_000, "10 days ago");
        check(-60, "in 1.00 min");
    }
}
