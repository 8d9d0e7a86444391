//! The 12-fold data: TrainTicket of the real data set, twelve times, with fresh ids and times of its own for each copy.
//!
//! | file | holds |
//! |---|---|
//! | `make` | the journey from the original to the files, and the counts that they must have |
//! | `source` | the original's OTLP/JSON lines, strictly: a field that is not known is an error, not a loss |
//! | `recipe` | what becomes of one request in copy `c` |
//!
//! The recipe. Copy `c` = 0 ... 11 of the whole file, one after the other: every time shifted by `c` x 8 hours, an
//! absent time stays absent; in copies 1 to 11 each trace id, span id and parent id replaced by the first 16 (8) bytes of
//! SHA-256 over `c` as one byte and the id's bytes, and in a log's body the record's own two ids replaced
//! likewise where they stand as hex text. Nothing else changes; requests stay as they are.
//!
//! The files hold one request after the other as protobuf behind four bytes of length, as the Collector's file
//! exporter writes them, so `clearspan import` reads them too. The OTLP/JSON of the original is read without the
//! product's own reader, so that a mistake there cannot hide in the data it is measured with.

mod make;
mod recipe;
mod source;

use std::path::{Path, PathBuf};

use clap::ValueEnum;

pub(crate) use make::{Made, Requests, make};

/// One signal of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Signal {
    /// TrainTicket's log records.
    Logs,
    /// TrainTicket's spans.
    Spans,
}

impl Signal {
    pub(crate) const BOTH: [Signal; 2] = [Signal::Logs, Signal::Spans];

    /// The name in file names and tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Signal::Logs => "logs",
            Signal::Spans => "spans",
        }
    }

    /// The path of OTLP over HTTP.
    pub(crate) fn otlp_path(self) -> &'static str {
        match self {
            Signal::Logs => "/v1/logs",
            Signal::Spans => "/v1/traces",
        }
    }

    /// The original file's name.
    fn original(self) -> &'static str {
        match self {
            Signal::Logs => "trainticket-logs.otlp.jsonl.zst",
            Signal::Spans => "trainticket-traces.otlp.jsonl.zst",
        }
    }

    /// What the whole data must hold.
    pub(crate) fn expected(self) -> Counts {
        match self {
            Signal::Logs => Counts {
                records: 2_072_664,
                repeats: None,
                bytes_per_record: Some(665),
            },
            Signal::Spans => Counts {
                records: 3_946_176,
                repeats: Some(93_360),
                bytes_per_record: None,
            },
        }
    }

    /// The file of the 12-fold data.
    pub(crate) fn path(self, cache: &Path) -> PathBuf {
        cache.join(format!("trainticket-x12-{}.frames", self.name()))
    }
}

/// What is known of the data beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Records.
    pub(crate) records: u64,
    /// Records identical to an earlier one, where that is known.
    pub(crate) repeats: Option<u64>,
    /// Mean size of a record in its request, in whole bytes, where that is known.
    pub(crate) bytes_per_record: Option<u64>,
}
