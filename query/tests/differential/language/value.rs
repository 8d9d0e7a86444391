//! The values of attributes and bodies, as the search language sees them.

use clearspan_schema::any::{AnyWriter, KeyValues};

/// A value as it was sent.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Unset,
    Text(String),
    Bool(bool),
    Int(i64),
    Double(f64),
    Bytes(Vec<u8>),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
}

pub(super) type Attributes = Vec<(String, Value)>;

impl Value {
    pub(super) fn text(text: &str) -> Self {
        Value::Text(text.to_owned())
    }

    /// What it is called in the table of what was reached.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Value::Unset => "unset",
            Value::Text(text) if text.is_empty() => "empty text",
            Value::Text(text) if text.is_ascii() => "text",
            Value::Text(_) => "text beyond ASCII",
            Value::Bool(_) => "boolean",
            Value::Int(value) if value.unsigned_abs() > 1 << 53 => "integer beyond 2^53",
            Value::Int(_) => "integer",
            Value::Double(value) if !value.is_finite() => "NaN or infinity",
            Value::Double(value) if *value == 0.0 && value.is_sign_negative() => "-0.0",
            Value::Double(_) => "double",
            Value::Bytes(_) => "bytes",
            Value::List(_) => "list",
            Value::Map(_) => "map",
        }
    }

    pub(super) fn write(&self, to: &mut AnyWriter<'_>) {
        match self {
            Value::Unset => to.empty(),
            Value::Text(text) => to.string(text),
            Value::Bool(value) => to.bool(*value),
            Value::Int(value) => to.int(*value),
            Value::Double(value) => to.double(*value),
            Value::Bytes(bytes) => to.bytes(bytes),
            Value::List(items) => to.array(|to| items.iter().for_each(|item| item.write(to))),
            Value::Map(entries) => to.key_values(|to| {
                for (key, value) in entries {
                    value.write(to.key(key));
                }
            }),
        }
    }

    /// The JSON in which it is shown.
    pub(super) fn json(&self) -> String {
        match self {
            Value::Unset => "null".to_owned(),
            Value::Text(text) => json_text(text),
            Value::Int(value) if value.unsigned_abs() > 1 << 53 => format!("\"{value}\""),
            Value::Double(value) if !value.is_finite() => format!("\"{}\"", digits(*value)),
            Value::Bool(_) | Value::Int(_) | Value::Double(_) => self.seen().unwrap_or_default(),
            Value::Bytes(bytes) => format!("{{\"bytes\":\"{}\"}}", base64(bytes)),
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(Value::json).collect();
                format!("[{}]", items.join(","))
            }
            Value::Map(entries) => json_map(entries),
        }
    }

    /// The text that `*` and regular expressions see; lists are seen element by element.
    pub(super) fn seen(&self) -> Option<String> {
        Some(match self {
            Value::Unset | Value::List(_) => return None,
            Value::Text(text) => text.clone(),
            Value::Bool(value) => value.to_string(),
            Value::Int(value) => value.to_string(),
            Value::Double(value) => digits(*value),
            Value::Bytes(_) | Value::Map(_) => self.json(),
        })
    }
}

pub(super) fn encoded(attributes: &Attributes) -> Vec<u8> {
    let mut buffer = Vec::new();
    let mut writer = AnyWriter::new(&mut buffer);
    for (key, value) in attributes {
        value.write(writer.key(key));
    }
    assert_eq!(KeyValues::new(&buffer).count(), attributes.len());
    buffer
}

/// Of a repeated key the last.
pub(super) fn last<'a>(attributes: &'a Attributes, key: &str) -> Option<&'a Value> {
    let found = attributes.iter().rev().find(|(name, _)| name == key);
    found.map(|(_, value)| value)
}

fn digits(value: f64) -> String {
    match value {
        _ if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "Infinity".to_owned(),
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        finite => format!("{finite:?}"),
    }
}

fn json_map(entries: &[(String, Value)]) -> String {
    let mut shown = Vec::new();
    for (at, (key, value)) in entries.iter().enumerate() {
        let again = entries[at + 1..].iter().any(|(later, _)| later == key);
        if !again {
            shown.push(format!("{}:{}", json_text(key), value.json()));
        }
    }
    format!("{{{}}}", shown.join(","))
}

fn json_text(text: &str) -> String {
    let mut json = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            '\n' => json += "\\n",
            '\t' => json += "\\t",
            c if u32::from(c) < 0x20 => json += &format!("\\u{:04x}", u32::from(c)),
            c => json.push(c),
        }
    }
    json + "\""
}

/// Six bits at a time, as a text of bits.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
    while !bits.len().is_multiple_of(6) {
        bits.push('0');
    }
    let mut text = String::new();
    for at in (0..bits.len()).step_by(6) {
        let digit = usize::from_str_radix(&bits[at..at + 6], 2).unwrap();
        text.push_str(&DIGITS[digit..=digit]);
    }
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}
