//! What a template says of its rows when a word or phrase is looked for.
//!
//! A row's text is the template's static parts with variables between them, and of a variable this is known: it has one or more characters of
//! tokens, all of them in the template's [`Alphabet`], and one of them a digit. Places where the pattern may stand:
//!
//! 1. *In static text.* Such a place is the same in all rows. Where the pattern's end must be free and lies next to a variable, the
//!    variable decides, if its alphabet has anything that belongs to no word.
//! 2. *Across the edge of a variable.* Cut the pattern where a variable begins or ends: its pieces must be an end of the static text before,
//!    variables, static text between them, and the beginning of the static text behind. A piece that is a whole variable
//!    must have a digit. [`straddle`](super::straddle) looks for such a cut.
//! 3. *Within one variable.* That is possible in every template with a variable if all of the pattern's characters, and those of its words
//!    that are whole there, are in its alphabet, and in none otherwise.
//!
//! A place of kind 1 that is certain makes the verdict `Always`; no place of any kind makes it `Never`. All is done on folded texts, whose
//! variables have the same characters but for case. The work per template is linear in template and pattern: where text
//! that repeats itself would make it more, the verdict is `Depends`.

use memchr::memmem::Finder;

use super::Alphabet;
use super::alphabet::WantedWords;
use super::folded::FoldedTemplates;
use super::needle::Needle;
use super::straddle::{Parts, Straddle};
use super::token::{PLACEHOLDER, has_reserved};
use crate::text::fold::fold;
use crate::text::{TextPattern, is_word};

/// Places in static text that are looked at before the verdict is left to the rows.
const PLACES_MAX: usize = 64;

/// What a template says of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Every row matches, whatever its variables.
    Always,
    /// No row can match.
    Never,
    /// A row matches exactly if the pattern stands in its joined variables with references written out
    /// ([`write_out_variables`](super::write_out_variables)), whose separator belongs to no word. The body need not be restored.
    Variables,
    /// A row's body has to be restored and looked at.
    Depends,
}

/// A word or phrase, ready to be held against templates.
#[derive(Debug)]
pub struct Judge {
    finder: Finder<'static>,
    closed_start: bool,
    closed_end: bool,
    /// Whether it has a character that no body with a template has.
    reserved: bool,
    /// What the words of variables have to be among which it stands.
    words: WantedWords,
    /// What variables must have where the verdict is `Variables`, and where it is `Depends`.
    needles: [Option<Needle>; 2],
}

impl Judge {
    /// Prepares a pattern.
    pub fn new(pattern: &TextPattern) -> Self {
        let folded = fold(&pattern.text);
        let closed_start = !pattern.open_start && folded.starts_with(is_word);
        let closed_end = !pattern.open_end && folded.ends_with(is_word);
        Self {
            words: WantedWords::of(&folded, closed_start, closed_end),
            needles: [Needle::whole, Needle::with_digit]
                .map(|needle| needle(folded.as_bytes(), closed_start, closed_end)),
            closed_start,
            closed_end,
            reserved: has_reserved(&folded),
            finder: Finder::new(folded.as_bytes()).into_owned(),
        }
    }

    /// The verdict of each template, by id.
    pub fn verdicts(&self, templates: &FoldedTemplates) -> Vec<Verdict> {
        let each = templates.iter();
        each.map(|(folded, alphabet)| templates.verdict(self, folded, alphabet))
            .collect()
    }

    /// The verdict of one template, folded, of bodies that were split by the rule that is known here.
    pub(crate) fn verdict(&self, folded: &str, alphabet: Alphabet) -> Verdict {
        if self.pattern().is_empty() {
            return Verdict::Always;
        }
        if self.reserved {
            return Verdict::Never;
        }
        match self.static_place(folded, alphabet) {
            Some(Edge::Free) => return Verdict::Always,
            Some(_) => return Verdict::Depends,
            None => {}
        }
        if !self.pattern().iter().any(|byte| alphabet.has(*byte)) {
            return Verdict::Never;
        }
        let parts = Parts::new(folded, alphabet);
        if Straddle::new(self, &parts).may_stand() {
            return Verdict::Depends;
        }
        match self.pattern().iter().all(|byte| alphabet.has(*byte)) {
            _ if parts.variables() == 0 => Verdict::Never,
            true if !alphabet.may_have(&self.words) => Verdict::Never,
            false => Verdict::Never,
            true if self.ends_with_variables(&parts) => Verdict::Variables,
            true => Verdict::Depends,
        }
    }

    /// What the variables must have of a row that matches, where its template's verdict is this.
    pub(crate) fn needle(&self, verdict: Verdict) -> Option<&Needle> {
        match verdict {
            Verdict::Variables => self.needles[0].as_ref(),
            Verdict::Depends => self.needles[1].as_ref(),
            Verdict::Always | Verdict::Never => None,
        }
    }

    /// The folded pattern.
    pub(super) fn pattern(&self) -> &[u8] {
        self.finder.needle()
    }

    /// The best place in static text: `Free` where it stands for certain, `Unknown` where that depends on variables or was not found out.
    fn static_place(&self, folded: &str, alphabet: Alphabet) -> Option<Edge> {
        let mut best = None;
        let mut from = 0;
        for _ in 0..PLACES_MAX {
            let rest = folded.as_bytes().get(from..)?;
            let Some(found) = self.finder.find(rest) else {
                return best;
            };
            let start = from + found;
            let behind = &folded[start + self.pattern().len()..];
            match self.edge(&folded[..start], behind, alphabet) {
                Edge::Free => return Some(Edge::Free),
                Edge::Unknown => best = Some(Edge::Unknown),
                Edge::Taken => {}
            }
            from = start + 1;
        }
        Some(Edge::Unknown)
    }

    /// The worse of the two edges of a place with these folded texts before and behind it.
    pub(super) fn edge(&self, before: &str, behind: &str, alphabet: Alphabet) -> Edge {
        let before = before.chars().next_back().filter(|_| self.closed_start);
        let behind = behind.chars().next().filter(|_| self.closed_end);
        Edge::beside(before, alphabet).max(Edge::beside(behind, alphabet))
    }

    /// Whether words of variables end where variables do, as they do in the joined variables.
    fn ends_with_variables(&self, parts: &Parts<'_>) -> bool {
        (0..parts.variables()).all(|variable| {
            let (before, behind) = parts.around(variable);
            let alone_before = variable == 0 || !before.is_empty();
            let alone_behind = variable + 1 == parts.variables() || !behind.is_empty();
            let edge = self.edge(before, behind, parts.alphabet);
            alone_before && alone_behind && edge == Edge::Free
        })
    }
}

/// Whether a word goes on beside a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Edge {
    Free,
    /// A variable decides.
    Unknown,
    Taken,
}

impl Edge {
    fn beside(neighbour: Option<char>, alphabet: Alphabet) -> Self {
        match neighbour {
            Some(PLACEHOLDER) if alphabet.has_between_words() => Self::Unknown,
            Some(c) if c == PLACEHOLDER || is_word(c) => Self::Taken,
            _ => Self::Free,
        }
    }
}
