//! Segments that cannot be read: what they held is named, the rest is answered.

use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use clearspan_query::{
    AskedRange, AskedRoot, LogsRequest, Order, QueryError, TraceSort, TracesRequest,
};
use clearspan_schema::Signal;
use clearspan_storage::TenantId;

use crate::random::Random;
use crate::spans::{Span, batch, trace_id};
use crate::store::Store;

pub(crate) fn files_named(folder: &Path, name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_named(&path, name));
        } else if path.ends_with(name) {
            found.push(path);
        }
    }
    found
}

fn traces(query: &str) -> TracesRequest {
    TracesRequest {
        query: query.into(),
        range: AskedRange::ALL,
        min_duration_ns: None,
        max_duration_ns: None,
        root: AskedRoot::default(),
        sort: TraceSort::default(),
        limit: 10_000,
        cursor: None,
        count: true,
    }
}

/// A store with some segments, one of which has had its rows overwritten.
async fn damaged() -> (Store, Vec<Span>, u64) {
    let mut random = Random::new(3);
    let spans: Vec<Span> = (0..200)
        .map(|number| Span::random(number, 20, &mut random))
        .collect();
    let store = Store::new();
    store.append(batch(&spans));
    store.flush();
    let whole = store
        .engine
        .search_traces(&TenantId::default(), traces(""))
        .await
        .unwrap();
    assert!(whole.missing.is_empty());
    let store = store.restart();
    let mut files = files_named(store.folder.path(), "rows.arrow");
    files.sort();
    assert!(files.len() > 1, "several segments");
    let length = std::fs::metadata(&files[0]).unwrap().len() as usize;
    std::fs::write(&files[0], vec![0xa5; length]).unwrap();
    std::fs::remove_file(files[0].with_file_name("traces.dir")).unwrap();
    (store, spans, whole.matched.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_says_which_segments_it_lacks() {
    let (store, spans, all) = damaged().await;
    let tenant = TenantId::default();
    for query in ["", "status:error OR NOT status:error"] {
        let answer = store
            .engine
            .search_traces(&tenant, traces(query))
            .await
            .unwrap();
        assert_eq!(answer.missing.len(), 1, "{:?}", answer.missing);
        assert!(
            answer.missing[0].path.starts_with("tenants"),
            "{:?}",
            answer.missing
        );
        assert!(answer.missing[0].rows > 0);
        let seen: u64 = answer.traces.iter().map(|trace| trace.span_count).sum();
        assert_eq!(seen + answer.missing[0].rows, spans.len() as u64);
        let matched = answer.matched.unwrap();
        assert!(matched > 0 && matched <= all);
    }
    let services = store
        .engine
        .services(&tenant, AskedRange::ALL.into())
        .await
        .unwrap();
    assert_eq!(services.missing.len(), 1);
    let counted: u64 = services.services.iter().map(|service| service.spans).sum();
    assert_eq!(counted + services.missing[0].rows, spans.len() as u64);
    let mut found = 0;
    for trace in 0..20 {
        match store.engine.trace(&tenant, trace_id(trace)).await {
            Err(QueryError::UnknownTrace {
                unreadable_segments,
                ..
            }) => assert_eq!(unreadable_segments, 1),
            answer => {
                let batches = answer.unwrap().batches;
                found += batches.iter().map(RecordBatch::num_rows).sum::<usize>();
            }
        }
    }
    assert_eq!(found as u64 + services.missing[0].rows, spans.len() as u64);
    let status = store.storage.status(&tenant).unwrap();
    for (signal, table) in status.tables {
        let told = usize::from(signal == Signal::Spans);
        assert_eq!(table.missing.len(), told, "{signal}: {:?}", table.missing);
    }
    // The other signal is not concerned.
    let logs = LogsRequest {
        query: String::new(),
        range: AskedRange::ALL,
        order: Order::Ascending,
        limit: 1,
        cursor: None,
        count: true,
    };
    assert!(
        store
            .engine
            .search_logs(&tenant, logs)
            .await
            .unwrap()
            .missing
            .is_empty()
    );
}
