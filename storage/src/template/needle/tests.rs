#![allow(clippy::unwrap_used)]

use super::*;
use crate::text::fold::fold_char;

fn found(needle: Option<Needle>, rows: &[&str]) -> Vec<bool> {
    let rows: Vec<String> = rows
        .iter()
        .map(|row| row.replace('|', "\u{1}").replace('%', "\u{2}"))
        .collect();
    let mut joined = JoinedRows::default();
    joined.fill(rows.iter().map(String::as_str));
    needle.unwrap().find_in(&joined)
}

#[test]
fn a_whole_pattern_stands_in_some_variable() {
    let check = |pattern: &str, closed: (bool, bool), row: &str, expected: bool| {
        let needle = || Needle::whole(pattern.as_bytes(), closed.0, closed.1);
        let rows = ["7", row, "0|9"];
        assert_eq!(
            found(needle(), &rows),
            [false, expected, false],
            "{pattern} in {row}"
        );
    };
    let (closed, open) = ((true, true), (false, false));
    check("dead", closed, "1|dead-1", true);
    check("dead", closed, "1|DEAD", true);
    check("dead", closed, "1dead", false);
    check("dead", closed, "dead_1", false);
    check("dead", closed, "1deadx|x-dead", true);
    check("dead", open, "1deadx", true);
    check("dead", (true, false), "deadx", true);
    check("dead", closed, "%", false);
    check("dead", open, "%", true);
    check("deadxx", open, "%", false);
    check("deadbeefdeadbeef", closed, "%", true);
    check("a-a", closed, "xa-a-a", true);
    check("de1", closed, "d|e1", false);
    assert!(Needle::whole(b"a b", true, true).is_none());
    assert!(Needle::whole(&[b'a'; 65], true, true).is_none());
}

#[test]
fn a_digit_stands_in_a_variable_with_what_follows() {
    let check = |pattern: &str, row: &str, expected: bool| {
        let needle = Needle::with_digit(pattern.as_bytes(), true, true);
        assert_eq!(
            found(needle, &["x", row]),
            [false, expected],
            "{pattern} in {row}"
        );
    };
    check("step 3", "3", true);
    check("step 3", "9|3|9", true);
    check("step 3", "3.5", true);
    check("step 3", "33|13", false);
    check("step 3", "%", false);
    check("3 steps", "3", true);
    check("3 steps", "1.3", true);
    check("3 steps", "3.1", false);
    check("took 3 ms", "1|3", true);
    check("took 3 ms", "1|13", false);
    check("g123 of 7", "g123", true);
    check("id=7k8s-12345x", "7k8s-12345x", true);
    check("id=7k8s-12345x", "7|12345x", true);
    check("id=7k8s-12345x", "7k8", false);
    check("at deadbeef1deadbee ", "%", true);
    check("at 1eadbeefdeadbee ", "%", false);
    check("at 1eadbeefdeadbeef ", "%", true);
    assert!(Needle::with_digit(b"no digit", true, true).is_none());
}

#[test]
fn only_two_letters_are_what_another_character_folds_to() {
    let others = ('\u{80}'..=char::MAX).map(fold_char).filter(char::is_ascii);
    let mut others: Vec<char> = others.collect();
    others.sort_unstable();
    others.dedup();
    assert_eq!(others, ['k', 's']);
}
