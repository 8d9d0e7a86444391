//! Every limit of this room, each with its reason.

/// Rows of a granule, the unit that the text index and the filters speak of. Measured: smaller prunes
/// better and costs more index bytes (64 rows: 3.0 bytes a log, 128: 1.9, 512: 0.9).
pub(crate) const GRANULE_ROWS: u32 = 128;

/// Rows of one record batch in `rows.arrow`, the unit that is decompressed at once. A needle then
/// decodes under a percent of a hundred thousand rows; larger batches compress a little better.
pub(crate) const BATCH_ROWS: u32 = 1024;

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

/// zstd level of `rows.arrow`. Measured: level 9 costs twice the CPU of level 3.
pub(crate) const ZSTD_LEVEL: i32 = 3;

/// Services of a tenant that take a slot for their colour. Far more than anyone runs, so that only a sender
/// that invents names meets it; a few megabytes in memory and in the catalog.
pub(crate) const SERVICES_MAX: usize = 10_000;

/// Bytes of a service's name up to which it takes a slot: names are kept for good, and what is longer is
/// no name.
pub(crate) const SERVICE_NAME_BYTES_MAX: usize = 256;

/// Bytes of a body up to which it is split into template and variables. What is longer is a document that was logged whole, and nobody
/// shares its template.
pub(crate) const TEMPLATE_BODY_BYTES_MAX: usize = 64 * 1024;

/// Bytes of a template. Few rows have a long one (1.7% of TrainTicket's one above 8 KiB), but theirs are the long bodies: a limit of 8 KiB
/// would cost 1.9 bytes a row there. None above 16 KiB was seen.
pub(crate) const TEMPLATE_BYTES_MAX: usize = 16 * 1024;

/// Different templates that are counted at once while a dictionary is made, and bytes of their texts: several times what a dictionary
/// keeps, so that a template can show that it comes back.
pub(crate) const TEMPLATE_CANDIDATES_MAX: usize = 16 * 1024;
pub(crate) const TEMPLATE_CANDIDATE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Rows in a segment that a template needs to be kept. Measured on TrainTicket: keeping those of two or three rows saves 2% of the bodies'
/// bytes and makes the dictionary, through which every search goes, three times as large.
pub(crate) const TEMPLATE_ROWS_MIN: u32 = 4;

/// Templates of a segment, and bytes of their texts. Every search goes through all of them before it reads a row, and they stay in memory
/// while the segment is open.
pub(crate) const TEMPLATES_MAX: usize = 4096;
pub(crate) const TEMPLATE_DICTIONARY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Attribute columns of a segment. Opening a file takes time for each column, and a system whose records have more common keys than this was
/// not seen.
pub(crate) const ATTRIBUTE_COLUMNS_MAX: usize = 200;

/// A key gets a column when it is in more than one row of so many, and in as many as a template needs: a column costs some
/// hundred bytes in each record batch, whatever stands in it.
pub(crate) const ATTRIBUTE_COLUMN_ROWS_ONE_OF: u64 = 100;
pub(crate) const ATTRIBUTE_COLUMN_ROWS_MIN: u32 = 4;

/// Bytes of a key that can get a column. The longest name in OpenTelemetry's conventions has 52.
pub(crate) const ATTRIBUTE_KEY_BYTES_MAX: usize = 128;

/// Bytes of a text that can stand in an attribute's column. Longer ones stay in the residual column, so that reading one short attribute
/// of a batch does not decode documents.
pub(crate) const ATTRIBUTE_TEXT_BYTES_MAX: usize = 64 * 1024;

/// Different keys that are counted at once; twenty times what can get a column, so that a key can show that it comes back.
pub(crate) const ATTRIBUTE_KEYS_COUNTED_MAX: usize = 4096;

/// A key's count is kept with its segment when the key is in one row of so many: a tenth of what would give it a column, so that what is
/// forgotten can shift the share of a key in merged segments by no more than that.
pub(crate) const ATTRIBUTE_KEY_KEPT_ONE_OF: u64 = 1000;

/// Different orders of attributes that a segment names, and bytes of their names. In TrainTicket and OnlineBoutique there are under fifty; a
/// sender that shuffles its attributes meets the limit, and its further rows stay whole.
pub(crate) const ATTRIBUTE_ORDERS_MAX: usize = 4096;
pub(crate) const ATTRIBUTE_ORDER_BYTES_MAX: usize = 1024 * 1024;

/// Distinct texts of an attribute, and their bytes, up to which its column is a dictionary. Over these a dictionary no longer
/// fits the processor's cache nor one page of a file.
pub(crate) const ATTRIBUTE_DICTIONARY_TEXTS_MAX: u32 = 512;
pub(crate) const ATTRIBUTE_DICTIONARY_BYTES_MAX: u64 = 256 * 1024;

/// Bytes of a segment's shape before compression: several times its templates. Read back, a shape that says it has more is refused before
/// anything is allocated.
pub(crate) const SHAPE_BYTES_MAX: usize = 64 * 1024 * 1024;
