//! Every limit of this room, each with its reason.

/// Rows of a granule, the unit that the text index and the filters speak of. Measured: smaller prunes
/// better and costs more index bytes (64 rows: 3.0 bytes a log, 128: 1.9, 512: 0.9).
pub(crate) const GRANULE_ROWS: u32 = 128;

/// Rows of one record batch in `rows.arrow`, the unit that is decompressed at once. A needle then
/// decodes under a percent of a hundred thousand rows; larger batches compress a little better.
pub(crate) const BATCH_ROWS: u32 = 1024;

/// Bytes of a block of `rows.parquet` that has a checksum of its own, and so is read whole. Measured: 4 KiB make a
/// read 5% cheaper and the sums four times as long, 64 KiB make it half as dear again.
pub(crate) const SUM_BLOCK_BYTES: u32 = 16 * 1024;

/// Bytes, before compression, at which a page of `rows.parquet` ends. Measured on bodies: 64 KB take a third more room,
/// 1 MB make it twice as dear to read one granule.
pub(crate) const PAGE_BYTES: usize = 256 * 1024;

/// Rows at which a page of `rows.parquet` ends, however small. Measured: 8,192 save 1.4% of the bytes of spans and
/// make it half as dear again to read one trace.
pub(crate) const PAGE_ROWS: usize = 4096;

/// Bytes of a dictionary of encoded attributes in `rows.parquet` beyond which they are stored plainly. A read of any row decodes the
/// dictionary, so it may cost no more than a page; lists that repeat are few.
pub(crate) const ATTRIBUTES_DICTIONARY_BYTES: usize = 64 * 1024;

/// Rows that go to the encoders of `rows.parquet` at once: eight granules, a part of a page.
pub(crate) const STEP_ROWS: usize = 1024;

/// Bytes of text and encoded values at which such a step ends, however few its rows: what a row group may
/// grow beyond its limit.
pub(crate) const STEP_BYTES: usize = 8 * 1024 * 1024;

/// Rows of a row group of `rows.parquet`: enough that dictionaries and footer cost nothing to speak of, few enough that one is
/// encoded in some 10 MB.
pub(crate) const ROW_GROUP_ROWS: usize = 128 * 1024;

/// Bytes of encoders and finished pages at which a row group of `rows.parquet` ends, however few rows it has: this is
/// what a compaction holds in memory.
pub(crate) const ROW_GROUP_BYTES: usize = 64 * 1024 * 1024;

/// Rows of a full memtable chunk: few enough that sealing one holds up nobody, many enough that a
/// full memtable has few.
pub(crate) const CHUNK_ROWS: usize = 8192;

/// Hour partitions that one flush may open; what lies in further hours goes to the partition for odd
/// times. Otherwise a sender with scattered clocks would make a segment per row.
pub(crate) const FLUSH_PARTITIONS: usize = 48;

/// How many times `flush_bytes` the memtables (the one that fills and the one being flushed) may
/// hold together before appends are refused.
pub(crate) const MEMTABLE_FACTOR: usize = 4;

/// How long an append waits for room in the memtable before it is refused, in milliseconds. Below
/// the five seconds after which an OpenTelemetry Collector gives up on an attempt.
pub(crate) const APPEND_WAIT_MS: u64 = 2_000;

/// What a refused sender is told to wait, in milliseconds.
pub(crate) const RETRY_AFTER_MS: u64 = 1_000;

/// Bytes of opened index files (text index, filters, trace directories, dictionaries) kept in memory
/// over all segments. The least recently used go first.
pub(crate) const CACHE_BYTES: usize = 128 * 1024 * 1024;

/// zstd level of rows in either container. Measured: level 9 costs twice the CPU of level 3.
pub(crate) const ZSTD_LEVEL: i32 = 3;

/// Services of a tenant that take a slot for their colour. Far more than anyone runs, so that only a sender
/// that invents names meets it; a few megabytes in memory and in the catalog.
pub(crate) const SERVICES_MAX: usize = 10_000;

/// Bytes of a service's name up to which it takes a slot: names are kept for good, and what is longer is
/// no name.
pub(crate) const SERVICE_NAME_BYTES_MAX: usize = 256;

/// Bytes of a file that `verify` reads at once.
pub(crate) const VERIFY_BYTES: usize = 1024 * 1024;
