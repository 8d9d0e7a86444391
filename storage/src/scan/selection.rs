//! Which rows of a part are left after pruning.

use std::ops::Range;

/// Row ranges of one part: ascending, disjoint, not touching, none empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RowSelection(Vec<Range<u32>>);

impl RowSelection {
    /// No row.
    pub fn none() -> Self {
        RowSelection(Vec::new())
    }

    /// All of `rows` rows.
    pub fn all(rows: u32) -> Self {
        let mut selection = RowSelection::none();
        selection.push(0..rows);
        selection
    }

    /// Appends a range that starts at or behind the end of the last one.
    pub fn push(&mut self, range: Range<u32>) {
        if range.is_empty() {
            return;
        }
        match self.0.last_mut() {
            Some(last) if last.end >= range.start => last.end = last.end.max(range.end),
            _ => self.0.push(range),
        }
    }

    /// The ranges.
    pub fn ranges(&self) -> &[Range<u32>] {
        &self.0
    }

    /// The number of rows.
    pub fn rows(&self) -> u64 {
        self.0
            .iter()
            .map(|range| u64::from(range.end - range.start))
            .sum()
    }

    /// The parts of the ranges that lie in `window`.
    pub fn within(&self, window: Range<u32>) -> impl Iterator<Item = Range<u32>> + '_ {
        let first = self.0.partition_point(|range| range.end <= window.start);
        let end = window.end;
        self.0[first..]
            .iter()
            .take_while(move |range| range.start < end)
            .map(move |range| range.start.max(window.start)..range.end.min(window.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn touching_ranges_join_and_empty_ones_vanish() {
        let mut selection = RowSelection::none();
        for range in [0..0, 0..4, 4..6, 8..10] {
            selection.push(range);
        }
        assert_eq!(selection.ranges(), [0..6, 8..10]);
        assert_eq!(selection.rows(), 8);
        assert_eq!(selection.within(5..9).collect::<Vec<_>>(), [5..6, 8..9]);
        assert_eq!(selection.within(6..8).count(), 0);
    }
}
