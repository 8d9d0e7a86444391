//! Looking for every acknowledged record in a Clearspan, afterwards.
//!
//! 1. SQL counts the records with the run's name, again and again until there are as many as were acknowledged: what was
//!    acknowledged is searchable a moment later.
//! 2. An export of all of them is read, and the number of each record noted. None is left out, and there is no sample.
//! 3. SQL counts again: the export must lie between the two counts, or the store's two ways to answer disagree.

use std::fmt::{self, Display};

use anyhow::{Context, bail, ensure};
use bytes::BytesMut;
use clearspan_proto::otlp::{Encoding, decode_logs, decode_traces, stencil_number};
use clearspan_schema::any::{AnyRef, KeyValues};
use clearspan_schema::logs::LogsReader;
use clearspan_schema::spans::SpansReader;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::{self, Instant};

use super::ledger::{Comparison, Entry, Found, compare};
use super::limits::{EXPORT_LINE_BYTES_MAX, VERIFY_EVERY, VERIFY_PATIENCE};
use super::material::{NUMBER_KEY, RUN_KEY};
use crate::cli::LoadSignalArg;
use crate::client::{Arriving, BaseUrl, Client};

/// The server's word that segments of its store cannot be read.
const PARTIAL_HEADER: &str = "clearspan-partial";

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Verification {
    #[serde(flatten)]
    comparison: Comparison,
    /// Records with the run's name by an exact count.
    counted: u64,
    /// Records with the run's name in the export.
    exported: u64,
    /// Whether the two agree.
    agrees: bool,
}

impl Verification {
    pub(super) fn is_sound(&self) -> bool {
        self.comparison.is_sound() && self.agrees
    }
}

impl Display for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "verified: {}", self.comparison)?;
        if self.agrees {
            return Ok(());
        }
        let Self {
            counted, exported, ..
        } = self;
        write!(f, "; its count says {counted} and its export {exported}")
    }
}

/// A Clearspan that is asked for the records of one run.
pub(super) struct Store<'a> {
    client: Client,
    api: BaseUrl,
    run: &'a str,
    signal: LoadSignalArg,
}

/// A table with its export.
struct Table {
    name: &'static str,
    export: &'static str,
    see: fn(&[u8], &str, &mut Found) -> anyhow::Result<()>,
}

const LOGS: Table = Table {
    name: "logs",
    export: "/api/v1/logs/export",
    see: see_logs,
};

const SPANS: Table = Table {
    name: "spans",
    export: "/api/v1/traces/export",
    see: see_spans,
};

impl<'a> Store<'a> {
    pub(super) fn new(api: BaseUrl, run: &'a str, signal: LoadSignalArg) -> Self {
        Self {
            client: Client::new(1),
            api,
            run,
            signal,
        }
    }

    /// Fails when the store cannot be asked, or has records of a run of this name: told before anything is sent.
    pub(super) async fn is_fresh(&self) -> anyhow::Result<()> {
        let counted = self.count().await?;
        let (api, run) = (&self.api, self.run);
        ensure!(
            counted == 0,
            "{api} has {counted} records of a run with the name {run} already"
        );
        Ok(())
    }

    pub(super) async fn verify(&self, entries: &[Entry]) -> anyhow::Result<Verification> {
        let wanted = compare(entries, &Found::default()).acknowledged;
        let mut before = self.count().await?;
        let mut grown_at = Instant::now();
        while before < wanted && grown_at.elapsed() < VERIFY_PATIENCE {
            time::sleep(VERIFY_EVERY).await;
            let now = self.count().await?;
            if now != before {
                (before, grown_at) = (now, Instant::now());
            }
        }
        let mut found = Found::default();
        for table in self.tables() {
            self.read_export(table, &mut found).await?;
        }
        let counted = self.count().await?;
        Ok(Verification {
            comparison: compare(entries, &found),
            counted,
            exported: found.total(),
            agrees: (before..=counted).contains(&found.total()),
        })
    }

    fn tables(&self) -> &'static [Table] {
        match self.signal {
            LoadSignalArg::Logs => &[LOGS],
            LoadSignalArg::Spans => &[SPANS],
            LoadSignalArg::Both => &[LOGS, SPANS],
        }
    }

    /// All records with the run's name.
    async fn count(&self) -> anyhow::Result<u64> {
        let mut all = 0;
        for table in self.tables() {
            let query = format!(
                "SELECT count(*) FROM {} WHERE resource['{RUN_KEY}'] = $run",
                table.name
            );
            let body = json!({ "query": query, "params": { "run": self.run } });
            let answer = self.post("/api/v1/sql", &body).await?.whole().await?;
            let answer: Value = serde_json::from_slice(&answer.body)?;
            ensure!(
                answer["partial"] != true,
                "{} cannot read all of its store",
                self.api
            );
            let count = answer["rows"][0][0].as_u64();
            all += count.context("an answer to SQL without a count")?;
        }
        Ok(all)
    }

    async fn read_export(&self, table: &Table, found: &mut Found) -> anyhow::Result<()> {
        let query = format!("{RUN_KEY}:\"{}\"", self.run);
        let body = json!({ "q": query, "format": "otlp" });
        let mut answer = self.post(table.export, &body).await?;
        ensure!(
            !answer.headers.contains_key(PARTIAL_HEADER),
            "{} cannot read all of its store",
            self.api
        );
        let mut lines = Lines::default();
        loop {
            let chunk = answer.chunk().await;
            let chunk = chunk.context("the export for the verification broke off")?;
            let is_last = chunk.is_none();
            lines.add(&chunk.unwrap_or_default())?;
            while let Some(line) = lines.next(is_last) {
                (table.see)(&line, self.run, found)?;
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// A good answer to a question.
    async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Arriving> {
        let api = &self.api;
        let url = api.join(path)?;
        let asked = self
            .client
            .post_streamed(&url, "application/json", body.to_string().into());
        let answer = asked
            .await
            .with_context(|| format!("{api} cannot be asked for the verification"))?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        let status = answer.status.as_u16();
        let body = answer.whole().await.map(|answer| answer.body);
        let error: Value = serde_json::from_slice(&body.unwrap_or_default()).unwrap_or_default();
        let message = error["error"]["message"]
            .as_str()
            .unwrap_or("no Clearspan?");
        bail!("{api} answered {path} with status {status}: {message}")
    }
}

/// Chunks cut into lines.
#[derive(Default)]
struct Lines {
    rest: BytesMut,
    /// How much of the rest has no end of a line.
    searched: usize,
}

impl Lines {
    fn add(&mut self, chunk: &[u8]) -> anyhow::Result<()> {
        ensure!(
            self.rest.len() <= EXPORT_LINE_BYTES_MAX,
            "a line of the export is longer than {EXPORT_LINE_BYTES_MAX} bytes"
        );
        self.rest.extend_from_slice(chunk);
        Ok(())
    }

    /// The next line that is not empty, without its end. What follows the last end is a line when nothing more comes.
    fn next(&mut self, is_last: bool) -> Option<BytesMut> {
        loop {
            let end = memchr::memchr(b'\n', &self.rest[self.searched..]);
            let mut line = match end {
                Some(end) => self.rest.split_to(self.searched + end + 1),
                None if is_last && !self.rest.is_empty() => self.rest.split(),
                None => {
                    self.searched = self.rest.len();
                    return None;
                }
            };
            self.searched = 0;
            line.truncate(line.trim_ascii_end().len());
            if !line.is_empty() {
                return Some(line);
            }
        }
    }
}

fn see_logs(line: &[u8], run: &str, found: &mut Found) -> anyhow::Result<()> {
    let batch = decode_logs(line, Encoding::Json, 0)?.batch;
    let reader = LogsReader::new(batch.inner())?;
    for row in 0..reader.rows() {
        let resource = reader.resource(row).attributes;
        see(resource, reader.row(row).attributes, run, found);
    }
    Ok(())
}

fn see_spans(line: &[u8], run: &str, found: &mut Found) -> anyhow::Result<()> {
    let batch = decode_traces(line, Encoding::Json, 0)?.batch;
    let reader = SpansReader::new(batch.inner())?;
    for row in 0..reader.rows() {
        let resource = reader.resource(row).attributes;
        see(resource, reader.row(row).attributes, run, found);
    }
    Ok(())
}

/// The export of traces gives whole traces, so a record must say itself that it is of the run.
fn see(resource: KeyValues<'_>, record: KeyValues<'_>, run: &str, found: &mut Found) {
    if resource.get(RUN_KEY) != Some(AnyRef::String(run)) {
        return;
    }
    found.see(match record.get(NUMBER_KEY) {
        Some(AnyRef::Int(number)) => stencil_number(number),
        _ => None,
    });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    #[test]
    fn chunks_are_cut_into_lines_wherever_they_end() {
        let text = b"one\ntwo\r\n\nthree";
        for size in 1..=text.len() {
            let mut lines = Lines::default();
            let mut found = Vec::new();
            for chunk in text.chunks(size) {
                lines.add(chunk).unwrap();
                found.extend(std::iter::from_fn(|| lines.next(false)));
            }
            found.extend(std::iter::from_fn(|| lines.next(true)));
            assert_eq!(found, [&b"one"[..], b"two", b"three"], "{size}");
        }
    }
}
