//! Scans that are sent as bytes, and run over another snapshot of the same segments.

use std::sync::Arc;

use arrow::array::RecordBatch;
use clearspan_query::exec::{Emit, SegmentScan, SegmentScanExec, SentScanError};
use clearspan_query::language::Query;
use clearspan_schema::{Signal, logs};
use clearspan_storage::TenantId;
use clearspan_storage::scan::{AttributeKeys, Projection, Snapshot, TimeRange};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::collect;

use crate::counts;
use crate::records::{START, batch};
use crate::store::Store;

fn snapshot(store: &Store) -> Arc<Snapshot> {
    let snapshot = store.storage.snapshot(&TenantId::default(), Signal::Logs);
    Arc::new(snapshot.unwrap())
}

/// Three segments, and what is in memory beside them.
fn filled(in_memory: bool) -> Store {
    let store = Store::new();
    let logs = counts::logs(400);
    for part in logs.chunks(100).take(3) {
        store.append(batch(part));
        store.flush();
    }
    if in_memory {
        store.append(batch(&logs[300..]));
    }
    store
}

async fn rows(scan: SegmentScan) -> (Vec<RecordBatch>, u64) {
    let leaf = Arc::new(SegmentScanExec::new(scan, 1));
    let rows = collect(Arc::clone(&leaf) as _, Arc::new(TaskContext::default())).await;
    (rows.unwrap(), leaf.tally().matched)
}

fn scan(snapshot: Arc<Snapshot>, query: &str, range: TimeRange, emit: Emit) -> SegmentScan {
    let query = Query::parse(query, Signal::Logs).unwrap();
    SegmentScan::new(snapshot, query, range, emit).unwrap()
}

fn emitted() -> [Emit; 4] {
    let keys = AttributeKeys::Only(["n".to_owned()].into());
    let columns = vec![logs::BODY, logs::ATTRIBUTES, logs::SEVERITY_NUMBER];
    [
        Emit::Count,
        Emit::Addresses,
        Emit::Columns(Projection::new(columns.clone(), keys)),
        Emit::ColumnsAt(Projection::new(columns, AttributeKeys::All).with_long_steps()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_that_was_sent_gives_the_same_rows() {
    let store = filled(false);
    let start = START.cast_signed();
    let part = TimeRange {
        from: Some(start),
        to: Some(start + 7_200_000_000_000),
    };
    for query in [
        "",
        "alpha",
        "service:cart -\"beta\"",
        "n:[10 TO 250] /al.*a/ OR NOT severity:*",
    ] {
        for range in [TimeRange::ALL, part] {
            for emit in emitted() {
                let own = scan(snapshot(&store), query, range, emit);
                let bytes = own.to_bytes().unwrap();
                let sent = SegmentScan::from_bytes(&bytes, |_| snapshot(&store)).unwrap();
                assert_eq!(sent.to_bytes().unwrap(), bytes, "{query}");
                let (own, sent) = (rows(own).await, rows(sent).await);
                assert!(own.1 > 0 && own.1 <= 300, "{query}: {}", own.1);
                if range == TimeRange::ALL {
                    assert_eq!(sent, own, "{query}");
                }
                // Where not all segments lie in the range, they have other numbers there.
                assert_eq!(sent.1, own.1, "{query}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_or_read_is_said() {
    let store = filled(true);
    let own = scan(snapshot(&store), "alpha", TimeRange::ALL, Emit::Addresses);
    assert!(matches!(own.to_bytes(), Err(SentScanError::InMemory)));
    store.flush();
    let own = scan(snapshot(&store), "alpha", TimeRange::ALL, Emit::Addresses);
    let bytes = own.to_bytes().unwrap();
    let read =
        |bytes: &[u8], here: &Store| SegmentScan::from_bytes(bytes, |_| snapshot(here)).map(drop);
    for end in 0..bytes.len() {
        let cut = read(&bytes[..end], &store);
        assert!(matches!(cut, Err(SentScanError::Malformed(_))), "{end}");
    }
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        assert!(matches!(
            read(&flipped, &store),
            Err(SentScanError::Malformed(_))
        ));
    }
    // With a right checksum nothing of it panics.
    for at in 0..bytes.len() - 4 {
        for value in [0, 1, 0x7f, 0xff] {
            let mut body = bytes[..bytes.len() - 4].to_vec();
            body[at] = value;
            let crc = crc32c::crc32c(&body).to_le_bytes();
            let changed = read(&[body, crc.into()].concat(), &store);
            assert!(at > 0 || value == 1 || matches!(changed, Err(SentScanError::Version(_))));
        }
    }
    let elsewhere = Store::new();
    assert!(matches!(
        read(&bytes, &elsewhere),
        Err(SentScanError::UnknownSegment(_))
    ));
}
