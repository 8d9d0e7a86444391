//! Which parts of the language were asked, how often without and with a match.

use std::collections::BTreeMap;

use super::number::Unit;
use super::question::{Field, Level, Question, Test, TraceQuestion};

/// What the name of a part begins with that is no field together with a test.
const KINDS: [&str; 9] = [
    "words",
    "combination",
    "field",
    "test",
    "value",
    "traces",
    "comparisons",
    "attributes",
    "levels",
];

/// For each part, questions of which it held of no record, and of some.
#[derive(Default)]
pub(super) struct Coverage(BTreeMap<String, [u64; 2]>);

impl Coverage {
    pub(super) fn reached(&mut self, part: &str, matched: bool) {
        let counts = self.0.entry(part.to_owned()).or_default();
        counts[usize::from(matched)] += 1;
    }

    /// A condition that is not made of others.
    pub(super) fn condition(&mut self, asked: &Question, matched: bool) {
        match asked {
            Question::Everything => self.reached("words *", matched),
            Question::Words(text, open_start, open_end) => {
                let form = match (open_start, open_end) {
                    (false, false) if text.contains(char::is_whitespace) => "a phrase",
                    (false, false) => "a word",
                    (false, true) => "pre*",
                    (true, false) => "*suf",
                    (true, true) => "*mid*",
                };
                self.reached(&format!("words {form}"), matched);
                for inner in ['.', '-', '/', ':', '#', '@', '\''] {
                    if text.contains(inner) {
                        self.reached(&format!("words with {inner}"), matched);
                    }
                }
                if !text.is_ascii() {
                    self.reached("words beyond ASCII", matched);
                }
            }
            Question::Expression(_) => self.reached("words /regex/", matched),
            Question::Field(field, test) => {
                self.reached(&format!("field {}", field.kind()), matched);
                self.reached(&format!("test {}", test.kind()), matched);
                self.reached(&format!("{} {}", field.kind(), test.kind()), matched);
                self.operands(test, matched);
                if let Field::Attribute(Level::Any | Level::Record, key) = field {
                    let has_column = super::FREQUENT_KEYS.contains(&key.as_str());
                    let column = if has_column { "with" } else { "without" };
                    self.reached(&format!("attributes {column} a column"), matched);
                }
            }
            Question::OfField(_) | Question::And(_) | Question::Or(_) | Question::Not(_) => {}
        }
    }

    /// What something is compared with.
    fn operands(&mut self, test: &Test, matched: bool) {
        let ends = match test {
            Test::Compare(_, with) => [Some(with), None],
            Test::Between(low, high) => [low.as_ref(), high.as_ref()],
            _ => [None, None],
        };
        for end in ends.into_iter().flatten() {
            let what = match end.number() {
                None => "a text",
                Some((_, None)) => "a number",
                Some((_, Some(Unit::Time))) => "a duration",
                Some((_, Some(Unit::Data))) => "a size",
            };
            self.reached(&format!("comparisons with {what}"), matched);
        }
    }

    /// How a question is made of `{...}`.
    pub(super) fn groups(&mut self, asked: &TraceQuestion, matched: bool) {
        let (form, parts) = match asked {
            TraceQuestion::Plain(_) => ("a plain question", [].as_slice()),
            TraceQuestion::Group(None) => ("{}", [].as_slice()),
            TraceQuestion::Group(Some(_)) => ("{...}", [].as_slice()),
            TraceQuestion::And(parts) => ("{...} AND", parts.as_slice()),
            TraceQuestion::Or(parts) => ("{...} OR", parts.as_slice()),
            TraceQuestion::Not(inner) => ("NOT {...}", std::slice::from_ref(&**inner)),
        };
        self.reached(&format!("traces {form}"), matched);
        for part in parts {
            self.groups(part, matched);
        }
    }

    pub(super) fn table(&self) -> String {
        let lines = self
            .0
            .iter()
            .map(|(part, [without, with])| format!("{without:>7} {with:>7}  {part}\n"));
        lines.collect()
    }

    /// Each of these parts held of some record more than a few times, and a few times of none.
    pub(super) fn demand(&self, parts: &[&str]) {
        for part in parts {
            let [without, with] = self.0.get(*part).copied().unwrap_or_default();
            let always = ["words *", "field name", "traces {}", "test :*"].contains(part);
            // A field together with a test is one of very many parts.
            let is_kind = part
                .split(' ')
                .next()
                .is_some_and(|kind| KINDS.contains(&kind));
            let few = if is_kind { 5 } else { 2 };
            assert!(with > few, "{part} held of some record {with} times only");
            let missed = without > 2 || always || !is_kind;
            assert!(missed, "{part} held of no record {without} times only");
        }
    }
}
