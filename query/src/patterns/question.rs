//! The patterns of the rows that match: what is asked and answered, and the journey.

use std::sync::Arc;

use arrow::array::RecordBatch;
use clearspan_schema::columns;
use clearspan_schema::logs::{self, Body, body_at};
use clearspan_storage::scan::RowAddress;
use clearspan_storage::template::{PLACEHOLDER, TemplateText};
use datafusion::execution::memory_pool::MemoryReservation;

use super::one::PatternSums;
use super::samples::samples;
use super::seen::seen_before;
use super::sums::Sums;
use super::{PatternId, VARIABLE_SHOWN, reading};
use crate::count::{Counted, CountedRows, Ends, Grid, Scanned, Top};
use crate::engine::Session;
use crate::limits::{
    PATTERN_BUCKETS_MAX, PATTERN_SERVICES_MAX, PATTERNS_MAX, check_limit, check_within,
};
use crate::{QueryError, SEVERITY_NAMES};

/// A question for patterns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternsRequest {
    /// Which rows are counted.
    pub rows: CountedRows,
    /// Buckets of each series, from 1 to [`PATTERN_BUCKETS_MAX`]; there may be one more.
    pub buckets: usize,
    /// Patterns, from 1 to [`crate::limits::LIMIT_MAX`].
    pub limit: usize,
}

/// The patterns with the most rows.
#[derive(Debug)]
pub struct PatternsAnswer {
    /// By their rows descending, then by template.
    pub patterns: Vec<Pattern>,
    /// How many patterns there are; of those for which there was room, where `left_out` is not 0.
    pub distinct: u64,
    /// Rows without a pattern: without a body, or with one that is empty, too long or has characters that templates are written with.
    pub unpatterned: u64,
    /// Rows of patterns beyond [`PATTERNS_MAX`], or beyond what there was room for.
    pub left_out: u64,
    /// Where the first bucket of each series starts.
    pub series_start_ns: i128,
    /// Nanoseconds of each bucket.
    pub series_width_ns: i128,
    /// What was counted.
    pub counted: Counted,
    samples: Vec<RecordBatch>,
    _memory: MemoryReservation,
}

/// A pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// Its id.
    pub id: PatternId,
    /// The template, with `<*>` for a variable.
    pub template: String,
    /// Rows that match.
    pub count: u64,
    /// When the first of them is placed.
    pub first_ns: i64,
    /// When the last of them is placed.
    pub last_ns: i64,
    /// Whether the range has a start, and no row before it has the pattern.
    pub is_new: bool,
    /// The rows, in the order of [`SEVERITY_NAMES`].
    pub severities: [u64; SEVERITY_NAMES.len()],
    /// Those with the most rows, at most [`PATTERN_SERVICES_MAX`], then by name. Rows that name none are in none.
    pub services: Vec<ServiceCount>,
    /// The rows by bucket.
    pub series: Vec<u64>,
    sample: Option<(usize, usize)>,
}

/// A service, and how many rows of a pattern it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceCount {
    /// Its name.
    pub name: String,
    /// The rows.
    pub count: u64,
}

impl PatternsAnswer {
    /// How many patterns are held at most.
    pub const PATTERNS_MAX: u64 = PATTERNS_MAX as u64;

    /// The body of the pattern's newest row; `None` where it cannot be read.
    pub fn sample(&self, pattern: &Pattern) -> Result<Option<Body<'_>>, QueryError> {
        let Some((batch, row)) = pattern.sample else {
            return Ok(None);
        };
        let Some(batch) = self.samples.get(batch) else {
            return Ok(None);
        };
        let texts = columns::text(batch, logs::BODY)?;
        let values = columns::binary(batch, logs::BODY_VALUE)?;
        Ok(Some(body_at(texts, values, row)))
    }
}

impl Pattern {
    /// The severities that it has rows of, with how many.
    pub fn severity_counts(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        let named = SEVERITY_NAMES.into_iter().zip(self.severities);
        named.filter(|&(_, rows)| rows > 0)
    }
}

pub(crate) async fn patterns(
    session: Session,
    request: PatternsRequest,
) -> Result<PatternsAnswer, QueryError> {
    check_limit(request.limit)?;
    check_within("buckets", request.buckets, PATTERN_BUCKETS_MAX)?;
    let scanned = Scanned::new(&session, &request.rows)?;
    let ends = Ends::new(request.rows.range, session.now_ns);
    let (first, last) = ends.reach(&session.snapshot, scanned.range);
    let grid = Grid::over(first, last, request.buckets);
    let mut read = reading::read(&session, &scanned, grid).await?;
    let shown = shown(&read.sums, request.limit).await;
    let texts: Vec<TemplateText> = of(&read.sums, &shown, |sums| sums.text.clone());
    let seen = match (ends.from, scanned.range.from) {
        (None, _) => vec![true; shown.len()],
        (Some(_), None) => vec![false; shown.len()],
        (Some(_), Some(from)) => seen_before(&session, from, &texts, &mut read.tally).await?,
    };
    let addresses: Vec<RowAddress> = of(&read.sums, &shown, |sums| sums.newest.address);
    let bytes = texts.iter().map(|text| text.len()).sum();
    let samples = samples(&session, &addresses, bytes, &mut read.tally).await?;
    let mut patterns = described(&read.sums, &shown, grid);
    for (pattern, (seen, sample)) in patterns.iter_mut().zip(seen.iter().zip(samples.places)) {
        pattern.is_new = !seen;
        pattern.sample = sample;
    }
    // Whether a pattern is new, rows before the range decide too.
    let mut concerned = scanned.range;
    concerned.from = None;
    Ok(PatternsAnswer {
        distinct: read
            .sums
            .patterns
            .iter()
            .filter(|sums| sums.is_whole())
            .count() as u64,
        unpatterned: read.sums.unpatterned,
        left_out: read.sums.rows_left_out(),
        series_start_ns: grid.start,
        series_width_ns: grid.width,
        counted: Counted::over(&session, &scanned, concerned, read.tally).await?,
        samples: samples.batches,
        _memory: samples.memory,
        patterns,
    })
}

/// The patterns that are shown, in order, by their number.
async fn shown(sums: &Sums, limit: usize) -> Vec<u32> {
    let mut top = Top::new(limit);
    let numbered = sums.patterns.iter().zip(0..);
    for (sums, number) in numbered.filter(|(sums, _)| sums.is_whole()) {
        top.offer(sums.count, || (template_shown(&sums.text), number))
            .await;
    }
    top.in_order().map(|(_, (_, number))| number).collect()
}

fn of<T>(sums: &Sums, numbers: &[u32], what: impl Fn(&PatternSums) -> T) -> Vec<T> {
    let each = numbers.iter();
    let each = each.filter_map(|number| sums.patterns.get(*number as usize));
    each.map(what).collect()
}

fn template_shown(template: &str) -> String {
    template.replace(PLACEHOLDER, VARIABLE_SHOWN)
}

fn described(sums: &Sums, numbers: &[u32], grid: Grid) -> Vec<Pattern> {
    let mut services = sums.services_of(numbers);
    let services_of = |number: &u32| services.remove(number).unwrap_or_default();
    let services: Vec<Vec<ServiceCount>> = numbers.iter().map(services_of).map(most_rows).collect();
    let patterns = of(sums, numbers, |sums| Pattern {
        id: PatternId::of(&sums.text),
        template: template_shown(&sums.text),
        count: sums.count,
        first_ns: sums.first_ns,
        last_ns: sums.newest.time,
        is_new: false,
        severities: sums.severities,
        services: Vec::new(),
        series: sums.series.dense(grid.buckets),
        sample: None,
    });
    let both = patterns.into_iter().zip(services);
    both.map(|(pattern, services)| Pattern {
        services,
        ..pattern
    })
    .collect()
}

fn most_rows(mut services: Vec<(Arc<str>, u64)>) -> Vec<ServiceCount> {
    services.sort_unstable_by(|(a, a_rows), (b, b_rows)| b_rows.cmp(a_rows).then(a.cmp(b)));
    services.truncate(PATTERN_SERVICES_MAX);
    let named = services.into_iter();
    named
        .map(|(name, count)| ServiceCount {
            name: name.to_string(),
            count,
        })
        .collect()
}
