//! A query compiled for the rows of Arrow batches in the canonical schema.
//!
//! Compiled once, asked of any number of batches; it alone decides what matches, for searches, for the
//! live tail and behind the text index.
//!
//! 1. Each condition becomes a `Leaf` that knows its columns. A leaf is asked of a *mask* of rows and
//!    answers with the rows among them that match.
//! 2. `And` narrows the mask from part to part, cheapest part first, and ends when it is empty; `Or`
//!    asks each part only of the rows that no part before it took.
//! 3. A leaf over a dictionary column looks at each distinct value at most once a batch (`memo.rs`).
//!
//! | file | what it holds |
//! |---|---|
//! | `text.rs` | conditions on a row's text: words, phrases, forms of bodies |
//! | `value.rs` | a test of one value: text, number, list ... |
//! | `attributes.rs` | attributes of record, scope and resource |
//! | `known.rs` | fields that are columns of their own |
//! | `severity.rs` | severity: text, band, order |
//! | `memo.rs` | answers per distinct value |
//! | `decided.rs` | what templates say of a whole query |
//! | `highlight.rs` | where a text has what a query looks for |

mod attributes;
mod decided;
mod highlight;
mod known;
mod memo;
mod severity;
mod text;
mod value;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use arrow::array::{BooleanBufferBuilder, RecordBatch};
use arrow::buffer::BooleanBuffer;
use clearspan_schema::Signal;
use clearspan_storage::scan::{AttributeKeys, PartError, RowTexts, TextCondition, TextSearch};

use super::ast::{Expr, Query};
use attributes::AttributeTest;
use known::{BodyTest, CodeTest, DurationTest, EventNameTest, IdTest, TextColumnTest};
use severity::SeverityTest;
use text::TextTest;

pub use highlight::Highlighter;
pub(crate) use value::LIST_DEPTH_MAX;

/// A compiled query.
#[derive(Debug)]
pub struct Matcher {
    signal: Signal,
    root: Node,
}

impl Matcher {
    /// Compiles `query`. A group of a query over traces counts as parentheses here: ask each condition
    /// of [`super::traces::TraceQuery`] instead.
    pub fn new(query: &Query) -> Matcher {
        Matcher {
            signal: query.signal(),
            root: Node::new(query.root(), query.signal()),
        }
    }

    /// The signal whose batches it takes.
    pub fn signal(&self) -> Signal {
        self.signal
    }

    /// Whether every row matches.
    pub fn is_all(&self) -> bool {
        matches!(self.root, Node::All)
    }

    /// Whether matching rows of segments can be counted without looking at each.
    pub(crate) fn is_counted(&self) -> bool {
        self.signal == Signal::Logs && (self.is_all() || self.text_alone().is_some())
    }

    /// The conditions on texts, where a row matches if and only if they are found in its text.
    pub(crate) fn text_alone(&self) -> Option<&TextSearch> {
        match &self.root {
            Node::Leaf(leaf) => match leaf.as_ref() {
                Leaf::Text(test) => Some(test.search()),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether it has conditions on texts.
    pub(crate) fn has_texts(&self) -> bool {
        self.root.has_texts()
    }

    /// The columns it reads, by name. A batch may lack all others.
    pub fn columns(&self) -> Vec<&'static str> {
        let mut columns = BTreeSet::new();
        self.root.collect_columns(true, &mut columns);
        columns.into_iter().collect()
    }

    /// The columns that it reads when texts come with the rows.
    pub(crate) fn columns_beside_texts(&self) -> Vec<&'static str> {
        let mut columns = BTreeSet::new();
        self.root.collect_columns(false, &mut columns);
        columns.into_iter().collect()
    }

    /// The attributes of records that it reads; a batch may lack all others.
    pub(crate) fn record_keys(&self) -> AttributeKeys {
        self.root.record_keys()
    }

    /// The rows of `batch` that match. Fails when a column of [`Matcher::columns`] is absent.
    pub fn matches(&self, batch: &RecordBatch) -> Result<BooleanBuffer, PartError> {
        let all = BooleanBuffer::new_set(batch.num_rows());
        self.matches_among(batch, None, &all)
    }

    /// The rows of `mask` that match; `mask` has one bit for each row of `batch`. Where `texts` come with the rows, their column may be absent.
    pub fn matches_among(
        &self,
        batch: &RecordBatch,
        texts: Option<&RowTexts>,
        mask: &BooleanBuffer,
    ) -> Result<BooleanBuffer, PartError> {
        self.root.select(&Rows { batch, texts }, mask)
    }
}

/// What is asked.
struct Rows<'a> {
    batch: &'a RecordBatch,
    texts: Option<&'a RowTexts>,
}

#[derive(Debug)]
enum Node {
    All,
    Leaf(Box<Leaf>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
}

#[derive(Debug)]
enum Leaf {
    TextColumn(TextColumnTest),
    Code(CodeTest),
    Id(IdTest),
    Duration(DurationTest),
    Severity(SeverityTest),
    EventName(EventNameTest),
    Attribute(AttributeTest),
    Body(BodyTest),
    Text(TextTest),
}

impl Node {
    fn new(expr: &Expr, signal: Signal) -> Node {
        match expr {
            Expr::All => Node::All,
            Expr::Text(phrase) => Node::text(signal, vec![text::words(phrase)], true),
            Expr::Field(field, test) => match text::of_whole(field, test, signal) {
                Some(condition) => Node::text(signal, vec![condition], true),
                None => Node::leaf(known::leaf(field, test, signal)),
            },
            Expr::And(parts) => Node::only_or(Node::parts(parts, signal, true), Node::And),
            Expr::Or(parts) => Node::only_or(Node::parts(parts, signal, false), Node::Or),
            Expr::Not(inner) => Node::Not(Box::new(Node::new(inner, signal))),
            Expr::Group(inner) => Node::new(inner, signal),
        }
    }

    fn leaf(leaf: Leaf) -> Node {
        Node::Leaf(Box::new(leaf))
    }

    fn text(signal: Signal, conditions: Vec<TextCondition>, all: bool) -> Node {
        Node::leaf(Leaf::Text(TextTest::new(signal, conditions, all)))
    }

    /// The parts with the cheapest first, and all conditions on texts joined into one.
    fn parts(parts: &[Expr], signal: Signal, all: bool) -> Vec<Node> {
        let (mut nodes, mut conditions) = (Vec::new(), Vec::new());
        for part in parts {
            match text::condition(part, signal) {
                Some(condition) => conditions.push(condition),
                None => nodes.push(Node::new(part, signal)),
            }
        }
        if !conditions.is_empty() {
            nodes.push(Node::text(signal, conditions, all));
        }
        nodes.sort_by_key(Node::cost);
        nodes
    }

    /// The only part, or all of them together.
    fn only_or(mut parts: Vec<Node>, together: impl Fn(Vec<Node>) -> Node) -> Node {
        match parts.len() {
            1 => parts.remove(0),
            _ => together(parts),
        }
    }

    /// How dear a row is, roughly: an order, not a measure.
    fn cost(&self) -> u32 {
        match self {
            Node::All => 0,
            Node::Leaf(leaf) => leaf.cost(),
            Node::And(parts) | Node::Or(parts) => parts.iter().map(Node::cost).sum(),
            Node::Not(inner) => inner.cost(),
        }
    }

    fn select(&self, rows: &Rows<'_>, mask: &BooleanBuffer) -> Result<BooleanBuffer, PartError> {
        if mask.count_set_bits() == 0 {
            return Ok(mask.clone());
        }
        match self {
            Node::All => Ok(mask.clone()),
            Node::Leaf(leaf) => leaf.select(rows, mask),
            Node::Not(inner) => Ok(without(mask, &inner.select(rows, mask)?)),
            Node::And(parts) => parts
                .iter()
                .try_fold(mask.clone(), |rest, part| part.select(rows, &rest)),
            Node::Or(parts) => {
                let untaken = parts.iter().try_fold(mask.clone(), |rest, part| {
                    let taken = part.select(rows, &rest)?;
                    Ok::<_, PartError>(without(&rest, &taken))
                })?;
                Ok(without(mask, &untaken))
            }
        }
    }

    fn has_texts(&self) -> bool {
        match self {
            Node::All => false,
            Node::Leaf(leaf) => matches!(leaf.as_ref(), Leaf::Text(_)),
            Node::And(parts) | Node::Or(parts) => parts.iter().any(Node::has_texts),
            Node::Not(inner) => inner.has_texts(),
        }
    }

    fn record_keys(&self) -> AttributeKeys {
        match self {
            Node::All => AttributeKeys::none(),
            Node::Leaf(leaf) => leaf.record_keys(),
            Node::And(parts) | Node::Or(parts) => parts
                .iter()
                .map(Node::record_keys)
                .fold(AttributeKeys::none(), AttributeKeys::union),
            Node::Not(inner) => inner.record_keys(),
        }
    }

    /// With the columns of texts, or without.
    fn collect_columns(&self, texts: bool, columns: &mut BTreeSet<&'static str>) {
        match self {
            Node::All => {}
            Node::Leaf(leaf) if !texts && matches!(leaf.as_ref(), Leaf::Text(_)) => {}
            Node::Leaf(leaf) => columns.extend(leaf.columns()),
            Node::And(parts) | Node::Or(parts) => parts
                .iter()
                .for_each(|part| part.collect_columns(texts, columns)),
            Node::Not(inner) => inner.collect_columns(texts, columns),
        }
    }
}

impl Leaf {
    fn cost(&self) -> u32 {
        match self {
            Leaf::TextColumn(_)
            | Leaf::Code(_)
            | Leaf::Id(_)
            | Leaf::Duration(_)
            | Leaf::Severity(_) => 1,
            Leaf::EventName(_) | Leaf::Attribute(_) => 4,
            Leaf::Body(_) => 10,
            Leaf::Text(_) => 20,
        }
    }

    fn columns(&self) -> Vec<&'static str> {
        match self {
            Leaf::TextColumn(test) => test.columns(),
            Leaf::Code(test) => test.columns(),
            Leaf::Id(test) => test.columns(),
            Leaf::Duration(test) => test.columns(),
            Leaf::Severity(test) => test.columns(),
            Leaf::EventName(test) => test.columns(),
            Leaf::Attribute(test) => test.columns(),
            Leaf::Body(test) => test.columns(),
            Leaf::Text(test) => test.columns(),
        }
    }

    fn record_keys(&self) -> AttributeKeys {
        match self {
            Leaf::EventName(test) => test.record_keys(),
            Leaf::Attribute(test) => test.record_keys(),
            Leaf::TextColumn(_)
            | Leaf::Code(_)
            | Leaf::Id(_)
            | Leaf::Duration(_)
            | Leaf::Severity(_)
            | Leaf::Body(_)
            | Leaf::Text(_) => AttributeKeys::none(),
        }
    }

    fn select(&self, rows: &Rows<'_>, mask: &BooleanBuffer) -> Result<BooleanBuffer, PartError> {
        let batch = rows.batch;
        Ok(match self {
            Leaf::TextColumn(test) => test.select(batch, mask)?,
            Leaf::Code(test) => test.select(batch, mask)?,
            Leaf::Id(test) => test.select(batch, mask)?,
            Leaf::Duration(test) => test.select(batch, mask)?,
            Leaf::Severity(test) => test.select(batch, mask)?,
            Leaf::EventName(test) => test.select(batch, mask)?,
            Leaf::Attribute(test) => test.select(batch, mask)?,
            Leaf::Body(test) => test.select(batch, mask)?,
            Leaf::Text(test) => test.select(batch, rows.texts, mask)?,
        })
    }
}

/// The rows of `mask` for which `matches` holds.
fn rows_where(mask: &BooleanBuffer, mut matches: impl FnMut(usize) -> bool) -> BooleanBuffer {
    if mask.count_set_bits() == mask.len() {
        return BooleanBuffer::collect_bool(mask.len(), matches);
    }
    let mut selected = BooleanBufferBuilder::new(mask.len());
    selected.append_n(mask.len(), false);
    for row in mask.set_indices() {
        if matches(row) {
            selected.set_bit(row, true);
        }
    }
    selected.finish()
}

/// The rows of `mask` that are not among `rows`.
fn without(mask: &BooleanBuffer, rows: &BooleanBuffer) -> BooleanBuffer {
    mask & &!rows
}
