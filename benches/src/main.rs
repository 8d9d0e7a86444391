//! Measurements over the real binary. Results, with their date and machine, stand in `results.md`.
//!
//! | file | holds |
//! |---|---|
//! | `data` | the 12-fold data, on which all benchmarks are held |
//! | `ingest` | what it costs to take the data: CPU, bytes on disk, memory |
//! | `columns` | where the bytes of segments go, column by column |
//! | `commit` | group commit alone, on the real disk |
//! | `freshness` | how long after its acknowledgement a record is found |
//! | `flood` | acknowledgements while questions in SQL take all their turns |
//! | `trickle` | a record a second for a simulated month |
//! | `server` | the real binary as a child process on a core of its own |
//! | `usage` | what the kernel says of a process |
//! | `disk` | bytes of a data folder by kind of file |
//! | `http` | a blocking HTTP/1.1 client, small enough to disturb nothing |
//! | `percentiles` | nearest rank |

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement reads the real clock and disk, and printing is what it is for"
)]

mod columns;
mod commit;
mod data;
mod disk;
mod flood;
mod freshness;
mod http;
mod ingest;
mod percentiles;
mod server;
mod trickle;
mod usage;

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};

/// Measures the real binary on the 12-fold data.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make the 12-fold data, or check that it is there
    MakeData(MakeDataArgs),
    /// Send the 12-fold data to a fresh server: CPU-seconds per million records, bytes per record, memory
    Ingest(IngestArgs),
    /// Bytes per row of each column of rows.parquet and of every other file of segments
    Columns {
        /// A segment's folder, or one with segments in it, such as a data folder
        folder: PathBuf,
    },
    /// Time from a record's acknowledgement until a search finds it
    Freshness(FreshnessArgs),
    /// Acknowledgements at a fixed rate, without and with a flood of SQL
    Flood(FloodArgs),
    /// A record a second for a simulated month: files, and how quickly a needle is found
    Trickle(TrickleArgs),
    /// Group commit on the disk of the working folder: appends a second, and how long each waits
    Commit,
    /// Write what a .zst file holds to standard output
    Unpack {
        /// The file
        file: PathBuf,
    },
}

/// Where files lie.
#[derive(Debug, Args)]
struct Places {
    /// Folder of the original data
    #[arg(long, value_name = "FOLDER", default_value = "../shared/data")]
    source: PathBuf,
    /// Folder for the 12-fold data and for servers' data [default: ~/.cache/clearspan/bench]
    #[arg(long, value_name = "FOLDER")]
    cache: Option<PathBuf>,
}

impl Places {
    /// The cache folder, made where it does not exist.
    fn cache(&self) -> Result<PathBuf> {
        let folder = match &self.cache {
            Some(folder) => folder.clone(),
            None => {
                let home = env::var_os("HOME").context("HOME is not set; give --cache")?;
                Path::new(&home).join(".cache/clearspan/bench")
            }
        };
        fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
        Ok(folder)
    }
}

#[derive(Debug, Args)]
struct TrickleArgs {
    #[command(flatten)]
    places: Places,
    /// How long
    #[arg(long, value_name = "N", default_value_t = 30)]
    days: u64,
    /// Keep the data folder and say where it is
    #[arg(long)]
    keep: bool,
}

#[derive(Debug, Args)]
struct MakeDataArgs {
    #[command(flatten)]
    places: Places,
    /// Make it anew although it is there
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
struct IngestArgs {
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    server: server::ServerArgs,
    /// One signal alone; both, one after the other, when not given
    #[arg(long, value_enum)]
    signal: Option<data::Signal>,
    /// Connections, each with one request in flight
    #[arg(long, value_name = "N", default_value_t = 2)]
    connections: usize,
    /// The server's flush interval in milliseconds. It merges segments of hours that are over two intervals after their last flush, and the
    /// measurement waits for that
    #[arg(long, value_name = "MS", default_value_t = 2_000)]
    flush_interval_ms: u64,
    /// Keep the data folder and say where it is
    #[arg(long)]
    keep: bool,
}

#[derive(Debug, Args)]
struct FreshnessArgs {
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    server: server::ServerArgs,
    /// Records to send and search for, once idle and once under load
    #[arg(long, value_name = "N", default_value_t = 500)]
    samples: usize,
}

#[derive(Debug, Args)]
struct FloodArgs {
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    server: server::ServerArgs,
    /// Records a second, of both signals together
    #[arg(long, value_name = "N", default_value_t = 5_000)]
    rate: u32,
    /// Records of one request
    #[arg(long, value_name = "N", default_value_t = 100)]
    batch: u32,
    /// Connections that send them
    #[arg(long, value_name = "N", default_value_t = 16)]
    connections: u32,
    /// Seconds of each measurement
    #[arg(long, value_name = "SECONDS", default_value_t = 15)]
    duration: u64,
    /// Seconds of sending before the first, so that there is something to ask about
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    fill: u64,
    /// Clients that ask in SQL, each one question at a time
    #[arg(long, value_name = "N", default_value_t = 16)]
    questions: usize,
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::MakeData(args) => {
            let cache = args.places.cache()?;
            for signal in data::Signal::BOTH {
                let made = data::make(signal, &args.places.source, &cache, args.force)?;
                println!("{made}");
            }
            Ok(())
        }
        Command::Ingest(args) => ingest::run(&args),
        Command::Columns { folder } => columns::run(&folder),
        Command::Freshness(args) => freshness::run(&args),
        Command::Flood(args) => flood::run(&args),
        Command::Trickle(args) => trickle::run(&args),
        Command::Commit => commit::run(),
        Command::Unpack { file } => unpack(&file),
    }
}

/// For scripts on machines that have no `zstd`.
fn unpack(file: &Path) -> Result<()> {
    let packed = fs::File::open(file).with_context(|| format!("open {}", file.display()))?;
    zstd::stream::copy_decode(packed, io::stdout().lock()).context("unpack")
}
