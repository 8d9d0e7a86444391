//! From the charts to the traces of some durations: where the form below the heatmap leads, which works without a script.
//!
//! The durations are those of the calls that the charts show. A search for traces knows only how long whole traces took, so they become
//! conditions of the query, as the box that a script draws on the heatmap has them.

use std::fmt::Write;

use super::{Wanted, query};
use crate::error::ApiError;
use crate::pages::frame::Frame;
use crate::pages::view::{Link, View};
use crate::params::Params;
use crate::time::duration_ns;

/// The fields of the form, and the comparison that each stands for.
const ENDS: [(&str, &str); 2] = [("min_duration", ">="), ("max_duration", "<=")];

/// The form as sent: empty fields are no limits. `None` where the page is not asked by the form.
pub(super) fn search(
    params: &Params,
    frame: &Frame,
    name: &str,
    wanted: &Wanted,
) -> Result<Option<Link>, ApiError> {
    if ENDS
        .iter()
        .all(|(field, _)| params.text(field).is_ok_and(|text| text.is_none()))
    {
        return Ok(None);
    }
    let mut query = query(name, wanted);
    for (field, sign) in ENDS {
        if frame.view.get(field).trim().is_empty() {
            continue;
        }
        if let Some(ns) = duration_ns(params, field)? {
            // A String takes every write.
            let _written = write!(query, " duration{sign}{ns}ns");
        }
    }
    let view = View::at("/traces").with("q", &query);
    let view = view
        .with("from", frame.view.get("from"))
        .with("to", frame.view.get("to"));
    Ok(Some(view.link()))
}

/// What the form keeps of the page.
pub(super) fn kept(frame: &Frame) -> Vec<(&str, &str)> {
    frame
        .view
        .kept(&["min_duration", "max_duration", "at", "page"])
}
