//! Random queries over the same words, keys and numbers as the random records.

use clearspan_schema::Signal;
use proptest::prelude::*;

use super::records::{COMMON, KEYS, text};
use crate::language::ast::Field;

const NUMBERS: &[&str] = &[
    "200",
    "200.0",
    "-5",
    "0",
    "0.5",
    "1e2",
    "5ms",
    "10kB",
    "9007199254740992",
    "9007199254740993",
    "1e300",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "-0.5",
    "17",
    "2",
];
const PATTERNS: &[&str] = &[
    "^c", "(?i)cart", "a.b", "\\d+$", "é", "", "^$", "x\\/y", "[A-Z]", "rue",
];

fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn test_of(
    value: impl Strategy<Value = String> + Clone + 'static,
) -> impl Strategy<Value = String> {
    let quoted = text().prop_map(|text| quote(&text));
    let piece = prop::sample::select(vec![
        "c", "a", "e", "20", "\"a b\"", "car", "É", "ER", "mer",
    ]);
    let glob = (
        any::<bool>(),
        piece.clone(),
        prop::option::of(piece),
        any::<bool>(),
    )
        .prop_filter_map("a wildcard", |(start, first, second, end)| {
            let inner = second.map_or(first.to_owned(), |second| format!("{first}*{second}"));
            let glob = format!(
                "{}{inner}{}",
                if start { "*" } else { "" },
                if end { "*" } else { "" }
            );
            glob.contains('*').then_some(glob)
        });
    let regex =
        prop::sample::select(PATTERNS).prop_filter("not empty", |source| !source.is_empty());
    let operator = prop::sample::select(vec![">", ">=", "<", "<="]);
    let number = prop::sample::select(NUMBERS);
    prop_oneof![
        2 => Just(":*".to_owned()),
        8 => value.clone().prop_map(|value| format!(":{value}")),
        4 => quoted.prop_map(|value| format!(":{value}")),
        2 => number.clone().prop_map(|value| format!(":{value}")),
        3 => glob.prop_map(|glob| format!(":{glob}")),
        3 => regex.prop_map(|source| format!(":/{source}/")),
        3 => (operator, value).prop_map(|(operator, value)| format!("{operator}{value}")),
        2 => (number.clone(), number).prop_map(|(low, high)| format!(":[{low} TO {high}]")),
        1 => (text(), text()).prop_map(|(low, high)| format!(":[{} TO {}]", quote(&low), quote(&high))),
        1 => prop::sample::select(NUMBERS).prop_map(|low| format!(":[{low} TO *]")),
    ]
}

fn plain_value() -> impl Strategy<Value = String> + Clone {
    let number = prop::sample::select(NUMBERS).prop_map(str::to_owned);
    let word = prop::sample::select(vec![
        "cart",
        "Cart",
        "true",
        "false",
        "error",
        "é",
        "film-camera.jpg",
        "x/y:z",
    ]);
    let common = prop::sample::select(COMMON).prop_map(str::to_owned);
    prop_oneof![2 => common, 1 => number, 1 => word.prop_map(str::to_owned)]
}

fn condition(signal: Signal) -> impl Strategy<Value = String> {
    let word = prop_oneof![
        text().prop_map(|text| quote(&text)),
        prop::sample::select(vec![
            "cart", "camera", "a", "é", "200", "K", "aa", "foo_bar", "foo", "true", "null"
        ])
        .prop_map(str::to_owned),
    ];
    let words = (any::<bool>(), word, any::<bool>()).prop_map(|(start, word, end)| {
        format!(
            "{}{word}{}",
            if start { "*" } else { "" },
            if end { "*" } else { "" }
        )
    });
    let level = prop::sample::select(vec!["", "", "", "attributes.", "scope.", "resource."]);
    let key =
        (level, prop::sample::select(KEYS)).prop_filter_map("an attribute", move |(level, key)| {
            let name = format!("{level}{key}");
            // Known fields do not take every test.
            matches!(
                Field::named(&name, signal),
                Field::Attribute(..) | Field::EventName
            )
            .then(|| quote(&name))
        });
    let attribute = (key, test_of(plain_value())).prop_map(|(key, test)| format!("{key}{test}"));
    let known = prop::sample::select(match signal {
        Signal::Logs => vec!["service", "body", "body", "event.name"],
        Signal::Spans => vec!["service", "name", "event.name"],
    });
    let known = (known, test_of(plain_value())).prop_map(|(field, test)| format!("{field}{test}"));
    let fixed: Vec<&str> = match signal {
        Signal::Logs => vec![
            "severity:error",
            "level:INFO",
            "severity:*",
            "severity:17",
            "severity:\"17\"",
            "severity:err*",
            "severity:/R$/",
            "severity>warn",
            "severity>=warn",
            "severity<warn",
            "severity<=13",
            "severity:[info TO warn]",
            "severity:[* TO 12]",
            "severity:loud",
            "/ca/",
            "/(?i)É/",
        ],
        Signal::Spans => vec![
            "kind:server",
            "kind:CLIENT",
            "kind:*",
            "kind:7",
            "kind:*er",
            "kind:/^C/",
            "status:error",
            "status:unset",
            "status:*",
            "status:2",
            "status:ok",
            "duration>500ns",
            "duration<=5ms",
            "duration:200ns",
            "duration:*",
            "duration:[0 TO 5ms]",
            "duration<0",
            "/ca/",
            "duration:200",
        ],
    };
    let ids = vec![
        "trace_id:01010101010101010101010101010101",
        "span_id:0202020202020202",
        "trace_id:*",
        "span_id:03*",
        "trace_id:/02/",
    ];
    prop_oneof![
        4 => words,
        8 => attribute,
        7 => known,
        4 => prop::sample::select(fixed).prop_map(str::to_owned),
        1 => prop::sample::select(ids).prop_map(str::to_owned),
        1 => Just("*".to_owned()),
    ]
}

pub(super) fn query(signal: Signal) -> impl Strategy<Value = String> {
    condition(signal).prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" "))),
            3 => prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" OR "))),
            2 => inner.prop_map(|inner| format!("NOT {inner}")),
        ]
    })
}
