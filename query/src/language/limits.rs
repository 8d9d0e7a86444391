//! The bounds of a query, each with its reason.

/// Bytes of a query. A pasted list of a thousand trace ids takes 40 KB.
pub const QUERY_BYTES_MAX: usize = 64 * 1024;

/// Parentheses inside each other. The parser, the printer and the matcher recurse once per level, and
/// two hundred small frames fit any thread's stack.
pub const DEPTH_MAX: usize = 100;

/// Conditions (words, phrases and tests of fields) in one query. Each may look at every row.
pub const CONDITIONS_MAX: usize = 4096;

/// Regular expressions in one query: with [`REGEX_BYTES_MAX`] this bounds what a query can hold.
pub const REGEXES_MAX: usize = 32;

/// Bytes of one compiled regular expression. Unicode's `\w` repeated forty times still fits.
pub const REGEX_BYTES_MAX: usize = 4 << 20;

/// Mistakes that are told of one query. Who has made as many looks at the first ones.
pub const MISTAKES_MAX: usize = 100;
