//! A clock with its ways of being wrong, in hours.

use super::*;

const HOUR: i64 = 3_600_000_000_000;
const YEARS: i64 = 87_600;

/// A machine that looks at its clock, which shows hours since 1970.
#[derive(Default)]
struct Machine {
    known: Option<ClockRow>,
    shows: i64,
    arrivals: Vec<(i64, i64)>,
}

impl Machine {
    /// One whose clock shows this when it is looked at for the first time.
    fn at(shows: i64, arrivals: &[(i64, i64)]) -> Self {
        let arrivals = arrivals.to_vec();
        Machine {
            shows,
            arrivals,
            ..Machine::default()
        }
    }

    fn look(&mut self, ran_hours: u64) -> Option<Doubt> {
        let arrivals = self.arrivals.iter();
        let arrivals = arrivals.map(|(first, last)| (first * HOUR, last * HOUR));
        let ran = Duration::from_secs(ran_hours * 3_600);
        let (row, doubt) = look(self.known.as_ref(), arrivals, self.shows * HOUR, ran);
        self.known = Some(row);
        doubt
    }

    /// Runs so many hours, a look in each; says whether it doubts at the end.
    fn run(&mut self, hours: i64) -> bool {
        for _ in 0..hours {
            self.shows += 1;
            self.look(1);
        }
        self.known.as_ref().is_some_and(|known| known.wait_ns > 0)
    }

    /// The same with rows arriving all the time.
    fn run_busily(&mut self, hours: i64) -> bool {
        let mut doubts = false;
        for _ in 0..hours {
            self.arrivals.push((self.shows, self.shows + 1));
            doubts = self.run(1);
        }
        doubts
    }

    fn jump(&mut self, hours: i64) -> Option<Doubt> {
        self.shows += hours;
        self.look(0)
    }
}

#[test]
fn a_clock_that_goes_on_as_time_does_is_believed() {
    assert_eq!(Machine::at(7, &[]).look(0), None);
    let mut machine = Machine::at(34, &[(0, 10), (8, 33), (8, 12)]);
    assert_eq!(machine.look(0), None);
    for _ in 0..100 {
        assert!(!machine.run_busily(1));
    }
    // An hour is no jump, in either direction; neither is a night off.
    for hours in [1, -1, 24, -24] {
        assert_eq!(machine.jump(hours), None);
        assert!(!machine.run_busily(1));
    }
}

#[test]
fn a_silence_is_doubted_once_for_a_day_of_running() {
    let mut machine = Machine::at(10, &[(0, 10)]);
    assert!(!machine.run(24));
    assert!(machine.run(1));
    assert!(machine.run(23));
    assert!(!machine.run(1));
    assert!(!machine.run(1_000), "it goes on");
    machine.arrivals.push((machine.shows, machine.shows));
    assert!(!machine.run(24));
    assert!(machine.run(1), "another one");
    assert!(!machine.run(24));
}

#[test]
fn rows_that_come_once_in_a_day_and_an_hour_let_something_be_deleted() {
    let mut machine = Machine::at(0, &[(0, 0)]);
    let mut believed = 0;
    for _ in 0..10 {
        for _ in 0..25 {
            believed += u64::from(!machine.run(1));
        }
        machine.arrivals.push((machine.shows, machine.shows));
    }
    // The first day, and then the hour between each doubt and the next.
    assert_eq!(believed, 24 + 9);
}

#[test]
fn a_jump_waits_for_a_day_of_running_although_rows_go_on() {
    let mut machine = Machine::at(10, &[(0, 10)]);
    machine.look(0);
    assert_eq!(machine.jump(YEARS), Some(Doubt::Jump));
    assert!(machine.run_busily(23));
    assert!(!machine.run_busily(1));
    assert!(!machine.run_busily(100));
}

#[test]
fn a_second_jump_is_a_doubt_of_its_own() {
    let mut machine = Machine::at(10, &[(0, 10)]);
    machine.look(0);
    machine.jump(YEARS);
    assert!(machine.run_busily(20));
    assert_eq!(machine.jump(25), Some(Doubt::Jump));
    assert!(machine.run_busily(23));
    assert!(!machine.run_busily(1));
    assert_eq!(
        machine.jump(YEARS),
        Some(Doubt::Jump),
        "believed, and again"
    );
    assert!(machine.run_busily(23));
}

#[test]
fn what_is_off_for_more_than_a_day_waits_anew_and_else_goes_on() {
    let mut machine = Machine::at(10, &[(0, 10)]);
    machine.look(0);
    machine.jump(YEARS);
    assert!(machine.run_busily(20));
    assert_eq!(machine.jump(24), None, "off for a day");
    assert!(machine.run_busily(3));
    assert_eq!(machine.jump(25), Some(Doubt::Jump), "off for longer");
    assert!(machine.run_busily(23));
    assert!(!machine.run_busily(1));
}

#[test]
fn a_jump_in_a_silence_is_seen() {
    let mut machine = Machine::at(10, &[(0, 10)]);
    assert!(!machine.run(24 + 1 + 24));
    assert_eq!(machine.jump(YEARS), Some(Doubt::Jump));
    assert!(machine.run(23));
    assert!(!machine.run(1));
}

#[test]
fn a_clock_that_is_set_back_ends_no_doubt_and_begins_none() {
    let mut machine = Machine::at(10, &[(0, 10)]);
    machine.look(0);
    machine.jump(YEARS);
    assert!(machine.run_busily(10));
    assert_eq!(machine.jump(-YEARS), None);
    assert!(machine.run_busily(13));
    assert!(!machine.run_busily(1));
    // What arrived in the future says nothing of silences of today.
    assert!(!machine.run(24));
    assert!(machine.run(1));
    assert!(!machine.run(24));
    assert_eq!(machine.jump(YEARS), Some(Doubt::Jump), "forward again");
}

#[test]
fn a_silence_of_the_future_is_none_of_today() {
    let mut machine = Machine::at(YEARS, &[(YEARS, YEARS)]);
    assert!(machine.run(25), "silent");
    machine.jump(-YEARS);
    assert!(!machine.run_busily(24));
    assert!(machine.run(25));
}

#[test]
fn the_first_look_of_all_goes_by_arrivals() {
    let late = [(0, 60), (0, 20), (18, 40), (39, 62)];
    assert_eq!(Machine::at(63, &late).look(0), None);
    assert_eq!(Machine::at(87, &late).look(0), Some(Doubt::Silence));
    let jumped = [
        vec![(0, 10), (YEARS, YEARS + 2)],
        // Rows of one memtable, or of one merge, from before and after.
        vec![(0, 10), (9, YEARS), (YEARS, YEARS + 1)],
    ];
    for arrivals in jumped {
        for hours in [2, 23] {
            let mut machine = Machine::at(YEARS + hours, &arrivals);
            assert_eq!(machine.look(0), Some(Doubt::Gap), "{arrivals:?}");
            assert!(machine.run_busily(23));
            assert!(!machine.run_busily(1));
        }
        let mut on = arrivals;
        on.extend([(YEARS, YEARS + 12), (YEARS + 11, YEARS + 25)]);
        assert_eq!(Machine::at(YEARS + 25, &on).look(0), None, "{on:?}");
    }
    let set_back = [(0, 10), (YEARS, YEARS + 1), (11, 20)];
    assert_eq!(Machine::at(21, &set_back).look(0), None);
}

#[test]
fn no_time_is_too_large() {
    for shows in [i64::MIN, 0, i64::MAX] {
        for seen_ns in [i64::MIN, 0, i64::MAX] {
            for silence_ns in [None, Some(i64::MIN), Some(i64::MAX)] {
                let known = ClockRow {
                    seen_ns,
                    silence_ns,
                    wait_ns: u64::MAX,
                };
                let arrivals = [(i64::MIN, i64::MAX)].into_iter();
                let (row, doubt) = look(Some(&known), arrivals, shows, Duration::MAX);
                assert_eq!((row.wait_ns, doubt), (0, None));
            }
        }
    }
}
