//! The HTTP API over a real store, in this process: the store's loops and its clock are driven by hand, so that a
//! test says itself what is in a memtable and what in a segment.
//!
//! | file | what it holds |
//! |---|---|
//! | `server.rs` | the store, the API on a port, and a client |
//! | `logs.rs` | log search: rows, pages, cursors, what is refused |
//! | `complete.rs` | what may stand at a place of a query |
//! | `context.rs` | what stands around one log record |
//! | `counts/` | logs counted over time, by field and by value |
//! | `patterns.rs` | patterns of logs, and the values of their variables |
//! | `traces.rs` | trace search, one trace, its logs, services |
//! | `trace_roots.rs` | trace search by root, traces as points |
//! | `one_service.rs` | operations, latency and exceptions of one service |
//! | `spans.rs` | span search: columns, pages, what is refused |
//! | `sql/` | SQL: every column, functions, limits, hostile queries, formats |
//! | `export.rs` | exports |
//! | `roundtrip.rs` | what is exported is what was sent |
//! | `damage.rs` | answers that are not whole, and faults inside |

mod complete;
mod context;
mod counts;
pub(crate) mod damage;
mod export;
mod logs;
mod one_service;
mod patterns;
mod roundtrip;
pub(crate) mod server;
mod spans;
mod sql;
mod trace_roots;
mod traces;
