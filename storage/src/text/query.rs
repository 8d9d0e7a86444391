//! What is asked of an index: a condition that every matching granule fulfils.

use super::granules::GranuleSet;
use super::token::IdKind;

/// A condition over the tokens of a granule. It is necessary, never sufficient: what it lets pass is checked on the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextQuery {
    /// Holds everywhere.
    Any,
    /// All of these hold.
    And(Vec<TextQuery>),
    /// One of these holds; without any, nothing does.
    Or(Vec<TextQuery>),
    /// The granule has this word.
    Term(String),
    /// The granule has a word that fits.
    Words(WordPart),
    /// The granule has the id with this key.
    IdKey(u64),
    /// The granule has an id of this kind.
    HasId(IdKind),
}

/// A part of a word, folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WordPart {
    /// Words that begin with it.
    Prefix(String),
    /// Words that end with it.
    Suffix(String),
    /// Words that contain it.
    Infix(String),
}

impl WordPart {
    /// The part itself.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Prefix(part) | Self::Suffix(part) | Self::Infix(part) => part,
        }
    }

    /// What words begin with: nothing is known of them but for a prefix.
    pub(crate) fn prefix(&self) -> &str {
        match self {
            Self::Prefix(part) => part,
            Self::Suffix(_) | Self::Infix(_) => "",
        }
    }

    /// Whether a word fits. Folded texts compare as bytes, because UTF-8 never finds a character inside another.
    pub(crate) fn fits(&self, word: &[u8]) -> bool {
        match self {
            Self::Prefix(part) => word.starts_with(part.as_bytes()),
            Self::Suffix(part) => word.ends_with(part.as_bytes()),
            Self::Infix(part) => {
                let part = part.as_bytes();
                part.is_empty() || word.windows(part.len()).any(|window| window == part)
            }
        }
    }
}

impl TextQuery {
    /// All conditions together.
    pub fn all(conditions: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Vec::new();
        for condition in conditions {
            match condition {
                Self::Any => {}
                Self::And(inner) => all.extend(inner),
                condition => all.push(condition),
            }
        }
        match all.len() {
            0 => Self::Any,
            1 => all.remove(0),
            _ => Self::And(all),
        }
    }

    /// One condition or another.
    pub fn one_of(conditions: impl IntoIterator<Item = Self>) -> Self {
        let mut any = Vec::new();
        for condition in conditions {
            match condition {
                Self::Any => return Self::Any,
                Self::Or(inner) => any.extend(inner),
                condition => any.push(condition),
            }
        }
        match any.len() {
            1 => any.remove(0),
            _ => Self::Or(any),
        }
    }
}

/// Something that can tell which granules may match: the files of a segment, or the words of a memtable chunk.
pub trait Candidates {
    /// How many granules there are.
    fn granules(&self) -> usize;

    /// The granules that may fulfil the condition: all that do, and perhaps others.
    fn candidates(&self, query: &TextQuery) -> GranuleSet;

    /// The granules that may hold the id with this key (see [`id_key`](super::id_key)).
    fn may_contain_id(&self, key: u64) -> GranuleSet;
}

/// The leaves of a condition, as an index answers them. Each answer is complete; where nothing is known it is every granule.
pub(crate) trait Leaves: Candidates {
    fn term(&self, term: &str) -> GranuleSet;
    fn words(&self, part: &WordPart) -> GranuleSet;
    fn id(&self, key: u64) -> GranuleSet;
    fn has_id(&self, kind: IdKind) -> GranuleSet;
}

/// Evaluates a condition.
pub(crate) fn evaluate(query: &TextQuery, leaves: &impl Leaves) -> GranuleSet {
    match query {
        TextQuery::Any => GranuleSet::all(leaves.granules()),
        TextQuery::And(conditions) => {
            let mut found = GranuleSet::all(leaves.granules());
            for condition in conditions {
                found.intersect_with(&evaluate(condition, leaves));
                if found.is_empty() {
                    break;
                }
            }
            found
        }
        TextQuery::Or(conditions) => {
            let mut found = GranuleSet::none(leaves.granules());
            for condition in conditions {
                found.union_with(&evaluate(condition, leaves));
                if found.is_all() {
                    break;
                }
            }
            found
        }
        TextQuery::Term(term) => leaves.term(term),
        TextQuery::Words(part) => leaves.words(part),
        TextQuery::IdKey(key) => leaves.id(*key),
        TextQuery::HasId(kind) => leaves.has_id(*kind),
    }
}
