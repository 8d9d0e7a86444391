//! `clearspan export`: saves traces or logs of a running server as OTLP/JSON lines, without loss.
//!
//! | file | holds |
//! |---|---|
//! | `request` | what the server is asked |
//! | `target` | where the lines go |
//!
//! A file stands under its name only when all of it is there; a transfer that breaks off leaves nothing.

mod request;
mod target;

use std::io;
use std::process::ExitCode;

use anyhow::{Context, bail};
use serde_json::Value;

use crate::cli::ExportArgs;
use crate::client::{Arriving, BaseUrl, Client};
use crate::output;
use request::Request;
use target::Target;

/// The server's word that segments of its store cannot be read.
const PARTIAL_HEADER: &str = "clearspan-partial";

/// 1. The target is opened first, so that a wrong name is told before anything is asked.
/// 2. The server answers with lines, or says why not.
/// 3. The lines are written as they come; the last of them is followed by the end that HTTP promises, or all is
///    given up.
pub(crate) fn run(args: &ExportArgs) -> anyhow::Result<ExitCode> {
    let server = BaseUrl::parse(&args.to_server)?;
    let request = Request::new(args, &server)?;
    let mut target = Target::open(args.output.as_deref())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let answer = request
            .send(&Client::new(1))
            .await
            .with_context(|| format!("{server} cannot be asked"))?;
        let mut answer = accepted(answer).await?;
        let is_partial = answer.headers.contains_key(PARTIAL_HEADER);
        match copied(&mut answer, &mut target).await? {
            Copied::ReaderLeft => Ok(ExitCode::SUCCESS),
            Copied::All(size) if is_partial => {
                let place = target.keep_partial()?;
                output::error(&format!(
                    "not whole: the server cannot read some of its segments; what it can read ({size}) is in {place}"
                ));
                Ok(ExitCode::FAILURE)
            }
            Copied::All(size) => {
                if let Some(place) = target.finish()? {
                    output::line(&format!("exported {size} to {place}"));
                }
                Ok(ExitCode::SUCCESS)
            }
        }
    })
}

/// A good answer; of any other its reason.
async fn accepted(answer: Arriving) -> anyhow::Result<Arriving> {
    if answer.status.is_success() {
        return Ok(answer);
    }
    let status = answer.status.as_u16();
    let answer = answer.whole().await;
    let body = answer.map(|answer| answer.body).unwrap_or_default();
    let error = serde_json::from_slice::<Value>(&body).unwrap_or_default();
    let text = |name: &str| error["error"][name].as_str();
    match (text("message"), text("hint")) {
        (Some(message), Some(hint)) => bail!("{message} ({hint})"),
        (Some(message), None) => bail!("{message}"),
        _ => bail!("the server answered with status {status}"),
    }
}

/// How a transfer ended.
enum Copied {
    All(Size),
    /// Whoever reads our output wants no more, as `head` does.
    ReaderLeft,
}

/// How much it was.
#[derive(Default)]
struct Size {
    lines: usize,
    bytes: usize,
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} lines, {} bytes", self.lines, self.bytes)
    }
}

async fn copied(answer: &mut Arriving, target: &mut Target) -> anyhow::Result<Copied> {
    let mut size = Size::default();
    loop {
        let chunk = answer.chunk().await.with_context(|| {
            format!("the transfer broke off after {size}; the server's log says why")
        })?;
        let Some(chunk) = chunk else {
            break;
        };
        size.lines += memchr::memchr_iter(b'\n', &chunk).count();
        size.bytes += chunk.len();
        match target.write(&chunk) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                return Ok(Copied::ReaderLeft);
            }
            written => written.with_context(|| format!("{target} cannot be written"))?,
        }
    }
    Ok(Copied::All(size))
}
