//! Several clients that send logs and spans as fast as they are taken, and note what was acknowledged.

use std::collections::HashSet;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use super::super::support::{Answer, Connection};

/// Times of the records: two hours, so that there are several partitions.
const FIRST_NS: u64 = 1_750_000_000_000_000_000;
const RANGE_NS: u64 = 2 * 3600 * 1_000_000_000;

/// Records that the clients have sent, by id: the word in a log's body, the span id of a span.
#[derive(Default)]
pub(super) struct Sent {
    /// Ids of log records.
    pub(super) logs: Records,
    /// Ids of spans.
    pub(super) spans: Records,
    /// All requests with spans.
    span_requests: Vec<String>,
}

/// Records of one signal.
#[derive(Default)]
pub(super) struct Records {
    /// Those that were sent, whatever the answer.
    pub(super) sent: HashSet<String>,
    /// Those of them that were acknowledged.
    pub(super) acknowledged: HashSet<String>,
}

impl Records {
    fn add(&mut self, other: Records) {
        self.sent.extend(other.sent);
        self.acknowledged.extend(other.acknowledged);
    }

    fn note(&mut self, ids: Vec<String>, acknowledged: bool) {
        if acknowledged {
            self.acknowledged.extend(ids.iter().cloned());
        }
        self.sent.extend(ids);
    }
}

impl Sent {
    pub(super) fn add(&mut self, other: Sent) {
        self.logs.add(other.logs);
        self.spans.add(other.spans);
        self.span_requests.extend(other.span_requests);
    }

    /// Sends each request with spans again, acknowledged or not.
    pub(super) fn send_spans_again(&mut self, otlp: &mut Connection) {
        for request in &self.span_requests {
            let answer = otlp.post_json("/v1/traces", request).unwrap();
            assert_eq!(answer.status, 200, "{:?}", answer.json());
        }
        self.spans.acknowledged = self.spans.sent.clone();
    }
}

/// Clients on threads of their own.
pub(super) struct Clients {
    threads: Vec<JoinHandle<Sent>>,
    acknowledgements: Receiver<()>,
    /// After this many acknowledgements comes the end.
    enough: u64,
}

impl Clients {
    /// Starts clients that send until the server does not answer any more.
    pub(super) fn start(url: &str, seed: u64, number: u64) -> Self {
        let (acknowledged, acknowledgements) = channel();
        let start = |client| {
            let (url, acknowledged) = (url.to_owned(), acknowledged.clone());
            let client = Client::new(seed, client);
            thread::spawn(move || client.run(&url, &acknowledged))
        };
        Self {
            threads: (0..number).map(start).collect(),
            acknowledgements,
            enough: 100 + Random::new(seed).below(400),
        }
    }

    /// Waits until as many requests were acknowledged as the seed says.
    pub(super) fn await_acknowledgements(&self) {
        for _ in 0..self.enough {
            self.acknowledgements.recv().unwrap();
        }
    }

    /// What they have sent. To be called when the server is gone.
    pub(super) fn join(self) -> Sent {
        let mut sent = Sent::default();
        for thread in self.threads {
            sent.add(thread.join().unwrap());
        }
        sent
    }
}

struct Client {
    random: Random,
    /// Stands before the number in each of its ids.
    prefix: u64,
    records: u64,
    sent: Sent,
}

impl Client {
    fn new(seed: u64, number: u64) -> Self {
        Self {
            random: Random::new(seed ^ ((number + 1) << 32)),
            prefix: (seed << 8) | number,
            records: 0,
            sent: Sent::default(),
        }
    }

    fn run(mut self, url: &str, acknowledged: &Sender<()>) -> Sent {
        // The server may be gone before this client's first request.
        let Ok(mut otlp) = Connection::open(url) else {
            return self.sent;
        };
        loop {
            let count = 1 + self.random.below(60);
            let answer = if self.random.below(2) == 0 {
                self.send_logs(&mut otlp, count)
            } else {
                self.send_spans(&mut otlp, count)
            };
            match answer {
                Some(true) => acknowledged.send(()).unwrap_or_default(),
                Some(false) => {}
                None => return self.sent,
            }
        }
    }

    /// Whether they were acknowledged; `None` when there was no answer.
    fn send_logs(&mut self, otlp: &mut Connection, count: u64) -> Option<bool> {
        let mut ids = Vec::new();
        let mut records = Vec::new();
        for _ in 0..count {
            let (id, time) = (format!("c{}", self.next_id()), self.next_time());
            records.push(format!(
                r#"{{"timeUnixNano":"{time}","severityNumber":9,"body":{{"stringValue":"record {id} of a client, and some more text"}}}}"#
            ));
            ids.push(id);
        }
        let request = format!(
            r#"{{"resourceLogs":[{{"resource":{{"attributes":[{SERVICE}]}},"scopeLogs":[{{"logRecords":[{}]}}]}}]}}"#,
            records.join(",")
        );
        let answer = otlp.post_json("/v1/logs", &request);
        let acknowledged = answer.ok().map(|answer| is_acknowledged(&answer));
        self.sent.logs.note(ids, acknowledged == Some(true));
        acknowledged
    }

    /// The same for spans: those of one request are one trace.
    fn send_spans(&mut self, otlp: &mut Connection, count: u64) -> Option<bool> {
        let trace = format!("{:0>32}", self.next_id());
        let mut ids: Vec<String> = Vec::new();
        let mut spans = Vec::new();
        for _ in 0..count {
            let (id, start) = (self.next_id(), self.next_time());
            let end = start + self.random.below(1_000_000_000);
            let parent = ids.first().cloned().unwrap_or_default();
            spans.push(format!(
                r#"{{"traceId":"{trace}","spanId":"{id}","parentSpanId":"{parent}","name":"work","kind":2,"startTimeUnixNano":"{start}","endTimeUnixNano":"{end}"}}"#
            ));
            ids.push(id);
        }
        let request = format!(
            r#"{{"resourceSpans":[{{"resource":{{"attributes":[{SERVICE}]}},"scopeSpans":[{{"spans":[{}]}}]}}]}}"#,
            spans.join(",")
        );
        let answer = otlp.post_json("/v1/traces", &request);
        let acknowledged = answer.ok().map(|answer| is_acknowledged(&answer));
        self.sent.span_requests.push(request);
        self.sent.spans.note(ids, acknowledged == Some(true));
        acknowledged
    }

    /// Sixteen hexadecimal digits that no other record has.
    fn next_id(&mut self) -> String {
        self.records += 1;
        format!("{:08x}{:08x}", self.prefix, self.records)
    }

    fn next_time(&mut self) -> u64 {
        FIRST_NS + self.random.below(RANGE_NS)
    }
}

const SERVICE: &str = r#"{"key":"service.name","value":{"stringValue":"crash"}}"#;

/// A retryable refusal is none, and the records may be stored or not: they are not sent again. Anything else is a fault.
fn is_acknowledged(answer: &Answer) -> bool {
    match answer.status {
        200 => {
            assert_eq!(answer.json(), serde_json::json!({}), "some were rejected");
            true
        }
        429 | 503 => {
            assert!(answer.header("retry-after").is_some());
            false
        }
        status => panic!("status {status}: {}", String::from_utf8_lossy(&answer.body)),
    }
}

/// `SplitMix64`: the same numbers for the same seed, on every machine.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }
}
