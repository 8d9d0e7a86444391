//! Conditions of the search language, written so that they mean exactly one value.

/// `field:value`, with the value quoted where it would otherwise mean something else.
pub(crate) fn is(field: &str, value: &str) -> String {
    format!("{field}:{}", quoted(value))
}

/// A field by its name, quoted where the name would end early or be read as something else.
pub(crate) fn field(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '@');
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '@'));
    if starts && name.chars().all(is_plain) {
        name.to_owned()
    } else {
        in_quotes(name)
    }
}

/// A value in the search language: as it stands when it is a plain word, else in quotes.
pub(crate) fn quoted(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let starts = value.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_operator = matches!(value, "AND" | "OR" | "NOT" | "TO");
    if starts && !is_operator && value.chars().all(is_plain) {
        value.to_owned()
    } else {
        in_quotes(value)
    }
}

/// A text in quotes, whatever it is.
pub(crate) fn in_quotes(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn values_mean_themselves() {
        let check = |value: &str, expected: &str| assert_eq!(quoted(value), expected);
        check("ts-seat-service", "ts-seat-service");
        check("", "\"\"");
        check("200", "\"200\"");
        check("a b", "\"a b\"");
        check("say \"hi\" \\", "\"say \\\"hi\\\" \\\\\"");
        check("AND", "\"AND\"");
        check("web*", "\"web*\"");
    }

    #[test]
    fn fields_mean_themselves() {
        let check = |name: &str, expected: &str| assert_eq!(field(name), expected);
        check("http.route", "http.route");
        check("k8s.pod/name", "k8s.pod/name");
        check("a b", "\"a b\"");
        check("k:v", "\"k:v\"");
        check("-x", "\"-x\"");
        check("a\"b", "\"a\\\"b\"");
    }
}
