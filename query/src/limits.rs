//! Every limit of this room, each with its reason. Those of the search language stand in
//! [`crate::language::limits`].

use std::time::Duration;

use crate::QueryError;

/// Rows or traces of one page. Ten thousand full rows are some tens of megabytes of JSON.
pub const LIMIT_MAX: usize = 10_000;

/// Rows that are looked at so that a page can say how many match, unless it is asked to count or configured: a scan of these takes some tens of
/// milliseconds. Where more may match, the first rows are not held up for the count.
pub(crate) const COUNT_ROWS_MAX: u64 = 1024 * 1024;

/// Spans of the first window in which the traces of a page are looked for when it is not known how many match: a record batch of each segment that
/// lies in it is read anyway.
pub(crate) const FIRST_WINDOW_ROWS: u64 = 1024;

/// Rows on either side of one log record that are shown with it: some screens. Who wants more pages through log search.
pub const CONTEXT_ROWS_MAX: usize = 1_000;

/// Newest records whose fields are looked at when a query found nothing and names a field: some milliseconds.
pub(crate) const HINT_ROWS: usize = 16 * 1024;

/// Fields of theirs that are compared with it, or roots of traces with what a root was asked to be. Senders with more put what differs from record to record into names.
pub(crate) const HINT_KEYS_MAX: usize = 10_000;

/// Newest rows whose fields, or whose bodies, are counted while somebody types a query: some ten milliseconds, since texts are restored.
pub(crate) const COMPLETION_ROWS: u64 = 8 * 1024;

/// The same of the values of another field.
pub(crate) const COMPLETION_VALUES_ROWS: u64 = 32 * 1024;

/// The same of a field that is a narrow column of its own: of two million rows it takes as long.
pub(crate) const COMPLETION_NARROW_ROWS: u64 = 2 * 1024 * 1024;

/// Logs of one trace that are shown at once. A trace with more is a batch job, and its logs are
/// searched by `trace_id:` page by page.
pub const TRACE_LOGS_MAX: usize = 100_000;

/// Spans of one trace that are loaded at once: a gigabyte or so.
pub const TRACE_SPANS_MAX: u64 = 2_000_000;

/// Traces that a search may hold as matching while it runs: 16 bytes each and their table, so about
/// a hundred megabytes.
pub const MATCHING_TRACES_MAX: usize = 4_000_000;

/// Logs of one span that are shown at once: a panel beside the waterfall. The others are found by log search.
pub const SPAN_LOGS_MAX: usize = 1_000;

/// Rows of one trace that are read between two moments at which that may be stopped: some record batches.
pub const TRACE_ROWS_PER_READ: usize = 8_192;

/// Spans that are read at once of traces whose root no directory knows, to find it: a megabyte or two.
pub(crate) const ROOT_ROWS_PER_READ: u64 = 16 * 1024;

/// Events that a trace's skeleton shows as dots. More would be drawn over each other on any screen; each
/// span says itself that it has events.
pub const SKELETON_EVENTS_MAX: usize = 65_536;

/// Bytes of a name in a trace's skeleton: some screen widths. The whole name stands in the span itself.
pub const SKELETON_TEXT_BYTES_MAX: usize = 1_024;

/// Bytes of all names in one skeleton, each counted once: what a browser may still take.
pub const SKELETON_TEXTS_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Questions that read few rows and are worked on at once, beside all others. Each holds a few record batches; those of a full house of
/// people are answered in a moment.
pub const NEEDLES_MAX: usize = 8;

/// Exports that run at once. Each holds a snapshot and [`EXPORT_UNITS_BYTES_MAX`] for as long as its client reads.
pub const EXPORTS_MAX: usize = 8;

/// Rows of one piece of an export, which becomes one line of OTLP/JSON: as a Collector's batch.
pub const EXPORT_PIECE_ROWS_MAX: usize = 1_024;

/// Bytes of one piece, in columns: as OTLP/JSON it stays far below what a receiver takes as one request.
pub const EXPORT_PIECE_BYTES_MAX: usize = 1024 * 1024;

/// Bytes of one piece where each row is written with all that it shares with others, as its resource: a row of CSV
/// or of search carries it, and a resource may be as large as a request.
pub const EXPORT_PIECE_WRITTEN_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Bytes of decoded record batches that an export keeps, so that segments which overlap in time are not
/// decoded anew for every row; the one that is being read is kept whatever its size.
pub const EXPORT_UNITS_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Pieces that wait for a client, besides the one that is being made.
pub const EXPORT_PIECES_WAITING: usize = 1;

/// Tails that are open at once. Each holds a batch against its query whenever something is committed.
pub const TAILS_MAX: usize = 256;

/// Rows that a tail hands over in any second when it is not asked for another number: far more than anybody reads as they pass.
pub const TAIL_RATE_DEFAULT: usize = 500;

/// The largest number that may be asked for: what a browser's page still takes.
pub const TAIL_RATE_MAX: usize = 10_000;

/// Rows that a tail which goes on is given of what it has missed, the newest: some screens. All of it is found by a search.
pub const TAIL_BACKLOG_ROWS_MAX: usize = 1_000;

/// How often a tail says how far it is: proxies close a connection on which nothing comes for a minute.
pub(crate) const TAIL_BEAT_INTERVAL: Duration = Duration::from_secs(10);

/// Events that wait for the client of a tail, and rows of one event.
pub(crate) const TAIL_EVENTS_WAITING: usize = 64;
pub(crate) const TAIL_PIECE_ROWS: usize = 128;

/// Bytes of rows that wait for the client of a tail, unless one row alone has more: what passes in a second. All tails together take of the
/// memory of questions.
pub(crate) const TAIL_WAITING_BYTES_MAX: usize = 1024 * 1024;

/// Rows that a tail holds against its query between two moments at which others have their turn: a few milliseconds of the dearest query.
pub(crate) const TAIL_STEP_ROWS: usize = 1_024;

/// Durations that the percentiles of all services together may hold one by one while they are computed, 8 bytes each. More become sketches,
/// so that their percentiles are no longer exact.
pub const DURATIONS_MAX: usize = 1024 * 1024;

/// Durations of one minute, service, name, kind and status that are kept as they are in derived rows. Measured on TrainTicket, whose groups have six
/// spans in the median: with up to 16 all durations take 1.8 bytes a span, with up to 4 they take 1.1, with up to 2 they take 1.0.
pub(crate) const DURATIONS_KEPT_MAX: usize = 2;

/// Derived rows of one segment. A segment has a million rows or two; where a formula makes more of them than this, senders put what differs from
/// record to record into names, and the rows are read instead.
pub(crate) const DERIVED_ROWS_MAX: usize = 128 * 1024;

/// Bytes of all texts in the derived rows of one segment: as above.
pub(crate) const DERIVED_TEXT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Stretches of time that are read beside derived rows, each with a scan of its own. Where more are needed, one scan reads everything.
pub(crate) const TORN_RANGES_MAX: usize = 64;

/// Rows of a range that are read rather than added up from derived rows, unless configured: it takes milliseconds, and percentiles are exact.
pub(crate) const READ_ROWS_MAX: u64 = 8 * 1024;

/// Parts of a range in which the calls of each service are counted: a drawing has fewer points across.
pub const SERIES_BUCKETS_MAX: usize = 1_000;

/// Services that one answer lists. The rest of a sender's inventions would serve nobody.
pub const SERVICES_MAX: usize = 100_000;

/// Operations that one answer lists. A sender with more puts into names what belongs into attributes, and nobody reads such a list.
pub const OPERATIONS_MAX: usize = 100_000;

/// Kinds of exceptions that one answer lists, each with two texts: more are told apart by something that changes from one to the next.
pub const EXCEPTIONS_MAX: usize = 10_000;

/// Bytes of an exception's type, and of its frame, by which it is told apart: some lines of a page.
pub const EXCEPTION_TEXT_BYTES_MAX: usize = 512;

/// Bytes of a stack trace in which its top frame is looked for. That of some languages stands last, so both ends are looked at.
pub(crate) const STACK_BYTES_MAX: usize = 64 * 1024;

/// Edges that one answer lists: 300 services that all call each other have 90,000, and more names than that differ from call to call.
pub const EDGES_MAX: usize = 200_000;

/// Callers that one span may have, where several services sent spans under its parent's id or it has links: a batch of messages comes from
/// a few. Without a bound, spans that all share one id would be a quadratic number of calls.
pub(crate) const CALLERS_MAX: usize = 64;

/// Calls of spans that share one id that are held before those of one edge become one: there are few, unless somebody gives all spans one id.
pub(crate) const CALLS_MERGED: usize = 1024;

/// Trace ids that are compared at once to find the traces that lie in several parts: 32 MB with the room to sort them, and some tens of milliseconds.
pub(crate) const TRACES_COMPARED: usize = 1024 * 1024;

/// Rows of whole traces that are read at once to find out who calls whom: some megabytes, and a few milliseconds between two moments at which the
/// question may be stopped.
pub(crate) const EDGE_ROWS_PER_READ: usize = 16 * 1024;

/// Distinct values of all fields together, or names of fields, that one question may count.
pub const DISTINCT_MAX: usize = 1_000_000;

/// Bytes that they may take, tables included: half of what all plans together have, so that a field which is
/// different in every record cannot starve the other questions.
pub const DISTINCT_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Fields whose values are counted in one scan. A page shows fewer.
pub const FACETS_MAX: usize = 20;

/// Patterns that one question may hold, of those that no segment keeps half as many. The systems that were measured have some hundred; a sender whose
/// every body has a pattern of its own has no use for more.
pub const PATTERNS_MAX: usize = 100_000;

/// Bytes that patterns or values of variables may take in one question, half of it texts: half of what all plans have, as for distinct values.
pub(crate) const PATTERNS_BYTES_MAX: usize = 128 * 1024 * 1024;

/// What all rows of a segment come to is remembered where it has a pattern for so many rows or fewer patterns: otherwise the sums are no smaller than the
/// rows.
pub(crate) const PATTERNS_REMEMBERED_ONE_IN: u64 = 16;

/// Buckets of a pattern's rows over time: a drawing of a line's height has fewer points.
pub const PATTERN_BUCKETS_MAX: usize = 200;

/// Services of a pattern that are named, those with the most rows: a pattern is mostly one service's.
pub const PATTERN_SERVICES_MAX: usize = 5;

/// Bodies that are restored between two moments at which the question may be stopped. Those that have a pattern are at most 64 KiB each.
pub(crate) const SAMPLES_PER_READ: usize = 128;

/// Different values of one variable that are counted. Request ids have more, and nobody reads which.
pub const SLOT_VALUES_MAX: usize = 100_000;

/// Dictionaries for which a count remembers what it found: one for each partition of a scan, and as many
/// again that are about to be needed.
pub(crate) const DICTIONARIES_REMEMBERED: usize = 16;

/// Values of these dictionaries, and what was found for them, that one count remembers: some megabytes. Senders
/// whose resource is another one in every record would fill the memory otherwise.
pub(crate) const REMEMBERED_MAX: usize = 128 * 1024;

/// Batches that wait between a scan and whoever reads it: enough that neither waits long for the other.
pub const SCAN_BATCHES_WAITING: usize = 2;

/// How long a question works until it gives way to others and sees whether it should stop.
pub(crate) const WORK_TIME_MAX: Duration = Duration::from_millis(1);

/// Steps of a long computation between two moments at which it may be stopped: below a millisecond.
pub const STEPS_PER_YIELD: usize = 4_096;

/// Refuses a page size outside of 1 to [`LIMIT_MAX`].
pub(crate) fn check_limit(limit: usize) -> Result<(), QueryError> {
    check_within("limit", limit, LIMIT_MAX)
}

/// Refuses a number outside of 1 to `max`.
pub(crate) fn check_within(what: &'static str, limit: usize, max: usize) -> Result<(), QueryError> {
    if (1..=max).contains(&limit) {
        Ok(())
    } else {
        Err(QueryError::LimitOutOfRange { what, limit, max })
    }
}
