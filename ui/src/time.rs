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
    let end = |name| match params.text_or_number(name)? {
        Some(text) => time(text, name).map(Some),
        None => Ok(None),
    };
    Ok(AskedRange {
        from: end("from")?,
        to: end("to")?,
    })
}

/// The ends as a form sends them: an empty one is absent.
pub(crate) fn range_of(from: &str, to: &str) -> Result<AskedRange, ApiError> {
    let end = |text: &str, name| match text {
        "" => Ok(None),
        text => time(text, name).map(Some),
    };
    Ok(AskedRange {
        from: end(from, "from")?,
        to: end(to, "to")?,
    })
}

fn time(text: &str, name: &'static str) -> Result<AskedTime, ApiError> {
    // An unescaped `+` of an offset or of `now+1h` arrives as a space.
    let parsed =
        AskedTime::parse(text).or_else(|| AskedTime::parse(&text.trim().replacen(' ', "+", 1)));
    parsed.ok_or_else(|| bad("bad_time", name, text, "a time"))
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
