//! Regular expressions: what a text needs to have so that one may match.
//!
//! 1. The expression is *folded*: literals, and classes of few characters, are replaced by what their characters fold to. So `(?i)error` is the
//!    literal `error`, and whatever the expression matches has, folded, a match of the folded one.
//! 2. Parts that follow each other and of which all texts are known, like `(time|ran) out`, are crossed into their texts: one of them
//!    has to stand in the match. That is done by the extractor of `regex-syntax`.
//! 3. Each other part says by itself what it needs: a repetition that has to be there what its inside does, alternatives one of theirs.
//!
//! Look-around counts as nothing: it makes no text longer.

use regex::Regex;
use regex_syntax::hir::literal::Extractor;
use regex_syntax::hir::{Capture, Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind};

use super::fold::{fold, fold_char};
use super::needs::Needs;
use super::pattern::TextPattern;
use crate::limits::{
    EXPRESSION_CLASS_CHARS_MAX, EXPRESSION_CLASS_FOLDED_MAX, EXPRESSION_TEXT_BYTES_MIN,
    EXPRESSION_TEXTS_MAX,
};

/// A regular expression, found anywhere in a text, with regard to case unless it says otherwise.
#[derive(Debug, Clone)]
pub struct Expression {
    regex: Regex,
    needs: Needs,
    looks_around: bool,
}

impl Expression {
    /// Takes an expression that was compiled from its text alone, without options beside it.
    pub fn new(regex: Regex) -> Self {
        let parsed = regex_syntax::parse(regex.as_str());
        let (needs, looks_around) = match parsed {
            Ok(hir) => (
                needs_of_whole(&hir),
                !hir.properties().look_set().is_empty(),
            ),
            // It was compiled, so it can be parsed. If not: nothing is known of it.
            Err(_) => (Needs::NOTHING, true),
        };
        Self {
            regex,
            needs,
            looks_around,
        }
    }

    /// Whether it has a match in `text`.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// What stands in every text in which it has a match.
    pub(crate) fn needs(&self) -> &Needs {
        &self.needs
    }

    /// Whether what stands beside a match matters.
    pub(crate) fn looks_around(&self) -> bool {
        self.looks_around
    }

    /// The end of a match in `text` that begins at `from` or behind it; of several one that ends early.
    pub(crate) fn match_end(&self, text: &str, from: usize) -> Option<usize> {
        self.regex.shortest_match_at(text, from)
    }
}

fn needs_of_whole(hir: &Hir) -> Needs {
    let needs = needs_of(&folded(hir), &extractor());
    match needs.len() <= EXPRESSION_TEXTS_MAX {
        true => needs,
        false => Needs::NOTHING,
    }
}

fn extractor() -> Extractor {
    let mut extractor = Extractor::new();
    extractor
        .limit_class(EXPRESSION_CLASS_CHARS_MAX)
        .limit_total(EXPRESSION_TEXTS_MAX);
    extractor
}

/// Step 1.
fn folded(hir: &Hir) -> Hir {
    let each = |parts: &[Hir]| parts.iter().map(folded).collect();
    match hir.kind() {
        HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
            Ok(text) => Hir::literal(fold(text).into_bytes()),
            Err(_) => hir.clone(),
        },
        HirKind::Class(Class::Unicode(class)) => Hir::class(Class::Unicode(folded_class(class))),
        HirKind::Capture(Capture { sub, .. }) => folded(sub),
        HirKind::Repetition(repetition) => {
            Hir::repetition(repetition.with(folded(&repetition.sub)))
        }
        HirKind::Concat(parts) => Hir::concat(each(parts)),
        HirKind::Alternation(parts) => Hir::alternation(each(parts)),
        HirKind::Empty | HirKind::Look(_) => Hir::empty(),
        HirKind::Class(Class::Bytes(_)) => hir.clone(),
    }
}

fn folded_class(class: &ClassUnicode) -> ClassUnicode {
    let count = |range: &ClassUnicodeRange| u32::from(range.end()) - u32::from(range.start()) + 1;
    let mut chars = 0u32;
    for range in class.ranges() {
        chars = chars.saturating_add(count(range));
        if chars > EXPRESSION_CLASS_FOLDED_MAX {
            return class.clone();
        }
    }
    let chars = class
        .ranges()
        .iter()
        .flat_map(|range| range.start()..=range.end());
    ClassUnicode::new(chars.map(fold_char).map(|c| ClassUnicodeRange::new(c, c)))
}

/// Steps 2 and 3, of a folded expression.
fn needs_of(hir: &Hir, extractor: &Extractor) -> Needs {
    match hir.kind() {
        HirKind::Concat(parts) => needs_of_row(parts, extractor),
        HirKind::Alternation(parts) => match texts_of(hir, extractor) {
            Some(texts) => texts,
            None => Needs::any(parts.iter().map(|part| needs_of(part, extractor))),
        },
        HirKind::Repetition(repetition) if repetition.min > 0 => match texts_of(hir, extractor) {
            Some(texts) => texts,
            None => needs_of(&repetition.sub, extractor),
        },
        _ => texts_of(hir, extractor).unwrap_or(Needs::NOTHING),
    }
}

/// Parts that follow each other.
fn needs_of_row(parts: &[Hir], extractor: &Extractor) -> Needs {
    let is_known = |part: &Hir| extractor.extract(part).is_exact();
    let mut needs = Vec::new();
    let mut at = 0;
    while at < parts.len() {
        let known = parts[at..].iter().take_while(|part| is_known(part)).count();
        if known == 0 {
            needs.push(needs_of(&parts[at], extractor));
            at += 1;
            continue;
        }
        // The next part may begin in a known way too.
        let end = (at + known + 1).min(parts.len());
        let run = Hir::concat(parts[at..end].to_vec());
        needs.extend(texts_of(&run, extractor));
        at += known;
    }
    Needs::all(needs)
}

/// One of the texts that every match begins with, where that says something.
fn texts_of(hir: &Hir, extractor: &Extractor) -> Option<Needs> {
    let texts = extractor.extract(hir);
    let texts = texts.literals()?.iter();
    let texts = texts.map(|literal| std::str::from_utf8(literal.as_bytes()).ok());
    let texts: Vec<&str> = texts.collect::<Option<_>>()?;
    if texts
        .iter()
        .any(|text| text.len() < EXPRESSION_TEXT_BYTES_MIN)
    {
        return None;
    }
    // Where a part of a text is enough, all of it is.
    let is_least = |text: &&str| {
        !texts
            .iter()
            .any(|other| other != text && text.contains(other))
    };
    let least = texts.iter().copied().filter(is_least);
    Some(Needs::any(least.map(|text| {
        Needs::Text(TextPattern {
            text: text.to_owned(),
            open_start: true,
            open_end: true,
        })
    })))
}

#[cfg(test)]
mod tests;
