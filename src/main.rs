//! The program: command line, configuration, wiring and the order of shutdown. It has no logic of its own beyond
//! `import`, `export`, `query`, `tail` and `load`, which are clients, and `demo`, whose shop is one too.
//!
//! | file | holds |
//! |---|---|
//! | `allocator` | whence it has its memory |
//! | `cli` | the command line |
//! | `config` | the settings and their sources |
//! | `serve` | everything in one process |
//! | `demo` | `serve` with a simulated shop that sends to it |
//! | `import` | sending files to a running server |
//! | `export` | saving what a running server has |
//! | `terminal` | searching a running server from a terminal, once or for as long as records come |
//! | `load` | sending at a fixed rate, measuring what a receiver makes of it, and looking whether all is there |
//! | `otlp_files` | files of OTLP, as `import` and `load` read them |
//! | `delivery` | handing OTLP to a server: retries, and what its answers mean |
//! | `check_config` | validating and printing the settings |
//! | `health` | probing a running server |
//! | `client` | the HTTP client of the commands that talk to a server |
//! | `logging` | the program's own log |
//! | `output` | what a command prints |

#[cfg(target_os = "linux")]
mod allocator;
mod check_config;
mod cli;
mod client;
mod config;
mod delivery;
mod demo;
mod export;
mod health;
mod import;
mod load;
mod logging;
mod otlp_files;
mod output;
mod serve;
mod terminal;

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
        Some(Command::Query(args)) => terminal::query(args),
        Some(Command::Tail(args)) => terminal::tail(args),
        Some(Command::Load(args)) => load::run(args),
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
