//! Logs from a seed: sixty forms of bodies, some far commoner than others, with numbers, names and ids in them, and a few bodies without
//! form.

use clearspan_schema::LogsBatch;
use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::ids::push_hex;
use clearspan_schema::logs::{Body, LogRow, LogsBuilder};
use fastrand::Rng;

use crate::store::HOUR_NS;

/// Logs that are made.
pub(crate) const ROWS: usize = 200_000;
/// Rows of one append: what a busy Collector sends.
const BATCH_ROWS: usize = 5_000;
const SEED: u64 = 5;
const FORMS: usize = 60;
/// The records' times are spread over so much of their hour.
const SPREAD_NS: u64 = 3_500_000_000_000;
/// Rows that follow each other from one service.
const RUN_ROWS: usize = 16;
/// One in so many bodies has no form.
const SHAPELESS_ONE_IN: usize = 30;

pub(crate) const SERVICES: [&str; 12] = [
    "frontend",
    "checkout",
    "cart",
    "catalogue",
    "currency",
    "payment",
    "shipping",
    "mail",
    "orders",
    "route",
    "seat",
    "travel",
];

const WORDS: &str = "accepted account after again all already at balance batch before began body bytes cache called cancelled cannot \
    change client closed commit connection consumer contact cost could customer database date deadline delivered departed done each empty \
    entry expected expired failed fetched file find finished for found from gateway given got has header held in input inventory is item job \
    joined key last left list loaded lock login lost made map message method missing new next no not notified of offset on opened order out \
    page partition path pending place plan price produced query queue read ready received refused released request reserved response retry \
    returned route row saved scheduled schema seat sent session skipped started station stock stopped stored table task taken ticket time to \
    token topic train trip try update user valid value waited was wrote";

/// What a body is made of.
#[derive(Debug, Clone, Copy)]
enum Piece {
    Word(&'static str),
    Number(u32),
    Millis,
    Name,
    Address,
    TraceId,
    SpanId,
    Uuid,
}

/// All logs, in order of time but for a second or so, in batches.
pub(crate) fn batches() -> Vec<LogsBatch> {
    let mut random = Rng::with_seed(SEED);
    let forms = forms(&mut random);
    let starts = (0..ROWS).step_by(BATCH_ROWS);
    starts
        .map(|start| batch(&mut random, &forms, start))
        .collect()
}

fn words() -> Vec<&'static str> {
    WORDS.split_whitespace().collect()
}

fn forms(random: &mut Rng) -> Vec<Vec<Piece>> {
    let words = words();
    (0..FORMS)
        .map(|form| a_form(random, &words, form))
        .collect()
}

fn a_form(random: &mut Rng, words: &[&'static str], form: usize) -> Vec<Piece> {
    let mut pieces = Vec::new();
    // As many loggers have it configured.
    if form.is_multiple_of(3) {
        pieces.extend([Piece::TraceId, Piece::SpanId]);
    }
    for _ in 0..random.usize(3..18) {
        pieces.push(match random.usize(..14) {
            0 | 1 => Piece::Number(10_u32.pow(random.u32(1..7))),
            2 => Piece::Millis,
            3 => [Piece::Name, Piece::Address, Piece::Uuid][random.usize(..3)],
            _ => Piece::Word(words[random.usize(..words.len())]),
        });
    }
    // Among the rarer forms, so that either is in a percent or two of the rows.
    match form {
        40 => pieces.insert(0, Piece::Word("error")),
        41 => pieces.extend([
            Piece::Word("Route"),
            Piece::Word("ID"),
            Piece::Number(1_000),
        ]),
        _ => {}
    }
    pieces
}

fn batch(random: &mut Rng, forms: &[Vec<Piece>], start: usize) -> LogsBatch {
    let mut builder = LogsBuilder::new(BATCH_ROWS, HOUR_NS as i64);
    let words = words();
    let (mut trace, mut body) = ([0; 16], String::new());
    for row in start..start + BATCH_ROWS {
        if (row - start).is_multiple_of(RUN_ROWS) {
            group(random, &mut builder);
            trace = random.u128(1..).to_be_bytes();
        }
        let span = random.u64(1..).to_be_bytes();
        body.clear();
        // The lower of two: the first forms are the commonest.
        let form = random.usize(..FORMS).min(random.usize(..FORMS));
        match random.usize(..SHAPELESS_ONE_IN) {
            0 => push_shapeless(random, &words, &mut body),
            _ => push_form(random, &forms[form], (&trace, &span), &mut body),
        }
        push(random, &mut builder, row, &body, (trace, span));
    }
    builder.finish().unwrap()
}

fn group(random: &mut Rng, builder: &mut LogsBuilder) {
    let service = SERVICES[random.usize(..SERVICES.len())];
    let mut encoded = Vec::new();
    let mut writer = AnyWriter::new(&mut encoded);
    writer.key("service.name").string(service);
    writer
        .key("service.instance.id")
        .string(&format!("{service}-{}", random.u8(..3)));
    writer.key("k8s.namespace.name").string("shop");
    let resource = ResourceRef {
        present: true,
        attributes: KeyValues::new(&encoded),
        ..ResourceRef::default()
    };
    builder.group(&resource, &ScopeRef::default(), Some(service));
}

fn push(
    random: &mut Rng,
    builder: &mut LogsBuilder,
    row: usize,
    body: &str,
    (trace, span): ([u8; 16], [u8; 8]),
) {
    let time = HOUR_NS + SPREAD_NS / ROWS as u64 * row as u64 + random.u64(..1_000_000_000);
    let failed = body.contains("error");
    let mut attributes = Vec::new();
    let mut writer = AnyWriter::new(&mut attributes);
    writer
        .key("thread.name")
        .string(&format!("worker-{}", random.u8(..16)));
    writer.key("code.line.number").int(random.i64(1..900));
    if random.u8(..4) == 0 {
        writer
            .key("http.response.status_code")
            .int([200, 201, 404, 500][random.usize(..4)]);
    }
    let row = LogRow {
        time,
        observed_time: time + random.u64(..5_000_000),
        severity_number: if failed { 17 } else { 9 },
        severity_text: if failed { "ERROR" } else { "INFO" },
        event_name: "",
        body: Body::Text(body),
        trace_id: Some(trace),
        span_id: Some(span),
        flags: 1,
        attributes: KeyValues::new(&attributes),
        dropped_attributes_count: 0,
    };
    builder.push(&row).unwrap();
}

fn push_form(random: &mut Rng, form: &[Piece], (trace, span): (&[u8], &[u8]), body: &mut String) {
    for piece in form {
        let text = match piece {
            Piece::Word(word) => (*word).to_owned(),
            Piece::Number(below) => random.u32(..below).to_string(),
            Piece::Millis => format!("{}ms", random.u16(..3_000)),
            Piece::Name => format!("user{}", random.u16(..5_000)),
            Piece::Address => format!(
                "10.{}.{}.{}:8080",
                random.u8(..4),
                random.u8(..),
                random.u8(..)
            ),
            Piece::Uuid => uuid(random),
            Piece::TraceId | Piece::SpanId => String::new(),
        };
        body.push_str(&text);
        match piece {
            Piece::TraceId => push_hex(trace, body),
            Piece::SpanId => push_hex(span, body),
            _ => {}
        }
        body.push(' ');
    }
}

fn push_shapeless(random: &mut Rng, words: &[&str], body: &mut String) {
    for _ in 0..random.usize(4..40) {
        body.push_str(words[random.usize(..words.len())]);
        body.push(' ');
    }
}

fn uuid(random: &mut Rng) -> String {
    let mut digits = String::new();
    push_hex(&random.u128(..).to_be_bytes(), &mut digits);
    for at in [20, 16, 12, 8] {
        digits.insert(at, '-');
    }
    digits
}
