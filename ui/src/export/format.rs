//! A piece of an export as it is written.

use clearspan_proto::otlp::{encode_logs_json, encode_traces_json};
use clearspan_query::{ExportPiece, QueryError, Signal};

use super::csv;
use crate::error::ApiError;
use crate::json::push_log_row;

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Format {
    /// OTLP/JSON lines: one line for each piece, its records grouped by resource and scope. Nothing is lost.
    #[default]
    Otlp,
    /// The rows of log search, one a line.
    Ndjson,
    /// Log rows with fixed columns.
    Csv,
}

impl Format {
    /// What `format` may say for logs.
    pub(crate) const OF_LOGS: &str = "otlp, ndjson or csv";

    pub(crate) fn parse(text: &str) -> Option<Format> {
        match text {
            "otlp" => Some(Format::Otlp),
            "ndjson" => Some(Format::Ndjson),
            "csv" => Some(Format::Csv),
            _ => None,
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Format::Otlp | Format::Ndjson => "application/x-ndjson",
            Format::Csv => "text/csv; charset=utf-8; header=present",
        }
    }

    pub(super) fn extension(self) -> &'static str {
        match self {
            Format::Otlp => "otlp.jsonl",
            Format::Ndjson => "ndjson",
            Format::Csv => "csv",
        }
    }

    /// What stands before the first piece, also where there is none.
    pub(super) fn head(self) -> Result<Option<Vec<u8>>, ApiError> {
        match self {
            Format::Otlp | Format::Ndjson => Ok(None),
            Format::Csv => csv::head().map(Some),
        }
    }

    pub(super) fn write(self, piece: &ExportPiece) -> Result<Vec<u8>, ApiError> {
        match self {
            Format::Otlp => otlp_line(piece),
            Format::Ndjson => rows(piece),
            Format::Csv => csv::rows(piece),
        }
    }
}

fn otlp_line(piece: &ExportPiece) -> Result<Vec<u8>, ApiError> {
    let mut line = Vec::new();
    let encoded = match piece.signal() {
        Signal::Logs => encode_logs_json(piece.batches(), &mut line),
        Signal::Spans => encode_traces_json(piece.batches(), &mut line),
    };
    encoded.map_err(QueryError::from)?;
    line.push(b'\n');
    Ok(line)
}

fn rows(piece: &ExportPiece) -> Result<Vec<u8>, ApiError> {
    let mut lines = String::new();
    for rows in piece.log_rows() {
        for record in rows.records().map_err(QueryError::from)?.iter() {
            push_log_row(&record, &mut lines);
            lines.push('\n');
        }
    }
    Ok(lines.into_bytes())
}
