//! The exceptions of a service, by type and by where they were thrown.

use clearspan_query::ExceptionRow;

use super::format;
use crate::pages::frame::Frame;
use crate::pages::view::{Link, View};

/// Characters of a message that one line has room for.
const MESSAGE_CHARS: usize = 300;

pub(super) struct Exceptions {
    pub(super) rows: Vec<Row>,
    /// Those for which there is no room.
    pub(super) left: usize,
}

pub(super) struct Row {
    pub(super) kind: String,
    pub(super) frame: String,
    pub(super) message: String,
    pub(super) count: String,
    pub(super) last: String,
    pub(super) last_at: String,
    pub(super) first_at: String,
    pub(super) trace: Link,
}

impl Exceptions {
    pub(super) fn new(exceptions: Vec<ExceptionRow>, frame: &Frame, most: usize) -> Self {
        let left = exceptions.len().saturating_sub(most);
        let rows = exceptions.into_iter().take(most).map(|row| Row {
            count: format::count(row.count),
            last: format::ago(row.last_ns, frame.range.now_ns),
            last_at: format::rfc3339(row.last_ns),
            first_at: format::rfc3339(row.first_ns),
            trace: View::at(format!("/trace/{}", hex::encode(row.exemplar_trace_id))).link(),
            kind: row.exception_type,
            frame: row.frame.unwrap_or_default(),
            message: row
                .message
                .unwrap_or_default()
                .chars()
                .take(MESSAGE_CHARS)
                .collect(),
        });
        Exceptions {
            rows: rows.collect(),
            left,
        }
    }
}
