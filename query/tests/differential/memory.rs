//! Rows of answers in the memory budget: taken while somebody has them, refused where they do not fit.

use clearspan_query::{
    AskedRange, AskedRoot, Config, LogsRequest, Order, QueryError, TracesRequest,
};
use clearspan_storage::TenantId;
use clearspan_storage::memory::Purpose;

use crate::skeleton::sent::{Sent, TRACE, batch};
use crate::store::Store;

fn held(store: &Store) -> usize {
    let purposes = store.storage.memory().status().purposes;
    let queries = purposes
        .iter()
        .find(|(purpose, _)| *purpose == Purpose::Queries);
    queries.unwrap().1.used_bytes
}

fn with_memory(memory_bytes: usize) -> Store {
    Store::with(Config {
        memory_bytes,
        ..Config::default()
    })
}

fn is_memory_limit<T>(answer: &Result<T, QueryError>) -> bool {
    matches!(answer, Err(QueryError::MemoryLimit { .. }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_is_held_while_somebody_has_it() {
    let store = with_memory(400_000);
    let small = [9; 16];
    let span = |id: u64, trace| Sent {
        trace,
        ..Sent::new(id, None, 10, 5)
    };
    let large: Vec<Sent> = (1..5_000).map(|id| span(id, TRACE)).collect();
    store.append(batch(&large));
    store.append(batch(&[span(1, small), span(2, small)]));
    let tenant = TenantId::default();
    for flushed in [false, true] {
        if flushed {
            store.flush();
        }
        assert!(is_memory_limit(&store.engine.trace(&tenant, TRACE).await));
        assert!(is_memory_limit(
            &store.engine.skeleton(&tenant, TRACE).await
        ));
        assert_eq!(held(&store), 0);
        let trace = store.engine.trace(&tenant, small).await.unwrap();
        assert!(held(&store) > 0);
        drop(trace);
        let skeleton = store.engine.skeleton(&tenant, small).await.unwrap();
        assert_eq!(skeleton.spans.len(), 2);
        assert_eq!(held(&store), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_matching_traces_than_fit_are_refused() {
    let store = with_memory(100_000);
    let spans: Vec<Sent> = (1..5_000_u64)
        .map(|id| {
            let mut trace = [1; 16];
            trace[..8].copy_from_slice(&id.to_be_bytes());
            Sent {
                trace,
                name: if id < 1_000 { "few" } else { "many" }.into(),
                ..Sent::new(id, None, 10, 5)
            }
        })
        .collect();
    store.append(batch(&spans));
    let tenant = TenantId::default();
    let search = |query: &str| TracesRequest {
        query: query.into(),
        range: AskedRange::ALL,
        min_duration_ns: None,
        max_duration_ns: None,
        root: AskedRoot::default(),
        sort: clearspan_query::TraceSort::default(),
        limit: 10,
        cursor: None,
        count: true,
    };
    for _ in 0..3 {
        assert!(is_memory_limit(
            &store
                .engine
                .search_traces(&tenant, search("name:many"))
                .await
        ));
        let few = store
            .engine
            .search_traces(&tenant, search("name:few"))
            .await
            .unwrap();
        assert_eq!((few.matched, held(&store)), (Some(999), 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_held_while_somebody_has_it() {
    let store = with_memory(1_000_000);
    store.append(crate::records::batch(&crate::counts::logs(3_000)));
    let tenant = TenantId::default();
    let page = |limit| LogsRequest {
        query: String::new(),
        range: AskedRange::ALL,
        order: Order::Descending,
        limit,
        cursor: None,
        count: true,
    };
    let mut pages = Vec::new();
    let refused = loop {
        match store.engine.search_logs(&tenant, page(1_000)).await {
            Ok(answer) => pages.push(answer.rows),
            Err(error) => break error,
        }
        assert!(pages.len() < 100);
    };
    assert!(
        matches!(
            refused,
            QueryError::MemoryLimit {
                limit: 1_000_000,
                ..
            }
        ),
        "{refused:?}"
    );
    assert!(!pages.is_empty());
    let copies = pages.clone();
    drop(pages);
    assert!(held(&store) > 0);
    drop(copies);
    assert_eq!(held(&store), 0);
    assert_eq!(
        store
            .engine
            .search_logs(&tenant, page(1_000))
            .await
            .unwrap()
            .matched,
        Some(3_000)
    );
}
