//! Whole-program tests: the real binary and real clients, and the tidiness of the source tree itself.
//!
//! One test binary, so that the program's dependencies are linked once.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and it drives the real disk, clock and environment"
)]

mod integration {
    mod api;
    mod bad_input;
    mod cli;
    mod crash;
    mod flood;
    mod pages;
    mod support;
    mod tail;
    mod tidy;
}
