//! The loop that merges segments.
//!
//! It works in turns: a record batch, the end of one new segment, a transaction. Between two turns it rests as long as
//! the turn took, so that it never takes more than half of a core, and whoever waits for one gets it; and it can be
//! stopped there. Memory is changed under the lock of the table's state, in one step and from the list of segments as
//! it then is, because a flush may have added to it.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::Table;
use crate::background::{Next, Now, Step};
use crate::catalog::SegmentId;
use crate::compaction::{
    CompactionError, Doomed, Job, Merge, Outcome, Place, Publication, When, choose,
};
use crate::flush::remove_unpublished;
use crate::limits::{
    COMPACTION_RESTS, COMPACTION_RETRY_MS, COMPACTION_RETRY_MS_MAX, QUIET_FLUSH_INTERVALS,
    SET_ASIDE_MS,
};
use crate::scan::MissingSegment;
use crate::segment::Segment;

/// Compacts one table.
#[derive(Debug)]
pub(crate) struct CompactionStep(pub(crate) Arc<Table>);

/// How far the compaction of a table has come. One at a time: whoever works on it holds the lock.
#[derive(Debug, Default)]
pub(super) struct Compacting {
    pub(super) job: Option<Job>,
    pub(super) publication: Option<Publication>,
    pub(super) doomed: Doomed,
    /// Failures in a row.
    failures: u32,
    /// When, on the monotonic clock, the next try may come.
    retry_at: Duration,
}

/// What a turn has come to.
enum Turn {
    /// Something was done, and more may be to do.
    Worked,
    /// Nothing is to do before this time has passed, or until a flush.
    Idle(Option<Duration>),
}

/// Segments that wait to be merged.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pending {
    pub(super) segments: u64,
    pub(super) bytes: u64,
}

impl Step for CompactionStep {
    fn is_awaited(&self) -> bool {
        false
    }

    fn run(&mut self, now: Now) -> Next {
        let table = &self.0;
        if table.is_broken() {
            return Next::OnWake;
        }
        let compacting = &mut *table.compacting.lock();
        let next = table.compaction_turn(compacting, now);
        let look = table.sweep(compacting, now);
        sooner(next, look)
    }

    fn finish(&mut self, now: Now) {
        let compacting = &mut *self.0.compacting.lock();
        let vfs = self.0.room.vfs.as_ref();
        if let Some(job) = compacting.job.take() {
            job.abandon(vfs);
        }
        // Where the catalog's answer was lost, both sets stay on disk: the next start finds out what counts.
        let publication = compacting.publication.take();
        if let Some(unpublished) = publication.filter(|publication| !publication.doubted) {
            unpublished.abandon(vfs);
        }
        self.0.sweep(compacting, now);
    }
}

fn sooner(next: Next, look: Option<Duration>) -> Next {
    match (next, look) {
        (Next::OnWake, Some(look)) => Next::After(look),
        (Next::After(wait), Some(look)) => Next::After(wait.min(look)),
        (next, _) => next,
    }
}

impl Table {
    /// Merges all that is due at this moment. Waits for no rest, and not for the time after a failure.
    pub(crate) fn compact_due(&self, now: Now) -> Result<(), CompactionError> {
        let compacting = &mut *self.compacting.lock();
        while let Turn::Worked = self.work(compacting, now)? {}
        self.sweep(compacting, now);
        Ok(())
    }

    /// What a compaction would merge, now or when its hour is quiet. Late rows that wait for company do not count.
    pub(super) fn compaction_pending(&self, now: Now) -> Pending {
        let merges = self.merges(now);
        let waiting = merges
            .iter()
            .filter(|merge| !matches!(merge.when, When::Company(_)));
        waiting.fold(Pending::default(), |sum, merge| Pending {
            segments: sum.segments + merge.pending,
            bytes: sum.bytes + merge.pending_bytes,
        })
    }

    fn compaction_turn(&self, compacting: &mut Compacting, now: Now) -> Next {
        if let Some(wait) = compacting.retry_at.checked_sub(now.monotonic)
            && !wait.is_zero()
        {
            return Next::After(wait);
        }
        match self.work(compacting, now) {
            Ok(Turn::Worked) => {
                let worked = self
                    .room
                    .clock
                    .now()
                    .monotonic
                    .saturating_sub(now.monotonic);
                self.metrics.compaction_seconds.inc_by(worked.as_secs_f64());
                match worked.is_zero() {
                    true => Next::Again,
                    false => Next::After(worked * COMPACTION_RESTS),
                }
            }
            Ok(Turn::Idle(None)) => Next::OnWake,
            Ok(Turn::Idle(Some(wait))) => Next::After(wait),
            Err(error) => {
                let wait = compacting.failed(now);
                tracing::warn!(tenant = %self.tenant, signal = %self.signal, %error, retry_s = wait.as_secs(), "compaction failed, will try again");
                Next::After(wait)
            }
        }
    }

    /// One turn: settles a publication, goes on with what was begun, or begins what is due.
    fn work(&self, compacting: &mut Compacting, now: Now) -> Result<Turn, CompactionError> {
        if let Some(publication) = compacting.publication.take() {
            return self.publish_merged(compacting, publication);
        }
        if let Some(job) = compacting.job.take() {
            return self.advance(compacting, job, now);
        }
        let merges = self.merges(now);
        match merges.first() {
            Some(merge) if merge.when == When::Now => self.begin(compacting, merge.clone(), now),
            _ => {
                let due = merges.iter().filter_map(Merge::due_ns).min();
                let due = due.map(|due_ns| until(due_ns, now));
                let back = self.set_aside.next_return(now.monotonic);
                Ok(Turn::Idle(due.into_iter().chain(back).min()))
            }
        }
    }

    /// What the rule says of the segments that are live, open and readable.
    fn merges(&self, now: Now) -> Vec<Merge> {
        let segments = Arc::clone(&self.state.read().segments);
        let open: HashSet<u64> = segments.iter().map(|segment| segment.id()).collect();
        let readable = |id: u64| open.contains(&id) && !self.set_aside.holds(id, now.monotonic);
        let interval_ms = self.room.config.flush_interval_ms;
        let quiet = Duration::from_millis(interval_ms.saturating_mul(QUIET_FLUSH_INTERVALS));
        let quiet_ns = i64::try_from(quiet.as_nanos()).unwrap_or(i64::MAX);
        let catalog = self.room.catalog.state();
        let key = self.key();
        let rows = catalog.segments_of(&key).filter(|row| readable(row.id.0));
        choose(rows, quiet_ns, now.unix_ns)
    }

    fn begin(
        &self,
        compacting: &mut Compacting,
        merge: Merge,
        now: Now,
    ) -> Result<Turn, CompactionError> {
        let ids: HashSet<SegmentId> = merge.inputs.iter().copied().collect();
        let segments = Arc::clone(&self.state.read().segments);
        let catalog = self.room.catalog.state();
        let inputs = segments.iter().filter_map(|segment| {
            let id = SegmentId(segment.id());
            let row = catalog.segments.get(&id).filter(|_| ids.contains(&id))?;
            Some((row.clone(), Arc::clone(segment)))
        });
        let inputs = inputs.collect();
        let culprits = merge.inputs.clone();
        match self.guarded(|place| Job::begin(place, merge, inputs, now.unix_ns)) {
            Ok(job) => {
                compacting.job = Some(job);
                Ok(Turn::Worked)
            }
            Err(error) => self.give_up(None, &culprits, error, now),
        }
    }

    fn advance(
        &self,
        compacting: &mut Compacting,
        mut job: Job,
        now: Now,
    ) -> Result<Turn, CompactionError> {
        match self.guarded(|place| job.advance(place)) {
            Ok(false) => {
                compacting.job = Some(job);
                Ok(Turn::Worked)
            }
            Ok(true) => self.prepare(compacting, job),
            Err(error) => {
                let culprits = job.inputs().to_vec();
                self.give_up(Some(job), &culprits, error, now)
            }
        }
    }

    /// A panic while merging must not end the loop.
    fn guarded<T>(
        &self,
        work: impl FnOnce(&Place<'_>) -> Result<T, CompactionError>,
    ) -> Result<T, CompactionError> {
        let place = Place {
            vfs: &self.room.vfs,
            catalog: self.room.catalog.as_ref(),
            tenant: &self.tenant,
            signal: self.signal,
            signal_dir: &self.dir,
            formulas: &self.room.formulas,
        };
        catch_unwind(AssertUnwindSafe(|| work(&place))).unwrap_or(Err(CompactionError::Panicked))
    }

    /// Nothing is left of what was begun. A segment that cannot be read is set aside, and the others go on; a
    /// defect sets all inputs aside for a while, so that it does not keep other partitions from their turn.
    fn give_up(
        &self,
        job: Option<Job>,
        inputs: &[SegmentId],
        error: CompactionError,
        now: Now,
    ) -> Result<Turn, CompactionError> {
        self.metrics.compaction_failures.inc();
        if let Some(job) = job {
            job.abandon(self.room.vfs.as_ref());
        }
        let a_while = now.monotonic + Duration::from_millis(SET_ASIDE_MS);
        match error.culprit() {
            Some(segment) => {
                let until = (!error.is_damage()).then_some(a_while);
                self.set_aside.add(segment, until);
                tracing::error!(tenant = %self.tenant, signal = %self.signal, segment, %error, "a segment is left out of compaction");
                Ok(Turn::Worked)
            }
            None => {
                if error.is_defect() {
                    let aside = inputs.iter();
                    aside.for_each(|id| self.set_aside.add(id.0, Some(a_while)));
                }
                Err(error)
            }
        }
    }

    /// Opens the new segments before the catalog names them: what cannot be read is not published.
    fn prepare(&self, compacting: &mut Compacting, job: Job) -> Result<Turn, CompactionError> {
        let removed = job.inputs().to_vec();
        let added = job.into_written();
        let opened: Result<Vec<_>, MissingSegment> = added
            .iter()
            .map(|new| self.open_segment(&new.row))
            .collect();
        match opened {
            Ok(opened) => {
                compacting.publication = Some(Publication {
                    key: self.key(),
                    removed,
                    added,
                    opened,
                    doubted: false,
                });
                Ok(Turn::Worked)
            }
            Err(missing) => {
                remove_unpublished(self.room.vfs.as_ref(), &added);
                Err(CompactionError::Unreadable {
                    path: missing.path,
                    fault: missing.fault,
                })
            }
        }
    }

    fn publish_merged(
        &self,
        compacting: &mut Compacting,
        mut publication: Publication,
    ) -> Result<Turn, CompactionError> {
        match publication.commit(self.room.catalog.as_ref()) {
            Outcome::Published => {
                let replaced = self.replace(&publication.removed, publication.opened);
                let (from, into) = (replaced.len(), publication.added.len());
                tracing::info!(tenant = %self.tenant, signal = %self.signal, from, into, "merged segments");
                publication
                    .removed
                    .iter()
                    .for_each(|id| self.set_aside.remove(id.0));
                self.metrics.compactions.inc();
                let rows = publication.added.iter().map(|new| new.row.rows);
                self.metrics.compacted_rows.inc_by(rows.sum());
                compacting.doomed.add(replaced);
                compacting.failures = 0;
                compacting.retry_at = Duration::ZERO;
                Ok(Turn::Worked)
            }
            Outcome::InDoubt(error) => {
                compacting.publication = Some(publication);
                Err(error.into())
            }
            Outcome::Failed(error) => {
                publication.abandon(self.room.vfs.as_ref());
                Err(error.into())
            }
        }
    }

    /// In memory the new segments take the place of the old, in one step. Returns the old ones.
    pub(super) fn replace(
        &self,
        removed: &[SegmentId],
        added: Vec<Arc<Segment>>,
    ) -> Vec<Arc<Segment>> {
        let mut state = self.state.write();
        let removed: HashSet<u64> = removed.iter().map(|id| id.0).collect();
        let current = state.segments.iter().cloned();
        let (replaced, mut stay): (Vec<_>, Vec<_>) =
            current.partition(|segment| removed.contains(&segment.id()));
        stay.extend(added);
        state.segments = Arc::new(stay);
        replaced
    }

    /// Removes replaced segments that nobody holds any more; after how long to look again.
    fn sweep(&self, compacting: &mut Compacting, now: Now) -> Option<Duration> {
        let (vfs, cache) = (self.room.vfs.as_ref(), self.room.cache.as_ref());
        compacting.doomed.sweep(vfs, cache, now.monotonic);
        compacting.doomed.next_look(now.monotonic)
    }
}

impl Compacting {
    /// Notes a failure; how long to wait.
    fn failed(&mut self, now: Now) -> Duration {
        let doublings = self.failures.min(20);
        self.failures = self.failures.saturating_add(1);
        let wait_ms = (COMPACTION_RETRY_MS << doublings).min(COMPACTION_RETRY_MS_MAX);
        let wait = Duration::from_millis(wait_ms);
        self.retry_at = now.monotonic + wait;
        wait
    }
}

/// The wall clock may jump, so that no wait is long.
fn until(due_ns: i64, now: Now) -> Duration {
    let wait_ns = u64::try_from(due_ns.saturating_sub(now.unix_ns)).unwrap_or(0);
    Duration::from_nanos(wait_ns).min(Duration::from_millis(COMPACTION_RETRY_MS_MAX))
}
