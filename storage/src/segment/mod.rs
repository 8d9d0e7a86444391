//! Segments: immutable folders of rows that a flush has written.
//!
//! A segment holds rows of one signal of one tenant in one partition (an hour, or `odd`). Its rows
//! lie in a container file of record batches; beside it stand the text index over its granules, the
//! id filters and, for spans, the trace directory. `meta.json` lists the files with their checksums
//! and where each record batch lies. Everything but the rows is an aid: a segment whose `text.idx`,
//! `filters.bin` or `traces.dir` is gone answers the same, from more reading.
//!
//! | file | what it holds |
//! |---|---|
//! | `meta.rs` | [`SegmentMeta`]: what `meta.json` says |
//! | `container.rs` | the trait over row files |
//! | `arrow_file.rs` | the container as Arrow IPC file, zstd-compressed: what a flush writes |
//! | `writer.rs` | from sorted rows to a durable folder |
//! | `reader.rs` | [`Segment`]: a folder, opened lazily, each byte checked before it is believed |
//! | `cache.rs` | opened files, bounded in bytes over all segments |
//! | `trace_directory.rs` | [`TraceDirectory`] |
//! | `trace_codec.rs` | its file |
//! | `shape/` | how rows lie in narrower columns, and come back |
//! | `error.rs` | [`SegmentError`] |

mod arrow_file;
mod cache;
mod container;
mod error;
mod meta;
mod reader;
pub mod shape;
mod trace_codec;
mod trace_directory;
mod writer;

#[cfg(test)]
mod tests;

pub use error::SegmentError;
pub use meta::SegmentMeta;
pub use reader::Segment;
pub use trace_directory::{RootEntry, TraceDirectory, TraceEntry};

pub(crate) use cache::SegmentCache;
pub(crate) use writer::{NewSegment, index_rows, write_segment};
