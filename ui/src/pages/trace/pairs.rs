//! Attributes as pairs of key and value, each a filter of the trace search.

use std::fmt;

use clearspan_query::language::fields;
use clearspan_query::{AnyRef, Signal, json};

use crate::limits::{PANEL_PAIRS_MAX, PANEL_VALUE_BYTES_MAX};
use crate::pages::text::plain;
use crate::pages::view::{Link, View};
use crate::pages::{filters, format};

/// A value longer than this is nothing that one filters by.
const FILTER_BYTES_MAX: usize = 256;

/// A name that begins so names a level, not an attribute.
const LEVELS: [&str; 3] = ["attributes.", "scope.", "resource."];

/// One key and its value.
#[derive(Debug, PartialEq)]
pub(super) struct Pair {
    pub(super) key: String,
    /// As much of the value as is shown.
    pub(super) value: String,
    /// The value is no text: its colour says so.
    pub(super) is_other: bool,
    pub(super) more: More,
    /// The whole value, for copying; `None` where it is not all shown as it is.
    pub(super) copied: Option<String>,
    pub(super) include: Option<Link>,
    pub(super) exclude: Option<Link>,
}

/// How many bytes are not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct More(usize);

impl fmt::Display for More {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            bytes => write!(f, " … and {} more bytes", format::count(bytes as u64)),
        }
    }
}

/// The pairs of one level.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Pairs {
    pub(super) shown: Vec<Pair>,
    pub(super) total: usize,
    /// What the sender dropped before it sent.
    pub(super) dropped: u32,
}

impl Pairs {
    pub(super) fn is_empty(&self) -> bool {
        self.total == 0 && self.dropped == 0
    }

    /// Attributes of a level: `attributes`, `scope` or `resource`. Of a repeated key the last stands here; `raw` has all.
    pub(super) fn new(
        entries: &[(&str, AnyRef<'_>)],
        dropped: u32,
        level: &str,
        search: &View,
    ) -> Self {
        let pair = |(key, value): &(&str, AnyRef<'_>)| Pair::new(key, *value, level, search);
        Pairs {
            shown: entries.iter().take(PANEL_PAIRS_MAX).map(pair).collect(),
            total: entries.len(),
            dropped,
        }
    }
}

impl Pair {
    fn new(key: &str, value: AnyRef<'_>, level: &str, search: &View) -> Self {
        let condition = condition(key, value, level);
        let link = |sign: &str| {
            let condition = condition.as_ref()?;
            Some(search.with("q", &format!("{sign}{condition}")).link())
        };
        let (include, exclude) = (link(""), link("-"));
        let mut text = String::new();
        json::push_text(value, &mut text);
        let more = cut(&mut text, PANEL_VALUE_BYTES_MAX);
        Pair {
            copied: copied(&text, more),
            key: shortened(key),
            value: text,
            is_other: !matches!(value, AnyRef::String(_)),
            more,
            include,
            exclude,
        }
    }

    /// A fact that is no attribute, and is not searched for.
    pub(super) fn fact(key: &str, value: &str) -> Self {
        let mut text = value.to_owned();
        let more = cut(&mut text, PANEL_VALUE_BYTES_MAX);
        Pair {
            copied: copied(&text, more),
            key: key.to_owned(),
            value: text,
            is_other: false,
            more,
            include: None,
            exclude: None,
        }
    }
}

/// Shortens `text` to at most `max` bytes and says how many are gone.
pub(super) fn cut(text: &mut String, max: usize) -> More {
    let end = text.floor_char_boundary(max);
    let more = text.len() - end;
    text.truncate(end);
    More(more)
}

/// A name as far as a panel shows it; it may be as large as a request.
pub(super) fn shortened(name: &str) -> String {
    let mut name = name.to_owned();
    if let More(1..) = cut(&mut name, PANEL_VALUE_BYTES_MAX) {
        name.push('…');
    }
    name
}

/// What hides characters is not copied from here: it would stand in the page unseen. Raw has it, escaped.
fn copied(text: &str, more: More) -> Option<String> {
    (more == More(0) && plain(text) == text).then(|| text.to_owned())
}

/// The clause that finds spans with this value; `None` where the language has none.
fn condition(key: &str, value: AnyRef<'_>, level: &str) -> Option<String> {
    if key.is_empty() || key.len() > FILTER_BYTES_MAX || key.contains(char::is_control) {
        return None;
    }
    // Such a name alone means something else in a query.
    let is_taken = fields::known_names(Signal::Spans).any(|name| name == key)
        || LEVELS.iter().any(|level| key.starts_with(level));
    let name = if is_taken {
        format!("{level}.{key}")
    } else {
        key.to_owned()
    };
    let field = filters::quoted(&name);
    match value {
        AnyRef::String(text)
            if text.len() <= FILTER_BYTES_MAX && !text.contains(char::is_control) =>
        {
            Some(filters::is(&field, text))
        }
        AnyRef::Bool(value) => Some(format!("{field}:{value}")),
        AnyRef::Int(value) => Some(format!("{field}:{value}")),
        AnyRef::Double(value) if value.is_finite() => Some(format!("{field}:{value}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_name_one_value() {
        let check = |key: &str, value: AnyRef<'_>, expected: Option<&str>| {
            assert_eq!(condition(key, value, "attributes").as_deref(), expected);
        };
        check(
            "http.route",
            AnyRef::String("/pay"),
            Some("http.route:\"/pay\""),
        );
        check("code", AnyRef::Int(-5), Some("code:-5"));
        check("ok", AnyRef::Bool(true), Some("ok:true"));
        check("name", AnyRef::String("x"), Some("attributes.name:x"));
        check(
            "attributes.name",
            AnyRef::String("x"),
            Some("attributes.attributes.name:x"),
        );
        check("a b", AnyRef::String("x"), Some("\"a b\":x"));
        check("a\u{0}b", AnyRef::String("x"), None);
        check("a", AnyRef::String("x\ny"), None);
        check("a", AnyRef::String(&"x".repeat(300)), None);
        check("a", AnyRef::Double(f64::NAN), None);
        check("a", AnyRef::Empty, None);
    }

    #[test]
    fn long_values_are_cut_between_characters() {
        let mut text = "é".repeat(3);
        assert_eq!((cut(&mut text, 5), text.as_str()), (More(2), "éé"));
        let mut text = "abc".to_owned();
        assert_eq!((cut(&mut text, 3), text.as_str()), (More(0), "abc"));
    }
}
