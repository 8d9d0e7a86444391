//! Asking the server, and reading a page.

use anyhow::{Context, bail};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::refusal::Refusal;
use crate::client::{Arriving, BaseUrl, Client};

/// Bytes of a page beyond which it is given up: some hundred rows with bodies as large as a request may be.
const PAGE_BYTES_MAX: usize = 1 << 30;

/// A page of rows, in the server's words.
#[derive(Debug, Deserialize)]
pub(super) struct Page<'a> {
    #[serde(borrow, alias = "traces")]
    pub(super) rows: Vec<&'a RawValue>,
    pub(super) next_cursor: Option<String>,
    #[serde(default)]
    pub(super) missing: Vec<Value>,
    #[serde(default)]
    pub(super) hints: Vec<String>,
}

impl<'a> Page<'a> {
    pub(super) fn read(body: &'a [u8]) -> anyhow::Result<Self> {
        serde_json::from_slice(body).context("the server's answer cannot be read")
    }
}

/// Whom to ask.
pub(super) struct Server {
    url: BaseUrl,
    client: Client,
}

impl Server {
    pub(super) fn new(url: &str) -> anyhow::Result<Self> {
        Ok(Server {
            url: BaseUrl::parse(url)?,
            client: Client::new(1),
        })
    }

    /// The answer to a call with these parameters, whatever its length.
    pub(super) async fn ask(&self, path: &str, params: &Value) -> anyhow::Result<Vec<u8>> {
        let mut answer = self.stream(path, params).await?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.context("the answer broke off")? {
            if body.len() + chunk.len() > PAGE_BYTES_MAX {
                bail!("a page has more than {PAGE_BYTES_MAX} bytes; lower --limit");
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// A good answer, as it comes; of any other a [`Refusal`]. The parameters go into the body, where a query may have any length.
    pub(super) async fn stream(&self, path: &str, params: &Value) -> anyhow::Result<Arriving> {
        let url = self.url.join(path)?;
        let body = params.to_string().into();
        let asked = self.client.post_streamed(&url, "application/json", body);
        let answer = asked
            .await
            .with_context(|| format!("{} cannot be asked", self.url))?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        let status = answer.status;
        let body = answer.whole().await.map(|answer| answer.body);
        let query = params["q"].as_str().unwrap_or_default();
        Err(Refusal::new(status, &body.unwrap_or_default(), query).into())
    }
}
