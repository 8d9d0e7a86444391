//! Times and durations, as parameters.
//!
//! What a time may look like, the engine knows ([`AskedTime`]); it also resolves a request's times against
//! its clock, both at the same moment.

use clearspan_query::language::number::parse_duration_ns;
use clearspan_query::{AskedRange, AskedTime};

use crate::error::ApiError;
use crate::params::{Params, bad};

/// `from` and `to`.
pub(crate) fn range(params: &Params) -> Result<AskedRange, ApiError> {
    Ok(AskedRange {
        from: time(params, "from")?,
        to: time(params, "to")?,
    })
}

fn time(params: &Params, name: &'static str) -> Result<Option<AskedTime>, ApiError> {
    let Some(text) = params.text_or_number(name)? else {
        return Ok(None);
    };
    // An unescaped `+` of an offset or of `now+1h` arrives as a space.
    let parsed =
        AskedTime::parse(text).or_else(|| AskedTime::parse(&text.trim().replacen(' ', "+", 1)));
    parsed
        .map(Some)
        .ok_or_else(|| bad("bad_time", name, text, "a time"))
}

/// A duration such as `500ms`, in nanoseconds. Without a unit it could mean anything and is refused.
pub(crate) fn duration_ns(params: &Params, name: &'static str) -> Result<Option<i128>, ApiError> {
    let Some(text) = params.text_or_number(name)? else {
        return Ok(None);
    };
    let text = text.trim();
    let has_unit = text.ends_with(|last: char| last.is_alphabetic());
    let parsed = parse_duration_ns(text).filter(|_| has_unit);
    parsed
        .map(Some)
        .ok_or_else(|| bad("bad_duration", name, text, "a duration such as 500ms"))
}
