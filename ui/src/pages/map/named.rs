//! Nodes by name: whole, as far as a node has room, and with their mark.

use clearspan_query::NodeKind;

use super::key::Key;
use crate::pages::marks::{Mark, Marks};
use crate::pages::text::plain;

/// Characters that a node has room for.
const CHARS_MAX: usize = 17;

/// Of a name that is too long so many of its end are kept: names differ there as often as at the beginning.
const END_CHARS: usize = 6;

/// A node in a list.
#[derive(Debug, Clone)]
pub(in crate::pages) struct Named {
    /// Of a service; others have an icon.
    pub(in crate::pages) mark: Option<Mark>,
    pub(in crate::pages) icon: &'static str,
    pub(in crate::pages) word: &'static str,
    pub(in crate::pages) name: String,
}

impl Named {
    pub(in crate::pages) fn new(key: &Key, marks: &Marks) -> Self {
        Named {
            mark: key.is_service().then(|| marks.of(&key.name)),
            icon: key.icon(),
            word: key.word(),
            name: whole(key),
        }
    }
}

pub(super) fn whole(key: &Key) -> String {
    match (key.name.is_empty(), key.kind) {
        (true, NodeKind::Service) => "(no service.name)".to_owned(),
        (true, _) => "(no name)".to_owned(),
        _ => key.name.clone(),
    }
}

/// The part of a name that tells it apart, as far as a node has room.
pub(super) fn short(key: &Key, marks: &Marks) -> String {
    let name = match key.kind {
        NodeKind::Service if !key.name.is_empty() => marks.of(&key.name).middle,
        _ => plain(&whole(key)),
    };
    let wide = |c: char| if u32::from(c) >= 0x1100 { 2 } else { 1 };
    if name.chars().map(wide).sum::<usize>() <= CHARS_MAX {
        return name;
    }
    let kept = |chars: &mut dyn Iterator<Item = char>, room: usize| {
        let mut used = 0;
        let fits = chars.take_while(|&c| {
            used += wide(c);
            used <= room
        });
        fits.collect::<Vec<char>>()
    };
    let head = kept(&mut name.chars(), CHARS_MAX - END_CHARS - 1);
    let tail = kept(&mut name.chars().rev(), END_CHARS);
    head.into_iter()
        .chain(['…'])
        .chain(tail.into_iter().rev())
        .collect()
}

/// Units of the drawing that a name takes, about, in the font that the pages are made for.
pub(super) fn width(name: &str) -> f64 {
    name.chars().map(char_width).sum()
}

fn char_width(c: char) -> f64 {
    match c {
        'f' | 'i' | 'j' | 'l' | 'r' | 't' | 'I' | '.' | ',' | ':' | ';' | '!' | '|' | '\''
        | '(' | ')' | '[' | ']' | ' ' => 4.2,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 11.0,
        'A'..='Z' => 8.6,
        c if u32::from(c) >= 0x1100 => 12.5,
        _ => 7.3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use clearspan_query::ServiceSlots;

    #[test]
    fn long_names_keep_both_ends() {
        let marks = Marks::new(Arc::new(ServiceSlots::default()), std::iter::empty());
        let check =
            |name: &str, expected: &str| assert_eq!(short(&Key::service(name), &marks), expected);
        check("cart", "cart");
        check("seventeen-letters", "seventeen-letters");
        check("recommendation-service-eu-1", "recommenda…e-eu-1");
        check("検索サービス検索サービス", "検索サービ…ービス");
        check("", "(no service.name)");
    }
}
