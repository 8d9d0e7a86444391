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
//! | `text.rs` | words and phrases |
//! | `value.rs` | a test of one value: text, number, list ... |
//! | `attributes.rs` | attributes of record, scope and resource |
//! | `known.rs` | fields that are columns of their own |
//! | `severity.rs` | severity: text, band, order |
//! | `memo.rs` | answers per distinct value |
//! | `highlight.rs` | where a text has what a query looks for |

mod attributes;
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
use clearspan_schema::{SchemaError, Signal};

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

    /// The columns it reads, by name. A batch may lack all others.
    pub fn columns(&self) -> Vec<&'static str> {
        let mut columns = BTreeSet::new();
        self.root.collect_columns(&mut columns);
        columns.into_iter().collect()
    }

    /// The rows of `batch` that match. Fails when a column of [`Matcher::columns`] is absent.
    pub fn matches(&self, batch: &RecordBatch) -> Result<BooleanBuffer, SchemaError> {
        self.matches_among(batch, &BooleanBuffer::new_set(batch.num_rows()))
    }

    /// The rows of `mask` that match; `mask` has one bit for each row of `batch`.
    pub fn matches_among(
        &self,
        batch: &RecordBatch,
        mask: &BooleanBuffer,
    ) -> Result<BooleanBuffer, SchemaError> {
        self.root.select(batch, mask)
    }
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
            Expr::Text(phrase) => Node::leaf(Leaf::Text(TextTest::new(signal, phrase))),
            Expr::Field(field, test) => Node::leaf(known::leaf(field, test, signal)),
            Expr::And(parts) => Node::And(Node::parts(parts, signal, true)),
            Expr::Or(parts) => Node::Or(Node::parts(parts, signal, false)),
            Expr::Not(inner) => Node::Not(Box::new(Node::new(inner, signal))),
            Expr::Group(inner) => Node::new(inner, signal),
        }
    }

    fn leaf(leaf: Leaf) -> Node {
        Node::Leaf(Box::new(leaf))
    }

    /// The parts with the cheapest first, and all words and phrases joined into one.
    fn parts(parts: &[Expr], signal: Signal, all: bool) -> Vec<Node> {
        let phrases = parts.iter().filter_map(|part| match part {
            Expr::Text(phrase) => Some(phrase),
            _ => None,
        });
        let others = parts.iter().filter(|part| !matches!(part, Expr::Text(_)));
        let mut nodes: Vec<Node> = others.map(|part| Node::new(part, signal)).collect();
        nodes.extend(
            TextTest::joined(signal, phrases, all).map(|test| Node::leaf(Leaf::Text(test))),
        );
        nodes.sort_by_key(Node::cost);
        nodes
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

    fn select(
        &self,
        batch: &RecordBatch,
        mask: &BooleanBuffer,
    ) -> Result<BooleanBuffer, SchemaError> {
        if mask.count_set_bits() == 0 {
            return Ok(mask.clone());
        }
        match self {
            Node::All => Ok(mask.clone()),
            Node::Leaf(leaf) => leaf.select(batch, mask),
            Node::Not(inner) => Ok(without(mask, &inner.select(batch, mask)?)),
            Node::And(parts) => parts
                .iter()
                .try_fold(mask.clone(), |rest, part| part.select(batch, &rest)),
            Node::Or(parts) => {
                let untaken = parts.iter().try_fold(mask.clone(), |rest, part| {
                    let taken = part.select(batch, &rest)?;
                    Ok::<_, SchemaError>(without(&rest, &taken))
                })?;
                Ok(without(mask, &untaken))
            }
        }
    }

    fn collect_columns(&self, columns: &mut BTreeSet<&'static str>) {
        match self {
            Node::All => {}
            Node::Leaf(leaf) => columns.extend(leaf.columns()),
            Node::And(parts) | Node::Or(parts) => {
                parts.iter().for_each(|part| part.collect_columns(columns))
            }
            Node::Not(inner) => inner.collect_columns(columns),
        }
    }
}

macro_rules! for_each_leaf {
    ($leaf:expr, $test:ident => $call:expr) => {
        match $leaf {
            Leaf::TextColumn($test) => $call,
            Leaf::Code($test) => $call,
            Leaf::Id($test) => $call,
            Leaf::Duration($test) => $call,
            Leaf::Severity($test) => $call,
            Leaf::EventName($test) => $call,
            Leaf::Attribute($test) => $call,
            Leaf::Body($test) => $call,
            Leaf::Text($test) => $call,
        }
    };
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
        for_each_leaf!(self, test => test.columns())
    }

    fn select(
        &self,
        batch: &RecordBatch,
        mask: &BooleanBuffer,
    ) -> Result<BooleanBuffer, SchemaError> {
        for_each_leaf!(self, test => test.select(batch, mask))
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
