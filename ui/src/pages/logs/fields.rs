//! All fields of a record, each with the conditions that find it.

use clearspan_query::language::{Field, Level};
use clearspan_query::{AnyRef, LogRecord, Signal, json};

use super::columns;
use super::conditions;
use super::message::{Marked, short};
use super::question::LogsView;
use super::severity::Severity;
use crate::pages::text::plain;
use crate::pages::view::Link;
use crate::pages::{clauses, format};

/// Characters of a name and of a value; the JSON has all.
const NAME_CHARS_MAX: usize = 200;
const VALUE_CHARS_MAX: usize = 4_096;

/// Fields of one section; the JSON has all.
const FIELDS_MAX: usize = 500;

/// Fields with a heading; the first section has none.
pub(super) struct Section {
    pub(super) heading: &'static str,
    pub(super) fields: Vec<Shown>,
}

/// One field.
pub(super) struct Shown {
    pub(super) name: Marked,
    pub(super) title: String,
    pub(super) value: Marked,
    /// The records with this value, and the others.
    pub(super) conditions: Option<(Link, Link)>,
    /// What copying gives; not where it would bring hidden characters along.
    pub(super) copy: Option<String>,
}

/// The record's own fields, its resource's, its scope's.
pub(super) fn sections(view: &LogsView, record: &LogRecord<'_>) -> Vec<Section> {
    let writer = Writer { view, record };
    let sections = [
        ("", writer.own()),
        ("Resource", writer.resource()),
        ("Scope", writer.scope()),
    ];
    let sections = sections.into_iter().map(|(heading, mut fields)| {
        fields.truncate(FIELDS_MAX);
        Section { heading, fields }
    });
    sections
        .filter(|section| !section.fields.is_empty())
        .collect()
}

struct Writer<'a> {
    view: &'a LogsView,
    record: &'a LogRecord<'a>,
}

impl Writer<'_> {
    fn own(&self) -> Vec<Shown> {
        let log = &self.record.log;
        let mut fields = vec![self.severity()];
        if let Some(service) = self.record.service {
            fields.push(self.named("service.name", service));
        }
        if let Some(id) = log.trace_id {
            fields.push(self.named("trace_id", &hex::encode(id)));
        }
        if let Some(id) = log.span_id {
            fields.push(self.named("span_id", &hex::encode(id)));
        }
        if !log.event_name.is_empty() {
            fields.push(self.named("event.name", log.event_name));
        }
        fields.extend(self.times());
        let attributes = json::last_of_each_key(log.attributes);
        fields.extend(
            attributes
                .into_iter()
                .map(|(key, value)| self.attribute(Level::Record, key, value)),
        );
        fields
    }

    fn severity(&self) -> Shown {
        let log = &self.record.log;
        let band = Severity::of(log.severity_number, log.severity_text);
        let text = if log.severity_text.is_empty() {
            band.name()
        } else {
            log.severity_text
        };
        let words = match log.severity_number {
            0 => text.to_owned(),
            number => format!("{text} {number}"),
        };
        let mut shown = self.shown("severity", &words, band.clause());
        if band == Severity::Unset && !log.severity_text.is_empty() {
            shown.conditions = self.links(conditions::text_is("severity", log.severity_text));
        }
        shown
    }

    /// Times that are not the one the record stands at, and what else few records have.
    fn times(&self) -> Vec<Shown> {
        let log = &self.record.log;
        let time = |ns: u64| i64::try_from(ns).map_or_else(|_| format!("{ns} ns"), format::rfc3339);
        let mut fields = Vec::new();
        if log.time == 0 {
            fields.push(self.shown("time", "not sent: it stands at its observed time", None));
        }
        if log.observed_time != 0 && log.observed_time != log.time {
            fields.push(self.shown("observed_time", &time(log.observed_time), None));
        }
        if log.flags != 0 {
            fields.push(self.shown("flags", &log.flags.to_string(), None));
        }
        if log.dropped_attributes_count != 0 {
            let count = log.dropped_attributes_count.to_string();
            fields.push(self.shown("dropped_attributes_count", &count, None));
        }
        fields
    }

    fn resource(&self) -> Vec<Shown> {
        let attributes = json::last_of_each_key(self.record.resource.attributes).into_iter();
        let attributes = attributes.filter(|(key, _)| *key != "service.name");
        attributes
            .map(|(key, value)| self.attribute(Level::Resource, key, value))
            .collect()
    }

    fn scope(&self) -> Vec<Shown> {
        let scope = &self.record.scope;
        let mut fields = Vec::new();
        for (name, value) in [("scope.name", scope.name), ("scope.version", scope.version)] {
            if !value.is_empty() {
                fields.push(self.named(name, value));
            }
        }
        let attributes = json::last_of_each_key(scope.attributes).into_iter();
        fields.extend(attributes.map(|(key, value)| self.attribute(Level::Scope, key, value)));
        fields
    }

    fn named(&self, name: &str, text: &str) -> Shown {
        self.shown(
            name,
            text,
            conditions::equals(&Field::named(name, Signal::Logs), AnyRef::String(text)),
        )
    }

    fn attribute(&self, level: Level, key: &str, value: AnyRef<'_>) -> Shown {
        let field = conditions::attribute(level, key, self.is_hidden(level, key));
        self.shown(
            key,
            &columns::text(value),
            conditions::equals(&field, value),
        )
    }

    /// Whether a nearer level has the key too.
    fn is_hidden(&self, level: Level, key: &str) -> bool {
        let in_record = || self.record.log.attributes.get(key).is_some();
        let in_scope = || self.record.scope.attributes.get(key).is_some();
        match level {
            Level::Any | Level::Record => false,
            Level::Scope => in_record(),
            Level::Resource => in_record() || in_scope(),
        }
    }

    fn shown(&self, name: &str, value: &str, clause: Option<String>) -> Shown {
        let is_plain = value.len() <= VALUE_CHARS_MAX && plain(value) == value;
        Shown {
            name: short(name, NAME_CHARS_MAX),
            title: plain(&name.chars().take(NAME_CHARS_MAX).collect::<String>()),
            value: short(value, VALUE_CHARS_MAX),
            conditions: self.links(clause),
            copy: is_plain.then(|| value.to_owned()),
        }
    }

    fn links(&self, clause: Option<String>) -> Option<(Link, Link)> {
        let clause = clause?;
        let query = self.view.frame.query();
        let asking = |clause: &str| self.view.asking(&clauses::with_clause(query, clause));
        Some((asking(&clause), asking(&conditions::not(&clause))))
    }
}
