//! The root of a trace that no single part can name: it is split over parts, and no span is without a
//! parent. The root is then the earliest span whose parent is in none of them.

use std::collections::HashSet;

use arrow::array::{FixedSizeBinaryArray, RecordBatch, TimestampNanosecondArray, UInt64Array};
use clearspan_schema::columns::{self, id_at};
use clearspan_schema::dictionary::TextDictionary;
use clearspan_schema::{SEQ, SchemaError, SpanId, TraceId, spans};

use super::RootSpan;
use super::directories::Directories;
use crate::QueryError;
use crate::exec::{ScanTally, fault, read_rows};

/// What tells the root.
pub(super) const COLUMNS: &[&str] = &[
    SEQ,
    spans::PLACED_TIME,
    spans::SPAN_ID,
    spans::PARENT_SPAN_ID,
    spans::NAME,
    spans::SERVICE,
];

pub(crate) fn find(
    directories: &Directories,
    id: TraceId,
    tally: &mut ScanTally,
) -> Result<Option<RootSpan>, QueryError> {
    let mut batches = Vec::new();
    for (index, part) in (0..).zip(directories.snapshot().parts()) {
        let Some(directory) = directories.of_part(index) else {
            continue;
        };
        match read_rows(part, directory.rows_of(id), COLUMNS, &mut tally.stats) {
            Ok(read) => batches.extend(read),
            Err(error) => tally.faults.push(fault(part, &error)?),
        }
    }
    Ok(earliest_orphan(&batches)?)
}

fn earliest_orphan(batches: &[RecordBatch]) -> Result<Option<RootSpan>, SchemaError> {
    let mut candidates = Candidates::default();
    let batches = batches.iter().map(RootColumns::new);
    let batches: Vec<RootColumns<'_>> = batches.collect::<Result<_, _>>()?;
    for batch in &batches {
        for row in 0..batch.rows {
            candidates.add(batch.span(row), (batch, row));
        }
    }
    Ok(candidates.root().map(|(batch, row)| RootSpan {
        name: batch.name(row).to_owned(),
        service: batch.service(row).map(str::to_owned),
    }))
}

/// Rows of spans, as far as they tell the root.
pub(super) struct RootColumns<'a> {
    rows: usize,
    ids: &'a FixedSizeBinaryArray,
    parents: &'a FixedSizeBinaryArray,
    times: &'a TimestampNanosecondArray,
    seqs: &'a UInt64Array,
    names: TextDictionary<'a>,
    services: TextDictionary<'a>,
}

/// A span of a trace in which none is without a parent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    id: Option<SpanId>,
    parent: Option<SpanId>,
    /// Where it is placed and its sequence number: the least is the earliest.
    rank: (i64, u64),
}

/// The spans of one trace, each with what is to be known of it if it is the root.
#[derive(Debug)]
pub(super) struct Candidates<T> {
    present: HashSet<SpanId>,
    spans: Vec<(Candidate, T)>,
}

impl<'a> RootColumns<'a> {
    pub(super) fn new(batch: &'a RecordBatch) -> Result<Self, SchemaError> {
        Ok(RootColumns {
            rows: batch.num_rows(),
            ids: columns::id(batch, spans::SPAN_ID)?,
            parents: columns::id(batch, spans::PARENT_SPAN_ID)?,
            times: columns::time(batch, spans::PLACED_TIME)?,
            seqs: columns::uint64(batch, SEQ)?,
            names: columns::text_dictionary(batch, spans::NAME)?,
            services: columns::text_dictionary(batch, spans::SERVICE)?,
        })
    }

    pub(super) fn name(&self, row: usize) -> &str {
        self.names.value(row).unwrap_or("")
    }

    pub(super) fn service(&self, row: usize) -> Option<&str> {
        self.services.value(row)
    }

    pub(super) fn span(&self, row: usize) -> Candidate {
        Candidate {
            id: id_at(self.ids, row),
            parent: id_at(self.parents, row),
            rank: (self.times.value(row), self.seqs.value(row)),
        }
    }
}

impl<T> Default for Candidates<T> {
    fn default() -> Self {
        Candidates {
            present: HashSet::new(),
            spans: Vec::new(),
        }
    }
}

impl<T> Candidates<T> {
    pub(super) fn add(&mut self, span: Candidate, known: T) {
        self.present.extend(span.id);
        self.spans.push((span, known));
    }

    /// What is known of the earliest span whose parent is absent; `None` when parents form a cycle.
    pub(super) fn root(self) -> Option<T> {
        let present = self.present;
        let is_orphan =
            |span: &Candidate| span.parent.is_none_or(|parent| !present.contains(&parent));
        let orphans = self.spans.into_iter().filter(|(span, _)| is_orphan(span));
        let earliest = orphans.min_by_key(|(span, _)| span.rank);
        earliest.map(|(_, known)| known)
    }
}
