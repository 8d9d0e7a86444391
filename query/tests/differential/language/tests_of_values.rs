//! Random tests that a value often passes.

use super::number::read;
use super::question::{Field, Op, Test, Written};
use super::value::Value;
use crate::random::Random;

/// Longer texts are asked for by their ends: a query has a limit.
const ASKED_BYTES_MAX: usize = 400;

pub(super) struct Tests<'a> {
    pub(super) field: &'a Field,
    pub(super) random: &'a mut Random,
}

impl Tests<'_> {
    pub(super) fn of(&mut self, value: &Value) -> Test {
        if self.random.one_in(12) {
            return Test::Exists;
        }
        match self.field {
            Field::Duration => self.duration(value),
            Field::Severity(_) => self.severity(value),
            Field::Kind | Field::Status => self.code(value),
            Field::TraceId | Field::SpanId => self.id(value),
            Field::Body if matches!(value, Value::List(_)) => self.text(&value.json(), false),
            field => {
                let compares = !field.ignores_case();
                self.any(value, compares)
            }
        }
    }

    fn any(&mut self, value: &Value, compares: bool) -> Test {
        match value {
            Value::Unset => Test::Exists,
            Value::Text(text) => self.text(text, compares),
            Value::Int(_) | Value::Double(_) => self.number(value, compares),
            Value::Bool(value) => match self.random.below(4) {
                0 => self.text(&value.to_string(), compares),
                _ => Test::Is(Written::bare(if *value { "true" } else { "false" })),
            },
            Value::Bytes(_) | Value::Map(_) => self.text(&value.json(), false),
            Value::List(items) if items.is_empty() => Test::Exists,
            Value::List(items) => {
                let item = &items[self.random.below(items.len() as u64) as usize];
                self.any(item, compares)
            }
        }
    }

    fn text(&mut self, text: &str, compares: bool) -> Test {
        let text = match self.field.ignores_case() || self.random.one_in(12) {
            true => recased(text, self.random),
            false => text.to_owned(),
        };
        let letters: Vec<char> = text.chars().collect();
        if text.len() > ASKED_BYTES_MAX {
            let end = letters[letters.len() - 9..].iter().collect();
            return Test::Form(vec![String::new(), end]);
        }
        match self.random.below(if compares { 12 } else { 8 }) {
            0..3 => Test::Is(Written::new(&text, self.random)),
            3..6 if letters.len() > 1 => self.form(&letters),
            6 | 7 if !text.is_empty() => Test::Match(expression(&text, self.random)),
            8 if read(&text).is_some() => {
                let with = self
                    .random
                    .pick(&["100", "1ms", "0.5s", "7d", "2kB", "1KiB", "-7.5", "9e15"]);
                Test::Compare(self.random.pick(&Op::ALL), Written::bare(with))
            }
            8 | 9 => Test::Compare(self.random.pick(&Op::ALL), Written::new(&text, self.random)),
            10 | 11 => {
                let other = super::random_records::any_text(self.random);
                let (low, high) = if other < text {
                    (other, text)
                } else {
                    (text, other)
                };
                let mut end = |text: String| {
                    let quoted = text.is_empty() || read(&text).is_some() || self.random.one_in(2);
                    let written = Written::new(&text, self.random);
                    Written {
                        quoted: written.quoted || quoted,
                        ..written
                    }
                };
                let (low, high) = (end(low), end(high));
                self.between(low, high)
            }
            _ => Test::Is(Written::new(&text, self.random)),
        }
    }

    fn between(&mut self, low: Written, high: Written) -> Test {
        match self.random.below(4) {
            0 => Test::Between(None, Some(high)),
            1 => Test::Between(Some(low), None),
            _ => Test::Between(Some(low), Some(high)),
        }
    }

    /// Some of the letters, with anything for the others.
    fn form(&mut self, letters: &[char]) -> Test {
        let length = letters.len() as u64;
        let mut cut = || self.random.below(length + 1) as usize;
        let (a, b) = (cut(), cut());
        let (a, b) = (a.min(b), a.max(b));
        let text = |letters: &[char]| letters.iter().collect::<String>();
        let pieces = match self.random.below(5) {
            0 => vec![text(&letters[..a.max(1)]), String::new()],
            1 => vec![String::new(), text(&letters[a.min(letters.len() - 1)..])],
            2 if a < b => vec![String::new(), text(&letters[a..b]), String::new()],
            3 if a < b => vec![
                text(&letters[..a]),
                text(&letters[a..b]),
                text(&letters[b..]),
            ],
            _ => vec![text(&letters[..a.max(1)]), text(&letters[b.max(1)..])],
        };
        Test::Form(pieces)
    }

    fn number(&mut self, value: &Value, compares: bool) -> Test {
        let digits = value.seen().unwrap_or_default();
        let is_finite = read(&digits).is_some();
        match self.random.below(if compares { 10 } else { 5 }) {
            0 | 1 => Test::Is(Written::new(&self.spelled(value, &digits), self.random)),
            2 if is_finite => Test::Is(Written::bare(&self.spelled(value, &digits))),
            2..5 => self.text(&digits, false),
            5..8 => {
                let with = if is_finite {
                    self.near(value, &digits)
                } else {
                    "0".to_owned()
                };
                Test::Compare(self.random.pick(&Op::ALL), Written::bare(&with))
            }
            _ => {
                let with = if is_finite {
                    self.near(value, &digits)
                } else {
                    "-1e3".to_owned()
                };
                let (low, high) = (
                    Written::bare(&with),
                    Written::bare(&self.near(value, &with)),
                );
                self.between(low, high)
            }
        }
    }

    /// The same number, written in another way.
    fn spelled(&mut self, value: &Value, digits: &str) -> String {
        let Value::Int(whole) = value else {
            return digits.to_owned();
        };
        match self.random.below(7) {
            6 => format!("{whole}{}", self.random.pick(&["ns", "B"])),
            0 => format!("{whole}.0"),
            1 => format!("{whole}e0"),
            2 if whole % 1000 == 0 => format!(
                "{}{}",
                whole / 1000,
                self.random.pick(&["us", "µs", "kB", "KB", "e3"])
            ),
            3 if whole % 1_000_000 == 0 => {
                format!("{}{}", whole / 1_000_000, self.random.pick(&["ms", "MB"]))
            }
            _ => digits.to_owned(),
        }
    }

    /// That number, or one that is a little smaller or larger.
    fn near(&mut self, value: &Value, digits: &str) -> String {
        match (value, self.random.below(5)) {
            (Value::Int(value), 0) => (i128::from(*value) - 1).to_string(),
            (Value::Int(value), 1) => (i128::from(*value) + 1).to_string(),
            (Value::Int(value), 2) if value.unsigned_abs() < 1 << 40 => format!("{value}.5"),
            (Value::Int(value), 3) => self.spelled(&Value::Int(*value), digits),
            (Value::Double(value), 0) if value.abs() < 1e9 => format!("{:?}", value + 0.25),
            (_, 4) => self
                .random
                .pick(&[
                    "0",
                    "100",
                    "-7",
                    "1e18",
                    "2.5",
                    "1KiB",
                    "0.5s",
                    "1ms",
                    "7d",
                    "0.1",
                    "1e300",
                    "9223372036854775808",
                    "-9223372036854775809",
                    "18446744073709551616",
                ])
                .to_owned(),
            _ => digits.to_owned(),
        }
    }

    fn duration(&mut self, value: &Value) -> Test {
        let digits = value.seen().unwrap_or_default();
        let mut number = || {
            let near = self.near(value, &digits);
            let is_size = near.ends_with('B');
            Written::bare(if is_size { "1ms" } else { &near })
        };
        let (a, b) = (number(), number());
        match self.random.below(4) {
            0 => Test::Is(a),
            1 | 2 => Test::Compare(self.random.pick(&Op::ALL), a),
            _ => self.between(a, b),
        }
    }

    fn severity(&mut self, value: &Value) -> Test {
        let bands = ["trace", "debug", "info", "warn", "error", "fatal"];
        let low = self.random.below(6) as usize;
        let high = low + self.random.below(6 - low as u64) as usize;
        let band = recased(bands[low], self.random);
        let is_name = |text: &str| bands.iter().any(|band| band.eq_ignore_ascii_case(text));
        let named = match value {
            Value::Text(text) if is_name(text) => text.clone(),
            Value::Int(number) if self.random.one_in(2) => number.to_string(),
            _ => band,
        };
        let named = named.replace('\u{212a}', "k").replace('\u{17f}', "s");
        match self.random.below(8) {
            0..3 => match value {
                Value::Text(text) if !text.is_empty() => self.text(text, false),
                Value::Int(number) => Test::Is(Written::new(&number.to_string(), self.random)),
                _ => Test::Is(Written::new(&named, self.random)),
            },
            3 => Test::Match(
                self.random
                    .pick(&["^ERR", "(?i)warn", "R$", "^in", "O"])
                    .to_owned(),
            ),
            4..7 => Test::Compare(self.random.pick(&Op::ALL), Written::bare(&named)),
            _ => match self.random.one_in(2) {
                true => self.between(
                    Written::bare(bands[low]),
                    Written::bare(&bands[high].to_uppercase()),
                ),
                false => self.between(
                    Written::bare(&(1 + 3 * low).to_string()),
                    Written::bare(&(2 + 4 * high).to_string()),
                ),
            },
        }
    }

    fn code(&mut self, value: &Value) -> Test {
        match value {
            Value::Text(name) => match self.random.below(6) {
                0 => {
                    let start: String = name.chars().take(2).collect();
                    Test::Match(format!("(?i)^{}", regex::escape(&start)))
                }
                1 => Test::Match(self.random.pick(&["(?i)er$", "(?i)e", "(?i)o"]).to_owned()),
                2 => Test::Is(Written::new(
                    self.random.pick(&["1", "2", "2.0", "5"]),
                    self.random,
                )),
                _ => self.text(name, false),
            },
            value => Test::Is(Written::new(&value.seen().unwrap_or_default(), self.random)),
        }
    }

    fn id(&mut self, value: &Value) -> Test {
        let digits = value.seen().unwrap_or_default();
        let letters: Vec<char> = match self.random.one_in(2) {
            true => digits.to_uppercase().chars().collect(),
            false => digits.chars().collect(),
        };
        match self.random.below(4) {
            0 | 1 => Test::Is(Written::new(
                &letters.iter().collect::<String>(),
                self.random,
            )),
            2 => self.form(&letters),
            _ => Test::Match(expression(&digits, self.random)),
        }
    }
}

/// With other case here and there, sometimes by letters that only fold alike.
pub(super) fn recased(text: &str, random: &mut Random) -> String {
    if random.one_in(2) {
        return text.to_owned();
    }
    let mut other = |c: char| {
        let swapped: Vec<char> = match c.is_lowercase() {
            true => c.to_uppercase().collect(),
            false => c.to_lowercase().collect(),
        };
        match (c, random.below(6)) {
            ('k' | 'K', 0) => '\u{212a}',
            ('s' | 'S', 0) => '\u{17f}',
            ('ß', _) => '\u{1e9e}',
            ('σ' | 'Σ', 0) => 'ς',
            ('µ', 0) => '\u{3bc}',
            ('å', 0) => '\u{212b}',
            (_, 1..4) if swapped.len() == 1 => swapped[0],
            (c, _) => c,
        }
    };
    text.chars().map(&mut other).collect()
}

/// A regular expression that often matches the text, or a part of it.
pub(super) fn expression(text: &str, random: &mut Random) -> String {
    let letters: Vec<char> = text.chars().take(ASKED_BYTES_MAX).collect();
    let from = random.below(letters.len().max(1) as u64) as usize;
    let some: String = letters[from.min(letters.len())..]
        .iter()
        .take(1 + random.below(8) as usize)
        .collect();
    let literal = regex::escape(&some);
    match random.below(8) {
        0 => format!(
            "^{}",
            regex::escape(&letters.iter().take(3).collect::<String>())
        ),
        1 => format!(
            "{}$",
            regex::escape(
                &letters[from.min(letters.len())..]
                    .iter()
                    .collect::<String>()
            )
        ),
        2 => format!("(?i){}", regex::escape(&recased(&some, random))),
        3 => format!("{literal}|never so"),
        4 => {
            let loose: Vec<String> = some.chars().map(|c| loose(c, random)).collect();
            loose.concat()
        }
        5 => format!("(?s)^.*{literal}.*$"),
        6 if random.one_in(2) => format!("{literal}[A-Z]{{3}}\\d{{3}}"),
        6 => format!("[{literal}a]+x?"),
        _ => literal,
    }
}

fn loose(c: char, random: &mut Random) -> String {
    match random.below(3) {
        0 => "(?s:.)".to_owned(),
        1 if c.is_ascii_digit() => r"\d".to_owned(),
        1 if c.is_alphabetic() => r"\w".to_owned(),
        _ => regex::escape(&c.to_string()),
    }
}
