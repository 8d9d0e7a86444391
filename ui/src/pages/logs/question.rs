//! What the log page is asked with, and the links that differ from it in one thing.
//!
//! | parameter | says |
//! |---|---|
//! | `order` | `asc` for oldest first |
//! | `cursor` | where the page of rows starts |
//! | `sel` | the record whose panel is open |
//! | `cols`, `wrap` | columns of attributes; lines broken instead of cut |
//! | `facets`, `more` | without a script: counts of values beside the rows, and the field of which many are shown |
//! | `chart`, `count` | without a script: wait for the counts over time; for how many match |
//! | `full` | the panel shows the whole text |
//! | `add` | a condition to add to the query: leads to the page that is asked with it |

use clearspan_query::language::{Highlighter, Query};
use clearspan_query::{AskedRange, AskedTime, CountedRows, Order, QueryError, Signal};

use super::columns::Columns;
use super::message::Style;
use super::place::Place;
use crate::error::ApiError;
use crate::pages::clauses;
use crate::pages::frame::Frame;
use crate::pages::view::{Link, View};
use crate::params::Params;

/// Where the parts of the page are answered alone.
pub(super) const PAGE: &str = "/logs";
pub(super) const ROWS: &str = "/logs/rows";
pub(super) const MATCHED: &str = "/logs/matched";
pub(super) const CHART: &str = "/logs/chart";
pub(super) const FACETS: &str = "/logs/facets";
pub(super) const FACET: &str = "/logs/facet";
pub(super) const FIELDS: &str = "/logs/fields";
pub(super) const RECORD: &str = "/logs/record";
pub(super) const TRACE: &str = "/logs/trace";

/// What one answer alone is about, and no link carries on.
const PASSING: [&str; 5] = ["add", "full", "field", "trace", "span"];

/// A question to the log page or to a part of it.
#[derive(Debug, Clone)]
pub(super) struct LogsView {
    pub(super) frame: Frame,
    /// The page, without what passes.
    base: View,
    pub(super) order: Order,
    pub(super) columns: Columns,
    pub(super) is_wrapped: bool,
    pub(super) place: Option<Place>,
    pub(super) query: Query,
}

impl LogsView {
    pub(super) fn read(params: &Params, frame: Frame) -> Result<Self, ApiError> {
        let base = frame.view.on(PAGE).without(&PASSING);
        let order = match base.get("order") {
            "" => Order::default(),
            _ => params
                .word("order", "asc or desc", Order::parse)?
                .unwrap_or_default(),
        };
        let query = Query::parse(frame.query(), Signal::Logs).map_err(QueryError::from)?;
        Ok(LogsView {
            order,
            columns: Columns::parse(base.get("cols")),
            is_wrapped: base.get("wrap") == "1",
            place: Place::parse(base.get("cursor")),
            query,
            base,
            frame,
        })
    }

    /// A parameter; empty when it is not given.
    pub(super) fn get(&self, name: &str) -> &str {
        self.frame.view.get(name)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }

    pub(super) fn style(&self) -> Style {
        Style {
            marks: Highlighter::new(&self.query),
            is_wrapped: self.is_wrapped,
        }
    }

    /// The records that are counted: those of the query, in the range as it is at this moment.
    pub(super) fn counted(&self) -> CountedRows {
        self.counted_with(self.frame.query())
    }

    /// The same records of another query.
    pub(super) fn counted_with(&self, query: &str) -> CountedRows {
        let at = |ns: i64| AskedTime::At(ns.into());
        let range = &self.frame.range;
        CountedRows {
            query: query.to_owned(),
            range: AskedRange {
                from: range.from_ns.map(at),
                to: range.to_ns.map(at),
            },
        }
    }

    /// The page with a parameter changed.
    pub(super) fn with(&self, name: &str, value: &str) -> Link {
        self.base.with(name, value).link()
    }

    /// The page at another place.
    pub(super) fn at(&self, place: Option<&Place>) -> Link {
        let place = place.map(Place::to_string).unwrap_or_default();
        self.base.without(&["sel"]).with("cursor", &place).link()
    }

    /// The page with another query, from its start.
    pub(super) fn asking(&self, query: &str) -> Link {
        self.base
            .without(&["cursor", "sel"])
            .with("q", query)
            .link()
    }

    /// The page with one more condition.
    pub(super) fn adding(&self, clause: &str) -> Link {
        self.asking(&clauses::with_clause(self.frame.query(), clause))
    }

    /// The page of another range.
    pub(super) fn in_range(&self, from: &str, to: &str) -> Link {
        let view = self.base.without(&["cursor", "sel"]);
        view.with("from", from).with("to", to).link()
    }

    /// The page with something turned round, from its start.
    pub(super) fn turned(&self, name: &str, value: &str) -> Link {
        self.base
            .without(&["cursor", "sel"])
            .with(name, value)
            .link()
    }

    /// A part of the page.
    pub(super) fn part(&self, path: &str) -> View {
        self.base.on(path)
    }

    /// The page as it is.
    pub(super) fn same(&self) -> &View {
        &self.base
    }
}
