//! Questions as a tree of this test's own.

/// What is asked of one record.
#[derive(Debug, Clone)]
pub(super) enum Question {
    /// `*`.
    Everything,
    /// A word or phrase, and whether its ends are open.
    Words(String, bool, bool),
    /// A regular expression on the text.
    Expression(String),
    Field(Field, Test),
    /// `field:(...)`, whose conditions are all of that field.
    OfField(Box<Question>),
    And(Vec<Question>),
    Or(Vec<Question>),
    Not(Box<Question>),
}

/// What is asked of a trace.
#[derive(Debug, Clone)]
pub(super) enum TraceQuestion {
    /// Of one span.
    Plain(Question),
    /// `{...}`, of some span.
    Group(Option<Question>),
    And(Vec<TraceQuestion>),
    Or(Vec<TraceQuestion>),
    Not(Box<TraceQuestion>),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Field {
    Service,
    /// As `severity` or `level`.
    Severity(&'static str),
    Body,
    Name,
    Kind,
    Status,
    Duration,
    TraceId,
    SpanId,
    EventName,
    Attribute(Level, String),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Level {
    Any,
    Record,
    Scope,
    Resource,
}

#[derive(Debug, Clone)]
pub(super) enum Test {
    Exists,
    Is(Written),
    /// Pieces with anything between them.
    Form(Vec<String>),
    Match(String),
    Compare(Op, Written),
    Between(Option<Written>, Option<Written>),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Op {
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// A value as it stands in a query.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) text: String,
    pub(super) quoted: bool,
}

impl Field {
    /// The name as it is meant, without quotes.
    pub(super) fn name(&self) -> String {
        match self {
            Field::Service => "service".to_owned(),
            Field::Severity(name) => (*name).to_owned(),
            Field::Body => "body".to_owned(),
            Field::Name => "name".to_owned(),
            Field::Kind => "kind".to_owned(),
            Field::Status => "status".to_owned(),
            Field::Duration => "duration".to_owned(),
            Field::TraceId => "trace_id".to_owned(),
            Field::SpanId => "span_id".to_owned(),
            Field::EventName => "event.name".to_owned(),
            Field::Attribute(Level::Any, key) => key.clone(),
            Field::Attribute(Level::Record, key) => format!("attributes.{key}"),
            Field::Attribute(Level::Scope, key) => format!("scope.{key}"),
            Field::Attribute(Level::Resource, key) => format!("resource.{key}"),
        }
    }

    /// What it is called in the table of what was reached.
    pub(super) fn kind(&self) -> String {
        match self {
            Field::Attribute(level, key) => match (level, key.as_str()) {
                (Level::Scope, "name" | "version") => self.name(),
                (Level::Any, "severity" | "level" | "kind" | "status") => {
                    format!("{key}, an attribute")
                }
                (Level::Any, _) => "attribute".to_owned(),
                (Level::Record, _) => "attributes.k".to_owned(),
                (Level::Scope, _) => "scope.k".to_owned(),
                (Level::Resource, _) => "resource.k".to_owned(),
            },
            known => known.name(),
        }
    }

    /// Attributes of these names ignore case like the fields that have them.
    pub(super) fn ignores_case(&self) -> bool {
        match self {
            Field::Severity(_) | Field::Kind | Field::Status => true,
            Field::Attribute(Level::Any, key) => {
                ["severity", "level", "kind", "status"].contains(&key.as_str())
            }
            _ => false,
        }
    }
}

impl Test {
    /// What it is called in the table of what was reached.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Test::Exists => ":*",
            Test::Is(value) if value.quoted => ":\"text\"",
            Test::Is(value) => match super::number::read(&value.text) {
                Some((_, Some(_))) => ":number with unit",
                Some(_) => ":number",
                None if ["true", "false"].contains(&value.text.as_str()) => ":boolean",
                None => ":text",
            },
            Test::Form(pieces) => match (
                pieces.len(),
                pieces[0].is_empty(),
                pieces[pieces.len() - 1].is_empty(),
            ) {
                (2, false, true) => ":pre*",
                (2, true, false) => ":*suf",
                (3, true, true) => ":*mid*",
                _ => ":a*z",
            },
            Test::Match(_) => ":/regex/",
            Test::Compare(op, _) => op.symbol(),
            Test::Between(Some(_), Some(_)) => "[a TO b]",
            Test::Between(None, _) => "[* TO b]",
            Test::Between(..) => "[a TO *]",
        }
    }
}

impl Op {
    pub(super) const ALL: [Op; 4] = [Op::Greater, Op::GreaterOrEqual, Op::Less, Op::LessOrEqual];

    pub(super) fn symbol(self) -> &'static str {
        match self {
            Op::Greater => ">",
            Op::GreaterOrEqual => ">=",
            Op::Less => "<",
            Op::LessOrEqual => "<=",
        }
    }
}
