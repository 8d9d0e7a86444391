//! Why the server does not answer, with the mistake marked in the query.

use std::fmt;

use http::StatusCode;
use serde_json::Value;

use super::visible::visible;

/// Characters of the query that are shown on either side of a mistake.
const AROUND: usize = 60;

/// An answer that is none.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    pub(super) code: String,
    message: String,
    hint: String,
    /// The query's line with the mistake, and how far in that is.
    mistake: Option<(String, usize)>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, body: &[u8], query: &str) -> Self {
        let answer = serde_json::from_slice::<Value>(body).unwrap_or_default();
        let error = &answer["error"];
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        let position = error["position"].as_u64();
        Refusal {
            status,
            code: text("code"),
            message: text("message"),
            hint: text("hint"),
            mistake: position.map(|position| line_around(query, position)),
        }
    }

    /// Whether the same may be answered later.
    pub(super) fn is_passing(&self) -> bool {
        self.status == StatusCode::TOO_MANY_REQUESTS || self.status.is_server_error()
    }
}

/// The part of `query` around a character, on one line and with nothing invisible in it, and how many characters stand before that one.
fn line_around(query: &str, position: u64) -> (String, usize) {
    let position = usize::try_from(position).unwrap_or(usize::MAX);
    let characters: Vec<char> = query.chars().collect();
    let position = position.min(characters.len());
    let (before, after) = characters.split_at(position);
    let first = before.len().saturating_sub(AROUND);
    let cut = |is_cut: bool| if is_cut { "…" } else { "" };
    let before: String = before[first..].iter().collect();
    let start = format!("{}{}", cut(first > 0), visible(&before));
    let rest: String = after.iter().take(AROUND).collect();
    let end = cut(after.len() > AROUND);
    let column = start.chars().count();
    (format!("{start}{}{end}", visible(&rest)), column)
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.message.is_empty() {
            return write!(
                f,
                "the server answered with status {}",
                self.status.as_u16()
            );
        }
        write!(f, "{}", visible(&self.message))?;
        match (&self.mistake, self.hint.as_str()) {
            (Some((line, column)), hint) => {
                let column = *column;
                write!(f, "\n  {line}\n  {:column$}^ {}", "", visible(hint))
            }
            (None, "") => Ok(()),
            (None, hint) => write!(f, " ({})", visible(hint)),
        }
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str, position: usize, expected: &str) {
        let body = format!(
            r#"{{"error":{{"code":"bad_query","message":"no value","hint":"expected a value","position":{position}}}}}"#
        );
        let refusal = Refusal::new(StatusCode::BAD_REQUEST, body.as_bytes(), query);
        assert_eq!(
            refusal.to_string(),
            format!("no value\n{expected} expected a value")
        );
    }

    #[test]
    fn a_caret_stands_under_the_mistake() {
        check("a:", 2, "  a:\n    ^");
        check("a: OR b", 3, "  a: OR b\n     ^");
        check("é\n\u{1b}[2J(", 6, "  é\\n\\x1b[2J(\n            ^");
        check("", 7, "  \n  ^");
        let long = "x".repeat(200);
        let cut = "x".repeat(60);
        check(
            &long,
            100,
            &format!("  …{cut}{cut}…\n   {}^", " ".repeat(60)),
        );
    }

    #[test]
    fn what_is_no_error_of_ours_is_told_by_its_status() {
        let told = |body: &[u8]| Refusal::new(StatusCode::BAD_GATEWAY, body, "").to_string();
        assert_eq!(told(b"<html>"), "the server answered with status 502");
        assert_eq!(
            told(br#"{"error":{"message":"too many","hint":"come back"}}"#),
            "too many (come back)"
        );
    }
}
