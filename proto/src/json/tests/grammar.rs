//! Our grammar against serde's; nesting that would overflow a stack.

use proptest::prelude::*;

use super::*;
use crate::json::reader::Reader;

#[test]
fn unknown_fields_may_be_nested_deeply_but_not_without_end() {
    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"a":{open}{close},"resourceSpans":[]}}"#)
    };
    check_trace(&nested(50_000), r#"{"resourceSpans":[]}"#);
    assert!(rewrite_trace(&nested(1_000_000)).is_err());
    let objects = r#"{"a":"#.repeat(200_000);
    assert!(rewrite_trace(&objects).is_err());
}

/// Whether the whole of `text` is one JSON value, for us and for serde.
fn is_json(text: &str) -> (bool, bool) {
    let mut reader = Reader::of(text.as_bytes()).unwrap();
    let ours = reader.skip().is_ok() && reader.end().is_ok();
    (
        ours,
        serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok(),
    )
}

const TOKENS: [&str; 24] = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"a\"",
    "\"\\u00e9\\n\"",
    "\"\\",
    "\"",
    "0",
    "-1",
    "01",
    "1.5",
    "1.",
    "-",
    "2e+3",
    "2e",
    "true",
    "false",
    "null",
    "nul",
    " ",
    "\n",
];

fn json_text() -> impl Strategy<Value = String> {
    let scalar = prop::sample::select(vec!["0", "-1.5e3", "true", "null", "\"a\\\"\"", "\"\""]);
    scalar
        .prop_map(String::from)
        .prop_recursive(4, 20, 4, |inner| {
            let items = prop::collection::vec(inner, 0..4);
            (items, any::<bool>()).prop_map(|(items, is_object)| {
                if is_object {
                    let fields: Vec<_> =
                        items.iter().map(|item| format!("\"k\" :{item}")).collect();
                    format!("{{{}}}", fields.join(", "))
                } else {
                    format!("[{}]", items.join(","))
                }
            })
        })
}

proptest! {
    #[test]
    fn the_grammar_is_serdes(tokens in prop::collection::vec(prop::sample::select(TOKENS.to_vec()), 0..8)) {
        let (ours, serdes) = is_json(&tokens.concat());
        prop_assert_eq!(ours, serdes, "{}", tokens.concat());
    }

    #[test]
    fn the_grammar_is_serdes_near_valid_text(text in json_text(), at in any::<prop::sample::Index>(),
                                             token in prop::sample::select(TOKENS.to_vec()), removed in 0usize..2) {
        prop_assert_eq!(is_json(&text), (true, true));
        let at = at.index(text.len() + 1);
        let end = (at + removed).min(text.len());
        let mutated = [&text[..at], token, &text[end..]].concat();
        let (ours, serdes) = is_json(&mutated);
        prop_assert_eq!(ours, serdes, "{}", mutated);
    }
}
