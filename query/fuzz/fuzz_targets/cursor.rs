//! Any bytes as cursors: none is read that would not be written so.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| clearspan_query::fuzzing::cursor(bytes));
