//! Merged segments in the place of those that they were merged from.

use super::*;

const HOUR: Partition = Partition::Hour(5);

/// A catalog with three flushed segments of one hour, of 1, 2 and 3 rows, and one of another hour.
fn flushed(catalog: &dyn Catalog) -> Vec<SegmentRow> {
    let mut from = 0;
    let mut rows = Vec::new();
    for (count, partition) in [(1, HOUR), (2, HOUR), (3, HOUR), (1, Partition::Odd)] {
        let id = catalog.allocate_segment_id().unwrap();
        let mut row = segment(id, partition, from, from + count);
        row.rows = count;
        row.min_time_ns = from as i64;
        row.max_time_ns = (from + count) as i64;
        row.min_arrival_ns = 100 - from as i64;
        row.max_arrival_ns = 100 + from as i64;
        from += count;
        catalog.commit(flush(vec![row.clone()], from)).unwrap();
        rows.push(row);
    }
    rows
}

fn joined(id: SegmentId, rows: &[SegmentRow]) -> SegmentRow {
    let (first, last) = (&rows[0], &rows[rows.len() - 1]);
    SegmentRow {
        id,
        rows: rows.iter().map(|row| row.rows).sum(),
        max_time_ns: last.max_time_ns,
        max_seq: last.max_seq,
        wal_to_seq: last.wal_to_seq,
        min_arrival_ns: last.min_arrival_ns,
        max_arrival_ns: last.max_arrival_ns,
        level: rows.iter().map(|row| row.level).max().unwrap() + 1,
        meta_checksum: 1,
        ..first.clone()
    }
}

fn compact(removed: &[&SegmentRow], added: Vec<SegmentRow>) -> Change {
    Change::Compact(CompactionCommit {
        key: key(),
        removed: removed.iter().map(|row| row.id).collect(),
        added,
    })
}

#[test]
fn merged_segments_take_the_place_of_their_inputs_once() {
    on_both(|catalog| {
        let rows = flushed(catalog);
        let ids = [(); 3].map(|()| catalog.allocate_segment_id().unwrap());
        // The first two become one, which then becomes two together with the third.
        let first = joined(ids[0], &rows[..2]);
        catalog
            .commit(compact(&[&rows[0], &rows[1]], vec![first.clone()]))
            .unwrap();
        let whole = joined(ids[1], &[first.clone(), rows[2].clone()]);
        assert_eq!(whole.level, 2);
        let mut newer = whole.clone();
        (newer.rows, newer.min_seq) = (4, 2);
        let mut older = whole;
        (older.id, older.rows, older.max_time_ns) = (ids[2], 2, 3);
        let change = compact(&[&first, &rows[2]], vec![newer.clone(), older.clone()]);
        catalog.commit(change.clone()).unwrap();
        let state = catalog.state();
        let live: Vec<&SegmentRow> = state.segments_of(&key()).collect();
        assert_eq!(live, [&rows[3], &newer, &older]);
        assert_eq!(catalog.table(&key()).flushed_seq, 7);
        let error = catalog.commit(change).unwrap_err();
        assert!(matches!(error, CatalogError::Refused { .. }), "{error}");
        assert!(violations(&state).is_empty());
    });
}

#[test]
fn a_compaction_that_does_not_add_up_is_refused_and_changes_nothing() {
    on_both(|catalog| {
        let rows = flushed(catalog);
        let id = catalog.allocate_segment_id().unwrap();
        let before = catalog.state();
        let sound = joined(id, &rows[..3]);
        let inputs: Vec<&SegmentRow> = rows[..3].iter().collect();
        let altered = |alter: fn(&mut SegmentRow)| {
            let mut row = sound.clone();
            alter(&mut row);
            compact(&inputs, vec![row])
        };
        let mut unknown = rows[0].clone();
        unknown.id = SegmentId(1_000);
        let mut foreign = compact(&inputs, vec![sound.clone()]);
        if let Change::Compact(commit) = &mut foreign {
            commit.key.signal = Signal::Spans;
        }
        for change in [
            altered(|row| row.rows += 1),
            altered(|row| row.rows -= 1),
            altered(|row| row.level = 0),
            altered(|row| row.level = 2),
            altered(|row| row.max_time_ns -= 1),
            altered(|row| row.min_seq += 1),
            altered(|row| row.min_arrival_ns += 1),
            altered(|row| row.wal_to_seq += 1),
            altered(|row| row.partition = Partition::Odd),
            altered(|row| row.key.signal = Signal::Spans),
            altered(|row| row.id = SegmentId(1)),
            altered(|row| row.id = SegmentId(1_000_000)),
            compact(&inputs, vec![]),
            compact(&[], vec![sound.clone()]),
            compact(&[], vec![]),
            compact(&[&rows[0], &rows[0]], vec![joined(id, &rows[..1])]),
            compact(&[&unknown], vec![joined(id, &rows[..1])]),
            compact(&[&rows[2], &rows[3]], vec![joined(id, &rows[2..])]),
            compact(&inputs, vec![sound.clone(), sound.clone()]),
            foreign,
        ] {
            assert!(catalog.commit(change.clone()).is_err(), "{change:?}");
            assert_eq!(catalog.state(), before, "{change:?}");
        }
        catalog
            .commit(compact(&inputs, vec![sound.clone()]))
            .unwrap();
    });
}

#[test]
fn an_input_that_lives_on_is_a_violation() {
    let catalog = MemCatalog::new();
    let rows = flushed(&catalog);
    let id = catalog.allocate_segment_id().unwrap();
    let mut state = catalog.state();
    state.segments.insert(id, joined(id, &rows[..3]));
    let broken: Vec<&str> = violations(&state)
        .iter()
        .map(|broken| broken.name)
        .collect();
    assert_eq!(broken, ["segments_hold_no_more_rows_than_numbers"]);
    for row in &rows[..3] {
        state.segments.remove(&row.id);
    }
    assert_eq!(violations(&state), []);
}

#[test]
fn hours_of_a_day_become_the_day_and_no_other() {
    on_both(|catalog| {
        let mut rows = Vec::new();
        for (from, hour) in [(0, 48), (1, 71), (2, 72)] {
            let id = catalog.allocate_segment_id().unwrap();
            let row = segment(id, Partition::Hour(hour), from, from + 1);
            catalog.commit(flush(vec![row.clone()], from + 1)).unwrap();
            rows.push(row);
        }
        let id = catalog.allocate_segment_id().unwrap();
        let merged = |partition, of: &[SegmentRow]| SegmentRow {
            partition,
            rows: of.iter().map(|row| row.rows).sum(),
            ..joined(id, of)
        };
        let inputs: Vec<&SegmentRow> = rows[..2].iter().collect();
        for wrong in [
            Partition::Day(1),
            Partition::Day(3),
            Partition::Hour(48),
            Partition::Odd,
        ] {
            let change = compact(&inputs, vec![merged(wrong, &rows[..2])]);
            assert!(catalog.commit(change).is_err(), "{wrong:?}");
        }
        let all: Vec<&SegmentRow> = rows.iter().collect();
        let two_days = compact(&all, vec![merged(Partition::Day(2), &rows)]);
        assert!(catalog.commit(two_days).is_err());
        let day = merged(Partition::Day(2), &rows[..2]);
        catalog.commit(compact(&inputs, vec![day.clone()])).unwrap();
        let state = catalog.state();
        assert_eq!(
            state.segments_of(&key()).collect::<Vec<_>>(),
            [&rows[2], &day]
        );
        assert!(violations(&state).is_empty());
    });
}
