//! Calls by minute, caller and callee, as far as the traces of one segment tell them.
//!
//! | column | type | what it holds |
//! |---|---|---|
//! | `minute` | `Int64` | the minute in which the counted spans started, counted from 1970; null in a row that tells of a trace left out |
//! | `caller`, `callee` | `Dictionary<Int32, Utf8>` | services, or what their spans call besides |
//! | `callee_kind` | `Int32` | what the callee is, as [`KINDS`] numbers it |
//! | `count`, `errors` | `UInt64` | calls; how many of them are errors |
//! | `untimed`, `durations` | | their durations, as `packed.rs` writes them |
//! | `longest_ns` | `Int64` | the longest of them; null where none has a duration |
//! | `row` | `UInt32` | a row of the trace with that call, of several the trace with the least id; of a trace left out its first row |
//!
//! What is a call is decided in `trace/edges.rs`, by the spans of one trace. Here these are those in the segment: whoever asks must find out which traces have
//! spans elsewhere too, take their calls away and count them anew (`dependencies/`).
//!
//! A trace is left out when its calls do not follow from its own spans, or do not add up by minute: a link of its may make a call, spans that share their id start in
//! several minutes, a span may have too many callers, or there are more spans than are held at once.

use std::cell::Cell;
use std::cmp::Reverse;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, Int64Array, RecordBatch, UInt32Array, UInt64Array};
use clearspan_schema::{SchemaError, Signal, TraceId};
use clearspan_storage::{Derivation, Derive};
use foldhash::{HashMap, HashSet};

use super::packed::{Timed, pack};
use super::span_minutes::ERRORS;
use super::texts::Texts;
use super::{COUNT, MINUTE, is_worth};
use crate::limits::{DERIVED_ROWS_MAX, DERIVED_TEXT_BYTES_MAX, EDGE_ROWS_PER_READ};
use crate::trace::{Call, CallingRows, CallingSpan, NodeKind, Nodes, calls};

pub(crate) const CALLER: &str = "caller";
pub(crate) const CALLEE: &str = "callee";
pub(crate) const CALLEE_KIND: &str = "callee_kind";
pub(crate) const LONGEST_NS: &str = "longest_ns";
pub(crate) const ROW: &str = "row";

/// What a callee is, by the number that is kept.
pub(crate) const KINDS: [NodeKind; 4] = [
    NodeKind::Service,
    NodeKind::Database,
    NodeKind::Messaging,
    NodeKind::External,
];

/// The formula.
#[derive(Debug)]
pub(crate) struct SpanEdges;

impl Derive for SpanEdges {
    fn name(&self) -> &'static str {
        "span_edges"
    }

    fn version(&self) -> u32 {
        1
    }

    fn signal(&self) -> Signal {
        Signal::Spans
    }

    fn begin(&self) -> Box<dyn Derivation> {
        Box::new(Deriving {
            edges: Some(Edges::default()),
            rows: 0,
        })
    }
}

#[derive(Debug)]
struct Deriving {
    /// `None` when there is nothing to be derived: there would be too much, or the rows of some trace do not stand together.
    edges: Option<Edges>,
    rows: u32,
}

impl Derivation for Deriving {
    fn push(&mut self, rows: &RecordBatch) -> Result<(), SchemaError> {
        if let Some(edges) = &mut self.edges {
            let goes_on = edges.add(rows, self.rows)?;
            if !goes_on {
                self.edges = None;
            }
        }
        self.rows += rows.num_rows() as u32;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Option<RecordBatch>, SchemaError> {
        let Some(mut edges) = self.edges else {
            return Ok(None);
        };
        edges.close();
        let worth = edges.len() == 0 || is_worth(edges.len(), self.rows.into());
        worth.then(|| edges.into_batch()).transpose()
    }
}

#[derive(Debug, Default)]
struct Edges {
    nodes: Nodes,
    groups: HashMap<Key, Group>,
    /// The first row of each trace that is left out.
    left_out: Vec<u32>,
    /// The trace whose rows come in, and its first row.
    open: Option<(TraceId, u32)>,
    closed: HashSet<TraceId>,
    /// The open trace's, and whether each has links.
    spans: Vec<CallingSpan<bool>>,
    is_too_large: bool,
    /// Kept for its room.
    found: Vec<Call>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    minute: i64,
    caller: u32,
    callee: u32,
}

#[derive(Debug)]
struct Group {
    count: u64,
    errors: u64,
    durations: Vec<i64>,
    longest: (Option<i64>, Reverse<TraceId>),
    row: u32,
}

impl Edges {
    /// How many rows they will be.
    fn len(&self) -> usize {
        self.groups.len() + self.left_out.len()
    }

    /// Takes rows, the first of which stands at `first_row`. Returns whether there is something to be derived still.
    fn add(&mut self, rows: &RecordBatch, first_row: u32) -> Result<bool, SchemaError> {
        let mut source = CallingRows::new(rows)?;
        for (row, stands) in (0..rows.num_rows()).zip(first_row..) {
            let trace = source.ends.trace(row);
            if self.open.is_none_or(|(open, _)| open != trace) {
                self.close();
                if !self.closed.insert(trace) {
                    return Ok(false);
                }
                self.open = Some((trace, stands));
            }
            if self.spans.len() == EDGE_ROWS_PER_READ {
                self.is_too_large = true;
            }
            if !self.is_too_large {
                let has_links = source.links(row).next().is_some();
                let span = source.span(row, stands, has_links, &mut self.nodes);
                self.spans.push(span);
            }
        }
        Ok(self.len() <= DERIVED_ROWS_MAX && self.nodes.bytes() <= DERIVED_TEXT_BYTES_MAX)
    }

    /// Counts the calls of the open trace.
    fn close(&mut self) {
        let Some((trace, first_row)) = self.open.take() else {
            return;
        };
        let mut found = std::mem::take(&mut self.found);
        let is_whole = !self.is_too_large && local_calls(&self.spans, |call| found.push(call));
        self.spans.clear();
        self.is_too_large = false;
        if is_whole {
            found.iter().for_each(|call| self.count(trace, call));
        } else {
            self.left_out.push(first_row);
        }
        found.clear();
        self.found = found;
    }

    fn count(&mut self, trace: TraceId, call: &Call) {
        let key = Key {
            minute: call.minute,
            caller: call.caller,
            callee: call.callee,
        };
        let longest = (call.duration, Reverse(trace));
        let group = self.groups.entry(key).or_insert_with(|| Group {
            count: 0,
            errors: 0,
            durations: Vec::new(),
            longest,
            row: call.row,
        });
        group.count += 1;
        group.errors += u64::from(call.is_error);
        group.durations.extend(call.duration);
        if longest > group.longest {
            group.longest = longest;
            group.row = call.row;
        }
    }

    fn into_batch(self) -> Result<RecordBatch, SchemaError> {
        let mut texts = Texts::default();
        let mut rows: Vec<Row> = Vec::with_capacity(self.len());
        for (key, group) in self.groups {
            let (_, caller) = self.nodes.of_number(key.caller);
            let (kind, callee) = self.nodes.of_number(key.callee);
            rows.push(Row {
                minute: Some(key.minute),
                caller: Some(texts.number(caller)),
                callee: Some(texts.number(callee)),
                kind: KINDS
                    .iter()
                    .position(|known| *known == kind)
                    .unwrap_or_default() as i32,
                group,
            });
        }
        rows.extend(self.left_out.into_iter().map(Row::left_out));
        let texts = texts.sorted();
        rows.sort_unstable_by_key(|row| {
            let (caller, callee) = (texts.place(row.caller), texts.place(row.callee));
            (row.minute, caller, row.kind, callee, row.group.row)
        });
        let packed = rows.iter_mut().map(|row| Timed {
            run: row.minute,
            count: row.group.count,
            durations: &mut row.group.durations,
        });
        let [untimed, durations] = pack(packed);
        let rows = || rows.iter();
        let minutes: Int64Array = rows().map(|row| row.minute).collect();
        let kinds: Int32Array = rows().map(|row| row.kind).collect();
        let counts: UInt64Array = rows().map(|row| row.group.count).collect();
        let errors: UInt64Array = rows().map(|row| row.group.errors).collect();
        let longest: Int64Array = rows().map(|row| row.group.longest.0).collect();
        let places: UInt32Array = rows().map(|row| row.group.row).collect();
        let columns: [(&str, ArrayRef); 10] = [
            (MINUTE, Arc::new(minutes)),
            (CALLER, texts.column(rows().map(|row| row.caller))?),
            (CALLEE, texts.column(rows().map(|row| row.callee))?),
            (CALLEE_KIND, Arc::new(kinds)),
            (COUNT, Arc::new(counts)),
            (ERRORS, Arc::new(errors)),
            (super::packed::UNTIMED, untimed),
            (super::packed::DURATIONS, durations),
            (LONGEST_NS, Arc::new(longest)),
            (ROW, Arc::new(places)),
        ];
        Ok(RecordBatch::try_from_iter(columns)?)
    }
}

/// A row to be.
struct Row {
    minute: Option<i64>,
    caller: Option<u32>,
    callee: Option<u32>,
    kind: i32,
    group: Group,
}

impl Row {
    fn left_out(first_row: u32) -> Self {
        let group = Group {
            count: 0,
            errors: 0,
            durations: Vec::new(),
            longest: (None, Reverse(TraceId::default())),
            row: first_row,
        };
        Row {
            minute: None,
            caller: None,
            callee: None,
            kind: 0,
            group,
        }
    }
}

/// The calls among the spans of one segment, of which each says whether it has links. Returns whether they are those that the trace has in a
/// segment: else it is left out, and what was emitted counts for nothing.
pub(crate) fn local_calls(spans: &[CallingSpan<bool>], mut emit: impl FnMut(Call)) -> bool {
    let (are_linked, mut are_split) = (Cell::new(false), false);
    let links = |has_links: &bool, _, _: &mut _| are_linked.set(are_linked.get() || *has_links);
    let are_full = calls(spans, links, |call| {
        are_split |= call.is_split;
        emit(call);
    });
    !are_full && !are_linked.get() && !are_split
}
