//! The tables `logs` and `spans`.
//!
//! | file | what it holds |
//! |---|---|
//! | `columns.rs` | the columns of both tables, and what each is made of |
//! | `convert.rs` | stored columns to those of the tables |
//! | `nested.rs` | events and links |
//! | `provider.rs` | [`Table`]: a table of one pinned snapshot, as DataFusion asks for it |
//! | `exec.rs` | [`LogicalExec`]: the node above the leaf that makes the table's columns |
//! | `pushdown.rs` | what of WHERE storage and the leaf can use |
//! | `compared.rs` | columns that the search language knows as fields, compared with literals |
//! | `joined.rs` | what the other side of a join says about trace ids |

mod columns;
mod compared;
mod convert;
mod exec;
mod joined;
mod nested;
mod provider;
mod pushdown;

#[cfg(test)]
mod tests;

pub(crate) use columns::column_names;
pub(crate) use provider::Table;
