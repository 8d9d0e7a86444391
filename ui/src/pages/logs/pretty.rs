//! JSON with a line for each value, for people. It works on the text alone, so that no depth and no size can overflow a stack.

/// Levels that are indented; what is deeper stays on its line's column.
const INDENTED_MAX: usize = 32;

/// `json`, which is valid and compact, with line breaks and indentation; it ends early once it has `bytes_max`.
pub(super) fn pretty(json: &str, bytes_max: usize) -> String {
    let mut out = String::with_capacity(json.len().min(bytes_max) * 5 / 4);
    let mut depth = 0usize;
    let mut in_string = false;
    let mut is_escaped = false;
    let mut chars = json.chars().peekable();
    while let Some(c) = chars.next() {
        if out.len() >= bytes_max {
            break;
        }
        if in_string {
            out.push(c);
            in_string = is_escaped || c != '"';
            is_escaped = c == '\\' && !is_escaped;
            continue;
        }
        match c {
            '{' | '[' => {
                out.push(c);
                if let Some(end) = chars.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c => {
                in_string = c == '"';
                out.push(c);
            }
        }
    }
    out
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    for _ in 0..depth.min(INDENTED_MAX) {
        out.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_each_value() {
        let json = r#"{"a":[1,{"b":"x,{\"\\"}],"c":{},"d":[]}"#;
        let expected = "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x,{\\\"\\\\\"\n    }\n  ],\n  \"c\": {},\n  \"d\": []\n}";
        assert_eq!(pretty(json, 1_000), expected);
        assert_eq!(pretty("\"x\"", 100), "\"x\"");
    }

    #[test]
    fn deep_and_long_json_ends() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        let shown = pretty(&deep, 10_000);
        assert!(shown.len() < 10_100);
        assert!(shown.lines().all(|line| line.len() <= 2 * INDENTED_MAX + 2));
    }
}
