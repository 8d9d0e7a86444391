//! Numbers as they are written in a query: exact, with units, and compared without rounding.
//!
//! A number is `-`, digits, a fraction, an exponent, a unit, all but the digits optional. A duration
//! stands for its nanoseconds and a size for its bytes; `kB`, `MB` ... are powers of 1000, `KiB`,
//! `MiB` ... of 1024.

use std::cmp::Ordering;

/// A number's value. Whole numbers are exact; everything else is the nearest double.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A whole number.
    Int(i128),
    /// Any other number; finite.
    Float(f64),
}

/// What a unit measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Time, in nanoseconds.
    Duration,
    /// Data, in bytes.
    Size,
}

/// A number and the text it was written as. The text matters too: an unquoted `200` also finds the
/// text `200`.
#[derive(Debug, Clone, PartialEq)]
pub struct NumberLiteral {
    value: Number,
    measure: Option<Measure>,
    written: String,
}

/// Unit, its measure, and how many nanoseconds or bytes it is. Longer ones before their suffixes.
const UNITS: [(&str, Measure, i128); 22] = [
    ("ns", Measure::Duration, 1),
    ("us", Measure::Duration, 1_000),
    ("µs", Measure::Duration, 1_000),
    ("μs", Measure::Duration, 1_000),
    ("ms", Measure::Duration, 1_000_000),
    ("s", Measure::Duration, 1_000_000_000),
    ("m", Measure::Duration, 60_000_000_000),
    ("h", Measure::Duration, 3_600_000_000_000),
    ("d", Measure::Duration, 86_400_000_000_000),
    ("KiB", Measure::Size, 1 << 10),
    ("MiB", Measure::Size, 1 << 20),
    ("GiB", Measure::Size, 1 << 30),
    ("TiB", Measure::Size, 1 << 40),
    ("PiB", Measure::Size, 1 << 50),
    ("kB", Measure::Size, 1_000),
    ("KB", Measure::Size, 1_000),
    ("MB", Measure::Size, 1_000_000),
    ("GB", Measure::Size, 1_000_000_000),
    ("TB", Measure::Size, 1_000_000_000_000),
    ("PB", Measure::Size, 1_000_000_000_000_000),
    ("B", Measure::Size, 1),
    ("", Measure::Size, 1),
];

impl NumberLiteral {
    /// `None` when `written` is no number.
    pub fn parse(written: &str) -> Option<NumberLiteral> {
        let digits_end = written
            .char_indices()
            .find(|&(at, c)| !is_number_char(&written[..at], c))
            .map_or(written.len(), |(at, _)| at);
        let (decimal, unit) = split_unit(written, digits_end)?;
        let &(name, measure, factor) = UNITS.iter().find(|(name, ..)| *name == unit)?;
        let value = Decimal::parse(decimal)?.times(factor)?;
        let measure = (!name.is_empty()).then_some(measure);
        Some(NumberLiteral {
            value,
            measure,
            written: written.to_owned(),
        })
    }

    /// The value, in nanoseconds or bytes when there is a unit.
    pub fn value(&self) -> Number {
        self.value
    }

    /// What its unit measures; `None` without a unit.
    pub fn measure(&self) -> Option<Measure> {
        self.measure
    }

    /// As it was written.
    pub fn written(&self) -> &str {
        &self.written
    }
}

/// Nanoseconds of a duration such as `500ms` or `1.5s`; a number without a unit is nanoseconds.
pub fn parse_duration_ns(text: &str) -> Option<i128> {
    let literal = NumberLiteral::parse(text)?;
    match (literal.value, literal.measure) {
        (Number::Int(ns), None | Some(Measure::Duration)) => Some(ns),
        _ => None,
    }
}

fn is_number_char(before: &str, c: char) -> bool {
    match c {
        '0'..='9' | '.' => true,
        '-' => before.is_empty() || before.ends_with(['e', 'E']),
        '+' => before.ends_with(['e', 'E']),
        'e' | 'E' => before.ends_with(|c: char| c.is_ascii_digit()) && !before.contains(['e', 'E']),
        _ => false,
    }
}

fn split_unit(written: &str, digits_end: usize) -> Option<(&str, &str)> {
    let (decimal, unit) = (written.get(..digits_end)?, written.get(digits_end..)?);
    decimal
        .ends_with(|c: char| c.is_ascii_digit())
        .then_some((decimal, unit))
}

/// `digits` times ten to the power of `exponent`.
struct Decimal<'a> {
    text: &'a str,
    digits: i128,
    exponent: i32,
}

impl<'a> Decimal<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
        let unsigned = whole.strip_prefix('-').unwrap_or(whole);
        let is_digits =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(unsigned) || !is_digits(fraction) {
            return None;
        }
        let fraction = fraction.trim_end_matches('0');
        let exponent: i32 = exponent.parse().ok()?;
        let exact: Option<i128> = format!("{whole}{fraction}").parse().ok();
        Some(match exact {
            Some(digits) => Decimal {
                text,
                digits,
                exponent: exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?,
            },
            // Beyond 38 digits only the double is left.
            None => Decimal {
                text,
                digits: 0,
                exponent: i32::MIN,
            },
        })
    }

    fn times(&self, factor: i128) -> Option<Number> {
        if let Some(whole) = self.whole(factor) {
            return Some(Number::Int(whole));
        }
        let float = self.text.parse::<f64>().ok()? * factor as f64;
        float.is_finite().then_some(Number::Float(float))
    }

    fn whole(&self, factor: i128) -> Option<i128> {
        let power = 10i128.checked_pow(self.exponent.checked_abs()?.unsigned_abs())?;
        let scaled = self.digits.checked_mul(factor)?;
        if self.exponent >= 0 {
            scaled.checked_mul(power)
        } else {
            (scaled % power == 0).then(|| scaled / power)
        }
    }
}

impl Number {
    /// How `value` compares with this number.
    pub fn compare_int(self, value: i128) -> Ordering {
        match self {
            Number::Int(own) => value.cmp(&own),
            // A literal is finite, so there always is an order.
            Number::Float(own) => int_with_float(value, own).unwrap_or(Ordering::Equal),
        }
    }

    /// How `value` compares with this number; `None` for NaN.
    pub fn compare_float(self, value: f64) -> Option<Ordering> {
        match self {
            Number::Int(own) => int_with_float(own, value).map(Ordering::reverse),
            Number::Float(own) => value.partial_cmp(&own),
        }
    }

    /// How `value` compares with this number.
    pub fn compare(self, value: Number) -> Option<Ordering> {
        match value {
            Number::Int(value) => Some(self.compare_int(value)),
            Number::Float(value) => self.compare_float(value),
        }
    }
}

/// Compares without rounding the integer to a double, which would make 2^53 + 1 equal to 2^53.
fn int_with_float(int: i128, float: f64) -> Option<Ordering> {
    const TWO_127: f64 = 170_141_183_460_469_231_731_687_303_715_884_105_728.0;
    if float.is_nan() {
        return None;
    }
    if float >= TWO_127 {
        return Some(Ordering::Less);
    }
    if float < -TWO_127 {
        return Some(Ordering::Greater);
    }
    let whole = float.trunc();
    let rest = 0.0f64.partial_cmp(&(float - whole))?;
    Some(int.cmp(&(whole as i128)).then(rest))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[test]
    fn reads_numbers_and_units() {
        let int = |text: &str, expected: i128| {
            let literal = NumberLiteral::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(literal.value(), Number::Int(expected), "{text}");
            assert_eq!(literal.written(), text);
        };
        int("200", 200);
        int("-5", -5);
        int("007", 7);
        int("2.0", 2);
        int("1e3", 1000);
        int("1.5e1", 15);
        int("-0", 0);
        int("500ms", 500_000_000);
        int("1.5ms", 1_500_000);
        int("0.001us", 1);
        int("3µs", 3_000);
        int("3μs", 3_000);
        int("2d", 172_800_000_000_000);
        int("10kB", 10_000);
        int("1.5KiB", 1536);
        int("1B", 1);
        int("18446744073709551615", u64::MAX.into());
        let float = |text: &str, expected: f64| {
            assert_eq!(
                NumberLiteral::parse(text).map(|literal| literal.value()),
                Some(Number::Float(expected)),
                "{text}"
            );
        };
        float("0.1", 0.1);
        float("-2.5", -2.5);
        float("1e300", 1e300);
        float("0.5ns", 0.5);
        for text in [
            "",
            "-",
            ".",
            ".5",
            "5.",
            "1e",
            "1e+",
            "e5",
            "1.2.3",
            "+5",
            "5 ms",
            "5x",
            "0x10",
            "1e400",
            "abc",
            "--5",
            "1e99999999999",
            "ms",
            "1E5e",
            "٣",
            "5mss",
            "NaN",
            "inf",
            "4bf9",
            "1_000",
        ] {
            assert_eq!(NumberLiteral::parse(text), None, "{text}");
        }
        assert_eq!(parse_duration_ns("1.5s"), Some(1_500_000_000));
        assert_eq!(parse_duration_ns("1kB"), None);
        assert_eq!(parse_duration_ns("7"), Some(7));
    }

    #[test]
    fn compares_integers_and_doubles_exactly() {
        let big = 1i128 << 53;
        assert_eq!(
            Number::Int(big + 1).compare_float(big as f64),
            Some(Ordering::Less)
        );
        assert_eq!(
            Number::Int(big).compare_float(big as f64),
            Some(Ordering::Equal)
        );
        assert_eq!(Number::Float(0.5).compare_int(0), Ordering::Less);
        assert_eq!(Number::Float(0.5).compare_int(1), Ordering::Greater);
        assert_eq!(Number::Float(-0.5).compare_int(0), Ordering::Greater);
        assert_eq!(Number::Float(-1.5).compare_int(-1), Ordering::Greater);
        assert_eq!(Number::Int(3).compare_float(f64::NAN), None);
        assert_eq!(
            Number::Int(3).compare_float(f64::INFINITY),
            Some(Ordering::Greater)
        );
        assert_eq!(
            Number::Int(3).compare_float(f64::NEG_INFINITY),
            Some(Ordering::Less)
        );
        assert_eq!(Number::Int(0).compare_float(-0.0), Some(Ordering::Equal));
        assert_eq!(
            Number::Int(i64::MAX.into()).compare_float(9_223_372_036_854_775_808.0),
            Some(Ordering::Greater)
        );
    }
}
