//! Rows to stdout, in the form that was asked for.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use anyhow::Context;

use super::log_line::LogRow;
use super::paint::Paint;
use super::trace_line::TraceRow;
use super::visible::{visible_but, visible_json};
use crate::cli::{FormArg, ShownArgs, StoredSignalArg};

/// Whether anybody still reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(super) enum Reader {
    Reads,
    /// As `head` when it has enough.
    Left,
}

/// Where rows go.
pub(super) struct Sink {
    out: BufWriter<Stdout>,
    signal: StoredSignalArg,
    form: FormArg,
    paint: Paint,
    is_terminal: bool,
    rows: u64,
}

impl Sink {
    pub(super) fn new(shown: &ShownArgs, signal: StoredSignalArg) -> Self {
        let stdout = io::stdout();
        let is_terminal = stdout.is_terminal();
        Sink {
            out: BufWriter::new(stdout),
            signal,
            form: shown.output,
            paint: Paint::new(shown.color, is_terminal),
            is_terminal,
            rows: 0,
        }
    }

    /// Rows so far.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// One row, as the API gives it.
    pub(super) fn row(&mut self, row: &str) -> anyhow::Result<Reader> {
        let mut line = self.line(row).context("a row cannot be read")?;
        line.push('\n');
        self.rows += 1;
        still_reads(self.out.write_all(line.as_bytes()))
    }

    /// What was written is there for whoever waits for it.
    pub(super) fn flush(&mut self) -> anyhow::Result<Reader> {
        still_reads(self.out.flush())
    }

    fn line(&self, row: &str) -> serde_json::Result<String> {
        Ok(match (self.form, self.signal) {
            (FormArg::Text, StoredSignalArg::Logs) => {
                serde_json::from_str::<LogRow<'_>>(row)?.line(self.paint)
            }
            (FormArg::Text, StoredSignalArg::Traces) => {
                serde_json::from_str::<TraceRow>(row)?.line(self.paint)
            }
            (FormArg::Raw, StoredSignalArg::Logs) => {
                let body = serde_json::from_str::<LogRow<'_>>(row)?.body();
                match self.is_terminal {
                    true => visible_but(&body, &['\n', '\t']),
                    false => body,
                }
            }
            (FormArg::Raw, StoredSignalArg::Traces) => {
                serde_json::from_str::<TraceRow>(row)?.trace_id
            }
            (FormArg::Jsonl, _) if self.is_terminal => visible_json(row),
            (FormArg::Jsonl, _) => row.to_owned(),
        })
    }
}

fn still_reads(written: io::Result<()>) -> anyhow::Result<Reader> {
    match written {
        Ok(()) => Ok(Reader::Reads),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Left),
        Err(error) => Err(error).context("the standard output cannot be written"),
    }
}
