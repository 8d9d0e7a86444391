//! The formats on disk, from outside: folders that earlier programs wrote, and what this one writes.
//!
//! | file | what it holds |
//! |---|---|
//! | `sample/` | a store with something of everything, from a seed |
//! | `fixtures` | stores that earlier programs wrote are read, replayed and merged |
//! | `texts` | conditions on bodies hold of the same rows in every format |
//! | `pinned/` | what this program writes is what it wrote |

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

mod fixtures;
mod pinned;
#[allow(dead_code, unused_imports, reason = "the example uses more of it")]
mod sample;
mod texts;
