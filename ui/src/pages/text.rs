//! Text that was sent by others, as HTML.
//!
//! It may hold anything: markup, terminal colours, characters that turn the reading order around, NUL. It stays text:
//! what has a meaning in HTML is escaped, and what would not be seen, or would change how the rest is seen, is written as
//! a visible sign.

use std::fmt::{self, Write};

use askama::filters::HtmlSafe;

/// Text of one line in a list: line breaks are shown as signs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a>(pub(crate) &'a str);

/// Text as it was sent, with its line breaks and tabs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block<'a>(pub(crate) &'a str);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_line(f, self.0)
    }
}

impl fmt::Display for Block<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_block(f, self.0)
    }
}

impl HtmlSafe for Line<'_> {}
impl HtmlSafe for Block<'_> {}

/// Writes `text` as part of one line.
pub(crate) fn write_line(out: &mut impl Write, text: &str) -> fmt::Result {
    text.chars().try_for_each(|c| match c {
        '\n' => out.write_str(" ↵ "),
        '\r' => Ok(()),
        '\t' => out.write_char(' '),
        other => write_char(out, other),
    })
}

/// Writes `text` with its line breaks.
pub(crate) fn write_block(out: &mut impl Write, text: &str) -> fmt::Result {
    text.chars().try_for_each(|c| match c {
        '\n' | '\t' => out.write_char(c),
        '\r' => Ok(()),
        other => write_char(out, other),
    })
}

fn write_char(out: &mut impl Write, c: char) -> fmt::Result {
    match c {
        '&' => out.write_str("&amp;"),
        '<' => out.write_str("&lt;"),
        '>' => out.write_str("&gt;"),
        '"' => out.write_str("&#34;"),
        '\'' => out.write_str("&#39;"),
        c if is_hidden(c) => write!(
            out,
            "<span class=\"ctrl\" title=\"U+{:04X}\">{}</span>",
            u32::from(c),
            Sign(c)
        ),
        c => out.write_char(c),
    }
}

/// Text for places that hold no markup, such as a `title`: the signs without their frame.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) && !matches!(c, '\n' | '\t') {
            // A String takes every write.
            let _written = write!(out, "{}", Sign(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// Control characters, and those that set or override the direction of text or take no room. The joiners are not among
/// them: scripts and emoji are written with them.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The sign for a hidden character: Unicode's control pictures where there is one, else its number.
struct Sign(char);

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match u32::from(self.0) {
            code @ 0..=0x1f => f.write_char(char::from_u32(0x2400 + code).unwrap_or('␀')),
            0x7f => f.write_char('␡'),
            code => write!(f, "U+{code:04X}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        let check = |text: &str, expected: &str| assert_eq!(Line(text).to_string(), expected);
        check("plain – ünï 🛒", "plain – ünï 🛒");
        check(
            "<script>alert('1')</script> & \"x\"",
            "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &#34;x&#34;",
        );
        check("a\r\nb\tc", "a ↵ b c");
        check(
            "\u{1b}[31mred",
            "<span class=\"ctrl\" title=\"U+001B\">␛</span>[31mred",
        );
        check(
            "\u{0}\u{202e}",
            "<span class=\"ctrl\" title=\"U+0000\">␀</span><span class=\"ctrl\" title=\"U+202E\">U+202E</span>",
        );
        check("👩\u{200d}💻", "👩\u{200d}💻");
    }

    #[test]
    fn a_block_keeps_its_lines() {
        assert_eq!(Block("a\r\n\tb<").to_string(), "a\n\tb&lt;");
        assert_eq!(plain("a\u{7f}<b>\n"), "a␡<b>\n");
    }
}
