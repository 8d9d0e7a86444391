//! The root of a trace that no single part can name: it is split over parts, and no span is without a
//! parent. The root is then the earliest span whose parent is in none of them.

use std::collections::HashSet;

use arrow::array::RecordBatch;
use clearspan_schema::columns::{self, id_at};
use clearspan_schema::{SEQ, SchemaError, SpanId, TraceId, spans};

use super::RootSpan;
use super::directories::Directories;
use crate::QueryError;
use crate::exec::{ScanTally, fault, read_rows};

const COLUMNS: &[&str] = &[
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
    let mut present: HashSet<SpanId> = HashSet::new();
    for batch in batches {
        let ids = columns::id(batch, spans::SPAN_ID)?;
        present.extend((0..batch.num_rows()).filter_map(|row| id_at::<8>(ids, row)));
    }
    let mut earliest: Option<((i64, u64), RootSpan)> = None;
    for batch in batches {
        let parents = columns::id(batch, spans::PARENT_SPAN_ID)?;
        let (times, seqs) = (
            columns::time(batch, spans::PLACED_TIME)?,
            columns::uint64(batch, SEQ)?,
        );
        let names = columns::text_dictionary(batch, spans::NAME)?;
        let services = columns::text_dictionary(batch, spans::SERVICE)?;
        for row in 0..batch.num_rows() {
            let has_parent = id_at(parents, row).is_some_and(|parent| present.contains(&parent));
            let key = (times.value(row), seqs.value(row));
            if !has_parent && earliest.as_ref().is_none_or(|(first, _)| key < *first) {
                let name = names.value(row).unwrap_or("").to_owned();
                earliest = Some((
                    key,
                    RootSpan {
                        name,
                        service: services.value(row).map(str::to_owned),
                    },
                ));
            }
        }
    }
    Ok(earliest.map(|(_, root)| root))
}
