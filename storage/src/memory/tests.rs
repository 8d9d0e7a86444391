#![allow(clippy::unwrap_used)]

use std::sync::atomic::AtomicBool;

use proptest::prelude::*;

use super::*;

/// What an account has, beside its bound and its guarantee.
fn used(budget: &MemoryBudget, purpose: Purpose) -> usize {
    of(budget, purpose).used_bytes
}

fn of(budget: &MemoryBudget, purpose: Purpose) -> PurposeStatus {
    let status = budget.status();
    status
        .purposes
        .into_iter()
        .find(|(found, _)| *found == purpose)
        .unwrap()
        .1
}

/// A cache that has some idle bytes.
#[derive(Debug)]
struct Idle {
    hold: Mutex<Hold>,
}

impl GivesWay for Idle {
    fn give_way(&self, bytes: usize) -> usize {
        let mut hold = self.hold.lock();
        // As pieces are: never just as large as what is asked for.
        let given = bytes.next_multiple_of(10).min(hold.bytes());
        hold.shrink(given);
        given
    }
}

fn idle(budget: &MemoryBudget, bytes: usize) -> Arc<Idle> {
    let mut hold = budget
        .account(Purpose::Cache, 0, usize::MAX)
        .unwrap()
        .hold();
    hold.grow(bytes).unwrap();
    let cache = Arc::new(Idle {
        hold: Mutex::new(hold),
    });
    budget.takes_back_from(Arc::downgrade(&cache) as _);
    cache
}

#[test]
fn what_is_guaranteed_is_there_when_all_else_is_taken() {
    let budget = MemoryBudget::new(100);
    let requests = budget.account(Purpose::Requests, 30, 50).unwrap();
    let queries = budget.account(Purpose::Queries, 0, usize::MAX).unwrap();
    let (mut request, mut query) = (requests.hold(), queries.hold());
    assert_eq!(query.grow(71), Err(NoRoom));
    query.grow(70).unwrap();
    request.grow(30).unwrap();
    assert_eq!(request.grow(1), Err(NoRoom));
    query.shrink(25);
    request.grow(20).unwrap();
    assert_eq!(request.grow(1), Err(NoRoom), "its own bound");
    assert_eq!(
        query.grow(6),
        Err(NoRoom),
        "requests are beyond what is theirs"
    );
    query.grow(5).unwrap();
    assert_eq!(budget.status().used_bytes(), 100);
    // What was lent is given back first.
    request.shrink(20);
    query.grow(20).unwrap();
    assert_eq!(
        of(&budget, Purpose::Queries),
        PurposeStatus {
            used_bytes: 70,
            guaranteed_bytes: 0,
            limit_bytes: 70,
            refused: 2
        }
    );
    assert_eq!(
        of(&budget, Purpose::Requests),
        PurposeStatus {
            used_bytes: 30,
            guaranteed_bytes: 30,
            limit_bytes: 50,
            refused: 2
        }
    );
}

#[test]
fn more_than_the_total_is_not_guaranteed() {
    let budget = MemoryBudget::new(100);
    let first = budget.account(Purpose::Memtables, 60, usize::MAX).unwrap();
    assert!(budget.account(Purpose::Memtables, 41, usize::MAX).is_err());
    let second = budget.account(Purpose::Memtables, 40, usize::MAX).unwrap();
    first.take(60).unwrap();
    assert_eq!(second.take(41), Err(NoRoom));
    second.take(40).unwrap();
    first.give(60);
    second.give(40);
    assert_eq!(of(&budget, Purpose::Memtables).guaranteed_bytes, 100);
    drop(first);
    assert_eq!(of(&budget, Purpose::Memtables).guaranteed_bytes, 40);
    second.take(100).unwrap();
    second.give(100);
}

#[test]
fn the_cache_gives_way_to_all_but_itself() {
    let budget = MemoryBudget::new(100);
    let cache = idle(&budget, 90);
    let queries = budget.account(Purpose::Queries, 0, usize::MAX).unwrap();
    let (mut one, mut other) = (queries.hold(), queries.hold());
    one.grow(10).unwrap();
    assert_eq!(used(&budget, Purpose::Cache), 90);
    one.grow(5).unwrap();
    assert_eq!(used(&budget, Purpose::Cache), 80);
    assert_eq!(cache.hold.lock().grow(20), Err(NoRoom));
    other.grow(85).unwrap();
    assert_eq!(
        (
            used(&budget, Purpose::Cache),
            used(&budget, Purpose::Queries)
        ),
        (0, 100)
    );
    assert_eq!(other.grow(1), Err(NoRoom));
    drop(one);
    cache.hold.lock().grow(15).unwrap();
}

#[test]
fn what_is_there_already_is_counted_and_keeps_others_out() {
    let budget = MemoryBudget::new(100);
    let cache = idle(&budget, 30);
    let memtables = budget.account(Purpose::Memtables, 20, usize::MAX).unwrap();
    let queries = budget.account(Purpose::Queries, 0, usize::MAX).unwrap();
    let mut rows = memtables.hold();
    rows.resize_anyway(90);
    assert_eq!((rows.bytes(), used(&budget, Purpose::Cache)), (90, 10));
    rows.resize_anyway(150);
    assert_eq!(budget.status().used_bytes(), 150);
    assert_eq!(
        (
            queries.take(1),
            memtables.take(1),
            used(&budget, Purpose::Cache)
        ),
        (Err(NoRoom), Err(NoRoom), 0)
    );
    rows.resize_anyway(99);
    queries.take(1).unwrap();
    queries.give(1);
    drop((rows, cache));
    assert_eq!(
        (
            budget.status().used_bytes(),
            budget.0.lent.load(Ordering::SeqCst)
        ),
        (0, 0)
    );
}

#[test]
fn holds_are_joined_and_sized() {
    let budget = MemoryBudget::new(100);
    let account = budget.account(Purpose::Queries, 10, 50).unwrap();
    let (mut one, mut other) = (account.hold(), account.hold());
    one.resize(20).unwrap();
    other.resize(30).unwrap();
    assert_eq!(other.resize(31), Err(NoRoom));
    assert_eq!((other.bytes(), account.used()), (30, 50));
    one.join(other);
    assert_eq!((one.bytes(), account.used()), (50, 50));
    one.resize(7).unwrap();
    one.shrink(1_000);
    assert_eq!((one.bytes(), account.used()), (0, 0));
    assert_eq!(account.take(usize::MAX), Err(NoRoom));
    account.take_anyway(60);
    assert_eq!(account.take(usize::MAX), Err(NoRoom), "no sum overflows");
    account.give(60);
}

/// One thing that somebody does.
#[derive(Debug, Clone, Copy)]
enum Act {
    Grow(usize),
    Shrink(usize),
    Drop,
}

fn acts() -> impl Strategy<Value = Vec<(usize, Act)>> {
    let act = prop_oneof![
        4 => (0..60_usize).prop_map(Act::Grow),
        3 => (0..60_usize).prop_map(Act::Shrink),
        1 => Just(Act::Drop),
    ];
    prop::collection::vec((0..6_usize, act), 1..200)
}

/// Requests and two memtables with a guarantee, queries without.
fn accounts(budget: &MemoryBudget) -> Vec<Account> {
    let account = |purpose, guaranteed, max| budget.account(purpose, guaranteed, max).unwrap();
    vec![
        account(Purpose::Requests, 30, 80),
        account(Purpose::Memtables, 25, usize::MAX),
        account(Purpose::Memtables, 25, usize::MAX),
        account(Purpose::Queries, 0, 90),
    ]
}

fn act(holds: &mut [Hold], at: usize, act: Act) -> Result<(), NoRoom> {
    let at = at % holds.len();
    let hold = &mut holds[at];
    match act {
        Act::Grow(bytes) => return hold.grow(bytes),
        Act::Shrink(bytes) => hold.shrink(bytes),
        Act::Drop => *hold = hold.account().hold(),
    }
    Ok(())
}

proptest! {
    /// Alone, so that what must be refused is known: an account may have what is guaranteed to it, and beyond that what nobody else has.
    #[test]
    fn it_refuses_what_does_not_fit_and_nothing_else(acts in acts()) {
        let budget = MemoryBudget::new(160);
        let accounts = accounts(&budget);
        let (guarantees, maxima) = ([30, 25, 25, 0], [80, usize::MAX, usize::MAX, 90]);
        let mut holds: Vec<Hold> = accounts.iter().map(Account::hold).collect();
        for (at, one) in acts {
            let before: Vec<usize> = holds.iter().map(Hold::bytes).collect();
            let acted = act(&mut holds, at, one);
            if let Act::Grow(bytes) = one {
                let at = at % holds.len();
                let mut after = before.clone();
                after[at] += bytes;
                let lent: usize = after.iter().zip(guarantees).map(|(bytes, own)| bytes.saturating_sub(own)).sum();
                let beyond = after[at].saturating_sub(guarantees[at]);
                let fits = after[at] <= maxima[at] && (lent <= 80 || beyond == 0);
                prop_assert_eq!(acted.is_ok(), fits, "{:?} {:?} {:?}", before, at, one);
                let expected = if fits { after } else { before };
                prop_assert_eq!(holds.iter().map(Hold::bytes).collect::<Vec<_>>(), expected);
            }
            let held: usize = holds.iter().map(Hold::bytes).sum();
            prop_assert_eq!(budget.status().used_bytes(), held);
            prop_assert!(held <= 160);
        }
        drop(holds);
        prop_assert_eq!((budget.status().used_bytes(), budget.0.lent.load(Ordering::SeqCst)), (0, 0));
    }

    /// From many threads: never over the total, nothing lost, and what is guaranteed is always there.
    #[test]
    fn threads_together_stay_within_it(each in prop::collection::vec(acts(), 4)) {
        let budget = MemoryBudget::new(160);
        let accounts = accounts(&budget);
        let cache = idle(&budget, 40);
        let (over, refused_its_own) = (AtomicBool::new(false), AtomicBool::new(false));
        std::thread::scope(|scope| {
            for acts in &each {
                let (accounts, budget, over) = (&accounts[1..], &budget, &over);
                scope.spawn(move || {
                    let mut holds: Vec<Hold> = accounts.iter().map(Account::hold).collect();
                    for (at, one) in acts {
                        let _may_be_refused = act(&mut holds, *at, *one);
                        let lent = budget.0.lent.load(Ordering::SeqCst);
                        over.fetch_or(lent > 80, Ordering::SeqCst);
                    }
                });
            }
            // One account's guarantee, for one thread alone.
            let (account, refused) = (&accounts[0], &refused_its_own);
            scope.spawn(move || {
                for _ in 0..200 {
                    let mut hold = account.hold();
                    refused.fetch_or(hold.grow(30).is_err(), Ordering::SeqCst);
                }
            });
        });
        prop_assert!(!over.into_inner(), "more was lent than there is");
        prop_assert!(!refused_its_own.into_inner(), "what is guaranteed was refused");
        drop(cache);
        prop_assert_eq!((budget.status().used_bytes(), budget.0.lent.load(Ordering::SeqCst)), (0, 0));
        for (account, own) in accounts.iter().zip([30, 25, 25, 0]) {
            account.take(own + 80 - usize::from(own == 30) * 30).unwrap();
            account.give(own + 80 - usize::from(own == 30) * 30);
        }
    }
}
