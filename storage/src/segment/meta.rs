//! `meta.json`: what a segment holds. JSON, so that a person and any program can read it; the
//! catalog keeps its checksum.
//!
//! Format 1 knew one container. What format 2 added may be absent, and then means what format 1
//! meant: rows lie in `rows.arrow`, whose record batches say where they lie. So both are read by the same
//! code, and a program that knows format 1 alone refuses a folder that it could misread.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::block_sums::BlockSums;
use super::container::Container;

/// Version of the segment folder that this program writes.
pub(crate) const FORMAT: u32 = 2;
/// The oldest version that it reads.
const FORMAT_OLDEST: u32 = 1;

/// What a segment holds, and where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentMeta {
    /// Version of the folder's layout.
    pub format: u32,
    /// The segment's id, never used twice.
    pub id: u64,
    /// Whose rows these are.
    pub tenant: String,
    /// `logs` or `spans`.
    pub signal: String,
    /// The hour (`2023-01-29T08`, UTC) or `odd`.
    pub partition: String,
    /// The number of rows.
    pub rows: u32,
    /// Rows of a granule, the unit of `text.idx` and `filters.bin`.
    pub granule_rows: u32,
    /// Earliest time at which a row is placed, in nanoseconds since 1970.
    pub min_time_ns: i64,
    /// Latest time at which a row is placed.
    pub max_time_ns: i64,
    /// Lowest sequence number.
    pub min_seq: u64,
    /// Highest sequence number.
    pub max_seq: u64,
    /// Earliest arrival, in nanoseconds since 1970.
    pub min_arrival_ns: i64,
    /// Latest arrival.
    pub max_arrival_ns: i64,
    /// The templates of its texts. Absent of spans, and where a program wrote it that did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub templates: Option<u32>,
    /// The other files of the folder, by name.
    pub files: BTreeMap<String, FileMeta>,
    /// Which of them holds the rows.
    #[serde(default)]
    pub container: Container,
    /// The dictionary messages in an Arrow file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dictionaries: Vec<BlockMeta>,
    /// The checksums of a Parquet file's blocks, so that a part of it can be checked before it is believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocks: Option<BlockSums>,
    /// The record batches, in the order of rows: the rows that are decoded together.
    pub batches: Vec<BatchMeta>,
}

/// A file of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileMeta {
    /// Its length.
    pub bytes: u64,
    /// CRC-32C of its content.
    pub crc32c: u32,
}

/// A message in an Arrow IPC file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockMeta {
    /// Where it starts in the file.
    pub offset: u64,
    /// Bytes of its header, padding included; its body starts behind them.
    pub header_bytes: u32,
    /// Bytes of its body.
    pub body_bytes: u64,
    /// CRC-32C of header and body.
    pub crc32c: u32,
}

/// Rows that are decoded together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchMeta {
    /// Its message in an Arrow file. A Parquet file says itself where the pages of rows lie.
    #[serde(flatten)]
    pub block: Option<BlockMeta>,
    /// Its first row.
    pub first_row: u32,
    /// Its number of rows.
    pub rows: u32,
    /// Earliest time at which one of its rows is placed.
    pub min_time_ns: i64,
    /// Latest time at which one of its rows is placed.
    pub max_time_ns: i64,
}

impl SegmentMeta {
    /// All bytes of the segment but those of `meta.json` itself.
    pub fn bytes(&self) -> u64 {
        self.files.values().map(|file| file.bytes).sum()
    }

    /// Whether its parts fit each other: row batches follow each other and add up.
    pub(crate) fn is_consistent(&self) -> bool {
        let mut next = 0u32;
        let batches_fit = self.batches.iter().all(|batch| {
            let fits =
                batch.first_row == next && batch.rows > 0 && batch.min_time_ns <= batch.max_time_ns;
            next = next.saturating_add(batch.rows);
            fits
        });
        let known = (FORMAT_OLDEST..=FORMAT).contains(&self.format);
        batches_fit && next == self.rows && known && self.granule_rows > 0 && self.container_fits()
    }

    /// Whether what the container needs for reading is there.
    fn container_fits(&self) -> bool {
        let file = self.files.get(self.container.file_name());
        match (self.container, &self.blocks) {
            (Container::Arrow, None) => self.batches.iter().all(|batch| batch.block.is_some()),
            (Container::Parquet, Some(blocks)) => file.is_some_and(|file| blocks.cover(file.bytes)),
            _ => false,
        }
    }
}

impl BatchMeta {
    /// Its rows.
    pub fn row_range(&self) -> Range<u32> {
        self.first_row..self.first_row + self.rows
    }
}
