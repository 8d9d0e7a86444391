//! Calls that were added up when a segment was sealed.

use arrow::array::{Array, RecordBatch};
use clearspan_schema::dictionary::TextDictionary;

use super::exemplars::Stands;
use super::graph::Graph;
use crate::QueryError;
use crate::derived::{EdgeSums, Minutes, PackedDurations};
use crate::trace::{NodeKind, Nodes};

/// Adds the sums of whole minutes of `part` to `graph`. Returns the first rows of the traces that are in none, ascending.
pub(super) fn add(
    part: u32,
    derived: &RecordBatch,
    minutes: &Minutes,
    graph: &mut Graph,
) -> Result<Vec<u32>, QueryError> {
    let sums = EdgeSums::new(derived)?;
    let mut durations = PackedDurations::new(derived)?;
    let (mut callers, mut callees) = (Ends::new(&sums.callers), Ends::new(&sums.callees));
    let mut left_out = Vec::new();
    for (row, minute) in sums.minutes().enumerate() {
        let Some(minute) = minute else {
            left_out.push(sums.rows[row]);
            continue;
        };
        if !minutes.is_whole(minute) {
            continue;
        }
        let nodes = &mut graph.nodes;
        let edge = (
            callers.of_row(row, NodeKind::Service, nodes),
            callees.of_row(row, sums.callee_kind(row), nodes),
        );
        let longest = Stands {
            longest: sums.longest(row),
            minute,
            part,
            row: sums.rows[row],
        };
        let add_durations = |all: &mut _| Ok(durations.add_to(row, all)?);
        graph.add_sum(
            edge,
            (sums.counts[row], sums.errors[row]),
            longest,
            add_durations,
        )?;
    }
    left_out.sort_unstable();
    Ok(left_out)
}

/// The nodes that a column names, numbered when a row first does.
struct Ends<'a> {
    names: &'a TextDictionary<'a>,
    /// Of each name the kind and number that a row had last.
    numbers: Vec<Option<(NodeKind, u32)>>,
}

impl<'a> Ends<'a> {
    fn new(names: &'a TextDictionary<'a>) -> Self {
        let numbers = vec![None; names.values().len()];
        Ends { names, numbers }
    }

    fn of_row(&mut self, row: usize, kind: NodeKind, nodes: &mut Nodes) -> u32 {
        let known = self
            .names
            .key(row)
            .and_then(|key| self.numbers.get_mut(key));
        if let Some(Some((known, number))) = &known
            && *known == kind
        {
            return *number;
        }
        let number = nodes.number(kind, self.names.value(row).unwrap_or_default());
        if let Some(known) = known {
            *known = Some((kind, number));
        }
        number
    }
}
