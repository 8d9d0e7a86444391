//! Which granules of a part may have a matching row.

use clearspan_schema::{Signal, TraceId};

use super::part::Kind;
use super::{Part, PartError, Predicate, RowSelection, ScanStats, TimeRange};
use crate::limits::GRANULE_ROWS;
use crate::text::{Candidates, GranuleSet, TextPattern, id_key_of_bytes};

impl Part {
    /// The rows that may match, and how they were found in `stats`. An index that is missing or
    /// damaged prunes nothing.
    pub fn select(
        &self,
        predicate: &Predicate,
        time: TimeRange,
        stats: &mut ScanStats,
    ) -> Result<RowSelection, PartError> {
        let left = self.granules_with(predicate, time, stats)?;
        if left.is_empty() && self.is_segment() {
            let (first, last) = self.time_range();
            match time.overlaps(first, last) {
                true => stats.segments_skipped_by_index += 1,
                false => stats.segments_skipped_by_time += 1,
            }
        }
        Ok(self.rows_of(&left))
    }

    /// The granules with rows that may match.
    pub(super) fn granules_with(
        &self,
        predicate: &Predicate,
        time: TimeRange,
        stats: &mut ScanStats,
    ) -> Result<GranuleSet, PartError> {
        let (first, last) = self.time_range();
        let granules = self.granules();
        if !time.overlaps(first, last) {
            stats.granules_skipped_by_time += u64::from(granules);
            return Ok(none(granules));
        }
        let in_time = self.granules_in_part(|(first, last)| time.overlaps(first, last));
        let by_time = in_time.count() as u64;
        stats.granules_skipped_by_time += u64::from(granules) - by_time;
        let mut left = self.evaluate(predicate)?;
        left.intersect_with(&in_time);
        stats.granules_skipped_by_index += by_time - left.count() as u64;
        Ok(left)
    }

    pub(super) fn rows_of(&self, granules: &GranuleSet) -> RowSelection {
        let mut selection = RowSelection::none();
        for granule in granules.iter() {
            let start = granule as u32 * GRANULE_ROWS;
            selection.push(start..(start + GRANULE_ROWS).min(self.rows()));
        }
        selection
    }

    /// The granules of the record batches whose earliest and latest time are `wanted`; all of a chunk.
    pub(super) fn granules_in_part(&self, wanted: impl Fn((i64, i64)) -> bool) -> GranuleSet {
        let granules = self.granules();
        let Kind::Segment(segment) = &self.kind else {
            return all(granules);
        };
        let mut set = none(granules);
        for (rows, times) in segment.batch_times() {
            if wanted(times) {
                (rows.start / GRANULE_ROWS..rows.end.div_ceil(GRANULE_ROWS))
                    .for_each(|granule| set.insert(granule as usize));
            }
        }
        set
    }

    fn evaluate(&self, predicate: &Predicate) -> Result<GranuleSet, PartError> {
        let granules = self.granules();
        Ok(match predicate {
            Predicate::All => all(granules),
            Predicate::Nothing => none(granules),
            Predicate::And(conditions) => {
                let mut left = all(granules);
                for one in conditions {
                    left.intersect_with(&self.evaluate(one)?);
                }
                left
            }
            Predicate::Or(conditions) => {
                let mut left = none(granules);
                for one in conditions {
                    left.union_with(&self.evaluate(one)?);
                }
                left
            }
            Predicate::Text(pattern) => self.granules_with_text(pattern),
            Predicate::TraceId(id) if self.signal() == Signal::Spans => {
                self.granules_of_trace(*id)?
            }
            Predicate::TraceId(id) => self.granules_with_id(id),
            Predicate::SpanId(id) => self.granules_with_id(id),
        })
    }

    fn granules_with_text(&self, pattern: &TextPattern) -> GranuleSet {
        let query = pattern.condition();
        self.with_index(|index| index.candidates(&query))
    }

    fn granules_with_id(&self, id: &[u8]) -> GranuleSet {
        self.with_index(|index| index.may_contain_id(id_key_of_bytes(id)))
    }

    fn with_index(&self, ask: impl Fn(&dyn Candidates) -> GranuleSet) -> GranuleSet {
        match &self.kind {
            Kind::Chunk(chunk) => chunk
                .text_index()
                .map_or_else(|| all(self.granules()), |index| ask(index)),
            Kind::Segment(segment) => match segment.text_index().as_ref() {
                Some(index) => ask(index),
                None => all(self.granules()),
            },
        }
    }

    fn granules_of_trace(&self, id: TraceId) -> Result<GranuleSet, PartError> {
        let mut set = none(self.granules());
        let directory = self.trace_directory()?;
        directory
            .rows_of(id)
            .for_each(|row| set.insert((row / GRANULE_ROWS) as usize));
        Ok(set)
    }
}

fn all(granules: u32) -> GranuleSet {
    GranuleSet::all(granules as usize)
}

fn none(granules: u32) -> GranuleSet {
    GranuleSet::none(granules as usize)
}
