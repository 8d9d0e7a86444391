//! What of WHERE storage and the leaf can use.
//!
//! Each conjunct is read as a *necessary* condition in three parts: a range of times, a query that the leaf
//! holds rows against, and a query by which storage may skip and nothing else. All of them are the search
//! language's, so that SQL prunes as searches do. DataFusion still holds every row against the whole of
//! WHERE, except for what the leaf decides: a `matches`, which has the same matcher, and the comparisons of `compared.rs` that mean the same
//! in the search language.

use arrow::datatypes::TimeUnit;
use clearspan_schema::ids::parse_hex;
use clearspan_schema::{Signal, logs, spans};
use clearspan_storage::scan::TimeRange;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::{Between, InList, Like};
use datafusion::logical_expr::{BinaryExpr, Expr as SqlExpr, Operator};

use super::super::functions::matches;
use super::super::limits::IN_LIST_MAX;
use super::compared;
use crate::language::{Expr, Field, Phrase, Query, Test, Value};

/// What every row that a filter lets through satisfies.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Needed {
    pub(crate) range: TimeRange,
    /// The leaf asks it of rows.
    pub(crate) rows: Expr,
    /// Storage may skip by it.
    pub(crate) hint: Expr,
    /// Whether `rows` alone is the filter, so that nobody need ask again.
    pub(crate) exact: bool,
}

impl Needed {
    fn anything() -> Self {
        Needed {
            range: TimeRange::ALL,
            rows: Expr::All,
            hint: Expr::All,
            exact: false,
        }
    }

    pub(super) fn rows(rows: Expr) -> Self {
        Needed {
            rows,
            ..Needed::anything()
        }
    }

    fn hint(hint: Expr) -> Self {
        Needed {
            hint,
            ..Needed::anything()
        }
    }

    fn range(range: TimeRange) -> Self {
        Needed {
            range,
            ..Needed::anything()
        }
    }

    /// Both conditions.
    pub(crate) fn and(self, other: Needed) -> Needed {
        Needed {
            range: TimeRange {
                from: self.range.from.max(other.range.from),
                to: earlier(self.range.to, other.range.to),
            },
            rows: both(self.rows, other.rows),
            hint: both(self.hint, other.hint),
            exact: self.exact && other.exact,
        }
    }

    /// Either condition. What is skipped must be ruled out by both together.
    pub(super) fn or(self, other: Needed) -> Needed {
        let range = TimeRange {
            from: self.range.from.zip(other.range.from).map(|(a, b)| a.min(b)),
            to: self.range.to.zip(other.range.to).map(|(a, b)| a.max(b)),
        };
        let whole = |needed: &Needed| both(needed.rows.clone(), needed.hint.clone());
        let hint = match (&self.hint, &other.hint) {
            // What is asked of rows says it all.
            (Expr::All, Expr::All) => Expr::All,
            _ => either(whole(&self), whole(&other)),
        };
        Needed {
            range,
            rows: either(self.rows, other.rows),
            hint,
            exact: self.exact && other.exact,
        }
    }

    /// The same of a filter that asks more.
    fn in_part(self) -> Needed {
        Needed {
            exact: false,
            ..self
        }
    }

    /// The queries of the leaf, of rows and for skipping.
    pub(crate) fn queries(&self, signal: Signal) -> (Query, Query) {
        (
            Query::new(signal, self.rows.clone()),
            Query::new(signal, self.hint.clone()),
        )
    }
}

fn earlier(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}

fn both(a: Expr, b: Expr) -> Expr {
    match (a, b) {
        (Expr::All, only) | (only, Expr::All) => only,
        (a, b) => Expr::all_of(vec![a, b]),
    }
}

fn either(a: Expr, b: Expr) -> Expr {
    match (a, b) {
        (Expr::All, _) | (_, Expr::All) => Expr::All,
        (a, b) => Expr::any_of(vec![a, b]),
    }
}

/// What all of `filters` together need.
pub(crate) fn of_all(filters: &[SqlExpr], signal: Signal) -> Needed {
    let each = filters.iter().filter_map(|filter| of(filter, signal));
    each.fold(Needed::anything(), Needed::and)
}

/// What `filter` needs; `None` when nothing of it is of use.
pub(crate) fn of(filter: &SqlExpr, signal: Signal) -> Option<Needed> {
    match filter {
        SqlExpr::BinaryExpr(BinaryExpr { left, op, right }) => match op {
            Operator::And => match (of(left, signal), of(right, signal)) {
                (Some(left), Some(right)) => Some(left.and(right)),
                (one, other) => one.or(other).map(Needed::in_part),
            },
            Operator::Or => Some(of(left, signal)?.or(of(right, signal)?)),
            _ => comparison(left, *op, right, signal),
        },
        SqlExpr::Between(Between {
            expr,
            negated: false,
            low,
            high,
        }) => {
            let low = comparison(expr, Operator::GtEq, low, signal);
            let high = comparison(expr, Operator::LtEq, high, signal);
            match (low, high) {
                (Some(low), Some(high)) => Some(low.and(high)),
                (one, other) => one.or(other).map(Needed::in_part),
            }
        }
        SqlExpr::InList(InList {
            expr,
            list,
            negated: false,
        }) if list.len() <= IN_LIST_MAX => {
            let name = column(expr)?;
            let values: Vec<&ScalarValue> = list.iter().map(literal).collect::<Option<_>>()?;
            compared::equals_any(name, &values, signal).or_else(|| {
                let texts: Option<Vec<&str>> = list.iter().map(literal_text).collect();
                equals_any(name, &texts?, signal)
            })
        }
        SqlExpr::Like(like) => of_like(like, signal),
        other => of_matches(other, signal),
    }
}

fn column(expr: &SqlExpr) -> Option<&str> {
    match expr {
        SqlExpr::Column(column) => Some(&column.name),
        _ => None,
    }
}

fn literal(expr: &SqlExpr) -> Option<&ScalarValue> {
    match expr {
        SqlExpr::Literal(value, _) => Some(value),
        _ => None,
    }
}

fn literal_text(expr: &SqlExpr) -> Option<&str> {
    literal(expr)?.try_as_str()?
}

fn comparison(left: &SqlExpr, op: Operator, right: &SqlExpr, signal: Signal) -> Option<Needed> {
    if let (None, Some(_)) = (column(left), column(right)) {
        return comparison(right, op.swap()?, left, signal);
    }
    let name = column(left)?;
    if let Some(ns) = literal(right).and_then(timestamp_ns) {
        return is_placed_by(name, signal).then(|| times(op, ns)).flatten();
    }
    let needed = compared::compared(name, op, literal(right)?, signal);
    match op {
        Operator::Eq => needed.or_else(|| equals_any(name, &[literal_text(right)?], signal)),
        _ => needed,
    }
}

/// Whether a row with a time in this column is placed by it.
fn is_placed_by(column: &str, signal: Signal) -> bool {
    match signal {
        Signal::Logs => column == logs::TIME || column == logs::PLACED_TIME,
        Signal::Spans => column == spans::START_TIME,
    }
}

fn timestamp_ns(value: &ScalarValue) -> Option<i64> {
    let (value, unit) = match value {
        ScalarValue::TimestampNanosecond(value, _) => (*value, TimeUnit::Nanosecond),
        ScalarValue::TimestampMicrosecond(value, _) => (*value, TimeUnit::Microsecond),
        ScalarValue::TimestampMillisecond(value, _) => (*value, TimeUnit::Millisecond),
        ScalarValue::TimestampSecond(value, _) => (*value, TimeUnit::Second),
        _ => return None,
    };
    let factor = match unit {
        TimeUnit::Nanosecond => 1,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Second => 1_000_000_000,
    };
    value?.checked_mul(factor)
}

fn times(op: Operator, ns: i64) -> Option<Needed> {
    let from = |from| TimeRange {
        from: Some(from),
        to: None,
    };
    let to = |to| TimeRange { from: None, to };
    // Behind the last representable instant there is no bound to be had; the filter itself decides.
    let after = ns.checked_add(1);
    let range = match op {
        Operator::GtEq => from(ns),
        Operator::Gt => from(after.unwrap_or(ns)),
        Operator::Lt => to(Some(ns)),
        Operator::LtEq => to(after),
        Operator::Eq => TimeRange {
            from: Some(ns),
            to: after,
        },
        _ => return None,
    };
    Some(Needed::range(range))
}

/// `name = a OR name = b ...`. The ids of the tables are lower-case hex, so that other text equals none.
fn equals_any(name: &str, texts: &[&str], signal: Signal) -> Option<Needed> {
    let is =
        |field: Field, text: &str| Expr::Field(field, Test::Equals(Value::Text(text.to_owned())));
    let any = |of: &dyn Fn(&str) -> Expr| Expr::any_of(texts.iter().map(|text| of(text)).collect());
    let id = |field: &Field, is_id: bool, text: &str| {
        if is_id && !text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            is(field.clone(), text)
        } else {
            Expr::All.negated()
        }
    };
    let is_text = name == text_column(signal);
    match name {
        "trace_id" => Some(Needed::rows(any(&|text| {
            id(&Field::TraceId, parse_hex::<16>(text).is_some(), text)
        }))),
        "span_id" => Some(Needed::rows(any(&|text| {
            id(&Field::SpanId, parse_hex::<8>(text).is_some(), text)
        }))),
        // A text that equals another holds it, as a phrase with nothing before or after it.
        _ if is_text && texts.iter().all(|text| !text.is_empty()) => {
            Some(Needed::hint(any(&|text| Expr::Text(Phrase::closed(text)))))
        }
        _ => None,
    }
}

/// The column whose words are indexed.
fn text_column(signal: Signal) -> &'static str {
    match signal {
        Signal::Logs => "body",
        Signal::Spans => spans::NAME,
    }
}

/// The pieces between wildcards stand in the text, each with its ends open where a wildcard is next to it.
fn of_like(like: &Like, signal: Signal) -> Option<Needed> {
    if like.negated || like.escape_char.is_some() || column(&like.expr)? != text_column(signal) {
        return None;
    }
    let pattern = literal_text(&like.pattern)?;
    if pattern.contains('\\') {
        return None;
    }
    let pieces: Vec<&str> = pattern.split(['%', '_']).collect();
    let last = pieces.len() - 1;
    let phrases = pieces
        .into_iter()
        .enumerate()
        .filter(|(_, piece)| !piece.is_empty())
        .map(|(at, piece)| {
            Expr::Text(Phrase {
                text: piece.to_owned(),
                open_start: at > 0,
                open_end: at < last,
            })
        });
    Some(Needed::hint(Expr::all_of(phrases.collect())))
}

/// A query of the search language over the text that is indexed: the leaf has the same matcher.
fn of_matches(expr: &SqlExpr, signal: Signal) -> Option<Needed> {
    let (text, query) = matches::call(expr)?;
    if column(text)? != text_column(signal) {
        return None;
    }
    let query = Query::parse(query, signal).ok()?;
    Some(Needed {
        exact: true,
        ..Needed::rows(query.root().clone())
    })
}
