//! Rows with a text, counted by templates.
//!
//! A segment knows how many rows each minute has of each template. So of the whole minutes in a range, all rows are counted whose template
//! decides the search. Read are only the rows that no template decides, where the index says that they may match, and what lies in
//! the minutes at the range's ends.

use std::ops::Range;
use std::sync::Arc;

use arrow::buffer::BooleanBuffer;
use clearspan_schema::{columns, logs};

use super::part::Kind;
use super::{
    Part, PartError, Projection, RowSelection, RowTexts, ScanStats, TextSearch, TimeRange, Verdicts,
};
use crate::segment::shape::{MINUTE_NS, Shape};
use crate::template::Verdict;
use crate::text::GranuleSet;

impl Part {
    /// How many rows that are placed in `time` have `search` in their text: exact, from as few rows as will do. `None` where the part has
    /// no templates ([`Part::has_texts`]): then its rows have to be read.
    pub fn count_text(
        &self,
        search: &TextSearch,
        time: TimeRange,
        stats: &mut ScanStats,
    ) -> Result<Option<u64>, PartError> {
        let Kind::Segment(segment) = &self.kind else {
            return Ok(None);
        };
        let (Some(shape), Some(templates)) = (segment.shape()?, segment.folded_templates()?) else {
            return Ok(None);
        };
        let counting = Counting {
            part: self,
            search,
            verdicts: search.verdicts(segment.id(), &templates, shape.templates()),
            time,
            minutes: Minutes::within(time, self.time_range()),
        };
        stats.add_templates(counting.verdicts.decided());
        let spread: Vec<u32> = counting.verdicts.spread().collect();
        let mut candidates = match segment.text_index().as_ref() {
            Some(index) => index.undecided_candidates(&search.condition(), &spread),
            None => GranuleSet::all(self.granules() as usize),
        };
        let edges = self.granules_in_part(|times| !counting.counts_all(times));
        let mut skipped = ScanStats::default();
        if !edges.is_empty() {
            candidates.union_with(&edges);
            let may_match = self.granules_with(&search.predicate(), time, &mut skipped)?;
            candidates.intersect_with(&may_match);
        }
        let left_out = skipped.granules_skipped_by_time + skipped.granules_skipped_by_index;
        let unread = (candidates.granules() - candidates.count()) as u64;
        skipped.granules_skipped_by_templates = unread - left_out;
        skipped.segments_skipped_by_templates = u64::from(candidates.is_empty());
        stats.add(&skipped);
        let selection = self.rows_of(&candidates);
        Ok(Some(
            counting.decided(&shape) + counting.undecided(&selection, stats)?,
        ))
    }
}

/// One count.
struct Counting<'a> {
    part: &'a Part,
    search: &'a TextSearch,
    verdicts: Arc<Verdicts>,
    time: TimeRange,
    minutes: Minutes,
}

/// The whole minutes of a range, from the first up to the one behind the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Minutes {
    first: i64,
    end: i64,
}

impl Minutes {
    /// The minutes of `time`, where rows lie from `first_ns` to `last_ns`.
    fn within(time: TimeRange, (first_ns, last_ns): (i64, i64)) -> Self {
        let up = |ns: i64| ns.div_euclid(MINUTE_NS) + i64::from(ns.rem_euclid(MINUTE_NS) > 0);
        let from = time.from.filter(|&from| from > first_ns);
        let to = time.to.filter(|&to| to <= last_ns);
        Minutes {
            first: from.map_or(i64::MIN, up),
            end: to.map_or(i64::MAX, |to| to.div_euclid(MINUTE_NS)),
        }
    }

    fn holds(self, time_ns: i64) -> bool {
        (self.first..self.end).contains(&time_ns.div_euclid(MINUTE_NS))
    }
}

impl Counting<'_> {
    /// The rows of whole minutes whose template says that they match.
    fn decided(&self, shape: &Shape) -> u64 {
        if self.minutes.first >= self.minutes.end {
            return 0;
        }
        let counts = shape.minutes().range(self.minutes.first..self.minutes.end);
        let always = counts.filter(|(_, template, _)| {
            template.is_some_and(|id| self.verdicts.of(id) == Verdict::Always)
        });
        always.map(|(_, _, rows)| u64::from(rows)).sum()
    }

    /// Whether all rows from the one time to the other are counted whose template decides.
    fn counts_all(&self, (first_ns, last_ns): (i64, i64)) -> bool {
        self.minutes.holds(first_ns) && self.minutes.holds(last_ns)
    }

    /// All other rows that match.
    fn undecided(&self, selection: &RowSelection, stats: &mut ScanStats) -> Result<u64, PartError> {
        let windows = self.part.windows(selection);
        self.part.note_reading(&windows, selection, stats);
        let all_decide = self.verdicts.all_decide();
        let mut found = 0;
        for window in windows {
            let Some(texts) = self.part.texts(window.start)? else {
                continue;
            };
            let plain = all_decide && self.counts_all(self.part.times_of(window.start));
            let runs = selection.within(window.clone());
            if plain {
                let rows: Vec<u32> = runs.flatten().map(|row| row - window.start).collect();
                found += texts.batch.count_plain(self.search, &rows)?;
                continue;
            }
            for rows in runs {
                found += self.looked_at(&texts, &window, &rows)?;
            }
        }
        Ok(found as u64)
    }

    /// The rows among `rows` that are not counted yet and match.
    fn looked_at(
        &self,
        texts: &RowTexts,
        window: &Range<u32>,
        rows: &Range<u32>,
    ) -> Result<usize, PartError> {
        let mask = self.to_look_at(texts, window.clone(), rows.clone())?;
        if mask.count_set_bits() == 0 {
            return Ok(0);
        }
        let first = (rows.start - window.start) as usize;
        let batch = &texts.batch;
        let rows = batch.matching(self.search, &self.verdicts, first, &mask)?;
        Ok(rows.count_set_bits())
    }

    /// Which of `rows` are not counted yet.
    fn to_look_at(
        &self,
        texts: &RowTexts,
        window: Range<u32>,
        rows: Range<u32>,
    ) -> Result<BooleanBuffer, PartError> {
        let (first, end) = (
            (rows.start - window.start) as usize,
            (rows.end - window.start) as usize,
        );
        let undecided = texts.batch.undecided(&self.verdicts, first, end)?;
        if self.counts_all(self.part.times_of(window.start)) {
            return Ok(undecided);
        }
        let batch = self
            .part
            .decode(&Projection::from(&[logs::PLACED_TIME]), window)?;
        let times = columns::time(&batch, logs::PLACED_TIME)?;
        Ok(BooleanBuffer::collect_bool(end - first, |place| {
            let time = times.value(first + place);
            let is_counted = self.minutes.holds(time) && !undecided.value(place);
            self.time.contains(time) && !is_counted
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_minutes_lie_within_the_range() {
        let within = |from, to| {
            let minutes = Minutes::within(TimeRange { from, to }, (10, 10 * MINUTE_NS + 10));
            (minutes.first, minutes.end)
        };
        assert_eq!(within(None, None), (i64::MIN, i64::MAX));
        assert_eq!(
            within(Some(10), Some(10 * MINUTE_NS + 11)),
            (i64::MIN, i64::MAX)
        );
        assert_eq!(within(Some(11), Some(10 * MINUTE_NS + 10)), (1, 10));
        assert_eq!(within(Some(MINUTE_NS), Some(2 * MINUTE_NS)), (1, 2));
        assert_eq!(within(Some(MINUTE_NS + 1), Some(2 * MINUTE_NS - 1)), (2, 1));
        let early = Minutes::within(
            TimeRange {
                from: Some(-MINUTE_NS - 1),
                to: Some(-1),
            },
            (i64::MIN, i64::MAX),
        );
        assert_eq!((early.first, early.end), (-1, -1));
        assert!(early.first >= early.end && !early.holds(-1));
    }
}
