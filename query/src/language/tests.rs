//! Reading and printing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use clearspan_schema::Signal;
use proptest::prelude::*;

use super::limits::{CONDITIONS_MAX, DEPTH_MAX, QUERY_BYTES_MAX};
use super::*;

fn logs(text: &str) -> Query {
    Query::parse(text, Signal::Logs).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn spans(text: &str) -> Query {
    Query::parse(text, Signal::Spans).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The query as it is understood, printed in full.
fn check(text: &str, expected: &str) {
    let query = logs(text);
    assert_eq!(query.to_string(), expected, "{text}");
    assert_eq!(
        logs(expected),
        query,
        "{text}: {expected} means something else"
    );
}

fn check_spans(text: &str, expected: &str) {
    let query = spans(text);
    assert_eq!(query.to_string(), expected, "{text}");
    assert_eq!(
        spans(expected),
        query,
        "{text}: {expected} means something else"
    );
}

fn check_error(text: &str, position: usize, message: &str) {
    let start: String = text.chars().take(40).collect();
    match Query::parse(text, Signal::Logs) {
        Ok(query) => panic!("{start}: read as {query}"),
        Err(error) => {
            assert_eq!(
                (error.position, error.message.as_str()),
                (position, message),
                "{start}"
            );
            assert!(
                !error.expected.is_empty() && error.expected.iter().all(|what| !what.is_empty()),
                "{start}"
            );
        }
    }
}

#[test]
fn words_and_phrases() {
    check("", "");
    check(" \t\n", "");
    check("*", "");
    check("\"\"", "");
    check("camera", "camera");
    check("film-camera.jpg", "film-camera.jpg");
    check("\"connection refused\"", "\"connection refused\"");
    check(r#""a \"b\" \\ \n""#, r#""a \"b\" \\ \\n""#);
    check("don't user@host #4711 a/b", "don't user@host \"#4711\" a/b");
    check("cam* *mera *mer*", "cam* *mera *mer*");
    check("*\"two words\"*", "*\"two words\"*");
    check("12:30:01 10.0.0.1:8080", "\"12:30:01\" \"10.0.0.1:8080\"");
    check(
        "http://x/y?a=b std::io::Error",
        "\"http://x/y?a=b\" \"std::io::Error\"",
    );
    check(
        "key=value a,b;c [main] a[0]",
        "\"key=value\" \"a,b;c\" \"[main]\" \"a[0]\"",
    );
    check("/api/v1/cart", "\"/api/v1/cart\"");
    check("naïve Straße 日本語", "naïve Straße 日本語");
    check("msg=\"x y\"", "\"msg=\" \"x y\"");
    check("\"AND\" \"NOT\"", "\"AND\" \"NOT\"");
    check("and or not", "and or not");
}

#[test]
fn operators() {
    check("a b", "a b");
    check("a AND b", "a b");
    check("a b OR c d", "a b OR c d");
    check("a (b OR c) d", "a (b OR c) d");
    check("(a OR b) OR c", "a OR b OR c");
    check("((a)) ((b))", "a b");
}

#[test]
fn negation() {
    check("-a NOT b", "NOT a NOT b");
    check("--a NOT -b NOT NOT c", "a b c");
    check("-(a b) NOT(a OR b)", "NOT (a b) NOT (a OR b)");
    check("-\"a b\" -*", "NOT \"a b\" NOT *");
    check("a-b -5", "a-b NOT 5");
    check("-a:b NOT a:*", "NOT a:b NOT a:*");
}

#[test]
fn fields() {
    check("a:b", "a:b");
    check("service.name:checkout", "service.name:checkout");
    check("level:error", "severity:error");
    check("a:\"b c\" a:\"\"", "a:\"b c\" a:\"\"");
    check(
        "a:200 a:\"200\" a:-5 a:true a:\"true\"",
        "a:200 a:\"200\" a:-5 a:true a:\"true\"",
    );
    check("a:* NOT a:*", "a:* NOT a:*");
    check(
        "a:pre* a:*suf a:*mid* a:x*y*z a:\"a b\"*c",
        "a:pre* a:*suf a:*mid* a:x*y*z a:\"a b\"*c",
    );
    check("a:**x** a:**", "a:*x* a:*");
    check("a:http://x/y a:b:c a:12:30", "a:http://x/y a:b:c a:12:30");
    check(
        "a:/re.*x/ a:/with blank/ a:/a\\/b/",
        "a:/re.*x/ a:/with blank/ a:/a\\/b/",
    );
    check(
        "a:/api/v1 a:/health a:/*",
        "a:\"/api/v1\" a:\"/health\" a:\"/\"*",
    );
    check("a:/", "a:\"/\"");
    check("/refused|reset/", "body:/refused|reset/");
    check_spans("/re/", "name:/re/");
    check("a>5 a>=5 a<5 a<=5", "a>5 a>=5 a<5 a<=5");
    check("a > 5 a:>=1.5 a>\"5\" a<b", "a>5 a>=1.5 a>\"5\" a<b");
    check(
        "a:[1 TO 5] a:[a TO \"b c\"] a:[* TO 5] a:[1 TO *]",
        "a:[1 TO 5] a:[\"a\" TO \"b c\"] a:[* TO 5] a:[1 TO *]",
    );
    check("a:(x OR y)", "a:x OR a:y");
    check("a:(x y -z)", "a:x a:y NOT a:z");
    check("a:(>5 <10 OR [1 TO 2])", "a>5 a<10 OR a:[1 TO 2]");
    check("a:(-5 OR -x OR b:c)", "a:-5 OR NOT a:x OR a:b:c");
    check(
        "\"my field\":x \"k\":v \"a b\">3",
        "\"my field\":x k:v \"a b\">3",
    );
    check(
        "attributes.a:b scope.a:b resource.a:b",
        "attributes.a:b scope.a:b resource.a:b",
    );
    check(
        "k8s.label.app.io/name:x @t:y \"5xx\":z",
        "k8s.label.app.io/name:x \"@t\":y \"5xx\":z",
    );
    check("a:foo] a:a[0]", "a:\"foo]\" a:\"a[0]\"");
    check("AND:x", "AND:x");
    check("\"NOT\">5 \"OR\":x", "\"NOT\">5 OR:x");
    check(
        "trace_id:ABCDEF0123456789abcdef0123456789",
        "trace_id:abcdef0123456789abcdef0123456789",
    );
    check(
        "span_id:0000000000000001 span_id:00AB*",
        "span_id:\"0000000000000001\" span_id:00ab*",
    );
    check(
        "severity>=warn severity:[info TO error] severity<17",
        "severity>=warn severity:[\"info\" TO \"error\"] severity<17",
    );
    check_spans(
        "duration>500ms duration:\"1.5s\" duration:[1ms TO 2ms]",
        "duration>500ms duration:1.5s duration:[1ms TO 2ms]",
    );
    check_spans("level:x", "level:x");
    check("status:x kind>1", "status:x kind>1");
}

#[test]
fn groups() {
    check_spans(
        "{service:cart status:error} {name:\"POST /pay\"} NOT {kind:producer}",
        "{service:cart status:error} {name:\"POST /pay\"} NOT {kind:producer}",
    );
    check_spans("{} OR {a:b}", "{} OR {a:b}");
    check_spans("({a} {b OR c})", "{a} {b OR c}");
}

#[test]
fn mistakes() {
    check_error("(a", 2, "')' is missing");
    check_error("a)", 1, "nothing was opened that ')' closes");
    check_error("()", 1, "')' closes nothing here");
    check_error("\"abc", 4, "the quoted text does not end");
    check_error("a OR", 4, "the query ends too early");
    check_error("a AND", 5, "the query ends too early");
    check_error("OR a", 0, "there is nothing that OR joins here");
    check_error("a AND OR b", 6, "there is nothing that OR joins here");
    check_error("NOT", 3, "the query ends too early");
    check_error("a - b", 3, "'-' negates what follows it without a blank");
    check_error("a:", 2, "a value is missing");
    check_error("a: b", 2, "a value is missing");
    check_error(":b", 0, "the name of a field is missing before ':'");
    check_error("\"\":b", 0, "the name of a field is empty");
    check_error(">5", 0, "the name of a field is missing before '>'");
    check_error("a>", 2, "a value is missing");
    check_error("a>b*", 2, "a comparison takes no '*'");
    check_error("a*b", 1, "'*' stands at the ends of a word only");
    check_error("ä *a*b*", 4, "'*' stands at the ends of a word only");
    check_error(
        "a:foo(bar)",
        5,
        "a value goes on without a blank; quote it if this belongs to it",
    );
    check_error(
        "/abc",
        4,
        "the regular expression does not end; quote text that begins with '/'",
    );
    check_error("//", 1, "the regular expression is empty");
    check_error("ä:/x(/", 4, "unclosed group");
    check_error("/[/ ", 1, "unclosed character class");
    check_error("/ab\\8/", 3, "backreferences are not supported");
    check_error("/\\pX/", 1, "Unicode property not found");
    check_error(
        "/(\\w{100}){100}/",
        1,
        "the regular expression is too large",
    );
    check_error("a:[1 5]", 5, "TO is missing between the ends of the range");
    check_error("a:[1 TO 5", 9, "']' is missing");
    check_error("a:[1 TO", 7, "a value is missing");
    check_error("a:[* TO *]", 2, "the range has no end");
    check_error(
        "a:[1 TO b]",
        2,
        "the ends of the range are of different kinds",
    );
    check_error("{a:b}", 0, "'{' groups conditions on spans, logs have none");
    check_error("a}", 1, "nothing was opened that '}' closes");
    check_error("trace_id:abc", 9, "this is no id");
    check_error("severity>loud", 9, "this is no severity");
    let check_spans_error = |text: &str, position: usize, message: &str| {
        let error = Query::parse(text, Signal::Spans).unwrap_err();
        assert_eq!(
            (error.position, error.message.as_str()),
            (position, message),
            "{text}"
        );
    };
    check_spans_error("{a {b}}", 3, "a group stands inside another");
    check_spans_error("{a", 2, "'}' is missing");
    check_spans_error("duration>abc", 9, "this is no duration");
    check_spans_error("duration>5MB", 9, "this is no duration");
    check_spans_error("duration:5*", 9, "a duration is compared, it has no text");
    check_spans_error("kind>server", 5, "the values of kind have no order");
}

#[test]
fn hostile_queries_end_in_an_error_or_in_linear_time() {
    check_error(
        &"(".repeat(30_000),
        DEPTH_MAX,
        "the query is nested too deep",
    );
    check_error(
        &"a:(".repeat(20_000),
        5,
        "a value goes on without a blank; quote it if this belongs to it",
    );
    assert_eq!(
        logs(&format!("{}a", "NOT ".repeat(16_000))).to_string(),
        "a"
    );
    assert_eq!(
        logs(&format!("{}a", "-".repeat(60_001))).to_string(),
        "NOT a"
    );
    check_error(
        &"-".repeat(60_000),
        60_000,
        "'-' negates what follows it without a blank",
    );
    check_error(&"x".repeat(QUERY_BYTES_MAX + 1), 0, "the query is too long");
    let many = |count: usize| vec!["a"; count].join(" OR ");
    check_error(
        &many(13_000),
        CONDITIONS_MAX * 5,
        "the query has too many conditions",
    );
    assert!(
        matches!(logs(&many(CONDITIONS_MAX)).root(), Expr::Or(parts) if parts.len() == CONDITIONS_MAX)
    );
    let deep = format!(
        "{}a OR b{}",
        "(c AND NOT ".repeat(DEPTH_MAX),
        ")".repeat(DEPTH_MAX)
    );
    let query = logs(&deep);
    assert_eq!(logs(&query.to_string()), query);
    check_error(
        &"/a/ ".repeat(33),
        32 * 4 + 1,
        "the query has too many regular expressions",
    );
    check_error(
        "/((((((((((a*)*)*)*)*){9}){9}){9}){9}){9}){9}/",
        1,
        "the regular expression is too large",
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// Whatever can be read prints as something that reads the same.
    #[test]
    fn printing_and_reading_gives_the_same_tree(text in query_like(), is_logs: bool) {
        let signal = if is_logs { Signal::Logs } else { Signal::Spans };
        match Query::parse(&text, signal) {
            Ok(query) => {
                let printed = query.to_string();
                let again = Query::parse(&printed, signal);
                prop_assert_eq!(again, Ok(query), "{} printed as {}", text, printed);
            }
            Err(error) => prop_assert!(error.position <= text.chars().count() && !error.expected.is_empty()),
        }
    }

    #[test]
    fn arbitrary_text_never_panics(text in ".{0,60}") {
        for signal in Signal::ALL {
            let _ = Query::parse(&text, signal);
        }
    }
}

/// Pieces of the language in any order, so that about half of the results can be read.
pub(super) fn query_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => "[a-c_ä1]{1,3}",
        2 => "[a-c.:/#@'\\-\\[\\]=\\\\]{1,6}",
        3 => Just(" ".to_owned()),
        2 => "\"[a-b *\\\\:/]{0,4}\"".prop_map(|text| text.replace('\\', "\\\\")),
        6 => prop::sample::select(vec![
            "a:", "x.y:", "severity:", "kind:", "duration>", "attributes.k:", "\"q f\":", "trace_id:", " OR ", " AND ",
            " NOT ", " -", "(", ")", "{", "}", "*", ">", "<=", "[1 TO 5]", "[a TO *]", "/a.b/", "/a\\/b/", "5ms", "true",
            "1.50", "-3", "10kB", "a:(", "error", "2e3", "AND", "TO",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..9).prop_map(|pieces| pieces.concat())
}
