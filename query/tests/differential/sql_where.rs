//! WHERE over the columns that the search language knows as fields: random conditions, once as they stand, so that the leaf is asked what it
//! can be, and once behind a LIMIT, through which nothing is moved down. Both must find the same rows.

use arrow::array::AsArray;
use clearspan_query::{Config, QueryError, SqlAnswer, SqlRequest};
use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::logs::{Body, LogRow, LogsBuilder};
use clearspan_storage::{Incoming, TenantId};

use crate::random::Random;
use crate::spans::{self, Span};
use crate::store::{ARRIVAL_NS, Store};

const SPANS: u64 = 400;
const LOGS: u64 = 300;
const CONDITIONS: usize = 60;

fn sent_spans(random: &mut Random) -> Incoming {
    let mut all: Vec<Span> = (0..SPANS)
        .map(|number| Span::random(number, 20, random))
        .collect();
    // The longest durations that there can be, forwards and backwards.
    let latest = i64::MAX as u64;
    for (at, (start, end)) in [(1, latest), (latest, 1), (5, 5)].into_iter().enumerate() {
        (all[at].start, all[at].end) = (start, end);
    }
    spans::batch(&all)
}

fn sent_logs(random: &mut Random) -> Incoming {
    let mut builder = LogsBuilder::new(LOGS as usize, ARRIVAL_NS);
    for n in 0..LOGS {
        let service = random.pick(&[Some("cart"), Some("pay"), None]);
        builder.group(&ResourceRef::default(), &ScopeRef::default(), service);
        let mut attributes = Vec::new();
        AnyWriter::new(&mut attributes).key("n").int(n as i64);
        let row = LogRow {
            time: spans::START + n,
            observed_time: 0,
            severity_number: random.pick(&[0, 0, 1, 4, 5, 9, 17, 24, 25, -1, i32::MIN, i32::MAX]),
            severity_text: random.pick(&["", "ERROR", "warn", "INFO", "nothing", "17"]),
            event_name: "",
            body: Body::Absent,
            trace_id: None,
            span_id: None,
            flags: 0,
            attributes: KeyValues::new(&attributes),
            dropped_attributes_count: 0,
        };
        builder.push(&row).unwrap();
    }
    Incoming::Logs(builder.finish().unwrap())
}

const NUMBERS: [&str; 12] = [
    "0",
    "-1",
    "1000",
    "-400",
    "2500000",
    "4000000",
    "9223372036854775806",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "0.5",
    "NULL",
];
const SEVERITIES: [&str; 10] = [
    "0",
    "1",
    "4",
    "9",
    "17",
    "24",
    "-1",
    "2147483647",
    "2147483648",
    "NULL",
];
const KINDS: [&str; 8] = [
    "'SERVER'",
    "'UNSPECIFIED'",
    "'CONSUMER'",
    "'server'",
    "'6'",
    "'2'",
    "''",
    "NULL",
];
const STATUSES: [&str; 6] = ["'ERROR'", "'UNSET'", "'OK'", "'error'", "'2'", "NULL"];
const NAMES: [&str; 6] = ["'GET /cart'", "'query'", "'Query'", "''", "'tick '", "NULL"];
const SERVICES: [&str; 6] = ["'cart'", "'a b'", "'pay'", "'PAY'", "''", "NULL"];

/// A column, and what it is compared with.
type Column = (&'static str, &'static [&'static str]);

const OF_SPANS: [Column; 5] = [
    ("duration_ns", &NUMBERS),
    ("kind", &KINDS),
    ("status_code", &STATUSES),
    ("name", &NAMES),
    ("service", &SERVICES),
];
const OF_LOGS: [Column; 2] = [("severity_number", &SEVERITIES), ("service", &SERVICES)];

fn condition(columns: &[Column], depth: u32, random: &mut Random) -> String {
    if depth > 0 && random.one_in(2) {
        let one = condition(columns, depth - 1, random);
        let other = condition(columns, depth - 1, random);
        return match random.below(5) {
            0 | 1 => format!("({one} AND {other})"),
            2 | 3 => format!("({one} OR {other})"),
            _ => format!("NOT ({one})"),
        };
    }
    let (column, values) = random.pick(columns);
    let value = random.pick(values);
    match random.below(8) {
        0 => format!("{column} BETWEEN {value} AND {}", random.pick(values)),
        1 => {
            let list: Vec<&str> = (0..1 + random.below(5))
                .map(|_| random.pick(values))
                .collect();
            let not = random.pick(&["", "", "NOT "]);
            format!("{column} {not}IN ({})", list.join(", "))
        }
        2 => format!("{value} {} {column}", operator(random)),
        _ => format!("{column} {} {value}", operator(random)),
    }
}

fn operator(random: &mut Random) -> &'static str {
    random.pick(&["=", "<", "<=", ">", ">=", "=", "<>"])
}

async fn asked(store: &Store, query: &str) -> Result<SqlAnswer, QueryError> {
    let request = SqlRequest {
        query: query.to_owned(),
        params: Vec::new(),
    };
    store.engine.sql(&TenantId::default(), request).await
}

/// The first column as texts, sorted.
async fn found(store: &Store, query: &str) -> Vec<String> {
    let answer = asked(store, query).await;
    let answer = answer.unwrap_or_else(|error| panic!("{query}: {error:?}"));
    let batches = answer.batches.iter();
    let texts = batches.flat_map(|batch| batch.column(0).as_string::<i32>().iter());
    let mut texts: Vec<String> = texts.map(|text| text.unwrap().to_owned()).collect();
    texts.sort();
    texts
}

async fn plan(store: &Store, query: &str) -> String {
    let answer = asked(store, query).await.unwrap();
    let batches = answer.batches.iter();
    let plans = batches.flat_map(|batch| batch.column(1).as_string::<i32>().iter());
    plans.map(|plan| plan.unwrap()).collect()
}

fn filled() -> Store {
    let store = Store::with(Config::default());
    let mut random = Random::new(3);
    store.append(sent_spans(&mut random));
    store.append(sent_logs(&mut random));
    store
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_leaf_is_asked_loses_no_row() {
    let store = filled();
    let mut random = Random::new(28);
    let mut some = 0;
    for form in ["memtable", "segments", "merged"] {
        match form {
            "segments" => store.flush(),
            "merged" => store.compact(),
            _ => {}
        }
        for at in 0..CONDITIONS {
            let (table, key, columns) = match at % 3 {
                0 => ("logs", "attributes['n']", &OF_LOGS[..]),
                _ => ("spans", "span_id", &OF_SPANS[..]),
            };
            let condition = condition(columns, 2, &mut random);
            let moved = format!("SELECT {key} FROM {table} WHERE {condition}");
            let unmoved = format!(
                "SELECT {key} FROM (SELECT * FROM {table} LIMIT 100000) t WHERE {condition}"
            );
            let (moved, unmoved) = (found(&store, &moved).await, found(&store, &unmoved).await);
            assert_eq!(moved, unmoved, "{form}: {condition}");
            some += usize::from(!moved.is_empty() && moved.len() < 200);
        }
    }
    assert!(
        some > CONDITIONS / 2,
        "most conditions tell rows apart: {some}"
    );
}

/// The figure `name` of the one leaf in `plan`.
fn figure(plan: &str, name: &str) -> u64 {
    let (_, rest) = plan.split_once(&format!("{name}=")).unwrap();
    let digits = rest.split([',', ']']).next().unwrap();
    digits.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_the_leaf_rules_out_go_no_further() {
    let store = filled();
    store.flush();
    for (table, condition, query, is_filtered_again) in [
        ("spans", "duration_ns > 2500000", "duration>2500000", false),
        (
            "spans",
            "duration_ns > duration('2ms')",
            "duration>2000000",
            false,
        ),
        (
            "spans",
            "kind = 'SERVER' AND status_code = 'ERROR'",
            "kind:SERVER status:ERROR",
            false,
        ),
        ("spans", "name = 'GET /cart'", "name:\"GET /cart\"", false),
        ("spans", "service > 'cart'", "service>cart", false),
        ("logs", "severity_number >= 17", "severity>=17", true),
    ] {
        let select = format!("SELECT count(*) FROM {table} WHERE {condition}");
        let moved = plan(&store, &format!("EXPLAIN ANALYZE {select}")).await;
        let unmoved = format!(
            "EXPLAIN ANALYZE SELECT count(*) FROM (SELECT * FROM {table} LIMIT 100000) t WHERE {condition}"
        );
        let unmoved = plan(&store, &unmoved).await;
        assert!(moved.contains(&format!("query=[{query}]")), "{moved}");
        assert!(unmoved.contains("query=[]"), "{unmoved}");
        assert_eq!(moved.contains("FilterExec"), is_filtered_again, "{moved}");
        let all = if table == "logs" { LOGS } else { SPANS };
        assert_eq!(figure(&unmoved, "rows_matched"), all);
        let passed = figure(&moved, "rows_matched");
        let answer = asked(&store, &select).await.unwrap();
        let count = answer.batches[0]
            .column(0)
            .as_primitive::<arrow::datatypes::Int64Type>();
        let count = count.value(0) as u64;
        assert!(
            count > 0 && passed >= count && passed < all * 3 / 4,
            "{condition}: {passed}"
        );
        assert!(
            is_filtered_again || passed == count,
            "{condition}: {passed}"
        );
    }
}
