//! Questions of trace search, held against the oracle.

use std::collections::BTreeMap;

use clearspan_query::{AskedRange, AskedRoot, TraceSort, TraceSortKey, TracesRequest};
use clearspan_schema::{Signal, TraceId};
use clearspan_storage::TenantId;

use super::ask::Asker;
use super::coverage::Coverage;
use super::meaning::{Oracle, Spans};
use super::print::Printer;
use super::question::TraceQuestion;
use super::records::{Record, spans};
use super::stages::{Forms, STAGES, enter, present};
use super::{LASTING, PASSING, ROWS, SHARED, TESTS, any_range, holds, random_records};
use crate::random::Random;
use crate::store::Store;

const SEED: u64 = 8_002;

/// A trace: the numbers of its spans.
struct Trace<'r> {
    id: TraceId,
    numbers: Vec<usize>,
    spans: Vec<&'r Record>,
}

impl Trace<'_> {
    fn placed(&self) -> i64 {
        self.spans
            .iter()
            .map(|span| span.span_placed())
            .min()
            .unwrap()
    }

    /// Its latest end less its earliest start.
    fn duration(&self) -> Option<i128> {
        let start = self
            .spans
            .iter()
            .map(|span| span.time)
            .filter(|&time| time != 0)
            .min()?;
        let end = self
            .spans
            .iter()
            .map(|span| span.other_time)
            .filter(|&time| time != 0)
            .max()?;
        Some(i128::from(end) - i128::from(start))
    }

    /// The earliest span, since none has a parent; of several the one that arrived first.
    fn root(&self) -> &Record {
        let spans = self.spans.iter();
        let root = spans.min_by_key(|span| (span.span_placed(), span.number));
        root.unwrap()
    }

    fn sorted_by(&self, key: TraceSortKey) -> Option<i128> {
        let errors = self.spans.iter().filter(|span| span.status == Some(2));
        match key {
            TraceSortKey::Start => Some(self.placed().into()),
            TraceSortKey::Duration => self.duration(),
            TraceSortKey::SpanCount => Some(self.spans.len() as i128),
            TraceSortKey::ErrorCount => Some(errors.count() as i128),
        }
    }
}

fn traces(records: &[Record]) -> Vec<Trace<'_>> {
    let mut traces: BTreeMap<TraceId, Trace<'_>> = BTreeMap::new();
    for span in records {
        let id = span.trace_id.unwrap();
        let trace = traces.entry(id).or_insert_with(|| Trace {
            id,
            numbers: Vec::new(),
            spans: Vec::new(),
        });
        trace.numbers.push(span.number);
        trace.spans.push(span);
    }
    traces.into_values().collect()
}

/// A question, and which of all spans satisfy its parts.
struct Asked {
    question: TraceQuestion,
    query: String,
    held: Spans,
}

impl Asked {
    fn random(records: &[Record], coverage: &mut Coverage, random: &mut Random) -> Self {
        let signal = Signal::Spans;
        let question = Asker {
            signal,
            records,
            random: &mut *random,
        }
        .trace_question();
        let query = Printer { random }.traces(&question);
        let held = Oracle {
            signal,
            coverage: &mut *coverage,
        }
        .traces(&question, records);
        let some = traces(records)
            .iter()
            .any(|trace| held.hold_of(&trace.numbers));
        coverage.groups(&question, some);
        Asked {
            question,
            query,
            held,
        }
    }

    /// The traces that it finds, in order.
    fn expected<'t, 'r>(
        &self,
        traces: &'t [Trace<'r>],
        request: &TracesRequest,
    ) -> Vec<&'t Trace<'r>> {
        let (min, max) = (request.min_duration_ns, request.max_duration_ns);
        let lasts = |trace: &Trace<'_>| match trace.duration() {
            None => min.is_none() && max.is_none(),
            Some(ns) => min.is_none_or(|min| ns >= min) && max.is_none_or(|max| ns <= max),
        };
        let AskedRoot { service, name } = &request.root;
        let has_root = |trace: &Trace<'_>| {
            let root = trace.root();
            let own = root.service().unwrap_or("");
            service.as_ref().is_none_or(|service| service == own)
                && name.as_ref().is_none_or(|name| *name == root.name)
        };
        let wanted = |trace: &&Trace<'_>| {
            has_root(trace)
                && self.held.hold_of(&trace.numbers)
                && holds(request.range, trace.placed())
                && lasts(trace)
        };
        let mut found: Vec<&Trace<'_>> = traces.iter().filter(wanted).collect();
        found.sort_by_key(|trace| (trace.sorted_by(request.sort.by), trace.id));
        if request.sort.descending {
            found.reverse();
        }
        found
    }
}

fn request(
    query: &str,
    range: AskedRange,
    traces: &[Trace<'_>],
    random: &mut Random,
) -> TracesRequest {
    let sort = random.pick(&[
        "start",
        "-start",
        "duration",
        "-duration",
        "span_count",
        "-span_count",
        "error_count",
        "-error_count",
    ]);
    let mut bound = || {
        let trace = &traces[random.below(traces.len() as u64) as usize];
        let near = trace.duration().map(|ns| ns + random.pick(&[0, 0, 1, -1]));
        near.filter(|_| random.one_in(6))
    };
    let (min_duration_ns, max_duration_ns) = (bound(), bound());
    let root = traces[random.below(traces.len() as u64) as usize].root();
    let service = root.service().unwrap_or("").to_owned();
    let root = AskedRoot {
        service: random.one_in(8).then_some(service),
        name: random.one_in(12).then(|| root.name.clone()),
    };
    TracesRequest {
        query: query.to_owned(),
        range,
        min_duration_ns,
        max_duration_ns,
        root,
        sort: TraceSort::parse(sort).unwrap(),
        limit: 10_000,
        cursor: None,
        count: true,
    }
}

/// All pages, one after the other, and how many match.
async fn found(store: &Store, mut request: TracesRequest) -> (Vec<TraceId>, Option<u64>) {
    let mut ids = Vec::new();
    loop {
        let answer = store
            .engine
            .search_traces(&TenantId::default(), request.clone())
            .await;
        let answer =
            answer.unwrap_or_else(|error| panic!("seed {SEED}: {}: {error}", request.query));
        ids.extend(answer.traces.iter().map(|trace| trace.trace_id));
        request.cursor = answer.next_cursor;
        if request.cursor.is_none() {
            return (ids, answer.matched);
        }
    }
}

async fn check(
    store: &Store,
    traces: &[Trace<'_>],
    asked: &Asked,
    stage: &str,
    forms: &mut Forms,
    random: &mut Random,
) -> bool {
    let times: Vec<i64> = traces.iter().map(Trace::placed).collect();
    let whole = request(&asked.query, any_range(&times, random), traces, random);
    let expected = asked.expected(traces, &whole);
    let ids: Vec<TraceId> = expected.iter().map(|trace| trace.id).collect();
    let mut manners = vec![whole.clone()];
    if random.one_in(12) {
        manners.push(TracesRequest {
            limit: 1 + ids.len() / 3,
            count: random.one_in(2),
            ..whole
        });
    }
    for request in manners {
        let pages = request.limit < ids.len();
        forms.asked(request.range, &times, pages, request.count);
        let (found, matched) = found(store, request.clone()).await;
        assert!(
            found == ids,
            "{}",
            asked.difference(traces, &found, &ids, stage, &request)
        );
        let is_right = matched.map_or(!request.count, |matched| matched == ids.len() as u64);
        assert!(
            is_right,
            "seed {SEED}, {stage}: {request:?}: {matched:?} for {}",
            ids.len()
        );
    }
    !ids.is_empty()
}

impl Asked {
    fn difference(
        &self,
        traces: &[Trace<'_>],
        found: &[TraceId],
        ids: &[TraceId],
        stage: &str,
        request: &TracesRequest,
    ) -> String {
        let first = traces
            .iter()
            .find(|trace| found.contains(&trace.id) != ids.contains(&trace.id));
        let what = match first {
            None => format!("another order: {found:x?} instead of {ids:x?}"),
            Some(trace) if found.contains(&trace.id) => {
                format!("found too much: {:#?}", trace.spans)
            }
            Some(trace) => format!("did not find: {:#?}", trace.spans),
        };
        format!(
            "seed {SEED}, {stage}: {}\nas {:?}\nby {request:?}\n{what}",
            self.query, self.question
        )
    }
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "says what it reached")]
async fn traces_are_found_as_the_language_is_described() {
    let mut random = Random::new(SEED);
    let mut records = Vec::new();
    for _ in 0..3 {
        records.extend(random_records::records(
            Signal::Spans,
            records.len(),
            ROWS,
            &mut random,
        ));
    }
    let (mut coverage, mut forms) = (Coverage::default(), Forms::default());
    let lasting: Vec<Asked> = (0..LASTING)
        .map(|_| Asked::random(&records, &mut coverage, &mut random))
        .collect();
    let mut store = Store::new();
    for stage in STAGES {
        store = enter(stage, store, &records, spans);
        let here = &records[..present(stage)];
        forms.look(&store, here.len());
        let traces = traces(here);
        let passing: Vec<Asked> = (0..PASSING)
            .map(|_| Asked::random(&records, &mut coverage, &mut random))
            .collect();
        for asked in lasting.iter().chain(&passing) {
            let some = check(&store, &traces, asked, stage, &mut forms, &mut random).await;
            forms.answered(stage, some);
        }
    }
    println!("{} cases\n{}", forms.cases(), forms.table(Signal::Spans));
    println!(
        "conditions that held of no span, and of some\n{}",
        coverage.table()
    );
    coverage.demand(&SHARED);
    coverage.demand(&TESTS);
    coverage.demand(&[
        "field name",
        "field kind",
        "field status",
        "field duration",
        "field level, an attribute",
        "duration >",
        "duration [a TO b]",
        "kind :text",
        "status :text",
        "traces a plain question",
        "traces {}",
        "traces {...}",
        "traces {...} AND",
        "traces {...} OR",
        "traces NOT {...}",
    ]);
}
