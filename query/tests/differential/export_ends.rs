//! How exports begin and end: what is refused, what becomes of them when a client goes or waits, how large their
//! pieces are, and where rows cannot be read.

use clearspan_query::limits::EXPORTS_MAX;
use clearspan_query::{AskedRange, QueryError};
use clearspan_storage::TenantId;

use crate::damage::files_named;
use crate::export::{PIECE_ROWS, logs_export, numbers, request};
use crate::random::Random;
use crate::records::{self, Log};
use crate::store::Store;

/// Above the limit of one piece, with every row's own fields.
const PIECE_BYTES: usize = 2 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_is_refused_before_it_begins() {
    let store = Store::new();
    let tenant = TenantId::default();
    let broken = store
        .engine
        .export_logs(&tenant, request("a AND", AskedRange::ALL))
        .await;
    assert!(matches!(broken, Err(QueryError::BadQuery(_))), "{broken:?}");
    let reversed = AskedRange {
        from: records::at(5),
        to: records::at(4),
    };
    let reversed = store
        .engine
        .export_traces(&tenant, request("", reversed))
        .await;
    assert!(
        matches!(reversed, Err(QueryError::RangeReversed)),
        "{reversed:?}"
    );
}

/// Exports that nobody reads keep no question waiting; one more than may run is refused; those that are
/// given up make room.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_waits_or_goes() {
    let store = Store::new();
    let tenant = TenantId::default();
    let mut random = Random::new(15);
    let logs: Vec<Log> = (0..9_000)
        .map(|number| Log::random(number, &mut random))
        .collect();
    store.append(records::batch(&logs));
    let everything = || request("", AskedRange::ALL);
    let mut running = Vec::new();
    for _ in 0..EXPORTS_MAX {
        let mut export = store
            .engine
            .export_logs(&tenant, everything())
            .await
            .unwrap();
        export.next().await.unwrap().unwrap();
        running.push(export);
    }
    let refused = store.engine.export_logs(&tenant, everything()).await;
    assert!(
        matches!(refused, Err(QueryError::TooManyExports { .. })),
        "{refused:?}"
    );
    // As many questions as have turns, at once.
    let questions = (0..8).map(|_| store.engine.services(&tenant, AskedRange::ALL.into()));
    for answer in futures::future::join_all(questions).await {
        answer.unwrap();
    }
    // What was appended later is not in the snapshot of those that run.
    let later = Log {
        number: 9_000,
        ..logs[0].clone()
    };
    store.append(records::batch(&[later]));
    store.flush();
    let rest = numbers(running.pop().unwrap()).await;
    assert_eq!((rest.0.len(), rest.1.is_none()), (9_000 - PIECE_ROWS, true));
    running.clear();
    loop {
        match store.engine.export_logs(&tenant, everything()).await {
            Ok(export) => running.push(export),
            Err(QueryError::TooManyExports { .. }) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
        if running.len() == EXPORTS_MAX {
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_rows_make_small_pieces() {
    let store = Store::new();
    let tenant = TenantId::default();
    let mut random = Random::new(16);
    let word: &'static str = "x".repeat(300_000).leak();
    let logs: Vec<Log> = (0..40)
        .map(|number| Log {
            words: vec![word],
            ..Log::random(number, &mut random)
        })
        .collect();
    store.append(records::batch(&logs));
    for stage in ["memtable", "segments"] {
        if stage == "segments" {
            store.flush();
        }
        let mut export = store
            .engine
            .export_logs(&tenant, request("", AskedRange::ALL))
            .await
            .unwrap();
        let mut rows = 0;
        while let Some(piece) = export.next().await {
            let piece = piece.unwrap();
            let in_piece: usize = piece.batches().iter().map(|batch| batch.num_rows()).sum();
            assert!(in_piece * 300_000 < PIECE_BYTES, "{stage}: {in_piece} rows");
            rows += in_piece;
        }
        assert_eq!(rows, logs.len(), "{stage}");
    }
}

/// The byte in the middle of a segment's rows is turned: what can be read comes, then an error.
#[tokio::test(flavor = "multi_thread")]
async fn damage_on_the_way_is_told_at_the_end() {
    let mut random = Random::new(17);
    let logs: Vec<Log> = (0..9_000)
        .map(|number| Log::random(number, &mut random))
        .collect();
    let store = Store::new();
    store.append(records::batch(&logs));
    store.flush();
    let store = store.restart();
    let mut files = files_named(store.folder.path(), "rows.arrow");
    files.sort_by_key(|file| std::fs::metadata(file).unwrap().len());
    assert!(files.len() > 1, "several segments");
    let file = files.last().unwrap();
    let mut bytes = std::fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x40;
    std::fs::write(file, bytes).unwrap();
    for query in ["", "NOT alpha"] {
        let export = logs_export(&store, query, AskedRange::ALL);
        let export = export.await.unwrap();
        assert!(export.missing().is_empty(), "nobody knows yet");
        let (seen, error) = numbers(export).await;
        assert!(
            matches!(error, Some(QueryError::Damaged { segments: 1 })),
            "{error:?}"
        );
        assert!(
            !seen.is_empty() && seen.len() < logs.len(),
            "{}",
            seen.len()
        );
    }
}
