//! Rows in the memory budget: counted from their request to their segment, and never held up by questions.

use super::lab::Lab;
use super::*;
use crate::AppendError;
use crate::memory::{Account, Hold, MemoryBudget, Purpose};

const COMMON_BYTES: usize = 1 << 20;

fn lab() -> Lab {
    let mut config = Config::new("/data".into());
    config.flush_bytes = Config::MIN_FLUSH_BYTES;
    config.memory_bytes = config.memtables_bytes() + COMMON_BYTES;
    Lab::with(MemCatalog::new(), config)
}

fn held(memory: &MemoryBudget, purpose: Purpose) -> usize {
    let purposes = memory.status().purposes;
    purposes
        .iter()
        .find(|(found, _)| *found == purpose)
        .unwrap()
        .1
        .used_bytes
}

/// A log that takes about so many bytes.
fn log(time: u64, bytes: usize) -> Incoming {
    Incoming::Logs(log_batch(&[(time, &"x".repeat(bytes))]))
}

/// All that is for all, held by questions.
fn taken(memory: &MemoryBudget) -> (Account, Hold) {
    let account = memory.account(Purpose::Queries, 0, usize::MAX).unwrap();
    let mut hold = account.hold();
    for step in [1 << 16, 1 << 10, 1] {
        while hold.grow(step).is_ok() {}
    }
    (account, hold)
}

fn requests(memory: &MemoryBudget, max: usize) -> Account {
    memory.account(Purpose::Requests, 0, max).unwrap()
}

/// Appends with what a request has taken, which is less than its rows turn out to take.
fn append_of_request(lab: &Lab, records: Incoming, account: &Account) -> Result<(), AppendError> {
    let mut request = account.hold();
    request.grow(10).unwrap();
    let tenant = TenantId::default();
    let append = lab
        .house
        .storage
        .append_counted(&tenant, records, Some(request));
    lab.house.finish(append).map(|_| ())
}

#[test]
fn rows_are_counted_until_they_are_in_a_segment() {
    let lab = lab();
    let memory = lab.house.storage.memory().clone();
    let account = requests(&memory, usize::MAX);
    append_of_request(&lab, log(1, 5_000), &account).unwrap();
    append_of_request(&lab, log(2, 5_000), &account).unwrap();
    let status = lab.house.storage.status(&TenantId::default()).unwrap();
    let in_memtables: u64 = status
        .tables
        .iter()
        .map(|(_, table)| table.memtable_bytes)
        .sum();
    assert!(in_memtables > 10_000);
    assert_eq!(held(&memory, Purpose::Memtables) as u64, in_memtables);
    assert_eq!(account.used(), 0);
    lab.wait(301);
    assert_eq!(held(&memory, Purpose::Memtables), 0);
    assert_eq!(lab.house.segments(), 1);
}

#[test]
fn what_is_refused_gives_back_what_it_took() {
    let lab = lab();
    let memory = lab.house.storage.memory().clone();
    let account = requests(&memory, 20_000);
    let mut other = account.hold();
    other.grow(15_000).unwrap();
    for bytes in [10_000, 30_000] {
        let overloaded = append_of_request(&lab, log(1, bytes), &account);
        assert!(
            matches!(overloaded, Err(AppendError::Overloaded { .. })),
            "{overloaded:?}"
        );
    }
    drop(other);
    // Larger than all requests may be together: taken when there is no other.
    append_of_request(&lab, log(1, 30_000), &account).unwrap();
    let before = held(&memory, Purpose::Memtables);
    lab.house.storage.shutdown();
    let closed = append_of_request(&lab, log(2, 10_000), &account);
    assert_eq!(closed, Err(AppendError::ShuttingDown));
    assert!(before > 30_000);
    assert_eq!((account.used(), held(&memory, Purpose::Memtables)), (0, 0));
}

#[test]
fn rows_whose_sender_has_gone_are_counted_until_they_are_committed() {
    let lab = lab();
    let memory = lab.house.storage.memory().clone();
    let account = requests(&memory, usize::MAX);
    let tenant = TenantId::default();
    let mut append = Box::pin(lab.house.storage.append_counted(
        &tenant,
        log(1, 5_000),
        Some(account.hold()),
    ));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let queued = std::future::poll_fn(|context| {
            std::task::Poll::Ready(append.as_mut().poll(context).is_pending())
        });
        assert!(queued.await);
    });
    drop(append);
    assert!(account.used() >= 5_000);
    assert!(held(&memory, Purpose::Memtables) >= 5_000);
    lab.house.runner.run_until_idle(1_000);
    assert_eq!(account.used(), 0);
    assert_eq!(read_logs(&lab.house.snapshot(Signal::Logs)).len(), 1);
}

#[test]
fn questions_that_hold_everything_else_hold_up_no_append() {
    let lab = lab();
    let memory = lab.house.storage.memory().clone();
    let (queries, hold) = taken(&memory);
    for time in 0..40 {
        lab.house.append(log(time, 20_000));
        // What a flush has just read of its segments stands in the cache, idle, until somebody needs the room.
        let used = memory.status().used_bytes() - held(&memory, Purpose::Cache);
        assert!(used <= memory.status().total_bytes);
    }
    assert_eq!(read_logs(&lab.house.snapshot(Signal::Logs)).len(), 40);
    assert!(lab.house.segments() > 5);
    assert_eq!(queries.used(), hold.bytes());
    assert!(hold.bytes() > COMMON_BYTES / 2);
}

/// What is left of two memtables is too little for it, and nothing else is left: the flush comes before its time.
#[test]
fn a_large_batch_makes_its_room_itself() {
    let lab = lab();
    let memory = lab.house.storage.memory().clone();
    let _hold = taken(&memory);
    lab.house.append(log(1, 50_000));
    assert_eq!(lab.house.segments(), 0);
    lab.house.append(log(2, 100_000));
    // It fills a memtable by itself; with the first one in it there would be one segment.
    assert_eq!(lab.house.segments(), 2);
    assert_eq!(read_logs(&lab.house.snapshot(Signal::Logs)).len(), 2);
}

#[test]
fn what_cannot_be_guaranteed_does_not_open() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::new(folder.path().join("data"));
    config.memory_bytes = config.memtables_bytes() - 1;
    let opened = Storage::open(config, Environment::system());
    assert!(matches!(opened, Err(crate::OpenError::Config(_))));
}
