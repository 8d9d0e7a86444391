//! Who asked has gone: the work ends, and its turn is free for others.

use std::time::Duration;

use clearspan_query::{Config, SqlRequest};
use clearspan_storage::TenantId;

use crate::records::batch;
use crate::store::Store;

fn sql(query: &str) -> SqlRequest {
    SqlRequest {
        query: query.into(),
        params: Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_that_nobody_waits_for_ends() {
    // One turn of SQL alone.
    let store = Store::with(Config {
        concurrent_max: 1,
        scan_partitions: 1,
        ..Config::default()
    });
    store.append(batch(&crate::counts::logs(3_000)));
    let tenant = TenantId::default();
    let joins = [
        "SELECT a.severity_text FROM logs a, logs b, logs c ORDER BY a.body || b.body || c.body LIMIT 5",
        "SELECT max(a.body || b.body || c.body) FROM logs a, logs b, logs c",
        "SELECT max(a.body || b.body) FROM logs a JOIN logs b ON a.flags = b.flags JOIN logs c ON b.flags = c.flags",
    ];
    for join in joins {
        let asked = store.engine.sql(&tenant, sql(join));
        // It would take hours.
        let answer = tokio::time::timeout(Duration::from_millis(300), asked).await;
        assert!(answer.is_err(), "{join}: {answer:?}");
        let next = store.engine.sql(&tenant, sql("SELECT count(*) FROM logs"));
        let next = tokio::time::timeout(Duration::from_secs(20), next).await;
        assert!(matches!(next, Ok(Ok(_))), "{join} keeps its turn: {next:?}");
    }
}
