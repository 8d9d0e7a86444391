//! `clearspan tail`: following, and going on when a connection is lost.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::{Context, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::ask::{Page, Server};
use super::events::{Event, Events};
use super::refusal::Refusal;
use super::sink::{Reader, Sink};
use super::{Found, run_to_end};
use crate::cli::{StoredSignalArg, TailArgs};
use crate::client::Arriving;
use crate::output;
use crate::serve::signals;

/// Rows of the time before that are shown at most.
const EARLIER_ROWS_MAX: u64 = 1_000;

/// A server sends a heartbeat every ten seconds. One that is silent for so long is not there any more.
const SILENCE_MAX: Duration = Duration::from_secs(35);

/// The first wait before a lost connection is opened again, and the longest.
const WAIT_MIN: Duration = Duration::from_millis(100);
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Ends when it is stopped (by Ctrl-C too), when there are as many rows as are wanted, or when nobody reads any more.
pub(super) fn run(args: &TailArgs) -> anyhow::Result<Found> {
    let mut follower = Follower {
        args,
        server: Server::new(&args.shown.to_server)?,
        sink: Sink::new(&args.shown, StoredSignalArg::Logs),
        position: None,
        earlier: HashSet::new(),
        begun: false,
    };
    run_to_end(async {
        let stop = signals::install()?;
        tokio::select! {
            () = stop.cancelled() => Ok(()),
            ended = follower.follow() => ended,
        }
    })?;
    Ok(Found::of(follower.sink.rows()))
}

/// A tail over as many connections as it takes.
struct Follower<'a> {
    args: &'a TailArgs,
    server: Server,
    sink: Sink,
    /// Behind the last event.
    position: Option<String>,
    /// Ids of rows that a search has found while the tail stood already.
    earlier: HashSet<String>,
    begun: bool,
}

/// Why a connection is not read any more.
enum Ended {
    /// Enough was shown.
    Enough,
    Lost(String),
}

impl Follower<'_> {
    async fn follow(&mut self) -> anyhow::Result<()> {
        let mut wait = WAIT_MIN;
        loop {
            match self.connect().await {
                Ok(answer) => {
                    if self.begun {
                        output::remark("connected again");
                    }
                    (self.begun, wait) = (true, WAIT_MIN);
                    match self.read(answer).await? {
                        Ended::Enough => return Ok(()),
                        Ended::Lost(reason) => output::remark(&format!("{reason}; trying again")),
                    }
                }
                Err(error) if self.may_come_back(&error) => {}
                Err(error) => return Err(error),
            }
            sleep(wait).await;
            wait = (wait * 2).min(WAIT_MAX);
        }
    }

    async fn connect(&self) -> anyhow::Result<Arriving> {
        let params = json!({"q": self.args.query, "after": self.position, "rate": self.args.rate});
        self.server.stream("/api/v1/logs/tail", &params).await
    }

    /// Before it has begun, every error is told at once.
    fn may_come_back(&mut self, error: &anyhow::Error) -> bool {
        match error.downcast_ref::<Refusal>() {
            _ if !self.begun => false,
            None => true,
            Some(refusal) if refusal.code == "bad_cursor" && self.position.is_some() => {
                output::remark(
                    "the server has another store now: what came meanwhile is not known",
                );
                self.position = None;
                true
            }
            Some(refusal) => refusal.is_passing(),
        }
    }

    async fn read(&mut self, mut answer: Arriving) -> anyhow::Result<Ended> {
        let mut events = Events::default();
        loop {
            let piece = match timeout(SILENCE_MAX, answer.chunk()).await {
                Ok(Ok(Some(piece))) => piece,
                Ok(Ok(None)) => return Ok(Ended::Lost("the server has ended the tail".into())),
                Ok(Err(error)) => {
                    return Ok(Ended::Lost(format!("the connection is lost: {error:#}")));
                }
                Err(_) => return Ok(Ended::Lost("the server is silent".into())),
            };
            for event in events.take(&piece)? {
                if self.show(event).await? == Reader::Left {
                    return Ok(Ended::Enough);
                }
            }
            if self.sink.flush()? == Reader::Left {
                return Ok(Ended::Enough);
            }
        }
    }

    /// [`Reader::Left`] also when there are as many rows as are wanted.
    async fn show(&mut self, event: Event) -> anyhow::Result<Reader> {
        let is_first = self.position.is_none();
        let reader = match event.name.as_str() {
            "log" => self.row(&event.data)?,
            "dropped" => {
                // In the place where the rows are missing.
                let reader = self.sink.flush()?;
                output::remark(&dropped(&event.data)?);
                reader
            }
            "heartbeat" if is_first && self.args.since.is_some() && self.earlier.is_empty() => {
                self.show_earlier().await?
            }
            _ => Reader::Reads,
        };
        self.position = event.id.or(self.position.take());
        Ok(reader)
    }

    fn row(&mut self, row: &str) -> anyhow::Result<Reader> {
        if !self.earlier.is_empty() && self.earlier.contains(&id_of(row)?) {
            return Ok(Reader::Reads);
        }
        let reader = self.sink.row(row)?;
        if self
            .args
            .limit
            .is_some_and(|limit| self.sink.rows() >= limit)
        {
            let _reader = self.sink.flush()?;
            return Ok(Reader::Left);
        }
        Ok(reader)
    }

    /// Rows of the time before, oldest first. The tail stands already, so that what comes meanwhile may be in both.
    async fn show_earlier(&mut self) -> anyhow::Result<Reader> {
        let params =
            json!({"q": self.args.query, "from": self.args.since, "limit": EARLIER_ROWS_MAX});
        let body = self.server.ask("/api/v1/logs/search", &params).await?;
        let page = Page::read(&body)?;
        if page.next_cursor.is_some() {
            output::remark(&format!(
                "older than the newest {EARLIER_ROWS_MAX} are not shown"
            ));
        }
        let mut ids = HashSet::new();
        for row in page.rows.iter().rev() {
            ids.insert(id_of(row.get())?);
            if self.row(row.get())? == Reader::Left {
                return Ok(Reader::Left);
            }
        }
        self.earlier = ids;
        self.sink.flush()
    }
}

fn id_of(row: &str) -> anyhow::Result<String> {
    #[derive(Deserialize)]
    struct Row {
        id: String,
    }
    let row: Row = serde_json::from_str(row).context("a row has no id")?;
    Ok(row.id)
}

fn dropped(data: &str) -> anyhow::Result<String> {
    let told: Value = serde_json::from_str(data).context("a gap cannot be read")?;
    let Some(count) = told["count"].as_u64() else {
        bail!("a gap has no count: {data}");
    };
    let since = match told["since"].as_str() {
        Some(since) => format!(" since {}", super::visible::visible(since)),
        None => " from before".to_owned(),
    };
    let unexamined = match told["unexamined"].as_u64() {
        Some(rows) => format!(", and {rows} records that nobody has looked at"),
        None => String::new(),
    };
    Ok(format!("dropped {count} rows{since}{unexamined}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::dropped;

    #[test]
    fn a_gap_is_told_in_words() {
        let told = |data| dropped(data).unwrap();
        assert_eq!(
            told(r#"{"count":5,"since":"2023-11-14T22:13:20Z"}"#),
            "dropped 5 rows since 2023-11-14T22:13:20Z"
        );
        assert_eq!(
            told(r#"{"count":0,"since":null,"unexamined":7}"#),
            "dropped 0 rows from before, and 7 records that nobody has looked at"
        );
        assert!(dropped("{}").is_err());
    }
}
