//! Roots that no trace has.

use std::collections::HashSet;

use super::nearest::nearest;
use crate::limits::{HINT_KEYS_MAX, STEPS_PER_YIELD};
use crate::trace::{AskedRoot, Directories};

/// What the roots of traces are, as far as it is compared.
#[derive(Default)]
struct Seen<'a> {
    texts: HashSet<&'a str>,
    is_asked: bool,
}

impl<'a> Seen<'a> {
    fn add(&mut self, text: &'a str, asked: Option<&str>) {
        self.is_asked |= asked == Some(text);
        if self.texts.len() < HINT_KEYS_MAX {
            self.texts.insert(text);
        }
    }

    /// A sentence where no root is so; nobody needs one about the empty name.
    fn hint(self, what: &str, asked: Option<&str>) -> Option<String> {
        let asked = asked.filter(|asked| !self.is_asked && !asked.is_empty())?;
        let mut hint = format!("no trace has a root {what} `{asked}`");
        if let Some(name) = nearest(asked, self.texts.into_iter()) {
            hint.push_str(&format!("; did you mean `{name}`?"));
        }
        Some(hint)
    }
}

/// For what roots were asked to be and none is, at whatever time: what it may have been meant to be.
pub(crate) async fn of_roots(directories: &Directories, asked: &AskedRoot) -> Vec<String> {
    if asked.is_any() {
        return Vec::new();
    }
    let (mut services, mut names) = (Seen::default(), Seen::default());
    let (service, name) = (asked.service.as_deref(), asked.name.as_deref());
    for (_, directory) in directories.all() {
        for (step, entry) in directory.entries().enumerate() {
            if let Some(root) = entry.root() {
                services.add(root.service.unwrap_or(""), service);
                names.add(root.name, name);
            }
            if step % STEPS_PER_YIELD == 0 {
                tokio::task::yield_now().await;
            }
        }
    }
    let hints = [
        services.hint("of the service", service),
        names.hint("of the name", name),
    ];
    hints.into_iter().flatten().collect()
}
