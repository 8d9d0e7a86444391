//! What logs hold: values of fields over several partitions, and what is refused. The HTTP API's tests hold
//! every rule of these counts against a plain scan; here it is the engine's own words that are tested.

use std::collections::BTreeMap;

use clearspan_query::{
    AskedRange, Config, CountedRows, FacetsRequest, FieldValue, LogsRequest, Order, QueryError,
    ValueCount, ValuesRequest,
};
use clearspan_schema::Signal;
use clearspan_storage::TenantId;

use crate::random::Random;
use crate::records::{Log, batch};
use crate::store::Store;

fn all() -> CountedRows {
    CountedRows {
        query: String::new(),
        range: AskedRange::ALL,
    }
}

pub(crate) fn logs(count: i64) -> Vec<Log> {
    let mut random = Random::new(5);
    (0..count)
        .map(|number| Log::random(number, &mut random))
        .collect()
}

fn values_of(field: &str) -> ValuesRequest {
    ValuesRequest {
        rows: all(),
        field: field.into(),
        prefix: String::new(),
        limit: 10_000,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_is_found_by_its_own_filter() {
    let store = Store::new();
    let logs = logs(400);
    for part in logs.chunks(100) {
        store.append(batch(part));
        store.flush();
    }
    let request = FacetsRequest {
        rows: all(),
        fields: [
            "service",
            "service.name",
            "n",
            "body",
            "trace_id",
            "severity",
        ]
        .map(str::to_owned)
        .into(),
        limit: 10_000,
    };
    let tenant = TenantId::default();
    let answer = store
        .engine
        .facets(&tenant, Signal::Logs, request)
        .await
        .unwrap();
    let mut services = BTreeMap::<&str, u64>::new();
    for service in logs.iter().filter_map(|log| log.service) {
        *services.entry(service).or_default() += 1;
    }
    for facet in &answer.facets[..2] {
        let found: BTreeMap<_, _> = facet
            .values
            .iter()
            .map(|ValueCount { value, count }| (value.text().into_owned(), *count))
            .collect();
        let found: BTreeMap<&str, u64> = found.iter().map(|(k, &v)| (k.as_str(), v)).collect();
        assert_eq!(found, services, "{}", facet.field);
    }
    assert_eq!(answer.facets[2].distinct, 400);
    for facet in &answer.facets {
        for ValueCount { value, count } in &facet.values {
            let request = LogsRequest {
                query: value.filter(&facet.field, Signal::Logs),
                range: AskedRange::ALL,
                order: Order::Descending,
                limit: 1,
                cursor: None,
                count: true,
            };
            let query = request.query.clone();
            let found = store.engine.search_logs(&tenant, request).await.unwrap();
            assert_eq!(found.matched, Some(*count), "{query}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_values_than_fit_are_refused_and_leave_room() {
    let config = Config {
        memory_bytes: 100_000,
        ..Config::default()
    };
    let store = Store::with(config);
    store.append(batch(&logs(1_500)));
    let tenant = TenantId::default();
    for _ in 0..3 {
        let engine = &store.engine;
        let refused = engine
            .field_values(&tenant, Signal::Logs, values_of("n"))
            .await;
        assert!(
            matches!(refused, Err(QueryError::MemoryLimit { limit: 100_000, .. })),
            "{refused:?}"
        );
        // What begins otherwise is not held.
        let few = ValuesRequest {
            prefix: "149".into(),
            ..values_of("n")
        };
        let few = engine
            .field_values(&tenant, Signal::Logs, few)
            .await
            .unwrap();
        assert_eq!(few.values.distinct, 11);
        let first = FieldValue::Int {
            value: 149,
            only_double: false,
        };
        assert_eq!(few.values.values[0].value, first);
        let histogram = engine.logs_histogram(&tenant, all(), 60).await.unwrap();
        assert_eq!(histogram.counted.matched, 1_500);
    }
}
