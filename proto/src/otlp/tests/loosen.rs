//! Canonical JSON, rewritten with all the freedom that a sender has, without a change of meaning.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use opentelemetry_proto::tonic::logs::v1::SeverityNumber;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use serde_json::{Map, Value, json};

/// Rewrites `value`, choosing by `seed`.
pub(crate) fn loosen(value: &mut Value, seed: u64) {
    Loosener { state: seed }.value(value);
}

struct Loosener {
    state: u64,
}

impl Loosener {
    /// A choice among `options` (SplitMix64).
    fn pick(&mut self, options: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % options
    }

    fn value(&mut self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(fields) => {
                for (name, mut value) in std::mem::take(fields) {
                    self.value(&mut value);
                    self.scalar(&name, &mut value);
                    fields.insert(self.name(name), value);
                }
                self.add_fields(fields);
            }
            _ => {}
        }
    }

    fn name(&mut self, name: String) -> String {
        if self.pick(2) == 0 {
            return name;
        }
        let mut snake = String::new();
        for letter in name.chars() {
            if letter.is_ascii_uppercase() {
                snake.push('_');
            }
            snake.push(letter.to_ascii_lowercase());
        }
        snake
    }

    /// Fields that mean nothing: `null`, or unknown.
    fn add_fields(&mut self, fields: &mut Map<String, Value>) {
        let nulls = ["flags", "attributes", "status", "traceState", "stringValue"];
        for (camel, snake) in nulls.into_iter().zip([
            "flags",
            "attributes",
            "status",
            "trace_state",
            "string_value",
        ]) {
            if self.pick(4) == 0 && !fields.contains_key(camel) && !fields.contains_key(snake) {
                fields.insert(camel.to_owned(), Value::Null);
            }
        }
        if self.pick(4) == 0 {
            let unknown = json!({"traceId": [1, {"name": null}, "\u{1}"], "x": {"values": [[]]}});
            fields.insert("unknown field".to_owned(), unknown);
        }
    }

    fn scalar(&mut self, name: &str, value: &mut Value) {
        match name {
            "traceId" => self.id(value, 16),
            "spanId" | "parentSpanId" => self.id(value, 8),
            "timeUnixNano"
            | "observedTimeUnixNano"
            | "startTimeUnixNano"
            | "endTimeUnixNano"
            | "intValue" => self.integer(value),
            "flags" | "droppedAttributesCount" | "droppedEventsCount" | "droppedLinksCount" => {
                self.integer(value)
            }
            "kind" => self.enumeration(value, |number| {
                SpanKind::try_from(number)
                    .ok()
                    .map(|kind| kind.as_str_name())
            }),
            "code" => self.enumeration(value, |number| {
                StatusCode::try_from(number)
                    .ok()
                    .map(|code| code.as_str_name())
            }),
            "severityNumber" => self.enumeration(value, |number| {
                let severity = SeverityNumber::try_from(number).ok();
                severity.map(|severity| severity.as_str_name())
            }),
            "doubleValue" if value.is_number() && self.pick(2) == 0 => {
                *value = Value::String(value.to_string());
            }
            "bytesValue" => self.bytes(value),
            _ => {}
        }
    }

    fn id(&mut self, value: &mut Value, length: usize) {
        let hex = value.as_str().unwrap();
        let bytes: Vec<u8> = (0..hex.len() / 2)
            .map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap())
            .collect();
        *value = match self.pick(4) {
            0 => hex.to_uppercase().into(),
            1 if bytes.len() == length => STANDARD.encode(bytes).into(),
            2 if bytes.len() == length => URL_SAFE_NO_PAD.encode(bytes).into(),
            _ => return,
        };
    }

    fn integer(&mut self, value: &mut Value) {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        *value = match self.pick(5) {
            0 => text.parse::<i128>().map_or(Value::Null, |number| {
                // Numbers stand in JSON as they are; `Value` holds the two signed and unsigned 64-bit kinds.
                i64::try_from(number).map_or_else(|_| json!(number as u64), Value::from)
            }),
            1 => text.into(),
            2 => format!("{text}.0").into(),
            3 => format!("{text}0e-1").into(),
            _ => return,
        };
    }

    fn enumeration(&mut self, value: &mut Value, name: impl Fn(i32) -> Option<&'static str>) {
        let number = i32::try_from(value.as_i64().unwrap()).unwrap();
        match (self.pick(3), name(number)) {
            (0, _) => *value = number.to_string().into(),
            (1, Some(name)) => *value = name.into(),
            _ => {}
        }
    }

    fn bytes(&mut self, value: &mut Value) {
        let bytes = STANDARD.decode(value.as_str().unwrap()).unwrap();
        *value = match self.pick(3) {
            0 => STANDARD_NO_PAD.encode(bytes),
            1 => URL_SAFE.encode(bytes),
            _ => URL_SAFE_NO_PAD.encode(bytes),
        }
        .into();
    }
}
