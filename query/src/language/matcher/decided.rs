//! What the templates of a segment's texts say of a whole query: as its conditions on texts do, joined as the query joins them. All
//! other conditions are unknown to them.

use clearspan_storage::scan::Part;

use super::{Leaf, Matcher, Node};

/// Whether rows match: certainly, certainly not, or it depends.
type Decided = Option<bool>;

/// What is said of the templates of a part.
#[derive(Debug, Clone, PartialEq)]
enum Said {
    /// The same of all, of which nothing was asked.
    OfAll(Decided),
    /// By template.
    OfEach(Vec<Decided>),
}

impl Matcher {
    /// What each template of the texts of `part` says of a row, as far as it was asked while rows were held against this query; `None` where no
    /// template was asked.
    pub(crate) fn decided_by_templates(&self, part: &Part) -> Option<Vec<Option<bool>>> {
        match said(&self.root, part) {
            Said::OfAll(_) => None,
            Said::OfEach(each) => Some(each),
        }
    }
}

fn said(node: &Node, part: &Part) -> Said {
    match node {
        Node::All => Said::OfAll(Some(true)),
        Node::Leaf(leaf) => match leaf.as_ref() {
            Leaf::Text(test) => part
                .decided_by_templates(test.search())
                .map_or(Said::OfAll(None), Said::OfEach),
            _ => Said::OfAll(None),
        },
        Node::And(parts) => parts
            .iter()
            .map(|one| said(one, part))
            .fold(Said::OfAll(Some(true)), |all, one| all.joined(one, and)),
        Node::Or(parts) => parts
            .iter()
            .map(|one| said(one, part))
            .fold(Said::OfAll(Some(false)), |any, one| any.joined(one, or)),
        Node::Not(inner) => said(inner, part).joined(Said::OfAll(None), |said, _| not(said)),
    }
}

impl Said {
    fn joined(self, other: Said, join: fn(Decided, Decided) -> Decided) -> Said {
        match (self, other) {
            (Said::OfAll(one), Said::OfAll(other)) => Said::OfAll(join(one, other)),
            (Said::OfAll(one), Said::OfEach(mut each)) => {
                each.iter_mut().for_each(|other| *other = join(one, *other));
                Said::OfEach(each)
            }
            (Said::OfEach(mut each), Said::OfAll(other)) => {
                each.iter_mut().for_each(|one| *one = join(*one, other));
                Said::OfEach(each)
            }
            (Said::OfEach(mut each), Said::OfEach(others)) => {
                let both = each.iter_mut().zip(others);
                both.for_each(|(one, other)| *one = join(*one, other));
                Said::OfEach(each)
            }
        }
    }
}

fn and(a: Decided, b: Decided) -> Decided {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn or(a: Decided, b: Decided) -> Decided {
    not(and(not(a), not(b)))
}

fn not(a: Decided) -> Decided {
    a.map(|decided| !decided)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_decides_nothing_alone() {
        let all = [Some(true), Some(false), None];
        let joined = |join: fn(Decided, Decided) -> Decided| {
            let each = Said::OfEach(all.to_vec());
            all.map(|one| match Said::OfAll(one).joined(each.clone(), join) {
                Said::OfEach(each) => each,
                Said::OfAll(_) => Vec::new(),
            })
        };
        assert_eq!(
            joined(and),
            [
                [Some(true), Some(false), None],
                [Some(false), Some(false), Some(false)],
                [None, Some(false), None],
            ]
        );
        assert_eq!(
            joined(or),
            [
                [Some(true), Some(true), Some(true)],
                [Some(true), Some(false), None],
                [Some(true), None, None],
            ]
        );
    }
}
