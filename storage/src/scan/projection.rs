//! What of the rows is read.

use std::collections::BTreeSet;

/// Which of the records' own attributes are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeKeys {
    /// All, as they were sent.
    All,
    /// Those with these keys. A row may come with others besides; of each of these keys it has all entries, in their order.
    Only(BTreeSet<String>),
}

impl AttributeKeys {
    /// None.
    pub fn none() -> Self {
        AttributeKeys::Only(BTreeSet::new())
    }

    /// What either wants.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        match (self, other) {
            (AttributeKeys::Only(mut keys), AttributeKeys::Only(others)) => {
                keys.extend(others);
                AttributeKeys::Only(keys)
            }
            _ => AttributeKeys::All,
        }
    }
}

/// Columns of the stored schema, and how much of the attributes among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projection {
    columns: Vec<&'static str>,
    attributes: AttributeKeys,
    in_long_steps: bool,
    with_texts: bool,
}

impl Projection {
    /// These columns, in this order; of the attributes, if they are among them, those with the given keys.
    pub fn new(columns: Vec<&'static str>, attributes: AttributeKeys) -> Self {
        Projection {
            columns,
            attributes,
            in_long_steps: false,
            with_texts: false,
        }
    }

    /// The same, for whoever reads every selected row and is not done after the first: many rows are decoded at once, where all of the columns
    /// are narrow.
    #[must_use]
    pub fn with_long_steps(self) -> Self {
        Projection {
            in_long_steps: true,
            ..self
        }
    }

    /// The same, and the rows' texts beside them, where [`Part::has_texts`](super::Part::has_texts).
    #[must_use]
    pub fn with_texts(self) -> Self {
        Projection {
            with_texts: true,
            ..self
        }
    }

    /// Whether the rows' texts come too.
    pub fn has_texts(&self) -> bool {
        self.with_texts
    }

    /// Whether many rows may be decoded at once.
    pub fn in_long_steps(&self) -> bool {
        self.in_long_steps
    }

    /// The columns, in their order.
    pub fn columns(&self) -> &[&'static str] {
        &self.columns
    }

    /// Which attributes, where they are among the columns.
    pub fn attributes(&self) -> &AttributeKeys {
        &self.attributes
    }
}

impl From<&[&'static str]> for Projection {
    fn from(columns: &[&'static str]) -> Self {
        Projection::new(columns.to_vec(), AttributeKeys::All)
    }
}

impl<const N: usize> From<&[&'static str; N]> for Projection {
    fn from(columns: &[&'static str; N]) -> Self {
        Projection::from(columns.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_is_wanted() {
        let only =
            |keys: &[&str]| AttributeKeys::Only(keys.iter().map(|key| (*key).to_owned()).collect());
        assert_eq!(only(&["a"]).union(only(&["b", "a"])), only(&["a", "b"]));
        assert_eq!(AttributeKeys::none().union(only(&["a"])), only(&["a"]));
        assert_eq!(only(&["a"]).union(AttributeKeys::All), AttributeKeys::All);
        assert_eq!(AttributeKeys::All.union(only(&["a"])), AttributeKeys::All);
    }
}
