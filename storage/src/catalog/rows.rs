//! The catalog's rows and their keys.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use clearspan_schema::Signal;

use crate::ServiceSlot;

/// A table of one tenant: its logs or its spans. Everything in storage belongs to one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableKey {
    /// The tenant's name, at most 255 bytes.
    pub tenant: Arc<str>,
    /// Which of its tables.
    pub signal: Signal,
}

impl TableKey {
    /// The table `signal` of `tenant`.
    pub fn new(tenant: impl Into<Arc<str>>, signal: Signal) -> Self {
        Self {
            tenant: tenant.into(),
            signal,
        }
    }
}

impl fmt::Display for TableKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.tenant, self.signal)
    }
}

/// A segment's id: the name of its folder, never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SegmentId(pub u64);

impl fmt::Display for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where in time a segment lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Partition {
    /// The hour that begins this many hours after 1970.
    Hour(i64),
    /// Small hours of the day that begins this many days after 1970, merged.
    Day(i64),
    /// All that lies elsewhere.
    Odd,
}

/// What the text of a day begins with.
const DAY: &str = "day ";

impl Partition {
    /// The day that it lies in, counted from 1970.
    pub fn day(self) -> Option<i64> {
        match self {
            Self::Hour(hour) => Some(hour.div_euclid(24)),
            Self::Day(day) => Some(day),
            Self::Odd => None,
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hour(hour) => hour.fmt(f),
            Self::Day(day) => write!(f, "{DAY}{day}"),
            Self::Odd => f.write_str("odd"),
        }
    }
}

impl FromStr for Partition {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "odd" => Ok(Self::Odd),
            other => match other.strip_prefix(DAY) {
                Some(day) => day.parse().map(Self::Day),
                None => other.parse().map(Self::Hour),
            },
        }
    }
}

/// The one row about the catalog itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// The version of the catalog's format.
    pub format_version: u64,
    /// The store's identity, 32 hex digits, given when it was created.
    pub store_id: String,
    /// The lowest segment id that is neither given nor reserved.
    pub next_segment_id: u64,
}

/// How far a table has come, and what befell it in its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow {
    /// Which table.
    pub key: TableKey,
    /// Rows with a lower sequence number are in segments (or were dropped as duplicates).
    pub flushed_seq: u64,
    /// The highest number a WAL file has had; 0 when there was none.
    pub last_wal_file: u64,
    /// Rows dropped as duplicates.
    pub duplicates: u64,
    /// Rows lost with damaged WAL files that are gone by now; see also [`WalFileRow::rows_lost`].
    pub rows_lost: u64,
}

impl TableRow {
    /// A table of which nothing is known yet.
    pub fn new(key: TableKey) -> Self {
        Self {
            key,
            flushed_seq: 0,
            last_wal_file: 0,
            duplicates: 0,
            rows_lost: 0,
        }
    }
}

/// Where the sound part of a WAL file ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalEnd {
    /// The end of its last frame, in bytes.
    pub offset: u64,
    /// The sequence number after its last row.
    pub seq: u64,
}

/// What the catalog knows of a WAL file's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WalFileState {
    /// It is being written: its end is where its frames end.
    Open,
    /// It ends here.
    Closed {
        /// The end of what was acknowledged; what stands behind it does not count.
        end: WalEnd,
        /// A write or a sync failed in it.
        poisoned: bool,
    },
}

/// A WAL file that will not be written again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClosedWalFile {
    /// Its number.
    pub file: u64,
    /// Where it ends.
    pub end: WalEnd,
    /// Whether a write or a sync failed in it.
    pub poisoned: bool,
}

/// A WAL file that exists, or is about to be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalFileRow {
    /// The table it belongs to.
    pub key: TableKey,
    /// Its number within the table, ascending.
    pub file: u64,
    /// The sequence number of its first row.
    pub first_seq: u64,
    /// When it was created, as its header says.
    pub created_ns: i64,
    /// The checksum of its header, from which those of its frames start.
    pub header_crc: u32,
    /// Where it ends.
    pub state: WalFileState,
    /// It was found damaged: it is kept for inspection when its rows are in segments.
    pub damaged: bool,
    /// How many of its rows were lost.
    pub rows_lost: u64,
}

impl WalFileRow {
    /// Where it ends, once that is known.
    pub fn end(&self) -> Option<WalEnd> {
        match self.state {
            WalFileState::Open => None,
            WalFileState::Closed { end, .. } => Some(end),
        }
    }

    /// Whether all of its rows are in segments, given the table's `flushed_seq`.
    pub fn is_flushed(&self, flushed_seq: u64) -> bool {
        self.end().is_some_and(|end| end.seq <= flushed_seq)
    }
}

/// A live segment. Bounds are inclusive; the WAL range is half open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentRow {
    /// Its id.
    pub id: SegmentId,
    /// The table it belongs to.
    pub key: TableKey,
    /// Its partition.
    pub partition: Partition,
    /// How many rows it holds.
    pub rows: u64,
    /// How many bytes its files have.
    pub bytes: u64,
    /// The earliest time at which one of its rows is placed.
    pub min_time_ns: i64,
    /// The latest time at which one of its rows is placed.
    pub max_time_ns: i64,
    /// The lowest sequence number of its rows.
    pub min_seq: u64,
    /// The highest sequence number of its rows.
    pub max_seq: u64,
    /// The earliest arrival of its rows.
    pub min_arrival_ns: i64,
    /// The latest arrival of its rows.
    pub max_arrival_ns: i64,
    /// The flush that made it took the rows from this sequence number on ...
    pub wal_from_seq: u64,
    /// ... up to, not including, this one.
    pub wal_to_seq: u64,
    /// 0 fresh from a flush, higher after compaction.
    pub level: u32,
    /// When it was made.
    pub created_ns: i64,
    /// The checksum of its `meta` file.
    pub meta_checksum: u64,
}

/// What is known of the machine's clock, for as long as something is deleted by age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockRow {
    /// What it showed when this was written, in nanoseconds since 1970.
    pub seen_ns: i64,
    /// The newest arrival when the clock was last doubted because nothing arrived.
    pub silence_ns: Option<i64>,
    /// Nanoseconds of running until the clock is believed again; 0 when it is.
    pub wait_ns: u64,
}

/// A service and the slot that it has for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRow {
    /// The tenant it belongs to.
    pub tenant: Arc<str>,
    /// Its name, not empty.
    pub name: Arc<str>,
    /// Its slot, which no other service of the tenant has.
    pub slot: ServiceSlot,
}
