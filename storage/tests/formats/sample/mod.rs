//! A store with something of everything that can lie on disk, made from a seed, and what its rows are.
//!
//! Hours go by in which records of both signals are appended and flushed. When the store is left, those of the hours that are over lie in
//! `rows.parquet` (where the program merges segments), those of the last hour in `rows.arrow`, and the last of all in the write-ahead log.
//!
//! It is compiled into the tests of formats and into the example `sample_store`, which writes it out for programs in other languages and for
//! fixtures. Nothing in it depends on the program's version beyond the face of `Storage`.
//!
//! | file | what it holds |
//! |---|---|
//! | `store` | [`House`]: a store whose time is set by hand; [`Sample`]: what it is filled with |
//! | `records`, `values` | random records; their values |
//! | `dump` | rows as JSON |
//! | `random` | numbers from a seed |

mod dump;
mod random;
mod records;
mod store;
mod values;

pub(crate) use dump::rows_of;
pub(crate) use store::{House, START_NS, Sample};

/// How odd records are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// As from a well-behaved system.
    Calm,
    /// Everything that the schema can hold.
    Wild,
}
