//! What goes wrong, and when: a schedule that is a pure function of time and seed.
//!
//! Each kind of incident comes once in each of its periods, at a place in the period that differs from one to the next. Periods
//! and lengths are such that any 15 minutes hold every kind from its beginning to its end.

use std::ops::Range;

use super::random::mix;

/// A kind of incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Incident {
    /// The outside payment provider answers late or not at all.
    ProviderTimeouts,
    /// A migration holds locks in inventory's database.
    InventoryLocks,
    /// The catalog's cache is away, and its database takes the load.
    CacheOutage,
    /// A new version of pricing is tried on a part of the calls, and it is broken.
    BadRelease,
}

/// How often, and for how long.
struct Schedule {
    period_s: u64,
    /// How much later than at its period's beginning it may start.
    jitter_s: u64,
    length_s: u64,
}

const NS_PER_S: u64 = 1_000_000_000;

impl Incident {
    /// From any moment, the next beginning is at most period + jitter away; with the length that must fit into 15 minutes.
    const fn schedule(self) -> Schedule {
        let (period_s, jitter_s, length_s) = match self {
            Incident::ProviderTimeouts => (340, 40, 90),
            Incident::InventoryLocks => (420, 60, 110),
            Incident::CacheOutage => (600, 60, 50),
            Incident::BadRelease => (640, 60, 150),
        };
        Schedule {
            period_s,
            jitter_s,
            length_s,
        }
    }
}

/// The schedule of one seed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Incidents {
    seed: u64,
}

impl Incidents {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// Whether this kind is going on at a moment, in nanoseconds since 1970.
    pub(crate) fn active(self, incident: Incident, at_ns: u64) -> bool {
        let (start, end) = self.nearest(incident, at_ns);
        (start..end).contains(&at_ns)
    }

    /// The beginning and end of the one whose period holds this moment.
    pub(crate) fn nearest(self, incident: Incident, at_ns: u64) -> (u64, u64) {
        let schedule = incident.schedule();
        let period = schedule.period_s * NS_PER_S;
        let phase = mix(&[self.seed, incident as u64]) % period;
        let number = (at_ns + phase) / period;
        let jitter = mix(&[self.seed, incident as u64, number]) % (schedule.jitter_s * NS_PER_S);
        let start = (number * period + jitter).saturating_sub(phase);
        (start, start + schedule.length_s * NS_PER_S)
    }

    /// When this kind begins and when it ends, where that is within a short piece of time.
    pub(crate) fn edges(self, incident: Incident, within: &Range<u64>) -> Edges {
        // No incident reaches into another period, so the two ends of the piece see all there are.
        let nearest = [within.start, within.end].map(|at_ns| self.nearest(incident, at_ns));
        let first = |mut moments: [u64; 2]| {
            moments.sort_unstable();
            moments.into_iter().find(|moment| within.contains(moment))
        };
        Edges {
            begins_ns: first(nearest.map(|(start, _)| start)),
            ends_ns: first(nearest.map(|(_, end)| end)),
        }
    }
}

/// The turns of an incident within a piece of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edges {
    pub(crate) begins_ns: Option<u64>,
    pub(crate) ends_ns: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW_S: u64 = 15 * 60;

    const ALL: [Incident; 4] = [
        Incident::ProviderTimeouts,
        Incident::InventoryLocks,
        Incident::CacheOutage,
        Incident::BadRelease,
    ];

    #[test]
    fn any_fifteen_minutes_hold_each_kind_as_a_whole() {
        for seed in 0..20 {
            let incidents = Incidents::new(seed);
            for incident in ALL {
                for first_s in (1_700_000_000..1_700_003_600).step_by(13) {
                    let window = first_s * NS_PER_S..(first_s + WINDOW_S) * NS_PER_S;
                    let whole = (first_s..first_s + WINDOW_S).step_by(5).any(|second| {
                        let (start, end) = incidents.nearest(incident, second * NS_PER_S);
                        window.contains(&start) && window.contains(&end)
                    });
                    assert!(whole, "{incident:?} from {first_s} with seed {seed}");
                }
            }
        }
    }

    #[test]
    fn most_of_the_time_nothing_is_wrong_with_one_kind() {
        for incident in ALL {
            let Schedule {
                period_s,
                jitter_s,
                length_s,
            } = incident.schedule();
            assert!(jitter_s + length_s < period_s, "{incident:?} would be cut");
            assert!(length_s * 3 < period_s, "{incident:?}");
        }
    }

    #[test]
    fn it_is_active_between_its_beginning_and_its_end() {
        let incidents = Incidents::new(3);
        let at = 1_700_000_000 * NS_PER_S;
        let (start, end) = incidents.nearest(Incident::CacheOutage, at);
        assert_eq!(end - start, 50 * NS_PER_S);
        for (moment, expected) in [
            (start - 1, false),
            (start, true),
            (end - 1, true),
            (end, false),
        ] {
            assert_eq!(incidents.active(Incident::CacheOutage, moment), expected);
        }
        let edges = |within: Range<u64>| incidents.edges(Incident::CacheOutage, &within);
        let none = Edges {
            begins_ns: None,
            ends_ns: None,
        };
        assert_eq!(edges(start - 9..start), none);
        assert_eq!(edges(start + 1..end), none);
        assert_eq!(edges(start..start + 9).begins_ns, Some(start));
        assert_eq!(edges(end - 9..end + 1).ends_ns, Some(end));
    }
}
