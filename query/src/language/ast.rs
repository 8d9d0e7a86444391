//! What a query says, as a tree.
//!
//! Trees are kept in one normal form, so that printing and reading again gives the same tree: an `And`
//! stands in no `And` and an `Or` in no `Or`, both hold at least two, and a `Not` holds no `Not`. The
//! constructors [`Expr::all_of`], [`Expr::any_of`] and [`Expr::negated`] keep it.

use clearspan_schema::Signal;
use clearspan_storage::text::TextPattern;
use regex::Regex;

use super::number::NumberLiteral;

/// A query of one signal.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    pub(crate) signal: Signal,
    pub(crate) root: Expr,
}

impl Query {
    /// A query from its tree.
    pub fn new(signal: Signal, root: Expr) -> Query {
        Query { signal, root }
    }

    /// The query that every row matches.
    pub fn all(signal: Signal) -> Query {
        Query {
            signal,
            root: Expr::All,
        }
    }

    /// What it is asked of.
    pub fn signal(&self) -> Signal {
        self.signal
    }

    /// Its tree.
    pub fn root(&self) -> &Expr {
        &self.root
    }

    /// Whether every row matches, because nothing is asked.
    pub fn is_all(&self) -> bool {
        self.root == Expr::All
    }

    /// The fields it names, in order, repeats included.
    pub fn fields(&self) -> Vec<&Field> {
        let mut fields = Vec::new();
        self.root.visit(&mut |expr| {
            if let Expr::Field(field, _) = expr {
                fields.push(field);
            }
        });
        fields
    }
}

/// A condition on one row.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// Every row.
    All,
    /// Text stands in the body (logs) or the name (spans).
    Text(Phrase),
    /// A field passes a test.
    Field(Field, Test),
    /// All of them; at least two.
    And(Vec<Expr>),
    /// Any of them; at least two.
    Or(Vec<Expr>),
    /// Not this.
    Not(Box<Expr>),
    /// `{...}`: asked of some span of the trace on its own. Holds no other group.
    Group(Box<Expr>),
}

impl Expr {
    /// All of `parts`; with none of them every row.
    pub fn all_of(parts: Vec<Expr>) -> Expr {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Expr::And(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        match flat.len() {
            0 => Expr::All,
            1 => flat.swap_remove(0),
            _ => Expr::And(flat),
        }
    }

    /// Any of `parts`; with none of them no row.
    pub fn any_of(parts: Vec<Expr>) -> Expr {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Expr::Or(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        match flat.len() {
            0 => Expr::All.negated(),
            1 => flat.swap_remove(0),
            _ => Expr::Or(flat),
        }
    }

    /// The opposite.
    pub fn negated(self) -> Expr {
        match self {
            Expr::Not(inner) => *inner,
            other => Expr::Not(Box::new(other)),
        }
    }

    /// Calls `on` with this and everything below it.
    pub fn visit<'a>(&'a self, on: &mut dyn FnMut(&'a Expr)) {
        on(self);
        match self {
            Expr::And(parts) | Expr::Or(parts) => parts.iter().for_each(|part| part.visit(on)),
            Expr::Not(inner) | Expr::Group(inner) => inner.visit(on),
            Expr::All | Expr::Text(_) | Expr::Field(..) => {}
        }
    }
}

/// A word or phrase: where its text stands, ignoring case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Phrase {
    /// The text; not empty.
    pub text: String,
    /// `*mera`: a letter, digit or underscore may stand before it.
    pub open_start: bool,
    /// `cam*`: a letter, digit or underscore may stand after it.
    pub open_end: bool,
}

impl Phrase {
    /// `text` with both ends closed.
    pub fn closed(text: impl Into<String>) -> Phrase {
        Phrase {
            text: text.into(),
            open_start: false,
            open_end: false,
        }
    }
}

impl From<&Phrase> for TextPattern {
    fn from(phrase: &Phrase) -> TextPattern {
        TextPattern {
            text: phrase.text.clone(),
            open_start: phrase.open_start,
            open_end: phrase.open_end,
        }
    }
}

/// What is tested. Which of the known fields exist depends on the signal: see [`super::fields`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Field {
    /// `service.name` of the resource.
    Service,
    /// A log's severity: its text, or the name of its number's band.
    Severity,
    /// A log's body.
    Body,
    /// A span's name.
    Name,
    /// A span's kind.
    Kind,
    /// A span's status code.
    Status,
    /// A span's end less its start.
    Duration,
    /// The trace id.
    TraceId,
    /// The span id.
    SpanId,
    /// A log's event name; the names of a span's events.
    EventName,
    /// An attribute.
    Attribute(Level, String),
}

/// Where an attribute is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// In the record; when it is not there, in the scope; when it is not there either, in the resource.
    Any,
    /// In the record alone.
    Record,
    /// In the scope alone.
    Scope,
    /// In the resource alone.
    Resource,
}

/// How a field's value is tested.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// `field:*`: there is one.
    Exists,
    /// `field:value`.
    Equals(Value),
    /// `field:pre*`.
    Glob(Glob),
    /// `field:/regex/`.
    Matches(Pattern),
    /// `field>value` and the like.
    Compare(Comparison, Value),
    /// `field:[a TO b]`, ends included; an end that is `*` is absent. Not both are.
    Range(Option<Value>, Option<Value>),
}

/// The operator of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
}

impl Comparison {
    /// The operator as it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
        }
    }

    /// Whether a value that compares with the operand as `order` says passes.
    pub fn accepts(self, order: std::cmp::Ordering) -> bool {
        match self {
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
        }
    }
}

/// A value as it is written in a query.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Quoted text, or unquoted text that is neither a number nor a boolean.
    Text(String),
    /// An unquoted number: the number, or the text it was written as.
    Number(NumberLiteral),
    /// Unquoted `true` or `false`: the boolean, or that text.
    Bool(bool),
}

impl Value {
    /// What `text` means where it stands unquoted.
    pub fn unquoted(text: &str) -> Value {
        match text {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => NumberLiteral::parse(text)
                .map_or_else(|| Value::Text(text.to_owned()), Value::Number),
        }
    }

    /// The text as it was written, without quotes.
    pub fn text(&self) -> &str {
        match self {
            Value::Text(text) => text,
            Value::Number(number) => number.written(),
            Value::Bool(true) => "true",
            Value::Bool(false) => "false",
        }
    }
}

/// Pieces of text with anything between them: `a*b` is `["a", "b"]`, `a*` is `["a", ""]`. At least two
/// pieces, and only the first and the last may be empty, not both of two.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Glob(pub Vec<String>);

/// A regular expression, compiled.
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    regex: Regex,
}

impl Pattern {
    pub(crate) fn new(source: String, regex: Regex) -> Pattern {
        Pattern { source, regex }
    }

    /// Its text, in which `/` stands for itself.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The compiled form: unanchored, case-sensitive, of bounded size.
    pub fn regex(&self) -> &Regex {
        &self.regex
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}
