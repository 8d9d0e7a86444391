//! What a segment's templates say of a search.

use crate::template::Verdict;

/// What each of a segment's templates says of a search.
#[derive(Debug)]
pub(crate) struct Verdicts {
    all: bool,
    /// By id.
    joint: Vec<Verdict>,
    /// By condition and id.
    single: Vec<Vec<Verdict>>,
    /// Whether variables are what this program takes for such, so that they tell of the text.
    know_variables: bool,
}

impl Verdicts {
    /// None yet, on all or any of so many conditions.
    pub(super) fn new(all: bool, conditions: usize, templates: usize) -> Self {
        Verdicts {
            all,
            joint: Vec::with_capacity(templates),
            single: vec![Vec::with_capacity(templates); conditions],
            know_variables: true,
        }
    }

    /// Those of templates that bodies were split into by another rule: the body decides, and nothing is concluded from variables.
    pub(super) fn undecided(all: bool, conditions: usize, templates: usize) -> Self {
        Verdicts {
            all,
            joint: vec![Verdict::Depends; templates],
            single: vec![vec![Verdict::Depends; templates]; conditions],
            know_variables: false,
        }
    }

    /// Whether a row's variables tell what its text may have.
    pub(crate) fn know_variables(&self) -> bool {
        self.know_variables
    }

    /// Adds what the next template says of each condition.
    pub(super) fn push(&mut self, each: impl Iterator<Item = Verdict>) {
        let at = self.joint.len();
        let single = self.single.iter_mut().zip(each);
        single.for_each(|(single, verdict)| single.push(verdict));
        let each = self.single.iter().filter_map(|single| single.get(at));
        self.joint.push(joint(self.all, each.copied()));
    }

    /// What the template `id` says of one condition; for one that is not known, that the body decides.
    pub(super) fn single(&self, condition: usize, id: u32) -> Verdict {
        let single = self.single.get(condition);
        let single = single.and_then(|single| single.get(id as usize));
        single.copied().unwrap_or(Verdict::Depends)
    }

    /// What each template decides, by id.
    pub(super) fn decided(&self) -> impl Iterator<Item = Option<bool>> + '_ {
        self.joint.iter().map(|verdict| match verdict {
            Verdict::Always => Some(true),
            Verdict::Never => Some(false),
            Verdict::Variables | Verdict::Depends => None,
        })
    }

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
        // A single word or phrase stands in variables whole. Of several, some may stand in the template.
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

/// The verdict on all conditions, or on any.
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
    fn verdicts_join_as_their_conditions_do() {
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
}
