//! Storage alone, measured through its public face: no server, no wire format, no query language, one thread.
//!
//! The data is made from a seed: 200,000 logs and 200,000 spans of one hour. `flushed` is what four flushes have written, `rows.arrow`;
//! `compacted` is the same after a compaction, `rows.parquet`. With `CLEARSPAN_BENCH_DATA=FOLDER` the benches that read run over a copy of that
//! data folder instead. Files are in the page cache throughout: what is measured is the work, not the disk.
//!
//! | file | measures |
//! |---|---|
//! | `write.rs` | the write-ahead log, flushes, compactions |
//! | `read.rs` | granules, scattered rows, scans, traces |
//! | `text.rs` | exact counts of texts, cold and warm, and what the text index leaves to read |
//!
//! | file | holds |
//! |---|---|
//! | `corpus.rs` | what is read: made or given |
//! | `store.rs` | a store whose loops run when told |
//! | `logs.rs`, `spans.rs` | records from a seed |
//! | `searches.rs` | the texts that are looked for |

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement has nobody to give an error to, and reads the environment, the disk and the real clock"
)]

mod corpus;
mod logs;
mod read;
mod searches;
mod spans;
mod store;
mod text;
mod write;

use std::time::Duration;

use criterion::Criterion;

use corpus::Corpus;

/// Some seventy benches: with criterion's own settings they would take a quarter of an hour.
const SAMPLES: usize = 30;
const WARM_UP: Duration = Duration::from_secs(1);
const TIME: Duration = Duration::from_secs(3);

/// The data folder over which to read.
const DATA: &str = "CLEARSPAN_BENCH_DATA";

fn main() {
    let criterion = Criterion::default().sample_size(SAMPLES);
    let criterion = criterion.warm_up_time(WARM_UP).measurement_time(TIME);
    let mut criterion = criterion.configure_from_args();
    let corpora = match std::env::var_os(DATA) {
        Some(folder) => vec![Corpus::given(folder.as_ref())],
        None => {
            write::run(&mut criterion);
            Corpus::made()
        }
    };
    for corpus in &corpora {
        corpus.describe();
        read::run(&mut criterion, corpus);
        text::run(&mut criterion, corpus);
    }
    criterion.final_summary();
}
