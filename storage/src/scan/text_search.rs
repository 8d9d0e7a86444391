//! Words and phrases that are looked for in the texts of rows, and what a segment's templates say of them.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::Predicate;
use crate::template::{Alphabet, FoldedTemplates, Judge, TemplateText, Verdict};
use crate::text::fold::fold_into;
use crate::text::{TextFinder, TextPattern, TextQuery};

/// One or more words or phrases, all or any of which have to stand in a row's text (a log's body, a span's name).
///
/// It keeps what the templates of segments say of it, so one search should serve a whole query.
#[derive(Debug)]
pub struct TextSearch {
    patterns: Vec<Pattern>,
    all: bool,
    known: Mutex<Known>,
}

/// What was judged so far.
#[derive(Debug, Default)]
struct Known {
    /// By segment.
    segments: HashMap<u64, Arc<Verdicts>>,
    /// By template, for segments have many in common, alphabet and whether the rule is another: the verdict on each pattern. The text is
    /// kept, so that no other can take its place.
    templates: HashMap<(usize, Alphabet, bool), (TemplateText, Vec<Verdict>)>,
}

#[derive(Debug)]
struct Pattern {
    pattern: TextPattern,
    finder: TextFinder,
    judge: Judge,
}

/// What each of a segment's templates says of a search.
#[derive(Debug)]
pub(crate) struct Verdicts {
    /// By id.
    joint: Vec<Verdict>,
    /// By pattern and id.
    single: Vec<Vec<Verdict>>,
}

impl TextSearch {
    /// Looks for `patterns`, at least one: for all of them, or for any.
    pub fn new(patterns: impl IntoIterator<Item = TextPattern>, all: bool) -> Self {
        let patterns = patterns.into_iter().map(|pattern| Pattern {
            finder: TextFinder::new(&pattern),
            judge: Judge::new(&pattern),
            pattern,
        });
        TextSearch {
            patterns: patterns.collect(),
            all,
            known: Mutex::default(),
        }
    }

    /// What every row satisfies in whose text it is found.
    pub fn predicate(&self) -> Predicate {
        let each = self.patterns.iter();
        let each = each.map(|one| Predicate::Text(one.pattern.clone()));
        match self.all {
            true => each.fold(Predicate::All, Predicate::and),
            false => each.fold(Predicate::Nothing, Predicate::or),
        }
    }

    /// The condition on a granule in which it is found.
    pub(crate) fn condition(&self) -> TextQuery {
        let each = self.patterns.iter().map(|one| one.pattern.condition());
        match self.all {
            true => TextQuery::all(each),
            false => TextQuery::one_of(each),
        }
    }

    /// Whether it is found in `text`. `folded` is room to work in.
    pub fn stands_in(&self, text: &str, folded: &mut String) -> bool {
        folded.clear();
        fold_into(text, folded);
        self.combine(|pattern| self.patterns[pattern].finder.stands_in(folded))
    }

    /// Whether it is found in a row with template `id`, given what its verdict asks for: the variables, written out, or the body.
    pub(crate) fn stands_in_part(
        &self,
        verdicts: &Verdicts,
        id: u32,
        text: &str,
        folded: &mut String,
    ) -> bool {
        folded.clear();
        fold_into(text, folded);
        self.combine(|pattern| {
            let single = verdicts.single.get(pattern);
            match single.and_then(|single| single.get(id as usize)) {
                Some(Verdict::Always) => true,
                Some(Verdict::Never) => false,
                _ => self.patterns[pattern].finder.stands_in(folded),
            }
        })
    }

    fn combine(&self, mut found: impl FnMut(usize) -> bool) -> bool {
        let mut patterns = 0..self.patterns.len();
        match self.all {
            true => patterns.all(&mut found),
            false => patterns.any(&mut found),
        }
    }

    /// What the templates of segment `id` say.
    pub(crate) fn verdicts(&self, id: u64, templates: &FoldedTemplates) -> Arc<Verdicts> {
        let mut known = self.known.lock();
        let Known {
            segments,
            templates: judged,
        } = &mut *known;
        if let Some(known) = segments.get(&id) {
            return Arc::clone(known);
        }
        let mut verdicts = Verdicts {
            joint: Vec::with_capacity(templates.len()),
            single: vec![Vec::with_capacity(templates.len()); self.patterns.len()],
        };
        for (text, alphabet) in templates.iter() {
            let place = (text.place(), alphabet, templates.have_other_rule());
            let (_, each) = judged.entry(place).or_insert_with(|| {
                let patterns = self.patterns.iter();
                let each = patterns.map(|one| templates.verdict(&one.judge, text, alphabet));
                (text.clone(), each.collect())
            });
            verdicts.joint.push(joint(self.all, each.iter().copied()));
            let singles = verdicts.single.iter_mut().zip(each);
            singles.for_each(|(single, verdict)| single.push(*verdict));
        }
        let verdicts = Arc::new(verdicts);
        segments.insert(id, Arc::clone(&verdicts));
        verdicts
    }
}

impl Verdicts {
    /// Whether every template decides: only rows without one have to be looked at.
    pub(crate) fn all_decide(&self) -> bool {
        let decides = |verdict: &Verdict| matches!(verdict, Verdict::Always | Verdict::Never);
        self.joint.iter().all(decides)
    }

    /// What the template `id` says; for one that is not known, that the body decides.
    pub(crate) fn of(&self, id: u32) -> Verdict {
        let joint = self.joint.get(id as usize);
        joint.copied().unwrap_or(Verdict::Depends)
    }

    /// The templates whose rows have to be looked at although their own words, those of variables, may lack some of what is looked for.
    pub(crate) fn spread(&self) -> impl Iterator<Item = u32> + '_ {
        // A single pattern stands in variables whole. Of several, some may stand in the template.
        let several = self.single.len() > 1;
        let joint = (0..).zip(&self.joint);
        let spread = joint.filter(move |(_, verdict)| match verdict {
            Verdict::Depends => true,
            Verdict::Variables => several,
            Verdict::Always | Verdict::Never => false,
        });
        spread.map(|(id, _)| id)
    }
}

/// The verdict on all patterns, or on any.
fn joint(all: bool, singles: impl Iterator<Item = Verdict>) -> Verdict {
    let (decides, else_) = match all {
        true => (Verdict::Never, Verdict::Always),
        false => (Verdict::Always, Verdict::Never),
    };
    let mut joint = else_;
    for single in singles {
        match single {
            single if single == decides => return decides,
            Verdict::Depends => joint = Verdict::Depends,
            Verdict::Variables if joint != Verdict::Depends => joint = Verdict::Variables,
            _ => {}
        }
    }
    joint
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Always, Depends, Never, Variables};

    #[test]
    fn verdicts_join_as_their_patterns_do() {
        let check = |singles: &[Verdict], all, any| {
            assert_eq!(joint(true, singles.iter().copied()), all, "all {singles:?}");
            assert_eq!(
                joint(false, singles.iter().copied()),
                any,
                "any {singles:?}"
            );
        };
        check(&[Always], Always, Always);
        check(&[Never], Never, Never);
        check(&[Variables], Variables, Variables);
        check(&[Always, Never], Never, Always);
        check(&[Depends, Never], Never, Depends);
        check(&[Always, Variables], Variables, Always);
        check(&[Variables, Depends], Depends, Depends);
        check(&[Depends, Variables, Always], Depends, Always);
    }

    #[test]
    fn all_or_any_have_to_be_found() {
        let patterns = || ["red", "green"].map(TextPattern::new);
        let (all, any) = (
            TextSearch::new(patterns(), true),
            TextSearch::new(patterns(), false),
        );
        let mut folded = String::new();
        for (text, in_all, in_any) in [
            ("Red and GREEN", true, true),
            ("green", false, true),
            ("reddish", false, false),
        ] {
            assert_eq!(all.stands_in(text, &mut folded), in_all, "{text}");
            assert_eq!(any.stands_in(text, &mut folded), in_any, "{text}");
        }
        assert!(matches!(all.predicate(), Predicate::And(both) if both.len() == 2));
        assert!(matches!(any.predicate(), Predicate::Or(both) if both.len() == 2));
    }
}
