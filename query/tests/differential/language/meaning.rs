//! What a question means, by the words of `docs/search-language.md`, record by record.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::check::Check;
use super::coverage::Coverage;
use super::number::{Number, order};
use super::question::{Field, Level, Op, Question, Test, TraceQuestion, Written};
use super::records::Record;
use super::text::Standing;
use super::value::{Attributes, Value, last};
use clearspan_schema::Signal;

/// Old and new names of attributes, from the table of the language's description.
static RENAMED: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    let described = include_str!("../../../../docs/search-language.md");
    let (_, table) = described.split_once("| old | today |").unwrap();
    let cells = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.strip_suffix("` |"));
    let pairs: Vec<_> = cells
        .filter_map(|cells| cells.split_once("` | `"))
        .collect();
    assert!(pairs.len() > 50, "the table was read");
    pairs
});

const BANDS: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const KINDS: [&str; 6] = [
    "UNSPECIFIED",
    "INTERNAL",
    "SERVER",
    "CLIENT",
    "PRODUCER",
    "CONSUMER",
];
const STATUSES: [&str; 3] = ["UNSET", "OK", "ERROR"];

/// Asks records, and notes which conditions held of some.
pub(super) struct Oracle<'c> {
    pub(super) signal: Signal,
    pub(super) coverage: &'c mut Coverage,
}

impl Oracle<'_> {
    /// Which of the records it holds of.
    pub(super) fn holds(&mut self, asked: &Question, records: &[Record]) -> Vec<bool> {
        let mut each = |parts: &[Question]| -> Vec<Vec<bool>> {
            parts.iter().map(|part| self.holds(part, records)).collect()
        };
        let (what, held) = match asked {
            Question::And(parts) => (
                "AND",
                joined(&each(parts), |parts| parts.iter().all(|part| *part)),
            ),
            Question::Or(parts) => (
                "OR",
                joined(&each(parts), |parts| parts.iter().any(|part| *part)),
            ),
            Question::Not(inner) => (
                "NOT",
                self.holds(inner, records)
                    .iter()
                    .map(|held| !held)
                    .collect(),
            ),
            Question::OfField(inner) => ("field:(...)", self.holds(inner, records)),
            condition => return self.condition(condition, records),
        };
        self.coverage
            .reached(&format!("combination {what}"), held.contains(&true));
        held
    }

    fn condition(&mut self, asked: &Question, records: &[Record]) -> Vec<bool> {
        let held: Vec<bool> = match asked {
            Question::Words(text, open_start, open_end) => {
                let standing = Standing::new(text, *open_start, *open_end);
                let stands = |record: &Record| {
                    self.text(record)
                        .is_some_and(|text| standing.stands_in(&text))
                };
                records.iter().map(stands).collect()
            }
            Question::Field(field, test) => self.field(field, test, records),
            Question::Expression(source) => {
                let field = if self.signal == Signal::Logs {
                    Field::Body
                } else {
                    Field::Name
                };
                self.field(&field, &Test::Match(source.clone()), records)
            }
            _ => vec![true; records.len()],
        };
        self.coverage.condition(asked, held.contains(&true));
        held
    }

    /// The text in which words are looked for.
    fn text(&self, record: &Record) -> Option<String> {
        match (self.signal, &record.body) {
            (Signal::Spans, _) => Some(record.name.clone()),
            (Signal::Logs, Some(Value::Text(text))) => Some(text.clone()),
            (Signal::Logs, body) => body.as_ref().map(Value::json),
        }
    }

    fn field(&mut self, field: &Field, test: &Test, records: &[Record]) -> Vec<bool> {
        let is_order = matches!(test, Test::Compare(..) | Test::Between(..));
        let is_id = matches!(field, Field::TraceId | Field::SpanId);
        let check = Check::new(test, is_id || field.ignores_case());
        let mut values: BTreeMap<&'static str, bool> = BTreeMap::new();
        let mut levels: BTreeMap<&'static str, bool> = BTreeMap::new();
        let mut held = Vec::with_capacity(records.len());
        for record in records {
            let found = match field {
                Field::Severity(_) => Found::Verdict(severity(record, test, &check)),
                Field::Kind => Found::Verdict(code(record.kind, &KINDS, test, &check)),
                Field::Status => {
                    Found::Verdict(code(record.status.unwrap_or(0), &STATUSES, test, &check))
                }
                // A list is its JSON there, which has no order.
                Field::Body if is_order && matches!(record.body, Some(Value::List(_))) => {
                    Found::Verdict(false)
                }
                field => Found::Values(values_of(field, record, self.signal)),
            };
            held.push(match found {
                Found::Verdict(verdict) => verdict,
                Found::Values(found) => {
                    let mut any = false;
                    for value in found {
                        let passes = check.passes(&value);
                        *values.entry(value.kind()).or_default() |= passes;
                        for special in specials(field, record) {
                            *levels.entry(special).or_default() |= passes;
                        }
                        any |= passes;
                    }
                    any
                }
            });
        }
        for (special, passed) in levels {
            self.coverage.reached(&format!("levels {special}"), passed);
        }
        for (kind, passed) in values {
            self.coverage.reached(&format!("value {kind}"), passed);
        }
        held
    }

    /// Which spans satisfy what is asked of single ones.
    pub(super) fn traces(&mut self, asked: &TraceQuestion, spans: &[Record]) -> Spans {
        let mut each = |parts: &[TraceQuestion]| -> Vec<Spans> {
            parts.iter().map(|part| self.traces(part, spans)).collect()
        };
        match asked {
            TraceQuestion::Plain(asked) => Spans::Some(self.holds(asked, spans)),
            TraceQuestion::Group(None) => Spans::Some(vec![true; spans.len()]),
            TraceQuestion::Group(Some(asked)) => Spans::Some(self.holds(asked, spans)),
            TraceQuestion::Not(inner) => Spans::Not(Box::new(self.traces(inner, spans))),
            TraceQuestion::And(parts) => Spans::And(each(parts)),
            TraceQuestion::Or(parts) => Spans::Or(each(parts)),
        }
    }
}

/// What a question means for traces: which of all spans satisfy what is asked of single ones.
pub(super) enum Spans {
    Some(Vec<bool>),
    And(Vec<Spans>),
    Or(Vec<Spans>),
    Not(Box<Spans>),
}

impl Spans {
    /// Whether it holds of the trace with these spans.
    pub(super) fn hold_of(&self, trace: &[usize]) -> bool {
        match self {
            Spans::Some(held) => trace.iter().any(|&span| held[span]),
            Spans::And(parts) => parts.iter().all(|part| part.hold_of(trace)),
            Spans::Or(parts) => parts.iter().any(|part| part.hold_of(trace)),
            Spans::Not(inner) => !inner.hold_of(trace),
        }
    }
}

/// What a field has of a record.
enum Found {
    Values(Vec<Value>),
    Verdict(bool),
}

fn joined(parts: &[Vec<bool>], join: impl Fn(&[bool]) -> bool) -> Vec<bool> {
    let at = |row: usize| -> Vec<bool> { parts.iter().map(|part| part[row]).collect() };
    (0..parts[0].len()).map(|row| join(&at(row))).collect()
}

fn hex(bytes: &[u8]) -> Value {
    Value::Text(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The values any of which may pass.
fn values_of(field: &Field, record: &Record, signal: Signal) -> Vec<Value> {
    let one = match field {
        Field::Service => record.service().map(Value::text),
        Field::Name => Some(Value::text(&record.name)),
        Field::Duration => record.duration().map(Value::Int),
        Field::TraceId => record.trace_id.map(|id| hex(&id)),
        Field::SpanId => record.span_id.map(|id| hex(&id)),
        Field::Body => match &record.body {
            Some(list @ Value::List(_)) => Some(Value::Text(list.json())),
            body => body.clone(),
        },
        Field::EventName => {
            let none =
                record.events.is_empty() || signal == Signal::Logs && record.events[0].is_empty();
            return match none {
                true => attribute(record, Level::Any, "event.name"),
                false => record.events.iter().map(|name| Value::text(name)).collect(),
            };
        }
        Field::Attribute(level, key) => return attribute(record, *level, key),
        Field::Severity(_) | Field::Kind | Field::Status => None,
    };
    one.into_iter().collect()
}

/// What is special about an attribute of a record.
fn specials(field: &Field, record: &Record) -> Vec<&'static str> {
    let Field::Attribute(Level::Any, key) = field else {
        return Vec::new();
    };
    let own = [
        &record.attributes,
        &record.group.scope,
        &record.group.resource,
    ];
    let times = |attributes: &Attributes| attributes.iter().filter(|(name, _)| name == key).count();
    let mut specials = Vec::new();
    if own
        .iter()
        .filter(|attributes| times(attributes) > 0)
        .count()
        > 1
    {
        specials.push("of which one hides another");
    }
    if own.iter().any(|attributes| times(attributes) > 1) {
        specials.push("with a key twice");
    }
    if own.iter().all(|attributes| times(attributes) == 0) {
        specials.push("with another name of it");
    }
    specials
}

/// What the first level has that has the attribute, under each of its names.
fn attribute(record: &Record, level: Level, key: &str) -> Vec<Value> {
    let group = &record.group;
    let levels: Vec<&Attributes> = match level {
        Level::Any => vec![&record.attributes, &group.scope, &group.resource],
        Level::Record => vec![&record.attributes],
        Level::Scope => vec![&group.scope],
        Level::Resource => vec![&group.resource],
    };
    let mut names = vec![key];
    names.extend(
        RENAMED
            .iter()
            .filter(|(old, _)| *old == key)
            .map(|(_, new)| *new),
    );
    names.extend(
        RENAMED
            .iter()
            .filter(|(_, new)| *new == key)
            .map(|(old, _)| *old),
    );
    for attributes in levels {
        let values: Vec<Value> = names
            .iter()
            .filter_map(|name| last(attributes, name).cloned())
            .collect();
        if !values.is_empty() {
            return values;
        }
    }
    let own = match (level, key) {
        (Level::Scope, "name") => &group.scope_name,
        (Level::Scope, "version") => &group.scope_version,
        _ => return Vec::new(),
    };
    if own.is_empty() {
        Vec::new()
    } else {
        vec![Value::text(own)]
    }
}

/// A field whose numbers have names.
fn code(code: i32, names: &[&str], test: &Test, check: &Check<'_>) -> bool {
    if matches!(test, Test::Exists) {
        return code != 0;
    }
    let name = usize::try_from(code).ok().and_then(|code| names.get(code));
    let is_number = matches!(test, Test::Is(_)) && check.passes(&Value::Int(code.into()));
    is_number || name.is_some_and(|name| check.passes(&Value::text(name)))
}

fn severity(record: &Record, test: &Test, check: &Check<'_>) -> bool {
    let (number, text) = (record.severity_number, &record.severity_text);
    match test {
        Test::Exists => number != 0 || !text.is_empty(),
        Test::Compare(op, with) => compares(number, text, *op, with),
        Test::Between(low, high) => {
            let holds = |end: &Option<Written>, op| {
                end.as_ref()
                    .is_none_or(|end| compares(number, text, op, end))
            };
            holds(low, Op::GreaterOrEqual) && holds(high, Op::LessOrEqual)
        }
        Test::Is(_) | Test::Form(_) | Test::Match(_) => {
            let band = (1..=24)
                .contains(&number)
                .then(|| BANDS[(number - 1) as usize / 4]);
            let is_number = number != 0
                && matches!(test, Test::Is(_))
                && check.passes(&Value::Int(number.into()));
            is_number
                || (!text.is_empty() && check.passes(&Value::text(text)))
                || band.is_some_and(|band| check.passes(&Value::text(band)))
        }
    }
}

/// Compares numbers with a number, and with a band as a whole.
fn compares(number: i32, text: &str, op: Op, with: &Written) -> bool {
    let first_of = |name: &str| {
        let band = BANDS
            .iter()
            .position(|band| band.eq_ignore_ascii_case(name));
        band.map(|band| band as i32 * 4 + 1)
    };
    let own = if number != 0 {
        Some(number)
    } else {
        first_of(text)
    };
    let Some(own) = own else { return false };
    let order = match with.number() {
        Some((with, _)) => order(Number::Whole(own.into()), with),
        None => first_of(&with.text).map(|first| match own {
            own if own < first => Ordering::Less,
            own if own > first + 3 => Ordering::Greater,
            _ => Ordering::Equal,
        }),
    };
    order.is_some_and(|order| op.accepts(order))
}
