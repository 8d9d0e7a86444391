//! The rows of an answer, as log records.

use std::fmt;
use std::sync::Arc;

use arrow::array::{RecordBatch, UInt64Array};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::logs::{LogRow, LogsReader};
use clearspan_schema::{SEQ, SchemaError, columns};
use datafusion::execution::memory_pool::MemoryReservation;

use crate::QueryError;
use crate::exec::{Plans, page_memory};

/// A log record's id: where it is placed, and its sequence number. It stays the same over flush,
/// compaction and restart. Shown as 17 to 32 hexadecimal digits, which are nobody's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LogId {
    /// Where it is placed, in nanoseconds since 1970.
    pub placed_time: i64,
    /// Its sequence number.
    pub seq: u64,
}

impl LogId {
    /// Reads what `Display` writes.
    pub fn parse(text: &str) -> Option<LogId> {
        if text.len() <= 16 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let (time, seq) = text.split_at(16);
        let time = u64::from_str_radix(time, 16).ok()?;
        Some(LogId {
            placed_time: time.cast_signed(),
            seq: u64::from_str_radix(seq, 16).ok()?,
        })
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:x}", self.placed_time.cast_unsigned(), self.seq)
    }
}

/// The rows of a page, in order.
#[derive(Debug, Clone)]
pub struct LogRows {
    batch: RecordBatch,
    /// What was taken for them, given back with the last clone.
    _memory: Option<Arc<MemoryReservation>>,
}

impl LogRows {
    /// A row or some, as others hold them anyway.
    pub(crate) fn new(batch: RecordBatch) -> Self {
        let _memory = None;
        LogRows { batch, _memory }
    }

    /// A page, for which memory is taken.
    pub(crate) fn counted(batch: RecordBatch, plans: &Plans) -> Result<Self, QueryError> {
        let _memory = Some(Arc::new(page_memory(&batch, plans)?));
        Ok(LogRows { batch, _memory })
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.batch.num_rows()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows with all stored columns, for those who write them in another form.
    pub fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// The rows as log records.
    pub fn records(&self) -> Result<LogRecords<'_>, SchemaError> {
        Ok(LogRecords {
            reader: LogsReader::new(&self.batch)?,
            seq: columns::uint64(&self.batch, SEQ)?,
        })
    }
}

/// The records of [`LogRows`].
#[derive(Debug)]
pub struct LogRecords<'a> {
    reader: LogsReader<'a>,
    seq: &'a UInt64Array,
}

impl<'a> LogRecords<'a> {
    /// All records, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = LogRecord<'a>> + '_ {
        (0..self.reader.rows()).map(|row| self.record(row))
    }

    fn record(&self, row: usize) -> LogRecord<'a> {
        let id = LogId {
            placed_time: self.reader.placed_time(row),
            seq: self.seq.value(row),
        };
        LogRecord {
            id,
            log: self.reader.row(row),
            service: self.reader.service(row),
            resource: self.reader.resource(row),
            scope: self.reader.scope(row),
        }
    }
}

/// One log record, with what was stated for its group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogRecord<'a> {
    /// Its id.
    pub id: LogId,
    /// The record itself. Its times are 0 where the sender knew none.
    pub log: LogRow<'a>,
    /// The service's name.
    pub service: Option<&'a str>,
    /// Its resource.
    pub resource: ResourceRef<'a>,
    /// Its instrumentation scope.
    pub scope: ScopeRef<'a>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_and_nothing_else_does() {
        for (placed_time, seq) in [(0, 0), (-1, u64::MAX), (i64::MIN, 1), (i64::MAX, 77)] {
            let id = LogId { placed_time, seq };
            assert_eq!(LogId::parse(&id.to_string()), Some(id));
        }
        for text in [
            "",
            "0123456789abcdef",
            "0123456789abcdefg",
            "0123456789abcdef11111111111111111",
            "+123456789abcdef0",
        ] {
            assert_eq!(LogId::parse(text), None, "{text}");
        }
    }
}
