//! The heads of a table's columns, by which the server sorts.

use super::paging::PAGE;
use super::view::{Link, View};

/// The head of one column.
pub(crate) struct Head {
    pub(crate) words: &'static str,
    pub(crate) class: &'static str,
    /// Sorts by this column, or the other way round; `None` where nothing can be sorted by.
    pub(crate) link: Option<Link>,
    /// `aria-sort`.
    pub(crate) sorted: &'static str,
}

/// What a table is sorted by: the word of a column in the URL, and the direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sorted {
    pub(crate) by: &'static str,
    pub(crate) is_descending: bool,
}

impl Head {
    /// A column that nothing is sorted by.
    pub(crate) fn plain(words: &'static str, class: &'static str) -> Self {
        Head {
            words,
            class,
            link: None,
            sorted: "",
        }
    }

    /// A column that `word` sorts by. The first click shows what `is_worst_first` says, the next one turns it round.
    pub(crate) fn sorting(
        word: &'static str,
        words: &'static str,
        class: &'static str,
        (view, now): (&View, Sorted),
        is_worst_first: bool,
    ) -> Self {
        let is_sorted = now.by == word;
        let descends = if is_sorted {
            !now.is_descending
        } else {
            is_worst_first
        };
        let sign = if descends { "-" } else { "" };
        let view = view.without(&["cursor", PAGE]);
        Head {
            words,
            class,
            link: Some(view.with("sort", &format!("{sign}{word}")).link()),
            sorted: match (is_sorted, now.is_descending) {
                (false, _) => "none",
                (true, true) => "descending",
                (true, false) => "ascending",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_sorts_and_the_next_turns_it_round() {
        let view = View::at("/traces").with("cursor", "x").with("q", "a");
        let check = |by, is_descending, expected: (&str, &str)| {
            let now = Sorted { by, is_descending };
            let head = Head::sorting("duration", "Duration", "r", (&view, now), true);
            let link = head.link.map(|link| link.as_str().to_owned());
            assert_eq!((link.unwrap_or_default().as_str(), head.sorted), expected);
        };
        check("start", true, ("/traces?q=a&sort=-duration", "none"));
        check(
            "duration",
            true,
            ("/traces?q=a&sort=duration", "descending"),
        );
        check(
            "duration",
            false,
            ("/traces?q=a&sort=-duration", "ascending"),
        );
        assert!(Head::plain("Root", "first").link.is_none());
    }
}
