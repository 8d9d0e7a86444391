//! How many match: told with the rows where it is known by then, else asked for by the page behind them, or by a link where no script runs.

use askama::Template;
use clearspan_query::QueryError;

use super::format;
use super::view::{Link, View};
use crate::error::ApiError;

/// Without a script: the page waits for the count.
pub(crate) const PARAMETER: &str = "count";

/// How many match.
pub(crate) enum Matched {
    Known(u64),
    Later {
        /// Where it is asked for alone, of the same range as the rows.
        part: Link,
        /// The page that waits for it.
        page: Link,
    },
}

impl Matched {
    /// Of the page `view`. What goes on at `cursor` is of the same range, however that moves; `path` answers the count alone.
    pub(crate) fn new(matched: Option<u64>, view: &View, path: &str, cursor: &str) -> Self {
        match matched {
            Some(matched) => Matched::Known(matched),
            None => Matched::Later {
                part: view
                    .on(path)
                    .without(&["sel"])
                    .with("cursor", cursor)
                    .link(),
                page: view.with(PARAMETER, "1").link(),
            },
        }
    }

    /// In digits, where it is known.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Matched::Known(matched) => Some(format::count(*matched)),
            Matched::Later { .. } => None,
        }
    }

    /// Where it is asked for alone, and the page that waits for it, where it is not known.
    pub(crate) fn later(&self) -> Option<(&Link, &Link)> {
        match self {
            Matched::Known(_) => None,
            Matched::Later { part, page } => Some((part, page)),
        }
    }

    /// Whether it is one alone.
    pub(crate) fn is_one(&self) -> bool {
        matches!(self, Matched::Known(1))
    }
}

/// The count alone, for a page whose rows were there before it.
#[derive(Template)]
#[template(path = "matched.html")]
pub(crate) struct Counted(Result<String, String>);

impl Counted {
    /// What was asked wrongly is an error of the whole answer; that it takes too long, or too much, is told in the count's place.
    pub(crate) fn new(counted: Result<u64, QueryError>) -> Result<Self, ApiError> {
        match counted {
            Ok(matched) => Ok(Counted(Ok(format::count(matched)))),
            Err(
                error @ (QueryError::TimeLimit { .. }
                | QueryError::MemoryLimit { .. }
                | QueryError::Overloaded { .. }),
            ) => Ok(Counted(Err(ApiError::from(error).message()))),
            Err(error) => Err(error.into()),
        }
    }
}
