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

/// Characters of a request that an error message repeats.
pub(crate) const SHOWN_CHARS_MAX: usize = 80;

/// Rows of an answer when the request names no limit.
pub(crate) const LOGS_LIMIT_DEFAULT: usize = 100;

/// Traces of an answer when the request names no limit.
pub(crate) const TRACES_LIMIT_DEFAULT: usize = 20;
