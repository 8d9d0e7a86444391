//! Random records, and as OTLP.

use serde_json::{Value, json};

use crate::integration::api::server::NOW_NS;

/// A value, as it is sent.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Any {
    Unset,
    Text(&'static str),
    Bool(bool),
    Int(i64),
    Double(f64),
    Bytes,
    List(Vec<Any>),
    Map,
}

pub(super) type Attributes = Vec<(&'static str, Any)>;

#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) number: i64,
    pub(super) time: u64,
    pub(super) observed: u64,
    pub(super) severity_number: i32,
    pub(super) severity_text: &'static str,
    pub(super) body: Any,
    pub(super) event_name: &'static str,
    pub(super) trace: Option<u8>,
    pub(super) attributes: Attributes,
    pub(super) scope: (&'static str, &'static str, Attributes),
    pub(super) resource: Attributes,
}

/// A name that no URL, no query and no list with commas takes without care.
pub(super) const HOSTILE: &str = "a/b\"c\\ é,%2F:?#&=\u{202e}<b>";

/// Names that meet each other: at several levels, renamed, known, written like a level.
pub(super) const NAMES: [&str; 17] = [
    "k",
    "http.status_code",
    "http.response.status_code",
    "server.port",
    "net.peer.port",
    "net.host.port",
    "status",
    "service.name",
    "service",
    "body",
    "level",
    "event.name",
    "attributes.k",
    "attributes.",
    "name",
    HOSTILE,
    "",
];

const TEXTS: [&str; 14] = [
    "200",
    "200.0",
    "true",
    "True",
    "OK",
    "ok",
    "Ok",
    "",
    "x",
    "NaN",
    "{\"m\":1}",
    "{\"bytes\":\"AAE=\"}",
    "0.5",
    "é\u{0}\n\"",
];
const INTS: [i64; 7] = [200, 0, -5, 1 << 53, (1 << 53) + 1, i64::MIN, i64::MAX];
const DOUBLES: [f64; 12] = [
    200.0,
    -0.0,
    0.5,
    1e23,
    1e300,
    1.7014118346046923e38,
    9_223_372_036_854_775_808.0,
    -9_223_372_036_854_775_808.0,
    5e-324,
    1e-7,
    f64::NAN,
    f64::NEG_INFINITY,
];

impl Any {
    fn random(random: &mut fastrand::Rng, depth: usize) -> Self {
        match random.u8(0..14) {
            0 => Any::Unset,
            1 => Any::Bool(random.bool()),
            2..4 => Any::Int(pick(&INTS, random)),
            4..6 => Any::Double(pick(&DOUBLES, random)),
            6 => Any::Bytes,
            7 => Any::Map,
            8..10 if depth < 3 => {
                let length = random.usize(0..4);
                Any::List(
                    (0..length)
                        .map(|_| Any::random(random, depth + 1))
                        .collect(),
                )
            }
            _ => Any::Text(pick(&TEXTS, random)),
        }
    }

    fn otlp(&self) -> Value {
        match self {
            Any::Unset => json!({}),
            Any::Text(text) => json!({"stringValue": text}),
            Any::Bool(value) => json!({"boolValue": value}),
            Any::Int(value) => json!({"intValue": value.to_string()}),
            Any::Double(value) if value.is_nan() => json!({"doubleValue": "NaN"}),
            Any::Double(value) if value.is_infinite() => json!({"doubleValue": "-Infinity"}),
            Any::Double(value) => json!({"doubleValue": value}),
            Any::Bytes => json!({"bytesValue": "AAE="}),
            Any::List(values) => {
                let values: Vec<Value> = values.iter().map(Any::otlp).collect();
                json!({"arrayValue": {"values": values}})
            }
            Any::Map => {
                json!({"kvlistValue": {"values": [{"key": "m", "value": {"intValue": "1"}}]}})
            }
        }
    }
}

fn pick<T: Copy>(from: &[T], random: &mut fastrand::Rng) -> T {
    from[random.usize(0..from.len())]
}

fn attributes(random: &mut fastrand::Rng, most: usize) -> Attributes {
    let count = random.usize(0..=most);
    (0..count)
        .map(|_| (pick(&NAMES, random), Any::random(random, 0)))
        .collect()
}

impl Record {
    pub(super) fn random(number: usize, random: &mut fastrand::Rng) -> Self {
        let time = match random.u8(0..10) {
            0 => 0,
            1 => u64::MAX,
            2 => random.u64(1..3),
            _ => NOW_NS as u64 - random.u64(0..7_200_000_000_000),
        };
        let mut own = attributes(random, 7);
        own.push(("n", Any::Int(number as i64)));
        Record {
            number: number as i64,
            time,
            observed: pick(&[0, NOW_NS as u64 - 60_000_000_000, u64::MAX], random),
            severity_number: pick(&[0, 0, 1, 5, 9, 9, 13, 17, 21, 25, 30, -1], random),
            severity_text: pick(
                &[
                    "", "", "INFO", "info", "Warning", "warn", "30", "custom", "Fatal",
                ],
                random,
            ),
            body: Any::random(random, 0),
            event_name: pick(&["", "", "login", "x"], random),
            trace: random.bool().then(|| random.u8(1..4)),
            attributes: own,
            scope: (
                pick(&["", "lib", "main"], random),
                pick(&["", "1.0"], random),
                attributes(random, 3),
            ),
            resource: attributes(random, 5),
        }
    }

    /// Where it is placed: by its time, else its observed time, else its arrival.
    pub(super) fn placed(&self) -> i64 {
        let first_known = if self.time == 0 {
            self.observed
        } else {
            self.time
        };
        match i64::try_from(first_known) {
            Ok(0) | Err(_) => NOW_NS,
            Ok(time) => time,
        }
    }

    fn otlp(&self) -> Value {
        let mut record = json!({
            "timeUnixNano": self.time.to_string(), "observedTimeUnixNano": self.observed.to_string(),
            "severityNumber": self.severity_number, "severityText": self.severity_text,
            "eventName": self.event_name, "attributes": key_values(&self.attributes),
        });
        if self.body != Any::Unset {
            record["body"] = self.body.otlp();
        }
        if let Some(trace) = self.trace {
            record["traceId"] = json!(hex(trace, 16));
            record["spanId"] = json!(hex(trace, 8));
        }
        let (name, version, attributes) = &self.scope;
        json!({
            "resource": {"attributes": key_values(&self.resource)},
            "scopeLogs": [{
                "scope": {"name": name, "version": version, "attributes": key_values(attributes)},
                "logRecords": [record]
            }]
        })
    }
}

/// `bytes` times the byte.
pub(super) fn hex(byte: u8, bytes: usize) -> String {
    format!("{byte:02x}").repeat(bytes)
}

fn key_values(attributes: &Attributes) -> Vec<Value> {
    let one = |(key, value): &(&str, Any)| json!({"key": key, "value": value.otlp()});
    attributes.iter().map(one).collect()
}

pub(super) fn request(records: &[Record]) -> Value {
    json!({"resourceLogs": records.iter().map(Record::otlp).collect::<Vec<_>>()})
}
