//! What is asked of a trace's root, and what the trace directories say to it.
//!
//! Each part names the root as far as its own spans tell. A span without a parent outranks all others, so that the earliest of the parts' is the
//! root of the trace, wherever it lies. Where no part has one, the part that has all spans of the trace names it; of a trace that lies in several
//! parts the rows alone tell, since the parent that one part lacks may lie in another.

use clearspan_storage::TraceEntry;

/// What a trace's root has to be. Both are compared whole, and case counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AskedRoot {
    /// Its service; the empty name is that of spans whose sender named none.
    pub service: Option<String>,
    /// Its name.
    pub name: Option<String>,
}

impl AskedRoot {
    /// Whether every trace will do, one without a root too.
    pub fn is_any(&self) -> bool {
        self.service.is_none() && self.name.is_none()
    }

    /// Whether a span of that name and service is such a root.
    pub(super) fn is(&self, name: &str, service: Option<&str>) -> bool {
        let wanted = self.name.as_deref();
        wanted.is_none_or(|wanted| wanted == name) && self.is_service(service)
    }

    /// Whether the service is the one that the root has to have.
    pub(super) fn is_service(&self, service: Option<&str>) -> bool {
        let wanted = self.service.as_deref();
        wanted.is_none_or(|wanted| wanted == service.unwrap_or(""))
    }
}

/// What parts say of a trace's root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RootVerdict {
    /// It is the earliest span without a parent.
    Parentless {
        /// Where it is placed and its sequence number: the least is the earliest.
        rank: (i64, u64),
        is_wanted: bool,
    },
    /// No span is without a parent, and one part has all; where it knows no root, there is none.
    Whole { is_wanted: bool },
    /// No span is without a parent, and they lie in several parts.
    Torn,
}

impl RootVerdict {
    /// What one part says; nothing where nobody asks.
    pub(super) fn of(entry: &TraceEntry<'_>, asked: &AskedRoot) -> Self {
        if asked.is_any() {
            return RootVerdict::Torn;
        }
        let Some(root) = entry.root() else {
            return RootVerdict::Whole { is_wanted: false };
        };
        let is_wanted = asked.is(root.name, root.service);
        match root.parentless {
            true => RootVerdict::Parentless {
                rank: (root.placed_time, root.seq),
                is_wanted,
            },
            false => RootVerdict::Whole { is_wanted },
        }
    }

    pub(super) fn and(self, other: RootVerdict) -> Self {
        match (self, other) {
            (
                RootVerdict::Parentless { rank, .. },
                RootVerdict::Parentless { rank: earlier, .. },
            ) if earlier < rank => other,
            (RootVerdict::Parentless { .. }, _) => self,
            (_, RootVerdict::Parentless { .. }) => other,
            _ => RootVerdict::Torn,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_without_a_parent_outranks_what_parts_lack() {
        let parentless = |time, seq, is_wanted| RootVerdict::Parentless {
            rank: (time, seq),
            is_wanted,
        };
        let orphan = RootVerdict::Whole { is_wanted: true };
        let check = |one: RootVerdict, other: RootVerdict, expected: RootVerdict| {
            assert_eq!(one.and(other), expected);
            assert_eq!(other.and(one), expected);
        };
        check(
            parentless(5, 1, true),
            parentless(4, 9, false),
            parentless(4, 9, false),
        );
        check(
            parentless(5, 1, true),
            parentless(5, 2, false),
            parentless(5, 1, true),
        );
        check(parentless(9, 9, false), orphan, parentless(9, 9, false));
        check(
            parentless(9, 9, false),
            RootVerdict::Torn,
            parentless(9, 9, false),
        );
        check(orphan, orphan, RootVerdict::Torn);
        check(orphan, RootVerdict::Torn, RootVerdict::Torn);
    }

    #[test]
    fn both_are_asked_and_case_counts() {
        let asked = |service: Option<&str>, name: Option<&str>| AskedRoot {
            service: service.map(str::to_owned),
            name: name.map(str::to_owned),
        };
        assert!(asked(None, None).is_any() && asked(None, None).is("", None));
        assert!(!asked(Some(""), None).is_any());
        let both = asked(Some("cart"), Some("GET /"));
        assert!(both.is("GET /", Some("cart")));
        for (name, service) in [
            ("GET /", Some("Cart")),
            ("get /", Some("cart")),
            ("GET /a", Some("cart")),
            ("GET /", None),
        ] {
            assert!(!both.is(name, service), "{name} {service:?}");
        }
        let unnamed = asked(Some(""), None);
        assert!(unnamed.is("x", None) && unnamed.is("x", Some("")) && !unnamed.is("x", Some("a")));
    }
}
