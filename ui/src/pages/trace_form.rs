//! The form of `/traces` and the query bar are two views of one query: what the form asks becomes clauses of it.

use super::view::{Link, View};
use super::{clauses, filters};
use crate::error::ApiError;
use crate::params::bad;

/// Fields of the form that become clauses of the query.
const CLAUSES: [(&str, &str); 3] = [
    ("service", "service"),
    ("operation", "name"),
    ("status", "status"),
];

/// Where the form named a clause of its own, the same question asked by the query alone.
pub(super) fn in_step(view: &View) -> Result<Option<Link>, ApiError> {
    let named = CLAUSES.iter().any(|(parameter, _)| view.has(parameter));
    if !named && !view.has("attribute") {
        return Ok(None);
    }
    let mut query = view.get("q").to_owned();
    let mut next = view.without(&["cursor"]);
    for (parameter, field) in CLAUSES {
        if view.has(parameter) {
            query = clauses::with_value(&query, field, view.get(parameter).trim());
            next = next.without(&[parameter]);
        }
    }
    if view.has("attribute") {
        query = with_attribute(&query, view.get("attribute"))?;
        next = next.without(&["attribute"]);
    }
    Ok(Some(next.with("q", &query).link()))
}

/// `key = value` demands that value, `key` alone any.
fn with_attribute(query: &str, attribute: &str) -> Result<String, ApiError> {
    const EXPECTED: &str = "`key = value`, or a key alone";
    if attribute.trim().is_empty() {
        return Ok(query.to_owned());
    }
    let (key, value) = match key_and_value(attribute) {
        (key, Some(value)) => (key.trim(), Some(value.trim())),
        (key, None) => (key.trim(), None),
    };
    let key = unquoted(key).unwrap_or_else(|| key.to_owned());
    let key = key.as_str();
    if key.is_empty() {
        return Err(bad("bad_parameter", "attribute", attribute, EXPECTED));
    }
    let field = filters::field(key);
    Ok(match value {
        Some(value) if unquoted(value).is_some() || value.is_empty() => {
            let text = unquoted(value).unwrap_or_default();
            clauses::with_written(query, &field, &filters::in_quotes(&text))
        }
        // A number typed here is meant as one, whether it was sent as number or as text.
        Some(value) if is_number_or_bool(value) => clauses::with_written(query, &field, value),
        Some(value) => clauses::with_value(query, &field, value),
        None => clauses::with_clause(query, &format!("{field}:*")),
    })
}

/// Divided at the first `=` outside of quotes.
fn key_and_value(attribute: &str) -> (&str, Option<&str>) {
    let mut is_quoted = false;
    let mut is_escaped = false;
    let at = attribute.char_indices().find(|&(_, c)| {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = is_quoted,
            '"' => is_quoted = !is_quoted,
            _ => {}
        }
        c == '=' && !is_quoted
    });
    // A quote that is never closed is one of the key's characters.
    let at = at.map(|(at, _)| at).or_else(|| attribute.find('='));
    match at {
        Some(at) => (&attribute[..at], Some(&attribute[at + 1..])),
        None => (attribute, None),
    }
}

/// What stands in the quotes that a text begins and ends with.
fn unquoted(text: &str) -> Option<String> {
    let is_quoted = text.len() >= 2 && text.starts_with('"') && text.ends_with('"');
    is_quoted.then(|| clauses::unquoted(text))
}

fn is_number_or_bool(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
        && digits.parse::<f64>().is_ok();
    is_number || matches!(value, "true" | "false")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Params;

    fn view(query: &str) -> View {
        View::new(
            "/traces",
            &Params::of_query_string(query).unwrap_or_default(),
        )
    }

    #[test]
    fn the_form_becomes_the_query() {
        let step = |query| {
            let link = in_step(&view(query)).unwrap_or_default();
            link.map(|link| link.as_str().to_owned())
        };
        assert_eq!(
            step("q=status%3Aerror&service=cart&operation=GET+%2F&from=now-1h").as_deref(),
            Some("/traces?from=now-1h&q=status%3Aerror+service%3Acart+name%3A%22GET+%2F%22")
        );
        assert_eq!(
            step("q=service%3Acart&service=").as_deref(),
            Some("/traces")
        );
        assert_eq!(
            step("q=x&attribute=http.route+%3D+%2Fa").as_deref(),
            Some("/traces?q=x+http.route%3A%22%2Fa%22")
        );
        assert_eq!(
            step("attribute=db.system").as_deref(),
            Some("/traces?q=db.system%3A*")
        );
        assert_eq!(
            step("attribute=a+b+%3D+c+d").as_deref(),
            Some("/traces?q=%22a+b%22%3A%22c+d%22")
        );
        assert_eq!(
            step("attribute=k%3Av%3D1").as_deref(),
            Some("/traces?q=%22k%3Av%22%3A1")
        );
        assert_eq!(
            step("attribute=http.status_code%3D200").as_deref(),
            Some("/traces?q=http.status_code%3A200")
        );
        // In quotes a number is text, and a key may have what would end it.
        assert_eq!(
            step("attribute=num+%3D+%22200%22").as_deref(),
            Some("/traces?q=num%3A%22200%22")
        );
        assert_eq!(
            step("attribute=%22a%3Db%22+%3D+c").as_deref(),
            Some("/traces?q=%22a%3Db%22%3Ac")
        );
        assert_eq!(
            step("attribute=empty+%3D").as_deref(),
            Some("/traces?q=empty%3A%22%22")
        );
        assert!(in_step(&view("attribute=+%3Dv")).is_err());
        assert_eq!(step("q=service%3Acart"), None);
    }
}
