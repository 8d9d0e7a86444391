//! The program: command line, configuration, wiring and the order of shutdown. It has no logic of its own beyond
//! `import` and `export`, which are clients, and `demo`, whose shop is one too.
//!
//! | file | holds |
//! |---|---|
//! | `cli` | the command line |
//! | `config` | the settings and their sources |
//! | `serve` | everything in one process |
//! | `demo` | `serve` with a simulated shop that sends to it |
//! | `import` | sending files to a running server |
//! | `export` | saving what a running server has |
//! | `delivery` | handing OTLP to a server: retries, and what its answers mean |
//! | `check_config` | validating and printing the settings |
//! | `health` | probing a running server |
//! | `client` | the HTTP/1 client of the commands that talk to a server |
//! | `logging` | the program's own log |
//! | `output` | what a command prints |

mod check_config;
mod cli;
mod client;
mod config;
mod delivery;
mod demo;
mod export;
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
        Some(Command::Demo(args)) => demo::run(args),
        Some(Command::Import(args)) => import::run(args),
        Some(Command::Export(args)) => export::run(args),
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
