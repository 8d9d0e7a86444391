#![allow(clippy::unwrap_used, clippy::panic)]

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::*;
use crate::memtable::bytes_of;
use crate::testing::stored_logs;

/// Polls once, without a runtime.
fn poll_now<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

fn batch(seq: u64, rows: usize) -> RecordBatch {
    stored_logs(&vec![(1, "a line of some length"); rows], seq)
}

fn publish(feed: &Feed, seq: u64, rows: usize) -> u64 {
    feed.publish(&batch(seq, rows), seq, seq + rows as u64);
    seq + rows as u64
}

fn feed(bytes: usize) -> Arc<Feed> {
    Arc::new(Feed::new(100, MemoryBudget::new(bytes)))
}

fn next(subscription: &mut Subscription) -> Option<(u64, usize)> {
    match poll_now(subscription.next()) {
        Some(Some(Fed::Batch(batch))) => Some((batch.base_seq, batch.rows.num_rows())),
        Some(Some(lost)) => panic!("{lost:?}"),
        Some(None) => panic!("closed"),
        None => None,
    }
}

fn lost(subscription: &mut Subscription) -> (u64, u64, u64) {
    match poll_now(subscription.next()) {
        Some(Some(Fed::Lost {
            batches,
            rows,
            end_seq,
        })) => (batches, rows, end_seq),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_gets_everything_behind_its_start_once() {
    let feed = feed(usize::MAX >> 1);
    let end = publish(&feed, 100, 3);
    let mut first = feed.subscribe();
    assert_eq!((first.start_seq(), next(&mut first)), (103, None));
    let end = publish(&feed, end, 2);
    let mut second = feed.subscribe();
    assert_eq!(second.start_seq(), 105);
    publish(&feed, end, 4);
    assert_eq!(next(&mut first), Some((103, 2)));
    assert_eq!(next(&mut first), Some((105, 4)));
    assert_eq!(
        (next(&mut second), next(&mut second)),
        (Some((105, 4)), None)
    );
    assert_eq!(next(&mut first), None);
}

#[test]
fn who_is_too_slow_is_told_exactly_what_is_gone() {
    let bytes = bytes_of(&batch(0, 10));
    let feed = feed(bytes * 2);
    let (mut slow, mut quick) = (feed.subscribe(), feed.subscribe());
    let mut end = 100;
    for _ in 0..5 {
        let base = end;
        end = publish(&feed, end, 10);
        assert_eq!(next(&mut quick), Some((base, 10)));
    }
    assert_eq!(lost(&mut slow), (3, 30, 130));
    assert_eq!(next(&mut slow), Some((130, 10)));
    assert_eq!(feed.memory.status().used_bytes(), bytes * 2);
    // What alone is more than there is, is lost at once, with all that had to go for it.
    publish(&feed, end, 100);
    assert_eq!(lost(&mut slow), (2, 110, 250));
    assert_eq!(lost(&mut quick), (1, 100, 250));
    assert_eq!((next(&mut slow), next(&mut quick)), (None, None));
}

#[test]
fn nothing_is_kept_for_nobody() {
    let feed = feed(usize::MAX >> 1);
    let end = publish(&feed, 100, 10);
    assert_eq!(feed.memory.status().used_bytes(), 0);
    let mut reader = feed.subscribe();
    publish(&feed, end, 10);
    assert!(feed.memory.status().used_bytes() > 0);
    assert_eq!(next(&mut reader), Some((110, 10)));
    drop(reader);
    assert_eq!(feed.memory.status().used_bytes(), 0);
}

#[test]
fn a_closed_feed_gives_what_is_there_and_ends() {
    let feed = feed(usize::MAX >> 1);
    let mut reader = feed.subscribe();
    publish(&feed, 100, 1);
    feed.close();
    assert_eq!(next(&mut reader), Some((100, 1)));
    assert!(matches!(poll_now(reader.next()), Some(None)));
}

#[tokio::test]
async fn a_reader_that_waits_is_woken() {
    let feed = feed(usize::MAX >> 1);
    let mut reader = feed.subscribe();
    let waiting = tokio::spawn(async move { reader.next().await });
    tokio::task::yield_now().await;
    publish(&feed, 100, 7);
    let Some(Fed::Batch(batch)) = waiting.await.unwrap() else {
        panic!("nothing came");
    };
    assert_eq!(batch.rows.num_rows(), 7);
}
