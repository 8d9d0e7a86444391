//! What a template says of its rows when their whole text has to be of some form: pieces with anything between them, or a match of an expression.
//!
//! 1. What the form needs is held against the template as words and phrases are ([`Judge`]): where some of it can stand nowhere, no row matches.
//! 2. A template without a variable is the text of its rows.
//! 3. Else the variables are holes of which nothing is asked. Every row matches if that takes place outside of them: each piece stands in
//!    static text; so does a match of the expression, and if it looks around, what stands beside it too.
//! 4. No row matches whose text cannot begin or end as pieces want it. A whole text must have the template's static parts in order, as a template
//!    is itself pieces with something between them.
//!
//! Unlike words, forms regard case: steps 2 to 4 are done on the template as it is stored.

use super::alphabet::Alphabet;
use super::needle::Needle;
use super::token::{PLACEHOLDER, has_reserved, is_token};
use super::verdict::{Judge, Verdict};
use crate::limits::EXPRESSION_PLACES_MAX;
use crate::text::{Expression, Needs, Pieces, TextForm, fit};

/// What a form needs, ready to be held against templates.
#[derive(Debug)]
pub(crate) enum NeedsJudge {
    All(Vec<NeedsJudge>),
    Any(Vec<NeedsJudge>),
    Text(Box<Judge>),
}

impl NeedsJudge {
    pub(crate) fn new(needs: &Needs) -> Self {
        let each = |needs: &[Needs]| needs.iter().map(NeedsJudge::new).collect();
        match needs {
            Needs::All(needs) => Self::All(each(needs)),
            Needs::Any(needs) => Self::Any(each(needs)),
            Needs::Text(pattern) => Self::Text(Box::new(Judge::new(pattern))),
        }
    }

    /// Step 1: whether rows of a template, folded, may have it.
    pub(crate) fn may_stand(&self, folded: &str, alphabet: Alphabet) -> bool {
        let may_stand = |one: &NeedsJudge| one.may_stand(folded, alphabet);
        match self {
            Self::All(needs) => needs.iter().all(may_stand),
            Self::Any(needs) => needs.iter().any(may_stand),
            Self::Text(judge) => judge.verdict(folded, alphabet) != Verdict::Never,
        }
    }

    /// What the variables must have of a row that has it.
    pub(crate) fn needle(&self) -> Option<&Needle> {
        match self {
            Self::All(needs) => needs.iter().find_map(NeedsJudge::needle),
            Self::Any(_) => None,
            Self::Text(judge) => judge.needle(Verdict::Depends),
        }
    }
}

/// Steps 2 to 4, for a template as it is stored.
pub(crate) fn verdict_of(form: &TextForm, template: &str) -> Verdict {
    let decided = |always| match always {
        true => Verdict::Always,
        false => Verdict::Never,
    };
    if !template.contains(PLACEHOLDER) {
        return decided(form.holds(template));
    }
    match form {
        TextForm::Pieces(pieces) => of_pieces(pieces, template),
        TextForm::Expression(expression) => match stands_in_static(expression, template) {
            true => Verdict::Always,
            false => Verdict::Depends,
        },
    }
}

fn of_pieces(pieces: &Pieces, template: &str) -> Verdict {
    if pieces.any(has_reserved) {
        return Verdict::Never;
    }
    let may_fit = match pieces.alone() {
        Some(whole) => fit(template.split(PLACEHOLDER), whole),
        None => may_begin(template, pieces.first()) && may_end(template, pieces.last()),
    };
    match may_fit {
        false => Verdict::Never,
        true if pieces.fit(template) => Verdict::Always,
        true => Verdict::Depends,
    }
}

/// Whether a row of the template may begin with `text`: as far as the first variable it must, and that begins with a character of tokens.
fn may_begin(template: &str, text: &str) -> bool {
    let before = template.split(PLACEHOLDER).next().unwrap_or_default();
    match text.strip_prefix(before) {
        Some(rest) => rest.bytes().next().is_none_or(is_token),
        None => before.starts_with(text),
    }
}

/// Likewise for its end.
fn may_end(template: &str, text: &str) -> bool {
    let behind = template.rsplit(PLACEHOLDER).next().unwrap_or_default();
    match text.strip_suffix(behind) {
        Some(rest) => rest.bytes().next_back().is_none_or(is_token),
        None => behind.ends_with(text),
    }
}

/// Whether an expression matches within some static part, whatever the variables.
fn stands_in_static(expression: &Expression, template: &str) -> bool {
    if !expression.looks_around() {
        return template
            .split(PLACEHOLDER)
            .any(|part| expression.is_match(part));
    }
    let mut start = 0;
    for part in template.split(PLACEHOLDER).take(EXPRESSION_PLACES_MAX) {
        let end = start + part.len();
        // Behind a variable the first character is what stands beside a match.
        let beside = match start {
            0 => 0,
            _ => part.chars().next().map_or(0, char::len_utf8),
        };
        let Some(match_end) = expression.match_end(template, start + beside) else {
            return false;
        };
        if match_end < end || match_end == template.len() && end == match_end {
            return true;
        }
        start = end + PLACEHOLDER.len_utf8();
    }
    false
}

#[cfg(test)]
mod tests;
