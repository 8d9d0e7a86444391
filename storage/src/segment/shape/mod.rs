//! The shape of a segment: how stored rows lie in narrower columns, and come back byte for byte.
//!
//! Rows are asked for in the *stored schema*, the *logical* columns. What lies in the file are *physical* columns, from which the
//! logical ones follow. `docs/adr/0014-shape-of-segments.md` has what that saves.
//!
//! | logical column | physical columns |
//! |---|---|
//! | `body` | [`TEMPLATE`] and [`VARIABLES`] (see [`crate::template`]), `body` where a row has no template |
//! | `attributes` | [`ATTRIBUTES_ORDER`], a column for each common key and type (`attributes.http.route`, `attributes.retries:int`), `attributes` for all other entries |
//! | `parent_span_id` | [`PARENT_DISTANCE`] in rows, `parent_span_id` where the parent is not in the batch |
//! | `end_time` | `end_time` where it is not `start_time + duration_ns`; 1970 where there is none although these say one |
//! | `observed_time` | `observed_time` where it is not `time`; 1970 where there is none although there is a `time` |
//! | `placed_time` | `placed_time` where it is not `time`, else `observed_time` (spans: `start_time`) |
//! | others | as they are |
//!
//! A column of which every row is blank is not in the file: null, or where the column may not be null zero, empty text or an empty list. In
//! DuckDB, where such a column is taken for null:
//!
//! ```sql
//! SELECT coalesce(time, observed_time), service, "attributes.http.route" FROM 'rows.parquet'
//! WHERE "attributes.http.response.status_code:int" >= 500
//! ```
//!
//! A shape is planned before rows are written: by a [`Planner`], over rows or over the shapes of segments that are merged. While rows are
//! written everything that a shape says is counted anew, so that it is exact for its segment.
//!
//! Writing: rows -> [`Planner`] -> [`ShapePlan`] -> [`ShapeWriter`] -> physical rows, and at the end the [`Shape`].
//! Reading: [`Shape::physical_columns`] -> physical rows -> [`Shape::to_logical`].
//!
//! | file | what |
//! |---|---|
//! | `plan` | [`Planner`], [`ShapePlan`] |
//! | `layout` | which physical columns there are, and which a logical one needs |
//! | `writer` | [`ShapeWriter`] |
//! | `reader` | [`Shape`] |
//! | `codec` | its bytes |
//! | `usage` | which columns are blank |
//! | `times`, `parent`, `bodies` | these columns both ways |
//! | `attribute`, `keys`, `orders` | names of attribute columns; counting keys; the order of attributes |
//! | `shred`, `gather` | attributes to columns, and back |
//! | `key_source` | which columns some keys are in |
//! | `counts` | [`MinuteCounts`] |
//! | `error` | [`ShapeError`] |

mod attribute;
mod bodies;
mod codec;
mod counts;
mod error;
mod gather;
mod key_source;
mod keys;
mod layout;
mod orders;
mod parent;
mod plan;
mod reader;
mod shred;
mod times;
mod usage;
mod writer;

#[cfg(test)]
mod tests;

pub use attribute::AttributeKind;
pub use bodies::SplitRows;
pub use counts::{MINUTE_NS, MinuteCounts, minute_of};
pub use error::ShapeError;
pub use key_source::KeySource;
pub use plan::{AttributeColumn, CountedRows, Planner, ShapePlan};
pub use reader::Shape;
pub use writer::ShapeWriter;

/// `Dictionary<Int32, Utf8>`: the template of a log's body; null where it has none.
pub const TEMPLATE: &str = "template";
/// `Utf8`: the variables of the body; null where it has no template.
pub const VARIABLES: &str = "variables";
/// `Dictionary<Int32, Utf8>`: the order of the row's attributes; null where they are all in `attributes`.
pub const ATTRIBUTES_ORDER: &str = "attributes_order";
/// What the names of attribute columns begin with.
pub const ATTRIBUTE_PREFIX: &str = "attributes.";
/// `Int32`: how many rows below the span its parent stands, negative above it; null where it is not in the batch.
pub const PARENT_DISTANCE: &str = "parent_distance";
