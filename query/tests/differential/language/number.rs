//! Numbers as they are written in questions and texts, and how they compare.

use std::cmp::Ordering;
use std::sync::LazyLock;

use regex::Regex;

#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    Whole(i128),
    Other(f64),
}

/// What a unit measures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Unit {
    Time,
    Data,
}

static FORM: LazyLock<Regex> = LazyLock::new(|| {
    let form = r"^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([-+]?[0-9]+))?([a-zA-Zµ]*)$";
    Regex::new(form).unwrap()
});

/// The number that a text is, in nanoseconds or bytes where it has a unit.
pub(super) fn read(text: &str) -> Option<(Number, Option<Unit>)> {
    let parts = FORM.captures(text)?;
    let part = |at: usize| parts.get(at).map_or("", |part| part.as_str());
    let (factor, unit) = unit(part(5))?;
    let (whole, fraction) = (part(2), part(3).trim_end_matches('0'));
    let exponent: i32 = part(4).parse().unwrap_or(0);
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let sign = if part(1) == "-" { -1 } else { 1 };
    let exact = shifted(digits * factor, exponent - fraction.len() as i32);
    let number = match exact {
        Some(exact) => Number::Whole(sign * exact),
        None => {
            let decimal = text.strip_suffix(part(5))?;
            Number::Other(decimal.parse::<f64>().ok()? * factor as f64)
        }
    };
    Some((number, unit))
}

/// `digits` times ten to the power of `exponent`, where that is whole.
fn shifted(mut digits: i128, exponent: i32) -> Option<i128> {
    for _ in 0..exponent.unsigned_abs() {
        digits = match exponent > 0 {
            true => digits.checked_mul(10)?,
            false if digits % 10 == 0 => digits / 10,
            false => return None,
        };
    }
    Some(digits)
}

fn unit(name: &str) -> Option<(i128, Option<Unit>)> {
    const TIMES: [(&str, i128); 8] = [
        ("ns", 1),
        ("us", 1_000),
        ("µs", 1_000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
        ("d", 86_400_000_000_000),
    ];
    if name.is_empty() {
        return Some((1, None));
    }
    if let Some((_, factor)) = TIMES.iter().find(|(unit, _)| *unit == name) {
        return Some((*factor, Some(Unit::Time)));
    }
    let (base, prefix) = match name.strip_suffix("iB") {
        Some("k") => return None,
        Some("") => return None,
        Some(prefix) => (1024, prefix),
        None => (1000, name.strip_suffix('B')?),
    };
    let powers = ["", "K", "M", "G", "T", "P"];
    let prefix = if prefix == "k" { "K" } else { prefix };
    let power = powers.iter().position(|one| *one == prefix)?;
    Some((i128::pow(base, power as u32), Some(Unit::Data)))
}

pub(super) fn order(own: Number, other: Number) -> Option<Ordering> {
    match (own, other) {
        (Number::Whole(own), Number::Whole(other)) => Some(own.cmp(&other)),
        (Number::Other(own), Number::Other(other)) => own.partial_cmp(&other),
        (Number::Whole(_), Number::Other(_)) => order(other, own).map(Ordering::reverse),
        (Number::Other(own), Number::Whole(other)) => {
            if own.is_nan() || own.abs() > 1e38 {
                return own.partial_cmp(&0.0);
            }
            let below = own.floor();
            let by_whole = (below as i128).cmp(&other);
            Some(by_whole.then(own.partial_cmp(&below)?))
        }
    }
}
