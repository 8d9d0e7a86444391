//! Random rows of both signals, from a seed.

use arrow::array::RecordBatch;
use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::concat::with_seq;
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::ids::hex;
use clearspan_schema::logs::{self, Body, LogRow, LogsBuilder};
use clearspan_schema::nested::{EventRef, LinkRef};
use clearspan_schema::spans::{self, SpanRow, SpansBuilder};

use crate::testing::ARRIVAL_NS;

/// Numbers from a seed (splitmix64).
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(super) fn one_in(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len() as u64) as usize]
    }
}

/// How wild the rows are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mood {
    /// As from a well-behaved system: most columns are blank.
    Calm,
    /// Everything that the schema can hold.
    Wild,
}

impl Mood {
    pub(super) fn wild(self) -> bool {
        matches!(self, Mood::Wild)
    }
}

const KEYS: &[&str] = &[
    "http.route",
    "http.response.status_code",
    "retries",
    "user.name",
    "a,b",
    "",
    "*2",
    "x:int",
    "ключ",
    "http.route\u{1}",
];

/// Encoded attributes.
pub(super) fn attributes(random: &mut Random, mood: Mood) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = AnyWriter::new(&mut out);
    writer
        .key("http.route")
        .string(random.pick(&["/a", "/b", "/c/{id}"]));
    writer.key("code").int(200 + random.below(4) as i64 * 100);
    if !mood.wild() {
        writer.key("load").double(random.below(1000) as f64 / 7.0);
        writer.key("id").string(&format!("{:x}", random.next()));
        return out;
    }
    for _ in 0..random.below(6) {
        let key = match random.one_in(5) {
            true => format!("key {}", random.below(1000)),
            false => random.pick(KEYS).to_owned(),
        };
        let writer = writer.key(&key);
        match random.below(12) {
            0 => writer.empty(),
            1 | 2 => writer.string(random.pick(&["", "x", "é\u{1}", "long text of many words"])),
            3 => writer.bool(random.one_in(2)),
            4 | 5 => writer.int(random.next() as i64 >> random.below(64)),
            6 => writer.double(f64::from_bits(random.next())),
            7 => writer.double([0.0, -0.0, f64::NAN, 1.5][random.below(4) as usize]),
            8 => writer.bytes(&random.next().to_le_bytes()),
            9 => writer.array(|to| {
                to.int(1);
                to.string("two");
            }),
            10 => writer.key_values(|to| to.key("inner").bool(true)),
            _ => writer.string(&"z".repeat(random.below(70_000) as usize / 100)),
        }
    }
    if random.one_in(40) {
        out.extend_from_slice(random.pick(&[
            &[1, b'k', 4, 0x80, 0][..],
            &[1, b'k', 99],
            &[200],
            &[4, b'c', b'o', b'd', b'e', 4, 0x82, 0],
        ]));
    }
    out
}

fn time(random: &mut Random, mood: Mood, around: u64) -> u64 {
    match random.below(if mood.wild() { 8 } else { 200 }) {
        0 => 0,
        1 if mood.wild() => random.next(),
        2 if mood.wild() => u64::MAX - random.below(3),
        _ => around + random.below(300_000_000_000),
    }
}

fn group<'a>(random: &mut Random, attributes: &'a mut Vec<u8>) -> (ResourceRef<'a>, &'static str) {
    let service = random.pick(&["cart", "pay"]);
    attributes.clear();
    AnyWriter::new(attributes)
        .key("service.name")
        .string(service);
    let resource = ResourceRef {
        present: true,
        attributes: KeyValues::new(attributes),
        ..ResourceRef::default()
    };
    (resource, service)
}

fn body(random: &mut Random, mood: Mood, trace: [u8; 16], span: [u8; 8]) -> Option<String> {
    Some(match random.below(if mood.wild() { 9 } else { 4 }) {
        0 => format!(
            "order {} of user u{} paid",
            random.below(90),
            random.next() % 77
        ),
        1 => format!(
            "[{},{}] GET /api/v{}",
            hex(&trace),
            hex(&span),
            random.below(3)
        ),
        2 => "started".to_owned(),
        3 => format!("took {} ms", random.next()),
        4 => format!("{} alone", "w".repeat(random.below(500) as usize)),
        5 => format!("reserved \u{1} {}", random.below(9)),
        6 => String::new(),
        7 => "x1 ".repeat(random.below(40_000) as usize / 16),
        _ => return None,
    })
}

/// Stored rows of logs.
pub(super) fn logs_of(random: &mut Random, mood: Mood, rows: usize) -> RecordBatch {
    let mut builder = LogsBuilder::new(rows, ARRIVAL_NS);
    let mut scratch = Vec::new();
    for _ in 0..rows {
        let (resource, service) = group(random, &mut scratch);
        let service = (!mood.wild() || random.one_in(2)).then_some(service);
        builder.group(&resource, &ScopeRef::default(), service);
        let (trace, span) = (
            [1 + random.below(9) as u8; 16],
            [1 + random.below(9) as u8; 8],
        );
        let text = body(random, mood, trace, span);
        let attributes = attributes(random, mood);
        let some = |random: &mut Random| !mood.wild() || !random.one_in(4);
        let mut value = Vec::new();
        AnyWriter::new(&mut value).int(random.below(5) as i64);
        let own = time(random, mood, ARRIVAL_NS as u64);
        let row = LogRow {
            time: own,
            observed_time: match mood.wild() && !random.one_in(3) {
                true => time(random, mood, ARRIVAL_NS as u64),
                false if own == 0 => ARRIVAL_NS as u64,
                false => own,
            },
            severity_number: random.below(3) as i32 * 4 + 1,
            severity_text: random.pick(&["INFO", "WARN", ""]),
            event_name: if mood.wild() {
                random.pick(&["", "e"])
            } else {
                ""
            },
            body: match &text {
                Some(text) => Body::Text(text),
                None if random.one_in(2) => Body::Value(&value),
                None => Body::Absent,
            },
            trace_id: some(random).then_some(trace),
            span_id: some(random).then_some(span),
            flags: if mood.wild() {
                random.below(2) as u32
            } else {
                0
            },
            attributes: KeyValues::new(&attributes),
            dropped_attributes_count: u32::from(mood.wild() && random.one_in(9)),
        };
        builder.push(&row).unwrap();
    }
    let seq = random.below(1 << 40);
    with_seq(
        &logs::stored_schema(),
        builder.finish().unwrap().inner(),
        seq,
    )
    .unwrap()
}

/// Stored rows of spans.
pub(super) fn spans_of(random: &mut Random, mood: Mood, rows: usize) -> RecordBatch {
    let mut builder = SpansBuilder::new(rows, ARRIVAL_NS);
    let (mut scratch, mut trace, mut earlier) = (Vec::new(), [1; 16], Vec::new());
    for _ in 0..rows {
        if random.one_in(10) {
            trace[0] = random.below(200) as u8 + 1;
            earlier.clear();
        }
        let span = match mood.wild() && random.one_in(10) {
            true => [7; 8],
            false => random.next().to_le_bytes(),
        };
        let (resource, service) = group(random, &mut scratch);
        builder.group(&resource, &ScopeRef::default(), Some(service));
        let attributes = attributes(random, mood);
        if mood.wild() && random.one_in(3) {
            push_nested(random, &mut builder, &attributes);
        }
        let start = match mood {
            Mood::Calm => ARRIVAL_NS as u64 + random.below(300_000_000_000),
            Mood::Wild => time(random, mood, ARRIVAL_NS as u64),
        };
        let parent = match random.below(8) {
            0 => None,
            1 => Some(random.next().to_le_bytes()),
            _ => earlier.get(random.below(20) as usize).copied(),
        };
        let count = |random: &mut Random| u32::from(mood.wild() && random.one_in(5));
        let row = SpanRow {
            trace_id: trace,
            span_id: span,
            parent_span_id: parent,
            trace_state: if mood.wild() {
                random.pick(&["", "a=b"])
            } else {
                ""
            },
            flags: count(random),
            name: random.pick(&["GET /", "SELECT", "pay"]),
            kind: random.below(5) as i32,
            start_time: start,
            end_time: match mood.wild() && random.one_in(3) {
                true => time(random, mood, ARRIVAL_NS as u64),
                false => start.saturating_add(random.below(1_000_000)),
            },
            status: match random.one_in(3) && mood.wild() {
                true => Some((2, "broken")),
                false => Some((0, "")).filter(|_| !random.one_in(3)),
            },
            attributes: KeyValues::new(&attributes),
            dropped_attributes_count: count(random),
            dropped_events_count: count(random),
            dropped_links_count: count(random),
        };
        builder.push(&row).unwrap();
        earlier.push(span);
    }
    let seq = random.below(1 << 40);
    with_seq(
        &spans::stored_schema(),
        builder.finish().unwrap().inner(),
        seq,
    )
    .unwrap()
}

fn push_nested(random: &mut Random, builder: &mut SpansBuilder, attributes: &[u8]) {
    builder.event(&EventRef {
        time: random.next(),
        name: "exception",
        attributes: KeyValues::new(attributes),
        dropped_attributes_count: 1,
    });
    let link = LinkRef {
        trace_id: [3; 16],
        span_id: random.next().max(1).to_le_bytes(),
        trace_state: "",
        attributes: KeyValues::new(&[]),
        dropped_attributes_count: 0,
        flags: 1,
    };
    builder.link(&link).unwrap();
}
