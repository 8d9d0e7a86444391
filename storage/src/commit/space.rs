//! Refusing in good time before the disk is full.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::error::AppendError;
use super::limits::{CommitConfig, SPACE_CHECK_INTERVAL};
use crate::background::Now;
use crate::vfs::Vfs;

/// Looks at the disk once in a while, and remembers what it saw.
#[derive(Debug)]
pub(super) struct SpaceGate {
    vfs: Arc<dyn Vfs>,
    folder: PathBuf,
    percent_max: u64,
    retry_after: Duration,
    /// When to look again.
    next_look: Option<Duration>,
    refusal: Option<AppendError>,
}

impl SpaceGate {
    pub(super) fn new(vfs: Arc<dyn Vfs>, folder: PathBuf, config: &CommitConfig) -> Self {
        Self {
            vfs,
            folder,
            percent_max: config.disk_used_percent_max,
            retry_after: config.retry_after,
            next_look: None,
            refusal: None,
        }
    }

    /// Whether anything may be written now.
    pub(super) fn check(&mut self, now: Now) -> Result<(), AppendError> {
        if self.next_look.is_none_or(|next| now.monotonic >= next) {
            self.refusal = self.look();
            self.next_look = Some(now.monotonic + SPACE_CHECK_INTERVAL);
        }
        match &self.refusal {
            None => Ok(()),
            Some(refusal) => Err(refusal.clone()),
        }
    }

    /// A write has found the disk full: no need to try each group until the next look.
    pub(super) fn note_full(&mut self, refusal: &AppendError, now: Now) {
        self.refusal = Some(refusal.clone());
        self.next_look = Some(now.monotonic + SPACE_CHECK_INTERVAL);
    }

    fn look(&self) -> Option<AppendError> {
        // A file system that does not tell its size is not full for that.
        let space = self.vfs.space(&self.folder).ok()?;
        let used = space.total_bytes.saturating_sub(space.available_bytes);
        let percent = u128::from(used) * 100 / u128::from(space.total_bytes.max(1));
        (percent >= u128::from(self.percent_max)).then(|| AppendError::DiskFull {
            retry_after: self.retry_after,
            detail: format!("{percent}% in use, the limit is {}%", self.percent_max),
        })
    }
}
