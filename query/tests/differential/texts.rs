//! Words, phrases, parts of words, regular expressions, pieces and whole texts in random bodies, and attributes that many or few records have, held
//! against the records as they were generated, in
//! every form in which storage keeps them. Which forms were reached is printed, and has to be all of them.
//!
//! | file | what it holds |
//! |---|---|
//! | `bodies.rs` | random records |
//! | `asked.rs` | random questions, and a plain scan for each |
//! | `expressions.rs` | random regular expressions |

mod asked;
mod bodies;
mod expressions;

use std::collections::BTreeMap;
use std::path::Path;

use clearspan_query::{AskedRange, AskedTime, LogsRequest, Order};
use clearspan_storage::TenantId;
use clearspan_storage::shape::Shape;

use crate::random::Random;
use crate::records::START;
use crate::store::Store;
use asked::Asked;
use bodies::{Log, batch};

const MINUTE: u64 = 60_000_000_000;
const ROWS: usize = 1_200;
const QUERIES: usize = 300;
const RARE_KEYS: u64 = 12;
const OPERATORS: [&str; 4] = ["AND", "OR", "NOT", "TO"];

const WORDS: [&str; 12] = [
    "error", "ERROR", "Route ID", "refused", "straße", "kelvin", "日本", "é", "a-b", "aa", "ms",
    "code",
];

/// How many rows that were searched lay in which form, by what the folders say.
#[derive(Default)]
struct Forms(BTreeMap<&'static str, u64>);

impl Forms {
    fn add(&mut self, form: &'static str, rows: u64) {
        *self.0.entry(form).or_default() += rows;
    }

    /// Adds the segments below `folder`; returns how many rows they have.
    fn add_segments(&mut self, folder: &Path) -> u64 {
        let mut rows = 0;
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                rows += self.add_segments(&path);
            }
        }
        let Ok(shape) = std::fs::read(folder.join("shape.bin")) else {
            return rows;
        };
        let shape = Shape::decode(&shape).unwrap();
        let templates = shape.templates();
        let templated: u64 = (0..)
            .map_while(|id| templates.rows(id))
            .map(u64::from)
            .sum();
        let (split, plain) = match folder.join("rows.parquet").exists() {
            true => ("Parquet, template", "Parquet, plain"),
            false => ("Arrow, template", "Arrow, plain"),
        };
        let source = shape.key_source("rare-3");
        assert!(source.columns.is_empty() && shape.key_source("often").columns.len() == 1);
        self.add("residual", shape.row_count() * u64::from(source.residual));
        self.add(split, templated);
        self.add(plain, shape.row_count() - templated);
        rows + shape.row_count()
    }
}

async fn found(store: &Store, query: &str, range: AskedRange) -> (Vec<i64>, u64) {
    let request = LogsRequest {
        query: query.into(),
        range,
        order: Order::Ascending,
        limit: 10_000,
        cursor: None,
        count: true,
    };
    let answer = store
        .engine
        .search_logs(&TenantId::default(), request)
        .await;
    let answer = answer.unwrap_or_else(|error| panic!("{query}: {error}"));
    let records = answer.rows.records().unwrap();
    let time = |record: clearspan_query::LogRecord<'_>| record.log.time as i64;
    (records.iter().map(time).collect(), answer.matched.unwrap())
}

/// All time, or from or to some instant, on a minute or not.
fn any_range(random: &mut Random) -> AskedRange {
    let mut end = |or_not: u64| {
        let on = START + random.below(6) * MINUTE;
        let at = if random.one_in(2) {
            on
        } else {
            on + random.below(MINUTE)
        };
        (!random.one_in(or_not)).then_some(AskedTime::At(at.into()))
    };
    let (from, to) = (end(2), end(2));
    match (from, to) {
        (Some(AskedTime::At(a)), Some(AskedTime::At(b))) if a > b => {
            AskedRange { from: to, to: from }
        }
        _ => AskedRange { from, to },
    }
}

fn holds(range: AskedRange, time: u64) -> bool {
    let bound = |asked: Option<AskedTime>| match asked {
        Some(AskedTime::At(at)) => Some(at),
        _ => None,
    };
    bound(range.from).is_none_or(|from| i128::from(time) >= from)
        && bound(range.to).is_none_or(|to| i128::from(time) < to)
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "says how often it reached what")]
async fn texts_are_found_in_every_form_that_storage_keeps() {
    let mut random = Random::new(77);
    let store = Store::new();
    let mut logs: Vec<Log> = Vec::new();
    let mut forms = Forms::default();
    let mut kinds: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
    for stage in ["memtable", "Arrow", "Arrow and memtable", "Parquet", "all"] {
        if !stage.starts_with("Arrow and") && stage != "memtable" {
            store.flush();
        }
        if stage == "Parquet" {
            store.compact();
        }
        if stage != "Arrow" && stage != "Parquet" {
            let first = logs.len();
            logs.extend((0..ROWS).map(|_| Log::random(&mut random)));
            store.append(batch(&logs[first..]));
        }
        let in_segments = forms.add_segments(&store.folder.path().join("data"));
        forms.add("memtable", logs.len() as u64 - in_segments);
        let values = logs.iter().filter(|log| log.is_value());
        forms.add("no text", values.count() as u64);
        let texts: Vec<String> = logs.iter().filter_map(|log| log.body.compared()).collect();
        for _ in 0..QUERIES {
            let asked = Asked::random(&texts, &mut random);
            let range = any_range(&mut random);
            let wanted = logs
                .iter()
                .filter(|log| holds(range, log.time) && asked.wants(log));
            let mut expected: Vec<i64> = wanted.map(|log| log.time as i64).collect();
            expected.sort_unstable();
            let (rows, matched) = found(&store, &asked.query, range).await;
            assert_eq!(rows, expected, "{stage}: {:?} in {range:?}", asked.query);
            assert_eq!(matched, expected.len() as u64, "{stage}: {:?}", asked.query);
            let kind = kinds.entry(asked.kind).or_default();
            kind[usize::from(!expected.is_empty())] += 1;
        }
    }
    println!(
        "rows that were searched {QUERIES} times, by form: {:?}",
        forms.0
    );
    println!("queries without and with matches: {kinds:?}");
    for form in [
        "memtable",
        "Arrow, template",
        "Arrow, plain",
        "Parquet, template",
        "Parquet, plain",
        "no text",
        "residual",
    ] {
        assert!(forms.0.get(form).is_some_and(|&rows| rows > 100), "{form}");
    }
    for kind in [
        "phrase",
        "prefix",
        "part of a word",
        "pieces",
        "whole text",
        "number",
        "boolean",
        "both",
        "either",
        "not",
        "column",
        "residual",
        "literal",
        "ignoring case",
        "start",
        "end",
        "word boundary",
        "alternation",
        "gap",
        "repetition",
        "line",
        "whole",
        "Unicode",
        "classes",
    ] {
        let found = kinds.get(kind).map_or(0, |counts| counts[1]);
        assert!(found > 5, "{kind}");
    }
}
