//! Checksums of rows and tables.
//!
//! A row's checksum is the CRC32C of its fields in order: integers as eight bytes, little endian, text as
//! its length and its bytes, behind the name of the table. A table's digest is the number of its rows and
//! the wrapping sum of their XXH3-64, so that it can be kept up row by row.

use twox_hash::XxHash3_64;

use super::rows::{
    ClockRow, Meta, SegmentRow, ServiceRow, TableKey, TableRow, WalFileRow, WalFileState,
};

/// A row of the catalog, as its checksum sees it.
pub(super) trait Row {
    /// The table's name in the database.
    const TABLE: &'static str;

    fn fields(&self, out: &mut Fields);

    fn bytes(&self) -> Vec<u8> {
        let mut fields = Fields(Vec::with_capacity(128));
        fields.text(Self::TABLE);
        self.fields(&mut fields);
        fields.0
    }

    fn crc(&self) -> u32 {
        crc32c::crc32c(&self.bytes())
    }
}

/// The fields of a row, one after the other.
pub(super) struct Fields(Vec<u8>);

impl Fields {
    fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn signed(&mut self, number: i64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    fn key(&mut self, key: &TableKey) {
        self.text(&key.tenant);
        self.text(key.signal.name());
    }
}

/// A count and a sum over the rows of a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Digest {
    pub(super) rows: u64,
    pub(super) sum: u64,
}

impl Row for Digest {
    const TABLE: &'static str = "digests";

    fn fields(&self, out: &mut Fields) {
        out.number(self.rows);
        out.number(self.sum);
    }
}

impl<'a, R: Row + 'a> FromIterator<&'a R> for Digest {
    fn from_iter<I: IntoIterator<Item = &'a R>>(rows: I) -> Self {
        rows.into_iter().fold(Self::default(), |digest, row| Self {
            rows: digest.rows + 1,
            sum: digest.sum.wrapping_add(XxHash3_64::oneshot(&row.bytes())),
        })
    }
}

impl Row for Meta {
    const TABLE: &'static str = "meta";

    fn fields(&self, out: &mut Fields) {
        out.number(self.format_version);
        out.text(&self.store_id);
        out.number(self.next_segment_id);
    }
}

impl Row for TableRow {
    const TABLE: &'static str = "tables";

    fn fields(&self, out: &mut Fields) {
        out.key(&self.key);
        out.number(self.flushed_seq);
        out.number(self.last_wal_file);
        out.number(self.duplicates);
        out.number(self.rows_lost);
    }
}

impl Row for WalFileRow {
    const TABLE: &'static str = "wal_files";

    fn fields(&self, out: &mut Fields) {
        out.key(&self.key);
        out.number(self.file);
        out.number(self.first_seq);
        out.signed(self.created_ns);
        out.number(u64::from(self.header_crc));
        match self.state {
            WalFileState::Open => out.number(0),
            WalFileState::Closed { end, poisoned } => {
                out.number(1 + u64::from(poisoned));
                out.number(end.offset);
                out.number(end.seq);
            }
        }
        out.number(u64::from(self.damaged));
        out.number(self.rows_lost);
    }
}

impl Row for SegmentRow {
    const TABLE: &'static str = "segments";

    fn fields(&self, out: &mut Fields) {
        out.number(self.id.0);
        out.key(&self.key);
        out.text(&self.partition.to_string());
        out.number(self.rows);
        out.number(self.bytes);
        out.signed(self.min_time_ns);
        out.signed(self.max_time_ns);
        out.number(self.min_seq);
        out.number(self.max_seq);
        out.signed(self.min_arrival_ns);
        out.signed(self.max_arrival_ns);
        out.number(self.wal_from_seq);
        out.number(self.wal_to_seq);
        out.number(u64::from(self.level));
        out.signed(self.created_ns);
        out.number(self.meta_checksum);
    }
}

impl Row for ServiceRow {
    const TABLE: &'static str = "services";

    fn fields(&self, out: &mut Fields) {
        out.text(&self.tenant);
        out.text(&self.name);
        out.number(u64::from(self.slot.colour));
        out.number(u64::from(self.slot.round));
    }
}

impl Row for ClockRow {
    const TABLE: &'static str = "clock";

    fn fields(&self, out: &mut Fields) {
        out.signed(self.seen_ns);
        out.number(u64::from(self.silence_ns.is_some()));
        out.signed(self.silence_ns.unwrap_or(0));
        out.number(self.wait_ns);
    }
}
