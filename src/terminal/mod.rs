//! `clearspan query` and `clearspan tail`: searching a running server from a terminal, once or for as long as records come.
//!
//! Exit status as of grep: 0 something was found, 1 nothing was, 2 something went wrong. Rows go to stdout and all else to stderr. What senders wrote
//! reaches a terminal only with its control characters made visible, since they could do there whatever a program can.
//!
//! | file | holds |
//! |---|---|
//! | `query` | the pages of a search, one after the other |
//! | `tail` | following, and going on when a connection is lost |
//! | `events` | server-sent events, as they arrive |
//! | `ask` | asking the server, and reading a page |
//! | `refusal` | why it does not answer, with the mistake marked in the query |
//! | `sink` | rows to stdout, in the form that was asked for |
//! | `log_line`, `trace_line` | one line for each row |
//! | `paint` | colours |
//! | `visible` | control characters made visible |

mod ask;
mod events;
mod log_line;
mod paint;
mod query;
mod refusal;
mod sink;
mod tail;
mod trace_line;
mod visible;

use std::future::Future;
use std::process::ExitCode;

use crate::cli::{QueryArgs, TailArgs};
use crate::output;

/// Exit status when nothing was found, and when something went wrong.
const EXIT_NOTHING: u8 = 1;
const EXIT_ERROR: u8 = 2;

/// Searches once.
pub(crate) fn query(args: &QueryArgs) -> anyhow::Result<ExitCode> {
    Ok(ended(query::run(args)))
}

/// Follows until it is stopped.
pub(crate) fn tail(args: &TailArgs) -> anyhow::Result<ExitCode> {
    Ok(ended(tail::run(args)))
}

/// What there was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Some,
    Nothing,
}

impl Found {
    fn of(rows: u64) -> Self {
        match rows {
            0 => Found::Nothing,
            _ => Found::Some,
        }
    }
}

fn ended(outcome: anyhow::Result<Found>) -> ExitCode {
    match outcome {
        Ok(Found::Some) => ExitCode::SUCCESS,
        Ok(Found::Nothing) => ExitCode::from(EXIT_NOTHING),
        Err(error) => {
            output::error(&format!("{error:#}"));
            ExitCode::from(EXIT_ERROR)
        }
    }
}

fn run_to_end<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(work)
}
