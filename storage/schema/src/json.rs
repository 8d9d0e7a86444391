//! A value as JSON text: how values that are no strings are shown, searched and indexed. One function
//! serves all three, so that what is searched is what is shown.
//!
//! Strings, booleans and doubles are as in JSON. Integers beyond 2^53, NaN and infinities are strings,
//! bytes are `{"bytes": "<base64>"}`, key-value lists are objects (of a repeated key the last), an
//! unset value is `null`.

use std::collections::HashSet;
use std::fmt::Write;

use crate::any::{AnyRef, KeyValues};

/// Integers up to this size are exact in every JSON reader.
const MAX_EXACT_INT: u64 = 1 << 53;

/// Deeper values are shown as `null`. Decoders accept less; this bounds the stack whatever they do.
const MAX_DEPTH: usize = 256;

/// Appends `value` as JSON.
pub fn push_json(value: AnyRef<'_>, out: &mut String) {
    push_at(value, 0, out);
}

/// Appends `entries` as a JSON object.
pub fn push_json_object(entries: KeyValues<'_>, out: &mut String) {
    push_object(entries, 0, out);
}

/// The text in which a value that is no string is searched: its JSON. A string is its own text.
pub fn push_text(value: AnyRef<'_>, out: &mut String) {
    match value {
        AnyRef::String(text) => out.push_str(text),
        other => push_json(other, out),
    }
}

fn push_at(value: AnyRef<'_>, depth: usize, out: &mut String) {
    match value {
        AnyRef::Empty => out.push_str("null"),
        AnyRef::Bool(value) => out.push_str(if value { "true" } else { "false" }),
        AnyRef::String(text) => push_json_string(text, out),
        AnyRef::Int(value) => push_int(value, out),
        AnyRef::Double(value) => push_double(value, out),
        AnyRef::Bytes(bytes) => {
            out.push_str("{\"bytes\":\"");
            push_base64(bytes, out);
            out.push_str("\"}");
        }
        AnyRef::Array(_) | AnyRef::KeyValues(_) if depth >= MAX_DEPTH => out.push_str("null"),
        AnyRef::Array(values) => {
            out.push('[');
            for (at, value) in values.enumerate() {
                if at > 0 {
                    out.push(',');
                }
                push_at(value, depth + 1, out);
            }
            out.push(']');
        }
        AnyRef::KeyValues(entries) => push_object(entries, depth + 1, out),
    }
}

fn push_object(entries: KeyValues<'_>, depth: usize, out: &mut String) {
    out.push('{');
    let mut first = true;
    for (key, value) in last_of_each_key(entries) {
        if !std::mem::take(&mut first) {
            out.push(',');
        }
        push_json_string(key, out);
        out.push(':');
        push_at(value, depth, out);
    }
    out.push('}');
}

/// The entries in order, of a repeated key the last alone.
pub fn last_of_each_key(entries: KeyValues<'_>) -> Vec<(&str, AnyRef<'_>)> {
    let all: Vec<_> = entries.collect();
    let mut seen = HashSet::with_capacity(all.len());
    let mut kept: Vec<_> = all
        .into_iter()
        .rev()
        .filter(|(key, _)| seen.insert(*key))
        .collect();
    kept.reverse();
    kept
}

fn push_int(value: i64, out: &mut String) {
    let quote = if value.unsigned_abs() > MAX_EXACT_INT {
        "\""
    } else {
        ""
    };
    let _infallible = write!(out, "{quote}{value}{quote}");
}

fn push_double(value: f64, out: &mut String) {
    let _infallible = if value.is_nan() {
        write!(out, "\"NaN\"")
    } else if value.is_infinite() {
        write!(out, "\"{}Infinity\"", if value < 0.0 { "-" } else { "" })
    } else {
        write!(out, "{value:?}")
    };
}

/// Appends `text` as a JSON string, quotes included.
pub fn push_json_string(text: &str, out: &mut String) {
    out.push('"');
    let mut clean = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape: &str = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x08 => "\\b",
            0x0c => "\\f",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(&text[clean..at]);
        out.push_str(escape);
        if escape.is_empty() {
            let _infallible = write!(out, "\\u{byte:04x}");
        }
        clean = at + 1;
    }
    out.push_str(&text[clean..]);
    out.push('"');
}

/// Appends `bytes` as standard base64 with padding.
fn push_base64(bytes: &[u8], out: &mut String) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            if digit <= chunk.len() {
                out.push(char::from(DIGITS[(bits >> (18 - 6 * digit) & 63) as usize]));
            } else {
                out.push('=');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::any::AnyWriter;

    fn check(write: impl FnOnce(&mut AnyWriter<'_>), expected: &str) {
        let mut encoded = Vec::new();
        write(&mut AnyWriter::new(&mut encoded));
        let mut json = String::new();
        push_json(AnyRef::decode(&encoded).unwrap(), &mut json);
        assert_eq!(json, expected);
    }

    #[test]
    fn each_kind_of_value() {
        check(|to| to.empty(), "null");
        check(|to| to.bool(true), "true");
        check(
            |to| to.string("a\"\\\n\u{1}\u{8}é"),
            r#""a\"\\\n\u0001\bé""#,
        );
        check(|to| to.int(-(1 << 53)), "-9007199254740992");
        check(|to| to.int((1 << 53) + 1), "\"9007199254740993\"");
        check(|to| to.int(i64::MIN), "\"-9223372036854775808\"");
        check(|to| to.double(1.0), "1.0");
        check(|to| to.double(-0.25), "-0.25");
        check(|to| to.double(1e300), "1e300");
        check(|to| to.double(f64::NAN), "\"NaN\"");
        check(|to| to.double(f64::NEG_INFINITY), "\"-Infinity\"");
        check(|to| to.bytes(b""), r#"{"bytes":""}"#);
        check(|to| to.bytes(b"a"), r#"{"bytes":"YQ=="}"#);
        check(|to| to.bytes(b"ab"), r#"{"bytes":"YWI="}"#);
        check(|to| to.bytes(b"\xff\xfe\xfd"), r#"{"bytes":"//79"}"#);
    }

    #[test]
    fn nested_values_and_repeated_keys() {
        check(
            |to| {
                to.key_values(|to| {
                    to.key("a").int(1);
                    to.key("b").array(|to| {
                        to.string("x");
                        to.empty();
                    });
                    to.key("a").int(2);
                });
            },
            r#"{"b":["x",null],"a":2}"#,
        );
    }

    #[test]
    fn a_very_deep_value_ends() {
        let mut encoded = Vec::new();
        AnyWriter::new(&mut encoded).int(1);
        for _ in 0..2000 {
            let inner = std::mem::take(&mut encoded);
            AnyWriter::new(&mut encoded).array(|to| to.encoded(&inner));
        }
        let mut json = String::new();
        push_json(AnyRef::decode(&encoded).unwrap(), &mut json);
        assert_eq!(json.matches('[').count(), MAX_DEPTH);
    }
}
