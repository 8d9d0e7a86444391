//! Random regular expressions.

use super::asked::{fragment, pick};
use crate::random::Random;

/// An expression that often matches some of `texts`, and what kind of one it is.
pub(super) fn random(texts: &[String], random: &mut Random) -> (&'static str, String) {
    let text = pick(texts, random);
    match random.below(12) {
        0 => ("literal", literal(&fragment(text, random))),
        1 => (
            "ignoring case",
            format!("(?i){}", other_case(&fragment(text, random))),
        ),
        2 => (
            "start",
            format!("^{}", loose(&start_of(text, random), random)),
        ),
        3 => ("end", format!("{}$", loose(&end_of(text, random), random))),
        4 => {
            let bound = random.pick(&[r"\b", r"\B"]);
            let inner = literal(&word_of(text, random));
            ("word boundary", format!("{bound}{inner}{bound}"))
        }
        5 => {
            let other = pick(texts, random);
            let (a, b) = (fragment(text, random), fragment(other, random));
            let (a, b) = (loose(&a, random), loose(&b, random));
            ("alternation", format!("(?:{a}|{b})"))
        }
        6 => {
            let (a, b) = halves(text, random);
            let (a, b) = (
                literal(&fragment(&a, random)),
                literal(&fragment(&b, random)),
            );
            let gap = random.pick(&[".*", ".*?", r"\S+", r"(?s:.)+", r"\D*"]);
            ("gap", format!("{a}{gap}{b}"))
        }
        7 => (
            "repetition",
            format!("(?:{})+", literal(&fragment(text, random))),
        ),
        8 => {
            let line = text.lines().last().unwrap_or_default();
            ("line", format!("(?m)^{}", literal(&start_of(line, random))))
        }
        9 => {
            let whole = loose(text, random);
            ("whole", format!("(?s)^{whole}$"))
        }
        10 => ("Unicode", unicode(random).to_owned()),
        _ => ("classes", loose(&fragment(text, random), random)),
    }
}

fn literal(text: &str) -> String {
    regex::escape(text).replace('\u{2}', r"\x02")
}

/// Some characters as classes that have them.
fn loose(text: &str, random: &mut Random) -> String {
    let mut pattern = String::new();
    for c in text.chars() {
        let own = literal(&c.to_string());
        match random.below(6) {
            0 => pattern.push_str("(?s:.)"),
            1 if c.is_ascii_digit() => pattern.push_str(r"\d+"),
            2 if c.is_ascii_digit() => pattern.push_str("[0-9]{1,3}"),
            1 if c.is_alphabetic() => pattern.push_str(r"\w"),
            2 if c.is_ascii_alphabetic() => pattern += &format!("[{c}z]"),
            3 => pattern += &format!("{own}?"),
            _ => pattern += &own,
        }
    }
    pattern
}

fn other_case(text: &str) -> String {
    let swap = |c: char| match c.is_lowercase() {
        true => c.to_uppercase().collect::<String>(),
        false => c.to_lowercase().collect::<String>(),
    };
    literal(&text.chars().map(swap).collect::<String>())
}

fn halves(text: &str, random: &mut Random) -> (String, String) {
    let chars: Vec<char> = text.chars().collect();
    let cut = 1 + random.below(chars.len().max(2) as u64 - 1) as usize;
    let behind: String = chars[cut.min(chars.len())..].iter().collect();
    let behind = if behind.is_empty() {
        "a".to_owned()
    } else {
        behind
    };
    (chars[..cut.min(chars.len())].iter().collect(), behind)
}

fn start_of(text: &str, random: &mut Random) -> String {
    text.chars().take(1 + random.below(16) as usize).collect()
}

fn end_of(text: &str, random: &mut Random) -> String {
    let length = 1 + random.below(16) as usize;
    let count = text.chars().count();
    text.chars().skip(count.saturating_sub(length)).collect()
}

fn word_of(text: &str, random: &mut Random) -> String {
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    match words.is_empty() {
        true => "error".to_owned(),
        false => random.pick(&words).to_owned(),
    }
}

fn unicode(random: &mut Random) -> &'static str {
    random.pick(&[
        "(?i)stra\u{1e9e}e",
        "(?i)KELVIN",
        "(?i)\u{212a}",
        r"\pL+\d",
        r"[^\x00-\x7f]+ \d+",
        r"\p{Han}{3}",
        "(?i-u:[a-z]{5})",
        "\u{e9}.\u{e9}",
        r"(?-u:\b)error",
        "(?i)\u{e9}|k\u{d6}ln",
        r"\x01",
        r"\A\z|\z",
    ])
}
