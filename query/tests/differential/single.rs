//! One span by its ids, one log record by its id, the logs of one span.

use clearspan_query::{AskedRange, LogId, LogsRequest, Order, QueryEngine};
use clearspan_schema::any::{AnyRef, KeyValues};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::logs::{Body, LogRow, LogsBuilder};
use clearspan_storage::{Incoming, TenantId};

use crate::random::Random;
use crate::records::{self, Log};
use crate::skeleton::sent::{Sent, TRACE, batch, span_id};
use crate::store::{ARRIVAL_NS, Store};

async fn names(engine: &QueryEngine, id: u64) -> Vec<String> {
    let rows = engine
        .span(&TenantId::default(), TRACE, span_id(id))
        .await
        .unwrap();
    let records = rows.records().unwrap();
    assert_eq!(rows.is_empty(), records.is_empty());
    let of_record = |record: &clearspan_query::SpanRecord<'_>| {
        assert_eq!(record.span.span_id, span_id(id));
        assert_eq!(record.span.trace_id, TRACE);
        assert_eq!(record.service, Some("shop"));
        assert_eq!(
            record.resource.attributes.get("service.name"),
            Some(AnyRef::String("shop"))
        );
        let name = record.span.name;
        assert_eq!(
            record.span.attributes.get("name"),
            Some(AnyRef::String(name))
        );
        assert_eq!((record.events.len(), record.links.len()), (2, 1));
        assert_eq!(record.events[1].time, 9);
        assert_eq!(record.duration_ns(), Some(-5));
        name.to_owned()
    };
    records.iter().map(of_record).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_span_by_its_ids() {
    let store = Store::new();
    let named = |id: u64, name: &str| Sent {
        name: name.into(),
        events: vec![7, 9],
        links: 1,
        ..Sent::new(id, None, 10, 5)
    };
    let elsewhere = Sent {
        trace: [9; 16],
        ..named(1, "elsewhere")
    };
    // Enough rows that parts have id filters.
    let others: Vec<Sent> = (100..3_000).map(|id| named(id, "other")).collect();
    store.append(batch(&[named(1, "a"), elsewhere, named(2, "b")]));
    store.append(batch(&others));
    store.append(batch(&[named(1, "c")]));
    for stage in ["memtable", "segments", "both"] {
        match stage {
            "segments" => store.flush(),
            "both" => store.append(batch(&[named(1, "d")])),
            _ => {}
        }
        let mut expected = vec!["a", "c"];
        expected.extend((stage == "both").then_some("d"));
        assert_eq!(names(&store.engine, 1).await, expected, "{stage}");
        assert_eq!(names(&store.engine, 2).await, ["b"], "{stage}");
        assert!(names(&store.engine, 3).await.is_empty(), "{stage}");
    }
}

async fn check_each(store: &Store, logs: &[Log], when: &str) {
    let tenant = TenantId::default();
    let everything = LogsRequest {
        query: String::new(),
        range: AskedRange::ALL,
        order: Order::Ascending,
        limit: 10_000,
        cursor: None,
        count: true,
    };
    let all = store.engine.search_logs(&tenant, everything).await.unwrap();
    assert_eq!(all.rows.len(), logs.len(), "{when}");
    for record in all.rows.records().unwrap().iter() {
        let id = LogId::parse(&record.id.to_string()).unwrap();
        let found = store.engine.log_record(&tenant, id).await.unwrap().unwrap();
        let found = found.records().unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), [record], "{when}");
        for (seq, placed_time) in [
            (id.seq ^ 1 << 40, id.placed_time),
            (id.seq, id.placed_time ^ 1),
        ] {
            let other = LogId { placed_time, seq };
            let found = store.engine.log_record(&tenant, other).await.unwrap();
            assert!(found.is_none(), "{when}: {other}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_by_its_id() {
    let mut random = Random::new(5);
    let logs: Vec<Log> = (0..80)
        .map(|number| Log::random(number, &mut random))
        .collect();
    let mut store = Store::new();
    store.append(records::batch(&logs[..50]));
    check_each(&store, &logs[..50], "memtable").await;
    store.flush();
    store.append(records::batch(&logs[50..]));
    check_each(&store, &logs, "both").await;
    store = store.restart();
    check_each(&store, &logs, "restarted").await;
}

/// Logs of one trace, each of one of three spans or none, with its number as the body.
fn logs_of_spans(count: u64) -> Incoming {
    let mut builder = LogsBuilder::new(count as usize, ARRIVAL_NS);
    builder.group(&ResourceRef::default(), &ScopeRef::default(), None);
    for number in 0..count {
        let text = number.to_string();
        let row = LogRow {
            time: 1_000_000 - number,
            observed_time: 0,
            severity_number: 9,
            severity_text: "",
            event_name: "",
            body: Body::Text(&text),
            trace_id: Some(if number % 5 == 0 { [1; 16] } else { TRACE }),
            span_id: (number % 4 != 0).then(|| span_id(number % 4)),
            flags: 0,
            attributes: KeyValues::new(&[]),
            dropped_attributes_count: 0,
        };
        builder.push(&row).unwrap();
    }
    Incoming::Logs(builder.finish().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_logs_of_a_span() {
    let store = Store::new();
    store.append(logs_of_spans(6_000));
    for stage in ["memtable", "segments"] {
        if stage == "segments" {
            store.flush();
        }
        let answer = store
            .engine
            .span_logs(&TenantId::default(), TRACE, span_id(3))
            .await
            .unwrap();
        let expected: Vec<String> = (0..6_000u64)
            .rev()
            .filter(|number| number % 5 != 0 && number % 4 == 3)
            .map(|number| number.to_string())
            .collect();
        assert_eq!(answer.matched, Some(expected.len() as u64), "{stage}");
        let records = answer.rows.records().unwrap();
        let bodies: Vec<String> = records
            .iter()
            .map(|record| match record.log.body {
                Body::Text(text) => text.to_owned(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(bodies, expected[..1_000], "{stage}");
    }
}
