//! Every limit of this room, each with its reason.

/// Rows of a granule, the unit that the text index and the filters speak of. Measured: smaller prunes
/// better and costs more index bytes (64 rows: 1.6 bytes a log, 128: 1.2, 512: 0.7).
pub(crate) const GRANULE_ROWS: u32 = 128;

/// Granules that share a filter for ids: those of a record batch, for nothing smaller is decoded. Measured: a filter for each granule takes
/// 1.7 times the bytes and lets six times as many batches pass.
pub(crate) const FILTER_GROUP_GRANULES: u32 = BATCH_ROWS / GRANULE_ROWS;

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

/// Bytes of a value in a dictionary (a resource, a span's name) from which it counts for a record batch's bytes with every row that has it. Shorter
/// ones of all rows of a batch take 16 MiB at most in a column.
pub(crate) const LONG_VALUE_BYTES: usize = 4 * 1024;

/// Rows of one record batch of `rows.parquet`: a page's, so that a read decodes each page once.
pub(crate) const PARQUET_BATCH_ROWS: u32 = 4096;

/// Rows that a read of narrow columns decodes at once, where whole segments are read: eight pages, so that what each step costs beside its rows is
/// shared by eight (ADR 0024). Of eight columns of eight bytes they take 2 MB.
pub(crate) const LONG_STEP_ROWS: u32 = 32 * 1024;

/// Bytes of a column that one read of the file fetches for several pages: what the rows of [`LONG_STEP_ROWS`] take of ids, uncompressed.
pub(crate) const READ_AHEAD_BYTES: usize = 512 * 1024;

/// Bytes of text and encoded values at which a record batch ends, however few its rows: what is decoded at once, and what a
/// row group may grow beyond its limit.
pub(crate) const STEP_BYTES: usize = 8 * 1024 * 1024;

/// Bytes of encoders and finished pages at which a row group of `rows.parquet` ends: this is what a compaction holds in memory. Few groups are
/// best, for each has its dictionaries anew, of which that of templates may have megabytes.
pub(crate) const ROW_GROUP_BYTES: usize = 64 * 1024 * 1024;

/// Rows of a full memtable chunk: few enough that its index, which a search makes that first needs it, holds up nobody even on a core that
/// senders keep busy (of 4,096 logs some 5 ms), many enough that a full memtable has few.
pub(crate) const CHUNK_ROWS: usize = 4096;

/// Hour partitions that one flush may open; what lies in further hours goes to the partition for odd
/// times. Otherwise a sender with scattered clocks would make a segment per row.
pub(crate) const FLUSH_PARTITIONS: usize = 48;

/// How many times `flush_bytes` the memtables (the one that fills and the one being flushed) may
/// hold together before appends wait, and are refused in the end. Each may be full: with more, a sender that is faster than flushes are only
/// fills memory (measured with logs as fast as they are taken, at 4 and at 2: 630 and 420 MB resident, 190,000 and 182,000 records a second).
pub(crate) const MEMTABLE_FACTOR: usize = 2;

/// How long an append waits for room in the memtable before it is refused, in milliseconds. Below
/// the five seconds after which an OpenTelemetry Collector gives up on an attempt.
pub(crate) const APPEND_WAIT_MS: u64 = 2_000;

/// What a refused sender is told to wait, in milliseconds.
pub(crate) const RETRY_AFTER_MS: u64 = 1_000;

/// Bytes of opened segments (shapes, templates, footers, dictionaries, text indexes, filters, trace directories) kept in memory over all
/// segments, where nobody else needs them. The least recently used go first.
pub(crate) const CACHE_BYTES: usize = 128 * 1024 * 1024;

/// Bytes of committed batches that a table keeps for those who follow it live, however many they are: of logs as fast as they are taken, half a
/// second or more.
pub(crate) const FEED_BYTES_MAX: usize = 32 * 1024 * 1024;

/// How often the cache is asked to give way for one who lacks memory: others may take at once what it gives, and they must not keep it going.
pub(crate) const WAYS_MADE: usize = 8;

/// Decompressors that wait for the next read, and what zstd takes for one: as many as reads go on at once on a machine of some size.
pub(crate) const DECOMPRESSORS_MAX: usize = 16;
pub(crate) const DECOMPRESSOR_BYTES: usize = 96 * 1024;

/// zstd level of rows in either container. Measured: level 9 costs twice the CPU of level 3.
pub(crate) const ZSTD_LEVEL: i32 = 3;

/// Services of a tenant that take a slot for their colour. Far more than anyone runs, so that only a sender
/// that invents names meets it; a few megabytes in memory and in the catalog.
pub(crate) const SERVICES_MAX: usize = 10_000;

/// Bytes of a service's name up to which it takes a slot: names are kept for good, and what is longer is
/// no name.
pub(crate) const SERVICE_NAME_BYTES_MAX: usize = 256;

/// Segments that are merged although more may come: fresh ones of an hour that is still being written, or small
/// merged ones. With one flush every five minutes an hour has twelve to fourteen, so that a quiet sender's hour is merged
/// once; a query opens at most this many needless folders for a busy one.
pub(crate) const COMPACTION_PILE: usize = 16;

/// Segments that one compaction merges. Each may have a record batch or two decoded at the same time.
pub(crate) const COMPACTION_INPUTS: usize = 64;

/// Rows that one compaction merges: of spans, each may be a trace with an entry of some 40 bytes in the order
/// of the merge.
pub(crate) const COMPACTION_ROWS: u64 = 4 * 1024 * 1024;

/// Bytes on disk that one compaction merges: a crash or a stop loses that much work at most.
pub(crate) const COMPACTION_BYTES: u64 = 256 * 1024 * 1024;

/// Rows that a merged segment is planned to hold, give or take a half: the words and ids of its text index, some 30 bytes a row, are in
/// memory until it ends. It may have up to twice as many as planned, so that a trace need not be divided.
pub(crate) const MERGED_ROWS: u64 = 1024 * 1024;

/// Bytes on disk of the inputs whose rows a merged segment is planned to hold, give or take a half: as many as one compaction takes, so that
/// an ordinary hour becomes one segment.
pub(crate) const MERGED_BYTES: u64 = 128 * 1024 * 1024;

/// Bytes of decoded rows at which a merged segment ends, whatever was planned: rows that compress well have more words than their
/// bytes on disk tell.
pub(crate) const MERGED_DECODED_BYTES: usize = 2 * 1024 * 1024 * 1024;

/// Bytes of decoded rows at which a record batch of a merge ends with fewer than [`BATCH_ROWS`] rows: a column
/// addresses its bytes with 31 bits.
pub(crate) const MERGED_BATCH_BYTES: usize = 32 * 1024 * 1024;

/// A partition's fresh rows are late when they are fewer than one in so many of its merged rows: they wait for
/// more of their kind, so that each needs no segment of its own. What waits is in the form of a flush, at most 2% of the rows.
pub(crate) const LATE_ROWS_ONE_IN: u64 = 64;

/// How long fresh rows wait at most, in nanoseconds: late ones for company, those of an hour in the future for its end.
pub(crate) const COMPACTION_WAIT_NS: i64 = 24 * 3_600_000_000_000;

/// Flush intervals without a flush into a partition after which it is quiet. A sender that goes on sending to an hour
/// makes one in each.
pub(crate) const QUIET_FLUSH_INTERVALS: u64 = 2;

/// One in so many rows of a partition may have been rewritten twice. Then 1.25 rows are rewritten for each that was flushed, and
/// all bytes written are at most twice those of the flushes while a merged row takes at most four fifths of a flushed one.
pub(crate) const TWICE_ROWS_ONE_IN: u64 = 4;

/// Rows and bytes of an hour's segment that is small: what four records a second make. A day of such hours takes some megabytes.
pub(crate) const SMALL_HOUR_ROWS: u64 = 16 * 1024;
pub(crate) const SMALL_HOUR_BYTES: u64 = 512 * 1024;

/// Small segments of one day that are merged into one: fewer are not worth it.
pub(crate) const DAY_PILE: usize = 4;

/// Turns of rest for each of work: a compaction takes at most half of a core, and between two record batches whoever
/// waits for a core gets it.
pub(crate) const COMPACTION_RESTS: u32 = 1;

/// The first wait after a compaction that failed, in milliseconds. It doubles with each failure in a row, up to the next.
pub(crate) const COMPACTION_RETRY_MS: u64 = 1_000;

/// The longest wait after a compaction that failed: long enough to cost nothing, short enough that a disk with room
/// again is tidied within minutes.
pub(crate) const COMPACTION_RETRY_MS_MAX: u64 = 5 * 60 * 1_000;

/// How long a segment that could not be read (but was not found damaged) is left out of compaction, in milliseconds.
pub(crate) const SET_ASIDE_MS: u64 = 3_600_000;

/// How often it is looked whether the last snapshot has let go of a replaced segment, in milliseconds.
pub(crate) const DOOMED_LOOK_MS: u64 = 1_000;

/// How often it is looked whether something is not kept any more, in milliseconds: rows are kept for hours at least.
pub(crate) const RETENTION_LOOK_MS: u64 = 60_000;

/// How often the catalog is told what the clock shows and how far a wait for it has come, in milliseconds: of a day's wait, a crash costs a hundredth, and
/// a hundred small commits a day cost nothing.
pub(crate) const CLOCK_KEEP_MS: u64 = 15 * 60_000;

/// Bytes of a file that `verify` reads at once.
pub(crate) const VERIFY_BYTES: usize = 1024 * 1024;

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

/// Bytes of a text that a regular expression needs, below which it is not looked for: almost every granule has it, and parts of words cost a walk
/// through the dictionary.
pub(crate) const EXPRESSION_TEXT_BYTES_MIN: usize = 3;

/// Texts that a regular expression needs. Each is held against every template; a longer list would cost more than it saves.
pub(crate) const EXPRESSION_TEXTS_MAX: usize = 32;

/// Characters of a class, folded, that are written out in such texts: each is a text more.
pub(crate) const EXPRESSION_CLASS_CHARS_MAX: usize = 4;

/// Characters of a class that is folded for that. What has more has more than [`EXPRESSION_CLASS_CHARS_MAX`] folded too, for no more than four
/// characters are the same but for case.
pub(crate) const EXPRESSION_CLASS_FOLDED_MAX: u32 = 64;

/// Places in a template at which a regular expression that looks around is tried, before the verdict is left to the rows: each may go through all
/// of the template.
pub(crate) const EXPRESSION_PLACES_MAX: usize = 64;

/// Rows whose variables are searched together: they stay in the processor's cache.
pub(crate) const SIEVED_ROWS: usize = 256;

/// Bytes of what is looked for there. With more, text that repeats itself could make the search long, and less tells as much.
pub(crate) const NEEDLE_BYTES_MAX: usize = 64;

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
