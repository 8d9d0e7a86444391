//! Completion: what may stand at a place of a query, from what the rows hold.
//!
//! 1. The text before the place says what is being typed there ([`completion_at`]), however broken the query is.
//! 2. Fields and values are those of the newest rows of the range, so that they are there before the next key is pressed.
//! 3. Of these the ones are offered that begin with what was typed, in whatever case, each written so that it is read as what it is.
//!
//! | file | what it holds |
//! |---|---|
//! | `mod.rs` | what is asked and answered, and the way to it |
//! | `offer.rs` | what fields, values and operators are offered |

mod offer;

use std::ops::Range;

use clearspan_storage::scan::{MissingSegment, ScanStats};

use crate::count::{Newest, newest_fields, newest_values};
use crate::engine::Session;
use crate::exec::unread;
use crate::language::limits::QUERY_BYTES_MAX;
use crate::language::{Mistake, Place, Query, completion_at};
use crate::limits::check_limit;
use crate::{AskedRange, QueryError};

use offer::Offer;

/// A question for what may stand at a place of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletionRequest {
    /// The query, however broken.
    pub query: String,
    /// The place, in characters from 0; beyond the end, or absent, at the end.
    pub position: Option<usize>,
    /// The range whose newest rows are looked at.
    pub range: AskedRange,
    /// Choices, from 1 to [`crate::limits::LIMIT_MAX`].
    pub limit: usize,
}

/// What may stand there.
#[derive(Debug)]
pub struct CompletionAnswer {
    /// What kind of place it is.
    pub kind: CompletionKind,
    /// The choices: operators, then what most rows have.
    pub items: Vec<CompletionItem>,
    /// The characters, from 0, that each of them replaces.
    pub replace: Range<usize>,
    /// All that is wrong with the query.
    pub mistakes: Vec<Mistake>,
    /// How many rows were counted.
    pub counted_rows: u64,
    /// Whether these are all of the range.
    pub counted_all: bool,
    /// What was read.
    pub stats: ScanStats,
    /// Segments that could not be read and may hold rows that would have been counted. Not empty: the answer is partial.
    pub missing: Vec<MissingSegment>,
}

/// What may stand at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompletionKind {
    /// A field, or a word.
    Field,
    /// `AND`, `OR`, or what follows without.
    Operator,
    /// A value of a field.
    Value,
    /// Nothing that could be known.
    Nothing,
}

impl CompletionKind {
    /// Its name in an answer.
    pub fn name(self) -> &'static str {
        match self {
            CompletionKind::Field => "field",
            CompletionKind::Operator => "operator",
            CompletionKind::Value => "value",
            CompletionKind::Nothing => "nothing",
        }
    }
}

/// One choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletionItem {
    /// What is written in place of what it replaces.
    pub insert: String,
    /// What it is called.
    pub label: String,
    /// The rows that have it, of those that were counted; `None` of an operator.
    pub count: Option<u64>,
}

pub(crate) async fn complete(
    session: Session,
    request: CompletionRequest,
) -> Result<CompletionAnswer, QueryError> {
    check_limit(request.limit)?;
    let signal = session.snapshot.signal();
    let range = request.range.resolve(session.now_ns)?;
    let mistakes = Query::recover(&request.query, signal).mistakes;
    let is_read = request.query.len() <= QUERY_BYTES_MAX;
    let text = if is_read { request.query.as_str() } else { "" };
    let at = request.position.unwrap_or(usize::MAX);
    let completion = completion_at(text, at, signal);
    let mut offer = Offer::new(&completion, request.limit);
    let mut newest = Newest::default();
    let (kind, field) = match &completion.place {
        _ if !is_read => (CompletionKind::Nothing, None),
        Place::Nothing => (CompletionKind::Nothing, None),
        Place::Condition => (CompletionKind::Field, None),
        Place::Operator => (CompletionKind::Operator, completion.values_of.as_ref()),
        Place::Value(field) => (CompletionKind::Value, Some(field)),
    };
    if kind == CompletionKind::Operator {
        offer.operators();
    }
    match (kind, field) {
        (CompletionKind::Nothing, _) => {}
        (_, Some(field)) => {
            let (values, counted) = newest_values(&session, range, field).await?;
            newest = counted;
            offer.values(&values);
        }
        (_, None) => {
            let (fields, counted) = newest_fields(&session, range).await?;
            newest = counted;
            offer.fields(fields, signal);
        }
    }
    Ok(CompletionAnswer {
        kind,
        items: offer.items,
        replace: completion.replace,
        mistakes,
        counted_rows: newest.rows,
        counted_all: newest.are_all,
        stats: session.stats(&newest.tally.stats),
        missing: unread(&session.snapshot, range, newest.tally.faults),
    })
}
