//! Segments that are not kept any more.

use super::*;

fn expire(segments: &[u64]) -> Change {
    Change::Expire(ExpireCommit {
        key: key(),
        segments: segments.iter().map(|id| SegmentId(*id)).collect(),
    })
}

#[test]
fn segments_go_and_stay_gone() {
    on_both(|catalog| {
        let mut rows = Vec::new();
        for from in 0..3 {
            let id = catalog.allocate_segment_id().unwrap();
            let row = segment(id, Partition::Hour(from as i64), from, from + 1);
            catalog.commit(flush(vec![row.clone()], from + 1)).unwrap();
            rows.push(row);
        }
        let ids: Vec<u64> = rows.iter().map(|row| row.id.0).collect();
        catalog.commit(expire(&ids[..2])).unwrap();
        let state = catalog.state();
        assert_eq!(state.segments_of(&key()).collect::<Vec<_>>(), [&rows[2]]);
        assert_eq!(
            catalog.table(&key()).flushed_seq,
            3,
            "the rows are not asked of the log again"
        );
        // Told twice, it is the same.
        catalog.commit(expire(&ids[..2])).unwrap();
        catalog.commit(expire(&[])).unwrap();
        assert_eq!(catalog.state(), state);
        let unknown = catalog.commit(expire(&[1_000_000])).unwrap_err();
        assert!(matches!(unknown, CatalogError::Refused { .. }), "{unknown}");
        let mut foreign = expire(&ids[2..]);
        if let Change::Expire(commit) = &mut foreign {
            commit.key.signal = Signal::Spans;
        }
        assert!(catalog.commit(foreign).is_err());
        assert_eq!(catalog.state(), state);
        assert!(violations(&state).is_empty());
    });
}
