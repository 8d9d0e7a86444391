//! Random log records, as generated and as batches; queries with what they mean, and a plain scan.

use clearspan_query::{AskedRange, AskedTime, Order};
use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::logs::{Body, LogRow, LogsBuilder};
use clearspan_storage::Incoming;

use crate::random::Random;
use crate::store::ARRIVAL_NS;

pub(crate) const HOUR: u64 = 3_600_000_000_000;
pub(crate) const START: u64 = 1_690_000_000_000_000_000;
const WORDS: [&str; 6] = ["alpha", "Beta", "gamma", "delta-1", "alphabet", "x_alpha"];
const SERVICES: [&str; 3] = ["cart", "pay", "web"];

#[derive(Debug, Clone)]
pub(crate) struct Log {
    pub(crate) number: i64,
    pub(crate) time: u64,
    pub(crate) observed_time: u64,
    pub(crate) severity: i32,
    pub(crate) service: Option<&'static str>,
    pub(crate) words: Vec<&'static str>,
    pub(crate) trace: Option<u8>,
}

impl Log {
    pub(crate) fn random(number: i64, random: &mut Random) -> Self {
        let time = match random.below(12) {
            0 => 0,
            1 => u64::MAX,
            2..5 => START + random.below(3) * HOUR,
            _ => START + random.below(5 * HOUR),
        };
        Log {
            number,
            time,
            observed_time: if random.one_in(2) {
                0
            } else {
                START + random.below(HOUR)
            },
            severity: random.pick(&[0, 1, 9, 13, 17, 21]),
            service: (!random.one_in(5)).then(|| random.pick(&SERVICES)),
            words: (0..random.below(4)).map(|_| random.pick(&WORDS)).collect(),
            trace: random.one_in(3).then(|| random.below(6) as u8),
        }
    }

    fn body(&self) -> String {
        self.words.join(" ")
    }

    pub(crate) fn placed(&self) -> i64 {
        let first_known = if self.time != 0 {
            self.time
        } else {
            self.observed_time
        };
        match i64::try_from(first_known) {
            Ok(0) | Err(_) => ARRIVAL_NS,
            Ok(time) => time,
        }
    }

    /// Whether `word`, in lower case, stands in the body.
    fn says(&self, word: &str) -> bool {
        self.body()
            .to_lowercase()
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .any(|part| part == word)
    }
}

pub(crate) fn batch(logs: &[Log]) -> Incoming {
    let mut builder = LogsBuilder::new(logs.len(), ARRIVAL_NS);
    for log in logs {
        let mut resource = Vec::new();
        if let Some(service) = log.service {
            AnyWriter::new(&mut resource)
                .key("service.name")
                .string(service);
        }
        let resource = ResourceRef {
            present: true,
            attributes: KeyValues::new(&resource),
            ..ResourceRef::default()
        };
        builder.group(&resource, &ScopeRef::default(), log.service);
        let mut attributes = Vec::new();
        AnyWriter::new(&mut attributes).key("n").int(log.number);
        let body = log.body();
        let row = LogRow {
            time: log.time,
            observed_time: log.observed_time,
            severity_number: log.severity,
            severity_text: "",
            event_name: "",
            body: if body.is_empty() {
                Body::Absent
            } else {
                Body::Text(&body)
            },
            trace_id: log.trace.map(|trace| [trace + 1; 16]),
            span_id: None,
            flags: 0,
            attributes: KeyValues::new(&attributes),
            dropped_attributes_count: 0,
        };
        builder.push(&row).unwrap();
    }
    Incoming::Logs(builder.finish().unwrap())
}

pub(crate) type Wanted = fn(&Log) -> bool;

/// Queries with what they mean.
pub(crate) const QUERIES: [(&str, Wanted); 11] = [
    ("", |_| true),
    ("alpha", |log| log.says("alpha")),
    ("beta OR delta-1", |log| {
        log.says("beta") || log.says("delta")
    }),
    ("alpha gamma", |log| log.says("alpha") && log.says("gamma")),
    ("NOT alpha", |log| !log.says("alpha")),
    ("service:cart -beta", |log| {
        log.service == Some("cart") && !log.says("beta")
    }),
    ("NOT service:*", |log| log.service.is_none()),
    ("severity>=error", |log| log.severity >= 17),
    ("n:[10 TO 60]", |log| (10..=60).contains(&log.number)),
    ("trace_id:03030303030303030303030303030303", |log| {
        log.trace == Some(2)
    }),
    ("nothing_says_this", |_| false),
];

pub(crate) fn at(ns: i64) -> Option<AskedTime> {
    Some(AskedTime::At(ns.into()))
}

pub(crate) fn ranges() -> Vec<AskedRange> {
    let start = START as i64;
    let hour = HOUR as i64;
    vec![
        AskedRange::ALL,
        AskedRange {
            from: at(start),
            to: at(start + hour),
        },
        AskedRange {
            from: at(start + 2 * hour),
            to: None,
        },
        AskedRange {
            from: None,
            to: at(start + 2 * hour + 1),
        },
        AskedRange {
            from: at(start),
            to: at(start),
        },
        AskedRange {
            from: at(i64::MIN),
            to: at(i64::MAX),
        },
        AskedRange {
            from: Some(AskedTime::At(i128::MAX)),
            to: None,
        },
        AskedRange {
            from: Some(AskedTime::FromNow(-HOUR.cast_signed() as i128)),
            to: None,
        },
    ]
}

fn holds(range: AskedRange, time: i64) -> bool {
    let end = |end: Option<AskedTime>| {
        end.map(|end| match end {
            AskedTime::At(ns) => ns,
            AskedTime::FromNow(ns) => i128::from(ARRIVAL_NS) + ns,
        })
    };
    end(range.from).is_none_or(|from| i128::from(time) >= from)
        && end(range.to).is_none_or(|to| i128::from(time) < to)
}

/// The numbers of the matching logs, in order.
pub(crate) fn scan(logs: &[Log], wanted: Wanted, range: AskedRange, order: Order) -> Vec<i64> {
    let mut found: Vec<&Log> = logs
        .iter()
        .filter(|log| holds(range, log.placed()) && wanted(log))
        .collect();
    // Stable: of equal times the order of arrival.
    found.sort_by_key(|log| log.placed());
    if order == Order::Descending {
        found.reverse();
    }
    found.into_iter().map(|log| log.number).collect()
}
