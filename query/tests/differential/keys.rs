//! Attributes by key: filters, values and SQL, which read of a segment the columns of that key alone, held against the attributes as they
//! were generated. Keys are common and rare, of one type and of two, and stand twice in a record.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use clearspan_query::{
    AskedRange, CountedRows, LogsRequest, Order, SqlRequest, ValueCount, ValuesRequest,
};
use clearspan_schema::Signal;
use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::logs::{Body, LogRow, LogsBuilder};
use clearspan_storage::{Incoming, TenantId};

use crate::random::Random;
use crate::records::START;
use crate::store::{ARRIVAL_NS, Store};

const KEYS: [&str; 6] = ["common", "typed", "twice", "rare", "odd,key", "nowhere"];

#[derive(Debug, Clone)]
enum Value {
    Text(String),
    Int(i64),
}

impl Value {
    fn text(&self) -> String {
        match self {
            Value::Text(text) => text.clone(),
            Value::Int(number) => number.to_string(),
        }
    }
}

/// A record's attributes in their order.
type Attributes = Vec<(&'static str, Value)>;

fn attributes(random: &mut Random) -> Attributes {
    let mut found = Vec::new();
    if !random.one_in(20) {
        found.push(("common", Value::Text(format!("c{}", random.below(4)))));
    }
    match random.below(4) {
        0 => found.push(("typed", Value::Text(random.below(3).to_string()))),
        1 | 2 => found.push(("typed", Value::Int(random.below(3) as i64))),
        _ => {}
    }
    for _ in 0..random.below(3) {
        let at = random.below(found.len() as u64 + 1) as usize;
        let value = match random.one_in(2) {
            true => Value::Int(random.below(3) as i64),
            false => Value::Text(format!("t{}", random.below(3))),
        };
        found.insert(at, ("twice", value));
    }
    if random.one_in(300) {
        found.push(("rare", Value::Text("r".to_owned())));
    }
    if random.one_in(3) {
        found.push(("odd,key", Value::Int(7)));
    }
    found
}

fn batch(records: &[Attributes]) -> Incoming {
    let mut builder = LogsBuilder::new(records.len(), ARRIVAL_NS);
    builder.group(&ResourceRef::default(), &ScopeRef::default(), None);
    for (number, record) in (0..).zip(records) {
        let mut encoded = Vec::new();
        let mut writer = AnyWriter::new(&mut encoded);
        for (key, value) in record {
            match value {
                Value::Text(text) => writer.key(key).string(text),
                Value::Int(number) => writer.key(key).int(*number),
            }
        }
        let row = LogRow {
            time: START + number,
            observed_time: 0,
            severity_number: 9,
            severity_text: "",
            event_name: "",
            body: Body::Text("a record"),
            trace_id: None,
            span_id: None,
            flags: 0,
            attributes: KeyValues::new(&encoded),
            dropped_attributes_count: 0,
        };
        builder.push(&row).unwrap();
    }
    Incoming::Logs(builder.finish().unwrap())
}

/// The records by the last value of a key; as text, so the integer 1 and the text "1" are one.
fn by_value(records: &[Attributes], key: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for record in records {
        if let Some((_, value)) = record.iter().rfind(|(own, _)| *own == key) {
            *counts.entry(value.text()).or_default() += 1;
        }
    }
    counts
}

async fn check(store: &Store, records: &[Attributes], form: &str) {
    let tenant = TenantId::default();
    for key in KEYS {
        let expected = by_value(records, key);
        for (value, rows) in &expected {
            let request = LogsRequest {
                query: format!("\"{key}\":{value}"),
                range: AskedRange::ALL,
                order: Order::Descending,
                limit: 3,
                cursor: None,
                count: true,
            };
            let found = store.engine.search_logs(&tenant, request).await.unwrap();
            assert_eq!(found.matched, Some(*rows), "{form}: {key}:{value}");
        }
        let request = ValuesRequest {
            rows: CountedRows {
                query: String::new(),
                range: AskedRange::ALL,
            },
            field: key.to_owned(),
            prefix: String::new(),
            limit: 100,
        };
        let answer = store
            .engine
            .field_values(&tenant, Signal::Logs, request)
            .await;
        let mut found = BTreeMap::new();
        for ValueCount { value, count } in answer.unwrap().values.values {
            // A number finds texts that read like it too, and is counted with them; they stand in the list by themselves besides.
            let rows: &mut u64 = found.entry(value.text().into_owned()).or_default();
            *rows = count.max(*rows);
        }
        assert_eq!(found, expected, "{form}: values of {key}");
        let query = format!("SELECT attributes['{key}'] v, count(*) n FROM logs GROUP BY 1");
        let mut found = in_sql(store, &query).await;
        found.retain(|value, _| value.is_some());
        let expected = expected
            .into_iter()
            .map(|(value, rows)| (Some(value), rows));
        assert_eq!(found, expected.collect(), "{form}: {query}");
    }
}

/// Rows of a text and a count.
async fn in_sql(store: &Store, query: &str) -> BTreeMap<Option<String>, u64> {
    let request = SqlRequest {
        query: query.to_owned(),
        params: vec![],
    };
    let answer = store.engine.sql(&TenantId::default(), request).await;
    let rows = |batch: &RecordBatch| {
        let texts = cast(batch.column(0), &DataType::Utf8).unwrap();
        let texts = texts.as_string::<i32>();
        let counts = batch.column(1).as_primitive::<Int64Type>();
        let row = |row| {
            let text = texts.is_valid(row).then(|| texts.value(row).to_owned());
            (text, counts.value(row) as u64)
        };
        (0..batch.num_rows()).map(row).collect::<Vec<_>>()
    };
    answer.unwrap().batches.iter().flat_map(rows).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn attributes_by_key_are_those_of_the_records() {
    let mut random = Random::new(11);
    let records: Vec<Attributes> = (0..2_700).map(|_| attributes(&mut random)).collect();
    let store = Store::new();
    store.append(batch(&records[..900]));
    check(&store, &records[..900], "memtable").await;
    store.flush();
    check(&store, &records[..900], "segment").await;
    store.append(batch(&records[900..1_800]));
    store.flush();
    check(&store, &records[..1_800], "segments").await;
    store.compact();
    check(&store, &records[..1_800], "merged").await;
    store.append(batch(&records[1_800..]));
    check(&store, &records, "merged and memtable").await;
}
