//! The doubt of a store: one for all tables, kept in the catalog, so that the hours of running are added up over restarts.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::doubt::{Doubt, look};
use crate::background::Now;
use crate::catalog::{Catalog, CatalogState, Change, ClockRow};
use crate::limits::CLOCK_KEEP_MS;

/// Looks at the clock for everybody who deletes by age.
#[derive(Debug)]
pub(crate) struct ClockWatch {
    catalog: Arc<dyn Catalog>,
    /// `None` until somebody has looked.
    seen: Mutex<Option<Seen>>,
}

/// What the process remembers of its last look.
#[derive(Debug)]
struct Seen {
    row: ClockRow,
    at: Duration,
    /// When, on the monotonic clock, the catalog was told last.
    kept_at: Duration,
}

impl ClockWatch {
    pub(crate) fn new(catalog: Arc<dyn Catalog>) -> Self {
        ClockWatch {
            catalog,
            seen: Mutex::new(None),
        }
    }

    /// Whether rows may be deleted by age. Tells the catalog what is new, and how far the wait has come every quarter of an hour: what a crash
    /// takes of it makes the wait longer.
    pub(crate) fn allows(&self, catalog: &CatalogState, now: Now) -> bool {
        let seen = &mut *self.seen.lock();
        // The first look counts from itself: nobody knows for how long the process has run.
        let (known, ran) = match &*seen {
            Some(seen) => (Some(&seen.row), now.monotonic.saturating_sub(seen.at)),
            None => (catalog.clock.as_ref(), Duration::ZERO),
        };
        let arrivals = catalog.segments.values();
        let arrivals = arrivals.map(|row| (row.min_arrival_ns, row.max_arrival_ns));
        let (row, doubt) = look(known, arrivals, now.unix_ns, ran);
        let was_waiting = known.is_some_and(|known| known.wait_ns > 0);
        let is_believed = row.wait_ns == 0;
        tell(&row, doubt, was_waiting);
        // What differs in more than the time that has passed.
        let is_new = catalog.clock.as_ref().is_none_or(|kept| {
            doubt.is_some()
                || kept.silence_ns != row.silence_ns
                || is_believed != (kept.wait_ns == 0)
        });
        let kept_at = seen.as_ref().map_or(now.monotonic, |seen| seen.kept_at);
        let since = now.monotonic.saturating_sub(kept_at);
        let is_due = is_new || since >= Duration::from_millis(CLOCK_KEEP_MS);
        let kept = is_due && self.keep(&row);
        *seen = Some(Seen {
            row,
            at: now.monotonic,
            kept_at: if kept { now.monotonic } else { kept_at },
        });
        is_believed
    }

    /// How long the process has to run until the clock is believed again; `None` when it is, or nobody looks.
    pub(crate) fn waits(&self) -> Option<Duration> {
        let seen = self.seen.lock();
        let wait_ns = seen.as_ref().map_or(0, |seen| seen.row.wait_ns);
        (wait_ns > 0).then(|| Duration::from_nanos(wait_ns))
    }

    /// The process stops: tells the catalog how far the wait has come, as of the last look.
    pub(crate) fn finish(&self) {
        if let Some(seen) = &*self.seen.lock() {
            self.keep(&seen.row);
        }
    }

    fn keep(&self, row: &ClockRow) -> bool {
        let kept = self.catalog.commit(Change::KeepClock(row.clone()));
        if let Err(error) = &kept {
            tracing::warn!(%error, "what is known of the clock could not be kept, will try again");
        }
        kept.is_ok()
    }
}

fn tell(row: &ClockRow, doubt: Option<Doubt>, was_waiting: bool) {
    if let Some(doubt) = doubt {
        let hours = Duration::from_nanos(row.wait_ns).as_secs() / 3_600;
        tracing::warn!(
            reason = doubt.reason(),
            hours,
            "the clock is doubted: nothing is deleted by age until the program has run for so many hours"
        );
    } else if was_waiting && row.wait_ns == 0 {
        tracing::info!("the clock is believed again: what is old is deleted");
    }
}
