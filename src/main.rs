//! The program: command line, configuration, wiring and the order of shutdown. It has no logic of its own beyond
//! `import`, which is a client.
//!
//! | file | holds |
//! |---|---|
//! | `cli` | the command line |
//! | `config` | the settings and their sources |
//! | `serve` | everything in one process |
//! | `import` | sending files to a running server |
//! | `check_config` | validating and printing the settings |
//! | `health` | probing a running server |
//! | `client` | the HTTP/1 client of `import` and `health` |
//! | `logging` | the program's own log |
//! | `output` | what a command prints |

mod check_config;
mod cli;
mod client;
mod config;
mod health;
mod import;
mod logging;
mod output;
mod serve;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};

/// Exit status of a command whose settings are refused, as clap's for a wrong command line.
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match &cli.command {
        None => serve::run(&cli.serve),
        Some(Command::Serve(args)) => serve::run(args),
        Some(Command::Import(args)) => import::run(args),
        Some(Command::CheckConfig(args)) => check_config::run(args),
        Some(Command::Health(args)) => health::run(args),
    };
    outcome.unwrap_or_else(|error| {
        output::error(&format!("{error:#}"));
        if error.is::<config::ConfigError>() {
            ExitCode::from(EXIT_USAGE)
        } else {
            ExitCode::FAILURE
        }
    })
}
