//! Durations as people read them.

/// Three significant digits, `blank`, the unit: `826 µs`, `1.22 ms`, `2.84 s`, `12.5 min`.
pub fn duration_text(ns: i64, blank: char) -> String {
    const UNITS: [(f64, f64, &str); 6] = [
        (999.5, 1.0, "ns"),
        (999.5e3, 1e3, "µs"),
        (999.5e6, 1e6, "ms"),
        (59.95e9, 1e9, "s"),
        (3_597e9, 60e9, "min"),
        (f64::INFINITY, 3_600e9, "h"),
    ];
    let value = ns as f64;
    let (_, one, unit) = UNITS
        .into_iter()
        .find(|&(below, _, _)| value.abs() < below)
        .unwrap_or(UNITS[5]);
    format!("{}{blank}{unit}", three_digits(value / one, unit == "ns"))
}

fn three_digits(value: f64, is_whole: bool) -> String {
    match value.abs() {
        _ if is_whole => format!("{value:.0}"),
        small if small < 9.995 => format!("{value:.2}"),
        middle if middle < 99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits() {
        let check = |ns, expected: &str| assert_eq!(duration_text(ns, ' '), expected);
        check(0, "0 ns");
        check(999, "999 ns");
        check(1_000, "1.00 µs");
        check(826_000, "826 µs");
        check(999_499, "999 µs");
        check(999_500, "1.00 ms");
        check(1_220_000, "1.22 ms");
        check(9_994_999, "9.99 ms");
        check(9_995_001, "10.0 ms");
        check(880_000_000, "880 ms");
        check(2_840_000_000, "2.84 s");
        check(59_900_000_000, "59.9 s");
        check(60_000_000_000, "1.00 min");
        check(7_200_000_000_000, "2.00 h");
        check(-1_500_000, "-1.50 ms");
        check(i64::MAX, "2562048 h");
        check(i64::MIN, "-2562048 h");
        assert_eq!(duration_text(7, '\u{a0}'), "7\u{a0}ns");
    }
}
