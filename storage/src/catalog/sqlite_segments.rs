//! Segments to and from SQLite.

use rusqlite::{Row as SqlRow, Transaction, params};

use super::checksum::Row;
use super::rows::{Partition, SegmentId, SegmentRow};
use super::sqlite_rows::{Readable, get, show, table_key, unsigned};

/// A new segment: an id that is there already is an error.
pub(super) fn write(transaction: &Transaction<'_>, row: &SegmentRow) -> rusqlite::Result<usize> {
    transaction.execute(
        "INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            row.id.0.cast_signed(),
            &*row.key.tenant,
            row.key.signal.name(),
            row.partition.to_string(),
            row.rows.cast_signed(),
            row.bytes.cast_signed(),
            row.min_time_ns,
            row.max_time_ns,
            row.min_seq.cast_signed(),
            row.max_seq.cast_signed(),
            row.min_arrival_ns,
            row.max_arrival_ns,
            row.wal_from_seq.cast_signed(),
            row.wal_to_seq.cast_signed(),
            row.level,
            row.created_ns,
            row.meta_checksum.cast_signed(),
            row.crc()
        ],
    )
}

pub(super) fn delete(transaction: &Transaction<'_>, id: SegmentId) -> rusqlite::Result<usize> {
    transaction.execute("DELETE FROM segments WHERE id = ?", [id.0.cast_signed()])
}

impl Readable for SegmentRow {
    fn read(row: &SqlRow<'_>) -> Result<Self, String> {
        let partition: String = get(row, 3)?;
        let partition: Result<Partition, _> = partition.parse();
        Ok(Self {
            id: SegmentId(unsigned(row, 0)?),
            key: table_key(row, 1)?,
            partition: partition.map_err(|error| format!("partition: {error}"))?,
            rows: unsigned(row, 4)?,
            bytes: unsigned(row, 5)?,
            min_time_ns: get(row, 6)?,
            max_time_ns: get(row, 7)?,
            min_seq: unsigned(row, 8)?,
            max_seq: unsigned(row, 9)?,
            min_arrival_ns: get(row, 10)?,
            max_arrival_ns: get(row, 11)?,
            wal_from_seq: unsigned(row, 12)?,
            wal_to_seq: unsigned(row, 13)?,
            level: get(row, 14)?,
            created_ns: get(row, 15)?,
            meta_checksum: unsigned(row, 16)?,
        })
    }

    fn key(row: &SqlRow<'_>) -> String {
        show(row, 0)
    }
}
