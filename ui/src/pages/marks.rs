//! How a service is shown: its colour, and its name with what it shares with the others stepping back.

use std::sync::Arc;

use clearspan_query::ServiceSlots;

use super::text::plain;
use crate::error::ApiError;
use crate::state::Api;

/// Services must be at least this many before a shared beginning or end says nothing.
const SHARED_BY_MIN: usize = 3;

/// The marks of all services.
#[derive(Debug, Clone)]
pub(crate) struct Marks {
    slots: Arc<ServiceSlots>,
    prefix: String,
    suffix: String,
}

/// One service's mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Of the bar: its colour, and whether it is split.
    pub(crate) class: String,
    /// The colour alone, for drawings.
    pub(crate) colour: String,
    pub(crate) title: String,
    pub(crate) before: String,
    pub(crate) middle: String,
    pub(crate) after: String,
}

impl Mark {
    pub(crate) fn is_unnamed(&self) -> bool {
        self.title.is_empty()
    }
}

impl Marks {
    /// The marks of all services that the store knows.
    pub(crate) fn read(api: &Api) -> Result<Self, ApiError> {
        let slots = api.engine()?.service_slots(&api.tenant());
        Ok(Marks::new(Arc::clone(&slots), slots.names().into_iter()))
    }

    /// Marks for services with these slots; `names` tells what most of them share.
    pub(super) fn new<'a>(slots: Arc<ServiceSlots>, names: impl Iterator<Item = &'a str>) -> Self {
        let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
        let prefix = shared(&names, |name| name.find(is_joint).map(|end| &name[..=end]));
        let suffix = shared(&names, |name| {
            name.rfind(is_joint).map(|start| &name[start..])
        });
        Marks {
            slots,
            prefix,
            suffix,
        }
    }

    /// The mark of a service; the empty name is that of spans without one.
    pub(crate) fn of(&self, name: &str) -> Mark {
        let rest = name
            .strip_prefix(self.prefix.as_str())
            .filter(|rest| !rest.is_empty());
        let (before, rest) = rest.map_or(("", name), |rest| (self.prefix.as_str(), rest));
        let middle = rest
            .strip_suffix(self.suffix.as_str())
            .filter(|middle| !middle.is_empty());
        let (middle, after) = middle.map_or((rest, ""), |middle| (middle, self.suffix.as_str()));
        Mark {
            class: self.class(name),
            colour: self.colour(name),
            title: plain(name),
            before: plain(before),
            middle: plain(middle),
            after: plain(after),
        }
    }

    /// What most names begin with; empty when they share nothing.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What most names end with.
    pub(crate) fn suffix(&self) -> &str {
        &self.suffix
    }

    fn class(&self, name: &str) -> String {
        if name.is_empty() {
            return "mk".to_owned();
        }
        let slot = self.slots.slot(name);
        let split = if slot.round > 0 { " mk-split" } else { "" };
        format!("mk mk-{}{split}", slot.colour)
    }

    fn colour(&self, name: &str) -> String {
        if name.is_empty() {
            return "mk-none".to_owned();
        }
        format!("mk-{}", self.slots.slot(name).colour)
    }
}

/// Where parts of a name meet. All are one byte long.
fn is_joint(c: char) -> bool {
    matches!(c, '-' | '.' | '_' | '/' | ':')
}

/// The part that more than half of the names have; empty when none has it.
fn shared<'a>(names: &[&'a str], part: impl Fn(&'a str) -> Option<&'a str>) -> String {
    if names.len() < SHARED_BY_MIN {
        return String::new();
    }
    let mut parts: Vec<&str> = names.iter().filter_map(|name| part(name)).collect();
    parts.sort_unstable();
    let most = parts.chunk_by(|a, b| a == b).max_by_key(|same| same.len());
    let most = most.filter(|same| same.len() * 2 > names.len());
    most.and_then(|same| same.first())
        .map_or(String::new(), |part| (*part).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(names: &[&str], name: &str, expected: (&str, &str, &str)) {
        let marks = Marks::new(Arc::new(ServiceSlots::default()), names.iter().copied());
        let mark = marks.of(name);
        assert_eq!(
            (
                mark.before.as_str(),
                mark.middle.as_str(),
                mark.after.as_str()
            ),
            expected
        );
    }

    #[test]
    fn what_most_names_share_steps_back() {
        let train = [
            "ts-seat-service",
            "ts-order-other-service",
            "ts-basic-service",
            "gateway",
        ];
        check(
            &train,
            "ts-order-other-service",
            ("ts-", "order-other", "-service"),
        );
        check(&train, "gateway", ("", "gateway", ""));
        check(&train, "ts-service", ("ts-", "service", ""));
        check(&train, "ts-", ("", "ts-", ""));
        check(&["a-b", "a-c"], "a-b", ("", "a-b", ""));
        check(&["cart", "checkout", "a-x"], "cart", ("", "cart", ""));
    }

    #[test]
    fn the_unnamed_service_has_no_colour() {
        let marks = Marks::new(Arc::new(ServiceSlots::default()), std::iter::empty());
        assert!(marks.of("").is_unnamed());
        assert_eq!(marks.of("").class, "mk");
        assert!(marks.of("cart").class.starts_with("mk mk-"));
    }
}
