//! Laying the sources of settings over the defaults. The defaults are the list of what exists: a key that they lack is
//! unknown, and a value of another type than theirs is wrong.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::error::{ConfigError, Origin};
use super::settings::Settings;

/// What an environment variable of ours begins with.
const PREFIX: &str = "CLEARSPAN_";

/// Between section and key in an environment variable.
const SEPARATOR: &str = "__";

/// At least this similar (0 to 1) must a name be to be suggested.
const SUGGESTION_SIMILARITY_MIN: f64 = 0.6;

/// The defaults with what has been laid over them so far.
pub(super) struct Layers {
    defaults: Table,
    effective: Table,
}

impl Layers {
    pub(super) fn new(defaults: &Settings) -> Result<Self, ConfigError> {
        let defaults = Table::try_from(defaults).map_err(|error| ConfigError::Defaults {
            reason: error.to_string(),
        })?;
        Ok(Self {
            effective: defaults.clone(),
            defaults,
        })
    }

    /// Lays one value over. `key` is `section.key`.
    pub(super) fn lay(
        &mut self,
        key: &str,
        value: Value,
        origin: Origin,
    ) -> Result<(), ConfigError> {
        let Some(default) = lookup(&self.defaults, key) else {
            return Err(ConfigError::UnknownKey {
                origin,
                key: key.to_owned(),
                nearest: self.nearest(key),
            });
        };
        if !default.same_type(&value) {
            let reason = format!(
                "expected {}, found {}",
                default.type_str(),
                value.type_str()
            );
            return Err(ConfigError::BadValue {
                origin,
                key: key.to_owned(),
                reason,
            });
        }
        self.try_alone(key, &value, origin)?;
        insert(&mut self.effective, key, value);
        Ok(())
    }

    /// Lays a whole file over.
    pub(super) fn lay_file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let text = read(path)?;
        let table: Table = text.parse().map_err(|source| ConfigError::Parse {
            path: path.to_path_buf(),
            source,
        })?;
        let origin = Origin::File(path.to_path_buf());
        for (section, value) in table {
            match value {
                Value::Table(keys) => {
                    for (key, value) in keys {
                        self.lay(&format!("{section}.{key}"), value, origin.clone())?;
                    }
                }
                other => self.lay(&section, other, origin.clone())?,
            }
        }
        Ok(())
    }

    /// Lays those environment variables over that name a setting.
    pub(super) fn lay_environment(
        &mut self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<(), ConfigError> {
        let mut named = BTreeMap::new();
        for (name, text) in variables {
            let Some((key, text)) = self.setting_of_variable(&name, text)? else {
                continue;
            };
            if let Some((first, _)) = named.insert(key, (name.clone(), text)) {
                let (first, second) = if first < name {
                    (first, name)
                } else {
                    (name, first)
                };
                return Err(ConfigError::SetTwice { first, second });
            }
        }
        for (key, (name, text)) in named {
            let origin = Origin::Variable(name);
            let value = match lookup(&self.defaults, &key) {
                Some(default) => {
                    parse_like(default, &text).map_err(|reason| ConfigError::BadValue {
                        origin: origin.clone(),
                        key: key.clone(),
                        reason,
                    })?
                }
                None => Value::String(text),
            };
            self.lay(&key, value, origin)?;
        }
        Ok(())
    }

    /// The settings as they stand.
    pub(super) fn settings(self) -> Result<Settings, ConfigError> {
        self.effective
            .try_into()
            .map_err(|error: toml::de::Error| ConfigError::Defaults {
                reason: error.to_string(),
            })
    }

    /// The key that a variable sets and its text, which a name in `_FILE` reads from that file (for secrets).
    ///
    /// A variable without a double underscore is not ours to judge (Kubernetes sets `CLEARSPAN_SERVICE_HOST` and the like
    /// for a service of our name), unless a second underscore would make it a setting.
    fn setting_of_variable(
        &self,
        name: &str,
        text: String,
    ) -> Result<Option<(String, String)>, ConfigError> {
        let Some(rest) = name.strip_prefix(PREFIX) else {
            return Ok(None);
        };
        let rest = rest.to_lowercase();
        let Some((section, key)) = rest.split_once(SEPARATOR) else {
            return match self.keys().find(|key| key.replace('.', "_") == rest) {
                Some(key) => {
                    let nearest = Some(format!(
                        "{PREFIX}{}",
                        key.replace('.', SEPARATOR).to_uppercase()
                    ));
                    Err(ConfigError::UnknownKey {
                        origin: Origin::Variable(name.to_owned()),
                        key: name.to_owned(),
                        nearest,
                    })
                }
                None => Ok(None),
            };
        };
        let key = format!("{section}.{}", key.replace(SEPARATOR, "."));
        if let Some(stem) = key.strip_suffix("_file")
            && lookup(&self.defaults, &key).is_none()
            && lookup(&self.defaults, stem).is_some()
        {
            let content = read(Path::new(&text))?;
            return Ok(Some((
                stem.to_owned(),
                content.trim_end_matches(['\r', '\n']).to_owned(),
            )));
        }
        Ok(Some((key, text)))
    }

    /// Reads this value into the settings with everything else at its default, so that the fault is named where it is.
    fn try_alone(&self, key: &str, value: &Value, origin: Origin) -> Result<(), ConfigError> {
        let mut alone = self.defaults.clone();
        insert(&mut alone, key, value.clone());
        match alone.try_into::<Settings>() {
            Ok(_) => Ok(()),
            Err(error) => {
                let reason = format!("{}: {value}", error.message());
                Err(ConfigError::BadValue {
                    origin,
                    key: key.to_owned(),
                    reason,
                })
            }
        }
    }

    fn keys(&self) -> impl Iterator<Item = String> {
        self.defaults.iter().flat_map(|(section, keys)| {
            keys.as_table()
                .into_iter()
                .flatten()
                .map(move |(key, _)| format!("{section}.{key}"))
        })
    }

    /// The most similar name; the same key in another section comes before any other.
    fn nearest(&self, wanted: &str) -> Option<String> {
        let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
        if let Some(elsewhere) = self.keys().find(|key| last(key) == last(wanted)) {
            return Some(elsewhere);
        }
        self.keys()
            .map(|key| (strsim::normalized_damerau_levenshtein(&key, wanted), key))
            .filter(|(similarity, _)| *similarity >= SUGGESTION_SIMILARITY_MIN)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, key)| key)
    }
}

fn lookup<'a>(table: &'a Table, key: &str) -> Option<&'a Value> {
    let (section, key) = key.split_once('.')?;
    table.get(section)?.as_table()?.get(key)
}

fn insert(table: &mut Table, key: &str, value: Value) {
    if let Some((section, key)) = key.split_once('.')
        && let Some(Value::Table(keys)) = table.get_mut(section)
    {
        keys.insert(key.to_owned(), value);
    }
}

/// Reads text as a value of the default's type; a list is separated by commas.
fn parse_like(default: &Value, text: &str) -> Result<Value, String> {
    let parsed = match default {
        Value::Integer(_) => text.trim().parse().map(Value::Integer).ok(),
        Value::Float(_) => text.trim().parse().map(Value::Float).ok(),
        Value::Boolean(_) => text.trim().parse().map(Value::Boolean).ok(),
        Value::Array(_) => Some(Value::Array(
            text.split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(Value::from)
                .collect(),
        )),
        _ => Some(Value::String(text.to_owned())),
    };
    parsed.ok_or_else(|| format!("expected {}, found \"{text}\"", default.type_str()))
}

#[allow(
    clippy::disallowed_methods,
    reason = "configuration files are the root package's own"
)]
fn read(path: &Path) -> Result<String, ConfigError> {
    fs::read_to_string(path).map_err(|source| ConfigError::Read {
        path: PathBuf::from(path),
        source,
    })
}
