//! Segments: immutable folders of rows that a flush or a compaction has written.
//!
//! A segment holds rows of one signal of one tenant in one partition (an hour, or `odd`). Its rows
//! lie in a container file of record batches; beside it stand the text index over its granules, the
//! id filters and, for spans, the trace directory. `meta.json` lists the files with their checksums
//! and which rows make each record batch. Everything but the rows is an aid: a segment whose `text.idx`,
//! `filters.bin`, `traces.dir` or derived rows are gone answers the same, from more reading.
//!
//! | file | what it holds |
//! |---|---|
//! | `meta.rs` | [`SegmentMeta`]: what `meta.json` says |
//! | `container.rs` | [`Container`]: the files that can hold rows, and the trait over them |
//! | `arrow_file.rs` | the container as Arrow IPC file, zstd-compressed: what a flush writes |
//! | `parquet_writer.rs`, `parquet_columns.rs` | the container as Parquet file, which compaction writes; how its columns are encoded |
//! | `parquet_file.rs`, `parquet_pages.rs` | its reader; its pages |
//! | `block_sums.rs`, `checked_read.rs` | checksums of a file's blocks, and reading by them |
//! | `writer.rs` | [`SegmentWriter`]: from sorted rows to a durable folder |
//! | `row_writer.rs`, `steps.rs`, `row_texts.rs` | its parts: the row file in either container; rows in small steps; what of a row is indexed |
//! | `shaped_rows.rs` | its rows in their stored columns |
//! | `batch_texts.rs` | the texts of a record batch, searched by templates first |
//! | `sieve.rs` | rows that templates do not decide, sieved by their variables |
//! | `decompressors.rs` | decompressors that are kept from read to read |
//! | `folder.rs` | the steps that make a folder durable |
//! | `reader.rs` | [`Segment`]: a folder, opened lazily, each byte checked before it is believed |
//! | `rows.rs` | its rows, read |
//! | `derived_rows.rs` | the rows that formulas have derived, read |
//! | `remembered.rs` | what others worked out of its rows, kept in the same cache |
//! | `attributes.rs` | what is known of attributes without reading rows |
//! | `verify.rs` | every byte of a segment checked; the fault that a reader found |
//! | `cache.rs` | opened files, bounded in bytes over all segments |
//! | `trace_directory.rs`, `trace_builder.rs` | [`TraceDirectory`], and how it is made |
//! | `trace_codec.rs` | its file |
//! | `shape/` | [`shape::Shape`]: how rows lie in narrower columns, and come back |
//! | `error.rs` | [`SegmentError`] |

mod arrow_file;
mod attributes;
mod batch_texts;
mod block_sums;
mod cache;
mod checked_read;
mod container;
mod decompressors;
mod derived_rows;
mod error;
mod folder;
mod meta;
mod parquet_columns;
mod parquet_file;
mod parquet_pages;
mod parquet_writer;
mod reader;
mod remembered;
mod row_texts;
mod row_writer;
mod rows;
pub mod shape;
mod shaped_rows;
mod sieve;
mod steps;
mod trace_builder;
mod trace_codec;
mod trace_directory;
mod verify;
mod writer;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod tests;

pub use container::Container;
pub use error::SegmentError;
pub use meta::SegmentMeta;
pub use reader::Segment;
pub use trace_directory::{RootEntry, TraceDirectory, TraceEntry};

pub(crate) use attributes::scopes_have_attributes;
pub(crate) use batch_texts::{BatchTexts, TemplateOrBody};
pub(crate) use cache::SegmentCache;
pub(crate) use row_texts::index_rows;
pub(crate) use writer::{NewSegment, SegmentWriter, WrittenSegment, write_segment};
