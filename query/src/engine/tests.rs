//! What becomes of a question: its turn, its time, its end.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;
use std::time::Duration;

use clearspan_schema::Signal;
use clearspan_storage::background::{ManualClock, ManualRunner};
use clearspan_storage::vfs::OsVfs;
use clearspan_storage::{Environment, Storage, TenantId};
use futures::poll;
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::QueryEngine;
use crate::{AskedRange, Config, LogId, LogsRequest, Order, QueryError};

struct Room {
    engine: QueryEngine,
    tenant: TenantId,
    _folder: TempDir,
}

fn room(concurrent_max: usize, waiting_max: usize, time_limit_ms: u64) -> Room {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(0));
    let runner = Arc::new(ManualRunner::new(Arc::clone(&clock)));
    let environment = Environment {
        vfs: Arc::new(OsVfs),
        clock: Arc::clone(&clock) as _,
        runner,
        catalog: None,
        formulas: crate::formulas(),
        store_id: 1,
    };
    let storage_config = clearspan_storage::Config::new(folder.path().join("data"));
    let storage = Storage::open(storage_config, environment).unwrap();
    let config = Config {
        concurrent_max,
        waiting_max,
        time_limit: Duration::from_millis(time_limit_ms),
        ..Config::default()
    };
    let engine = QueryEngine::new(storage, config, clock, Handle::current()).unwrap();
    Room {
        engine,
        tenant: TenantId::default(),
        _folder: folder,
    }
}

/// Sends when it is dropped.
struct Ends(Option<oneshot::Sender<()>>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.take().map(|sender| sender.send(()));
    }
}

impl Room {
    async fn ask<T: Send + 'static>(
        &self,
        answer: impl Future<Output = Result<T, QueryError>> + Send + 'static,
    ) -> Result<T, QueryError> {
        self.engine
            .ask(
                &self.engine.0.scans,
                "log_record",
                &self.tenant,
                Signal::Logs,
                |_| answer,
            )
            .await
    }
}

#[tokio::test]
async fn a_question_ends_at_its_time_limit_and_stops() {
    let room = room(1, 0, 200);
    let (sender, stopped) = oneshot::channel();
    let ends = Ends(Some(sender));
    let asked = room.ask(async move {
        let _ends = ends;
        std::future::pending::<Result<(), QueryError>>().await
    });
    let answer = asked.await;
    assert!(
        matches!(answer, Err(QueryError::TimeLimit { limit_ms: 200 })),
        "{answer:?}"
    );
    stopped.await.unwrap();
}

#[tokio::test]
async fn a_question_that_nobody_waits_for_stops() {
    let room = room(1, 0, 60_000);
    let (sender, stopped) = oneshot::channel();
    let (started, is_working) = oneshot::channel();
    let ends = Ends(Some(sender));
    let mut asked = Box::pin(room.ask(async move {
        let _ends = ends;
        started.send(()).unwrap();
        std::future::pending::<Result<(), QueryError>>().await
    }));
    assert!(poll!(&mut asked).is_pending());
    is_working.await.unwrap();
    drop(asked);
    stopped.await.unwrap();
    assert_eq!(
        room.ask(async { Ok(5) }).await.unwrap(),
        5,
        "its turn is free again"
    );
}

#[tokio::test]
async fn a_panic_is_an_error_of_its_question_alone() {
    let room = room(1, 0, 60_000);
    let asked = room
        .ask(async { if true { panic!("planted") } else { Ok(()) } })
        .await;
    assert!(matches!(asked, Err(QueryError::Internal(_))), "{asked:?}");
    assert_eq!(room.ask(async { Ok(5) }).await.unwrap(), 5);
}

#[tokio::test]
async fn questions_wait_for_their_turn_and_too_many_are_refused() {
    let room = room(1, 1, 60_000);
    let (finish, may_finish) = oneshot::channel();
    let mut first = Box::pin(room.ask(async move { Ok(may_finish.await.unwrap()) }));
    assert!(poll!(&mut first).is_pending());
    let mut second = Box::pin(room.ask(async { Ok(2) }));
    assert!(poll!(&mut second).is_pending());
    let third = room.ask(async { Ok(3) }).await;
    assert!(
        matches!(third, Err(QueryError::Overloaded { waiting: 1 })),
        "{third:?}"
    );
    finish.send(1).unwrap();
    assert_eq!((first.await.unwrap(), second.await.unwrap()), (1, 2));
    assert_eq!(room.ask(async { Ok(4) }).await.unwrap(), 4);
}

fn search(query: &str) -> LogsRequest {
    LogsRequest {
        query: query.to_owned(),
        range: AskedRange::ALL,
        order: Order::Descending,
        limit: 10,
        cursor: None,
        count: true,
    }
}

#[tokio::test]
async fn needles_do_not_wait_behind_scans() {
    let room = room(1, 1, 60_000);
    let (engine, tenant) = (&room.engine, &room.tenant);
    let (finish, may_finish) = oneshot::channel();
    let mut scan = Box::pin(room.ask(async move { Ok(may_finish.await.unwrap()) }));
    assert!(poll!(&mut scan).is_pending());
    let mut waits = Box::pin(engine.search_logs(tenant, search("word")));
    assert!(poll!(&mut waits).is_pending());
    let refused = engine.search_logs(tenant, search("another")).await;
    assert!(
        matches!(refused, Err(QueryError::Overloaded { waiting: 1 })),
        "{refused:?}"
    );

    // One of each kind of needle is answered.
    let unknown = |error: QueryError| matches!(error, QueryError::UnknownTrace { .. });
    assert!(unknown(engine.trace(tenant, [1; 16]).await.unwrap_err()));
    assert!(unknown(engine.skeleton(tenant, [1; 16]).await.unwrap_err()));
    assert_eq!(
        engine.trace_logs(tenant, [1; 16]).await.unwrap().matched,
        Some(0)
    );
    assert_eq!(
        engine
            .span_logs(tenant, [1; 16], [2; 8])
            .await
            .unwrap()
            .matched,
        Some(0)
    );
    assert!(
        engine
            .span(tenant, [1; 16], [2; 8])
            .await
            .unwrap()
            .is_empty()
    );
    let id = LogId {
        placed_time: 0,
        seq: 0,
    };
    assert!(engine.log_record(tenant, id).await.unwrap().is_none());
    assert_eq!(
        engine
            .search_logs(tenant, search(" "))
            .await
            .unwrap()
            .matched,
        Some(0)
    );

    let questions = engine.questions();
    assert_eq!(
        questions.running,
        [("needles", 0), ("scans", 1), ("sql", 0), ("exports", 0)]
    );
    assert_eq!(questions.waiting, 1);
    finish.send(1).unwrap();
    assert_eq!(scan.await.unwrap(), 1);
    assert_eq!(waits.await.unwrap().matched, Some(0));
}
