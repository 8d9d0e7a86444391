//! Placeholder.

pub mod background;
pub mod vfs;
