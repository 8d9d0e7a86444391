//! Placeholder.

pub mod background;
pub mod catalog;
pub mod text;
pub mod vfs;
