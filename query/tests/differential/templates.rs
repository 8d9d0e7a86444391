//! What answers say of templates, against a plain recount over templates that were generated.
//!
//! A template here is two words, and a verb with a number behind it or without. Of what is looked for, words stand in what all rows of a template
//! share and the number only in what differs between them, so that what a template can say is known without looking at how storage finds out.

use clearspan_query::{AskedRange, LogsRequest, Order, ScanStats, SqlRequest};
use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::logs::{Body, LogRow, LogsBuilder};
use clearspan_storage::{Incoming, TenantId};

use crate::random::Random;
use crate::store::{ARRIVAL_NS, Store};

const WORDS: [&str; 4] = ["alpha", "beta", "gamma", "delta"];
const SEGMENTS: u64 = 3;
/// The rows of a template; those that count have these numbers.
const ROWS: u64 = 30;
const APART_NS: u64 = 25 * 3_600_000_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Template {
    words: [&'static str; 2],
    counts: bool,
}

impl Template {
    fn random(random: &mut Random) -> Self {
        Template {
            words: [random.pick(&WORDS), random.pick(&WORDS)],
            counts: random.one_in(2),
        }
    }

    fn body(self, row: u64) -> String {
        let [first, second] = self.words;
        match self.counts {
            true => format!("{first} {second} took {row}"),
            false => format!("{first} {second} stopped"),
        }
    }

    fn says(self, word: &str) -> Option<bool> {
        Some(self.words.contains(&word))
    }

    /// One row of each template that counts has the number 17.
    fn has_17(self) -> Option<bool> {
        (!self.counts).then_some(false)
    }
}

/// Templates by segment. Each has one with the first two words, so that no segment is left out.
fn generated(seed: u64) -> Vec<Vec<Template>> {
    let mut random = Random::new(seed);
    let one = |random: &mut Random| {
        let mut templates = vec![Template {
            words: ["alpha", "beta"],
            counts: true,
        }];
        templates.extend((0..3 + random.below(9)).map(|_| Template::random(random)));
        templates.sort();
        templates.dedup();
        templates
    };
    (0..SEGMENTS).map(|_| one(&mut random)).collect()
}

fn batch(templates: &[Template], start: u64) -> Incoming {
    let mut builder = LogsBuilder::new(templates.len() * ROWS as usize, ARRIVAL_NS);
    builder.group(&ResourceRef::default(), &ScopeRef::default(), None);
    for (at, template) in (0..).zip(templates) {
        for row in 0..ROWS {
            let mut attributes = Vec::new();
            AnyWriter::new(&mut attributes).key("n").int(row as i64);
            let body = template.body(row);
            let row = LogRow {
                time: start + at * ROWS + row,
                observed_time: 0,
                severity_number: 9,
                severity_text: "",
                event_name: "",
                body: Body::Text(&body),
                trace_id: None,
                span_id: None,
                flags: 0,
                attributes: KeyValues::new(&attributes),
                dropped_attributes_count: 0,
            };
            builder.push(&row).unwrap();
        }
    }
    Incoming::Logs(builder.finish().unwrap())
}

/// Queries with what a template says of them: all of its rows match, none does, or it depends.
type Asked = (&'static str, fn(Template) -> Option<bool>);

const ASKED: [Asked; 9] = [
    ("alpha", |t| t.says("alpha")),
    ("-alpha", |t| t.says("alpha").map(|says| !says)),
    ("17", |t| t.has_17()),
    ("NOT 17", |t| t.has_17().map(|has| !has)),
    ("alpha beta", |t| {
        Some(t.says("alpha") == Some(true) && t.says("beta") == Some(true))
    }),
    ("alpha OR 17", |t| match t.says("alpha") {
        Some(true) => Some(true),
        _ => t.has_17(),
    }),
    ("-(beta OR 17)", |t| match t.says("beta") {
        Some(true) => Some(false),
        _ => t.has_17().map(|has| !has),
    }),
    // What an attribute is, no template knows.
    ("beta n<25", |t| match t.says("beta") {
        Some(true) => None,
        _ => Some(false),
    }),
    ("gamma OR n<25", |t| match t.says("gamma") {
        Some(true) => Some(true),
        _ => None,
    }),
];

/// Tested, matched, ruled out, undecided.
fn recounted(segments: &[Vec<Template>], said: fn(Template) -> Option<bool>) -> [u64; 4] {
    let all = segments.iter().flatten();
    let said: Vec<Option<bool>> = all.map(|template| said(*template)).collect();
    let count = |of| said.iter().filter(|said| **said == of).count() as u64;
    [
        said.len() as u64,
        count(Some(true)),
        count(Some(false)),
        count(None),
    ]
}

fn told(stats: &ScanStats) -> [u64; 4] {
    [
        stats.templates_tested,
        stats.templates_matched,
        stats.templates_ruled_out,
        stats.templates_undecided,
    ]
}

/// Of one pass over all rows.
async fn one_pass(store: &Store, query: &str) -> ScanStats {
    let request = SqlRequest {
        query: format!("SELECT count(*) FROM logs WHERE matches(body, '{query}')"),
        params: Vec::new(),
    };
    let answer = store.engine.sql(&TenantId::default(), request).await;
    answer.unwrap().stats
}

/// Of a page of one row, and of a count.
async fn page(store: &Store, query: &str) -> ScanStats {
    let request = LogsRequest {
        query: query.to_owned(),
        range: AskedRange::ALL,
        order: Order::Descending,
        limit: 1,
        cursor: None,
        count: true,
    };
    let tenant = TenantId::default();
    let answer = store.engine.search_logs(&tenant, request).await;
    answer.unwrap().stats
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_are_told_as_they_are_recounted() {
    for seed in 0..3 {
        let segments = generated(seed);
        let total: u64 = segments
            .iter()
            .map(|templates| templates.len() as u64)
            .sum();
        let mut store = Store::new();
        for (at, templates) in (1..).zip(&segments) {
            store.append(batch(templates, ARRIVAL_NS as u64 - at * APART_NS));
        }
        let before = one_pass(&store, "alpha").await;
        assert_eq!((before.templates_total, told(&before)), (0, [0; 4]));
        store.flush();
        for form in ["flushed", "opened again"] {
            if form == "opened again" {
                store = store.restart();
            }
            for (query, said) in ASKED {
                let stats = one_pass(&store, query).await;
                assert_eq!(stats.segments_total, SEGMENTS);
                assert!(!stats.templates_untold);
                assert_eq!(stats.templates_total, total, "{form}");
                let expected = recounted(&segments, said);
                assert_eq!(told(&stats), expected, "{form}, seed {seed}: {query}");
                let [tested, matched, ruled_out, undecided] = told(&page(&store, query).await);
                assert_eq!(tested, matched + ruled_out + undecided, "{query}");
                assert!((1..=3 * total).contains(&tested), "{query}: {tested}");
            }
            for untested in ["n:3", "nothing_says_this"] {
                let stats = one_pass(&store, untested).await;
                assert_eq!(
                    (stats.templates_total, told(&stats)),
                    (total, [0; 4]),
                    "{untested}"
                );
            }
            // A count holds every segment's templates to the words, whatever the index knows.
            let expected = [total, 0, total, 0];
            assert_eq!(told(&page(&store, "nothing_says_this").await), expected);
        }
    }
}
