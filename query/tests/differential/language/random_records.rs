//! Random records: values of every kind, in attributes of every level, and bodies with and without a template.

use std::rc::Rc;

use clearspan_schema::Signal;

use super::pools::{DOUBLES, FORMS, INTS, KEYS, TEXTS};
use super::records::{Group, Record};
use super::value::{Attributes, Value};
use super::{FREQUENT_KEYS, MINUTE};
use crate::random::Random;
use crate::records::START;

/// Too long for a column of its own.
const LONG: usize = 66_000;

pub(super) fn any_text(random: &mut Random) -> String {
    random.pick(&TEXTS).to_owned()
}

pub(super) fn any_key(random: &mut Random) -> String {
    match random.one_in(4) {
        true => random.pick(&FREQUENT_KEYS).to_owned(),
        false => random.pick(&KEYS).to_owned(),
    }
}

fn any_value(random: &mut Random, depth: u32) -> Value {
    match random.below(if depth > 2 { 16 } else { 20 }) {
        0 if random.one_in(8) => Value::Text("long ".repeat(LONG / 5) + random.pick(&TEXTS)),
        0..7 => Value::Text(any_text(random)),
        7..10 => Value::Int(random.pick(&INTS)),
        10..12 => Value::Double(random.pick(&DOUBLES)),
        12..14 => Value::Bool(random.one_in(2)),
        14 => Value::Bytes(
            (0..random.below(4))
                .map(|_| random.below(256) as u8)
                .collect(),
        ),
        15 => Value::Unset,
        16..18 => Value::List(
            (0..random.below(4))
                .map(|_| any_value(random, depth + 1))
                .collect(),
        ),
        _ => {
            let mut entry = || {
                let key = random.pick(&["k", "l", "k \"q\""]).to_owned();
                (key, any_value(random, depth + 1))
            };
            Value::Map((0..2).map(|_| entry()).collect())
        }
    }
}

fn attributes(random: &mut Random, most: u64) -> Attributes {
    (0..random.below(most))
        .map(|_| (random.pick(&KEYS).to_owned(), any_value(random, 0)))
        .collect()
}

/// Attributes that get a column of their own, in most records of one type.
fn frequent(random: &mut Random, attributes: &mut Attributes) {
    for key in FREQUENT_KEYS {
        if random.one_in(3) {
            continue;
        }
        let usual = match key {
            "int" => Value::Int(random.below(9) as i64),
            "text" => Value::Text(
                random
                    .pick(&["cart", "Cart", "200", "straße", "x y"])
                    .to_owned(),
            ),
            "double" => Value::Double(random.pick(&[0.5, 1.5, 200.0, -2.25])),
            _ => Value::Bool(random.one_in(2)),
        };
        let value = if random.one_in(12) {
            any_value(random, 0)
        } else {
            usual
        };
        attributes.push((key.to_owned(), value));
        if random.one_in(30) {
            attributes.push((key.to_owned(), any_value(random, 0)));
        }
    }
}

fn group(random: &mut Random) -> Rc<Group> {
    let mut resource = attributes(random, 4);
    for _ in 0..random.below(3) {
        let service = match random.below(8) {
            0 => Value::Int(200),
            1 => Value::text("200"),
            2 => Value::text(""),
            3 => Value::text("straße"),
            _ => Value::text(random.pick(&["cart", "Cart", "pay", "true"])),
        };
        resource.push(("service.name".to_owned(), service));
    }
    Rc::new(Group {
        resource,
        scope: attributes(random, 4),
        scope_name: random.pick(&["", "cart", "io.lib", "200"]).to_owned(),
        scope_version: random.pick(&["", "1.2", "1.10.0"]).to_owned(),
    })
}

fn filled(form: &str, id: u8, random: &mut Random) -> String {
    let mut text = String::new();
    for c in form.chars() {
        match c {
            '~' => {
                let digits = random.below(5) as u32;
                text += &random.below(1 + 10u64.pow(digits)).to_string();
            }
            '$' => text += &format!("{id:02x}").repeat(16),
            '%' => text += &format!("{id:02x}").repeat(8),
            c => text.push(c),
        }
    }
    text
}

fn line(id: u8, random: &mut Random) -> String {
    const LETTERS: [char; 20] = [
        'a',
        'B',
        'k',
        '\u{212a}',
        'ß',
        'é',
        '日',
        ' ',
        ' ',
        '-',
        '.',
        '_',
        '7',
        '\u{2}',
        'ς',
        'Σ',
        '\u{301}',
        'µ',
        '²',
        '\u{10428}',
    ];
    match random.below(8) {
        0 => {
            let length = random.pick(&[3, 10, 30, 30, 400]);
            (0..length).map(|_| random.pick(&LETTERS)).collect()
        }
        1 => format!("{} {}", any_text(random), any_text(random)),
        2 if random.one_in(4) => format!("{}{} z", "abc7".repeat(80), any_text(random)),
        2 => any_text(random),
        _ => filled(random.pick(&FORMS), id, random),
    }
}

fn log_time(random: &mut Random) -> u64 {
    match random.below(40) {
        0..3 => 0,
        3 => 1,
        4 => u64::MAX,
        5 => i64::MAX as u64,
        6..12 => START + random.below(6) * MINUTE,
        _ => START + random.below(6 * MINUTE),
    }
}

fn span_times(random: &mut Random) -> (u64, u64) {
    let start = match random.below(40) {
        0 | 1 => 0,
        2 => 1,
        3 => u64::MAX,
        4..10 => START + random.below(6) * MINUTE,
        _ => START + random.below(6 * MINUTE),
    };
    let end = match random.below(16) {
        0 => 0,
        1 => u64::MAX,
        2 => start.saturating_sub(random.below(1_000)),
        3..6 => start.saturating_add(random.pick(&[0, 1, 200, 1_000, 5_000_000, 1_500_000_000])),
        _ => start.saturating_add(random.below(10_000_000)),
    };
    (start, end)
}

/// The records from number `first` on, in a few groups.
pub(super) fn records(
    signal: Signal,
    first: usize,
    count: usize,
    random: &mut Random,
) -> Vec<Record> {
    let groups: Vec<Rc<Group>> = (0..8).map(|_| group(random)).collect();
    let mut records = Vec::with_capacity(count);
    let mut trace = 0;
    for number in first..first + count {
        let id = random.below(60) as u8 + 1;
        if random.one_in(2) || trace == 0 {
            trace = number + 1;
        }
        let group = Rc::clone(&groups[random.below(8) as usize]);
        records.push(match signal {
            Signal::Logs => log(number, id, group, random),
            Signal::Spans => {
                // Now and then a span of a trace that began long before.
                let of = if random.one_in(10) {
                    1 + random.below(number as u64 + 1) as usize
                } else {
                    trace
                };
                span(number, of, group, random)
            }
        });
    }
    records
}

fn record(number: usize, group: Rc<Group>, random: &mut Random) -> Record {
    let mut own = attributes(random, 6);
    frequent(random, &mut own);
    own.insert(
        random.below(own.len() as u64 + 1) as usize,
        ("n".to_owned(), Value::Int(number as i64)),
    );
    Record {
        number,
        group,
        attributes: own,
        body: None,
        name: String::new(),
        severity_number: 0,
        severity_text: String::new(),
        events: Vec::new(),
        kind: 0,
        status: None,
        time: 0,
        other_time: 0,
        trace_id: None,
        span_id: None,
    }
}

fn log(number: usize, id: u8, group: Rc<Group>, random: &mut Random) -> Record {
    let body = match random.below(16) {
        0 => None,
        1..4 => Some(any_value(random, 0)),
        _ => Some(Value::Text(line(id, random))),
    };
    Record {
        body,
        severity_number: random.pick(&[0, 0, 1, 4, 5, 9, 12, 13, 16, 17, 17, 20, 21, 24, 25, -1]),
        severity_text: random
            .pick(&["", "", "info", "WARN", "Error", "fatal", "17", "loud"])
            .to_owned(),
        events: match random.one_in(4) {
            true => vec![random.pick(&["cart", "exception", "a b", "200"]).to_owned()],
            false => Vec::new(),
        },
        time: log_time(random),
        other_time: if random.one_in(2) {
            0
        } else {
            START + random.below(6 * MINUTE)
        },
        trace_id: (!random.one_in(3)).then_some([id; 16]),
        span_id: (!random.one_in(3)).then_some([id; 8]),
        ..record(number, group, random)
    }
}

fn span(number: usize, trace: usize, group: Rc<Group>, random: &mut Random) -> Record {
    let (time, other_time) = span_times(random);
    let mut trace_id = [0xab; 16];
    trace_id[..8].copy_from_slice(&(trace as u64).to_be_bytes());
    let mut span_id = [0xcd; 8];
    span_id[..4].copy_from_slice(&(number as u32).to_be_bytes());
    let events = random.below(6).saturating_sub(3);
    Record {
        name: line(trace as u8, random),
        events: (0..events)
            .map(|_| {
                random
                    .pick(&["cart", "exception", "a b", "200", ""])
                    .to_owned()
            })
            .collect(),
        kind: random.pick(&[0, 1, 2, 2, 3, 4, 5, 6, 7]),
        status: random.pick(&[None, Some(0), Some(1), Some(2), Some(2), Some(3)]),
        time,
        other_time,
        trace_id: Some(trace_id),
        span_id: Some(span_id),
        ..record(number, group, random)
    }
}
