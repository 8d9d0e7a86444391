//! Random questions, and which records they want by the words of the language's description.

use regex::Regex;

use super::bodies::{Body, Log};
use super::expressions;
use super::{OPERATORS, RARE_KEYS, WORDS};
use crate::random::Random;

/// A question.
pub(super) struct Asked {
    pub(super) query: String,
    pub(super) kind: &'static str,
    wanted: Wanted,
}

enum Wanted {
    Standing(Standing),
    Match(Regex),
    Text(String),
    Number(String, f64),
    Bool(bool),
    All(Vec<Wanted>),
    Any(Vec<Wanted>),
    Not(Box<Wanted>),
    Often(i64),
    Rare(u64),
}

/// A word or phrase.
struct Standing {
    pattern: Regex,
    /// Whether a word may not go on before it, and after it.
    closed: (bool, bool),
}

impl Asked {
    /// From texts of records, so that some have what is asked for.
    pub(super) fn random(texts: &[String], random: &mut Random) -> Self {
        match random.below(16) {
            0 => {
                let least = random.below(9) as i64;
                Asked::new(format!("often>={least}"), "column", Wanted::Often(least))
            }
            1 => {
                let rare = random.below(RARE_KEYS);
                Asked::new(format!("rare-{rare}:so"), "residual", Wanted::Rare(rare))
            }
            2 | 3 => Asked::two(texts, random, true),
            4 => Asked::two(texts, random, false),
            5 => {
                let asked = Asked::of_text(texts, random);
                let wanted = Wanted::Not(Box::new(asked.wanted));
                Asked::new(format!("NOT {}", asked.query), "not", wanted)
            }
            _ => Asked::of_text(texts, random),
        }
    }

    fn of_text(texts: &[String], random: &mut Random) -> Self {
        match random.below(8) {
            0..3 => Asked::words(texts, random),
            3..6 => Asked::expression(texts, random),
            6 => Asked::pieces(texts, random),
            _ => Asked::whole(texts, random),
        }
    }

    /// Two conditions, both or either.
    fn two(texts: &[String], random: &mut Random, both: bool) -> Self {
        // From the same text, or both would hardly ever hold of one.
        let text = [pick(texts, random).to_owned()];
        let body = Body::Text(text[0].clone());
        let mut one = || loop {
            let asked = Asked::of_text(&text, random);
            if asked.wanted.in_body(&body) || random.one_in(20) {
                break asked;
            }
        };
        let (a, b) = (one(), one());
        let wanted = vec![a.wanted, b.wanted];
        let (a, b) = (a.query, b.query);
        match both {
            true => Asked::new(format!("{a} {b}"), "both", Wanted::All(wanted)),
            false => Asked::new(format!("{a} OR {b}"), "either", Wanted::Any(wanted)),
        }
    }

    fn words(texts: &[String], random: &mut Random) -> Self {
        let text = match random.one_in(3) {
            true => random.pick(&WORDS).to_owned(),
            false => fragment(pick(texts, random), random),
        };
        let text: String = text.trim().replace('\u{2}', "x");
        let text = if text.is_empty() {
            "error".to_owned()
        } else {
            text
        };
        let is_word = text.chars().all(is_word_char) && !OPERATORS.contains(&&*text);
        let ends = (text.starts_with(is_word_char), text.ends_with(is_word_char));
        let (query, kind, closed) = match random.below(3) {
            0 if is_word => (format!("{text}*"), "prefix", (true, false)),
            1 if is_word => (format!("*{text}*"), "part of a word", (false, false)),
            _ => (quoted(&text), "phrase", ends),
        };
        let pattern = Regex::new(&format!("(?i){}", regex::escape(&text))).unwrap();
        Asked::new(query, kind, Wanted::Standing(Standing { pattern, closed }))
    }

    fn expression(texts: &[String], random: &mut Random) -> Self {
        let (kind, pattern) = expressions::random(texts, random);
        let regex = Regex::new(&pattern).unwrap();
        let field = random.pick(&["", "body:"]);
        let query = format!("{field}/{}/", pattern.replace('/', "\\/"));
        Asked::new(query, kind, Wanted::Match(regex))
    }

    fn pieces(texts: &[String], random: &mut Random) -> Self {
        let text: Vec<char> = pick(texts, random).chars().collect();
        let mut cuts: Vec<usize> = (0..2 + 2 * random.below(2))
            .map(|_| random.below(text.len() as u64 + 1) as usize)
            .collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        // Every second stretch of the text is left open.
        let stretches = cuts.windows(2).step_by(2);
        let each = stretches.map(|cut| text[cut[0]..cut[1]].iter().collect::<String>());
        let mut pieces: Vec<String> = each.collect();
        if random.one_in(6) {
            pieces.swap(0, 1);
        }
        let last = pieces.len() - 1;
        let empty_inside = pieces[1..last].iter().any(String::is_empty);
        if empty_inside || pieces.iter().all(String::is_empty) {
            pieces = vec![String::new(), "error".to_owned(), String::new()];
        }
        let written = pieces.iter().map(|piece| match piece.is_empty() {
            true => String::new(),
            false => quoted(piece),
        });
        let written: Vec<String> = written.collect();
        let query = format!("body:{}", written.join("*"));
        Asked::new(query, "pieces", Wanted::Match(anything_between(&pieces)))
    }

    fn whole(texts: &[String], random: &mut Random) -> Self {
        match random.below(8) {
            0 => {
                let number = random.pick(&["42", "42.0", "3", "1e3", "7", "-7"]);
                let wanted = Wanted::Number(number.to_owned(), number.parse().unwrap());
                Asked::new(format!("body:{number}"), "number", wanted)
            }
            1 => Asked::new("body:true".to_owned(), "boolean", Wanted::Bool(true)),
            least => {
                let mut text = pick(texts, random).to_owned();
                if least == 2 {
                    text.pop();
                }
                let query = format!("body:{}", quoted(&text));
                Asked::new(query, "whole text", Wanted::Text(text))
            }
        }
    }

    fn new(query: String, kind: &'static str, wanted: Wanted) -> Self {
        Asked {
            query,
            kind,
            wanted,
        }
    }

    /// Whether the record is wanted.
    pub(super) fn wants(&self, log: &Log) -> bool {
        match &self.wanted {
            Wanted::Often(least) => log.often.is_some_and(|often| often >= *least),
            Wanted::Rare(number) => log.rare == Some(*number),
            of_text => of_text.in_body(&log.body),
        }
    }
}

impl Wanted {
    fn in_body(&self, body: &Body) -> bool {
        match self {
            Wanted::Standing(standing) => {
                let searched = body.searched();
                searched.is_some_and(|text| standing.stands_in(&text))
            }
            Wanted::Match(regex) => {
                let compared = body.compared();
                compared.is_some_and(|text| regex.is_match(&text))
            }
            Wanted::Text(text) => body.is_text(text),
            Wanted::Number(written, number) => body.is_number(written, *number),
            Wanted::Bool(wanted) => body.is_bool(*wanted),
            Wanted::All(all) => all.iter().all(|one| one.in_body(body)),
            Wanted::Any(any) => any.iter().any(|one| one.in_body(body)),
            Wanted::Not(inner) => !inner.in_body(body),
            Wanted::Often(_) | Wanted::Rare(_) => false,
        }
    }
}

/// The pieces as an expression.
fn anything_between(pieces: &[String]) -> Regex {
    let each: Vec<String> = pieces.iter().map(|piece| regex::escape(piece)).collect();
    Regex::new(&format!("(?s)^(?:{})$", each.join(".*"))).unwrap()
}

/// Some text.
pub(super) fn pick<'t>(texts: &'t [String], random: &mut Random) -> &'t str {
    &texts[random.below(texts.len() as u64) as usize]
}

/// Some of a text.
pub(super) fn fragment(text: &str, random: &mut Random) -> String {
    let from: Vec<char> = text.chars().collect();
    let start = random.below(from.len() as u64) as usize;
    let length = 1 + random.below(12) as usize;
    from[start..].iter().take(length).collect()
}

fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}

impl Standing {
    fn stands_in(&self, text: &str) -> bool {
        let starts = text.char_indices().map(|(at, _)| at);
        starts.chain([text.len()]).any(|start| {
            let Some(found) = self.pattern.find_at(text, start) else {
                return false;
            };
            let before = text[..found.start()].ends_with(is_word_char);
            let after = text[found.end()..].starts_with(is_word_char);
            !((self.closed.0 && before) || (self.closed.1 && after))
        })
    }
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
