//! Values of records as conditions of the search language that find them.

use clearspan_query::language::{Expr, Field, Level, Test, Value};
use clearspan_query::{AnyRef, Signal};

use super::columns;

/// Characters of a value that becomes a condition: what is longer is searched for by a word of it.
const VALUE_CHARS_MAX: usize = 500;

/// `field:value`. `None` where no condition finds just this value: lists, values that are unset, and what is very long.
pub(super) fn equals(field: &Field, value: AnyRef<'_>) -> Option<String> {
    let value = match value {
        AnyRef::Empty | AnyRef::Array(_) => return None,
        AnyRef::Bool(value) => Value::Bool(value),
        AnyRef::Int(_) => Value::unquoted(&columns::text(value)),
        AnyRef::Double(number) if number.is_finite() => Value::unquoted(&format!("{number:?}")),
        AnyRef::Double(_) => return None,
        AnyRef::String(_) | AnyRef::Bytes(_) | AnyRef::KeyValues(_) => {
            let text = columns::text(value);
            if text.chars().nth(VALUE_CHARS_MAX).is_some() {
                return None;
            }
            Value::Text(text.into_owned())
        }
    };
    Some(Expr::Field(field.clone(), Test::Equals(value)).to_string())
}

/// The condition that a field of this name has this text.
pub(super) fn text_is(name: &str, text: &str) -> Option<String> {
    equals(&Field::named(name, Signal::Logs), AnyRef::String(text))
}

/// An attribute as a field. Where its own name is that of something else, the level says which is meant.
pub(super) fn attribute(level: Level, key: &str, is_hidden: bool) -> Field {
    let plain = Field::Attribute(Level::Any, key.to_owned());
    if !is_hidden && Field::named(key, Signal::Logs) == plain {
        return plain;
    }
    Field::Attribute(level, key.to_owned())
}

/// What finds all other records.
pub(super) fn not(clause: &str) -> String {
    format!("-{clause}")
}

/// Percent-encoded, so that text of others stands in no attribute of a page as it is.
pub(super) fn encoded(clause: &str) -> String {
    form_urlencoded::byte_serialize(clause.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clearspan_query::language::Query;

    #[test]
    fn a_value_is_found_by_its_condition() {
        let check = |name: &str, value: AnyRef<'_>, expected: Option<&str>| {
            let field = attribute(Level::Record, name, false);
            let clause = equals(&field, value);
            assert_eq!(clause.as_deref(), expected);
            if let Some(clause) = clause {
                for clause in [not(&clause), clause] {
                    assert!(Query::parse(&clause, Signal::Logs).is_ok(), "{clause}");
                }
            }
        };
        check(
            "http.route",
            AnyRef::String("/a b"),
            Some("http.route:\"/a b\""),
        );
        check("n", AnyRef::Int(200), Some("n:200"));
        check("n", AnyRef::String("200"), Some("n:\"200\""));
        check("n", AnyRef::Double(0.5), Some("n:0.5"));
        check("n", AnyRef::Double(f64::NAN), None);
        check("b", AnyRef::Bool(true), Some("b:true"));
        check("e", AnyRef::Empty, None);
        check(
            "severity",
            AnyRef::String("x"),
            Some("attributes.severity:x"),
        );
        check(
            "resource.x",
            AnyRef::String("x"),
            Some("attributes.resource.x:x"),
        );
        check(
            "\"><b \u{1b}",
            AnyRef::String("\\\""),
            Some("\"\\\"><b \u{1b}\":\"\\\\\\\"\""),
        );
        check("long", AnyRef::String(&"x".repeat(501)), None);
        assert_eq!(
            text_is("severity", "ERROR").as_deref(),
            Some("severity:ERROR")
        );
        assert_eq!(encoded("a:\"\u{1b}\""), "a%3A%22%1B%22");
    }

    #[test]
    fn what_a_record_hides_is_named_by_its_level() {
        assert_eq!(
            attribute(Level::Resource, "k", true).to_string(),
            "resource.k"
        );
        assert_eq!(attribute(Level::Resource, "k", false).to_string(), "k");
    }
}
