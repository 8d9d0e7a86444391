//! Lists whose rows are all known, page by page.

use std::ops::Range;

use super::format;
use super::view::{Link, View};
use crate::error::ApiError;
use crate::params::bad;

/// The parameter that names the page, counted from 1.
pub(crate) const PAGE: &str = "page";

/// The page that is asked for; `None` where none is.
pub(crate) fn asked(view: &View) -> Result<Option<usize>, ApiError> {
    let text = view.get(PAGE);
    match text.parse::<usize>() {
        _ if text.is_empty() => Ok(None),
        Ok(page) if page >= 1 => Ok(Some(page)),
        _ => Err(bad("bad_parameter", PAGE, text, "a page number from 1")),
    }
}

/// One page of a list.
#[derive(Debug)]
pub(crate) struct Paging {
    /// The rows of it.
    pub(crate) rows: Range<usize>,
    /// `1–200 of 109,000`.
    pub(crate) place: String,
    pub(crate) before: Option<Link>,
    pub(crate) after: Option<Link>,
}

impl Paging {
    /// Of `total` rows the page `page`, or the last one where that lies behind it.
    pub(crate) fn new(view: &View, page: usize, rows_of_page: usize, total: usize) -> Self {
        let pages = total.div_ceil(rows_of_page).max(1);
        let page = page.clamp(1, pages);
        let first = (page - 1) * rows_of_page;
        let rows = first..(first + rows_of_page).min(total);
        let to = |page: usize| view.with(PAGE, &page.to_string()).link();
        Paging {
            place: place(&rows, total),
            rows,
            before: (page > 1).then(|| to(page - 1)),
            after: (page < pages).then(|| to(page + 1)),
        }
    }

    /// Whether there is another page.
    pub(crate) fn is_needed(&self) -> bool {
        self.before.is_some() || self.after.is_some()
    }
}

fn place(rows: &Range<usize>, total: usize) -> String {
    let count = |n: usize| format::count(n as u64);
    if rows.is_empty() {
        return format!("0 of {}", count(total));
    }
    let (first, last) = (count(rows.start + 1), count(rows.end));
    format!("{first}–{last} of {}", count(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_and_the_last_one_is_short() {
        let check = |page, total, expected: (&str, bool, bool)| {
            let paging = Paging::new(&View::at("/"), page, 200, total);
            let (before, after) = (paging.before.is_some(), paging.after.is_some());
            assert_eq!((paging.place.as_str(), before, after), expected);
        };
        check(1, 109_000, ("1–200 of 109,000", false, true));
        check(2, 201, ("201–201 of 201", true, false));
        check(9, 201, ("201–201 of 201", true, false));
        check(1, 200, ("1–200 of 200", false, false));
        check(1, 0, ("0 of 0", false, false));
    }
}
