//! What stands in every text that fulfils a condition.

use super::pattern::TextPattern;
use super::query::TextQuery;

/// Words, phrases and parts of them that a text has to have. Necessary, never sufficient.
#[derive(Debug, Clone, PartialEq)]
pub enum Needs {
    /// All of these; without any, nothing is needed.
    All(Vec<Needs>),
    /// One of these; without any, no text has what is needed.
    Any(Vec<Needs>),
    /// This.
    Text(TextPattern),
}

impl Needs {
    /// A text may have anything.
    pub const NOTHING: Self = Self::All(Vec::new());

    /// Every text has an empty one.
    pub(crate) fn text(pattern: TextPattern) -> Self {
        match pattern.text.is_empty() {
            true => Self::NOTHING,
            false => Self::Text(pattern),
        }
    }

    /// All of them.
    pub(crate) fn all(needs: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Vec::new();
        for one in needs {
            match one {
                Self::All(inner) => all.extend(inner),
                one => all.push(one),
            }
        }
        match all.len() {
            1 => all.remove(0),
            _ => Self::All(all),
        }
    }

    /// One of them.
    pub(crate) fn any(needs: impl IntoIterator<Item = Self>) -> Self {
        let mut any: Vec<Self> = Vec::new();
        for one in needs {
            match one {
                one if one.is_nothing() => return Self::NOTHING,
                Self::Any(inner) => any.extend(inner),
                one if any.contains(&one) => {}
                one => any.push(one),
            }
        }
        match any.len() {
            1 => any.remove(0),
            _ => Self::Any(any),
        }
    }

    /// Whether a text may have anything.
    pub fn is_nothing(&self) -> bool {
        *self == Self::NOTHING
    }

    /// The condition that every granule with such a text fulfils.
    pub(crate) fn condition(&self) -> TextQuery {
        match self {
            Self::All(needs) => TextQuery::all(needs.iter().map(Self::condition)),
            Self::Any(needs) => TextQuery::one_of(needs.iter().map(Self::condition)),
            Self::Text(pattern) => pattern.condition(),
        }
    }

    /// How many texts are named.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::All(needs) | Self::Any(needs) => needs.iter().map(Self::len).sum(),
            Self::Text(_) => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_join_as_their_meaning_does() {
        let text = |text: &str| Needs::text(TextPattern::new(text));
        assert_eq!(text(""), Needs::NOTHING);
        assert_eq!(Needs::all([text(""), text("a")]), text("a"));
        assert_eq!(Needs::any([text("b"), text("")]), Needs::NOTHING);
        assert_eq!(Needs::any([text("b"), text("b")]), text("b"));
        assert_eq!(Needs::any([]), Needs::Any(vec![]));
        assert!(!Needs::any([]).is_nothing());
        let both = Needs::all([text("a"), Needs::all([text("b"), text("c")])]);
        assert_eq!(both, Needs::All(vec![text("a"), text("b"), text("c")]));
        assert_eq!(both.len(), 3);
    }
}
