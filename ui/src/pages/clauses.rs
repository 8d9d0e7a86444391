//! The query of a page as a list of clauses, so that a form, a facet or a link can add, replace or drop one.
//!
//! A clause is what stands between spaces outside of quotes, brackets and regular expressions. This is a view on the text
//! for editing alone: what a query means only the engine says. A query with an `OR` outside of parentheses has no clauses
//! that could be dropped one by one; it is one clause as a whole.

use super::filters;

/// The clauses of a query, each as it was typed.
pub(crate) fn split(query: &str) -> Vec<String> {
    let words = words(query);
    if words.iter().any(|word| word == "OR") {
        return vec![query.trim().to_owned()];
    }
    let mut clauses: Vec<String> = Vec::new();
    let mut negated = false;
    for word in words {
        match (word.as_str(), negated) {
            ("AND", _) => {}
            ("NOT", _) => negated = true,
            (_, true) => {
                clauses.push(format!("NOT {word}"));
                negated = false;
            }
            _ => clauses.push(word),
        }
    }
    if negated {
        clauses.push("NOT".to_owned());
    }
    clauses
}

/// Runs of what is not a space, where quotes, brackets and regular expressions hold spaces.
fn words(query: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut depth = 0usize;
    let mut quote = None;
    let mut is_escaped = false;
    for c in query.chars() {
        let starts_value = word.is_empty() || word.ends_with([':', '-', '(']);
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if quote.is_some() => is_escaped = true,
            _ if quote == Some(c) => quote = None,
            _ if quote.is_some() => {}
            '"' => quote = Some('"'),
            '/' if starts_value => quote = Some('/'),
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            c if c.is_whitespace() && depth == 0 => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            _ => {}
        }
        word.push(c);
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// The word or phrase that a clause of its own demands of `field`; empty when none does. What else may be demanded of a field (a
/// beginning, a list, a regular expression) is no value that a form could show and give back.
pub(crate) fn value_of(query: &str, field: &str) -> String {
    let clauses = split(query);
    let value = clauses.iter().find_map(|clause| plain_value(clause, field));
    value.unwrap_or_default()
}

fn plain_value(clause: &str, field: &str) -> Option<String> {
    let written = clause.strip_prefix(field)?.strip_prefix(':')?;
    let value = unquoted(written);
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '-' | '.');
    let is_plain = filters::quoted(&value) == written
        || filters::in_quotes(&value) == written
        || (!written.is_empty() && written.chars().all(is_number));
    is_plain.then_some(value)
}

/// The query with `field` demanded to be `value`, or without such a demand when the value is empty; unchanged where it says
/// so already.
pub(crate) fn with_value(query: &str, field: &str, value: &str) -> String {
    if value == value_of(query, field) {
        return query.to_owned();
    }
    let written = if value.is_empty() {
        String::new()
    } else {
        filters::quoted(value)
    };
    with_written(query, field, &written)
}

/// The same with a value that is written in the search language already.
pub(crate) fn with_written(query: &str, field: &str, value: &str) -> String {
    let mut clauses = split(query);
    clauses.retain(|clause| plain_value(clause, field).is_none());
    if !value.is_empty() {
        hold_together(&mut clauses);
        clauses.push(format!("{field}:{value}"));
    }
    clauses.join(" ")
}

/// Puts a query with an `OR` in parentheses, so that what comes behind it is demanded of all of it.
fn hold_together(clauses: &mut [String]) {
    if let [whole] = clauses
        && words(whole).iter().any(|word| word == "OR")
    {
        *whole = format!("({whole})");
    }
}

/// The query with one more clause; unchanged when it has it already. Its opposite is taken out.
pub(crate) fn with_clause(query: &str, clause: &str) -> String {
    let is_negative = clause.starts_with('-');
    let opposite = if is_negative {
        clause[1..].to_owned()
    } else {
        format!("-{clause}")
    };
    let mut clauses = split(query);
    hold_together(&mut clauses);
    clauses.retain(|given| *given != opposite && given != clause);
    clauses.push(clause.to_owned());
    clauses.join(" ")
}

/// The query without its clause at `at`.
pub(crate) fn without(query: &str, at: usize) -> String {
    let mut clauses = split(query);
    if at < clauses.len() {
        clauses.remove(at);
    }
    clauses.join(" ")
}

pub(crate) fn unquoted(value: &str) -> String {
    let Some(inner) = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'))
    else {
        return value.to_owned();
    };
    let mut out = String::with_capacity(inner.len());
    let mut is_escaped = false;
    for c in inner.chars() {
        if c == '\\' && !is_escaped {
            is_escaped = true;
        } else {
            out.push(c);
            is_escaped = false;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str, expected: &[&str]) {
        assert_eq!(split(query), expected, "{query}");
    }

    #[test]
    fn what_a_form_cannot_show_it_does_not_touch() {
        for query in [
            "service:a OR service:b",
            "service:\"a\" OR service:\"b\"",
            "service:cl*",
            "service:/cl.*/",
            "service:(a OR b)",
            "service:*",
            "service:a service:b",
        ] {
            let shown = value_of(query, "service");
            assert_eq!(with_value(query, "service", &shown), query);
        }
        assert_eq!(value_of("service:cl*", "service"), "");
        assert_eq!(value_of("service:\"a b\"", "service"), "a b");
        assert_eq!(
            with_value("service:cl* x", "service", "a"),
            "service:cl* x service:a"
        );
        assert_eq!(with_value("a OR b", "service", "c"), "(a OR b) service:c");
        assert_eq!(with_written("code:200 x", "code", "201"), "x code:201");
    }

    #[test]
    fn clauses_are_told_apart() {
        check("", &[]);
        check("  a  b ", &["a", "b"]);
        check(
            r#"service:"a b" "c \" d" -x"#,
            &[r#"service:"a b""#, r#""c \" d""#, "-x"],
        );
        check("a AND NOT b:c d", &["a", "NOT b:c", "d"]);
        check(
            "(a OR b) duration:[1 TO 5] c",
            &["(a OR b)", "duration:[1 TO 5]", "c"],
        );
        check("a OR b c", &["a OR b c"]);
        check(
            "body:/a b/ /x y/ http://z w",
            &["body:/a b/", "/x y/", "http://z", "w"],
        );
        check("{a b} NOT {c d}", &["{a b}", "NOT {c d}"]);
        check(r#""unclosed a"#, &[r#""unclosed a"#]);
    }

    #[test]
    fn one_value_is_replaced() {
        assert_eq!(value_of(r#"x service:"a \"b" y"#, "service"), "a \"b");
        assert_eq!(value_of("x", "service"), "");
        assert_eq!(
            with_value("x service:a y", "service", "b c"),
            "x y service:\"b c\""
        );
        assert_eq!(with_value("x service:a y", "service", ""), "x y");
        assert_eq!(without("x service:a y", 1), "x y");
        assert_eq!(without("x", 7), "x");
    }

    #[test]
    fn a_clause_is_added_once() {
        assert_eq!(with_clause("a", "service:b"), "a service:b");
        assert_eq!(with_clause("a service:b", "service:b"), "a service:b");
        assert_eq!(with_clause("a service:b", "-service:b"), "a -service:b");
        assert_eq!(with_clause("-service:b a", "service:b"), "a service:b");
        assert_eq!(with_clause("a OR b", "c"), "(a OR b) c");
        assert_eq!(with_clause("", "c"), "c");
    }
}
