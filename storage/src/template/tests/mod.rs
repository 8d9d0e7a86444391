//! Splitting and restoring over all kinds of bodies, dictionaries under floods, verdicts against a plain oracle, and real logs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod dictionary;
mod form;
pub(crate) mod generate;
pub(crate) mod oracle;
mod real;
mod split;
mod verdict;

use super::*;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

/// The ids that `TRACE` and `SPAN` are.
fn ids() -> RecordIds {
    RecordIds {
        trace_id: clearspan_schema::ids::parse_hex(TRACE),
        span_id: clearspan_schema::ids::parse_hex(SPAN),
    }
}

/// The template and variables of a body, if it has them.
fn split(body: &str) -> Option<(String, String)> {
    let mut splitter = Splitter::default();
    let split = splitter.split(body, ids())?;
    Some((split.template.to_owned(), split.variables.to_owned()))
}

fn restore(template: &str, variables: &str) -> Result<String, TemplateError> {
    let mut body = String::new();
    restore_into(template, variables, ids(), &mut body)?;
    Ok(body)
}
