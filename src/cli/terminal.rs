//! The flags of `query` and `tail`.

use clap::{Args, ValueEnum};

use super::StoredSignalArg;

/// What to look for, where, and how to show it.
#[derive(Debug, Args)]
pub(crate) struct QueryArgs {
    /// Query of the search language [default: everything]
    #[arg(
        value_name = "Q",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true,
        value_parser = query
    )]
    pub(crate) query: String,
    /// Logs, or one line for each trace
    #[arg(long, value_enum, default_value_t = StoredSignalArg::Logs)]
    pub(crate) signal: StoredSignalArg,
    /// How long ago the range starts, such as 15m, 1h or 2d [default: the first record]
    #[arg(long, value_name = "TIME", value_parser = ago, conflicts_with = "from")]
    pub(crate) since: Option<String>,
    /// Start of the range: RFC 3339, milliseconds since 1970, or a time such as now-15m
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) from: Option<String>,
    /// End of the range, itself not included [default: the last record]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) to: Option<String>,
    /// Rows at most, the first in order
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: u64,
    /// Newest first, or oldest first
    #[arg(long, value_enum, default_value_t = OrderArg::Desc)]
    pub(crate) order: OrderArg,
    #[command(flatten)]
    pub(crate) shown: ShownArgs,
}

/// What to follow, and how to show it.
#[derive(Debug, Args)]
pub(crate) struct TailArgs {
    /// Query of the search language [default: everything]
    #[arg(
        value_name = "Q",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true,
        value_parser = query
    )]
    pub(crate) query: String,
    /// Show also the newest 1,000 that match of the time before, such as 15m or 1h
    #[arg(long, value_name = "TIME", value_parser = ago)]
    pub(crate) since: Option<String>,
    /// End after so many rows
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
    /// Rows of a second at most; what is beyond them is counted
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) rate: u32,
    #[command(flatten)]
    pub(crate) shown: ShownArgs,
}

/// Whose rows, and in which form.
#[derive(Debug, Args)]
pub(crate) struct ShownArgs {
    /// Base URL of the server's API
    #[arg(
        long,
        visible_alias = "server",
        value_name = "URL",
        default_value = "http://127.0.0.1:4320"
    )]
    pub(crate) to_server: String,
    /// One line each to read; the body alone (of traces the id); rows as the API gives them
    #[arg(short, long, value_enum, default_value_t = FormArg::Text)]
    pub(crate) output: FormArg,
    /// Colours; `auto`: on a terminal, unless NO_COLOR is set
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorArg::Auto)]
    pub(crate) color: ColorArg,
}

/// The form of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormArg {
    Text,
    Raw,
    Jsonl,
}

/// When there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorArg {
    Auto,
    Always,
    Never,
}

/// The order of rows by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OrderArg {
    Desc,
    Asc,
}

/// A query may begin with a hyphen, and would then swallow a flag that is mistyped.
fn query(text: &str) -> Result<String, String> {
    if text.starts_with("--") {
        return Err("there is no such flag".into());
    }
    if text.starts_with("-o") {
        return Err("the form stands apart, as in `-o raw`; a query for what lacks a word with o begins with `NOT o`".into());
    }
    Ok(text.to_owned())
}

/// A time before now, as the API writes it.
fn ago(text: &str) -> Result<String, String> {
    let is_duration = text.starts_with(|first: char| first.is_ascii_digit())
        && text.ends_with(|last: char| last.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_duration {
        Ok(format!("now-{text}"))
    } else {
        Err("a number with a unit is needed, such as 15m, 1h or 2d".into())
    }
}
