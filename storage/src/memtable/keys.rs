//! Where a span of given content stands in the memtable.

use arrow::array::{Array, RecordBatch};
use clearspan_schema::{SEQ, SchemaError, columns, spans};
use foldhash::HashMap;
use twox_hash::XxHash3_64;

/// Span keys to sequence numbers. Nearly every key has one row; the
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

/// The key of each span: a hash over its ids and what tells spans of the same ids apart. Spans that a
/// sender gave one id, but different times or attributes, must not have to be held against each other.
pub(super) fn span_keys(rows: &RecordBatch) -> Result<Vec<u64>, SchemaError> {
    let ids = [
        columns::id(rows, spans::TRACE_ID)?,
        columns::id(rows, spans::SPAN_ID)?,
    ];
    let times = [
        columns::time(rows, spans::START_TIME)?,
        columns::time(rows, spans::END_TIME)?,
    ];
    let raw_times = [
        columns::uint64(rows, spans::START_TIME_RAW)?,
        columns::uint64(rows, spans::END_TIME_RAW)?,
    ];
    let names = columns::text_dictionary(rows, spans::NAME)?;
    let attributes = columns::binary(rows, spans::ATTRIBUTES)?;
    let mut content = Vec::new();
    let keys = (0..rows.num_rows()).map(|row| {
        content.clear();
        ids.iter()
            .for_each(|ids| content.extend_from_slice(ids.value(row)));
        for time in times
            .iter()
            .map(|times| sent(times.is_valid(row), || times.value(row) as u64))
        {
            content.extend_from_slice(&time.to_le_bytes());
        }
        for time in raw_times
            .iter()
            .map(|times| sent(times.is_valid(row), || times.value(row)))
        {
            content.extend_from_slice(&time.to_le_bytes());
        }
        content.extend_from_slice(names.value(row).unwrap_or("").as_bytes());
        content.extend_from_slice(attributes.value(row));
        XxHash3_64::oneshot(&content)
    });
    Ok(keys.collect())
}

fn sent(valid: bool, value: impl FnOnce() -> u64) -> u64 {
    if valid { value() } else { 0 }
}
