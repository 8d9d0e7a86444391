//! `/api/v1/sql`, against plain oracles.
//!
//! | file | what it holds |
//! |---|---|
//! | `columns.rs` | every column of both tables, over records full of odd values |
//! | `functions.rs` | the functions of ours, and the usual ones |
//! | `conditions.rs` | WHERE against a plain scan, with what is skipped; joins; counts |
//! | `requests.rs` | parameters, formats, names, mistakes |
//! | `limits.rs` | rows, time, memory |
//! | `hostile.rs` | what must not be answered, and what would take forever |

mod columns;
mod conditions;
mod formats;
mod functions;
mod hostile;
mod limits;
mod requests;

use serde_json::{Value, json};

use super::server::{Answer, NOW_NS, Server};

const SQL: &str = "/api/v1/sql";

impl Server {
    async fn sql(&self, query: &str) -> Answer {
        self.post(SQL, &json!({"query": query})).await
    }

    /// The rows of a good answer.
    async fn rows(&self, query: &str) -> Value {
        self.sql(query).await.json()["rows"].take()
    }

    /// The only value of a good answer.
    async fn value(&self, query: &str) -> Value {
        let mut rows = self.rows(query).await;
        assert_eq!(rows.as_array().map(Vec::len), Some(1), "{query}: {rows}");
        rows[0][0].take()
    }
}

/// OTLP/JSON of log records under one resource.
fn logs(service: &str, records: &[Value]) -> Value {
    json!({"resourceLogs": [{
        "resource": {"attributes": [text("service.name", service)]},
        "scopeLogs": [{"scope": {"name": "main", "version": "1"}, "logRecords": records}]
    }]})
}

/// OTLP/JSON of spans under one resource.
fn spans(service: &str, spans: &[Value]) -> Value {
    json!({"resourceSpans": [{
        "resource": {"attributes": [text("service.name", service)]},
        "scopeSpans": [{"scope": {"name": "main"}, "spans": spans}]
    }]})
}

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

fn int(key: &str, value: i64) -> Value {
    json!({"key": key, "value": {"intValue": value.to_string()}})
}

fn trace_id(n: u64) -> String {
    format!("{:032x}", n + 1)
}

fn span_id(n: u64) -> String {
    format!("{:016x}", n + 1)
}
