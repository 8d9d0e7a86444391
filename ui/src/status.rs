//! The figures of `/api/v1/status`, as they are sent. Each room counts its own; the program joins them
//! and hands them in as one [`StatusSource`].

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

/// Where the figures come from.
pub trait StatusSource: Send + Sync {
    /// The figures at this moment. May wait for a lock, so it is called where blocking is allowed.
    fn status(&self) -> Status;

    /// The figures of all rooms in the text format of Prometheus; `None` when they cannot be written, which whoever makes them has logged. May
    /// wait for a lock.
    fn metrics(&self) -> Option<String>;

    /// Background loops that have died: while there is one, no new clients should be sent here. Quick, as it is asked
    /// by every probe.
    fn failed_loops(&self) -> Vec<&'static str>;
}

/// The answer of `/api/v1/status`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Status {
    /// The program's version.
    pub version: String,
    /// Milliseconds since the program started, which is since when requests are counted.
    pub uptime_ms: u64,
    /// Log records.
    pub logs: SignalStatus,
    /// Spans.
    pub spans: SignalStatus,
    /// Metric data points, which are not stored.
    pub metrics: ReceivedStatus,
    /// What concerns the store as a whole.
    pub storage: StoreStatus,
    /// The memory budget.
    pub memory: MemoryStatus,
    /// Questions at this moment.
    pub questions: QuestionsStatus,
}

/// The one budget of bytes for everything together.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct MemoryStatus {
    /// All bytes that may be held.
    pub total_bytes: u64,
    /// Bytes held for all purposes.
    pub used_bytes: u64,
    /// By what they are held for: `requests`, `memtables`, `cache`, `queries`.
    #[serde(flatten)]
    pub purposes: BTreeMap<&'static str, PurposeStatus>,
}

/// What memory is held for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct PurposeStatus {
    /// Bytes held now.
    pub used_bytes: u64,
    /// Bytes that are there for it whatever else is held.
    pub guaranteed_bytes: u64,
    /// Bytes that it may hold when nobody else needs them.
    pub limit_bytes: u64,
    /// How often something was refused since the start.
    pub refused: u64,
}

/// Questions at this moment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct QuestionsStatus {
    /// Those that are worked on: `needles` that read few rows, `scans`, `sql`, and `exports` that make their next piece.
    pub running: BTreeMap<&'static str, u64>,
    /// Those that wait for their turn.
    pub waiting: u64,
}

/// One signal.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct SignalStatus {
    /// What became of what was sent.
    #[serde(flatten)]
    pub received: ReceivedStatus,
    /// Spans that were dropped because they are stored already, all alike. Of logs always 0.
    pub duplicates: u64,
    /// Rows that are stored.
    pub rows: u64,
    /// The write-ahead log.
    pub wal: WalStatus,
    /// Rows that are not yet in a segment.
    pub memtable: MemtableStatus,
    /// Segments.
    pub segments: u64,
    /// Bytes of segments on disk.
    pub bytes: u64,
    /// The earliest time at which a row is placed, in nanoseconds since 1970.
    #[serde(serialize_with = "ns")]
    pub oldest_ns: Option<i64>,
    /// The latest.
    #[serde(serialize_with = "ns")]
    pub newest_ns: Option<i64>,
    /// Rows that a flush would write to segments.
    pub flush_pending: u64,
    /// Segments that a compaction would join.
    pub compaction_pending: u64,
    /// Segments that could not be joined and are left out. They are searched all the same; the log says why.
    pub compaction_set_aside: u64,
    /// Segments that cannot be read.
    pub missing: Vec<MissingStatus>,
}

/// What became of what was sent since the start of the process.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ReceivedStatus {
    /// Records that were acknowledged, duplicates among them.
    pub accepted: u64,
    /// Records that were refused, by reason.
    pub rejected: BTreeMap<String, u64>,
    /// Records that were kept although something in them could not be kept as sent, by what it was.
    pub repaired: BTreeMap<String, u64>,
}

/// The write-ahead log of one signal.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct WalStatus {
    /// Files that a start would replay.
    pub files: u64,
    /// Bytes of these files on disk.
    pub bytes: u64,
    /// Bytes of records in memory that wait for their commit.
    pub queued_bytes: u64,
}

/// The memtables of one signal.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct MemtableStatus {
    /// Rows.
    pub rows: u64,
    /// Bytes in memory.
    pub bytes: u64,
}

/// A segment that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct MissingStatus {
    /// Its folder, relative to the data folder.
    pub segment: String,
    /// What is wrong with it.
    pub fault: String,
    /// Rows it held.
    pub rows: u64,
}

/// The store as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct StoreStatus {
    /// Bytes of opened segments in memory.
    pub cache_bytes: u64,
    /// Milliseconds that the program has to run until something is deleted by age again, while its clock is doubted.
    pub age_waits_ms: Option<u64>,
    /// What was found wrong in write-ahead logs at the last start.
    pub wal_findings: Vec<String>,
    /// Background loops that have died.
    pub failed_loops: Vec<String>,
}

#[allow(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it so"
)]
fn ns<S: Serializer>(time: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(time),
        None => serializer.serialize_none(),
    }
}
