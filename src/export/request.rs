//! What the server is asked.

use anyhow::bail;
use bytes::Bytes;
use http::Uri;
use serde_json::json;

use crate::cli::{ExportArgs, StoredSignalArg};
use crate::client::{Arriving, BaseUrl, Client};

/// Digits of a trace id.
const TRACE_ID_DIGITS: usize = 32;

/// A request for lines.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// One trace with its logs.
    Trace(Uri),
    /// A query, in the body, where it may have any length.
    Matches(Uri, Bytes),
}

impl Request {
    pub(super) fn new(args: &ExportArgs, server: &BaseUrl) -> anyhow::Result<Self> {
        if let Some(id) = &args.trace {
            if id.len() != TRACE_ID_DIGITS || !id.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                bail!("`{id}` is no trace id: it has {TRACE_ID_DIGITS} hexadecimal digits");
            }
            let url = server.join(&format!("/api/v1/traces/{id}/export"))?;
            return Ok(Request::Trace(url));
        }
        let path = match args.signal {
            Some(StoredSignalArg::Logs) => "/api/v1/logs/export",
            Some(StoredSignalArg::Traces) => "/api/v1/traces/export",
            None => bail!("name a trace or a signal"),
        };
        let body = json!({
            "q": args.query, "from": args.from, "to": args.to, "format": "otlp"
        });
        Ok(Request::Matches(
            server.join(path)?,
            body.to_string().into(),
        ))
    }

    pub(super) async fn send(&self, client: &Client) -> anyhow::Result<Arriving> {
        match self {
            Request::Trace(url) => client.get_streamed(url).await,
            Request::Matches(url, body) => {
                client
                    .post_streamed(url, "application/json", body.clone())
                    .await
            }
        }
    }
}
