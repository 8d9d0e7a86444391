//! Random records of both signals: what well-behaved systems send, and everything that the schema can hold.

use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::ids::hex;
use clearspan_schema::logs::{Body, LogRow, LogsBuilder};
use clearspan_schema::nested::{EventRef, LinkRef};
use clearspan_schema::spans::{SpanRow, SpansBuilder};
use clearspan_schema::{LogsBatch, SpansBatch};

use super::Mood;
use super::random::Random;
use super::values::{Group, attributes, value};

/// Records lie within so many nanoseconds after `around_ns`.
const SPREAD_NS: u64 = 200_000_000_000;

/// Where records lie in time, and how odd they are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stage {
    pub(super) mood: Mood,
    pub(super) rows: usize,
    /// When they arrive, and the earliest of their own times.
    pub(super) around_ns: u64,
}

impl Stage {
    fn wild(self) -> bool {
        self.mood == Mood::Wild
    }

    fn time(self, random: &mut Random) -> u64 {
        self.around_ns + random.below(SPREAD_NS)
    }

    /// A time that does not place its record: any at all.
    fn other_time(self, random: &mut Random) -> u64 {
        match random.below(6) {
            0 => 0,
            1 => u64::MAX - random.below(3),
            2 => random.next() >> 1,
            _ => self.time(random),
        }
    }

    fn count(self, random: &mut Random) -> u32 {
        u32::from(self.wild() && random.one_in(5))
    }
}

pub(super) fn logs(random: &mut Random, stage: Stage) -> LogsBatch {
    let mut builder = LogsBuilder::new(stage.rows, stage.around_ns as i64);
    for _ in 0..stage.rows {
        let group = Group::random(random, stage.mood);
        builder.group(&group.resource(), &group.scope(), group.service());
        push_log(random, stage, &mut builder);
    }
    builder.finish().unwrap()
}

fn push_log(random: &mut Random, stage: Stage, builder: &mut LogsBuilder) {
    let trace = [1 + random.below(9) as u8; 16];
    let span = (random.next() | 1).to_be_bytes();
    let text = text(random, stage, trace, span);
    let mut encoded = Vec::new();
    value(random, &mut AnyWriter::new(&mut encoded));
    let attributes = attributes(random, stage.mood);
    let (time, observed_time) = log_times(random, stage);
    let has_id = |random: &mut Random| !stage.wild() || !random.one_in(3);
    let row = LogRow {
        time,
        observed_time,
        severity_number: random.below(3) as i32 * 4 + 1,
        severity_text: random.pick(&["INFO", "WARN", ""]),
        event_name: if stage.wild() {
            random.pick(&["", "started"])
        } else {
            ""
        },
        body: match &text {
            Some(text) => Body::Text(text),
            None if random.one_in(2) => Body::Value(&encoded),
            None => Body::Absent,
        },
        trace_id: has_id(random).then_some(trace),
        span_id: has_id(random).then_some(span),
        flags: stage.count(random),
        attributes: KeyValues::new(&attributes),
        dropped_attributes_count: stage.count(random),
    };
    builder.push(&row).unwrap();
}

/// A log's time and observed time. One of them that is known and can be held places the log, and lies near.
fn log_times(random: &mut Random, stage: Stage) -> (u64, u64) {
    let time = stage.time(random);
    if !stage.wild() {
        return (time, time);
    }
    match random.below(6) {
        0 => (0, stage.time(random)),
        1 => (0, [0, u64::MAX][random.below(2) as usize]),
        2 => (u64::MAX - random.below(3), stage.other_time(random)),
        3 => (time, time),
        _ => (time, stage.other_time(random)),
    }
}

fn text(random: &mut Random, stage: Stage, trace: [u8; 16], span: [u8; 8]) -> Option<String> {
    let number = random.below(90);
    // Templates have to come back often enough to be kept.
    let odd = stage.wild() && random.one_in(2);
    Some(match random.below(if odd { 12 } else { 4 }) {
        0 => format!("order {number} of user u{} paid", random.below(77)),
        1 => format!("[{},{}] GET /api/v{number}", hex(&trace), hex(&span)),
        2 => "started".to_owned(),
        3 => format!("заказ {number} готов 🎉 за {} ms", random.next()),
        4 => format!("{} alone with {number}", "w".repeat(number as usize)),
        5 => format!("reserved \u{1} {number} \u{2}\u{3}"),
        6 => format!("{} in other letters", hex(&trace).to_uppercase()),
        7 => format!("of {} and no reference to {}", hex(&[9; 16]), hex(&[9; 8])),
        8 => "x1 ".repeat(number as usize),
        9 => String::new(),
        10 => format!("\"quoted\", \\ and\nlines, {number}"),
        _ => return None,
    })
}

pub(super) fn spans(random: &mut Random, stage: Stage) -> SpansBatch {
    let mut builder = SpansBuilder::new(stage.rows, stage.around_ns as i64);
    let (mut trace, mut earlier) = ([0; 16], vec![]);
    for at in 0..stage.rows {
        if at == 0 || random.one_in(8) {
            // Few traces, so that most come back in a later stage.
            trace = [1 + random.below(12) as u8; 16];
            earlier = vec![random.next().to_be_bytes()];
        }
        let group = Group::random(random, stage.mood);
        builder.group(&group.resource(), &group.scope(), group.service());
        let span = match stage.wild() && random.one_in(12) {
            true => [7; 8],
            false => (random.next() | 1).to_be_bytes(),
        };
        push_span(random, stage, &mut builder, (trace, span), &earlier);
        earlier.push(span);
    }
    builder.finish().unwrap()
}

fn push_span(
    random: &mut Random,
    stage: Stage,
    builder: &mut SpansBuilder,
    (trace_id, span_id): ([u8; 16], [u8; 8]),
    earlier: &[[u8; 8]],
) {
    let attributes = attributes(random, stage.mood);
    if stage.wild() && random.one_in(3) {
        push_nested(random, stage, builder, &attributes);
    }
    let (start_time, end_time) = span_times(random, stage);
    let row = SpanRow {
        trace_id,
        span_id,
        // The first of `earlier` is of no span.
        parent_span_id: earlier.get(random.below(10) as usize).copied(),
        trace_state: if stage.wild() {
            random.pick(&["", "a=b"])
        } else {
            ""
        },
        flags: stage.count(random),
        name: random.pick(&["GET /", "SELECT", "pay"]),
        kind: random.below(5) as i32,
        start_time,
        end_time,
        status: match random.below(if stage.wild() { 4 } else { 2 }) {
            0 => None,
            1 => Some((0, "")),
            2 => Some((2, "broken")),
            _ => Some((99, "zerbrochen ü")),
        },
        attributes: KeyValues::new(&attributes),
        dropped_attributes_count: stage.count(random),
        dropped_events_count: stage.count(random),
        dropped_links_count: stage.count(random),
    };
    builder.push(&row).unwrap();
}

fn span_times(random: &mut Random, stage: Stage) -> (u64, u64) {
    let start = stage.time(random);
    match random.below(if stage.wild() { 6 } else { 1 }) {
        0 | 1 => (start, start + random.below(1_000_000)),
        2 => (start, start - random.below(1_000_000)),
        3 => (start, stage.other_time(random)),
        4 => (0, stage.other_time(random)),
        _ => (u64::MAX - random.below(3), stage.other_time(random)),
    }
}

fn push_nested(random: &mut Random, stage: Stage, builder: &mut SpansBuilder, attributes: &[u8]) {
    for _ in 0..=random.below(2) {
        builder.event(&EventRef {
            time: stage.other_time(random),
            name: random.pick(&["exception", ""]),
            attributes: KeyValues::new(attributes),
            dropped_attributes_count: 1,
        });
    }
    let link = LinkRef {
        trace_id: [3; 16],
        span_id: (random.next() | 1).to_be_bytes(),
        trace_state: random.pick(&["", "c=d"]),
        attributes: KeyValues::new(&[]),
        dropped_attributes_count: 0,
        flags: 1,
    };
    builder.link(&link).unwrap();
}
