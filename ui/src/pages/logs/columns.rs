//! Columns of attributes that a reader chose, and one value as text.

use std::borrow::Cow;

use clearspan_query::language::{Field, Level};
use clearspan_query::{AnyRef, LogRecord, Signal, json};

use super::conditions;
use super::severity::Severity;

/// More would leave no room for the message.
pub(super) const COLUMNS_MAX: usize = 6;

/// The chosen fields in order, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Columns(Vec<String>);

impl Columns {
    /// Names with commas between them; a comma or a backslash of a name is escaped by a backslash.
    pub(super) fn parse(text: &str) -> Self {
        let mut columns = Columns::default();
        let mut name = String::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' => name.extend(chars.next()),
                ',' => columns.push(&std::mem::take(&mut name)),
                c => name.push(c),
            }
        }
        columns.push(&name);
        columns
    }

    fn push(&mut self, name: &str) {
        let name = name.trim();
        if !name.is_empty() && !self.has(name) && self.0.len() < COLUMNS_MAX {
            self.0.push(name.to_owned());
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|given| given == name)
    }

    pub(super) fn names(&self) -> &[String] {
        &self.0
    }

    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= COLUMNS_MAX
    }

    /// With the field if it was not chosen, without it if it was.
    pub(super) fn toggled(&self, name: &str) -> Self {
        let mut columns = self.clone();
        if self.has(name) {
            columns.0.retain(|given| given != name);
        } else {
            columns.push(name);
        }
        columns
    }

    /// As [`Columns::parse`] reads it.
    pub(super) fn text(&self) -> String {
        let escaped = |name: &String| name.replace('\\', "\\\\").replace(',', "\\,");
        self.0.iter().map(escaped).collect::<Vec<_>>().join(",")
    }
}

/// The value of a field of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Valued {
    pub(super) text: String,
    /// What finds the records that have it.
    pub(super) clause: Option<String>,
}

/// The value that a record has of a field.
pub(super) fn value(record: &LogRecord<'_>, name: &str) -> Option<Valued> {
    let field = Field::named(name, Signal::Logs);
    let own = |text: &str| {
        let clause = conditions::equals(&field, AnyRef::String(text));
        Some(Valued {
            text: text.to_owned(),
            clause,
        })
    };
    let log = &record.log;
    match &field {
        Field::Service => own(record.service?),
        Field::Severity if log.severity_text.is_empty() => {
            match Severity::of(log.severity_number, "") {
                Severity::Unset => None,
                band => own(band.name()),
            }
        }
        Field::Severity => own(log.severity_text),
        Field::TraceId => own(&hex::encode(log.trace_id?)),
        Field::SpanId => own(&hex::encode(log.span_id?)),
        Field::EventName if !log.event_name.is_empty() => own(log.event_name),
        Field::EventName => valued(&field, attribute(record, Level::Any, "event.name")?),
        Field::Attribute(level, key) => valued(&field, attribute(record, *level, key)?),
        // The message stands in every row; the others are fields of spans.
        Field::Body | Field::Name | Field::Kind | Field::Status | Field::Duration => None,
    }
}

fn valued(field: &Field, value: AnyRef<'_>) -> Option<Valued> {
    Some(Valued {
        text: text(value).into_owned(),
        clause: conditions::equals(field, value),
    })
}

/// A record's attribute hides its scope's, and that its resource's.
fn attribute<'a>(record: &LogRecord<'a>, level: Level, key: &str) -> Option<AnyRef<'a>> {
    let of = |wanted: Level| level == Level::Any || level == wanted;
    let own = of(Level::Record)
        .then(|| record.log.attributes.get(key))
        .flatten();
    let scope = || {
        of(Level::Scope)
            .then(|| record.scope.attributes.get(key))
            .flatten()
    };
    let resource = || {
        of(Level::Resource)
            .then(|| record.resource.attributes.get(key))
            .flatten()
    };
    own.or_else(scope)
        .or_else(|| scope_itself(record, level, key))
        .or_else(resource)
}

/// A scope's name and version are no attributes but are found as such.
fn scope_itself<'a>(record: &LogRecord<'a>, level: Level, key: &str) -> Option<AnyRef<'a>> {
    let own = match (level, key) {
        (Level::Any, "scope.name") | (Level::Scope, "name") => record.scope.name,
        (Level::Any, "scope.version") | (Level::Scope, "version") => record.scope.version,
        _ => return None,
    };
    (!own.is_empty()).then_some(AnyRef::String(own))
}

/// A value as text: a string as it is, anything else as JSON.
pub(super) fn text(value: AnyRef<'_>) -> Cow<'_, str> {
    match value {
        AnyRef::String(text) => text.into(),
        other => {
            let mut out = String::new();
            json::push_json(other, &mut out);
            out.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        let columns = Columns::parse(r" http.route, a\,b ,,c\\,http.route");
        assert_eq!(columns.names(), ["http.route", "a,b", r"c\"]);
        assert_eq!(Columns::parse(&columns.text()), columns);
        assert_eq!(Columns::parse("").names().len(), 0);
        assert_eq!(Columns::parse("1,2,3,4,5,6,7").names().len(), COLUMNS_MAX);
    }

    #[test]
    fn a_column_comes_and_goes() {
        let columns = Columns::parse("a,b");
        assert_eq!(columns.toggled("a").text(), "b");
        assert_eq!(columns.toggled("c").text(), "a,b,c");
        assert!(Columns::parse("1,2,3,4,5,6").is_full());
    }
}
