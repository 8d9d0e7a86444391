//! Whole requests through decoder and encoder.
//!
//! | file | what it holds |
//! |---|---|
//! | `generate.rs` | requests with everything that OTLP can carry, and much that it should not |
//! | `meaning.rs` | what of a request must come out again, whatever the order of its groups |
//! | `loosen.rs` | canonical JSON, rewritten with all the freedom that a sender has |
//! | `roundtrip.rs` | the properties: what goes in comes out, in each encoding |
//! | `hostile.rs` | random and mutated bytes, deep nesting |
//! | `real.rs` | real data, where it is at hand |
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub(super) mod generate;
mod hostile;
mod loosen;
mod meaning;
mod real;
mod roundtrip;

/// When the tests' requests arrive.
const ARRIVAL_NS: i64 = 1_700_000_000_000_000_000;
