//! The trace directory: what a trace search shows of each trace, without reading a span.
//!
//! One entry per trace and part, sorted by trace id. A trace whose spans lie in several parts has an
//! entry in each; the query merges them. In a segment the rows of a trace stand together; in a
//! memtable chunk they stand as they arrived, and the directory knows which they are.

use std::ops::Range;

use arrow::array::RecordBatch;
use clearspan_schema::{SchemaError, TraceId};

use super::trace_builder::build_unsorted;

/// The traces of one part.
#[derive(Debug, Default, PartialEq)]
pub struct TraceDirectory {
    pub(super) entries: Vec<Entry>,
    /// Names of services and root operations, each once.
    pub(super) texts: Vec<String>,
    /// Spans per service, an entry's together.
    pub(super) services: Vec<(Option<u32>, u32)>,
    /// Rows sorted by trace, where they do not stand that way in the part itself.
    pub(super) order: Option<Vec<u32>>,
}

/// One trace, as kept.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) trace_id: TraceId,
    pub(super) first: u32,
    pub(super) spans: u32,
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) placed_time: i64,
    pub(super) errors: u32,
    pub(super) root: Option<Root>,
    pub(super) services: Range<u32>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Root {
    pub(super) seq: u64,
    pub(super) start: u64,
    pub(super) placed_time: i64,
    pub(super) parentless: bool,
    pub(super) name: u32,
    pub(super) service: Option<u32>,
}

/// What one part knows of one trace.
#[derive(Debug, Clone, Copy)]
pub struct TraceEntry<'a> {
    directory: &'a TraceDirectory,
    entry: &'a Entry,
}

/// The span that a part takes for the trace's root.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RootEntry<'a> {
    /// Its sequence number.
    pub seq: u64,
    /// Its start as sent, 0 when unknown.
    pub start: u64,
    /// Where it is placed.
    pub placed_time: i64,
    /// Whether it has no parent. Otherwise its parent is absent from this part.
    pub parentless: bool,
    /// Its name.
    pub name: &'a str,
    /// Its service.
    pub service: Option<&'a str>,
}

impl<'a> TraceEntry<'a> {
    /// The trace.
    pub fn trace_id(&self) -> TraceId {
        self.entry.trace_id
    }

    /// Its spans in this part.
    pub fn spans(&self) -> u32 {
        self.entry.spans
    }

    /// The earliest start as sent, in nanoseconds since 1970; 0 when no span has one.
    pub fn start(&self) -> u64 {
        self.entry.start
    }

    /// The latest end as sent; 0 when no span has one.
    pub fn end(&self) -> u64 {
        self.entry.end
    }

    /// The earliest time at which a span is placed.
    pub fn placed_time(&self) -> i64 {
        self.entry.placed_time
    }

    /// Spans with status ERROR.
    pub fn errors(&self) -> u32 {
        self.entry.errors
    }

    /// The earliest span without a parent, else the earliest whose parent is absent from this part;
    /// `None` when parents form a cycle. Ties go to the lowest sequence number.
    pub fn root(&self) -> Option<RootEntry<'a>> {
        let root = self.entry.root.as_ref()?;
        Some(RootEntry {
            seq: root.seq,
            start: root.start,
            placed_time: root.placed_time,
            parentless: root.parentless,
            name: &self.directory.texts[root.name as usize],
            service: root
                .service
                .map(|text| self.directory.texts[text as usize].as_str()),
        })
    }

    /// Its services, each as its place in [`TraceDirectory::names`]; `None` where the sender named none. In no particular order.
    pub fn service_places(&self) -> impl Iterator<Item = Option<usize>> + use<'a> {
        let range = self.entry.services.start as usize..self.entry.services.end as usize;
        let services = self.directory.services[range].iter();
        services.map(|&(service, _)| service.map(|place| place as usize))
    }

    /// Spans per service, in no particular order.
    pub fn services(&self) -> impl Iterator<Item = (Option<&'a str>, u32)> + use<'a> {
        let directory = self.directory;
        let range = self.entry.services.start as usize..self.entry.services.end as usize;
        directory.services[range].iter().map(|&(service, spans)| {
            (
                service.map(|text| directory.texts[text as usize].as_str()),
                spans,
            )
        })
    }
}

impl TraceDirectory {
    /// The traces of `batch`, which has all columns of the stored span schema, in any order of rows.
    pub fn build(batch: &RecordBatch) -> Result<Self, SchemaError> {
        build_unsorted(batch)
    }

    /// The names of services and of root operations, each once.
    pub fn names(&self) -> &[String] {
        &self.texts
    }

    /// The number of traces.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no trace.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All traces, by ascending trace id.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = TraceEntry<'_>> {
        self.entries.iter().map(|entry| TraceEntry {
            directory: self,
            entry,
        })
    }

    /// The ids from `first` to before `end`, ascending; without an end, to the last.
    pub fn ids(&self, first: TraceId, end: Option<TraceId>) -> impl Iterator<Item = TraceId> {
        let before = |id: TraceId| self.entries.partition_point(|entry| entry.trace_id < id);
        let range = before(first)..end.map_or(self.entries.len(), before);
        let entries = self.entries.get(range).unwrap_or_default();
        entries.iter().map(|entry| entry.trace_id)
    }

    /// The trace with this id.
    pub fn get(&self, id: TraceId) -> Option<TraceEntry<'_>> {
        let at = self
            .entries
            .binary_search_by_key(&id, |entry| entry.trace_id)
            .ok()?;
        Some(TraceEntry {
            directory: self,
            entry: &self.entries[at],
        })
    }

    /// The part's rows of one trace, ascending.
    pub fn rows_of(&self, id: TraceId) -> impl Iterator<Item = u32> + '_ {
        let range = self.get(id).map_or(0..0, |found| {
            found.entry.first..found.entry.first + found.entry.spans
        });
        range.map(|at| match &self.order {
            Some(order) => order[at as usize],
            None => at,
        })
    }

    /// The part's rows of one trace, where the rows of each trace stand together: in a segment always. `None` when it has none.
    pub fn range_of(&self, id: TraceId) -> Option<Range<u32>> {
        let entry = self.get(id)?.entry;
        let grouped = self.order.is_none();
        grouped.then(|| entry.first..entry.first + entry.spans)
    }

    /// Whose rows stand at `rows`, which are ascending, where the rows of each trace stand together.
    pub fn traces_at(&self, rows: &[u32]) -> impl Iterator<Item = (u32, TraceId)> {
        let entries = self.entries.iter().filter(|_| self.order.is_none());
        entries.flat_map(move |entry| {
            let before = |row: u32| rows.partition_point(|&wanted| wanted < row);
            let of_trace = before(entry.first)..before(entry.first + entry.spans);
            rows[of_trace].iter().map(|&row| (row, entry.trace_id))
        })
    }

    /// Bytes it takes in memory.
    pub(crate) fn memory(&self) -> usize {
        let texts = self.texts.iter().map(String::capacity).sum::<usize>();
        let order = self.order.as_ref().map_or(0, Vec::capacity);
        size_of::<Self>()
            + self.entries.capacity() * size_of::<Entry>()
            + self.services.capacity() * size_of::<(Option<u32>, u32)>()
            + self.texts.capacity() * size_of::<String>()
            + texts
            + order * size_of::<u32>()
    }
}
