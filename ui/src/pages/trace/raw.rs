//! A span as it would be sent: OTLP/JSON, with line breaks and indents that make it readable.

use arrow::array::RecordBatch;
use clearspan_proto::otlp::encode_traces_json;
use clearspan_query::QueryError;

use crate::error::ApiError;
use crate::limits::PANEL_RAW_BYTES_MAX;

/// The spans of these rows, and whether that is all of it.
pub(super) struct Raw {
    pub(super) text: String,
    pub(super) is_cut: bool,
}

impl Raw {
    pub(super) fn of(rows: &[RecordBatch]) -> Result<Self, ApiError> {
        let mut json = Vec::new();
        encode_traces_json(rows, &mut json).map_err(QueryError::from)?;
        Ok(indented(
            &String::from_utf8_lossy(&json),
            PANEL_RAW_BYTES_MAX,
        ))
    }
}

/// JSON text over several lines, up to about `max` bytes. Nothing of it is parsed: whatever stands in it stays as it is.
fn indented(json: &str, max: usize) -> Raw {
    let mut out = Indented::default();
    let mut chars = json.chars().peekable();
    let (mut in_string, mut is_escaped) = (false, false);
    while let Some(c) = chars.next() {
        if out.text.len() > max {
            return Raw {
                text: out.text,
                is_cut: true,
            };
        }
        match c {
            _ if in_string => {
                out.text.push(c);
                in_string = is_escaped || c != '"';
                is_escaped = c == '\\' && !is_escaped;
            }
            '{' | '[' if matches!(chars.peek(), Some('}' | ']')) => {
                out.text.push(c);
                out.text.extend(chars.next());
            }
            '{' | '[' => out.open(c),
            '}' | ']' => out.close(c),
            ',' => {
                out.text.push(c);
                out.line();
            }
            ':' => out.text.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => {
                out.text.push(c);
                in_string = c == '"';
            }
        }
    }
    Raw {
        text: out.text,
        is_cut: false,
    }
}

#[derive(Default)]
struct Indented {
    text: String,
    depth: usize,
}

impl Indented {
    fn open(&mut self, c: char) {
        self.text.push(c);
        self.depth += 1;
        self.line();
    }

    fn close(&mut self, c: char) {
        self.depth = self.depth.saturating_sub(1);
        self.line();
        self.text.push(c);
    }

    fn line(&mut self) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n("  ", self.depth));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_over_lines_means_the_same() {
        let json = r#"{"a":[],"b":{"c":"x{,:\"]\\"},"d":[1,{}]}"#;
        let raw = indented(json, 1_000);
        let expected = "{\n  \"a\": [],\n  \"b\": {\n    \"c\": \"x{,:\\\"]\\\\\"\n  },\n  \"d\": [\n    1,\n    {}\n  ]\n}";
        assert_eq!((raw.text.as_str(), raw.is_cut), (expected, false));
        let reparsed: serde_json::Value = serde_json::from_str(&raw.text).unwrap_or_default();
        assert_eq!(
            reparsed,
            serde_json::from_str::<serde_json::Value>(json).unwrap_or_default()
        );
    }

    #[test]
    fn what_is_too_long_is_cut() {
        let json = format!("[{}1]", "1,".repeat(1_000));
        let raw = indented(&json, 100);
        assert!(raw.is_cut && raw.text.len() <= 110, "{}", raw.text.len());
        // Depth alone cannot make it long.
        assert!(indented(&"[".repeat(10_000), 1_000).text.len() < 2_000);
    }
}
