//! Attributes, encoded as they are set, in the batches' own encoding.

use clearspan_schema::any::{AnyWriter, KeyValues};

/// A value of an attribute.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    Int(i64),
    Float(f64),
    Flag(bool),
    Texts(&'a [&'a str]),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Value::Text(value)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Value::Text(value)
    }
}

impl<'a> From<&'a [&'a str]> for Value<'a> {
    fn from(value: &'a [&'a str]) -> Self {
        Value::Texts(value)
    }
}

impl From<u16> for Value<'_> {
    fn from(value: u16) -> Self {
        Value::Int(value.into())
    }
}

impl From<u64> for Value<'_> {
    fn from(value: u64) -> Self {
        Value::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<usize> for Value<'_> {
    fn from(value: usize) -> Self {
        Value::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<f64> for Value<'_> {
    fn from(value: f64) -> Self {
        Value::Float(value)
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Value::Flag(value)
    }
}

/// A key with its value.
pub(crate) type Pair<'a> = (&'a str, Value<'a>);

/// Short for a pair, as lists of attributes have many.
pub(crate) fn kv<'a>(key: &'a str, value: impl Into<Value<'a>>) -> Pair<'a> {
    (key, value.into())
}

/// An encoded attribute list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Attributes(Vec<u8>);

impl Attributes {
    pub(crate) fn of(pairs: &[Pair<'_>]) -> Self {
        let mut attributes = Self::default();
        attributes.extend(pairs);
        attributes
    }

    /// Appends one; each key is to be set once.
    pub(crate) fn set<'a>(&mut self, key: &str, value: impl Into<Value<'a>>) {
        let mut writer = AnyWriter::new(&mut self.0);
        let writer = writer.key(key);
        match value.into() {
            Value::Text(text) => writer.string(text),
            Value::Int(number) => writer.int(number),
            Value::Float(number) => writer.double(number),
            Value::Flag(flag) => writer.bool(flag),
            Value::Texts(texts) => writer.array(|to| texts.iter().for_each(|text| to.string(text))),
        }
    }

    pub(crate) fn extend(&mut self, pairs: &[Pair<'_>]) {
        for (key, value) in pairs {
            self.set(key, *value);
        }
    }

    /// To read them.
    pub(crate) fn key_values(&self) -> KeyValues<'_> {
        KeyValues::new(&self.0)
    }
}
