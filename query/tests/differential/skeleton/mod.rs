//! A trace's skeleton, read back from its bytes by a decoder of its own, against the spans as they were sent.
//!
//! | file | what it holds |
//! |---|---|
//! | `sent.rs` | the spans |
//! | `picture.rs` | the decoder |
//! | `oracle.rs` | what it must find |

mod oracle;
mod picture;
pub(crate) mod sent;

use clearspan_query::QueryError;
use clearspan_storage::TenantId;

use crate::random::Random;
use crate::store::Store;
use oracle::oracle;
use picture::{Picture, decode};
use sent::{START, Sent, TRACE, batch, span_id};

async fn picture(store: &Store) -> Option<Picture> {
    let tenant = TenantId::default();
    let skeleton = store.engine.skeleton(&tenant, TRACE).await;
    let skeleton = match skeleton {
        Err(QueryError::UnknownTrace { .. }) => return None,
        known => known.unwrap(),
    };
    let (picture, slots) = decode(&skeleton.encode());
    let known = store.engine.service_slots(&tenant);
    for (service, slot) in slots {
        let expected = match known.slot(&service) {
            _ if service.is_empty() => u32::MAX,
            slot if slot.round == 0 => u32::from(slot.colour),
            slot => u32::from(slot.colour) + 256,
        };
        assert_eq!(slot, expected, "{service}");
    }
    Some(picture)
}

#[tokio::test(flavor = "multi_thread")]
async fn any_skeleton_equals_a_plain_one() {
    for seed in 0..12 {
        let mut random = Random::new(seed);
        let mut sent: Vec<Sent> = Vec::new();
        let mut store = Store::new();
        assert_eq!(picture(&store).await, None);
        for stage in ["memtable", "segments", "both", "crashed", "flushed"] {
            match stage {
                "segments" | "flushed" => store.flush(),
                "crashed" => store = store.crash(),
                _ => {
                    for _ in 0..3 {
                        let first = sent.len();
                        let more = (first..).take(1 + random.below(8) as usize);
                        sent.extend(more.map(|at| Sent::random(at, &mut random)));
                        let other = Sent {
                            trace: [7; 16],
                            ..Sent::new(1, None, 0, 10)
                        };
                        store.append(batch(&[&sent[first..], &[other]].concat()));
                    }
                }
            }
            let found = picture(&store).await.unwrap();
            assert_eq!(found, oracle(&sent), "seed {seed}, {stage}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_without_any_time() {
    let store = Store::new();
    let timeless = |id, parent| Sent {
        events: vec![0, 5],
        ..Sent::new(id, parent, 0, 0).at(0, 0)
    };
    let sent = [timeless(1, None), timeless(2, Some(1))];
    store.append(batch(&sent));
    let found = picture(&store).await.unwrap();
    assert_eq!(found, oracle(&sent));
    assert_eq!(
        (found.start, found.duration, found.events),
        (0, 0, vec![(0, 0), (1, 0)])
    );
}

/// A chain as long as a trace may reasonably be, and as many children of one parent, with more events
/// than are shown.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_spans() {
    const COUNT: u64 = 100_000;
    for is_chain in [true, false] {
        let store = Store::new();
        let span = |id: u64| {
            let parent = id.checked_sub(1).filter(|&id| id > 0);
            let parent = if is_chain { parent } else { parent.map(|_| 1) };
            Sent {
                events: vec![START + id],
                ..Sent::new(id, parent, id, 1_000_000)
            }
        };
        let sent: Vec<Sent> = (1..=COUNT).map(span).collect();
        for spans in sent.chunks(10_000) {
            store.append(batch(spans));
        }
        for stage in ["memtable", "segments"] {
            if stage == "segments" {
                store.flush();
            }
            let found = picture(&store).await.unwrap();
            assert_eq!(found.spans.len(), 100_000, "{stage}");
            let last = found.spans.last().unwrap();
            let depth = if is_chain { 99_999 } else { 1 };
            assert_eq!((last.id, last.depth), (span_id(COUNT), depth), "{stage}");
            assert_eq!(found.spans[0].own, 1, "{stage}");
            assert!(
                found.events_are_cut && found.events.len() == 65_536,
                "{stage}"
            );
            let tenant = TenantId::default();
            let one = store.engine.span(&tenant, TRACE, span_id(77_777)).await;
            let one = one.unwrap();
            assert_eq!(one.records().unwrap()[0].span.start_time, START + 77_777);
        }
    }
}
