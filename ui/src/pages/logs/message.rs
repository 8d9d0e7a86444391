//! A record's text in a row, and in the panel: marked where it matches, dimmed where it repeats, and short.
//!
//! What freezes a page of logs is bytes per row, not rows. So a row shows at most [`ROW_BYTES_MAX`] of its text: from its start,
//! or from a little before the first match if that would lie beyond what a line shows.

use std::fmt;
use std::ops::Range;

use askama::filters::HtmlSafe;
use clearspan_query::language::Highlighter;

use super::calm;
use super::fold::Folded;
use crate::pages::text;

/// Bytes of a text that a row shows.
pub(super) const ROW_BYTES_MAX: usize = 2 * 1024;

/// Bytes of a text that are searched for matches to show in a row.
const SEARCHED_BYTES_MAX: usize = 256 * 1024;

/// Places that are marked in a row, and in a panel's text.
const PLACES_MAX: usize = 64;
const BODY_PLACES_MAX: usize = 5_000;

/// A first match beyond this column brings the text's start with it ...
const COLUMN_MAX: usize = 60;
/// ... this many characters before it, or at the word before.
const CHARS_BEFORE: usize = 24;

/// Text as HTML: escaped, with marks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Marked(String);

impl fmt::Display for Marked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Marked {}

/// How texts of rows are shown.
#[derive(Debug)]
pub(super) struct Style {
    pub(super) marks: Highlighter,
    /// Lines are broken instead of cut.
    pub(super) is_wrapped: bool,
}

impl Style {
    /// A text in a row.
    pub(super) fn row(&self, text: &str, folded: &Folded) -> Marked {
        let places = self
            .marks
            .places(head(text, SEARCHED_BYTES_MAX), PLACES_MAX);
        let first = places.first().map(|place| place.start);
        // What is looked for must not be folded away.
        let folded = if first.is_some_and(|first| first < folded.rest) {
            &Folded::default()
        } else {
            folded
        };
        let start = first.map_or(folded.rest, |first| start(text, folded.rest, first));
        let end = start + head(&text[start..], ROW_BYTES_MAX).len();
        let mut out = Out::new(self.is_wrapped);
        if start > folded.rest {
            out.raw("<i>… </i>");
        } else if let Some(kept) = folded.kept.clone() {
            out.raw("<i class=\"fold\">");
            out.text(&text[kept]);
            out.raw("</i>");
        }
        out.marked(text, start..end, &places);
        if end < text.len() {
            out.raw(&format!(
                "<i class=\"cut-off\"> … {} more</i>",
                bytes(text.len() - end)
            ));
        }
        Marked(out.html)
    }

    /// The first `bytes_max` of a text with its lines, for the panel.
    pub(super) fn body(&self, text: &str, bytes_max: usize) -> Marked {
        let shown = head(text, bytes_max);
        let places = self.marks.places(shown, BODY_PLACES_MAX);
        let mut out = Out::new(true);
        out.marked(text, 0..shown.len(), &places);
        Marked(out.html)
    }
}

/// The first bytes of a text, up to a character's end.
pub(super) fn head(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

/// Where a text starts whose first match is at `first`: at `from`, unless the match would lie far behind.
fn start(text: &str, from: usize, first: usize) -> usize {
    let before = &text[from..first];
    if before.chars().take(COLUMN_MAX).count() < COLUMN_MAX {
        return from;
    }
    let mut back = before.char_indices().rev().map(|(at, _)| at);
    let near = back.nth(CHARS_BEFORE - 1).unwrap_or(0);
    let reach = &before[..near];
    let word = reach
        .char_indices()
        .rev()
        .take(CHARS_BEFORE)
        .find(|(_, c)| c.is_whitespace());
    from + word.map_or(near, |(at, c)| at + c.len_utf8())
}

/// `14 KB`, for people.
pub(super) fn bytes(n: usize) -> String {
    match n {
        0..1_000 => format!("{n} bytes"),
        1_000..1_000_000 => format!("{} KB", n.div_ceil(1_000)),
        _ => format!("{:.1} MB", n as f64 / 1e6),
    }
}

struct Out {
    html: String,
    has_lines: bool,
}

impl Out {
    fn new(has_lines: bool) -> Self {
        Out {
            html: String::new(),
            has_lines,
        }
    }

    fn raw(&mut self, html: &str) {
        self.html.push_str(html);
    }

    fn text(&mut self, part: &str) {
        // A String takes every write.
        let _written = if self.has_lines {
            text::write_block(&mut self.html, part)
        } else {
            text::write_line(&mut self.html, part)
        };
    }

    fn calm(&mut self, part: &str) {
        for (piece, is_quiet) in calm::pieces(part) {
            if is_quiet {
                self.raw("<i>");
                self.text(piece);
                self.raw("</i>");
            } else {
                self.text(piece);
            }
        }
    }

    fn marked(&mut self, text: &str, shown: Range<usize>, places: &[Range<usize>]) {
        let mut at = shown.start;
        for place in places {
            let (start, end) = (place.start.max(at), place.end.min(shown.end));
            if start >= end {
                continue;
            }
            self.calm(&text[at..start]);
            self.raw("<mark>");
            self.text(&text[start..end]);
            self.raw("</mark>");
            at = end;
        }
        self.calm(&text[at..shown.end]);
    }
}

/// Text as a list shows it: no longer than it needs to be told from others.
pub(super) fn short(text: &str, chars_max: usize) -> Marked {
    let end = text
        .char_indices()
        .nth(chars_max)
        .map_or(text.len(), |(at, _)| at);
    let mut out = Out::new(false);
    out.text(&text[..end]);
    if end < text.len() {
        out.raw("…");
    }
    Marked(out.html)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clearspan_query::Signal;
    use clearspan_query::language::Query;

    fn style(query: &str, is_wrapped: bool) -> Style {
        let query = Query::parse(query, Signal::Logs).unwrap_or_else(|_| Query::all(Signal::Logs));
        Style {
            marks: Highlighter::new(&query),
            is_wrapped,
        }
    }

    fn check(query: &str, text: &str, expected: &str) {
        assert_eq!(
            style(query, false).row(text, &Folded::default()).0,
            expected
        );
    }

    #[test]
    fn matches_are_marked_and_text_stays_text() {
        check("seat", "a Seat request", "a <mark>Seat</mark> request");
        check(
            "b",
            "<b>1</b>",
            "<i>&lt;</i><mark>b</mark><i>&gt;1&lt;</i>/<mark>b</mark><i>&gt;</i>",
        );
        check("", "a\nb", "a ↵ b");
        check(
            "\"a b\"",
            "x a\u{202e}",
            "x a<span class=\"ctrl\" title=\"U+202E\">U+202E</span>",
        );
    }

    #[test]
    fn the_first_match_is_near_the_start() {
        let words = "word ".repeat(20);
        check(
            "hit",
            &format!("{words}hit"),
            &format!("<i>… </i>{}<mark>hit</mark>", "word ".repeat(5)),
        );
        let solid = "x".repeat(100);
        check(
            "*hit",
            &format!("{solid}hit"),
            &format!("<i>… </i>{}<mark>hit</mark>", "x".repeat(24)),
        );
        check(
            "hit",
            &format!("{} hit", "é".repeat(58)),
            &format!("{} <mark>hit</mark>", "é".repeat(58)),
        );
    }

    #[test]
    fn a_row_is_short_whatever_the_text() {
        let long = "é".repeat(600_000);
        let html = style("", false).row(&long, &Folded::default()).0;
        assert!(html.len() < ROW_BYTES_MAX + 100, "{}", html.len());
        assert!(
            html.ends_with("<i class=\"cut-off\"> … 1.2 MB more</i>"),
            "{html}"
        );
        let far = format!("{long} needle");
        let html = style("needle", false).row(&far, &Folded::default()).0;
        assert!(!html.contains("mark"));
    }

    #[test]
    fn the_head_is_folded_unless_it_is_looked_for() {
        let folded = Folded {
            kept: Some(5..8),
            rest: 12,
        };
        let row = |query: &str| style(query, false).row("INFO log ID= the rest", &folded).0;
        assert_eq!(row(""), "<i class=\"fold\">log</i> the rest");
        assert_eq!(
            row("rest"),
            "<i class=\"fold\">log</i> the <mark>rest</mark>"
        );
        assert_eq!(row("log"), "INFO <mark>log</mark> ID<i>=</i> the rest");
    }

    #[test]
    fn a_body_keeps_its_lines() {
        let body = style("b", false).body("a\n\tb<", 4);
        assert_eq!(body.0, "a\n\t<mark>b</mark>");
        assert_eq!(style("", true).row("a\nb", &Folded::default()).0, "a\nb");
        assert_eq!(short("a\nbcd", 3).0, "a ↵ b…");
    }
}
