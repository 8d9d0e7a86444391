//! A page's URL, which is all the state it has, and the links that differ from it.

use std::fmt;

use askama::filters::HtmlSafe;

use crate::params::Params;

/// Where a page is and what it was asked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct View {
    path: String,
    params: Vec<(String, String)>,
}

/// The URL of a page. Shown in a template it is escaped already: what may stand in it unescaped has no meaning in HTML,
/// and `&` is written as `&amp;`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link(String);

impl View {
    pub(crate) fn new(path: impl Into<String>, params: &Params) -> Self {
        let params = params
            .pairs()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        View {
            path: path.into(),
            params,
        }
    }

    /// A page that is asked with nothing yet.
    pub(crate) fn at(path: impl Into<String>) -> Self {
        View {
            path: path.into(),
            params: Vec::new(),
        }
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Whether the parameter stands in the URL, be it empty.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.params.iter().any(|(given, _)| given == name)
    }

    /// The parameter's value; empty when it is not given.
    pub(crate) fn get(&self, name: &str) -> &str {
        let found = self.params.iter().find(|(given, _)| given == name);
        found.map_or("", |(_, value)| value)
    }

    /// All parameters but those of these names: what a form keeps.
    pub(crate) fn kept(&self, but: &[&str]) -> Vec<(&str, &str)> {
        self.params
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(name, value)| !but.contains(name) && !value.is_empty())
            .collect()
    }

    /// This view with `name` set to `value`; without it when the value is empty.
    #[must_use]
    pub(crate) fn with(&self, name: &str, value: &str) -> View {
        let mut view = self.without(&[name]);
        if !value.is_empty() {
            view.params.push((name.to_owned(), value.to_owned()));
        }
        view
    }

    /// This view without these parameters.
    #[must_use]
    pub(crate) fn without(&self, names: &[&str]) -> View {
        let params = self.params.iter();
        View {
            path: self.path.clone(),
            params: params
                .filter(|(name, _)| !names.contains(&name.as_str()))
                .cloned()
                .collect(),
        }
    }

    /// Another page with the same parameters.
    #[must_use]
    pub(crate) fn on(&self, path: &str) -> View {
        View {
            path: path.to_owned(),
            params: self.params.clone(),
        }
    }

    pub(crate) fn link(&self) -> Link {
        let mut url = self.path.clone();
        if self.params.iter().any(|(_, value)| !value.is_empty()) {
            url.push('?');
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(self.params.iter().filter(|(_, value)| !value.is_empty()));
            url.push_str(&query.finish());
        }
        Link(url)
    }
}

impl Link {
    /// As it stands in a header.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A path is one of ours or made of hexadecimal digits; the query is percent-encoded.
        for (at, part) in self.0.split('&').enumerate() {
            f.write_str(if at == 0 { "" } else { "&amp;" })?;
            // A client that is no browser may ask for a path with quotes in it.
            let mut rest = part;
            while let Some(at) = rest.find(['"', '\'', '<', '>']) {
                write!(f, "{}&#{};", &rest[..at], rest.as_bytes()[at])?;
                rest = &rest[at + 1..];
            }
            f.write_str(rest)?;
        }
        Ok(())
    }
}

impl HtmlSafe for Link {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_differ_in_one_parameter() {
        let view = View::at("/logs")
            .with("q", "a & \"b\" <c>")
            .with("from", "now-1h");
        assert_eq!(
            view.link().as_str(),
            "/logs?q=a+%26+%22b%22+%3Cc%3E&from=now-1h"
        );
        assert_eq!(
            view.with("from", "").link().to_string(),
            "/logs?q=a+%26+%22b%22+%3Cc%3E"
        );
        assert_eq!(
            view.on("/traces").with("q", "x").link().to_string(),
            "/traces?from=now-1h&amp;q=x"
        );
        assert_eq!(view.kept(&["from"]), [("q", "a & \"b\" <c>")]);
        assert_eq!(View::at("/").link().as_str(), "/");
    }
}
