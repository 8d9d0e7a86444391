//! Bodies of logs as templates and variables.
//!
//! Most bodies of a system differ from many others only in numbers and ids. Kept as a template, which a segment's dictionary has once,
//! and variables, they take a quarter of the bytes, and a word or phrase is held against some hundred templates instead of a
//! million bodies: a [`Verdict`] counts a template's rows without reading one. What that gains, and which rules for variables were tried, is
//! measured in `docs/adr/0011-log-templates.md`.
//!
//! | body | `disk sda1 of 10.0.0.7 is 93% full` |
//! |---|---|
//! | template | `disk ␁ of ␁ is ␁% full` |
//! | variables | `sda1␁10.0.0.7␁93` |
//!
//! `␁` is U+0001. A variable that is the record's own trace id, as lower-case hexadecimal, is U+0002 instead, its own span id U+0003. A body
//! that has one of the three, is empty, or is very long is not split. So nothing is ever escaped, and SQL can rebuild a body
//! from its parts. In DuckDB (tried with 2.0), where `template` is null for a row that stays plain and ids are blobs:
//!
//! ```sql
//! CASE WHEN template IS NULL THEN body ELSE array_to_string([part[1] || coalesce(part[2], '') FOR part IN list_zip(
//!   string_split(template, chr(1)),
//!   string_split(replace(replace(variables, chr(2), coalesce(lower(hex(trace_id)), '')),
//!                        chr(3), coalesce(lower(hex(span_id)), '')), chr(1)))], '') END
//! ```
//!
//! Which rows get a template is decided for a segment as a whole: templates of few rows are not kept and their rows stay plain, so that bodies
//! without shape cost no more than they would without all this. With each template its [`Alphabet`] is kept, eight bytes without which
//! most verdicts on single words would be left to the variables.
//!
//! Writing: body -> [`Splitter`] -> [`TemplateBuilder`] -> [`TemplateDictionary`].
//! Reading: [`restore_into`]; and [`TextPattern`](crate::text::TextPattern) -> [`Judge`] over [`FoldedTemplates`] -> [`Verdict`].
//!
//! | file | what |
//! |---|---|
//! | `token` | which parts of a body are variables |
//! | `alphabet` | which characters a template's variables have |
//! | `ids` | the record's own ids |
//! | `split` | body to template and variables |
//! | `restore` | and back |
//! | `dictionary` | which templates a segment keeps |
//! | `folded` | the dictionary as searches want it |
//! | `shared` | texts of templates that several segments have |
//! | `verdict` | what a template says of its rows |
//! | `form_judge` | the same for forms of whole texts: regular expressions and pieces |
//! | `needle` | what variables must have where it is they that decide |
//! | `straddle` | whether a pattern may stand across the edge of a variable |
//! | `error` | what can be wrong with stored templates |

mod alphabet;
mod dictionary;
mod error;
mod folded;
mod form_judge;
mod ids;
mod needle;
mod restore;
mod shared;
mod split;
mod straddle;
mod token;
mod verdict;

#[cfg(test)]
pub(crate) mod tests;

pub use alphabet::Alphabet;
pub use dictionary::{Candidate, CandidateLimits, Keep, TemplateBuilder, TemplateDictionary};
pub use error::TemplateError;
pub use folded::FoldedTemplates;
pub(crate) use folded::checksum;
pub(crate) use form_judge::{NeedsJudge, verdict_of};
pub use ids::RecordIds;
pub(crate) use needle::{JoinedRows, Needle};
pub use restore::{restore_into, write_out_variables};
pub(crate) use shared::SharedTexts;
pub use shared::TemplateText;
pub use split::{Split, Splitter};
pub(crate) use token::RULE;
pub use token::{PLACEHOLDER, SPAN_REFERENCE, TRACE_REFERENCE};
pub use verdict::{Judge, Verdict};
