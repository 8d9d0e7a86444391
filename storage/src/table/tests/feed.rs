//! What a subscriber of a real store is given.

use super::*;
use crate::{Fed, Subscription};

/// What is there already, as (first sequence number, rows).
fn given(house: &House, subscription: &mut Subscription) -> Vec<(u64, usize)> {
    let mut given = Vec::new();
    loop {
        let next = house.finish(async {
            tokio::select! {
                biased;
                fed = subscription.next() => fed,
                () = std::future::ready(()) => None,
            }
        });
        match next {
            Some(Fed::Batch(batch)) => given.push((batch.base_seq, batch.rows.num_rows())),
            Some(lost) => panic!("{lost:?}"),
            None => return given,
        }
    }
}

fn subscribe(house: &House, signal: Signal) -> Subscription {
    let tenant = TenantId::default();
    house.storage.subscribe(&tenant, signal).unwrap()
}

#[test]
fn what_is_committed_is_given_when_it_can_be_searched() {
    let dir = tempfile::tempdir().unwrap();
    let house = open(dir.path());
    house.append(Incoming::Logs(log_batch(&[(1_000, "before")])));
    let mut logs = subscribe(&house, Signal::Logs);
    let start = logs.start_seq();
    assert_eq!(given(&house, &mut logs), []);
    house.append(Incoming::Logs(log_batch(&[(2_000, "a"), (3_000, "b")])));
    house.append(Incoming::Logs(log_batch(&[(4_000, "c")])));
    assert_eq!(given(&house, &mut logs), [(start, 2), (start + 2, 1)]);
    let stored = read_logs(&house.snapshot(Signal::Logs));
    assert_eq!(stored.range(start..).count(), 3);
    house.storage.shutdown();
    assert!(house.finish(logs.next()).is_none());
}

#[test]
fn replayed_rows_are_not_new_and_repeats_never_are() {
    let dir = tempfile::tempdir().unwrap();
    let house = open(dir.path());
    let span = Span::new(1, 2, None, 1_000);
    let other = Span { id: 3, ..span };
    let mut spans = subscribe(&house, Signal::Spans);
    let start = spans.start_seq();
    house.append(Incoming::Spans(span_batch(&[span, span, other])));
    house.append(Incoming::Spans(span_batch(&[span])));
    assert_eq!(given(&house, &mut spans), [(start, 2), (start + 3, 0)]);
    drop(house);

    let house = open(dir.path());
    let mut spans = subscribe(&house, Signal::Spans);
    assert_eq!(spans.start_seq(), start + 4);
    assert_eq!(given(&house, &mut spans), []);
    house.append(Incoming::Spans(span_batch(&[Span { id: 4, ..span }])));
    assert_eq!(given(&house, &mut spans), [(start + 4, 1)]);
    house.stop();
}
