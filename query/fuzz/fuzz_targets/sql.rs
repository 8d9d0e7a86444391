//! Any text as SQL: it is read and its parameters are bound, or it is refused.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| clearspan_query::fuzzing::sql(text));
