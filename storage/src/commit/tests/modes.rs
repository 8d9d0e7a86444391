//! The modes of syncing, and the queue between async tasks and a real thread.

use super::*;
use crate::background::{SystemClock, ThreadRunner};

#[test]
fn in_interval_mode_the_sync_follows_in_time() {
    let interval = Duration::from_millis(200);
    let world = World::new(CommitConfig::default(), FsyncMode::Interval(interval));
    world.append(1, 1);
    world.run();
    assert_eq!(world.runner.next_due(), Some(interval));
    let unsynced = |seed| {
        let answer = world.append(2, 1);
        world.run();
        assert_eq!(answer.wait().unwrap().rows, 1);
        world.clock.advance(interval);
        world.clock.set_unix_ns(5);
        world.run();
        world.disk.power_loss(seed);
    };
    unsynced(9);
    assert_eq!(world.durable(), [1, 2]);
}

#[test]
fn in_mode_never_nothing_is_synced_but_all_is_written() {
    let world = World::new(CommitConfig::default(), FsyncMode::Never);
    world.append(1, 1);
    world.run();
    world
        .disk
        .inject(Fault::always(Operation::SyncFile, FaultKind::Io));
    let answer = world.append(2, 1);
    world.run();
    assert_eq!(answer.wait(), committed(1, 1));
    world.disk.clear_faults();
    world.disk.kill();
    assert_eq!(world.durable(), [1, 2]);
}

#[tokio::test]
async fn many_tasks_on_a_real_thread() {
    let world = always();
    world.runner.kill();
    let queue = CommitQueue::new(CommitConfig::default());
    let wal = WalWriter::new(world.place.clone(), schema(), 0, WalConfig::default()).unwrap();
    let committer = Committer::new(
        queue.clone(),
        wal,
        &world.place,
        Arc::new(SystemClock::new()),
        Box::new(join),
        Box::new(|_| {}),
    );
    let runner = ThreadRunner::new(Arc::new(SystemClock::new()));
    runner
        .start("commit", queue.waker(), Box::new(committer))
        .unwrap();
    let tasks: Vec<_> = (0..100)
        .map(|id| {
            let queue = queue.clone();
            tokio::spawn(async move {
                (
                    queue.submit(batch([id * 1_000])).await.unwrap().base_seq,
                    id,
                )
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    runner.stop();
    answers.sort_unstable();
    let stored: Vec<u64> = answers.iter().map(|(_, id)| id * 1_000).collect();
    assert_eq!(world.durable(), stored);
    assert!(answers.iter().map(|(seq, _)| *seq).eq(0..100));
}
