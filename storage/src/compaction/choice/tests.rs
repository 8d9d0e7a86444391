//! The rule, on single cases and on simulated lives of an hour.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;

use clearspan_schema::Signal;
use proptest::prelude::*;

use super::*;
use crate::catalog::TableKey;
use crate::limits::SMALL_HOUR_ROWS;

const MINUTE_NS: i64 = 60_000_000_000;
/// Two flush intervals of five minutes.
const QUIET_NS: i64 = 10 * MINUTE_NS;
/// The hour that all of this is about.
const HOUR: i64 = 480_000;
const HOUR_START_NS: i64 = HOUR * HOUR_NS;
const HOUR_END_NS: i64 = HOUR_START_NS + HOUR_NS;

/// The segments of a table, on which merges are carried out as the rule says, and what that has cost.
#[derive(Default)]
struct Store {
    segments: Vec<SegmentRow>,
    next_id: u64,
    flushed_rows: u64,
    rewritten_rows: u64,
    /// Of these, by merges of days.
    day_rows: u64,
    /// Rows of the largest segment that was ever rewritten a second time.
    largest_twice: u64,
}

impl Store {
    fn flush(&mut self, partition: Partition, rows: u64, now_ns: i64) {
        self.flushed_rows += rows;
        self.add(partition, rows, 0, now_ns);
    }

    fn add(&mut self, partition: Partition, rows: u64, level: u32, created_ns: i64) {
        self.next_id += 1;
        self.segments.push(SegmentRow {
            id: SegmentId(self.next_id),
            key: TableKey::new("default", Signal::Logs),
            partition,
            rows,
            bytes: rows * 47,
            min_time_ns: 0,
            max_time_ns: 0,
            min_seq: 0,
            max_seq: 0,
            min_arrival_ns: 0,
            max_arrival_ns: 0,
            wal_from_seq: 0,
            wal_to_seq: 0,
            level,
            created_ns,
            meta_checksum: 0,
        });
    }

    fn choose(&self, now_ns: i64) -> Vec<Merge> {
        choose(&self.segments, QUIET_NS, now_ns)
    }

    /// Carries out all that is due.
    fn compact(&mut self, now_ns: i64) {
        while let Some(merge) = self.choose(now_ns).into_iter().next() {
            if merge.when != When::Now {
                return;
            }
            self.carry_out(&merge, now_ns);
        }
    }

    fn carry_out(&mut self, merge: &Merge, now_ns: i64) {
        let ids: BTreeSet<SegmentId> = merge.inputs.iter().copied().collect();
        let segments = std::mem::take(&mut self.segments).into_iter();
        let (inputs, stay): (Vec<_>, Vec<_>) = segments.partition(|row| ids.contains(&row.id));
        self.segments = stay;
        assert_eq!(inputs.len(), merge.inputs.len());
        let level = inputs.iter().map(|row| row.level).max().unwrap() + 1;
        let mut left: u64 = inputs.iter().map(|row| row.rows).sum();
        assert_eq!(left, merge.rows);
        assert!(inputs.len() <= COMPACTION_INPUTS);
        assert!(inputs.len() == 1 || (left <= COMPACTION_ROWS && merge.bytes <= COMPACTION_BYTES));
        self.rewritten_rows += left;
        if let Partition::Day(day) = merge.partition {
            assert!(inputs.iter().all(|row| row.partition.day() == Some(day)));
            assert!(inputs.iter().all(|row| row.rows < SMALL_HOUR_ROWS));
            self.day_rows += left;
        } else {
            assert!(inputs.iter().all(|row| row.partition == merge.partition));
        }
        if level > 1 {
            let largest = inputs.iter().map(|row| row.rows).max().unwrap();
            self.largest_twice = self.largest_twice.max(largest);
        }
        while left > 0 {
            let rows = left.min(merge.output_rows);
            self.add(merge.partition, rows, level, now_ns);
            left -= rows;
        }
        self.check_bounds();
    }

    /// What holds whatever arrives and whenever.
    fn check_bounds(&self) {
        let highest = |row: &SegmentRow| match row.partition {
            Partition::Day(_) => 3,
            _ => 2,
        };
        assert!(self.segments.iter().all(|row| row.level <= highest(row)));
        let allowed = self.flushed_rows + self.flushed_rows / TWICE_ROWS_ONE_IN;
        let rewritten = self.rewritten_rows - self.day_rows;
        assert!(rewritten <= allowed, "{rewritten} of {}", self.flushed_rows);
        let live: u64 = self.segments.iter().map(|row| row.rows).sum();
        assert_eq!(live, self.flushed_rows);
    }

    /// Rows written in all, by flushes and compactions, for each that was flushed.
    fn write_amplification(&self) -> f64 {
        1.0 + self.rewritten_rows as f64 / self.flushed_rows as f64
    }

    fn levels(&self) -> Vec<u32> {
        self.segments.iter().map(|row| row.level).collect()
    }
}

/// An hour with a flush every five minutes, of which all is flushed five minutes after its end.
fn ordinary_hour(store: &mut Store, rows: u64) -> i64 {
    let mut now_ns = HOUR_START_NS;
    while now_ns < HOUR_END_NS + 5 * MINUTE_NS {
        now_ns += 5 * MINUTE_NS;
        store.flush(Partition::Hour(HOUR), rows, now_ns);
        store.compact(now_ns);
        assert_eq!(store.rewritten_rows, 0, "the hour is still being written");
    }
    now_ns
}

#[test]
fn an_ordinary_hour_is_merged_once_when_it_is_over_and_quiet() {
    let mut store = Store::default();
    let last_ns = ordinary_hour(&mut store, 10_000);
    let waits = store.choose(last_ns + QUIET_NS - 1);
    let [
        Merge {
            when: When::Quiet(at),
            pending: 13,
            ..
        },
    ] = waits[..]
    else {
        panic!("{waits:?}")
    };
    assert_eq!(at, last_ns + QUIET_NS);
    store.compact(at);
    assert_eq!(store.levels(), [1]);
    assert_eq!(store.write_amplification(), 2.0);
    assert_eq!(store.choose(i64::MAX), []);
}

#[test]
fn a_sender_that_says_little_has_its_hour_merged_at_the_end() {
    let mut store = Store::default();
    for minute in [5, 30, 55] {
        let now_ns = HOUR_START_NS + minute * MINUTE_NS;
        store.flush(Partition::Hour(HOUR), 3, now_ns);
        store.compact(now_ns + QUIET_NS);
        assert_eq!(store.rewritten_rows, 0);
    }
    store.compact(HOUR_END_NS + QUIET_NS);
    assert_eq!(store.levels(), [1]);
}

#[test]
fn what_has_piled_up_is_merged_while_the_hour_is_written() {
    let mut store = Store::default();
    for flush in 0..COMPACTION_PILE as i64 {
        assert_eq!(store.levels().len(), flush as usize);
        store.flush(Partition::Hour(HOUR), 1_000, HOUR_START_NS + flush);
        store.compact(HOUR_START_NS + flush);
    }
    assert_eq!(store.levels(), [1]);
    // A full segment's rows need not wait for others to come.
    for _ in 0..2 {
        store.flush(Partition::Hour(HOUR), MERGED_ROWS / 2, HOUR_START_NS);
    }
    store.compact(HOUR_START_NS);
    assert!(store.levels().iter().all(|&level| level == 1));
}

#[test]
fn a_busy_hour_becomes_few_segments_for_its_size() {
    let mut store = Store::default();
    for second in 0..3_600 {
        let now_ns = HOUR_START_NS + second * 1_000_000_000;
        store.flush(Partition::Hour(HOUR), 100_000, now_ns);
        store.compact(now_ns);
        assert!(store.levels().iter().filter(|&&level| level == 0).count() <= COMPACTION_INPUTS);
    }
    store.compact(HOUR_END_NS + COMPACTION_WAIT_NS);
    assert_eq!(store.write_amplification(), 2.0);
    let rows = 3_600 * 100_000;
    let segments = store.segments.len() as u64;
    assert!(segments <= rows / MERGED_ROWS + 2, "{segments}");
}

#[test]
fn a_few_late_rows_wait_for_company_and_leave_the_large_segment_alone() {
    let mut store = Store::default();
    let mut now_ns = ordinary_hour(&mut store, 10_000) + QUIET_NS;
    store.compact(now_ns);
    let whole = store.segments[0].clone();
    // Four weeks, a late row or some with every flush of the first day, then every hour.
    for step in 0..288 + 27 * 24 {
        now_ns += if step < 288 { 5 } else { 60 } * MINUTE_NS;
        store.flush(Partition::Hour(HOUR), 1 + step % 7, now_ns);
        store.compact(now_ns);
        assert!(store.segments.contains(&whole));
        let left = store.choose(now_ns);
        assert!(
            left.iter()
                .all(|merge| matches!(merge.when, When::Company(_)))
        );
    }
    store.compact(now_ns + COMPACTION_WAIT_NS);
    assert!(store.segments.len() <= 20, "{:?}", store.levels());
    assert!(store.write_amplification() < 2.03);
    assert!(store.largest_twice < 1_000);
}

#[test]
fn a_clock_that_stands_still_makes_no_segment_per_flush() {
    let mut store = Store::default();
    let mut most = 0;
    // Three weeks of five minutes each.
    for flush in 0..21 * 288 {
        let now_ns = HOUR_END_NS * 2 + flush * 5 * MINUTE_NS;
        store.flush(Partition::Odd, 10, now_ns);
        store.compact(now_ns);
        most = most.max(store.segments.len());
    }
    assert!(most <= 160, "{most}");
    let twice = store.levels().iter().filter(|&&level| level == 2).count();
    assert!(twice > 0, "small merged segments are merged again");
}

#[test]
fn no_clock_keeps_segments_waiting_for_ever() {
    let future_ns = HOUR_START_NS - 1_000 * HOUR_NS;
    let mut store = Store::default();
    store.flush(Partition::Hour(HOUR), 10, future_ns);
    store.compact(future_ns + COMPACTION_WAIT_NS - 1);
    assert_eq!(store.levels(), [0], "an hour in the future is waited for");
    store.compact(future_ns + COMPACTION_WAIT_NS);
    assert_eq!(store.levels(), [1]);
    // Made when the clock was a year ahead.
    let mut store = Store::default();
    store.flush(Partition::Odd, 10, HOUR_START_NS + 9_000 * HOUR_NS);
    store.compact(HOUR_START_NS);
    assert_eq!(store.levels(), [1]);
    for now_ns in [i64::MIN, i64::MAX] {
        for hour in [i64::MIN, i64::MAX] {
            let mut store = Store::default();
            store.flush(Partition::Hour(hour), 10, i64::MAX - 5);
            store.flush(Partition::Hour(hour), 10, i64::MIN + 5);
            store.compact(now_ns);
        }
    }
}

#[test]
fn more_than_one_compaction_may_take_is_taken_in_turns() {
    let mut store = Store::default();
    for _ in 0..COMPACTION_INPUTS + 20 {
        store.flush(Partition::Hour(HOUR), 10, HOUR_START_NS);
    }
    let merges = store.choose(HOUR_START_NS);
    assert_eq!(merges[0].inputs.len(), COMPACTION_INPUTS);
    assert_eq!(merges[0].inputs[0], SegmentId(1));
    assert_eq!(merges[0].pending, COMPACTION_INPUTS as u64 + 20);
    assert_eq!(
        merges[0].pending_bytes,
        (COMPACTION_INPUTS as u64 + 20) * 470
    );
    store.carry_out(&merges[0].clone(), HOUR_START_NS);
    assert_eq!(store.levels().len(), 21);
}

#[test]
fn the_partition_where_most_is_won_comes_first() {
    let mut store = Store::default();
    let now_ns = HOUR_END_NS + QUIET_NS;
    for (hour, flushes) in [(HOUR - 3, 2), (HOUR - 2, 5), (HOUR - 1, 2), (HOUR, 20)] {
        for _ in 0..flushes {
            let made_ns = if hour == HOUR { now_ns } else { HOUR_START_NS };
            store.flush(Partition::Hour(hour), 10, made_ns);
        }
    }
    store.flush(Partition::Hour(HOUR + 1), 10, now_ns);
    let hours: Vec<Partition> = store
        .choose(now_ns)
        .iter()
        .map(|merge| merge.partition)
        .collect();
    let expected = [HOUR, HOUR - 2, HOUR - 1, HOUR - 3, HOUR + 1];
    assert_eq!(hours, expected.map(Partition::Hour));
}

/// What happens to the hour.
#[derive(Debug, Clone)]
enum Event {
    Flush {
        partition: u8,
        rows: u64,
    },
    Wait {
        minutes: i64,
    },
    /// The wall clock jumps.
    Jump {
        minutes: i64,
    },
}

fn event() -> impl Strategy<Value = Event> {
    let rows = prop_oneof![1..20u64, 1_000..200_000u64, 1_000_000..9_000_000u64];
    prop_oneof![
        6 => (0..3u8, rows).prop_map(|(partition, rows)| Event::Flush { partition, rows }),
        3 => (1..12i64).prop_map(|minutes| Event::Wait { minutes }),
        1 => (60..3_000i64).prop_map(|minutes| Event::Wait { minutes }),
        1 => (-3_000..3_000i64).prop_map(|minutes| Event::Jump { minutes }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// `Store` holds every merge against the bounds.
    #[test]
    fn the_bounds_hold_whatever_arrives(events in prop::collection::vec(event(), 1..400)) {
        let mut store = Store::default();
        let mut now_ns = HOUR_START_NS;
        for event in events {
            match event {
                Event::Flush { partition: 0, rows } => store.flush(Partition::Odd, rows, now_ns),
                Event::Flush { partition, rows } => {
                    store.flush(Partition::Hour(HOUR + i64::from(partition)), rows, now_ns);
                }
                Event::Wait { minutes } | Event::Jump { minutes } => now_ns += minutes * MINUTE_NS,
            }
            store.compact(now_ns);
        }
        store.compact(now_ns + 10 * COMPACTION_WAIT_NS);
        prop_assert!(store.levels().iter().all(|&level| level > 0), "all is merged in the end");
    }
}

/// A record a second for a month, flushed every five minutes: the folders that are there at the end, and at most at any time.
#[test]
fn a_month_of_little_is_a_segment_a_day() {
    let (mut store, mut most) = (Store::default(), 0);
    for flush in 0..30 * 288 {
        let now_ns = HOUR_START_NS + flush * 5 * MINUTE_NS;
        store.flush(Partition::Hour(now_ns / HOUR_NS), 300, now_ns);
        store.compact(now_ns);
        most = most.max(store.segments.len());
    }
    assert!(most <= 100, "{most}");
    assert!(store.write_amplification() <= 3.0);
    let last_ns = HOUR_START_NS + 40 * 24 * HOUR_NS;
    store.compact(last_ns);
    let days = store.segments.len();
    assert!((30..=31).contains(&days), "{days}");
    assert_eq!(store.choose(i64::MAX), []);
    // Late rows of a day's hours do not touch the day's segment until there are some of them.
    let before = store.segments.clone();
    for hour in 0..3 {
        store.flush(Partition::Hour(HOUR + 30 + hour), 1, last_ns);
    }
    store.compact(last_ns + COMPACTION_WAIT_NS);
    assert!(before.iter().all(|row| store.segments.contains(row)));
    assert_eq!(store.segments.len(), days + 3);
    store.flush(Partition::Hour(HOUR + 33), 1, last_ns);
    store.compact(last_ns + 2 * COMPACTION_WAIT_NS);
    store.compact(last_ns + 2 * COMPACTION_WAIT_NS + QUIET_NS);
    assert!(before.iter().all(|row| store.segments.contains(row)));
    assert_eq!(store.segments.len(), days + 1);
}

#[test]
fn a_day_of_busy_hours_is_left_as_it_is() {
    let mut store = Store::default();
    for hour in 0..48 {
        store.flush(Partition::Hour(HOUR + hour), SMALL_HOUR_ROWS, HOUR_START_NS);
    }
    store.compact(HOUR_START_NS + 100 * 24 * HOUR_NS);
    assert_eq!(store.levels(), [1; 48]);
    assert_eq!(store.write_amplification(), 2.0);
}

#[test]
fn a_day_waits_for_its_hours() {
    let mut store = Store::default();
    let day_start_ns = (HOUR / 24) * 24 * HOUR_NS;
    let first = HOUR / 24 * 24;
    for hour in first..first + 6 {
        store.flush(Partition::Hour(hour), 10, day_start_ns + 6 * HOUR_NS);
    }
    let over_ns = day_start_ns + 2 * 24 * HOUR_NS;
    store.compact(day_start_ns + 7 * HOUR_NS);
    let waits = store.choose(day_start_ns + 8 * HOUR_NS);
    let whens: Vec<When> = waits.iter().map(|merge| merge.when).collect();
    assert_eq!(
        whens,
        [When::Company(over_ns)],
        "it says when to look again"
    );
    store.compact(day_start_ns + 8 * HOUR_NS);
    store.compact(over_ns - 1);
    assert_eq!(store.levels(), [1; 6]);
    // One hour has rows that are not merged yet: only the others go.
    store.flush(Partition::Hour(first), 10, over_ns - 1);
    store.compact(over_ns);
    assert_eq!(store.segments.len(), 3, "{:?}", store.levels());
    let days = store
        .segments
        .iter()
        .filter(|row| row.partition == Partition::Day(HOUR / 24));
    assert_eq!(days.map(|row| row.rows).collect::<Vec<_>>(), [50]);
}
