//! What is understood of broken queries, and what is told of them.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::language::limits::{DEPTH_MAX, QUERY_BYTES_MAX, REGEXES_MAX};
use crate::language::tests::query_like;

/// `marks` has `^` below the characters that are wrong, and `!` where something is missing.
fn check(text: &str, marks: &str, understood: &str) {
    check_of(text, marks, understood, Signal::Logs);
}

fn check_spans(text: &str, marks: &str, understood: &str) {
    check_of(text, marks, understood, Signal::Spans);
}

fn check_of(text: &str, marks: &str, understood: &str, signal: Signal) {
    let recovered = Query::recover(text, signal);
    let mut found = vec![' '; text.chars().count() + 1];
    for Mistake { error, length } in &recovered.mistakes {
        match length {
            0 => found[error.position] = '!',
            _ => found[error.position..error.position + length].fill('^'),
        }
    }
    let found: String = found.into_iter().collect();
    assert_eq!(
        (found.trim_end(), recovered.query.to_string().as_str()),
        (marks, understood),
        "{text}: {:?}",
        recovered.mistakes
    );
}

#[test]
fn nothing_is_wrong_with_what_can_be_read() {
    check("", "", "");
    check("a:b OR (c -d)", "", "a:b OR c NOT d");
    check_spans("{a:b} {}", "", "{a:b} {}");
}

#[test]
fn a_missing_bracket_is_one_mistake() {
    check("(a b", "    !", "a b");
    check("a (b OR (c d) e", "               !", "a (b OR c d e)");
    check("((a", "   !", "a");
    check("a:(b OR c d:e", "             !", "a:b OR a:c a:d:e");
    check_spans("{a:b c", "      !", "{a:b c}");
    check_spans("{(a OR b} c", "        !", "{a OR b} c");
    check_spans("({a:b) c", "     !", "{a:b} c");
}

#[test]
fn a_wrong_bracket_is_one_mistake() {
    check("a) b", " ^", "a b");
    check("a) OR b", " ^", "a OR b");
    check(") a", "^", "a");
    check("(a} b", "  !", "a b");
    check("(a} b) c", "  !", "a b c");
    check("((a} b) c", "   !", "a b c");
    check("(a} (b)", "  !", "a b");
    check("() a", " ^", "a");
    check("a:({b}) c", "   !", "a:b c");
    check("{a b} c", "^", "a b c");
    check("{} c", "^", "* c");
    check_spans("{a {b} c} d", "   ^", "{a b c} d");
}

#[test]
fn operators_that_join_nothing_are_passed_over() {
    check("OR a", "^^", "a");
    check("a AND OR b", "      ^^", "a b");
    check("a OR OR b", "     ^^", "a OR b");
    check("a OR", "    !", "a");
    check("NOT", "   !", "");
    check("(a OR) b", "     ^", "a b");
    check("a - b", "   !", "a b");
    check("NOT OR a", "    ^^", "NOT a");
}

#[test]
fn reading_goes_on_behind_a_value() {
    check("a: b c: d", "  !    !", "b d");
    check("a:b(c d) e", "   !", "a:b c d e");
    check("a:b\"c\" d", "   !", "a:b c d");
    check("a:b>5 c", "   !", "a:b c");
    check("a>b* c", "  ^^", "c");
    check("a*b c", " ^", "c");
    check(":b c OR >5 d", "^       ^", "c OR d");
    check("\"\":b c", "^^^", "c");
    check("a:[1 5] b", "     !", "b");
    check("a:[1 TO 5 b c", "          !", "b c");
    check("a:[1 TO 5 b:[1 TO 2] c", "          !", "b:[1 TO 2] c");
    check("a:[1 TO b] c a:[* TO *]", "  ^^^^^^^^     ^^^^^^^^", "c");
    check(
        "trace_id:abc severity>loud x",
        "         ^^^          ^^^^",
        "x",
    );
    check("trace_id:abc(d)", "            !", "d");
    check_spans("duration>5MB kind>a b", "         ^^^      ^", "b");
}

#[test]
fn reading_goes_on_behind_a_regular_expression() {
    check("a:/x(/ b //", "    ^     !", "b");
    check("/ab\\8/ /[/ c:/ok/", "   ^^   ^", "c:/ok/");
}

#[test]
fn what_does_not_end_takes_all() {
    check("(a \"b: c) d", "           !", "a");
    check("a /b c: (", "         !", "a");
    check("a:\"b", "    !", "");
}

#[test]
fn every_mistake_says_what_was_expected() {
    let recovered = Query::recover("a: OR severity>loud b) c", Signal::Logs);
    let told: Vec<_> = recovered
        .mistakes
        .iter()
        .map(|mistake| mistake.error.to_string())
        .collect();
    assert_eq!(
        told,
        [
            "a value is missing at character 2",
            "this is no severity at character 15",
            "nothing was opened that ')' closes at character 21",
        ]
    );
}

#[test]
fn limits_end_the_reading() {
    let mistakes = |text: &str| Query::recover(text, Signal::Logs).mistakes.len();
    assert_eq!(mistakes(&"x".repeat(QUERY_BYTES_MAX + 1)), 1);
    assert_eq!(mistakes(&"(".repeat(DEPTH_MAX + 5)), 1);
    assert_eq!(mistakes(&"/a/ ".repeat(REGEXES_MAX + 5)), 1);
    assert_eq!(mistakes(&"a OR ".repeat(5000)), 1);
    assert_eq!(mistakes(&"a: ".repeat(5000)), MISTAKES_MAX);
    assert_eq!(mistakes(&format!("({})", "}".repeat(60_000))), MISTAKES_MAX);
    let kept = Query::recover(&format!("b {}", "(".repeat(DEPTH_MAX + 1)), Signal::Logs);
    assert_eq!(kept.query.to_string(), "b");
}

fn holds(text: &str, signal: Signal) -> Result<(), TestCaseError> {
    let recovered = Query::recover(text, signal);
    match Query::parse(text, signal) {
        Ok(query) => {
            prop_assert_eq!(&recovered.query, &query, "{}", text);
            prop_assert_eq!(&recovered.mistakes, &[], "{}", text);
        }
        Err(error) => {
            let first = recovered.mistakes.first().map(|mistake| &mistake.error);
            prop_assert_eq!(first, Some(&error), "{}", text);
        }
    }
    let characters = text.chars().count();
    for Mistake { error, length } in &recovered.mistakes {
        prop_assert!(
            error.position + length <= characters,
            "{}: {:?}",
            text,
            error
        );
        prop_assert!(!error.expected.is_empty() && !error.message.is_empty());
    }
    let positions = recovered
        .mistakes
        .iter()
        .map(|mistake| mistake.error.position);
    prop_assert!(
        positions.is_sorted_by(|a, b| a < b),
        "{}: {:?}",
        text,
        recovered.mistakes
    );
    let again = Query::parse(&recovered.query.to_string(), signal);
    prop_assert_eq!(again, Ok(recovered.query), "{}", text);
    Ok(())
}

/// Words in parentheses that close, as many as may stand inside each other.
fn bracketed_words() -> impl Strategy<Value = String> {
    let word = "[a-c]{1,3}".prop_map(String::from);
    word.prop_recursive(4, 24, 4, |inner| {
        let parts = prop::collection::vec(inner, 1..4);
        (parts, prop::sample::select(vec![" ", " OR ", " AND -"]))
            .prop_map(|(parts, by)| format!("({})", parts.join(by)))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn recovery_agrees_with_strict_reading(text in query_like(), is_logs: bool) {
        holds(&text, if is_logs { Signal::Logs } else { Signal::Spans })?;
    }

    #[test]
    fn recovery_agrees_with_strict_reading_of_any_text(text in ".{0,40}") {
        for signal in Signal::ALL {
            holds(&text, signal)?;
        }
    }

    /// Characters are taken out of a query that can be read, doubled, or put in from elsewhere.
    #[test]
    fn damage_is_told(
        text in query_like(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), 0..3u8, prop::sample::select(vec![
            '(', ')', '{', '}', '"', ':', '>', '/', '[', ']', '*', '-', ' ', '\\', 'ß',
        ])), 1..4),
    ) {
        let mut characters: Vec<char> = text.chars().collect();
        for (at, kind, character) in damage {
            let at = at.index(characters.len() + 1);
            match kind {
                0 if at < characters.len() => {
                    characters.remove(at);
                }
                1 if at < characters.len() => characters.insert(at, characters[at]),
                _ => characters.insert(at, character),
            }
        }
        let damaged: String = characters.into_iter().collect();
        for signal in Signal::ALL {
            holds(&damaged, signal)?;
        }
    }

    #[test]
    fn one_bracket_that_is_missing_is_one_mistake(text in bracketed_words(), at: prop::sample::Index) {
        let brackets: Vec<usize> = text.match_indices(['(', ')']).map(|(at, _)| at).collect();
        prop_assume!(!brackets.is_empty());
        let mut damaged = text;
        damaged.remove(*at.get(&brackets));
        let recovered = Query::recover(&damaged, Signal::Logs);
        prop_assert_eq!(recovered.mistakes.len(), 1, "{}", damaged);
    }
}
