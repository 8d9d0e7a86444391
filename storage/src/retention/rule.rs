//! Which segments are to go: a pure function of the catalog's rows.

use std::collections::BTreeMap;

use super::Retention;
use crate::catalog::{Partition, SegmentId, SegmentRow};

/// Segments that go together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expired {
    pub(crate) partition: Partition,
    pub(crate) segments: Vec<SegmentId>,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    pub(crate) reason: Reason,
}

/// Why they go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    Age,
    Size,
}

impl Reason {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Reason::Age => "age",
            Reason::Size => "size",
        }
    }
}

/// What is deleted as a whole.
#[derive(Debug, Clone)]
struct Unit {
    partition: Partition,
    segments: Vec<SegmentId>,
    rows: u64,
    bytes: u64,
    /// The latest event or arrival.
    newest_ns: i64,
    /// The latest arrival.
    arrived_ns: i64,
}

impl Unit {
    fn of(row: &SegmentRow) -> Self {
        Unit {
            partition: row.partition,
            segments: vec![row.id],
            rows: row.rows,
            bytes: row.bytes,
            newest_ns: row.max_time_ns.max(row.max_arrival_ns),
            arrived_ns: row.max_arrival_ns,
        }
    }

    fn join(&mut self, other: Unit) {
        self.segments.extend(other.segments);
        self.rows += other.rows;
        self.bytes += other.bytes;
        self.newest_ns = self.newest_ns.max(other.newest_ns);
        self.arrived_ns = self.arrived_ns.max(other.arrived_ns);
    }

    fn expired(self, reason: Reason) -> Expired {
        Expired {
            partition: self.partition,
            segments: self.segments,
            rows: self.rows,
            bytes: self.bytes,
            reason,
        }
    }
}

/// The segments among `rows`, all of one table, that `retention` does not keep at the time `now_ns`, those that arrived first at the front. Without
/// `by_age` only the size counts.
pub(crate) fn expired<'a>(
    rows: impl Iterator<Item = &'a SegmentRow>,
    retention: Retention,
    by_age: bool,
    now_ns: i64,
) -> Vec<Expired> {
    let mut units = units(rows);
    units.sort_by(|a, b| (a.arrived_ns, &a.segments).cmp(&(b.arrived_ns, &b.segments)));
    let limit_ns = retention.age_ns.filter(|_| by_age);
    let kept_from_ns = limit_ns.map(|age| now_ns.saturating_sub(age));
    let is_old = |unit: &Unit| kept_from_ns.is_some_and(|from| unit.newest_ns < from);
    let (old, young): (Vec<Unit>, Vec<Unit>) = units.into_iter().partition(is_old);
    let mut gone: Vec<Expired> = old
        .into_iter()
        .map(|unit| unit.expired(Reason::Age))
        .collect();
    let mut bytes: u64 = young.iter().map(|unit| unit.bytes).sum();
    let last = young.len().saturating_sub(1);
    for unit in young.into_iter().take(last) {
        if retention.bytes.is_none_or(|limit| bytes <= limit) {
            break;
        }
        bytes -= unit.bytes;
        gone.push(unit.expired(Reason::Size));
    }
    gone
}

fn units<'a>(rows: impl Iterator<Item = &'a SegmentRow>) -> Vec<Unit> {
    let mut by_time: BTreeMap<Partition, Unit> = BTreeMap::new();
    let mut units = Vec::new();
    for row in rows {
        let unit = Unit::of(row);
        match row.partition {
            Partition::Odd => units.push(unit),
            partition => match by_time.get_mut(&partition) {
                Some(known) => known.join(unit),
                None => {
                    by_time.insert(partition, unit);
                }
            },
        }
    }
    units.extend(by_time.into_values());
    units
}

#[cfg(test)]
mod tests {
    use clearspan_schema::Signal;

    use super::*;
    use crate::catalog::TableKey;

    /// A segment of 10 rows and 100 bytes.
    fn row(id: u64, partition: Partition, time_ns: i64, arrival_ns: i64) -> SegmentRow {
        SegmentRow {
            id: SegmentId(id),
            key: TableKey::new("default", Signal::Logs),
            partition,
            rows: 10,
            bytes: 100,
            min_time_ns: time_ns - 5,
            max_time_ns: time_ns,
            min_seq: id * 10,
            max_seq: id * 10 + 9,
            min_arrival_ns: arrival_ns - 5,
            max_arrival_ns: arrival_ns,
            wal_from_seq: id * 10,
            wal_to_seq: id * 10 + 10,
            level: 0,
            created_ns: arrival_ns,
            meta_checksum: 0,
        }
    }

    fn gone(rows: &[SegmentRow], retention: Retention, by_age: bool) -> Vec<(Vec<u64>, Reason)> {
        let gone = expired(rows.iter(), retention, by_age, 1_000);
        let ids = |one: Expired| one.segments.iter().map(|id| id.0).collect();
        gone.into_iter()
            .map(|one| (ids(one.clone()), one.reason))
            .collect()
    }

    fn age(age_ns: i64) -> Retention {
        Retention {
            age_ns: Some(age_ns),
            bytes: None,
        }
    }

    fn size(bytes: u64) -> Retention {
        Retention {
            age_ns: None,
            bytes: Some(bytes),
        }
    }

    #[test]
    fn a_partition_goes_when_its_newest_row_is_old() {
        let rows = [
            row(1, Partition::Hour(1), 100, 100),
            row(2, Partition::Hour(1), 150, 150),
            row(3, Partition::Hour(2), 200, 600),
            row(4, Partition::Hour(3), 900, 300),
            row(5, Partition::Odd, 50, 50),
            row(6, Partition::Odd, 50, 700),
        ];
        assert_eq!(gone(&rows, Retention::default(), true), []);
        assert_eq!(gone(&rows, age(850), true), [(vec![5], Reason::Age)]);
        let first_two = [(vec![5], Reason::Age), (vec![1, 2], Reason::Age)];
        assert_eq!(gone(&rows, age(849), true), first_two);
        assert_eq!(gone(&rows, age(400), true), first_two);
        assert_eq!(gone(&rows, age(400), false), []);
        let all_but_late = gone(&rows, age(300), true);
        assert_eq!(all_but_late.len(), 3, "an event of 900 keeps its hour");
        assert_eq!(gone(&rows, age(i64::MAX), true), []);
        assert_eq!(gone(&rows, age(0), true).len(), 5);
    }

    #[test]
    fn what_arrived_first_goes_until_the_rest_fits() {
        let rows = [
            row(1, Partition::Hour(7), 700, 100),
            row(2, Partition::Hour(8), 800, 800),
            row(3, Partition::Hour(7), 700, 110),
            row(4, Partition::Odd, i64::MAX, 300),
            row(5, Partition::Hour(1), 100, 900),
        ];
        assert_eq!(gone(&rows, size(500), true), []);
        assert_eq!(gone(&rows, size(499), false), [(vec![1, 3], Reason::Size)]);
        assert_eq!(gone(&rows, size(300), true), [(vec![1, 3], Reason::Size)]);
        let expected = [(vec![1, 3], Reason::Size), (vec![4], Reason::Size)];
        assert_eq!(gone(&rows, size(200), true), expected);
        assert_eq!(gone(&rows, size(0), true).len(), 3, "the last one stays");
        assert_eq!(gone(&rows[..1], size(0), true), []);
        assert_eq!(gone(&[], size(0), true), []);
        let both = Retention {
            age_ns: Some(850),
            bytes: Some(200),
        };
        let expected = [(vec![1, 3], Reason::Size), (vec![4], Reason::Size)];
        assert_eq!(gone(&rows, both, true), expected);
    }
}
