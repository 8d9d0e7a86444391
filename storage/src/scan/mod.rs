//! Reading: what a query may ask of storage.
//!
//! A [`Snapshot`] pins one consistent set of [`Part`]s (memtable chunks and segments together), so
//! that a flush can neither hide nor double a row. For each part a query asks three things, in this
//! order: can it hold a matching row at all ([`Part::select`], from time range, directory, filters
//! and text index), then the rows of what is left ([`Part::read`]), of the columns it needs. Storage
//! decides only which rows *cannot* match; the query verifies the rest on the rows themselves.
//!
//! | file | what it holds |
//! |---|---|
//! | `predicate.rs` | [`Predicate`], the necessary condition that a scan understands |
//! | `projection.rs` | [`Projection`]: which columns, and of attributes which keys |
//! | `part.rs` | [`Part`]: a memtable chunk or a segment, seen alike |
//! | `row_texts.rs` | [`RowTexts`]: the texts of rows, searched by templates |
//! | `row_templates.rs` | [`TemplateReader`]: the template of each row |
//! | `text_condition.rs` | [`TextCondition`]: words and phrases, expressions, forms of whole texts |
//! | `text_search.rs` | [`TextSearch`]: such conditions together |
//! | `verdicts.rs` | what templates say of them |
//! | `text_count.rs` | rows with a text, counted by templates |
//! | `select.rs` | which granules of a part may match |
//! | `selection.rs` | [`RowSelection`]: the row ranges that are left |
//! | `take.rs` | some rows of a part, whole |
//! | `snapshot.rs` | [`Snapshot`], and rows by address |
//! | `stats.rs` | what a scan read and what it could leave out |

mod part;
mod predicate;
mod projection;
mod row_templates;
mod row_texts;
mod select;
mod selection;
mod snapshot;
mod stats;
mod take;
mod text_condition;
mod text_count;
mod text_search;
mod verdicts;

#[cfg(test)]
pub(crate) use part::is_narrow;
pub use part::{Part, PartError, PartId, SelectedBatch};
pub use predicate::{Predicate, TimeRange};
pub use projection::{AttributeKeys, Projection};
pub use row_templates::{RowTemplate, TemplateReader};
pub use row_texts::RowTexts;
pub use selection::RowSelection;
pub use snapshot::{MissingSegment, RowAddress, Snapshot};
pub use stats::ScanStats;
pub use text_condition::{FormCondition, TextCondition, ValueCondition};
pub use text_search::{TextScratch, TextSearch};
pub(crate) use verdicts::Verdicts;
