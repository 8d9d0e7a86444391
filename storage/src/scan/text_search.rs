//! Conditions on the texts of rows, and what a segment's templates say of them.

use std::collections::HashMap;
use std::sync::Arc;

use clearspan_schema::any::AnyRef;
use clearspan_schema::json::push_text;
use clearspan_schema::logs::Body;
use parking_lot::Mutex;

use super::verdicts::Verdicts;
use super::{FormCondition, Predicate, TextCondition};
use crate::template::{
    Alphabet, FoldedTemplates, Judge, Needle, NeedsJudge, TemplateDictionary, TemplateText,
    Verdict, verdict_of,
};
use crate::text::fold::fold_into;
use crate::text::{Needs, TextFinder, TextForm, TextPattern, TextQuery};

/// One or more conditions, all or any of which have to hold of a row's text (a log's body, a span's name).
///
/// It keeps what the templates of segments say of it, so one search should serve a whole query.
#[derive(Debug)]
pub struct TextSearch {
    each: Vec<Asked>,
    all: bool,
    known: Mutex<Known>,
}

/// By template, folded, for segments have many in common, and alphabet: the verdict on each condition as far as a folded template tells. The
/// text is kept, so that no other can take its place.
type Judged = HashMap<(usize, Alphabet), (TemplateText, Vec<Verdict>)>;

/// What was judged so far.
#[derive(Debug, Default)]
struct Known {
    /// By segment.
    segments: HashMap<u64, Arc<Verdicts>>,
    templates: Judged,
}

/// A condition, ready to be held against texts and templates.
#[derive(Debug)]
enum Asked {
    Words(Box<Words>),
    Form(FormCondition, NeedsJudge),
}

#[derive(Debug)]
struct Words {
    pattern: TextPattern,
    finder: TextFinder,
    judge: Judge,
}

/// Room to work in, for searches in many rows.
#[derive(Debug, Default)]
pub struct TextScratch {
    json: String,
    folded: String,
}

/// A text, folded when that is first needed.
struct Text<'a> {
    text: &'a str,
    folded: &'a mut String,
    is_folded: bool,
}

impl TextSearch {
    /// Asks `conditions`, at least one: that all of them hold, or any.
    pub fn new<C: Into<TextCondition>>(conditions: impl IntoIterator<Item = C>, all: bool) -> Self {
        let each = conditions.into_iter().map(|one| Asked::new(one.into()));
        let mut each: Vec<Asked> = each.collect();
        each.sort_by_key(Asked::cost);
        TextSearch {
            each,
            all,
            known: Mutex::default(),
        }
    }

    /// What every row satisfies in whose text it is found.
    pub fn predicate(&self) -> Predicate {
        let each = self.each.iter().map(|one| Predicate::from(&one.needs()));
        match self.all {
            true => each.fold(Predicate::All, Predicate::and),
            false => each.fold(Predicate::Nothing, Predicate::or),
        }
    }

    /// The condition on a granule in which it is found.
    pub(crate) fn condition(&self) -> TextQuery {
        let each = self.each.iter().map(|one| one.needs().condition());
        match self.all {
            true => TextQuery::all(each),
            false => TextQuery::one_of(each),
        }
    }

    /// Whether it is found in `text`.
    pub fn stands_in(&self, text: &str, scratch: &mut TextScratch) -> bool {
        let mut text = Text::new(text, &mut scratch.folded);
        self.combine(|at| self.each[at].stands_in(&mut text))
    }

    /// Whether it is found in a log's body, which may be no text.
    pub fn stands_in_body(&self, body: Body<'_>, scratch: &mut TextScratch) -> bool {
        match body {
            Body::Absent => false,
            Body::Text(text) => self.stands_in(text, scratch),
            Body::Value(encoded) => match AnyRef::decode(encoded) {
                Some(value) => self.stands_in_value(value, scratch),
                None => false,
            },
        }
    }

    fn stands_in_value(&self, value: AnyRef<'_>, scratch: &mut TextScratch) -> bool {
        let TextScratch { json, folded } = scratch;
        json.clear();
        push_text(value, json);
        let mut text = Text::new(json, folded);
        self.combine(|at| match &self.each[at] {
            Asked::Words(words) => words.finder.stands_in(text.folded()),
            Asked::Form(form, _) => form.values.holds(value),
        })
    }

    /// Whether it is found in a row with template `id`, given what its verdict asks for: the variables, written out, or the body.
    pub(crate) fn stands_in_part(
        &self,
        verdicts: &Verdicts,
        id: u32,
        text: &str,
        scratch: &mut TextScratch,
    ) -> bool {
        let mut text = Text::new(text, &mut scratch.folded);
        self.combine(|at| match verdicts.single(at, id) {
            Verdict::Always => true,
            Verdict::Never => false,
            Verdict::Variables | Verdict::Depends => self.each[at].stands_in(&mut text),
        })
    }

    /// Whether [`Self::may_stand`] can ever rule out a row.
    pub(crate) fn asks_variables(&self) -> bool {
        let verdicts = [Verdict::Variables, Verdict::Depends];
        let asks = |one: &Asked| {
            verdicts
                .iter()
                .any(|verdict| one.needle(*verdict).is_some())
        };
        self.each.iter().any(asks)
    }

    /// Whether it may be found in a row with template `id`, where `has` says of a condition and the verdict on it whether the row's variables have what
    /// they need to.
    pub(crate) fn may_stand(
        &self,
        verdicts: &Verdicts,
        id: u32,
        mut has: impl FnMut(usize, Verdict, &Needle) -> bool,
    ) -> bool {
        self.combine(|at| match verdicts.single(at, id) {
            Verdict::Always => true,
            Verdict::Never => false,
            verdict => {
                let needle = self.each[at].needle(verdict);
                needle.is_none_or(|needle| has(at, verdict, needle))
            }
        })
    }

    fn combine(&self, mut found: impl FnMut(usize) -> bool) -> bool {
        let mut each = 0..self.each.len();
        match self.all {
            true => each.all(&mut found),
            false => each.any(&mut found),
        }
    }

    /// What the templates of segment `id` say, which it has `folded` and as they are stored.
    pub(crate) fn verdicts(
        &self,
        id: u64,
        folded: &FoldedTemplates,
        stored: &TemplateDictionary,
    ) -> Arc<Verdicts> {
        let mut known = self.known.lock();
        let Known {
            segments,
            templates: judged,
        } = &mut *known;
        if let Some(known) = segments.get(&id) {
            return Arc::clone(known);
        }
        let verdicts = match folded.have_other_rule() {
            true => Verdicts::undecided(self.all, self.each.len(), folded.len()),
            false => self.judge(judged, folded, stored),
        };
        let verdicts = Arc::new(verdicts);
        segments.insert(id, Arc::clone(&verdicts));
        verdicts
    }

    /// What the templates of segment `id` say, where that was asked.
    pub(super) fn known_verdicts(&self, id: u64) -> Option<Arc<Verdicts>> {
        self.known.lock().segments.get(&id).cloned()
    }

    fn judge(
        &self,
        judged: &mut Judged,
        folded: &FoldedTemplates,
        stored: &TemplateDictionary,
    ) -> Verdicts {
        let mut verdicts = Verdicts::new(self.all, self.each.len(), folded.len());
        for ((text, alphabet), id) in folded.iter().zip(0..) {
            let place = (text.place(), alphabet);
            let (_, each) = judged.entry(place).or_insert_with(|| {
                let each = self.each.iter().map(|one| one.verdict(text, alphabet));
                (text.clone(), each.collect())
            });
            let both = self.each.iter().zip(each);
            verdicts.push(both.map(|(one, verdict)| one.exact_verdict(*verdict, stored, id)));
        }
        verdicts
    }
}

impl Asked {
    fn new(condition: TextCondition) -> Self {
        match condition {
            TextCondition::Words(pattern) => Asked::Words(Box::new(Words {
                finder: TextFinder::new(&pattern),
                judge: Judge::new(&pattern),
                pattern,
            })),
            TextCondition::Form(form) => {
                let judge = NeedsJudge::new(&form.form.needs());
                Asked::Form(form, judge)
            }
        }
    }

    /// How dear it is to hold it against a text: an order, not a measure.
    fn cost(&self) -> u32 {
        match self {
            Asked::Words(_) => 0,
            Asked::Form(form, _) => match form.form {
                TextForm::Pieces(_) => 1,
                TextForm::Expression(_) => 2,
            },
        }
    }

    /// What stands in every text that fulfils it.
    fn needs(&self) -> Needs {
        match self {
            Asked::Words(words) => Needs::Text(words.pattern.clone()),
            Asked::Form(form, _) => form.needs().clone(),
        }
    }

    fn stands_in(&self, text: &mut Text<'_>) -> bool {
        match self {
            Asked::Words(words) => words.finder.stands_in(text.folded()),
            Asked::Form(form, _) => form.form.holds(text.text),
        }
    }

    fn needle(&self, verdict: Verdict) -> Option<&Needle> {
        match self {
            Asked::Words(words) => words.judge.needle(verdict),
            Asked::Form(_, needs) => needs.needle(),
        }
    }

    /// The verdict of a folded template.
    fn verdict(&self, folded: &str, alphabet: Alphabet) -> Verdict {
        match self {
            Asked::Words(words) => words.judge.verdict(folded, alphabet),
            Asked::Form(_, needs) if needs.may_stand(folded, alphabet) => Verdict::Depends,
            Asked::Form(..) => Verdict::Never,
        }
    }

    /// The verdict of a template as it is stored, where the folded one does not tell.
    fn exact_verdict(&self, folded: Verdict, stored: &TemplateDictionary, id: u32) -> Verdict {
        match self {
            Asked::Form(form, _) if folded == Verdict::Depends => {
                let template = stored.template(id);
                template.map_or(folded, |template| verdict_of(&form.form, template))
            }
            _ => folded,
        }
    }
}

impl<'a> Text<'a> {
    fn new(text: &'a str, folded: &'a mut String) -> Self {
        Text {
            text,
            folded,
            is_folded: false,
        }
    }

    fn folded(&mut self) -> &str {
        if !self.is_folded {
            self.folded.clear();
            fold_into(self.text, self.folded);
            self.is_folded = true;
        }
        self.folded
    }
}

#[cfg(test)]
mod tests;
