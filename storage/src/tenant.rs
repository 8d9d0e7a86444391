//! Whose data it is. The tenant is part of every storage and query call; there is one, `default`,
//! until credentials name others.

use std::fmt;
use std::sync::Arc;

/// A tenant's name: 1 to 64 of `a-z`, `0-9`, `-` and `_`, so that it can stand in a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantId(Arc<str>);

impl TenantId {
    /// The longest name, in bytes.
    pub const MAX_BYTES: usize = 64;

    /// `None` when `name` is no valid tenant name.
    pub fn new(name: &str) -> Option<Self> {
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        let valid = !name.is_empty() && name.len() <= Self::MAX_BYTES && name.bytes().all(allowed);
        valid.then(|| TenantId(name.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The tenant `default`.
impl Default for TenantId {
    fn default() -> Self {
        TenantId("default".into())
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_leave_its_folder_is_refused() {
        assert!(TenantId::new("team-7_a").is_some());
        for name in ["", "..", "a/b", "A", "é", &"x".repeat(65)] {
            assert_eq!(TenantId::new(name), None, "{name}");
        }
    }
}
