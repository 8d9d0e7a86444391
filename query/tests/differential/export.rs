//! Exports against a plain scan.

use clearspan_query::{AskedRange, Export, ExportRequest, Order, QueryError, Signal};
use clearspan_schema::any::AnyRef;
use clearspan_schema::logs::LogsReader;
use clearspan_schema::spans::SpansReader;
use clearspan_schema::{SpanId, TraceId};
use clearspan_storage::TenantId;

use crate::random::Random;
use crate::records::{self, Log, scan};
use crate::spans::{self, Span, span_id, trace_id};
use crate::store::Store;
use crate::traces;

pub(crate) const PIECE_ROWS: usize = 1_024;

pub(crate) fn request(query: &str, range: AskedRange) -> ExportRequest {
    ExportRequest {
        query: query.into(),
        range,
    }
}

/// The numbers of all logs that come, and the error with which it ended, if any.
pub(crate) async fn numbers(mut export: Export) -> (Vec<i64>, Option<QueryError>) {
    let mut seen = Vec::new();
    while let Some(piece) = export.next().await {
        let piece = match piece {
            Ok(piece) => piece,
            Err(error) => {
                assert!(export.next().await.is_none(), "nothing follows an error");
                return (seen, Some(error));
            }
        };
        assert_eq!(piece.signal(), Signal::Logs);
        let first = seen.len();
        for batch in piece.batches() {
            let reader = LogsReader::new(batch).unwrap();
            for row in 0..reader.rows() {
                match reader.row(row).attributes.get("n") {
                    Some(AnyRef::Int(number)) => seen.push(number),
                    other => panic!("no number: {other:?}"),
                }
            }
        }
        assert!((1..=PIECE_ROWS).contains(&(seen.len() - first)));
    }
    assert!(export.next().await.is_none());
    (seen, None)
}

pub(crate) async fn logs_export(
    store: &Store,
    query: &str,
    range: AskedRange,
) -> Result<Export, QueryError> {
    let tenant = TenantId::default();
    store
        .engine
        .export_logs(&tenant, request(query, range))
        .await
}

async fn spans_of(mut export: Export) -> Vec<(TraceId, SpanId)> {
    let mut seen = Vec::new();
    while let Some(piece) = export.next().await {
        let piece = piece.unwrap();
        assert_eq!(piece.signal(), Signal::Spans);
        for batch in piece.batches() {
            let reader = SpansReader::new(batch).unwrap();
            let rows = (0..reader.rows()).map(|row| reader.row(row));
            seen.extend(rows.map(|span| (span.trace_id, span.span_id)));
        }
    }
    seen
}

async fn check_logs(store: &Store, logs: &[Log], when: &str) {
    for (query, wanted) in records::QUERIES {
        for range in records::ranges() {
            let export = logs_export(store, query, range);
            let (seen, error) = numbers(export.await.unwrap()).await;
            assert!(error.is_none(), "{error:?}");
            let expected = scan(logs, wanted, range, Order::Descending);
            assert_eq!(seen, expected, "{when}: {query:?}, {range:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exported_logs_equal_a_plain_scan() {
    let mut random = Random::new(11);
    let mut logs: Vec<Log> = Vec::new();
    let mut store = Store::new();
    for stage in ["empty", "memtable", "segments", "both", "more", "restarted"] {
        match stage {
            "empty" => {}
            "segments" => store.flush(),
            "restarted" => store = store.restart(),
            _ => {
                for _ in 0..3 {
                    let first = logs.len();
                    let more = (first..).take(60);
                    logs.extend(more.map(|number| Log::random(number as i64, &mut random)));
                    store.append(records::batch(&logs[first..]));
                }
            }
        }
        check_logs(&store, &logs, stage).await;
    }
}

/// Several segments over the same hours, each of several record batches, and a memtable.
#[tokio::test(flavor = "multi_thread")]
async fn many_rows_come_in_order() {
    let mut random = Random::new(12);
    let store = Store::new();
    let mut logs: Vec<Log> = Vec::new();
    for round in 0..4 {
        let first = logs.len();
        let more = (first..).take(6_000);
        logs.extend(more.map(|number| Log::random(number as i64, &mut random)));
        store.append(records::batch(&logs[first..]));
        if round < 3 {
            store.flush();
        }
    }
    for (query, wanted) in [
        records::QUERIES[0],
        records::QUERIES[4],
        records::QUERIES[9],
    ] {
        let export = logs_export(&store, query, AskedRange::ALL);
        let (seen, error) = numbers(export.await.unwrap()).await;
        assert!(error.is_none(), "{error:?}");
        let expected = scan(&logs, wanted, AskedRange::ALL, Order::Descending);
        assert!(
            seen == expected,
            "{query:?}: {} of {}",
            seen.len(),
            expected.len()
        );
    }
}

async fn check_traces(store: &Store, sent: &[Span], when: &str) {
    let tenant = TenantId::default();
    for (query, wanted) in traces::QUERIES {
        for range in traces::ranges() {
            let export = store.engine.export_traces(&tenant, request(query, range));
            let seen = spans_of(export.await.unwrap()).await;
            let mut expected: Vec<(i64, TraceId, Vec<SpanId>)> = traces::by_trace(sent)
                .into_values()
                .filter(|spans| wanted(spans) && traces::holds(range, traces::placed(spans)))
                .map(|spans| {
                    let ids = spans.iter().map(|span| span_id(span.number)).collect();
                    (traces::placed(&spans), trace_id(spans[0].trace), ids)
                })
                .collect();
            expected.sort_by_key(|(placed, id, _)| std::cmp::Reverse((*placed, *id)));
            let mut groups: Vec<(TraceId, Vec<SpanId>)> = Vec::new();
            for (trace, span) in seen {
                match groups.last_mut() {
                    Some((last, spans)) if *last == trace => spans.push(span),
                    _ => groups.push((trace, vec![span])),
                }
            }
            groups
                .iter_mut()
                .for_each(|(_, spans)| spans.sort_unstable());
            let expected: Vec<_> = expected
                .into_iter()
                .map(|(_, id, spans)| (id, spans))
                .collect();
            assert_eq!(groups, expected, "{when}: {query:?}, {range:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exported_traces_equal_a_plain_scan() {
    let mut random = Random::new(13);
    let mut sent: Vec<Span> = Vec::new();
    let mut store = Store::new();
    for stage in ["empty", "memtable", "segments", "both", "crashed"] {
        match stage {
            "empty" => {}
            "segments" => store.flush(),
            "crashed" => store = store.crash(),
            _ => {
                for _ in 0..3 {
                    let first = sent.len() as u64;
                    sent.extend(
                        (first..first + 40).map(|number| Span::random(number, 24, &mut random)),
                    );
                    store.append(spans::batch(&sent[first as usize..]));
                }
            }
        }
        check_traces(&store, &sent, stage).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_comes_with_its_logs() {
    let store = Store::new();
    let tenant = TenantId::default();
    let mut random = Random::new(14);
    let sent: Vec<Span> = (0..60)
        .map(|number| Span::random(number, 6, &mut random))
        .collect();
    let logs: Vec<Log> = (0..60)
        .map(|number| Log::random(number, &mut random))
        .collect();
    store.append(spans::batch(&sent));
    store.append(records::batch(&logs));
    for stage in ["memtable", "segments"] {
        if stage == "segments" {
            store.flush();
        }
        for trace in 0..6 {
            let mut export = store
                .engine
                .export_trace(&tenant, trace_id(trace))
                .await
                .unwrap();
            let (mut of_spans, mut of_logs) = (0, 0);
            while let Some(piece) = export.next().await {
                let piece = piece.unwrap();
                let rows: usize = piece.batches().iter().map(|batch| batch.num_rows()).sum();
                match piece.signal() {
                    Signal::Spans => of_spans += rows,
                    Signal::Logs => of_logs += rows,
                }
                assert!(
                    of_logs == 0 || piece.signal() == Signal::Logs,
                    "spans first"
                );
            }
            let expected =
                |found: usize, all: usize| assert_eq!(found, all, "{stage}, trace {trace}");
            expected(
                of_spans,
                sent.iter().filter(|span| span.trace == trace).count(),
            );
            expected(
                of_logs,
                logs.iter().filter(|log| log.trace == Some(trace)).count(),
            );
        }
        let unknown = store.engine.export_trace(&tenant, [0xee; 16]).await;
        assert!(matches!(
            unknown,
            Err(QueryError::UnknownTrace {
                unreadable_segments: 0,
                ..
            })
        ));
    }
}
