//! Where the attributes with some keys are, so that a search for one key reads its column and no other.

use super::gather::Values;
use super::layout::Part;
use super::reader::Shape;
use crate::scan::AttributeKeys;

/// Where the values of an attribute's key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySource {
    /// The numbers of the attribute columns that have them. A row has at most one of them unless `residual` is set.
    pub columns: Vec<usize>,
    /// Whether rows may have the key in the residual column, or in two columns. If so, their order has to be looked at: of a repeated key
    /// the last counts.
    pub residual: bool,
}

/// Which parts have the attributes that are wanted.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    /// The numbers of attribute columns, ascending.
    pub(super) columns: Vec<usize>,
    /// Whether the rows' orders and residual entries are needed too.
    pub(super) in_order: bool,
}

impl Shape {
    /// Where the values of a key are. Without columns and residual, no row has it.
    pub fn key_source(&self, key: &str) -> KeySource {
        let columns = (0..).zip(&self.plan.columns);
        let own: Vec<usize> = columns
            .filter(|(_, column)| column.key == key)
            .map(|(number, _)| number)
            .collect();
        let also_elsewhere = |number: &usize| {
            let elsewhere = self.counted.elsewhere.get(*number);
            elsewhere.copied().unwrap_or(true)
        };
        KeySource {
            residual: self.counted.whole_rows > 0
                || own.iter().any(also_elsewhere)
                || (own.is_empty() && self.counted.residual_rows > 0),
            columns: own,
        }
    }

    pub(super) fn chosen(&self, keys: &AttributeKeys) -> Chosen {
        let AttributeKeys::Only(keys) = keys else {
            return Chosen {
                columns: (0..self.plan.columns.len()).collect(),
                in_order: true,
            };
        };
        let (mut columns, mut in_order) = (Vec::new(), false);
        for source in keys.iter().map(|key| self.key_source(key)) {
            columns.extend(source.columns);
            in_order |= source.residual;
        }
        columns.sort_unstable();
        Chosen { columns, in_order }
    }

    /// Whether no row has an attribute with any of these keys.
    pub(crate) fn lacks(&self, keys: &AttributeKeys) -> bool {
        let chosen = self.chosen(keys);
        chosen.columns.is_empty() && !chosen.in_order
    }

    /// The places of the physical columns with these attributes.
    pub(super) fn places_of(&self, chosen: &Chosen) -> impl Iterator<Item = usize> {
        let columns = chosen.columns.iter().copied().map(Part::Attribute);
        let residual = self.has_residual().then_some(Part::Residual);
        let others = [Some(Part::Order), residual];
        let others = others.into_iter().flatten().filter(|_| chosen.in_order);
        columns.chain(others).filter_map(|part| self.place(part))
    }
}

/// The columns of a batch by their numbers.
#[derive(Debug, Default)]
pub(super) struct Columns<'a>(pub(super) Vec<(usize, Values<'a>)>);

impl<'a> Columns<'a> {
    pub(super) fn get(&self, number: usize) -> Option<&Values<'a>> {
        let at = self.0.binary_search_by_key(&number, |(number, _)| *number);
        at.ok().map(|at| &self.0[at].1)
    }
}
