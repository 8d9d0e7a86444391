//! The engine against a plain scan: random records are stored and asked for, in the memtable, in
//! segments, in both, and after a restart; every answer is held against one computed from the records
//! as they were generated, by the words of the HTTP API's description and no code of the engine.
//!
//! | file | what it holds |
//! |---|---|
//! | `random.rs` | numbers from a seed |
//! | `store.rs` | a store in a temporary folder whose loops are driven by hand |
//! | `unsynced.rs` | the real file system, without waiting for the disk |
//! | `records.rs` | random logs, as generated and as batches; a plain scan over them |
//! | `logs.rs` | log search |
//! | `complete.rs` | what may stand at a place of a query |
//! | `context.rs` | what stands around one log record |
//! | `counts.rs` | what logs hold |
//! | `minutes.rs` | sums of minutes against the rows they were made of |
//! | `one_service.rs` | operations and latency of one service |
//! | `patterns.rs`, `patterns/` | patterns of random bodies, against a plain splitter |
//! | `keys.rs` | attributes by key: filters, values, SQL |
//! | `texts.rs`, `texts/` | words, phrases, regular expressions and whole texts in every form of storage |
//! | `tail.rs` | logs as they are committed, and from a position on |
//! | `span_counts.rs` | what spans hold |
//! | `span_search.rs` | span search |
//! | `language/` | the whole search language, of logs and traces |
//! | `left_out.rs` | what was not read, and why |
//! | `templates.rs` | what templates decided |
//! | `sent.rs` | scans that are sent as bytes |
//! | `sql_where.rs` | WHERE that the leaf is asked against WHERE that it is not |
//! | `slt.rs` | SQL and searches as data, in `query/tests/slt/` |
//! | `spans.rs` | random traces, as generated and as batches |
//! | `traces.rs` | trace search, one trace whole, services |
//! | `roots.rs` | traces by their root |
//! | `scatter.rs` | traces as points |
//! | `calls.rs` | random spans that call each other, as generated and as batches |
//! | `dependencies.rs` | who calls whom |
//! | `skeleton/` | a trace's skeleton, read back from its bytes |
//! | `single.rs` | one span, one log record, the logs of one span |
//! | `export.rs`, `export_ends.rs` | exports; how they begin and end |
//! | `edge_sums.rs` | calls that were added up, against the rows |
//! | `damage.rs` | segments that cannot be read |
//! | `explain.rs` | plans as text |
//! | `memory.rs` | answers that find no memory |

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(
    clippy::disallowed_methods,
    reason = "a test prepares and damages real folders"
)]

mod calls;
mod complete;
mod context;
mod counts;
mod damage;
mod dependencies;
mod edge_sums;
mod explain;
mod export;
mod export_ends;
mod gone;
mod keys;
mod language;
mod left_out;
mod logs;
mod memory;
mod minutes;
mod one_service;
mod patterns;
mod random;
mod records;
mod roots;
mod scatter;
mod sent;
mod single;
mod skeleton;
mod slt;
mod span_counts;
mod span_search;
mod spans;
mod sql_where;
mod store;
mod tail;
mod templates;
mod texts;
mod traces;
mod unsynced;
