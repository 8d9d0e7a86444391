#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::buffer::BooleanBuffer;
use clearspan_storage::background::ManualClock;
use tokio::sync::mpsc::Receiver;

use super::outlet::Outlet;
use super::*;
use crate::exec::Plans;
use crate::limits::TAIL_EVENTS_WAITING;

const START_NS: i64 = 1_700_000_000_000_000_000;

struct Bench {
    outlet: Outlet,
    events: Receiver<TailEvent>,
    clock: Arc<ManualClock>,
    seq: u64,
}

fn bench(rate: usize, memory_bytes: usize) -> Bench {
    let clock = Arc::new(ManualClock::new(START_NS));
    let request = TailRequest {
        query: String::new(),
        after: None,
        rate,
    };
    let plans = Plans::of_bytes(1, memory_bytes).unwrap();
    let positions = Positions::of("a store");
    let (outlet, events) = Outlet::new(&request, 0, positions, plans, Arc::clone(&clock) as _);
    Bench {
        outlet,
        events,
        clock,
        seq: 0,
    }
}

/// Rows from a sequence number on, each with a body of so many bytes.
fn rows(seq: u64, count: usize, bytes: usize) -> RecordBatch {
    use clearspan_schema::concat::with_seq;
    use clearspan_schema::group::{ResourceRef, ScopeRef};
    use clearspan_schema::logs::{Body, LogRow, LogsBuilder, stored_schema};
    let mut builder = LogsBuilder::new(count, START_NS);
    builder.group(&ResourceRef::default(), &ScopeRef::default(), None);
    let body = "x".repeat(bytes);
    for _ in 0..count {
        let row = LogRow {
            time: 1,
            observed_time: 0,
            severity_number: 0,
            severity_text: "",
            event_name: "",
            body: Body::Text(&body),
            trace_id: None,
            span_id: None,
            flags: 0,
            attributes: clearspan_schema::any::KeyValues::new(&[]),
            dropped_attributes_count: 0,
        };
        builder.push(&row).unwrap();
    }
    with_seq(&stored_schema(), builder.finish().unwrap().inner(), seq).unwrap()
}

impl Bench {
    /// Offers rows of which every second matches.
    fn offer(&mut self, count: usize, bytes: usize) {
        let rows = rows(self.seq, count, bytes);
        let mask = BooleanBuffer::collect_bool(count, |row| row % 2 == 0);
        self.seq += count as u64;
        self.outlet.offer(&rows, &mask, self.seq).unwrap();
    }

    /// What is read now: rows by their number, gaps as negative counts.
    fn read(&mut self) -> Vec<i64> {
        std::iter::from_fn(|| self.events.try_recv().ok())
            .map(|event| match event {
                TailEvent::Rows(rows) => rows.rows().len() as i64,
                TailEvent::Gap(gap) => -((gap.count + gap.unexamined) as i64),
                TailEvent::Beat(_) => 0,
            })
            .collect()
    }
}

#[test]
fn what_is_beyond_the_rate_is_counted_and_told_a_second_later() {
    let mut bench = bench(300, 1 << 30);
    bench.offer(400, 8);
    assert_eq!(bench.read(), [128, 72]);
    bench.offer(400, 8);
    bench.outlet.beat();
    assert!(!bench.outlet.tell(), "the second is not over");
    assert_eq!(bench.read(), [100], "no beat goes past a gap");
    bench.clock.advance(Duration::from_millis(999));
    bench.offer(20, 8);
    assert_eq!(bench.read(), [0; 0]);
    bench.clock.advance(Duration::from_millis(1));
    bench.offer(20, 8);
    assert_eq!(bench.read(), [-110, 10]);
    bench.outlet.beat();
    assert_eq!(bench.read(), [0]);
}

#[test]
fn a_gap_says_when_it_began_and_where_it_ends() {
    let mut bench = bench(1, 1 << 30);
    bench.offer(4, 8);
    bench.clock.advance(Duration::from_secs(5));
    bench.outlet.lose(0, 7);
    assert!(bench.outlet.tell());
    assert_eq!(bench.read().len(), 2);
    bench.offer(4, 8);
    bench.clock.advance(Duration::from_secs(5));
    assert!(bench.outlet.tell());
    let _row = bench.events.try_recv().unwrap();
    let TailEvent::Gap(gap) = bench.events.try_recv().unwrap() else {
        panic!("no gap");
    };
    let expected = TailGap {
        count: 1,
        unexamined: 0,
        since_ns: Some(START_NS + 5_000_000_000),
        position: Positions::of("a store").text(8),
    };
    assert_eq!(gap, expected);
}

#[test]
fn one_that_does_not_read_has_what_fits_and_the_count_of_the_rest() {
    let mut bench = bench(10_000, 1 << 30);
    let (offered, piece) = (200, 16);
    for _ in 0..offered {
        bench.offer(2 * piece, 8);
        bench.clock.advance(Duration::from_secs(1));
    }
    let waiting = bench.read();
    assert_eq!(waiting, vec![piece as i64; TAIL_EVENTS_WAITING]);
    assert!(bench.outlet.tell());
    let lost = (offered - TAIL_EVENTS_WAITING) * piece;
    assert_eq!(bench.read(), [-(lost as i64)]);
}

#[test]
fn what_waits_is_bounded_in_bytes_and_by_the_memory_of_all() {
    let mut bench = bench(10_000, 1 << 30);
    for _ in 0..10 {
        bench.offer(2, 400_000);
    }
    assert_eq!(bench.read(), [1, 1]);
    bench.outlet.tell();
    bench.offer(2, 3_000_000);
    assert_eq!(bench.read(), [-8, 1], "one alone passes however large");

    let mut bench = self::bench(10_000, 100_000);
    bench.offer(2, 400_000);
    bench.offer(2, 8);
    assert_eq!(bench.read(), [-1, 1]);
}

#[tokio::test]
async fn a_client_that_has_gone_is_noticed() {
    let Bench {
        mut outlet, events, ..
    } = bench(10, 1 << 30);
    drop(events);
    outlet.gone().await;
    outlet.lose(1, 0);
    assert!(!outlet.tell());
    outlet.may_tell().await;
    assert!(outlet.send_waiting(rows(0, 1, 8), 1).await.is_err());
}
