//! Wire formats, both ways, to and from batches. Only this room names wire types.
//!
//! | module | what it holds |
//! |---|---|
//! | [`otlp`] | OTLP requests to batches, batches to OTLP, answers to senders |
//! | [`jsonl`] | files of OTLP/JSON lines: what a line holds, and moving its times |
//! | `json` | the OTLP/JSON mapping, reader and writer |
//! | `limits` | every limit of this room, each with its reason |
//!
//! There is one middle form, the message types of the `opentelemetry-proto` crate: protobuf and JSON
//! are read into it, and batches are built from it alone, so that the same data ends as the same rows
//! whatever form it came in. The way back is the same way.

mod json;
pub mod jsonl;
mod limits;
pub mod otlp;
