//! Span search: spans one by one, where trace search finds the traces they belong to.
//!
//! The query is asked of each span by itself, and `{...}` groups, which tell the spans of a trace apart, are brackets. A span is placed by its
//! start, else by its arrival.
//!
//! | file | what it holds |
//! |---|---|
//! | `search.rs` | the search: its plan, the page, the count |
//! | `page.rs` | [`SpanKey`], where a span stands in the order; the first spans by duration |
//! | `found.rs` | [`FoundSpans`]: the rows of an answer, without Arrow |

mod found;
mod page;
mod search;

use clearspan_storage::scan::{MissingSegment, ScanStats};

pub use found::{FoundSpan, FoundSpans};

pub(crate) use page::SpanKey;
pub(crate) use search::search;

use crate::AskedRange;

/// What spans are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SpanSortKey {
    /// Where the span is placed.
    #[default]
    Start,
    /// Its duration; spans without one are below all others.
    Duration,
}

/// The order of spans. Of equal durations the start decides, and of equal starts the arrival, all in the same direction, so that it is total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanSort {
    /// What to sort by.
    pub by: SpanSortKey,
    /// Largest first.
    pub descending: bool,
}

/// Newest first.
impl Default for SpanSort {
    fn default() -> Self {
        SpanSort {
            by: SpanSortKey::Start,
            descending: true,
        }
    }
}

impl SpanSort {
    /// `start` or `duration`; a `-` before it for largest first.
    pub fn parse(text: &str) -> Option<SpanSort> {
        let (name, descending) = text
            .strip_prefix('-')
            .map_or((text, false), |name| (name, true));
        let by = match name {
            "start" => SpanSortKey::Start,
            "duration" => SpanSortKey::Duration,
            _ => return None,
        };
        Some(SpanSort { by, descending })
    }
}

/// A search for spans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpansRequest {
    /// A query of the search language; empty for every span.
    pub query: String,
    /// The range, over the starts of spans.
    pub range: AskedRange,
    /// The order.
    pub sort: SpanSort,
    /// Rows of one page, from 1 to [`crate::limits::LIMIT_MAX`].
    pub limit: usize,
    /// `next_cursor` of the page before this one; the rest of the request must be the same as then.
    pub cursor: Option<String>,
    /// Whether the answer waits for [`SpansAnswer::matched`], however long that takes.
    pub count: bool,
}

/// A page of spans.
#[derive(Debug)]
pub struct SpansAnswer {
    /// The spans, in the order asked for.
    pub rows: FoundSpans,
    /// Where the next page starts; `None` when this one is the last.
    pub next_cursor: Option<String>,
    /// Spans that match, in the whole range, on whatever page. `None` where that would take longer than the page, and
    /// [`SpansRequest::count`] does not ask for it; the same request knows it when it is asked again.
    pub matched: Option<u64>,
    /// What was read.
    pub stats: ScanStats,
    /// Segments that could not be read and may hold matching spans. Not empty: the answer is partial.
    pub missing: Vec<MissingSegment>,
    /// What may help whoever asked, as sentences.
    pub hints: Vec<String>,
}
