//! Random logs whose bodies have patterns, or none.

use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::logs::{self, LogRow, LogsBuilder};
use clearspan_storage::Incoming;

use crate::random::Random;
use crate::records::{HOUR, START};
use crate::store::ARRIVAL_NS;

/// Times are few, so that many rows have the same.
const STEP: u64 = HOUR / 40;

const SHAPES: [&str; 8] = [
    "GET /shop/#? took # ms",
    "user-# logged in from 10.0.#.#",
    "code:# for trace T and span S",
    "cache miss",
    "straße # <*> ::#",
    "日本# a-b/c:# x",
    "retry #\nnext line #",
    "T",
];
const SERVICES: [&str; 7] = ["cart", "pay", "web", "mail", "shop", "", "ad"];
const TEXTS: [&str; 4] = ["", "Warning", "loud", "INFO"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
    Absent,
    Text(String),
    Int(i64),
    /// A map with this text and number.
    Map(String, i64),
}

#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) body: Body,
    pub(super) time: u64,
    pub(super) severity: i32,
    pub(super) severity_text: &'static str,
    pub(super) service: Option<&'static str>,
    pub(super) trace: Option<[u8; 16]>,
    pub(super) span: Option<[u8; 8]>,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Letters alone, another for each number.
fn letters(mut number: u64) -> String {
    let mut text = String::new();
    loop {
        text.push(char::from(b'a' + (number % 26) as u8));
        number /= 26;
        if number == 0 {
            return text;
        }
    }
}

impl Line {
    pub(super) fn random(number: u64, random: &mut Random) -> Self {
        let trace = random.one_in(2).then(|| [random.below(250) as u8 + 1; 16]);
        let span = random.one_in(2).then(|| [random.below(250) as u8 + 1; 8]);
        let mut line = Line {
            body: Body::Absent,
            time: START + random.below(200) * STEP,
            severity: random.pick(&[0, 0, 1, 9, 13, 17, 21, 99]),
            severity_text: random.pick(&TEXTS),
            service: (!random.one_in(6)).then(|| random.pick(&SERVICES)),
            trace,
            span,
        };
        line.body = match random.below(24) {
            0 => Body::Absent,
            1 => Body::Text(String::new()),
            2 => Body::Text(format!("reserved \u{2} {number}")),
            3 => Body::Int(number as i64),
            4 | 5 => Body::Map(random.pick(&["up", "down"]).to_owned(), number as i64),
            // Too rare for a segment to keep.
            6 | 7 => Body::Text(format!("odd {} of {number}", letters(random.below(300)))),
            8 => Body::Text(format!("only here {}", letters(number))),
            _ => Body::Text(line.shaped(random)),
        };
        line
    }

    fn shaped(&self, random: &mut Random) -> String {
        let mut text = String::new();
        for character in random.pick(&SHAPES).chars() {
            match character {
                '#' => text.push_str(&random.below(30).to_string()),
                'T' => text.push_str(&hex(&self.trace.unwrap_or([7; 16]))),
                'S' => text.push_str(&hex(&self.span.unwrap_or([9; 8]))),
                other => text.push(other),
            }
        }
        text
    }

    /// A line of nothing but a body.
    pub(super) fn of(text: String, nth: u64) -> Self {
        Line {
            body: Body::Text(text),
            time: START + nth,
            severity: 9,
            severity_text: "",
            service: None,
            trace: None,
            span: None,
        }
    }

    /// What its body is searched in.
    pub(super) fn text(&self) -> Option<String> {
        match &self.body {
            Body::Absent => None,
            Body::Text(text) => Some(text.clone()),
            Body::Int(number) => Some(number.to_string()),
            Body::Map(say, number) => Some(format!(r#"{{"say":"{say}","n":{number}}}"#)),
        }
    }

    /// The name of its severity.
    pub(super) fn severity_name(&self) -> &'static str {
        let names = ["trace", "debug", "info", "warn", "error", "fatal"];
        match (self.severity, self.severity_text) {
            (number @ 1..=24, _) => names[(number as usize - 1) / 4],
            (_, "Warning") => "warn",
            (_, "INFO") => "info",
            _ => "unset",
        }
    }
}

/// Every body another pattern, in letters.
pub(super) fn without_shape(count: u64) -> Vec<Line> {
    let of = |nth: u64| Line::of(format!("no {} shape", letters(nth)), nth);
    (0..count).map(of).collect()
}

pub(super) fn batch(lines: &[Line]) -> Incoming {
    let mut builder = LogsBuilder::new(lines.len(), ARRIVAL_NS);
    for line in lines {
        let mut resource = Vec::new();
        if let Some(service) = line.service {
            AnyWriter::new(&mut resource)
                .key("service.name")
                .string(service);
        }
        let resource = ResourceRef {
            present: true,
            attributes: KeyValues::new(&resource),
            ..ResourceRef::default()
        };
        builder.group(&resource, &ScopeRef::default(), line.service);
        let mut encoded = Vec::new();
        let mut writer = AnyWriter::new(&mut encoded);
        let body = match &line.body {
            Body::Absent => logs::Body::Absent,
            Body::Text(text) => logs::Body::Text(text),
            Body::Int(number) => {
                writer.int(*number);
                logs::Body::Value(&encoded)
            }
            Body::Map(say, number) => {
                writer.key_values(|entries| {
                    entries.key("say").string(say);
                    entries.key("n").int(*number);
                });
                logs::Body::Value(&encoded)
            }
        };
        let row = LogRow {
            time: line.time,
            observed_time: 0,
            severity_number: line.severity,
            severity_text: line.severity_text,
            event_name: "",
            body,
            trace_id: line.trace,
            span_id: line.span,
            flags: 0,
            attributes: KeyValues::new(&[]),
            dropped_attributes_count: 0,
        };
        builder.push(&row).unwrap();
    }
    Incoming::Logs(builder.finish().unwrap())
}
