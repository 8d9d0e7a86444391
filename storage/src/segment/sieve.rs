//! Rows that no template decides, sieved by their variables before any is looked at: a few passes over the joined variables of many rows cost a
//! fraction of putting their texts together.

use std::collections::HashMap;

use crate::scan::{TextSearch, Verdicts};
use crate::template::{JoinedRows, Verdict};

/// Sieves rows, some at a time.
pub(super) struct Sieve<'a> {
    search: &'a TextSearch,
    verdicts: &'a Verdicts,
    joined: JoinedRows,
    /// Which rows have what a condition needs, as the verdict on it says.
    have: HashMap<(usize, Verdict), Vec<bool>>,
}

impl<'a> Sieve<'a> {
    pub(super) fn new(search: &'a TextSearch, verdicts: &'a Verdicts) -> Self {
        Sieve {
            search,
            verdicts,
            joined: JoinedRows::default(),
            have: HashMap::new(),
        }
    }

    /// Whether it may stop some row.
    pub(super) fn is_of_use(&self) -> bool {
        self.verdicts.know_variables() && self.search.asks_variables()
    }

    /// Takes rows with these variables in place of those before.
    pub(super) fn fill<'v>(&mut self, rows: impl Iterator<Item = &'v str>) {
        self.joined.fill(rows);
        self.have.clear();
    }

    /// Whether the row, the `nth` of those that it has, may match with the template `id`.
    pub(super) fn lets_pass(&mut self, nth: usize, id: u32) -> bool {
        let (joined, have) = (&self.joined, &mut self.have);
        self.search
            .may_stand(self.verdicts, id, |condition, verdict, needle| {
                let rows = have.entry((condition, verdict));
                let rows = rows.or_insert_with(|| needle.find_in(joined));
                rows.get(nth).copied().unwrap_or(true)
            })
    }
}
