//! The log page: counts over time, values beside the rows, the rows, and the panel of one record.
//!
//! Every part is a template that stands on the page and is also answered alone, so that the page's script asks for it by the
//! same code: further rows while scrolling, values after the rows, a record when it is opened. Without a script the same
//! links lead from page to page.
//!
//! | file | what it holds |
//! |---|---|
//! | `page.rs` | the page: what is asked at once, what stands in its bars |
//! | `question.rs`, `place.rs` | what it is asked with; where a page of rows starts |
//! | `search.rs`, `rows.rs` | one page of rows; the rows as HTML |
//! | `message.rs`, `fold.rs`, `calm.rs` | a record's text: marked, without what columns show, dimmed where it repeats |
//! | `columns.rs`, `choices.rs` | columns of attributes; what a reader chooses from |
//! | `chart.rs` | counts over time |
//! | `facets.rs`, `telling.rs` | values beside the rows; of which fields |
//! | `record.rs`, `fields.rs`, `trace.rs` | the panel: text and JSON, fields, its trace |
//! | `conditions.rs` | values as conditions that find them |
//! | `severity.rs`, `pretty.rs` | severities; JSON for people |
//! | `nothing.rs` | why there are no rows |
//! | `beside.rs` | questions that are asked at the same time |

mod beside;
mod calm;
mod chart;
mod choices;
mod columns;
mod conditions;
mod facets;
mod fields;
mod fold;
mod message;
mod nothing;
mod page;
mod place;
mod pretty;
mod question;
mod record;
mod rows;
mod search;
mod severity;
mod telling;
mod trace;

pub(crate) use chart::chart;
pub(crate) use choices::fields;
pub(crate) use facets::{facet, facets};
pub(crate) use page::logs;
pub(crate) use record::record;
pub(crate) use rows::rows;
pub(crate) use search::matched;
pub(crate) use trace::trace;
