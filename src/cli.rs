//! The command line. `clearspan` alone is `clearspan serve`.

mod load;
mod terminal;

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use toml::Value;

use crate::config::Flags;
pub(crate) use load::{CompressionArg, LoadArgs, LoadSignalArg, OutputArg, ProtocolArg};
pub(crate) use terminal::{ColorArg, FormArg, OrderArg, QueryArgs, ShownArgs, TailArgs};

/// An observability store in one binary: takes OTLP, keeps it on disk, answers searches.
#[derive(Debug, Parser)]
#[command(name = "clearspan", version, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: ServeArgs,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the server: OTLP/gRPC, OTLP/HTTP and the API in one process (the default)
    Serve(ServeArgs),
    /// Start the server with a simulated shop that sends to it, so that there is something to look at
    Demo(DemoArgs),
    /// Send OTLP files to a running server
    Import(ImportArgs),
    /// Save traces or logs of a running server as OTLP/JSON lines
    Export(ExportArgs),
    /// Search the logs or traces of a running server; exit status 0 when something is found, 1 when nothing is
    Query(QueryArgs),
    /// Follow the logs of a running server that match, as they come
    Tail(TailArgs),
    /// Send spans and logs at a fixed rate to any OTLP receiver, and measure how it takes them
    Load(Box<LoadArgs>),
    /// Check the configuration and print what is in force
    CheckConfig(ServeArgs),
    /// Ask a running server whether it is ready
    Health(HealthArgs),
}

/// Flags that set what the configuration sets too.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServeArgs {
    /// Configuration file [default: clearspan.toml, where it exists]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Folder of the data [default: ./clearspan-data; of `demo` a temporary one]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Address for OTLP over gRPC; port 0 takes a free one [default: 127.0.0.1:4317]
    #[arg(long, value_name = "ADDRESS")]
    otlp_grpc: Option<SocketAddr>,
    /// Address for OTLP over HTTP [default: 127.0.0.1:4318]
    #[arg(long, value_name = "ADDRESS")]
    otlp_http: Option<SocketAddr>,
    /// Address for the API and the pages [default: 127.0.0.1:4320]
    #[arg(long, value_name = "ADDRESS")]
    http: Option<SocketAddr>,
}

impl ServeArgs {
    /// The settings that were given as flags.
    pub(crate) fn flags(&self) -> Flags {
        let address = |address: Option<SocketAddr>| address.map(|a| Value::String(a.to_string()));
        let folder = self
            .data_dir
            .as_ref()
            .map(|folder| Value::String(folder.to_string_lossy().into_owned()));
        [
            ("server.data_dir", folder),
            ("server.otlp_grpc", address(self.otlp_grpc)),
            ("server.otlp_http", address(self.otlp_http)),
            ("server.http", address(self.http)),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .collect()
    }
}

/// Visits per second: below there is nothing to see, above this one process would be sender and server of too much.
const RATES: RangeInclusive<f64> = 0.1..=200.0;

/// The shop's past is made as it is sent, but somebody waits for it.
const HISTORY_MAX: Duration = Duration::from_secs(6 * 3_600);

/// Flags of `serve`, and those of the shop. Unlike there, the data folder is a temporary one unless it is named here.
#[derive(Debug, Clone, Args)]
pub(crate) struct DemoArgs {
    #[command(flatten)]
    pub(crate) serve: ServeArgs,
    /// What the shop's randomness begins with: at the same time, the same seed makes the same spans and logs
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Visits per second, 0.1 to 200; each makes a trace of some twenty spans
    #[arg(long, value_name = "N", default_value = "8", value_parser = rate)]
    pub(crate) rate: f64,
    /// How much of its past the shop sends at the start, up to six hours
    #[arg(long, value_name = "SECONDS", default_value = "900", value_parser = history)]
    pub(crate) history: Duration,
}

/// What to import, and where to.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// OTLP/JSON lines or the Collector's protobuf frames, plain or zstd; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Base URL of the server's OTLP over HTTP
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:4318")]
    pub(crate) to: String,
    /// Move all times, so that the newest record is now
    #[arg(long)]
    pub(crate) shift_to_now: bool,
    /// What protobuf frames hold, where their content does not tell
    #[arg(long, value_enum)]
    pub(crate) signal: Option<SignalArg>,
    /// Connections, each with one request in flight
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) connections: u8,
    /// Give up when one request has been tried for this many seconds
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub(crate) give_up_after: Duration,
}

/// A signal by its name on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SignalArg {
    Traces,
    Logs,
    Metrics,
}

/// What to export, where from and where to.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true).args(["trace", "signal"])))]
pub(crate) struct ExportArgs {
    /// One trace with its logs, by its id
    #[arg(long, value_name = "ID", conflicts_with_all = ["query", "from", "to"])]
    pub(crate) trace: Option<String>,
    /// All logs that match, or all spans of the traces that match
    #[arg(long, value_enum)]
    pub(crate) signal: Option<StoredSignalArg>,
    /// Query of the search language [default: everything]
    #[arg(
        long,
        value_name = "Q",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    pub(crate) query: String,
    /// Start of the range: RFC 3339, milliseconds since 1970, or a time such as now-15m [default: the first record]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) from: Option<String>,
    /// End of the range, itself not included [default: the last record]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) to: Option<String>,
    /// Base URL of the server's API
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:4320")]
    pub(crate) to_server: String,
    /// File to write, once all of it is there; `-` is standard output [default: -]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// A signal that is stored, by its name on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StoredSignalArg {
    Logs,
    Traces,
}

/// Whom to ask.
#[derive(Debug, Args)]
pub(crate) struct HealthArgs {
    /// Base URL of the API [default: the configured address of this machine's server]
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Configuration file that names the address [default: clearspan.toml, where it exists]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().map_err(|_| format!("not a number: {text}"))?;
    if RATES.contains(&rate) {
        Ok(rate)
    } else {
        Err(format!(
            "{rate} is not in {} to {}",
            RATES.start(),
            RATES.end()
        ))
    }
}

fn history(text: &str) -> Result<Duration, String> {
    let history = seconds(text)?;
    if history <= HISTORY_MAX {
        Ok(history)
    } else {
        Err(format!("longer than {} seconds", HISTORY_MAX.as_secs()))
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| format!("not a number of seconds: {text}"))?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_of_serve_stand_without_its_name() {
        let alone =
            Cli::try_parse_from(["clearspan", "--data-dir", "d", "--http", "127.0.0.1:0"]).unwrap();
        assert!(alone.command.is_none());
        let named = Cli::try_parse_from([
            "clearspan",
            "serve",
            "--data-dir",
            "d",
            "--http",
            "127.0.0.1:0",
        ])
        .unwrap();
        let Some(Command::Serve(named)) = named.command else {
            panic!("not serve")
        };
        assert_eq!(alone.serve.flags(), named.flags());
        assert_eq!(named.flags().len(), 2);
    }
}
