//! What can be wrong with the settings. Each message says where the fault was written and how to mend it.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// In a configuration file.
    File(PathBuf),
    /// In an environment variable of this name.
    Variable(String),
    /// In a flag of the command line that sets this key.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::Flag(key) => write!(f, "flag for {key}"),
        }
    }
}

/// A fault in the settings; the process ends before it opens a port.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file that was asked for, or a variable's `_FILE`, cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// The file is not TOML.
    #[error("{}: {source}", path.display())]
    Parse {
        path: PathBuf,
        source: toml::de::Error,
    },
    /// No such setting.
    #[error("{origin}: unknown setting `{key}`{}", suggestion(nearest.as_ref()))]
    UnknownKey {
        origin: Origin,
        key: String,
        nearest: Option<String>,
    },
    /// A value of the wrong type or outside its set.
    #[error("{origin}: `{key}`: {reason}")]
    BadValue {
        origin: Origin,
        key: String,
        reason: String,
    },
    /// The same setting once as a value and once as a file.
    #[error("both {first} and {second} are set; remove one")]
    SetTwice { first: String, second: String },
    /// Values that are each fine but must not stand together.
    #[error("`{key}`: {reason}")]
    Refused { key: &'static str, reason: String },
    /// The defaults themselves do not form a table: a fault of the program.
    #[error("defaults are broken: {reason}")]
    Defaults { reason: String },
}

fn suggestion(nearest: Option<&String>) -> String {
    nearest.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}
