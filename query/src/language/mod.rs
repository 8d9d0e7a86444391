//! The search language, one for logs and spans.
//!
//! ```text
//! service.name:checkout status:error duration>500ms "connection refused" -k8s.pod.name:web* (a OR b)
//! ```
//!
//! What it means is written down for its users in `docs/search-language.md`. A query is read once into
//! a tree ([`Query`]), which is printed again, turned into what storage may skip ([`prune`]) and
//! compiled into a matcher over Arrow batches ([`matcher`]). Storage and the matcher agree by
//! construction: storage skips what cannot match, the matcher alone decides.
//!
//! | file | what it holds |
//! |---|---|
//! | `ast.rs` | the tree |
//! | `lexer.rs`, `parser/`, `typing.rs` | text to tree: characters, grammar, what a known field takes; all mistakes, with what was understood beside them |
//! | `print.rs` | tree to text |
//! | `completion/` | what stands where somebody types |
//! | `number.rs` | numbers with units, compared exactly |
//! | `fields.rs` | the known fields and the names of their values |
//! | `renamed.rs` | attributes that OpenTelemetry renamed |
//! | `matcher/` | the tree asked of the rows of a batch |
//! | `form.rs` | tests of whole texts, as storage knows them |
//! | `prune.rs` | what the tree needs, for storage to skip the rest |
//! | `traces.rs` | `{...}` groups: conditions on several spans of one trace |
//! | `limits.rs`, `error.rs` | the bounds of a query, and what is wrong with one |

pub mod ast;
mod completion;
mod error;
pub mod fields;
mod form;
mod lexer;
pub mod limits;
pub mod matcher;
pub mod number;
mod parser;
mod print;
pub mod prune;
pub mod renamed;
pub mod traces;
mod typing;

#[cfg(test)]
mod tests;

pub use ast::{Comparison, Expr, Field, Glob, Level, Pattern, Phrase, Query, Test, Value};
pub use completion::{Completion, Place, completion_at};
pub use error::{LanguageError, Mistake};
pub use matcher::{Highlighter, Matcher};
pub use parser::Recovered;
pub use traces::TraceQuery;
