//! Where a span with given ids stands in the memtable.

use std::collections::HashMap;

use arrow::array::RecordBatch;
use clearspan_schema::{SEQ, SchemaError, columns, spans};
use twox_hash::XxHash3_64;

/// Span keys (a hash of trace and span id) to sequence numbers. Nearly every key has one row; the
/// rows of the others stand apart, so that an entry stays small.
#[derive(Debug, Default)]
pub(super) struct SpanKeys {
    first: HashMap<u64, u64>,
    more: HashMap<u64, Vec<u64>>,
}

impl SpanKeys {
    pub(super) fn add(&mut self, rows: &RecordBatch) -> Result<(), SchemaError> {
        let seqs = columns::uint64(rows, SEQ)?;
        for (key, &seq) in span_keys(rows)?.into_iter().zip(seqs.values().iter()) {
            match self.first.entry(key) {
                std::collections::hash_map::Entry::Vacant(free) => {
                    free.insert(seq);
                }
                std::collections::hash_map::Entry::Occupied(_) => {
                    self.more.entry(key).or_default().push(seq)
                }
            }
        }
        Ok(())
    }

    pub(super) fn get(&self, key: u64) -> impl Iterator<Item = u64> + '_ {
        let first = self.first.get(&key).copied();
        let more = if first.is_some() {
            self.more.get(&key)
        } else {
            None
        };
        first.into_iter().chain(more.into_iter().flatten().copied())
    }

    /// Bytes it takes, roughly.
    pub(super) fn bytes(&self) -> usize {
        self.first.capacity() * 17 + self.more.len() * 64
    }
}

/// The key of each span.
pub(super) fn span_keys(rows: &RecordBatch) -> Result<Vec<u64>, SchemaError> {
    let traces = columns::id(rows, spans::TRACE_ID)?;
    let span_ids = columns::id(rows, spans::SPAN_ID)?;
    let mut both = [0; 24];
    let keys = (0..rows.num_rows()).map(|row| {
        both[..16].copy_from_slice(traces.value(row));
        both[16..].copy_from_slice(span_ids.value(row));
        XxHash3_64::oneshot(&both)
    });
    Ok(keys.collect())
}
