//! Random records with random bodies, as generated and as batches.

use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::logs::{self, LogRow, LogsBuilder};
use clearspan_storage::Incoming;

use super::{MINUTE, RARE_KEYS, WORDS};
use crate::random::Random;
use crate::records::START;
use crate::store::ARRIVAL_NS;

/// What bodies are made from: `#` is a number, `$` the record's own trace id, `%` its span id.
const FORMS: [&str; 17] = [
    "GET /api/orders/# took # ms",
    "Seat # of train G# is sold, Route ID: #",
    "user=u# logged in from 10.0.0.#",
    "trace $ span % done",
    "connection refused: #.#.#.#:#",
    "Straße # in KÖLN",
    "\u{212a}elvin # degrees",
    "日本語 # ログ",
    "errors: #, error code-#, ERROR",
    "no variable in here",
    "é#é glued#to words",
    "{\"key\": \"#\", \"id\": \"$\"}",
    "a_b a-b a.b # A_B",
    "aa aa aaa aa # aaaa",
    "#",
    "true",
    "Starting job #\nStep # of Deploy is ready",
];

pub(super) struct Log {
    pub(super) time: u64,
    pub(super) body: Body,
    trace: u8,
    /// `often`, which gets a column.
    pub(super) often: Option<i64>,
    /// The number of a key that few records have, which gets none.
    pub(super) rare: Option<u64>,
}

pub(super) enum Body {
    Absent,
    Text(String),
    /// Of one text.
    List(String),
    /// Of one text.
    Map(String),
    Bytes,
    Int(i64),
    Double(f64),
    Bool(bool),
}

impl Body {
    fn random(trace: u8, random: &mut Random) -> Self {
        let text = |random: &mut Random| filled(random.pick(&FORMS), trace, random);
        match random.below(40) {
            0 | 1 => Body::Absent,
            // Text that no other record has: such rows get no template.
            2..8 => Body::Text(unique(random)),
            8 => Body::List(text(random)),
            9 => Body::Map(text(random)),
            10 => match random.below(4) {
                0 => Body::Bytes,
                1 => Body::Int(random.pick(&[3, 42, -7, 1_000, (1 << 53) + 2])),
                2 => Body::Double(random.pick(&[42.0, 1.5, 1e300, f64::NAN, f64::NEG_INFINITY])),
                _ => Body::Bool(random.one_in(2)),
            },
            _ => Body::Text(text(random)),
        }
    }

    /// The text in which words are looked for.
    pub(super) fn searched(&self) -> Option<String> {
        Some(match self {
            Body::Int(value) if value.unsigned_abs() > 1 << 53 => format!("\"{value}\""),
            Body::Double(value) if !value.is_finite() => format!("\"{}\"", self.compared()?),
            Body::Double(value) => format!("{value:?}"),
            _ => self.compared()?,
        })
    }

    /// The text that globs and expressions see.
    pub(super) fn compared(&self) -> Option<String> {
        Some(match self {
            Body::Absent => return None,
            Body::Text(text) => text.clone(),
            Body::List(text) => format!("[{}]", json_string(text)),
            Body::Map(text) => format!("{{\"k\":{}}}", json_string(text)),
            Body::Bytes => "{\"bytes\":\"YWJj\"}".to_owned(),
            Body::Int(value) => value.to_string(),
            Body::Double(value) if value.is_nan() => "NaN".to_owned(),
            Body::Double(value) if *value == f64::NEG_INFINITY => "-Infinity".to_owned(),
            Body::Double(value) => format!("{value:?}"),
            Body::Bool(value) => value.to_string(),
        })
    }

    /// Whether it is this text, as quoted text is compared.
    pub(super) fn is_text(&self, text: &str) -> bool {
        let is_text = !matches!(self, Body::Int(_) | Body::Double(_) | Body::Bool(_));
        is_text && self.compared().is_some_and(|own| own == text)
    }

    /// Whether it is this number, or the text that it was written as.
    pub(super) fn is_number(&self, written: &str, number: f64) -> bool {
        match self {
            Body::Text(text) => text == written,
            Body::Int(value) => *value as f64 == number,
            Body::Double(value) => *value == number,
            _ => false,
        }
    }

    /// Whether it is this boolean, or its text.
    pub(super) fn is_bool(&self, wanted: bool) -> bool {
        match self {
            Body::Text(text) => *text == wanted.to_string(),
            Body::Bool(value) => *value == wanted,
            _ => false,
        }
    }

    fn is_value(&self) -> bool {
        !matches!(self, Body::Absent | Body::Text(_))
    }

    fn encode(&self, value: &mut Vec<u8>) {
        let mut writer = AnyWriter::new(value);
        match self {
            Body::Absent | Body::Text(_) => {}
            Body::List(text) => writer.array(|items| items.string(text)),
            Body::Map(text) => writer.key_values(|entries| entries.key("k").string(text)),
            Body::Bytes => writer.bytes(b"abc"),
            Body::Int(value) => writer.int(*value),
            Body::Double(value) => writer.double(*value),
            Body::Bool(value) => writer.bool(*value),
        }
    }
}

fn hex(byte: u8, length: usize) -> String {
    format!("{byte:02x}").repeat(length)
}

impl Log {
    pub(super) fn random(random: &mut Random) -> Self {
        let trace = random.below(200) as u8 + 1;
        Log {
            time: START + random.below(6 * MINUTE),
            body: Body::random(trace, random),
            trace,
            often: random.one_in(2).then(|| random.below(9) as i64),
            rare: random.one_in(40).then(|| random.below(RARE_KEYS)),
        }
    }

    pub(super) fn is_value(&self) -> bool {
        self.body.is_value()
    }
}

fn json_string(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    let escaped = escaped.replace('\n', "\\n");
    format!("\"{}\"", escaped.replace('\u{2}', "\\u0002"))
}

fn filled(form: &str, trace: u8, random: &mut Random) -> String {
    let mut body = String::new();
    for c in form.chars() {
        match c {
            '#' => {
                let digits = random.below(7) as u32;
                body += &random.below(1 + 10u64.pow(digits)).to_string();
            }
            '$' => body += &hex(trace, 16),
            '%' => body += &hex(trace, 8),
            c => body.push(c),
        }
    }
    body
}

fn unique(random: &mut Random) -> String {
    const LETTERS: [char; 14] = [
        'a', 'B', 'k', '\u{212a}', 'ß', 'é', '日', ' ', ' ', '-', '.', '_', '7', '\u{2}',
    ];
    let length = 3 + random.below(40);
    let mut text: String = (0..length).map(|_| random.pick(&LETTERS)).collect();
    if random.one_in(2) {
        text += random.pick(&WORDS);
    }
    text
}

pub(super) fn batch(rows: &[Log]) -> Incoming {
    let mut builder = LogsBuilder::new(rows.len(), ARRIVAL_NS);
    let resource = ResourceRef {
        present: true,
        ..ResourceRef::default()
    };
    builder.group(&resource, &ScopeRef::default(), Some("cart"));
    for log in rows {
        let mut value = Vec::new();
        log.body.encode(&mut value);
        let body = match &log.body {
            Body::Absent => logs::Body::Absent,
            Body::Text(text) => logs::Body::Text(text),
            _ => logs::Body::Value(&value),
        };
        let mut attributes = Vec::new();
        let mut writer = AnyWriter::new(&mut attributes);
        if let Some(often) = log.often {
            writer.key("often").int(often);
        }
        if let Some(rare) = log.rare {
            writer.key(&format!("rare-{rare}")).string("so");
        }
        let row = LogRow {
            time: log.time,
            observed_time: 0,
            severity_number: 9,
            severity_text: "",
            event_name: "",
            body,
            trace_id: Some([log.trace; 16]),
            span_id: Some([log.trace; 8]),
            flags: 0,
            attributes: KeyValues::new(&attributes),
            dropped_attributes_count: 0,
        };
        builder.push(&row).unwrap();
    }
    Incoming::Logs(builder.finish().unwrap())
}
