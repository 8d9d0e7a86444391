//! Settings: which exist, where they come from, and what is refused before a port opens.
//!
//! | file | holds |
//! |---|---|
//! | `settings` | the settings as values, with their defaults and their meaning |
//! | `layers` | laying file, environment and flags over the defaults; unknown keys |
//! | `rooms` | from settings to each room's `Config` |
//! | `rules` | what a set of settings must satisfy as a whole |
//! | `error` | what can be wrong, and where it was written |
//!
//! Precedence: flag > environment `CLEARSPAN_SECTION__KEY` > `clearspan.toml` > default. This is the one place of the
//! whole program that reads the environment.

mod error;
mod layers;
mod rooms;
mod rules;
mod settings;

use std::path::{Path, PathBuf};

use toml::Value;

pub(crate) use error::{ConfigError, Origin};
pub(crate) use settings::{LogFormat, Server, Settings};

use layers::Layers;

/// Read from the working directory when no `--config` names another file; it may be absent.
const DEFAULT_FILE: &str = "clearspan.toml";

/// Settings given on the command line, by flag: the key and its value.
pub(crate) type Flags = Vec<(&'static str, Value)>;

/// Reads the settings of this process from all their sources and checks them.
pub(crate) fn load(file: Option<&Path>, flags: Flags) -> Result<Settings, ConfigError> {
    let file = file.map(Path::to_path_buf).or_else(default_file);
    let settings = layered(file.as_deref(), environment(), flags)?;
    rules::check(&settings)?;
    Ok(settings)
}

/// 1. Every key and its type come from the defaults.
/// 2. The file is laid over them, then the environment, then the flags; each value is checked where it was written.
fn layered(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
    flags: Flags,
) -> Result<Settings, ConfigError> {
    let mut layers = Layers::new(&Settings::default())?;
    if let Some(path) = file {
        layers.lay_file(path)?;
    }
    layers.lay_environment(environment)?;
    for (key, value) in flags {
        layers.lay(key, value, Origin::Flag(key.to_owned()))?;
    }
    layers.settings()
}

fn default_file() -> Option<PathBuf> {
    let path = PathBuf::from(DEFAULT_FILE);
    path.is_file().then_some(path)
}

/// Whether a terminal shows colours: not where `NO_COLOR` has a value, or the terminal knows none.
pub(crate) fn terminal_has_color() -> bool {
    let says_no = |(name, value): (String, String)| match name.as_str() {
        "NO_COLOR" => !value.is_empty(),
        "TERM" => value == "dumb",
        _ => false,
    };
    !environment().any(says_no)
}

#[allow(
    clippy::disallowed_methods,
    reason = "the one reader of the environment"
)]
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

#[cfg(test)]
mod tests;
