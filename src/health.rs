//! `clearspan health`: asks a running server whether it is ready. For containers: exit 0 when it is, else 1.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use tokio::time;

use crate::cli::HealthArgs;
use crate::client::{BaseUrl, Client, reachable};
use crate::{config, output};

/// A probe that takes longer is a no.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Probes `/readyz` once.
pub(crate) fn run(args: &HealthArgs) -> anyhow::Result<ExitCode> {
    let url = match &args.url {
        Some(url) => BaseUrl::parse(url)?,
        None => {
            let settings = config::load(args.config.as_deref(), Vec::new())?;
            BaseUrl::parse(&format!("http://{}", reachable(settings.server.http)))?
        }
    };
    let probe_url = url.join("/readyz")?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let answer =
        runtime.block_on(async { time::timeout(TIMEOUT, Client::new(1).get(&probe_url)).await });
    let answer = answer
        .with_context(|| format!("{url} did not answer within {} s", TIMEOUT.as_secs()))??;
    if answer.status.is_success() {
        output::line("ready");
        return Ok(ExitCode::SUCCESS);
    }
    output::error(&format!(
        "{url} is not ready: status {}",
        answer.status.as_u16()
    ));
    Ok(ExitCode::FAILURE)
}
