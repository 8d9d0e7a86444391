//! Control characters made visible.

use std::fmt::Write;

/// `text` in one line that does nothing to a terminal but show itself.
pub(super) fn visible(text: &str) -> String {
    visible_but(text, &[])
}

/// As [`visible`], with some characters as they are.
pub(super) fn visible_but(text: &str, kept: &[char]) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if kept.contains(&c) => out.push(c),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_ascii_control() => {
                let _infallible = write!(out, "\\x{:02x}", u32::from(c));
            }
            c if is_hidden(c) => {
                let _infallible = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// JSON that means the same and does nothing to a terminal: such characters stand in its strings alone.
pub(super) fn visible_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii_control() || is_hidden(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _infallible = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// Control characters beyond ASCII, which terminals obey too, and what turns the direction of text or is not seen at all, so that a line
/// would read otherwise than it is.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_a_terminal_but_text() {
        for (text, expected) in [
            ("plain é 漢字 🦀", "plain é 漢字 🦀"),
            ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("\u{1b}]0;title\u{7}", "\\x1b]0;title\\x07"),
            ("\u{9b}31m\u{85}\u{7f}", "\\u{9b}31m\\u{85}\\x7f"),
            ("abc\u{202e}fed\u{2066}", "abc\\u{202e}fed\\u{2066}"),
            ("ze\u{200b}ro\u{feff}", "ze\\u{200b}ro\\u{feff}"),
        ] {
            assert_eq!(visible(text), expected);
            assert!(!visible(text).chars().any(char::is_control));
        }
        assert_eq!(visible_but("a\tb\n\u{1b}", &['\n', '\t']), "a\tb\n\\x1b");
    }

    #[test]
    fn json_stays_the_same_value() {
        let sent = "\u{9b}31m\u{7f}\u{202e}é\u{e0001}";
        let json = serde_json::Value::from(sent).to_string();
        let shown = visible_json(&json);
        assert_eq!(shown, "\"\\u009b31m\\u007f\\u202eé\\udb40\\udc01\"");
        assert_eq!(
            serde_json::from_str::<String>(&shown).ok().as_deref(),
            Some(sent)
        );
    }
}
