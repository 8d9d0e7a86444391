//! SQL and the search language as data: each file of `query/tests/slt/` is run against one store in every form that its records take.
//!
//! The files are those of `sqllogictest`. Besides SQL they may ask `search logs QUERY` (a row of each body, oldest first) and `search traces QUERY`
//! (a row of each trace, earliest first: the first byte of its id and its number of spans). Both end with a row of `matched` and how many match.
//! The store has, from 2023-07-22T04:26:40Z on, one a second,
//!
//! - 40 logs with the number `n`: every fourth `request n refused` with severity 17, the others `request n served` with 9; even ones of
//!   `cart`, odd ones of `pay`; attributes `n`, `parity` (`even`, `odd`) and `ok` (whether served); ten in a row of one trace, `01...` to `04...`;
//! - 100 seconds later 8 logs `1` to `8` of `odd` without severity or trace. The bodies of 1 to 7 are no text (see [`odd_bodies`]), that of 8 is
//!   `odd text 8`. Attributes: `case` is the number, `mixed` of another type in each (see [`odd_value`]), and each has a key that
//!   no other log has, `rare.1` to `rare.8`;
//! - 20 spans with the number `n`: even ones `GET /cart` of `cart`, odd ones `POST /pay` of `pay`; of n times 100 ms; every fifth with an error; five
//!   in a row of one trace, `01...` to `04...`.

use std::path::Path;

use arrow::util::display::{ArrayFormatter, FormatOptions};
use async_trait::async_trait;
use clearspan_query::{
    AskedRange, AskedRoot, LogsRequest, Order, QueryEngine, QueryError, SqlAnswer, SqlRequest,
    TraceSort, TracesRequest,
};
use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::logs::{Body, LogRow, LogsBuilder};
use clearspan_storage::{Incoming, TenantId};
use sqllogictest::{AsyncDB, DBOutput, DefaultColumnType, Runner};

use crate::spans::{self, Span};
use crate::store::{ARRIVAL_NS, Store};

const SECOND: u64 = 1_000_000_000;

fn logs() -> Incoming {
    let mut builder = LogsBuilder::new(40, ARRIVAL_NS);
    for n in 0..40u8 {
        let service = if n % 2 == 0 { "cart" } else { "pay" };
        let mut resource = Vec::new();
        AnyWriter::new(&mut resource)
            .key("service.name")
            .string(service);
        let resource = ResourceRef {
            present: true,
            attributes: KeyValues::new(&resource),
            ..ResourceRef::default()
        };
        builder.group(&resource, &ScopeRef::default(), Some(service));
        let is_refused = n % 4 == 0;
        let mut attributes = Vec::new();
        let mut writer = AnyWriter::new(&mut attributes);
        writer.key("n").int(n.into());
        writer
            .key("parity")
            .string(if n % 2 == 0 { "even" } else { "odd" });
        writer.key("ok").bool(!is_refused);
        let body = format!(
            "request {n} {}",
            if is_refused { "refused" } else { "served" }
        );
        let row = LogRow {
            time: spans::START + u64::from(n) * SECOND,
            observed_time: 0,
            severity_number: if is_refused { 17 } else { 9 },
            severity_text: "",
            event_name: "",
            body: Body::Text(&body),
            trace_id: Some(spans::trace_id(n / 10)),
            span_id: None,
            flags: 0,
            attributes: KeyValues::new(&attributes),
            dropped_attributes_count: 0,
        };
        builder.push(&row).unwrap();
    }
    Incoming::Logs(builder.finish().unwrap())
}

/// A map, a list, bytes, whole, fraction, truth, nothing, text.
fn odd_bodies() -> Vec<Option<Vec<u8>>> {
    let encoded = |write: &dyn Fn(&mut AnyWriter<'_>)| {
        let mut encoded = Vec::new();
        write(&mut AnyWriter::new(&mut encoded));
        Some(encoded)
    };
    vec![
        encoded(&|body| {
            body.key_values(|map| {
                map.key("user").string("ann");
                map.key("tries").int(3);
            });
        }),
        encoded(&|body| {
            body.array(|list| {
                list.string("refused");
                list.int(7);
                list.bool(true);
            });
        }),
        encoded(&|body| body.bytes(&[1, 2, 255])),
        encoded(&|body| body.int(612)),
        encoded(&|body| body.double(1.5)),
        encoded(&|body| body.bool(true)),
        None,
    ]
}

/// The value of `mixed` in odd log `case`: whole, text, fraction, truth, list, map, bytes, unset.
fn odd_value(case: u64, writer: &mut AnyWriter<'_>) {
    match case {
        1 => writer.int(7),
        2 => writer.string("7"),
        3 => writer.double(7.5),
        4 => writer.bool(true),
        5 => writer.array(|list| {
            list.int(7);
            list.string("x");
        }),
        6 => writer.key_values(|map| map.key("a").int(1)),
        7 => writer.bytes(&[1, 2, 255]),
        _ => writer.empty(),
    }
}

fn odd_logs() -> Incoming {
    let mut builder = LogsBuilder::new(8, ARRIVAL_NS);
    let mut resource = Vec::new();
    AnyWriter::new(&mut resource)
        .key("service.name")
        .string("odd");
    let resource = ResourceRef {
        present: true,
        attributes: KeyValues::new(&resource),
        ..ResourceRef::default()
    };
    builder.group(&resource, &ScopeRef::default(), Some("odd"));
    let bodies = odd_bodies();
    for case in 1..=8u64 {
        let mut attributes = Vec::new();
        let mut writer = AnyWriter::new(&mut attributes);
        writer.key("case").int(case as i64);
        odd_value(case, writer.key("mixed"));
        writer.key(&format!("rare.{case}")).string("here");
        let body = match bodies.get(case as usize - 1) {
            Some(Some(encoded)) => Body::Value(encoded),
            Some(None) => Body::Absent,
            None => Body::Text("odd text 8"),
        };
        let row = LogRow {
            time: spans::START + (100 + case) * SECOND,
            observed_time: 0,
            severity_number: 0,
            severity_text: "",
            event_name: "",
            body,
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

fn sent_spans() -> Incoming {
    let span = |n: u64| Span {
        number: n,
        trace: (n / 5) as u8,
        parent: (!n.is_multiple_of(5)).then_some(n / 5 * 5),
        name: if n.is_multiple_of(2) {
            "GET /cart"
        } else {
            "POST /pay"
        },
        service: Some(if n.is_multiple_of(2) { "cart" } else { "pay" }),
        environment: None,
        kind: 2,
        start: spans::START + n * SECOND,
        end: spans::START + n * SECOND + n * SECOND / 10,
        status: n.is_multiple_of(5).then_some(2),
    };
    let all: Vec<Span> = (0..20).map(span).collect();
    spans::batch(&all)
}

struct Asker(QueryEngine);

#[async_trait]
impl AsyncDB for Asker {
    type Error = QueryError;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, asked: &str) -> Result<DBOutput<DefaultColumnType>, QueryError> {
        let rows = match asked.strip_prefix("search ") {
            Some(search) => self.search(search.trim()).await?,
            None => texts(&self.sql(asked).await?),
        };
        let width = rows.first().map_or(1, Vec::len);
        Ok(DBOutput::Rows {
            types: vec![DefaultColumnType::Any; width],
            rows,
        })
    }

    async fn shutdown(&mut self) {}
}

impl Asker {
    async fn sql(&self, query: &str) -> Result<SqlAnswer, QueryError> {
        let request = SqlRequest {
            query: query.to_owned(),
            params: Vec::new(),
        };
        self.0.sql(&TenantId::default(), request).await
    }

    async fn search(&self, search: &str) -> Result<Vec<Vec<String>>, QueryError> {
        let (signal, query) = search.split_once(' ').unwrap_or((search, ""));
        let (mut rows, matched) = match signal {
            "logs" => self.logs(query).await?,
            "traces" => self.traces(query).await?,
            other => panic!("nobody can search {other}"),
        };
        rows.push(vec![format!("matched {}", matched.unwrap())]);
        Ok(rows)
    }

    async fn logs(&self, query: &str) -> Result<(Vec<Vec<String>>, Option<u64>), QueryError> {
        let request = LogsRequest {
            query: query.to_owned(),
            range: AskedRange::ALL,
            order: Order::Ascending,
            limit: 100,
            cursor: None,
            count: true,
        };
        let found = self.0.search_logs(&TenantId::default(), request).await?;
        let records = found.rows.records().unwrap();
        let bodies = records.iter().map(|record| match record.log.body {
            Body::Text(text) => vec![text.to_owned()],
            Body::Absent => vec!["absent".to_owned()],
            Body::Value(_) => vec!["no text".to_owned()],
        });
        Ok((bodies.collect(), found.matched))
    }

    async fn traces(&self, query: &str) -> Result<(Vec<Vec<String>>, Option<u64>), QueryError> {
        let request = TracesRequest {
            query: query.to_owned(),
            range: AskedRange::ALL,
            min_duration_ns: None,
            max_duration_ns: None,
            root: AskedRoot::default(),
            sort: TraceSort::parse("start").unwrap(),
            limit: 100,
            cursor: None,
            count: true,
        };
        let found = self.0.search_traces(&TenantId::default(), request).await?;
        let traces = found.traces.iter();
        let rows = traces.map(|trace| {
            vec![format!(
                "{:02x} of {} spans",
                trace.trace_id[0], trace.span_count
            )]
        });
        Ok((rows.collect(), found.matched))
    }
}

fn texts(answer: &SqlAnswer) -> Vec<Vec<String>> {
    let options = FormatOptions::default().with_null("NULL");
    let mut rows = Vec::new();
    for batch in &answer.batches {
        let columns = batch.columns().iter();
        let columns: Vec<ArrayFormatter<'_>> = columns
            .map(|column| ArrayFormatter::try_new(column, &options).unwrap())
            .collect();
        rows.extend((0..batch.num_rows()).map(|row| {
            let cells = columns.iter().map(|column| column.value(row).to_string());
            cells.collect::<Vec<_>>()
        }));
    }
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn the_files_hold_in_every_form() {
    let store = Store::new();
    store.append(logs());
    store.append(odd_logs());
    store.append(sent_spans());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slt");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "slt"))
        .collect();
    files.sort();
    assert!(files.len() >= 4, "{files:?}");
    for form in ["memtable", "segments", "merged"] {
        match form {
            "segments" => store.flush(),
            "merged" => store.compact(),
            _ => {}
        }
        for file in &files {
            let mut runner = Runner::new(|| async { Ok(Asker(store.engine.clone())) });
            if let Err(error) = runner.run_file_async(file).await {
                panic!("{form}: {error}");
            }
        }
    }
}
