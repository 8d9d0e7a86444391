//! Handing each request over when it is due, whatever became of those before it: the open loop. On a thread of its own, since
//! timers of the network's threads are a millisecond coarse and wait while these work.

use std::thread;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::limits::OVERTIME_MAX;
use super::maker::Made;

/// A wait is looked at again after this time, for whoever wants the run to end.
const WAIT_MAX: Duration = Duration::from_millis(50);

/// The time of a run.
pub(super) trait Clock {
    /// Since the start of the run.
    fn now(&self) -> Duration;

    /// Waits until a moment. False when the run is to end instead.
    fn wait_until(&self, moment: Duration) -> bool;
}

/// How a run's requests were handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paced {
    /// All of them.
    All,
    /// Somebody ended the run.
    Stopped,
    /// The driver was too far behind.
    Overtime,
}

/// Hands over each request when it is due, or as soon as it is made when that is later. Requests that are late do not move those
/// after them: they are due when they are due.
pub(super) fn pace<E>(
    clock: &impl Clock,
    duration: Duration,
    requests: impl IntoIterator<Item = Result<Made, E>>,
    mut hand_over: impl FnMut(Made, Duration),
) -> Result<Paced, E> {
    for made in requests {
        let made = made?;
        if !clock.wait_until(made.due.at) {
            return Ok(Paced::Stopped);
        }
        let now = clock.now();
        if now > duration + OVERTIME_MAX {
            return Ok(Paced::Overtime);
        }
        let late = now.saturating_sub(made.due.at);
        hand_over(made, late);
    }
    Ok(Paced::All)
}

/// The real time.
pub(super) struct RealClock {
    pub(super) start: Instant,
    pub(super) stop: CancellationToken,
}

impl Clock for RealClock {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn wait_until(&self, moment: Duration) -> bool {
        let moment = self.start + moment;
        loop {
            if self.stop.is_cancelled() {
                return false;
            }
            let left = moment.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            thread::park_timeout(left.min(WAIT_MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use std::cell::Cell;
    use std::convert::Infallible;

    use bytes::Bytes;
    use clearspan_proto::otlp::{Encoding, WireSignal};

    use super::super::schedule::{Due, Schedule};
    use super::*;
    use crate::delivery::Export;

    /// A time that passes where the test says so.
    #[derive(Default)]
    struct Played {
        now: Cell<Duration>,
        stop_at: Option<Duration>,
    }

    impl Clock for Played {
        fn now(&self) -> Duration {
            self.now.get()
        }

        fn wait_until(&self, moment: Duration) -> bool {
            self.now.set(self.now.get().max(moment));
            self.stop_at.is_none_or(|stop_at| self.now.get() < stop_at)
        }
    }

    const DURATION: Duration = Duration::from_secs(1);

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn made(due: Due) -> Result<Made, Infallible> {
        Ok(Made {
            due,
            export: Export {
                signal: WireSignal::Logs,
                encoding: Encoding::Protobuf,
                records: due.records,
                body: Bytes::new(),
            },
            encoded_bytes: 0,
        })
    }

    /// Ten requests, one each 100 ms. `making` and `handing` are how long the driver takes for the numbered one.
    fn paced(
        clock: &Played,
        making: impl Fn(usize) -> Duration,
        handing: impl Fn(usize) -> Duration,
    ) -> (Paced, Vec<(u128, u128)>) {
        let pass = |time| clock.now.set(clock.now.get() + time);
        let schedule = Schedule::new(vec![10], 100.0, DURATION).enumerate();
        let requests = schedule.map(|(number, due)| {
            pass(making(number));
            made(due)
        });
        let mut seen = Vec::new();
        let ended = pace(clock, DURATION, requests, |made, late| {
            seen.push((made.due.at.as_millis(), late.as_millis()));
            pass(handing(seen.len() - 1));
        });
        (ended.unwrap(), seen)
    }

    #[test]
    fn each_request_is_handed_over_when_it_is_due() {
        let (ended, seen) = paced(&Played::default(), |_| ms(20), |_| ms(50));
        assert_eq!(ended, Paced::All);
        let expected: Vec<_> = (0..10)
            .map(|n| (n * 100, if n == 0 { 20 } else { 0 }))
            .collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_delay_moves_no_later_request() {
        // The fourth is made 250 ms late: it and the next two wait for that, and the one behind them is on time again.
        let making = |number| if number == 3 { ms(350) } else { ms(0) };
        let (ended, seen) = paced(&Played::default(), making, |_| ms(0));
        assert_eq!(ended, Paced::All);
        let late: Vec<_> = seen.iter().map(|(_, late)| *late).collect();
        assert_eq!(late, [0, 0, 0, 250, 150, 50, 0, 0, 0, 0]);
        assert!(
            seen.iter()
                .map(|(due, _)| *due)
                .eq((0..10).map(|n| n * 100))
        );
    }

    #[test]
    fn a_driver_that_is_too_slow_leaves_out_the_rest() {
        let (ended, seen) = paced(&Played::default(), |_| ms(1_500), |_| ms(0));
        assert_eq!(ended, Paced::Overtime);
        // 1.5, 3, 4.5 and 6 s are not after the end and its overtime, 7.5 s is.
        assert_eq!(seen.len(), 4);
    }

    #[test]
    fn a_run_can_be_ended() {
        let clock = Played {
            stop_at: Some(ms(450)),
            ..Played::default()
        };
        let (ended, seen) = paced(&clock, |_| ms(0), |_| ms(0));
        assert_eq!((ended, seen.len()), (Paced::Stopped, 5));
    }
}
