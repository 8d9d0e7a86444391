//! `clearspan query`: the pages of a search, one after the other.

use anyhow::bail;
use serde_json::{Value, json};

use super::ask::{Page, Server};
use super::sink::{Reader, Sink};
use super::{Found, run_to_end};
use crate::cli::{OrderArg, QueryArgs, StoredSignalArg};
use crate::output;

/// Rows of a page: few enough that the first are there at once.
const PAGE_ROWS: u64 = 500;

/// 1. Each page is printed when it is there, and the next one is asked for where it ends.
/// 2. That goes on until there are as many rows as are wanted, or no more, or nobody reads on.
/// 3. A store of which some cannot be read is told of in the end, for the rows that are there are good.
pub(super) fn run(args: &QueryArgs) -> anyhow::Result<Found> {
    let server = Server::new(&args.shown.to_server)?;
    let mut sink = Sink::new(&args.shown, args.signal);
    let missing = run_to_end(pages(args, &server, &mut sink))?;
    if missing > 0 {
        bail!("not whole: the server cannot read {missing} of its segments");
    }
    Ok(Found::of(sink.rows()))
}

/// Prints all pages, and says how many segments could not be read.
async fn pages(args: &QueryArgs, server: &Server, sink: &mut Sink) -> anyhow::Result<usize> {
    let (path, mut params) = request(args);
    let mut missing = 0;
    loop {
        params["limit"] = (args.limit - sink.rows()).min(PAGE_ROWS).into();
        let body = server.ask(path, &params).await?;
        let page = Page::read(&body)?;
        missing = missing.max(page.missing.len());
        for row in &page.rows {
            if sink.row(row.get())? == Reader::Left {
                return Ok(missing);
            }
        }
        if sink.flush()? == Reader::Left {
            return Ok(missing);
        }
        if sink.rows() == 0 {
            page.hints.iter().for_each(|hint| output::remark(hint));
        }
        match page.next_cursor {
            Some(cursor) if sink.rows() < args.limit && !page.rows.is_empty() => {
                params["cursor"] = cursor.into();
            }
            _ => return Ok(missing),
        }
    }
}

fn request(args: &QueryArgs) -> (&'static str, Value) {
    let from = args.since.as_ref().or(args.from.as_ref());
    let mut params = json!({"q": args.query, "from": from, "to": args.to});
    let is_newest_first = args.order == OrderArg::Desc;
    match args.signal {
        StoredSignalArg::Logs => {
            params["order"] = if is_newest_first { "desc" } else { "asc" }.into();
            ("/api/v1/logs/search", params)
        }
        StoredSignalArg::Traces => {
            params["sort"] = if is_newest_first { "-start" } else { "start" }.into();
            ("/api/v1/traces/search", params)
        }
    }
}
