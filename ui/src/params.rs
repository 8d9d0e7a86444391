//! The parameters of a request: from the query string of a GET, or from the same as a JSON object in the
//! body of a POST, or from both as long as they do not repeat each other.
//!
//! A number may be a JSON number or a string. `null` is the same as leaving a parameter out. An unknown
//! parameter is no error, or a newer client could not speak with an older server; the answer hints at it.

use std::collections::HashSet;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use futures::StreamExt;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::error::{ApiError, shown};
use crate::limits::{BODY_BYTES_DISCARDED_MAX, BODY_BYTES_MAX, BODY_TIME_MAX};
use crate::state::Api;

/// What a request asks with.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Params {
    given: Vec<(String, Given)>,
    /// Of all that is given: a body has room for some ten thousand.
    names: HashSet<String>,
}

/// One parameter's value.
#[derive(Debug, Clone, PartialEq)]
enum Given {
    Text(String),
    Number(String),
    /// An array of texts, and of nothing else.
    Texts(Vec<String>),
    /// Of a JSON type that no parameter takes.
    Other(&'static str),
}

impl Params {
    /// Those of a URL alone.
    pub(crate) fn of_query_string(query: &str) -> Result<Self, ApiError> {
        let mut params = Params::default();
        params.push_query_string(query)?;
        Ok(params)
    }

    /// All that are text, in the order in which they were given.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.given.iter().filter_map(|(name, value)| match value {
            Given::Text(text) => Some((name.as_str(), text.as_str())),
            _ => None,
        })
    }

    /// A parameter that is text.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<&str>, ApiError> {
        match self.given(name) {
            None => Ok(None),
            Some(Given::Text(text)) => Ok(Some(text)),
            Some(other) => Err(wrong_type(name, other.kind(), "a string")),
        }
    }

    /// A parameter that is a list of texts: in a body an array of strings, else one text with commas between.
    pub(crate) fn texts(&self, name: &'static str) -> Result<Option<Vec<String>>, ApiError> {
        match self.given(name) {
            None => Ok(None),
            Some(Given::Text(text)) => Ok(Some(text.split(',').map(str::to_owned).collect())),
            Some(Given::Texts(texts)) => Ok(Some(texts.clone())),
            Some(other) => Err(wrong_type(
                name,
                other.kind(),
                "a string or an array of strings",
            )),
        }
    }

    /// A parameter that may also be given as a JSON number.
    pub(crate) fn text_or_number(&self, name: &'static str) -> Result<Option<&str>, ApiError> {
        match self.given(name) {
            None => Ok(None),
            Some(Given::Text(text) | Given::Number(text)) => Ok(Some(text)),
            Some(other) => Err(wrong_type(name, other.kind(), "a string or a number")),
        }
    }

    /// `q`, the query; empty when there is none.
    pub(crate) fn query(&self) -> Result<String, ApiError> {
        Ok(self.text("q")?.unwrap_or_default().to_owned())
    }

    /// `cursor`, which only the engine can read.
    pub(crate) fn cursor(&self) -> Result<Option<String>, ApiError> {
        Ok(self.text("cursor")?.map(str::to_owned))
    }

    /// `count`: whether the answer waits for the count of matches.
    pub(crate) fn count(&self) -> Result<bool, ApiError> {
        let exact = self.word("count", "exact", |text| (text == "exact").then_some(()))?;
        Ok(exact.is_some())
    }

    /// `limit`, a whole number. How large it may be, the engine knows.
    pub(crate) fn limit(&self, default: usize) -> Result<usize, ApiError> {
        self.limited("limit", default)
    }

    /// A parameter that is a whole number within the same bounds as `limit`.
    pub(crate) fn limited(&self, name: &'static str, default: usize) -> Result<usize, ApiError> {
        let Some(text) = self.text_or_number(name)? else {
            return Ok(default);
        };
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(bad(
                "bad_limit",
                name,
                text,
                "a whole number from 1 to 10000",
            ));
        }
        // A number with too many digits is too large, whatever it is.
        Ok(text.parse().unwrap_or(usize::MAX))
    }

    /// A parameter that takes one of some words.
    pub(crate) fn word<T>(
        &self,
        name: &'static str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        parse(text)
            .map(Some)
            .ok_or_else(|| bad("bad_parameter", name, text, expected))
    }

    /// A sentence for each parameter that is not among `known`.
    pub(crate) fn hints(&self, known: &[&str]) -> Vec<String> {
        let unknown = self
            .given
            .iter()
            .filter(|(name, _)| !known.contains(&name.as_str()));
        unknown
            .map(|(name, _)| unknown_hint(name, known))
            .take(known.len())
            .collect()
    }

    fn given(&self, name: &str) -> Option<&Given> {
        self.given
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value)
    }

    fn push(&mut self, name: String, value: Given) -> Result<(), ApiError> {
        if !self.names.insert(name.clone()) {
            return Err(ApiError::Repeated { name: shown(&name) });
        }
        self.given.push((name, value));
        Ok(())
    }

    /// `name=value&...`, strictly: what browsers' forms send and nothing broken.
    pub(crate) fn push_query_string(&mut self, query: &str) -> Result<(), ApiError> {
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = percent_decoded(name).ok_or_else(|| ApiError::BadEncoding {
                what: "a parameter's name".into(),
            })?;
            let value = percent_decoded(value).ok_or_else(|| ApiError::BadEncoding {
                what: format!("the value of `{}`", shown(&name)),
            })?;
            self.push(name, Given::Text(value))?;
        }
        Ok(())
    }

    fn push_json(&mut self, entries: Vec<(String, Value)>) -> Result<(), ApiError> {
        for (name, value) in entries {
            let given = match value {
                Value::Null => continue,
                Value::String(text) => Given::Text(text),
                Value::Number(number) => Given::Number(number_text(&number)),
                Value::Bool(_) => Given::Other("a boolean"),
                Value::Array(elements) => array(elements),
                Value::Object(_) => Given::Other("an object"),
            };
            self.push(name, given)?;
        }
        Ok(())
    }
}

impl Given {
    /// What it is, for refusing it.
    fn kind(&self) -> &'static str {
        match self {
            Given::Text(_) => "a string",
            Given::Number(_) => "a number",
            Given::Texts(_) => "an array",
            Given::Other(kind) => kind,
        }
    }
}

fn array(elements: Vec<Value>) -> Given {
    let texts: Option<Vec<String>> = elements
        .into_iter()
        .map(|element| match element {
            Value::String(text) => Some(text),
            _ => None,
        })
        .collect();
    texts.map_or(Given::Other("an array"), Given::Texts)
}

impl FromRequest<Api> for Params {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &Api) -> Result<Self, ApiError> {
        let mut params = Params::of_query_string(request.uri().query().unwrap_or_default())?;
        if request.method() == Method::POST {
            params.push_json(json_body(request).await?)?;
        }
        Ok(params)
    }
}

/// The entries of the JSON object that is a request's body, in order, repeated names included.
pub(crate) async fn json_body(request: Request) -> Result<Vec<(String, Value)>, ApiError> {
    check_content_type(request.headers())?;
    let body = tokio::time::timeout(BODY_TIME_MAX, whole(request.into_body()));
    let late = |_| ApiError::BadBody {
        reason: "it did not arrive in time".into(),
    };
    entries(&body.await.map_err(late)??)
}

/// Refuses `value` for `name`.
pub(crate) fn bad(
    code: &'static str,
    name: &'static str,
    value: &str,
    expected: &'static str,
) -> ApiError {
    ApiError::BadParameter {
        code,
        name,
        given: format!("`{}`", shown(value)),
        expected,
    }
}

pub(crate) fn wrong_type(name: &'static str, kind: &str, expected: &'static str) -> ApiError {
    ApiError::BadParameter {
        code: "bad_parameter",
        name,
        given: kind.to_owned(),
        expected,
    }
}

pub(crate) fn unknown_hint(name: &str, known: &[&str]) -> String {
    let distance = |known: &&&str| strsim::damerau_levenshtein(known, name);
    // A long name is near to nothing, and measuring it would take long.
    let nearest = known
        .iter()
        .filter(|_| name.len() <= 32)
        .min_by_key(distance);
    match nearest.filter(|nearest| distance(nearest) <= 2) {
        Some(nearest) => format!(
            "there is no parameter `{}`; did you mean `{nearest}`?",
            shown(name)
        ),
        None => format!("there is no parameter `{}`; it is ignored", shown(name)),
    }
}

/// `+` is a space, `%XX` a byte. `None` when a `%` is no such thing or the bytes are no UTF-8.
pub(crate) fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let (digits, after) = rest.split_first_chunk::<2>()?;
                let mut byte = [0];
                hex::decode_to_slice(digits, &mut byte).ok()?;
                bytes.push(byte[0]);
                rest = after;
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).ok()
}

/// A body without a type is taken for JSON; other types are refused, so that no form of a foreign page
/// can ask.
fn check_content_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(given) = headers.get(CONTENT_TYPE) else {
        return Ok(());
    };
    let given = String::from_utf8_lossy(given.as_bytes());
    let essence = given.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(ApiError::BadContentType {
            given: shown(&given),
        })
    }
}

/// The body's bytes. Of one that is too large the rest is read and forgotten, up to a point.
async fn whole(body: Body) -> Result<Vec<u8>, ApiError> {
    let mut stream = body.into_data_stream();
    let mut bytes = Vec::new();
    let mut received = 0;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| ApiError::BadBody {
            reason: "it broke off".into(),
        })?;
        received += chunk.len();
        if received > BODY_BYTES_DISCARDED_MAX {
            break;
        }
        if received <= BODY_BYTES_MAX {
            bytes.extend_from_slice(&chunk);
        }
    }
    if received > BODY_BYTES_MAX {
        Err(ApiError::BodyTooLarge)
    } else {
        Ok(bytes)
    }
}

/// The entries of a JSON object in order, repeated names included. serde_json refuses what is nested
/// deeper than 128 levels.
fn entries(body: &[u8]) -> Result<Vec<(String, Value)>, ApiError> {
    let bad = |error: serde_json::Error| ApiError::BadBody {
        reason: shown(&error.to_string()),
    };
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let entries = deserializer.deserialize_map(EntriesVisitor).map_err(bad)?;
    deserializer.end().map_err(bad)?;
    Ok(entries)
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Vec<(String, Value)>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(entries)
    }
}

/// A number as digits, never with an exponent: `1e3` and `1000.0` are the same number as `1000`.
pub(crate) fn number_text(number: &serde_json::Number) -> String {
    match number.as_f64().filter(|_| number.is_f64()) {
        Some(float) => float.to_string(),
        None => number.to_string(),
    }
}

#[cfg(test)]
mod tests;
