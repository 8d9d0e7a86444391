//! A clock that cannot be believed deletes nothing by age, for a day of running.

use super::*;

const YEARS_NS: i64 = 10 * 365 * 24 * HOUR_NS;

impl Lab {
    fn now_ns(&self) -> i64 {
        self.house.clock.now().unix_ns
    }

    /// The clock is set by so much.
    fn set(&self, by_ns: i64) {
        self.house.clock.set_unix_ns(self.now_ns() + by_ns);
    }

    /// Hours of running in which a log arrives every twelve.
    fn go_on(&self, hours: usize) {
        for hour in 0..hours {
            if hour % 12 == 0 {
                self.log("on");
            }
            self.pass(60);
        }
    }

    fn has(&self, body: &str) -> bool {
        self.bodies().iter().any(|found| found == body)
    }

    /// Minutes until something is deleted by age.
    fn waits(&self) -> Option<u64> {
        let status = self.house.storage.status(&TenantId::default()).unwrap();
        status.age_waits.map(|wait| wait.as_secs() / 60)
    }
}

/// A store that keeps a week, with a log of that name and a clock that has just jumped years ahead.
fn jumped(old: &str) -> Lab {
    let lab = keeping(for_hours(24 * 7));
    lab.log(old);
    lab.pass(60);
    assert_eq!(lab.waits(), None);
    lab.set(YEARS_NS);
    lab.pass(1);
    assert_eq!(lab.waits(), Some(24 * 60));
    lab
}

#[test]
fn a_jump_waits_for_a_day_of_running_although_rows_arrive() {
    let lab = jumped("old");
    lab.go_on(23);
    assert!(lab.has("old"));
    assert_eq!(lab.waits(), Some(60));
    lab.go_on(1);
    assert_eq!(lab.waits(), None);
    assert!(!lab.has("old") && lab.has("on"));
}

#[test]
fn a_restart_goes_on_with_the_wait() {
    let mut lab = jumped("old");
    lab.go_on(10);
    for power in [None, Some(3)] {
        // Off for less than a day, which does not count.
        lab.set(20 * HOUR_NS);
        lab.crash(power);
        lab.go_on(1);
    }
    // A crash costs a quarter of an hour at most, and one look.
    let waits = lab.waits().unwrap();
    let counted = 24 * 60 - 12 * 60;
    assert!((counted..=counted + 2 * 16).contains(&waits), "{waits}");
    assert!(lab.has("old"));
    lab.pass(waits - 1);
    assert!(lab.has("old"));
    lab.pass(1);
    assert!(!lab.has("old"));
}

#[test]
fn a_stop_keeps_what_was_waited() {
    let mut lab = jumped("old");
    lab.pass(7);
    lab.house.storage.shutdown();
    lab.crash(None);
    lab.pass(1);
    // The first look of a process counts from itself, and the last one's is a minute old.
    assert_eq!(lab.waits(), Some(24 * 60 - 7));
}

#[test]
fn a_machine_that_was_off_for_a_day_waits_anew() {
    let mut lab = jumped("old");
    lab.go_on(20);
    lab.set(25 * HOUR_NS);
    lab.crash(None);
    lab.go_on(23);
    assert!(lab.has("old"));
    lab.go_on(2);
    assert!(!lab.has("old"));
}

#[test]
fn a_second_jump_waits_anew() {
    let lab = jumped("old");
    lab.go_on(20);
    lab.set(2 * 24 * HOUR_NS);
    lab.go_on(23);
    assert!(lab.has("old"));
    lab.go_on(2);
    assert!(!lab.has("old"));
}

#[test]
fn a_clock_that_is_set_right_again_has_deleted_nothing() {
    let mut lab = jumped("old");
    lab.log("from the future");
    lab.pass(10);
    lab.crash(None);
    lab.pass(23 * 60);
    assert!(lab.has("old"));
    lab.set(-YEARS_NS);
    for _ in 0..8 {
        lab.go_on(24);
    }
    assert!(lab.has("from the future") && lab.has("on"));
    assert!(!lab.has("old"), "a week is over");
}

#[test]
fn a_clock_that_is_right_deletes_every_hour() {
    let lab = keeping(for_hours(24));
    lab.go_on(24 * 5);
    assert_eq!(lab.waits(), None);
    assert_eq!(lab.bodies().len(), 2);
}

#[test]
fn who_begins_to_delete_goes_by_arrivals() {
    let mut lab = Lab::new();
    lab.log("old");
    lab.pass(60);
    lab.set(YEARS_NS);
    lab.go_on(5);
    assert_eq!(lab.state().clock, None, "nobody looks at it");
    lab.keep_logs(for_hours(24 * 7));
    lab.crash(None);
    lab.go_on(23);
    assert!(lab.has("old"));
    lab.go_on(2);
    assert!(!lab.has("old"));
}

#[test]
fn a_doubt_that_the_catalog_could_not_keep_is_doubted_all_the_same() {
    for fate in [Fate::Lost, Fate::MadeButFails] {
        let fails = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let asked = Arc::clone(&fails);
        let catalog =
            MemCatalog::with_fate(
                move || match asked.load(std::sync::atomic::Ordering::Relaxed) {
                    true => fate,
                    false => Fate::Made,
                },
            );
        let mut lab = keeping_in(catalog, for_hours(24 * 7));
        lab.log("old");
        lab.pass(60);
        lab.set(YEARS_NS);
        fails.store(true, std::sync::atomic::Ordering::Relaxed);
        lab.pass(60);
        assert!(lab.has("old"), "{fate:?}");
        fails.store(false, std::sync::atomic::Ordering::Relaxed);
        lab.crash(None);
        lab.pass(22 * 60);
        assert!(lab.has("old"), "{fate:?}");
        lab.pass(3 * 60);
        assert!(!lab.has("old"), "{fate:?}");
    }
}
