//! The loop that deletes what is not kept any more.
//!
//! 1. Once a minute it asks the rule which segments are to go.
//! 2. A merge that reads one of them is given up first: what it would make is to go as well.
//! 3. One transaction takes them out of the catalog, then they leave memory in one step, as after a merge.
//! 4. From there on they are replaced segments like others: the loop of the compaction removes each folder when its last reader is done, and
//!    a start removes what a crash has left.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::Table;
use super::compaction_step::Compacting;
use crate::background::{Next, Now, Step};
use crate::catalog::{CatalogError, Change, ExpireCommit, SegmentId};
use crate::flush::folder_name;
use crate::limits::RETENTION_LOOK_MS;
use crate::names;
use crate::retention::{Expired, expired};

/// Deletes of one table.
#[derive(Debug)]
pub(crate) struct RetentionStep {
    table: Arc<Table>,
    /// What the catalog may or may not have been told: to be told again.
    untold: Option<Vec<Expired>>,
}

impl RetentionStep {
    pub(crate) fn new(table: Arc<Table>) -> Self {
        RetentionStep {
            table,
            untold: None,
        }
    }

    fn due(&mut self, now: Now) -> Vec<Expired> {
        if let Some(untold) = self.untold.take() {
            return untold;
        }
        let room = &self.table.room;
        let catalog = room.catalog.state();
        let retention = room.config.retention(self.table.signal);
        let by_age = retention.age_ns.is_some() && room.clock_watch.allows(&catalog, now);
        let key = self.table.key();
        let rows = catalog.segments_of(&key);
        expired(rows, retention, by_age, now.unix_ns)
    }
}

impl Step for RetentionStep {
    fn is_awaited(&self) -> bool {
        false
    }

    fn run(&mut self, now: Now) -> Next {
        let again = Next::After(Duration::from_millis(RETENTION_LOOK_MS));
        if self.table.is_broken() {
            return Next::OnWake;
        }
        let due = self.due(now);
        if due.is_empty() {
            return again;
        }
        if let Err(error) = self.table.expire(&due, now) {
            tracing::warn!(tenant = %self.table.tenant, signal = %self.table.signal, %error, "deleting what is not kept failed, will try again");
            self.untold = Some(due);
        }
        again
    }

    fn finish(&mut self, _: Now) {
        self.table.room.clock_watch.finish();
    }
}

impl Table {
    fn expire(&self, due: &[Expired], now: Now) -> Result<(), CatalogError> {
        let gone: HashSet<SegmentId> = due.iter().flat_map(|one| &one.segments).copied().collect();
        let compacting = &mut *self.compacting.lock();
        self.give_up_merges(compacting, &gone);
        let mut segments: Vec<SegmentId> = gone.iter().copied().collect();
        segments.sort_unstable();
        let key = self.key();
        self.room
            .catalog
            .commit(Change::Expire(ExpireCommit { key, segments }))?;
        let ids: Vec<SegmentId> = gone.iter().copied().collect();
        let replaced = self.replace(&ids, Vec::new());
        let open: HashSet<u64> = replaced.iter().map(|segment| segment.id()).collect();
        compacting.doomed.add(replaced);
        for one in due {
            let unread = one.segments.iter().filter(|id| !open.contains(&id.0));
            unread.for_each(|id| self.forget_missing(compacting, one, *id, now));
            one.segments
                .iter()
                .for_each(|id| self.set_aside.remove(id.0));
            self.metrics
                .expired_segments
                .inc_by(one.segments.len() as u64);
            self.metrics.expired_rows.inc_by(one.rows);
            tracing::info!(
                tenant = %self.tenant, signal = %self.signal, partition = folder_name(one.partition), segments = one.segments.len(),
                rows = one.rows, bytes = one.bytes, reason = one.reason.name(), "deleted what is not kept any more"
            );
        }
        self.compaction_waker.wake();
        Ok(())
    }

    /// A merge of what is to go is of no more use; neither is one that is about to be published.
    fn give_up_merges(&self, compacting: &mut Compacting, gone: &HashSet<SegmentId>) {
        let vfs = self.room.vfs.as_ref();
        let job = compacting
            .job
            .take_if(|job| job.inputs().iter().any(|id| gone.contains(id)));
        if let Some(job) = job {
            job.abandon(vfs);
        }
        // One whose answer was lost stays: it may have been made, and is then settled by its own loop.
        let publication = compacting.publication.take_if(|publication| {
            !publication.doubted && publication.removed.iter().any(|id| gone.contains(id))
        });
        if let Some(publication) = publication {
            publication.abandon(vfs);
        }
    }

    /// A segment that could not be opened has a folder all the same.
    fn forget_missing(&self, compacting: &mut Compacting, of: &Expired, id: SegmentId, now: Now) {
        let folder = names::segment_dir(&self.dir, &folder_name(of.partition), id.0);
        let shown = folder.strip_prefix(&self.room.config.data_dir);
        let shown = shown.unwrap_or(&folder).display().to_string();
        let mut state = self.state.write();
        let missing = state.missing.iter().filter(|missing| missing.path != shown);
        state.missing = missing.cloned().collect();
        drop(state);
        compacting.doomed.add_folder(folder, now.monotonic);
    }
}
