//! The trace directory: what a trace search shows of each trace, without reading a span.
//!
//! One entry per trace and part, sorted by trace id. A trace whose spans lie in several parts has an
//! entry in each; the query merges them. In a segment the rows of a trace stand together; in a
//! memtable chunk they stand as they arrived, and the directory knows which they are.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use arrow::array::{Array, RecordBatch};
use clearspan_schema::columns::{self, id_at};
use clearspan_schema::dictionary::TextDictionary;
use clearspan_schema::time::sent_nanos;
use clearspan_schema::{SEQ, SchemaError, SpanId, TraceId, spans};

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
    /// The traces of `batch`, which has all columns of the stored span schema.
    pub fn build(batch: &RecordBatch) -> Result<Self, SchemaError> {
        let source = Source::new(batch)?;
        let mut order: Vec<u32> = (0..batch.num_rows() as u32).collect();
        order.sort_by_key(|&row| (source.trace_id(row), row));
        let mut builder = Builder::default();
        for rows in order.chunk_by(|&a, &b| source.trace_id(a) == source.trace_id(b)) {
            builder.add(&source, rows);
        }
        Ok(builder.finish(order))
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

    /// Bytes it takes in memory, roughly.
    pub(crate) fn memory(&self) -> usize {
        self.entries.len() * size_of::<Entry>()
            + self.services.len() * 12
            + self.texts.iter().map(|text| text.len() + 24).sum::<usize>()
            + self.order.as_ref().map_or(0, |order| order.len() * 4)
    }
}

/// The columns that a directory is made of.
struct Source<'a> {
    trace_id: &'a arrow::array::FixedSizeBinaryArray,
    span_id: &'a arrow::array::FixedSizeBinaryArray,
    parent: &'a arrow::array::FixedSizeBinaryArray,
    seq: &'a arrow::array::UInt64Array,
    placed_time: &'a arrow::array::TimestampNanosecondArray,
    start: (
        &'a arrow::array::TimestampNanosecondArray,
        &'a arrow::array::UInt64Array,
    ),
    end: (
        &'a arrow::array::TimestampNanosecondArray,
        &'a arrow::array::UInt64Array,
    ),
    status: &'a arrow::array::Int32Array,
    name: TextDictionary<'a>,
    service: TextDictionary<'a>,
}

impl<'a> Source<'a> {
    fn new(batch: &'a RecordBatch) -> Result<Self, SchemaError> {
        Ok(Source {
            trace_id: columns::id(batch, spans::TRACE_ID)?,
            span_id: columns::id(batch, spans::SPAN_ID)?,
            parent: columns::id(batch, spans::PARENT_SPAN_ID)?,
            seq: columns::uint64(batch, SEQ)?,
            placed_time: columns::time(batch, spans::PLACED_TIME)?,
            start: (
                columns::time(batch, spans::START_TIME)?,
                columns::uint64(batch, spans::START_TIME_RAW)?,
            ),
            end: (
                columns::time(batch, spans::END_TIME)?,
                columns::uint64(batch, spans::END_TIME_RAW)?,
            ),
            status: columns::int32(batch, spans::STATUS_CODE)?,
            name: columns::text_dictionary(batch, spans::NAME)?,
            service: columns::text_dictionary(batch, spans::SERVICE)?,
        })
    }

    fn trace_id(&self, row: u32) -> &'a [u8] {
        self.trace_id.value(row as usize)
    }

    fn parent(&self, row: u32) -> Option<SpanId> {
        id_at(self.parent, row as usize)
    }

    fn start(&self, row: u32) -> u64 {
        sent_nanos(self.start.0, self.start.1, row as usize)
    }

    fn end(&self, row: u32) -> u64 {
        sent_nanos(self.end.0, self.end.1, row as usize)
    }

    fn is_error(&self, row: u32) -> bool {
        self.status.is_valid(row as usize) && self.status.value(row as usize) == spans::STATUS_ERROR
    }

    /// The earliest parentless span, else the earliest whose parent is not among `rows`.
    fn root(&self, rows: &[u32]) -> Option<(u32, bool)> {
        let earliest = |row: &u32| {
            (
                self.placed_time.value(*row as usize),
                self.seq.value(*row as usize),
            )
        };
        let parentless = rows
            .iter()
            .copied()
            .filter(|&row| self.parent(row).is_none())
            .min_by_key(earliest);
        if let Some(row) = parentless {
            return Some((row, true));
        }
        let present: HashSet<&[u8]> = rows
            .iter()
            .map(|&row| self.span_id.value(row as usize))
            .collect();
        let orphan = |row: &u32| {
            self.parent(*row)
                .is_some_and(|parent| !present.contains(parent.as_slice()))
        };
        rows.iter()
            .copied()
            .filter(orphan)
            .min_by_key(earliest)
            .map(|row| (row, false))
    }
}

#[derive(Default)]
struct Builder {
    entries: Vec<Entry>,
    texts: Vec<String>,
    known: HashMap<String, u32>,
    services: Vec<(Option<u32>, u32)>,
    rows: u32,
}

impl Builder {
    fn add(&mut self, source: &Source<'_>, rows: &[u32]) {
        let Some(&first) = rows.first() else { return };
        let known = |nanos: &u64| *nanos != 0;
        let entry = Entry {
            trace_id: id_at(source.trace_id, first as usize).unwrap_or_default(),
            first: self.rows,
            spans: rows.len() as u32,
            start: rows
                .iter()
                .map(|&row| source.start(row))
                .filter(known)
                .min()
                .unwrap_or(0),
            end: rows
                .iter()
                .map(|&row| source.end(row))
                .filter(known)
                .max()
                .unwrap_or(0),
            placed_time: rows
                .iter()
                .map(|&row| source.placed_time.value(row as usize))
                .min()
                .unwrap_or(0),
            errors: rows.iter().filter(|&&row| source.is_error(row)).count() as u32,
            root: source
                .root(rows)
                .map(|(row, parentless)| self.root(source, row, parentless)),
            services: self.count_services(source, rows),
        };
        self.rows += entry.spans;
        self.entries.push(entry);
    }

    fn root(&mut self, source: &Source<'_>, row: u32, parentless: bool) -> Root {
        Root {
            seq: source.seq.value(row as usize),
            start: source.start(row),
            placed_time: source.placed_time.value(row as usize),
            parentless,
            name: self.text(source.name.value(row as usize).unwrap_or("")),
            service: source
                .service
                .value(row as usize)
                .map(|service| self.text(service)),
        }
    }

    fn count_services(&mut self, source: &Source<'_>, rows: &[u32]) -> Range<u32> {
        let start = self.services.len();
        let mut places: HashMap<Option<u32>, usize> = HashMap::new();
        for &row in rows {
            let service = source
                .service
                .value(row as usize)
                .map(|service| self.text(service));
            let place = *places.entry(service).or_insert(self.services.len());
            if place == self.services.len() {
                self.services.push((service, 0));
            }
            self.services[place].1 += 1;
        }
        start as u32..self.services.len() as u32
    }

    fn text(&mut self, text: &str) -> u32 {
        if let Some(&known) = self.known.get(text) {
            return known;
        }
        let at = self.texts.len() as u32;
        self.texts.push(text.to_owned());
        self.known.insert(text.to_owned(), at);
        at
    }

    /// Where the rows of each trace stand together, as in a segment, the order of rows is not needed.
    fn finish(mut self, order: Vec<u32>) -> TraceDirectory {
        let rows_of =
            |entry: &Entry| &order[entry.first as usize..(entry.first + entry.spans) as usize];
        let together = |entry: &Entry| rows_of(entry).windows(2).all(|pair| pair[1] == pair[0] + 1);
        let grouped = self.entries.iter().all(together);
        if grouped {
            self.entries
                .iter_mut()
                .for_each(|entry| entry.first = order[entry.first as usize]);
        }
        TraceDirectory {
            entries: self.entries,
            texts: self.texts,
            services: self.services,
            order: (!grouped).then_some(order),
        }
    }
}
