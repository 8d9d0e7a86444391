//! `clearspan check-config`: validates the configuration and prints what is in force.

use std::process::ExitCode;

use crate::cli::ServeArgs;
use crate::{config, output};

/// Prints the effective settings as TOML that could be used as the configuration.
pub(crate) fn run(args: &ServeArgs) -> anyhow::Result<ExitCode> {
    let settings = config::load(args.config.as_deref(), args.flags())?;
    output::line(toml::to_string(&settings)?.trim_end());
    Ok(ExitCode::SUCCESS)
}
