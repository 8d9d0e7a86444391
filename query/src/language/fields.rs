//! The fields that are known beside attributes, and the names of their values.
//!
//! | field | logs | spans |
//! |---|---|---|
//! | `service`, `trace_id`, `span_id`, `event.name` | known | known |
//! | `severity` (or `level`), `body` | known | attribute of that name |
//! | `name`, `kind`, `status`, `duration` | attribute of that name | known |

use std::fmt;

use clearspan_schema::Signal;

use super::ast::{Field, Level};

/// Names of the severity bands, from numbers 1 to 4 up to 21 to 24.
pub const SEVERITIES: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

/// Names of OTLP's `SpanKind`, by number.
pub const KINDS: [&str; 6] = [
    "UNSPECIFIED",
    "INTERNAL",
    "SERVER",
    "CLIENT",
    "PRODUCER",
    "CONSUMER",
];

/// Names of OTLP's `StatusCode`, by number.
pub const STATUSES: [&str; 3] = ["UNSET", "OK", "ERROR"];

/// The known fields as they are written; `level` is another name of `severity`.
const KNOWN: [(&str, Field, Option<Signal>); 11] = [
    ("service", Field::Service, None),
    ("severity", Field::Severity, Some(Signal::Logs)),
    ("level", Field::Severity, Some(Signal::Logs)),
    ("body", Field::Body, Some(Signal::Logs)),
    ("name", Field::Name, Some(Signal::Spans)),
    ("kind", Field::Kind, Some(Signal::Spans)),
    ("status", Field::Status, Some(Signal::Spans)),
    ("duration", Field::Duration, Some(Signal::Spans)),
    ("trace_id", Field::TraceId, None),
    ("span_id", Field::SpanId, None),
    ("event.name", Field::EventName, None),
];

const LEVELS: [(&str, Level); 3] = [
    ("attributes.", Level::Record),
    ("scope.", Level::Scope),
    ("resource.", Level::Resource),
];

impl Field {
    /// The field that `name` stands for in a query of `signal`.
    pub fn named(name: &str, signal: Signal) -> Field {
        let known = KNOWN
            .iter()
            .find(|(known, _, of)| *known == name && of.is_none_or(|of| of == signal));
        if let Some((_, field, _)) = known {
            return field.clone();
        }
        for (prefix, level) in LEVELS {
            if let Some(key) = name.strip_prefix(prefix).filter(|key| !key.is_empty()) {
                return Field::Attribute(level, key.to_owned());
            }
        }
        Field::Attribute(Level::Any, name.to_owned())
    }

    /// Whether its values are compared ignoring case. The names do so in both signals, attributes or not.
    pub fn ignores_case(&self) -> bool {
        match self {
            Field::Severity | Field::Kind | Field::Status => true,
            Field::Attribute(Level::Any, key) => {
                matches!(key.as_str(), "severity" | "level" | "kind" | "status")
            }
            _ => false,
        }
    }
}

/// The field's name as it is written in a query.
impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Field::Attribute(level, key) = self {
            let prefix = LEVELS
                .iter()
                .find(|(_, of)| of == level)
                .map_or("", |(prefix, _)| prefix);
            return write!(f, "{prefix}{key}");
        }
        let known = KNOWN.iter().find(|(_, field, _)| field == self);
        f.write_str(known.map_or("", |(name, ..)| name))
    }
}

/// The names of the fields that are known in `signal`, for completion and for hints.
pub fn known_names(signal: Signal) -> impl Iterator<Item = &'static str> {
    KNOWN
        .iter()
        .filter(move |(_, _, of)| of.is_none_or(|of| of == signal))
        .map(|(name, ..)| *name)
}

/// The name of the band that a severity number lies in; `None` for 0 and for numbers that
/// OpenTelemetry does not define.
pub fn severity_band(number: i32) -> Option<&'static str> {
    let index = usize::try_from(number.checked_sub(1)?).ok()? / 4;
    SEVERITIES.get(index).copied()
}

/// The first number of the band that `text` names, ignoring case; `warning` is `WARN`.
pub fn severity_number(text: &str) -> Option<i32> {
    let name = if text.eq_ignore_ascii_case("warning") {
        "WARN"
    } else {
        text
    };
    let index = SEVERITIES
        .iter()
        .position(|band| band.eq_ignore_ascii_case(name))?;
    Some(index as i32 * 4 + 1)
}

/// The band of a log record: by its number, else by its text, else none.
pub fn severity_name(number: i32, text: &str) -> Option<&'static str> {
    severity_band(number).or_else(|| severity_number(text).and_then(severity_band))
}

/// The name of a `SpanKind`; `None` for numbers that OpenTelemetry does not define.
pub fn kind_name(kind: i32) -> Option<&'static str> {
    KINDS.get(usize::try_from(kind).ok()?).copied()
}

/// The name of a `StatusCode`; `None` for numbers that OpenTelemetry does not define.
pub fn status_name(code: i32) -> Option<&'static str> {
    STATUSES.get(usize::try_from(code).ok()?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_a_field_of_its_signal() {
        let check = |name: &str, logs: Field, spans: Field| {
            assert_eq!(Field::named(name, Signal::Logs), logs, "{name}");
            assert_eq!(Field::named(name, Signal::Spans), spans, "{name}");
        };
        let any = |key: &str| Field::Attribute(Level::Any, key.into());
        check("service", Field::Service, Field::Service);
        check("level", Field::Severity, any("level"));
        check("severity", Field::Severity, any("severity"));
        check("body", Field::Body, any("body"));
        check("name", any("name"), Field::Name);
        check("status", any("status"), Field::Status);
        check("event.name", Field::EventName, Field::EventName);
        check("service.name", any("service.name"), any("service.name"));
        let record = Field::Attribute(Level::Record, "level".into());
        check("attributes.level", record.clone(), record);
        let scope = Field::Attribute(Level::Scope, "scope.x".into());
        check("scope.scope.x", scope.clone(), scope);
        let resource = Field::Attribute(Level::Resource, "k".into());
        check("resource.k", resource.clone(), resource);
        check("resource.", any("resource."), any("resource."));
    }

    #[test]
    fn a_field_prints_as_the_name_that_finds_it() {
        for signal in Signal::ALL {
            let names =
                known_names(signal).chain(["a.b", "attributes.k", "scope.k", "resource.k", "x y"]);
            for name in names {
                let field = Field::named(name, signal);
                assert_eq!(Field::named(&field.to_string(), signal), field, "{name}");
            }
        }
    }

    #[test]
    fn severities_have_bands() {
        let bands: Vec<_> = [
            0,
            1,
            4,
            5,
            9,
            12,
            13,
            17,
            20,
            21,
            24,
            25,
            -1,
            i32::MIN,
            i32::MAX,
        ]
        .map(severity_band)
        .into();
        let expected = [
            None,
            Some("TRACE"),
            Some("TRACE"),
            Some("DEBUG"),
            Some("INFO"),
            Some("INFO"),
            Some("WARN"),
            Some("ERROR"),
            Some("ERROR"),
            Some("FATAL"),
            Some("FATAL"),
            None,
            None,
            None,
            None,
        ];
        assert_eq!(bands, expected);
        assert_eq!(severity_number("Warn"), Some(13));
        assert_eq!(severity_number("WARNING"), Some(13));
        assert_eq!(severity_number("loud"), None);
        assert_eq!(severity_name(17, "info"), Some("ERROR"));
        assert_eq!(severity_name(0, "info"), Some("INFO"));
        assert_eq!(severity_name(0, ""), None);
    }
}
