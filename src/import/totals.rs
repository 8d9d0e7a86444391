//! The count that the last line prints.

use std::fmt;

/// Records by their fate.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Totals {
    /// Records the server answered for: each is accepted or rejected.
    pub(super) accepted: u64,
    pub(super) rejected: u64,
    /// Lines, frames, requests and files that never got an answer.
    pub(super) not_sent: u64,
}

impl Totals {
    /// Whether everything that was read is now the server's.
    pub(super) fn all_accepted(&self) -> bool {
        self.rejected == 0 && self.not_sent == 0
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            accepted, rejected, ..
        } = self;
        write!(
            f,
            "sent {} accepted {accepted} rejected {rejected}",
            accepted + rejected
        )
    }
}
