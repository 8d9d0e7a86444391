//! The values of one or several fields, with the rows that have them, from one scan.

use clearspan_storage::scan::TimeRange;

use super::budget::Budget;
use super::source::{FieldCounter, projection_of};
use super::value::FieldValue;
use super::{Counted, CountedRows, Scanned};
use crate::QueryError;
use crate::engine::Session;
use crate::exec::Pace;
use crate::limits::{FACETS_MAX, check_limit, check_within};

/// A question for the values of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValuesRequest {
    /// Which rows are counted.
    pub rows: CountedRows,
    /// The field as it is named in a query.
    pub field: String,
    /// What the texts of the values begin with; empty for all values. Case counts where it counts in a
    /// filter on the field.
    pub prefix: String,
    /// Values, from 1 to [`crate::limits::LIMIT_MAX`].
    pub limit: usize,
}

/// The values of one field.
#[derive(Debug)]
pub struct ValuesAnswer {
    /// The values.
    pub values: FieldValues,
    /// What was counted.
    pub counted: Counted,
}

/// A question for the values of several fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetsRequest {
    /// Which rows are counted.
    pub rows: CountedRows,
    /// The fields as they are named in a query, from 1 to [`FACETS_MAX`].
    pub fields: Vec<String>,
    /// Values of each field, from 1 to [`crate::limits::LIMIT_MAX`].
    pub limit: usize,
}

/// The values of several fields.
#[derive(Debug)]
pub struct FacetsAnswer {
    /// Those of each field, in the order in which the fields were named.
    pub facets: Vec<FieldValues>,
    /// What was counted.
    pub counted: Counted,
}

/// The values of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldValues {
    /// The field as it was named.
    pub field: String,
    /// The values with the most rows, by their rows descending, then by value.
    pub values: Vec<ValueCount>,
    /// How many values there are, exactly.
    pub distinct: u64,
}

/// A value, and how many rows have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueCount {
    /// The value.
    pub value: FieldValue,
    /// The rows, exactly as many as [`FieldValue::filter`] finds.
    pub count: u64,
}

pub(crate) async fn values(
    session: Session,
    request: ValuesRequest,
) -> Result<ValuesAnswer, QueryError> {
    check_limit(request.limit)?;
    let signal = session.snapshot.signal();
    let counter = FieldCounter::new(&request.field, &request.prefix, signal);
    let (counters, counted) = count(&session, &request.rows, vec![counter]).await?;
    let counter = counters.into_iter().next();
    let counter = counter.ok_or_else(|| QueryError::Internal("a field was lost".into()))?;
    Ok(ValuesAnswer {
        values: counter.top(request.limit).await,
        counted,
    })
}

pub(crate) async fn facets(
    session: Session,
    request: FacetsRequest,
) -> Result<FacetsAnswer, QueryError> {
    check_within("the number of fields", request.fields.len(), FACETS_MAX)?;
    check_limit(request.limit)?;
    let signal = session.snapshot.signal();
    let fields = request.fields.iter();
    let counters = fields
        .map(|name| FieldCounter::new(name, "", signal))
        .collect();
    let (counters, counted) = count(&session, &request.rows, counters).await?;
    let mut facets = Vec::with_capacity(counters.len());
    for counter in counters {
        facets.push(counter.top(request.limit).await);
    }
    Ok(FacetsAnswer { facets, counted })
}

/// All `counters` over the rows that match.
async fn count(
    session: &Session,
    rows: &CountedRows,
    mut counters: Vec<FieldCounter>,
) -> Result<(Vec<FieldCounter>, Counted), QueryError> {
    let scanned = Scanned::new(session, rows)?;
    let mut budget = Budget::new(&session.plans);
    if !scopes_have_attributes(session, scanned.range).await {
        counters.iter_mut().for_each(FieldCounter::leave_scopes);
    }
    let projection = projection_of(&counters);
    let each = |batch: &_| {
        let mut counters = counters.iter_mut();
        counters.try_for_each(|counter| counter.add(batch, &mut budget))
    };
    let tally = scanned.each_batch(session, projection, each).await?;
    let counted = Counted::new(session, &scanned.query, scanned.range, tally).await?;
    Ok((counters, counted))
}

/// Whether the scope of some row that may be counted has attributes. What cannot be read, the scan finds too, and says so.
pub(super) async fn scopes_have_attributes(session: &Session, range: TimeRange) -> bool {
    let mut pace = Pace::new();
    for part in session.snapshot.parts() {
        let (first, last) = part.time_range();
        if range.overlaps(first, last) && part.scopes_have_attributes().unwrap_or(true) {
            return true;
        }
        pace.step().await;
    }
    false
}
