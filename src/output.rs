//! What a command prints: answers on stdout, faults on stderr. A closed pipe is nobody's fault.

use std::io::{self, Write};

/// Prints one line on stdout at once, so that a script that waits for it sees it.
pub(crate) fn line(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
}

/// Prints a fault on stderr.
pub(crate) fn error(text: &str) {
    let _ = writeln!(io::stderr().lock(), "clearspan: {text}");
}

/// Prints one line on stderr that is no fault: for people, where stdout is for scripts.
pub(crate) fn remark(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
