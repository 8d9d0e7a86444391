//! Severity: shape, word and colour always together.

use clearspan_query::language::fields::{SEVERITIES, severity_name};

use crate::pages::filters;

/// The band of a record, by its number, else by its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Severity {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
    Unset,
}

impl Severity {
    /// In the order in which the engine counts them.
    const ALL: [Severity; 7] = [
        Severity::Trace,
        Severity::Debug,
        Severity::Info,
        Severity::Warn,
        Severity::Error,
        Severity::Fatal,
        Severity::Unset,
    ];

    pub(super) fn of(number: i32, text: &str) -> Self {
        let name = severity_name(number, text);
        let place = SEVERITIES.iter().position(|band| Some(*band) == name);
        place.map_or(Severity::Unset, |place| Severity::ALL[place])
    }

    /// Counts of the engine with their severities, the gravest first.
    pub(super) fn counted<'a>(rows: &'a [u64; 7]) -> impl Iterator<Item = (Severity, u64)> + 'a {
        const BY_WEIGHT: [Severity; 7] = [
            Severity::Fatal,
            Severity::Error,
            Severity::Warn,
            Severity::Info,
            Severity::Debug,
            Severity::Trace,
            Severity::Unset,
        ];
        BY_WEIGHT
            .into_iter()
            .map(|severity| (severity, rows[severity as usize]))
    }

    /// As classes, icons and sentences have it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Severity::Trace => "trace",
            Severity::Debug => "debug",
            Severity::Info => "info",
            Severity::Warn => "warn",
            Severity::Error => "error",
            Severity::Fatal => "fatal",
            Severity::Unset => "unset",
        }
    }

    /// Its icon.
    pub(super) fn icon(self) -> &'static str {
        match self {
            Severity::Trace => "sev-trace",
            Severity::Debug => "sev-debug",
            Severity::Info => "sev-info",
            Severity::Warn => "sev-warn",
            Severity::Error => "sev-error",
            Severity::Fatal => "sev-fatal",
            Severity::Unset => "sev-unset",
        }
    }

    /// As it stands in a list.
    pub(super) fn name(self) -> &'static str {
        SEVERITIES.get(self as usize).copied().unwrap_or("UNSET")
    }

    pub(super) fn is_error(self) -> bool {
        matches!(self, Severity::Error | Severity::Fatal)
    }

    /// Worth being counted where there is little room.
    pub(super) fn is_grave(self) -> bool {
        self.is_error() || self == Severity::Warn
    }

    /// What finds records of this band; nothing finds those without one.
    pub(super) fn clause(self) -> Option<String> {
        (self != Severity::Unset).then(|| filters::is("severity", self.word()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_by_number_else_by_text() {
        let check = |number, text, expected| assert_eq!(Severity::of(number, text), expected);
        check(17, "", Severity::Error);
        check(24, "info", Severity::Fatal);
        check(0, "Warning", Severity::Warn);
        check(0, "loud", Severity::Unset);
        check(99, "", Severity::Unset);
        check(1, "", Severity::Trace);
    }

    #[test]
    fn counts_come_gravest_first() {
        let counted: Vec<_> = Severity::counted(&[1, 2, 3, 4, 5, 6, 7])
            .map(|(s, n)| (s.word(), n))
            .collect();
        assert_eq!(counted[0], ("fatal", 6));
        assert_eq!(counted[3], ("info", 3));
        assert_eq!(counted[6], ("unset", 7));
        assert_eq!(Severity::Unset.clause(), None);
        assert_eq!(Severity::Error.clause().as_deref(), Some("severity:error"));
    }
}
