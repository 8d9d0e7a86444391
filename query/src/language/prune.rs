//! What every matching row satisfies, so that storage can skip what does not.
//!
//! The condition is necessary, never sufficient: it may lack any part of the query. Only what storage
//! has an index for goes in: words of the text (a log's body, a span's name) and ids. What is negated
//! says nothing about the rows that match.

use clearspan_schema::ids::parse_hex;
use clearspan_storage::scan::Predicate;

use super::ast::{Expr, Field, Query, Test, Value};
use super::form::form;

/// What every row that `query` matches satisfies.
pub fn predicate(query: &Query) -> Predicate {
    of(query.root())
}

fn of(expr: &Expr) -> Predicate {
    match expr {
        Expr::All => Predicate::All,
        Expr::Text(phrase) => Predicate::Text(phrase.into()),
        Expr::Field(field, test) => of_field(field, test),
        Expr::And(parts) => parts.iter().map(of).fold(Predicate::All, Predicate::and),
        Expr::Or(parts) => parts.iter().map(of).fold(Predicate::Nothing, Predicate::or),
        Expr::Not(inner) if **inner == Expr::All => Predicate::Nothing,
        Expr::Not(_) => Predicate::All,
        Expr::Group(inner) => of(inner),
    }
}

fn of_field(field: &Field, test: &Test) -> Predicate {
    match (field, test) {
        (Field::TraceId, Test::Equals(id)) => {
            parse_hex(id.text()).map_or(Predicate::All, Predicate::TraceId)
        }
        (Field::SpanId, Test::Equals(id)) => {
            parse_hex(id.text()).map_or(Predicate::All, Predicate::SpanId)
        }
        // A body may be that number, written otherwise.
        (Field::Body, Test::Equals(Value::Number(_))) => Predicate::All,
        (Field::Body | Field::Name, test) => {
            form(test).map_or(Predicate::All, |form| Predicate::from(&form.needs()))
        }
        _ => Predicate::All,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use clearspan_schema::Signal;
    use clearspan_storage::text::TextPattern;

    use super::*;

    fn check(query: &str, expected: &Predicate) {
        assert_eq!(
            &predicate(&Query::parse(query, Signal::Logs).unwrap()),
            expected,
            "{query}"
        );
    }

    fn word(text: &str) -> Predicate {
        Predicate::Text(TextPattern::new(text))
    }

    #[test]
    fn words_and_ids_are_needed_and_nothing_else() {
        check("", &Predicate::All);
        check("refused", &word("refused"));
        check("a b", &Predicate::And(vec![word("a"), word("b")]));
        check("a OR b", &Predicate::Or(vec![word("a"), word("b")]));
        check("a OR k:v", &Predicate::All);
        check("a k:v NOT b", &word("a"));
        check("NOT *", &Predicate::Nothing);
        check("a OR NOT *", &word("a"));
        check("body:\"a b\"", &word("a b"));
        check("body:\"\" severity:error", &Predicate::All);
        check("body:200", &Predicate::All);
        check("body:/x/ body>x name:x", &Predicate::All);
        let id = "0102030405060708090a0b0c0d0e0f10";
        check(
            &format!("trace_id:{id}"),
            &Predicate::TraceId(parse_hex(id).unwrap()),
        );
        check(
            "span_id:0102030405060708",
            &Predicate::SpanId([1, 2, 3, 4, 5, 6, 7, 8]),
        );
        check("span_id:01* trace_id:*", &Predicate::All);
    }

    #[test]
    fn wildcards_open_an_end() {
        let open = |text: &str, open_start, open_end| {
            Predicate::Text(TextPattern {
                text: text.into(),
                open_start,
                open_end,
            })
        };
        check("*mer*", &open("mer", true, true));
        check("body:pre*", &open("pre", false, true));
        check(
            "body:a*b*c",
            &Predicate::And(vec![
                open("a", false, true),
                open("b", true, true),
                open("c", true, false),
            ]),
        );
    }

    #[test]
    fn expressions_need_their_texts() {
        let part = |text: &str| {
            Predicate::Text(TextPattern {
                text: text.into(),
                open_start: true,
                open_end: true,
            })
        };
        check("body:/refused/", &part("refused"));
        check(
            "/Refused \\d+ times/",
            &Predicate::And(vec![part("refused "), part(" times")]),
        );
        check(
            "body:/red|green/",
            &Predicate::Or(vec![part("red"), part("green")]),
        );
        check("NOT body:/refused/", &Predicate::All);
        check("body:/re[a-z]/ body:/[0-9]+/", &Predicate::All);
        let query = Query::parse("name:/^GET .x$/", Signal::Spans).unwrap();
        assert_eq!(predicate(&query), part("get "));
    }

    #[test]
    fn the_text_of_a_span_is_its_name() {
        let query = Query::parse("name:\"GET /x\" body:y", Signal::Spans).unwrap();
        assert_eq!(predicate(&query), word("GET /x"));
    }
}
