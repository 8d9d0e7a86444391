//! The rule for words and phrases, as it is written.

use crate::text::fold::fold_char;
use crate::text::{TextPattern, is_word};

/// Whether the pattern stands in the text.
pub(crate) fn stands(pattern: &TextPattern, text: &str) -> bool {
    let text: Vec<char> = text.chars().map(fold_char).collect();
    let wanted: Vec<char> = pattern.text.chars().map(fold_char).collect();
    let (Some(first), Some(last)) = (wanted.first(), wanted.last()) else {
        return true;
    };
    let mut windows = text.windows(wanted.len()).enumerate();
    windows.any(|(start, window)| {
        let before = start.checked_sub(1).map(|before| text[before]);
        let behind = text.get(start + wanted.len());
        let starts = pattern.open_start || !is_word(*first) || !before.is_some_and(is_word);
        let ends = pattern.open_end || !is_word(*last) || !behind.is_some_and(|c| is_word(*c));
        window == wanted && starts && ends
    })
}

#[test]
fn the_oracle_knows_the_examples_of_the_rule() {
    let check = |pattern: &str, text: &str, expected: bool| {
        let pattern = TextPattern {
            text: pattern.trim_matches('*').to_owned(),
            open_start: pattern.starts_with('*'),
            open_end: pattern.ends_with('*'),
        };
        assert_eq!(stands(&pattern, text), expected, "{pattern:?} in {text}");
    };
    check("camera", "film-Camera.jpg", true);
    check("cam", "film-camera.jpg", false);
    check("cam*", "film-camera.jpg", true);
    check("*mera", "film-camera.jpg", true);
    check("a-a", "ba-a-a", true);
    check("\u{212a}", "k", true);
    check(".", "a.b", true);
    check("", "", true);
}
