//! Colours.

use crate::cli::ColorArg;
use crate::config;

/// Colours of services: none that severities have.
const SERVICES: [&str; 6] = ["36", "34", "35", "96", "94", "95"];

/// How a piece of a line looks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Look<'a> {
    /// A record's severity, by its number; 0 where it has none.
    Severity(i64),
    /// A service's name: the same has the same colour.
    Service(&'a str),
    /// What is read second.
    Dim,
    /// A number of errors.
    Error,
}

/// Paints, or does not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint {
    colored: bool,
}

impl Paint {
    pub(super) fn new(wanted: ColorArg, is_terminal: bool) -> Self {
        let colored = match wanted {
            ColorArg::Always => true,
            ColorArg::Never => false,
            ColorArg::Auto => is_terminal && config::terminal_has_color(),
        };
        Paint { colored }
    }

    /// Appends `text`, which holds no control character.
    pub(super) fn push(self, out: &mut String, look: Look<'_>, text: &str) {
        match look.code() {
            Some(code) if self.colored => {
                out.push_str("\x1b[");
                out.push_str(code);
                out.push('m');
                out.push_str(text);
                out.push_str("\x1b[0m");
            }
            _ => out.push_str(text),
        }
    }
}

impl Look<'_> {
    fn code(self) -> Option<&'static str> {
        match self {
            Look::Severity(21..) => Some("1;31"),
            Look::Severity(17..=20) | Look::Error => Some("31"),
            Look::Severity(13..=16) => Some("33"),
            Look::Severity(9..=12) => Some("32"),
            Look::Severity(1..=8) | Look::Dim => Some("2"),
            Look::Severity(_) => None,
            Look::Service(name) => {
                // FNV: any hash will do that is the same in the next run.
                let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
                    (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
                });
                SERVICES.get(hash as usize % SERVICES.len()).copied()
            }
        }
    }
}
