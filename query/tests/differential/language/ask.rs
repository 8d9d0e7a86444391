//! Random questions, made from a record, so that they often hold of one.

use clearspan_schema::Signal;

use super::question::{Field, Level, Question, TraceQuestion};
use super::random_records::{any_key, any_text};
use super::records::Record;
use super::tests_of_values::{Tests, expression, recased};
use super::value::Value;
use crate::random::Random;

/// Other names of attributes that records have.
const OTHER_NAMES: [(&str, &str); 8] = [
    ("http.status_code", "http.response.status_code"),
    ("http.response.status_code", "http.status_code"),
    ("db.name", "db.namespace"),
    ("db.namespace", "db.name"),
    ("db.namespace", "db.elasticsearch.cluster.name"),
    ("db.redis.database_index", "db.namespace"),
    ("net.peer.name", "server.address"),
    ("server.address", "http.server_name"),
];

/// Words with more than letters in them, which need no quotes, and some that no record has.
const COMPOUNDS: [&str; 16] = [
    "film-camera.jpg",
    "film-camera",
    "ilm-camera.jpg",
    "user@host",
    "user@hos",
    "12:30:0",
    "error#7",
    "issue#",
    "rror#7",
    "issue#x",
    "don't",
    "don't-",
    "http://x/y",
    "http://x/yy",
    "std::io",
    "/api/orders/",
];

pub(super) struct Asker<'a> {
    pub(super) signal: Signal,
    pub(super) records: &'a [Record],
    pub(super) random: &'a mut Random,
}

impl Asker<'_> {
    pub(super) fn question(&mut self) -> Question {
        let record = self.record();
        self.about(record, 0)
    }

    pub(super) fn trace_question(&mut self) -> TraceQuestion {
        let record = self.record();
        match self.random.below(10) {
            0..5 => TraceQuestion::Plain(self.about(record, 0)),
            _ => self.of_trace(record, 0),
        }
    }

    fn record(&mut self) -> usize {
        self.random.below(self.records.len() as u64) as usize
    }

    /// A record of the same trace, as often as not.
    fn beside(&mut self, record: usize) -> usize {
        let trace = self.records[record].trace_id;
        let of_trace: Vec<usize> = (0..self.records.len())
            .filter(|&other| self.records[other].trace_id == trace)
            .collect();
        match self.random.one_in(6) {
            true => self.record(),
            false => self.random.pick(&of_trace),
        }
    }

    /// With at least one group in it.
    fn of_trace(&mut self, record: usize, depth: u32) -> TraceQuestion {
        match self.random.below(if depth > 1 { 3 } else { 10 }) {
            0 if self.random.one_in(4) => TraceQuestion::Group(None),
            0..3 => TraceQuestion::Group(Some(self.about(record, 1))),
            3 | 4 => TraceQuestion::Not(Box::new(self.of_trace(record, depth + 1))),
            5..8 => TraceQuestion::And(self.trace_parts(record, depth, true)),
            _ => TraceQuestion::Or(self.trace_parts(record, depth, false)),
        }
    }

    /// At most one of them plain, none of the kind that they are parts of: beside each other they would be one.
    fn trace_parts(&mut self, record: usize, depth: u32, both: bool) -> Vec<TraceQuestion> {
        let mut parts = Vec::new();
        if self.random.one_in(3) {
            parts.push(TraceQuestion::Plain(self.about(record, 1)));
        }
        for _ in 0..1 + self.random.below(2) + u64::from(parts.is_empty()) {
            let other = self.beside(record);
            let part = self.of_trace(other, depth + 1);
            parts.push(match part {
                TraceQuestion::And(_) if both => TraceQuestion::Not(Box::new(part)),
                TraceQuestion::Or(_) if !both => TraceQuestion::Not(Box::new(part)),
                part => part,
            });
        }
        let last = parts.len() - 1;
        let to = self.random.below(parts.len() as u64) as usize;
        parts.swap(last, to);
        parts
    }

    fn about(&mut self, record: usize, depth: u32) -> Question {
        let parts = |asker: &mut Self| -> Vec<Question> {
            (0..2 + asker.random.below(2))
                .map(|_| asker.about(record, depth + 1))
                .collect()
        };
        match self.random.below(if depth > 2 { 8 } else { 16 }) {
            0..8 => self.condition(record),
            8..11 => Question::And(parts(self)),
            11 | 12 => {
                let other = self.record();
                Question::Or(vec![
                    self.about(record, depth + 1),
                    self.about(other, depth + 1),
                ])
            }
            13 => self.of_field(record),
            _ => Question::Not(Box::new(self.about(record, depth + 1))),
        }
    }

    /// `field:(...)`.
    fn of_field(&mut self, record: usize) -> Question {
        let (field, value) = self.field(record);
        let one = |asker: &mut Self| {
            let free = !matches!(field, Field::TraceId | Field::SpanId | Field::Duration);
            let value = match free && asker.random.one_in(4) {
                true => Value::Text(any_text(asker.random)),
                false => value.clone(),
            };
            let test = Tests {
                field: &field,
                random: asker.random,
            }
            .of(&value);
            let asked = Question::Field(field.clone(), test);
            match asker.random.one_in(5) {
                true => Question::Not(Box::new(asked)),
                false => asked,
            }
        };
        let (a, b, c) = (one(self), one(self), one(self));
        Question::OfField(Box::new(match self.random.below(4) {
            0 => a,
            1 => Question::And(vec![a, b]),
            2 => Question::Or(vec![a, b, c]),
            _ => Question::Or(vec![a, Question::And(vec![b, c])]),
        }))
    }

    fn condition(&mut self, record: usize) -> Question {
        match self.random.below(24) {
            0..8 => self.words(record),
            8 => Question::Expression(expression(&self.text(record), self.random)),
            9 if self.random.one_in(4) => Question::Everything,
            _ => {
                let (field, value) = self.field(record);
                let test = Tests {
                    field: &field,
                    random: self.random,
                }
                .of(&value);
                Question::Field(field, test)
            }
        }
    }

    /// The text in which words are looked for, or any.
    fn text(&mut self, record: usize) -> String {
        let records = self.records;
        let record = &records[record];
        let text = match (self.signal, &record.body) {
            (Signal::Spans, _) => record.name.clone(),
            (Signal::Logs, Some(Value::Text(text))) => text.clone(),
            (Signal::Logs, body) => body.as_ref().map_or(String::new(), Value::json),
        };
        match text.trim().is_empty() {
            true => "film-camera.jpg of user@host".to_owned(),
            false => text,
        }
    }

    fn words(&mut self, record: usize) -> Question {
        let text = self.text(record);
        if self.random.one_in(6) {
            let picked = recased(self.random.pick(&COMPOUNDS), self.random);
            return Question::Words(picked, self.random.one_in(4), self.random.one_in(4));
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        let word = self.random.pick(&words);
        let letters: Vec<char> = match self.random.below(3) {
            0 => text.chars().take(200).collect(),
            _ => word.chars().take(200).collect(),
        };
        let picked: String = match self.random.below(8) {
            0..3 => letters.iter().collect(),
            3 => {
                let parts: Vec<&str> = word.split(|c: char| !c.is_alphanumeric()).collect();
                self.random.pick(&parts).to_owned()
            }
            _ => {
                let from = self.random.below(letters.len() as u64) as usize;
                let most = self.random.pick(&[2, 5, 12]);
                letters[from..].iter().take(most).collect()
            }
        };
        let picked = match self.random.below(8) {
            0 => format!("{picked}x"),
            1 => format!("y{picked}"),
            _ => picked,
        };
        if picked.is_empty() {
            return Question::Words("camera".to_owned(), false, false);
        }
        let picked = recased(&picked, self.random);
        Question::Words(picked, self.random.one_in(3), self.random.one_in(3))
    }

    /// A field that the record has as often as not, and a value that may be its.
    fn field(&mut self, record: usize) -> (Field, Value) {
        let (field, value) = match self.random.below(32) {
            0..18 => self.attribute(record),
            18 => self.of_scope_itself(record),
            _ => self.known(record),
        };
        let missed = self.random.one_in(4).then(|| self.missed(&field, &value));
        (field, missed.unwrap_or(value))
    }

    /// A value that hardly any record has.
    fn missed(&mut self, field: &Field, value: &Value) -> Value {
        let id = |bytes: usize| Value::Text("fe".repeat(bytes));
        match (field, value) {
            (Field::TraceId, _) => id(16),
            (Field::SpanId, _) => id(8),
            (Field::Kind | Field::Status, Value::Int(_)) => Value::Int(77),
            (Field::Kind | Field::Status, _) => {
                Value::text(self.random.pick(&["nobody", "errors", "serve"]))
            }
            (Field::Duration, _) => Value::Int(i64::MAX - 7),
            (_, Value::Int(value)) => Value::Int(value.wrapping_mul(3).wrapping_add(1)),
            (_, Value::Double(_)) => Value::Double(-3.75e200),
            (_, Value::Text(text)) => Value::Text(format!("~~{text}~")),
            (_, value) => value.clone(),
        }
    }

    /// The scope's own name or version.
    fn of_scope_itself(&mut self, record: usize) -> (Field, Value) {
        let scope = &self.records[record].group;
        let (key, own) = match self.random.one_in(2) {
            true => ("name", &scope.scope_name),
            false => ("version", &scope.scope_version),
        };
        let own = if own.is_empty() { "1.2" } else { own };
        (
            Field::Attribute(Level::Scope, key.to_owned()),
            Value::text(own),
        )
    }

    fn attribute(&mut self, at: usize) -> (Field, Value) {
        let records = self.records;
        let record = &records[at];
        let levels = [
            (Level::Record, &record.attributes),
            (Level::Scope, &record.group.scope),
            (Level::Resource, &record.group.resource),
        ];
        let (own, attributes) = levels[self.random.pick(&[0, 0, 0, 1, 1, 2, 2])];
        let (key, value) = match attributes.is_empty() || self.random.one_in(8) {
            true => (any_key(self.random), Value::Text(any_text(self.random))),
            false => attributes[self.random.below(attributes.len() as u64) as usize].clone(),
        };
        let others: Vec<&str> = OTHER_NAMES
            .iter()
            .filter(|(name, _)| *name == key)
            .map(|(_, other)| *other)
            .collect();
        let key = match others.is_empty() || self.random.one_in(3) {
            true => key,
            false => self.random.pick(&others).to_owned(),
        };
        let level = match self.random.below(8) {
            0..5 if !self.is_known(&key) => Level::Any,
            7 => self
                .random
                .pick(&[Level::Record, Level::Scope, Level::Resource]),
            _ => own,
        };
        (Field::Attribute(level, key), value)
    }

    /// Whether the name stands for something other than attributes.
    fn is_known(&self, name: &str) -> bool {
        let known: &[&str] = match self.signal {
            Signal::Logs => &["severity", "level", "body", "event.name"],
            Signal::Spans => &["name", "kind", "status", "duration", "event.name"],
        };
        known.contains(&name)
    }

    fn known(&mut self, at: usize) -> (Field, Value) {
        let records = self.records;
        let record = &records[at];
        let hex = |bytes: &[u8]| {
            bytes
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
        };
        let any_id = self.random.below(60) as u8 + 1;
        let event = record.events.first().cloned().unwrap_or("cart".to_owned());
        let shared = match self.random.below(8) {
            0 | 1 => Some((
                Field::Service,
                Value::text(record.service().unwrap_or("cart")),
            )),
            2 => Some((
                Field::TraceId,
                Value::Text(hex(&record.trace_id.unwrap_or([any_id; 16]))),
            )),
            3 => Some((
                Field::SpanId,
                Value::Text(hex(&record.span_id.unwrap_or([any_id; 8]))),
            )),
            4 => Some((Field::EventName, Value::Text(event))),
            _ => None,
        };
        if let Some(shared) = shared {
            return shared;
        }
        let named = |code: i32, names: &[&str]| {
            let name = usize::try_from(code).ok().and_then(|code| names.get(code));
            name.map_or(Value::Int(code.into()), |name| Value::text(name))
        };
        let kinds = [
            "unspecified",
            "internal",
            "server",
            "client",
            "producer",
            "consumer",
        ];
        match (self.signal, self.random.below(4)) {
            (Signal::Logs, 0 | 1) => {
                let name = self.random.pick(&["severity", "level"]);
                let bands = ["trace", "debug", "info", "warn", "error", "fatal"];
                let band = named((record.severity_number - 1).div_euclid(4), &bands);
                let text = Value::text(&record.severity_text);
                let number = Value::Int(record.severity_number.into());
                (
                    Field::Severity(name),
                    [band, text, number][self.random.below(3) as usize].clone(),
                )
            }
            (Signal::Logs, _) => (
                Field::Body,
                record.body.clone().unwrap_or(Value::text("camera")),
            ),
            (Signal::Spans, 0) => (Field::Name, Value::text(&record.name)),
            (Signal::Spans, 1) => (Field::Kind, named(record.kind, &kinds)),
            (Signal::Spans, 2) => (
                Field::Status,
                named(record.status.unwrap_or(0), &["unset", "ok", "error"]),
            ),
            (Signal::Spans, _) => (
                Field::Duration,
                Value::Int(record.duration().unwrap_or(200)),
            ),
        }
    }
}
