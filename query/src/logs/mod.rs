//! Log search: what is asked and what is answered.
//!
//! | file | what it holds |
//! |---|---|
//! | `record.rs` | [`LogRows`], [`LogRecord`]: the rows of an answer, without Arrow; [`LogId`] |
//! | `search.rs` | the search: its plan, the page, the count |
//! | `one.rs` | one record by its id |
//! | `context.rs`, `same.rs` | what stands around one record; which records are of its service and instance |
//! | `newest.rs` | a page from as few rows as will do |

mod context;
mod newest;
mod one;
mod record;
mod same;
mod search;

use clearspan_storage::scan::{MissingSegment, ScanStats};

pub use context::{ContextAnswer, ContextRequest, Same};
pub use record::{LogId, LogRecord, LogRecords, LogRows};

pub(crate) use context::context;
pub(crate) use newest::first_rows;
pub(crate) use one::log;
pub(crate) use search::search;

use crate::{AskedRange, QueryError};

/// The order of rows: by the time at which a record is placed, then by arrival, both in the same
/// direction. It is total: no two rows are equal in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Order {
    /// Oldest first.
    Ascending,
    /// Newest first.
    #[default]
    Descending,
}

impl Order {
    /// `asc` or `desc`.
    pub fn parse(text: &str) -> Option<Order> {
        match text {
            "asc" => Some(Order::Ascending),
            "desc" => Some(Order::Descending),
            _ => None,
        }
    }

    /// The opposite direction.
    #[must_use]
    pub fn reversed(self) -> Order {
        match self {
            Order::Ascending => Order::Descending,
            Order::Descending => Order::Ascending,
        }
    }
}

/// A search for logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogsRequest {
    /// A query of the search language; empty for every record.
    pub query: String,
    /// The range, over event times, else observed times.
    pub range: AskedRange,
    /// The order.
    pub order: Order,
    /// Rows of one page, from 1 to [`crate::limits::LIMIT_MAX`].
    pub limit: usize,
    /// `next_cursor` of the page before this one; the rest of the request must be the same as then.
    pub cursor: Option<String>,
    /// Whether the answer waits for [`LogsAnswer::matched`], however long that takes.
    pub count: bool,
}

/// A page of logs.
#[derive(Debug)]
pub struct LogsAnswer {
    /// The rows, in the order asked for.
    pub rows: LogRows,
    /// Where the next page starts; `None` when this one is the last.
    pub next_cursor: Option<String>,
    /// Where the rows before this page's first start: the `cursor` of the same request in the opposite order. `None` on a
    /// page without a row, and on the one that was asked for without a cursor.
    pub prev_cursor: Option<String>,
    /// Records that match, in the whole range, on whatever page. `None` where that would take longer than the page, and
    /// [`LogsRequest::count`] does not ask for it.
    pub matched: Option<u64>,
    /// What was read.
    pub stats: ScanStats,
    /// Segments that could not be read and may hold matching rows. Not empty: the answer is partial.
    pub missing: Vec<MissingSegment>,
    /// What may help whoever asked, as sentences.
    pub hints: Vec<String>,
}

impl LogsAnswer {
    /// How many match, for who asked for the count.
    pub fn counted(&self) -> Result<u64, QueryError> {
        self.matched.ok_or_else(uncounted)
    }
}

/// An answer lacks the count that was asked for.
pub(crate) fn uncounted() -> QueryError {
    QueryError::Internal("an answer came without the count that was asked for".into())
}
