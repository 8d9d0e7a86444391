//! Makes a trace directory of rows as they stream by.
//!
//! In a segment the rows of a trace stand together, so that one trace is open at a time, whatever
//! batches its rows come in. Most of what an entry says is a sum or a bound. The root is not: the earliest
//! span whose parent is absent is known only when all spans of the trace are. So span ids are kept until
//! a span without a parent is met, which outranks all others; spans stand by their start, so that this
//! mostly is the first.

use arrow::array::{
    Array, FixedSizeBinaryArray, Int32Array, RecordBatch, TimestampNanosecondArray, UInt64Array,
};
use clearspan_schema::columns::{self, id_at};
use clearspan_schema::dictionary::TextDictionary;
use clearspan_schema::time::sent_nanos;
use clearspan_schema::{SEQ, SchemaError, SpanId, TraceId, spans};
use foldhash::{HashMap, HashSet};

use super::SegmentError;
use super::trace_directory::{Entry, Root, TraceDirectory};

/// The columns that a directory is made of.
pub(super) const COLUMNS: [&str; 12] = [
    SEQ,
    spans::PLACED_TIME,
    spans::TRACE_ID,
    spans::SPAN_ID,
    spans::PARENT_SPAN_ID,
    spans::NAME,
    spans::START_TIME,
    spans::START_TIME_RAW,
    spans::END_TIME,
    spans::END_TIME_RAW,
    spans::STATUS_CODE,
    spans::SERVICE,
];

/// Makes the directory of a segment.
#[derive(Debug, Default)]
pub(super) struct TraceDirectoryBuilder {
    entries: Vec<Entry>,
    texts: Texts,
    services: Vec<(Option<u32>, u32)>,
    rows: u32,
    open: Option<OpenTrace>,
}

impl TraceDirectoryBuilder {
    /// Goes on with these rows. Spans of one trace must stand together, over all pushes.
    pub(super) fn push(&mut self, rows: &RecordBatch) -> Result<(), SchemaError> {
        let mut source = Source::new(rows)?;
        (0..rows.num_rows()).for_each(|row| self.add(&mut source, row));
        Ok(())
    }

    /// The directory of all rows. Fails when the spans of some trace did not stand together.
    pub(super) fn finish(mut self) -> Result<TraceDirectory, SegmentError> {
        self.close();
        self.entries.sort_unstable_by_key(|entry| entry.trace_id);
        let twice = |pair: &[Entry]| pair[0].trace_id == pair[1].trace_id;
        if self.entries.windows(2).any(twice) {
            return Err(SegmentError::Encoding {
                what: "trace directory of rows that are not grouped by trace",
            });
        }
        // Services lie in the order of entries, as when they are read from the file.
        let mut services = Vec::with_capacity(self.services.len());
        for entry in &mut self.entries {
            let start = services.len() as u32;
            let old = entry.services.start as usize..entry.services.end as usize;
            services.extend_from_slice(&self.services[old]);
            entry.services = start..services.len() as u32;
        }
        self.services = services;
        Ok(self.into_directory(None))
    }

    fn add(&mut self, source: &mut Source<'_>, row: usize) {
        let trace_id = source.trace_id(row);
        if self
            .open
            .as_ref()
            .is_none_or(|open| open.trace_id != trace_id)
        {
            self.close();
        }
        let service = source.service(row, &mut self.texts);
        let open = self.open.get_or_insert_with(|| OpenTrace {
            trace_id,
            ..OpenTrace::default()
        });
        open.add(source, row, service);
    }

    /// Turns the open trace into an entry.
    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        let root = open.root().map(|(candidate, parentless)| Root {
            seq: candidate.seq,
            start: candidate.start,
            placed_time: candidate.placed_time,
            parentless,
            name: self.texts.number(&candidate.name),
            service: candidate.service,
        });
        let services = self.services.len() as u32;
        self.services.extend_from_slice(&open.services);
        self.entries.push(Entry {
            trace_id: open.trace_id,
            first: self.rows,
            spans: open.spans,
            start: open.start.unwrap_or(0),
            end: open.end.unwrap_or(0),
            placed_time: open.placed_time.unwrap_or(0),
            errors: open.errors,
            root,
            services: services..self.services.len() as u32,
        });
        self.rows += open.spans;
    }

    fn into_directory(self, order: Option<Vec<u32>>) -> TraceDirectory {
        TraceDirectory {
            entries: self.entries,
            texts: self.texts.in_order,
            services: self.services,
            order,
        }
    }
}

/// The directory of rows in any order, as in a memtable chunk.
pub(super) fn build_unsorted(batch: &RecordBatch) -> Result<TraceDirectory, SchemaError> {
    let mut source = Source::new(batch)?;
    let mut order: Vec<u32> = (0..batch.num_rows() as u32).collect();
    order.sort_by_key(|&row| (source.trace_id.value(row as usize), row));
    let mut builder = TraceDirectoryBuilder::default();
    for &row in &order {
        builder.add(&mut source, row as usize);
    }
    builder.close();
    // Where the rows of each trace stand together after all, the order is not needed.
    let rows_of =
        |entry: &Entry| &order[entry.first as usize..(entry.first + entry.spans) as usize];
    let together = |entry: &Entry| rows_of(entry).windows(2).all(|pair| pair[1] == pair[0] + 1);
    let grouped = builder.entries.iter().all(together);
    if grouped {
        let first = |entry: &mut Entry| entry.first = order[entry.first as usize];
        builder.entries.iter_mut().for_each(first);
    }
    Ok(builder.into_directory((!grouped).then_some(order)))
}

/// Texts, each once, by number.
#[derive(Debug, Default)]
struct Texts {
    in_order: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Texts {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(&known) = self.numbers.get(text) {
            return known;
        }
        let number = self.in_order.len() as u32;
        self.in_order.push(text.to_owned());
        self.numbers.insert(text.to_owned(), number);
        number
    }
}

/// The trace whose rows are being read.
#[derive(Debug, Default)]
struct OpenTrace {
    trace_id: TraceId,
    spans: u32,
    start: Option<u64>,
    end: Option<u64>,
    placed_time: Option<i64>,
    errors: u32,
    services: Vec<(Option<u32>, u32)>,
    /// Where a service stands in `services`.
    places: HashMap<Option<u32>, usize>,
    /// The earliest span without a parent.
    parentless: Option<Candidate>,
    /// Until there is one: the ids of all spans, and the spans with their parents.
    present: HashSet<SpanId>,
    children: Vec<(SpanId, Candidate)>,
}

/// A span that may be the root.
#[derive(Debug)]
struct Candidate {
    placed_time: i64,
    seq: u64,
    start: u64,
    name: Box<str>,
    service: Option<u32>,
}

impl Candidate {
    fn rank(&self) -> (i64, u64) {
        (self.placed_time, self.seq)
    }
}

impl OpenTrace {
    fn add(&mut self, source: &Source<'_>, row: usize, service: Option<u32>) {
        let known = |nanos: u64| (nanos != 0).then_some(nanos);
        let placed_time = source.placed_time.value(row);
        self.spans += 1;
        self.start = least(self.start, known(source.start(row)));
        self.end = self.end.max(known(source.end(row)));
        self.placed_time = least(self.placed_time, Some(placed_time));
        self.errors += u32::from(source.is_error(row));
        let place = *self.places.entry(service).or_insert(self.services.len());
        if place == self.services.len() {
            self.services.push((service, 0));
        }
        self.services[place].1 += 1;
        self.consider(source, row, service);
    }

    fn consider(&mut self, source: &Source<'_>, row: usize, service: Option<u32>) {
        let rank = (source.placed_time.value(row), source.seq.value(row));
        let candidate = || Candidate {
            placed_time: rank.0,
            seq: rank.1,
            start: source.start(row),
            name: source.name.value(row).unwrap_or("").into(),
            service,
        };
        match (source.parent(row), &self.parentless) {
            (None, Some(earliest)) if earliest.rank() <= rank => {}
            (None, _) => {
                self.parentless = Some(candidate());
                self.present = HashSet::default();
                self.children = Vec::new();
            }
            (Some(_), Some(_)) => {}
            (Some(parent), None) => {
                self.present.extend(id_at::<8>(source.span_id, row));
                self.children.push((parent, candidate()));
            }
        }
    }

    /// The earliest span without a parent, else the earliest whose parent is not in the trace; and which of
    /// the two it is.
    fn root(&self) -> Option<(&Candidate, bool)> {
        if let Some(parentless) = &self.parentless {
            return Some((parentless, true));
        }
        let orphans = self.children.iter();
        let orphans = orphans.filter(|(parent, _)| !self.present.contains(parent));
        let earliest = orphans.min_by_key(|(_, candidate)| candidate.rank());
        earliest.map(|(_, candidate)| (candidate, false))
    }
}

/// The lesser of those that are there.
fn least<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// The rows that a directory is made of.
struct Source<'a> {
    trace_id: &'a FixedSizeBinaryArray,
    span_id: &'a FixedSizeBinaryArray,
    parent: &'a FixedSizeBinaryArray,
    seq: &'a UInt64Array,
    placed_time: &'a TimestampNanosecondArray,
    start: (&'a TimestampNanosecondArray, &'a UInt64Array),
    end: (&'a TimestampNanosecondArray, &'a UInt64Array),
    status: &'a Int32Array,
    name: TextDictionary<'a>,
    service: TextDictionary<'a>,
    /// The numbers of the services' dictionary values, as far as rows have asked for them.
    numbers: Vec<Option<u32>>,
}

impl<'a> Source<'a> {
    fn new(batch: &'a RecordBatch) -> Result<Self, SchemaError> {
        let service = columns::text_dictionary(batch, spans::SERVICE)?;
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
            numbers: vec![None; service.values().len()],
            service,
        })
    }

    fn trace_id(&self, row: usize) -> TraceId {
        id_at(self.trace_id, row).unwrap_or_default()
    }

    fn parent(&self, row: usize) -> Option<SpanId> {
        id_at(self.parent, row)
    }

    fn start(&self, row: usize) -> u64 {
        sent_nanos(self.start.0, self.start.1, row)
    }

    fn end(&self, row: usize) -> u64 {
        sent_nanos(self.end.0, self.end.1, row)
    }

    fn is_error(&self, row: usize) -> bool {
        self.status.is_valid(row) && self.status.value(row) == spans::STATUS_ERROR
    }

    /// The number of the row's service, asked for once per dictionary value.
    fn service(&mut self, row: usize, texts: &mut Texts) -> Option<u32> {
        let key = self.service.key(row)?;
        let number = &mut self.numbers[key];
        if number.is_none() {
            *number = Some(texts.number(self.service.values().value(key)));
        }
        *number
    }
}
