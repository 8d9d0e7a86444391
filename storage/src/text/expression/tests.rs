#![allow(clippy::unwrap_used)]

use super::*;

fn needs(expression: &str) -> Needs {
    Expression::new(Regex::new(expression).unwrap())
        .needs()
        .clone()
}

fn text(text: &str) -> Needs {
    Needs::Text(TextPattern {
        text: text.to_owned(),
        open_start: true,
        open_end: true,
    })
}

fn any(texts: &[&str]) -> Needs {
    Needs::any(texts.iter().map(|one| text(one)))
}

#[test]
fn what_every_match_has_is_needed() {
    let check = |expression: &str, expected: Needs| {
        assert_eq!(needs(expression), expected, "{expression}");
    };
    check("refused", text("refused"));
    check("Refused", text("refused"));
    check("refused|reset", any(&["refused", "reset"]));
    check(
        "^connection (refused|reset)$",
        any(&["connection refused", "connection reset"]),
    );
    check(r"\bfoo\b.*(bar)+", Needs::all([text("foo"), text("bar")]));
    check(r"took \d+ ms", Needs::all([text("took "), text(" ms")]));
    check("(?i)connection refused", text("connection refused"));
    check("(?i)stra\u{df}e", text("stra\u{df}e"));
    check("(?i)kelvin|\u{212a}elvin", text("kelvin"));
    check("[Ee]rr(or)?", text("err"));
    check("foo(x|y.*)z", any(&["foox", "fooy"]));
    check("(red|green|.*blue)", any(&["red", "green", "blue"]));
    check("a{3}b+", text("aaab"));
    check("(time out ){2,}", text("time out time out "));
    check("x(yz)*", Needs::NOTHING);
    check("foo|.*", Needs::NOTHING);
    check("ab|error", Needs::NOTHING);
    check(r"[a-z]+\d", Needs::NOTHING);
    check(r"[a-e]rror", text("rror"));
    check(r"[^a]rror", text("rror"));
    check("", Needs::NOTHING);
    check(r"\pL{4}ending", text("ending"));
    check("\u{65e5}\u{672c}.", text("\u{65e5}\u{672c}"));
    // Nothing matches.
    check(r"[a&&b]", Needs::Any(vec![]));
}

#[test]
fn an_expression_of_many_texts_needs_nothing() {
    let names: Vec<String> = (0..=EXPRESSION_TEXTS_MAX)
        .map(|n| format!("name-{n:03}-{n}"))
        .collect();
    let many = names.join("|.*");
    assert!(needs(&many).is_nothing());
    assert!(!needs(&names[1..].join("|.*")).is_nothing());
}

#[test]
fn long_texts_are_cut_between_characters_or_not_used() {
    let long = "\u{e9}".repeat(90);
    for expression in [long.clone(), format!("a{long}")] {
        match needs(&expression) {
            Needs::Text(found) => assert!(expression.contains(&fold_back(&found.text))),
            other => assert!(other.is_nothing(), "{other:?}"),
        }
    }
}

/// The small letters of a folded text of `É`.
fn fold_back(text: &str) -> String {
    text.replace('\u{c9}', "\u{e9}")
}
