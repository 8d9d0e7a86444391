//! Which rows are counted, as every question that counts is asked.

use clearspan_query::CountedRows;

use crate::error::ApiError;
use crate::params::Params;
use crate::time::range;

/// `q`, `from` and `to`.
pub(super) fn counted(params: &Params) -> Result<CountedRows, ApiError> {
    Ok(CountedRows {
        query: params.query()?,
        range: range(params)?,
    })
}
