//! Every limit of this room, each with its reason. Those of questions stand in [`clearspan_query::limits`].

use std::time::Duration;

/// Bytes of a URL's path and query. Proxies and browsers cut longer ones without saying so; a longer
/// question goes into a body.
pub(crate) const URL_BYTES_MAX: usize = 8 * 1024;

/// Bytes of a body with parameters. A query of the greatest length, escaped throughout, still fits.
pub(crate) const BODY_BYTES_MAX: usize = 512 * 1024;

/// Bytes of a body that is too large are read and thrown away up to this many: a client that is still
/// sending when the connection closes would see the connection break instead of the answer.
pub(crate) const BODY_BYTES_DISCARDED_MAX: usize = 16 * 1024 * 1024;

/// How long a body may take to arrive. It has a few kilobytes.
pub(crate) const BODY_TIME_MAX: Duration = Duration::from_secs(30);

/// Bytes that a client may still send after a request that is no HTTP, for the same reason as above.
pub(crate) const LINGER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How long such a client may take to finish.
pub(crate) const LINGER_TIME_MAX: Duration = Duration::from_secs(2);

/// How long a client may take no byte of an answer. It is gone, or stuck, and what it was to get is given up.
pub(crate) const WRITE_STALL_MAX: Duration = Duration::from_secs(60);

/// Characters of a request that an error message repeats.
pub(crate) const SHOWN_CHARS_MAX: usize = 80;

/// Requests that are remembered because their answer did not say how many match, 8 bytes each: whoever sends one of them again is told.
pub(crate) const UNCOUNTED_REMEMBERED: usize = 1024;

/// Rows of an answer when the request names no limit.
pub(crate) const LOGS_LIMIT_DEFAULT: usize = 100;

/// Rows on either side of a log record when the request names no number.
pub(crate) const CONTEXT_ROWS_DEFAULT: usize = 20;

/// Spans of an answer when the request names no limit.
pub(crate) const SPANS_LIMIT_DEFAULT: usize = 100;

/// Traces of an answer when the request names no limit.
pub(crate) const TRACES_LIMIT_DEFAULT: usize = 20;

/// Points of a scatter when the request names no number: more lie on each other on any screen.
pub(crate) const POINTS_DEFAULT: usize = 2_000;

/// Buckets of a histogram when the request names no number.
pub(crate) const BUCKETS_DEFAULT: usize = 60;

/// Fields of an answer when the request names no limit.
pub(crate) const FIELDS_LIMIT_DEFAULT: usize = 1_000;

/// Values of a field when the request names no limit.
pub(crate) const VALUES_LIMIT_DEFAULT: usize = 100;

/// Values of each of several fields when the request names no limit: what a page shows beside its rows.
pub(crate) const FACET_VALUES_LIMIT_DEFAULT: usize = 10;

/// Choices at a place of a query when the request names no limit: what a list under a search box shows.
pub(crate) const CHOICES_LIMIT_DEFAULT: usize = 20;

/// Patterns of an answer when the request names no limit.
pub(crate) const PATTERNS_LIMIT_DEFAULT: usize = 100;

/// Buckets of a pattern's rows over time when the request names no number: a line's height of a table.
pub(crate) const PATTERN_BUCKETS_DEFAULT: usize = 30;

/// Values of each variable of a pattern when the request names no limit.
pub(crate) const SLOT_VALUES_LIMIT_DEFAULT: usize = 10;

/// Services of one page, each with two drawings: a page of thousands keeps a browser busy for half a second.
pub(crate) const SERVICES_TABLE_ROWS: usize = 500;

/// Spans of one page of a trace's table: what a browser lays out at once, and a reader takes in.
pub(crate) const TRACE_TABLE_ROWS: usize = 200;

/// Attributes that the panel of a span lists for each of its levels; the raw span has all.
pub(crate) const PANEL_PAIRS_MAX: usize = 500;

/// Bytes of an attribute's value or of a message that the panel of a span shows: two screens.
pub(crate) const PANEL_VALUE_BYTES_MAX: usize = 4 * 1024;

/// Bytes of a stack trace that the panel of a span shows: some hundreds of lines.
pub(crate) const PANEL_STACK_BYTES_MAX: usize = 32 * 1024;

/// Events, links and logs that the panel of a span lists of each; the raw span has all events and links, the log page all
/// logs.
pub(crate) const PANEL_ENTRIES_MAX: usize = 200;

/// Bytes of the raw span that the panel shows; the trace as OTLP has all.
pub(crate) const PANEL_RAW_BYTES_MAX: usize = 256 * 1024;

/// Nodes of a map that are drawn without being asked for more than a part: of more nobody finds one by eye.
pub(crate) const MAP_WHOLE_NODES_MAX: usize = 80;

/// Nodes of a map that are drawn at once, for a reader who asks for all.
pub(crate) const MAP_NODES_MAX: usize = 400;

/// Edges of a map that are drawn at once. Each is some 500 bytes of HTML.
pub(crate) const MAP_EDGES_MAX: usize = 2_000;

/// Rows of one page of a map's table.
pub(crate) const MAP_TABLE_ROWS: usize = 200;

/// Edges that the panel of a node lists of each kind; the table has all.
pub(crate) const MAP_PANEL_ROWS_MAX: usize = 60;

/// Services without an edge that a map's table names; the list of services has all.
pub(crate) const MAP_LONE_NAMES_MAX: usize = 200;

/// Operations of one page of a service.
pub(crate) const SERVICE_OPERATIONS_ROWS: usize = 50;

/// Kinds of exceptions on a service's page, the most frequent; more than these nobody reads before mending the first.
pub(crate) const SERVICE_EXCEPTIONS_MAX: usize = 30;

/// Callers, and callees, on a service's page, the busiest; the map has all.
pub(crate) const SERVICE_RELATIONS_MAX: usize = 60;
