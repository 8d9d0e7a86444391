//! Places in queries, and choices written there.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::super::Query;
use super::super::ast::{Expr, Level, Test};
use super::super::tests::query_like;
use super::*;

/// `marked` has `|` where the cursor stands. `expected` is the place, what was typed and what is replaced.
fn check(signal: Signal, marked: &str, expected: &str) {
    let position = marked.chars().position(|c| c == '|').unwrap();
    let text = marked.replacen('|', "", 1);
    let found = completion_at(&text, position, signal);
    let place = match &found.place {
        Place::Condition => "condition".to_owned(),
        Place::Operator => "operator".to_owned(),
        Place::Value(Field::Attribute(Level::Any, key)) => format!("value of {key}"),
        Place::Value(Field::Attribute(level, key)) => format!("value of {key} in {level:?}"),
        Place::Value(field) => format!("value of {field:?}"),
        Place::Nothing => "nothing".to_owned(),
    };
    let replaced: String = text
        .chars()
        .take(found.replace.end)
        .skip(found.replace.start)
        .collect();
    let shown = format!(
        "{place} <{}> for <{replaced}>{}{}",
        found.typed,
        if found.quoted { " quoted" } else { "" },
        if found.in_group { " in group" } else { "" },
    );
    assert_eq!(shown, expected, "{marked}");
}

#[test]
fn places_in_queries_of_logs() {
    for (marked, expected) in [
        ("|", "condition <> for <>"),
        ("  |", "condition <> for <>"),
        ("serv|", "condition <serv> for <serv>"),
        ("se|rv", "condition <se> for <serv>"),
        ("se|rvice.name:x", "condition <se> for <service.name>"),
        ("-serv|", "condition <serv> for <serv>"),
        ("NOT serv|", "condition <serv> for <serv>"),
        ("(serv|", "condition <serv> for <serv>"),
        ("(a OR |)", "condition <> for <>"),
        ("a OR b|", "condition <b> for <b>"),
        ("a: |", "condition <> for <>"),
        ("\"my fi|", "condition <my fi> for <\"my fi> quoted"),
        (
            "\"my fi|eld\":x",
            "condition <my fi> for <\"my field\"> quoted",
        ),
        ("a |", "operator <> for <>"),
        ("a:b |", "operator <> for <>"),
        ("a:b | c:d", "operator <> for <>"),
        ("a:b O|", "operator <O> for <O>"),
        ("a:b AN|", "operator <AN> for <AN>"),
        ("a:b or|", "condition <or> for <or>"),
        ("(a b)|", "operator <> for <>"),
        ("a:(b |", "operator <> for <>"),
        ("service:|", "value of Service <> for <>"),
        ("service:che|", "value of Service <che> for <che>"),
        (
            "service:che|ckout x",
            "value of Service <che> for <checkout>",
        ),
        (
            "service:ch|eck*out x",
            "value of Service <ch> for <check*out>",
        ),
        (
            "a AND -service.name:a|",
            "value of service.name <a> for <a>",
        ),
        ("attributes.k:a|", "value of k in Record <a> for <a>"),
        ("resource.k:a|", "value of k in Resource <a> for <a>"),
        ("\"my field\":a|", "value of my field <a> for <a>"),
        ("a:\"b c|", "value of a <b c> for <\"b c> quoted"),
        ("a:\"b \\\"c|", "value of a <b \"c> for <\"b \\\"c> quoted"),
        ("a:\"b| c\" d", "value of a <b> for <\"b c\"> quoted"),
        ("a:\"b| d:\"x\"", "value of a <b> for <\"b> quoted"),
        ("a:\"|\"", "value of a <> for <\"\"> quoted"),
        ("a:(|", "value of a <> for <>"),
        ("a:(b OR c|", "value of a <c> for <c>"),
        ("a:(b OR (c OR -d|", "value of a <d> for <d>"),
        ("a:50|", "value of a <50> for <50>"),
        ("a:x:y|", "value of a <x:y> for <x:y>"),
        ("a:/api/v|", "value of a </api/v> for </api/v>"),
        ("level:err|", "value of Severity <err> for <err>"),
        ("severity>=wa|", "value of Severity <wa> for <wa>"),
        ("severity >= |", "value of Severity <> for <>"),
        ("a>5|", "nothing <> for <>"),
        ("a>|", "nothing <> for <>"),
        ("a:[1 TO |", "nothing <> for <>"),
        ("a:[1 TO 5]|", "nothing <> for <>"),
        ("a:[1 TO 5] |", "operator <> for <>"),
        ("a:[\"b ]\" TO \"c\"] k|", "condition <k> for <k>"),
        ("a:/re|", "nothing <> for <>"),
        ("a:/re gex|/ b", "nothing <> for <>"),
        ("/re|", "nothing <> for <>"),
        ("/re/|", "nothing <> for <>"),
        ("/re/ |", "operator <> for <>"),
        ("cam*|", "nothing <> for <>"),
        ("a:b*|", "nothing <> for <>"),
        ("\"a b\"|", "nothing <> for <>"),
        ("a) b:(c} serv|", "value of b <serv> for <serv>"),
        ("((( OR AND a: -|", "condition <> for <>"),
        (":x >5 \"\":y serv|", "condition <serv> for <serv>"),
        ("ä:ö ü:ß|", "value of ü <ß> for <ß>"),
        ("{a|", "condition <a> for <a>"),
    ] {
        check(Signal::Logs, marked, expected);
    }
}

#[test]
fn places_in_queries_of_spans() {
    for (marked, expected) in [
        ("{|", "condition <> for <> in group"),
        ("{serv|}", "condition <serv> for <serv> in group"),
        ("{service:c|} {", "value of Service <c> for <c> in group"),
        ("{a:b |", "operator <> for <> in group"),
        ("{a:b} |", "operator <> for <>"),
        ("{a:b} NOT {(k|", "condition <k> for <k> in group"),
        ("kind:ser|", "value of Kind <ser> for <ser>"),
        ("level:err|", "value of level <err> for <err>"),
        ("duration>50|", "nothing <> for <>"),
        ("duration:|", "nothing <> for <>"),
        ("status:(ok OR e|", "value of Status <e> for <e>"),
    ] {
        check(Signal::Spans, marked, expected);
    }
}

#[test]
fn a_field_brings_its_colon() {
    let chosen = |text: &str, position, name: &str| {
        let completion = completion_at(text, position, Signal::Logs);
        completion.apply(text, &completion.field_text(name))
    };
    assert_eq!(chosen("a se", 4, "service.name"), "a service.name:");
    assert_eq!(chosen("a se:x", 4, "service.name"), "a service.name:x");
    assert_eq!(chosen("se >5", 2, "size"), "size >5");
    assert_eq!(chosen("\"my f", 5, "my field"), "\"my field\":");
    assert_eq!(chosen("N >5", 1, "NOT"), "\"NOT\" >5");
}

/// Queries with `|` in which a value of `f`, or a field, is being typed.
const VALUES: [&str; 8] = [
    "f:|",
    "x OR f:va|l y:z",
    "f:\"par| y:\"z\"",
    "f:\"pa|rt\" y",
    "f:(a OR |)",
    "{f:(-|) x",
    "(f:a|*b*",
    "f:(NOT p|",
];
const FIELDS: [&str; 5] = [
    "|",
    "x OR fi|eld:v",
    "(\"fi| el\":v",
    "x -fi|",
    "{a:b fi| >5",
];

fn marked_place(marked: &str, signal: Signal) -> (String, Completion) {
    let position = marked.chars().position(|c| c == '|').unwrap();
    let text = marked.replacen('|', "", 1);
    let completion = completion_at(&text, position, signal);
    (text, completion)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_chosen_value_is_read_as_itself(
        value in prop_oneof![any::<String>(), "[a-c*\"\\\\ :/()-]{0,8}", "-?[0-9]{1,3}(\\.[0-9])?(ms|kB)?", "AND|OR|NOT|TO|true"],
        is_unquoted: bool,
        marked in prop::sample::select(&VALUES[..]),
    ) {
        let value = match Value::unquoted(&value) {
            number @ (Value::Number(_) | Value::Bool(_)) if is_unquoted => number,
            _ => Value::Text(value),
        };
        let (text, completion) = marked_place(marked, Signal::Spans);
        let written = completion.apply(&text, &completion.value_text(&value));
        let read = Query::recover(&written, Signal::Spans).query;
        let chosen = Expr::Field(Field::named("f", Signal::Spans), Test::Equals(value));
        let mut found = false;
        read.root().visit(&mut |expr| found |= *expr == chosen);
        prop_assert!(found, "{} read as {}", written, read);
    }

    #[test]
    fn a_chosen_field_is_read_as_itself(
        name in prop_oneof![any::<String>(), "[a-c*\"\\\\ :/()@5.-]{1,8}", "AND|OR|NOT|TO"],
        marked in prop::sample::select(&FIELDS[..]),
    ) {
        prop_assume!(!name.is_empty());
        let (text, completion) = marked_place(marked, Signal::Logs);
        let chosen = completion.field_text(&name);
        let is_last = completion.replace.end == text.chars().count();
        let mut written = completion.apply(&text, &chosen);
        if is_last {
            written.push('v');
        }
        let read = Query::recover(&written, Signal::Logs).query;
        let field = Field::named(&name, Signal::Logs);
        // What an id is compared with here is none.
        prop_assume!(!matches!(field, Field::TraceId | Field::SpanId | Field::Severity));
        prop_assert!(read.fields().contains(&&field), "{} read as {}", written, read);
    }

    #[test]
    fn every_place_has_an_answer(text in prop_oneof![query_like(), ".{0,30}"]) {
        let length = text.chars().count();
        for position in 0..=length + 1 {
            for signal in Signal::ALL {
                let completion = completion_at(&text, position, signal);
                let at = position.min(length);
                prop_assert!(completion.replace.start <= at && at <= completion.replace.end, "{} {:?}", text, completion);
                prop_assert!(completion.replace.end <= length, "{} {:?}", text, completion);
            }
        }
    }
}
