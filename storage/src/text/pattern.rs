//! From a word or phrase to the condition that its tokens put on a granule.
//!
//! 1. The pattern is cut into runs as a text is. A run with neighbours on both sides inside the pattern stands in a matching
//!    text exactly so: it is a whole token there. A run at the pattern's edge is whole on that side too, because no word character
//!    may stand next to it, unless that end is open.
//! 2. A whole run is a word or an id of the text, by the same rule as in the text.
//! 3. A run that is open at an end is a part of a token. That token may be a word (a prefix, suffix or infix of it is looked for in
//!    the dictionary), or an id, of which only the kind is known.
//! 4. Five runs that make a UUID are one id. A run that could be one of the five in a text, as far as its neighbours in the pattern
//!    tell, may be hidden in a UUID there.
//!
//! So whatever matches fulfils the condition.

use super::fold::fold;
use super::query::{TextQuery, WordPart};
use super::token::{Class, IdKind, Run, Runs, UUID_RUNS, WORD_BYTES_MAX, id_key, uuid_end};

/// A word or phrase to be found in a text, ignoring case.
///
/// Where the text begins (ends) with a word character, none may stand directly before (after) it, unless that end is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextPattern {
    /// The text as it stands.
    pub text: String,
    /// Whether a word may begin before it, as in `*mera`.
    pub open_start: bool,
    /// Whether a word may go on after it, as in `cam*`.
    pub open_end: bool,
}

impl TextPattern {
    /// A pattern with both ends closed.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            open_start: false,
            open_end: false,
        }
    }

    /// The condition that every granule with a match fulfils.
    pub fn condition(&self) -> TextQuery {
        let cut = Cut {
            pattern: self,
            runs: Runs::new(&self.text).collect(),
        };
        let mut conditions = Vec::new();
        let mut i = 0;
        while i < cut.runs.len() {
            if let Some(key) = cut.whole_uuid(i) {
                conditions.push(TextQuery::IdKey(key));
                i += UUID_RUNS.len();
            } else {
                conditions.push(cut.run_condition(i));
                i += 1;
            }
        }
        TextQuery::all(conditions)
    }
}

/// A pattern and its runs.
struct Cut<'a> {
    pattern: &'a TextPattern,
    runs: Vec<Run>,
}

impl Cut<'_> {
    fn open_start(&self, run: Run) -> bool {
        self.pattern.open_start && run.start == 0
    }

    fn open_end(&self, run: Run) -> bool {
        self.pattern.open_end && run.end == self.pattern.text.len()
    }

    fn is_whole(&self, run: Run) -> bool {
        !self.open_start(run) && !self.open_end(run)
    }

    fn whole_uuid(&self, i: usize) -> Option<u64> {
        let first = self.runs[i];
        let end = uuid_end(&self.pattern.text, first)?;
        let last = *self.runs.get(i + UUID_RUNS.len() - 1)?;
        let whole = self.is_whole(first) && self.is_whole(last);
        whole.then(|| id_key(&self.pattern.text[first.start..end]))
    }

    fn run_condition(&self, i: usize) -> TextQuery {
        let run = self.runs[i];
        let folded = fold(run.text(&self.pattern.text));
        let mut choices = Vec::new();
        if self.is_whole(run) {
            choices.push(match run.class(folded.len()) {
                Class::Word => TextQuery::Term(folded),
                Class::Id(_) => TextQuery::IdKey(id_key(&folded)),
            });
        } else {
            choices.push(TextQuery::HasId(IdKind::Long));
            if run.is_hex() {
                choices.push(TextQuery::HasId(IdKind::Number));
            }
            if folded.len() <= WORD_BYTES_MAX {
                choices.push(TextQuery::Words(self.word_part(run, folded)));
            }
        }
        if (0..UUID_RUNS.len()).any(|place| self.could_be_uuid_run(i, place)) {
            choices.push(TextQuery::HasId(IdKind::Uuid));
        }
        TextQuery::one_of(choices)
    }

    fn word_part(&self, run: Run, folded: String) -> WordPart {
        match (self.open_start(run), self.open_end(run)) {
            (false, _) => WordPart::Prefix(folded),
            (true, false) => WordPart::Suffix(folded),
            (true, true) => WordPart::Infix(folded),
        }
    }

    /// Whether a matching text could have the run as a UUID's n-th.
    fn could_be_uuid_run(&self, i: usize, place: usize) -> bool {
        self.fits_uuid_run(i, place) && self.fits_before(i, place) && self.fits_after(i, place)
    }

    fn fits_uuid_run(&self, i: usize, place: usize) -> bool {
        let run = self.runs[i];
        let digits = run.end - run.start;
        let fits = match self.is_whole(run) {
            true => digits == UUID_RUNS[place],
            false => digits <= UUID_RUNS[place],
        };
        run.is_hex() && fits
    }

    /// Whether what the pattern has before the run could be the UUID's part before it.
    fn fits_before(&self, i: usize, place: usize) -> bool {
        let start = self.runs[i].start;
        if place == 0 || start == 0 {
            return true;
        }
        if self.pattern.text.as_bytes()[start - 1] != b'-' {
            return false;
        }
        if start == 1 {
            return true;
        }
        let joined = i > 0 && self.runs[i - 1].end == start - 1;
        joined && self.fits_uuid_run(i - 1, place - 1) && self.fits_before(i - 1, place - 1)
    }

    /// Whether what the pattern has after the run could be the UUID's part after it.
    fn fits_after(&self, i: usize, place: usize) -> bool {
        let end = self.runs[i].end;
        let text = self.pattern.text.as_bytes();
        if place + 1 == UUID_RUNS.len() || end == text.len() {
            return true;
        }
        if text[end] != b'-' {
            return false;
        }
        if end + 1 == text.len() {
            return true;
        }
        let joined = self
            .runs
            .get(i + 1)
            .is_some_and(|next| next.start == end + 1);
        joined && self.fits_uuid_run(i + 1, place + 1) && self.fits_after(i + 1, place + 1)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    #[allow(clippy::needless_pass_by_value)]
    fn check(pattern: &str, expected: TextQuery) {
        let open_start = pattern.starts_with('*');
        let open_end = pattern.ends_with('*');
        let text = pattern.trim_matches('*').to_owned();
        let pattern = TextPattern {
            text,
            open_start,
            open_end,
        };
        assert_eq!(pattern.condition(), expected, "{pattern:?}");
    }

    fn term(word: &str) -> TextQuery {
        TextQuery::Term(word.to_owned())
    }

    fn or<const N: usize>(conditions: [TextQuery; N]) -> TextQuery {
        TextQuery::Or(conditions.into())
    }

    fn and<const N: usize>(conditions: [TextQuery; N]) -> TextQuery {
        TextQuery::And(conditions.into())
    }

    const LONG: TextQuery = TextQuery::HasId(IdKind::Long);
    const NUMBER: TextQuery = TextQuery::HasId(IdKind::Number);
    const UUID: TextQuery = TextQuery::HasId(IdKind::Uuid);

    fn prefix(part: &str) -> TextQuery {
        TextQuery::Words(WordPart::Prefix(part.to_owned()))
    }

    #[test]
    fn phrases_become_terms() {
        check("", TextQuery::Any);
        check(" -- ", TextQuery::Any);
        check("Camera", term("camera"));
        check(
            "film-camera.jpg",
            and([term("film"), term("camera"), term("jpg")]),
        );
        check(
            "\"\u{17f}tatus\": \u{212a}",
            and([term("status"), term("k")]),
        );
    }

    #[test]
    fn open_ends_become_parts_of_words() {
        check("cam*", or([LONG, prefix("cam")]));
        check(
            "*mera",
            or([LONG, TextQuery::Words(WordPart::Suffix("mera".into()))]),
        );
        check(
            "*mer*",
            or([LONG, TextQuery::Words(WordPart::Infix("mer".into()))]),
        );
        check("film-cam*", and([term("film"), or([LONG, prefix("cam")])]));
        // An end that is open after punctuation leaves the token before it whole.
        check("camera.*", term("camera"));
        check("ab*", or([LONG, NUMBER, prefix("ab"), UUID]));
        check(
            "0123456789abc*",
            or([LONG, NUMBER, prefix("0123456789abc")]),
        );
        check(&format!("{}*", "z".repeat(65)), LONG);
    }

    #[test]
    fn ids_become_keys() {
        let uuid = "123E4567-e89b-12d3-a456-426614174000";
        check(uuid, TextQuery::IdKey(id_key(uuid)));
        check(
            &format!("id={uuid}, ok"),
            and([term("id"), TextQuery::IdKey(id_key(uuid)), term("ok")]),
        );
        check(
            "0af7651916cd43dd",
            TextQuery::IdKey(id_key("0af7651916cd43dd")),
        );
        check("12345678", or([TextQuery::IdKey(id_key("12345678")), UUID]));
        check(
            "id 12345678 x",
            and([term("id"), TextQuery::IdKey(id_key("12345678")), term("x")]),
        );
    }

    #[test]
    fn runs_that_may_be_hidden_in_a_uuid_ask_for_one() {
        check("cafe", or([term("cafe"), UUID]));
        check("cafe.", term("cafe"));
        check("cafe-", or([term("cafe"), UUID]));
        check("cafe--", term("cafe"));
        check("-cafe", or([term("cafe"), UUID]));
        check("x-cafe", and([term("x"), term("cafe")]));
        check(
            "12d3-a456",
            and([or([term("12d3"), UUID]), or([term("a456"), UUID])]),
        );
        check(
            "deadbeef-12d3",
            and([or([term("deadbeef"), UUID]), or([term("12d3"), UUID])]),
        );
        check(
            "12d3-deadbeef",
            and([term("12d3"), or([term("deadbeef"), UUID])]),
        );
    }
}
