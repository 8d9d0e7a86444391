//! The flags of `load`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use http::{HeaderName, HeaderValue};

use super::seconds;

/// More would need several machines.
const RATE_MAX: f64 = 10_000_000.0;

/// A run is watched, and holds what it has to verify in memory.
const DURATION_MAX: Duration = Duration::from_secs(24 * 3_600);

/// Characters of a run's name.
const RUN_LENGTH_MAX: usize = 64;

/// What to send, how fast, and where to.
#[derive(Debug, Args)]
pub(crate) struct LoadArgs {
    /// Base URL of the receiver: /v1/logs or the gRPC method is added [default: http://127.0.0.1:4318, of gRPC http://127.0.0.1:4317]
    #[arg(long, value_name = "URL")]
    pub(crate) to: Option<String>,
    /// Records per second, of all signals together; they become due at this rate whatever the receiver answers
    #[arg(long, value_name = "N", default_value = "1000", value_parser = rate)]
    pub(crate) rate: f64,
    /// How long records become due: seconds, or 500ms, 30s, 5m, 1h. Then the last answers are waited for
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub(crate) duration: Duration,
    /// What to send
    #[arg(long, value_enum, default_value_t = LoadSignalArg::Both)]
    pub(crate) signal: LoadSignalArg,
    /// How to send it; the encoding is protobuf either way
    #[arg(long, value_enum, default_value_t = ProtocolArg::Http)]
    pub(crate) protocol: ProtocolArg,
    /// Records of one request
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) batch: u32,
    /// Connections
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) connections: u16,
    /// Requests in flight on each connection of gRPC; one of HTTP has one
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) streams: u16,
    /// Requests that are not answered yet, those included that wait for a connection or a retry; what becomes due beyond
    /// them is dropped and counted
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) backlog: u32,
    /// Compression of the requests
    #[arg(long, value_enum, default_value_t = CompressionArg::None)]
    pub(crate) compression: CompressionArg,
    /// A header of every request, as `Name: value`; may be repeated
    #[arg(long, value_name = "HEADER", value_parser = header)]
    pub(crate) header: Vec<(HeaderName, HeaderValue)>,
    /// Replay files with fresh ids and times, over and over, instead of generating records: what `import` reads
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) from: Vec<PathBuf>,
    /// What the generator's randomness begins with: the same seed makes the same records but for ids and times
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "from")]
    pub(crate) seed: u64,
    /// Name of this run in its records, from which ids come too; use each once for a store [default: a random one]
    #[arg(long, value_name = "NAME", value_parser = run_name)]
    pub(crate) run: Option<String>,
    /// An attempt that is not answered for this many seconds is broken off and tried again
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) timeout: Duration,
    /// Give a request up when it was due this many seconds ago
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub(crate) give_up_after: Duration,
    /// Afterwards look for every acknowledged record through the API of a Clearspan at this base URL
    #[arg(
        long,
        value_name = "URL",
        num_args = 0..=1,
        default_missing_value = "http://127.0.0.1:4320"
    )]
    pub(crate) verify: Option<String>,
    /// How the report on standard output is written
    #[arg(short, long, value_enum, default_value_t = OutputArg::Text)]
    pub(crate) output: OutputArg,
}

/// Signals that `load` has records of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LoadSignalArg {
    Logs,
    #[value(alias = "traces")]
    Spans,
    Both,
}

/// A protocol by its name on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProtocolArg {
    Grpc,
    Http,
}

/// A compression by its name on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompressionArg {
    None,
    Gzip,
    Zstd,
}

/// A form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputArg {
    Text,
    Json,
}

fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| format!("not a number: {text}"))?;
    if rate > 0.0 && rate <= RATE_MAX {
        Ok(rate)
    } else {
        Err(format!("{rate} is not above 0 and up to {RATE_MAX}"))
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit_s = match &text[digits.len()..] {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        unit => return Err(format!("no unit of time: {unit}; expected ms, s, m or h")),
    };
    let number: f64 = digits
        .parse()
        .map_err(|_| format!("not a time: {text}; expected as in 30s"))?;
    let duration =
        Duration::try_from_secs_f64(number * unit_s).map_err(|error| error.to_string())?;
    if duration.is_zero() || duration > DURATION_MAX {
        return Err(format!(
            "not above 0 and up to {} hours",
            DURATION_MAX.as_secs() / 3_600
        ));
    }
    Ok(duration)
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text
        .split_once(':')
        .ok_or_else(|| format!("not a header: {text}; expected `Name: value`"))?;
    let name = name.trim().parse::<HeaderName>();
    let value = value.trim().parse::<HeaderValue>();
    match (name, value) {
        (Ok(name), Ok(value)) => Ok((name, value)),
        _ => Err(format!("not a header: {text}; expected `Name: value`")),
    }
}

/// It stands in queries and in a report as it is.
fn run_name(text: &str) -> Result<String, String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !text.is_empty() && text.len() <= RUN_LENGTH_MAX && text.bytes().all(is_plain) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "not 1 to {RUN_LENGTH_MAX} letters, digits, `-` and `_`"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units_or_are_seconds() {
        for (text, millis) in [
            ("2", 2_000),
            ("0.5", 500),
            ("500ms", 500),
            ("1.5m", 90_000),
            ("1h", 3_600_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "s", "5d", "-1s", "0", "25h", "NaN", "1e30s", "5 s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rates_are_positive_numbers() {
        assert_eq!(rate("0.5"), Ok(0.5));
        for text in ["0", "-1", "NaN", "inf", "1e9", "x"] {
            assert!(rate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn headers_and_names_are_checked() {
        assert!(header("X-Scope-OrgID: one").is_ok());
        assert!(header("no header").is_err() && header("a b: c").is_err());
        assert!(run_name("night-3").is_ok());
        assert!(run_name("").is_err() && run_name("a b").is_err() && run_name("a\"").is_err());
    }
}
