//! Replaced and expired segments that wait for their last reader.
//!
//! The catalog does not name them any more, and no new snapshot has them; an older one may. Each is held here, and its
//! folder is removed when this is the only hold left: by the loop of the compaction, never by a reader. What waits when
//! the process ends goes at the next start.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::limits::{COMPACTION_RETRY_MS_MAX, DOOMED_LOOK_MS};
use crate::segment::{Segment, SegmentCache};
use crate::vfs::Vfs;

/// Replaced segments, at most those that running readers hold.
#[derive(Debug, Default)]
pub(crate) struct Doomed {
    held: Vec<Arc<Segment>>,
    /// Folders that could not be removed, and when that is tried again.
    stuck: Vec<(PathBuf, Duration)>,
}

impl Doomed {
    pub(crate) fn add(&mut self, segments: Vec<Arc<Segment>>) {
        self.held.extend(segments);
    }

    /// Adds a folder that nobody reads.
    pub(crate) fn add_folder(&mut self, path: PathBuf, now: Duration) {
        self.stuck.push((path, now));
    }

    /// Removes what nobody holds any more, at the time `now` of the monotonic clock.
    pub(crate) fn sweep(&mut self, vfs: &dyn Vfs, cache: &SegmentCache, now: Duration) {
        for segment in std::mem::take(&mut self.held) {
            // Whoever unwraps it is alone: nobody can take another hold on it.
            match Arc::try_unwrap(segment) {
                Err(held) => self.held.push(held),
                Ok(segment) => {
                    cache.forget(segment.id());
                    self.stuck.push((segment.dir().to_path_buf(), now));
                }
            }
        }
        for (path, at) in std::mem::take(&mut self.stuck) {
            if now < at {
                self.stuck.push((path, at));
                continue;
            }
            match vfs.remove_dir_all(&path) {
                Ok(()) => {
                    tracing::debug!(path = %path.display(), "removed a segment that was replaced or expired")
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => {
                    tracing::warn!(path = %path.display(), %error, "cannot remove a segment that was replaced or expired, will try again");
                    let later = now + Duration::from_millis(COMPACTION_RETRY_MS_MAX);
                    self.stuck.push((path, later));
                }
            }
        }
    }

    /// After how long to sweep again; `None` when nothing waits.
    pub(crate) fn next_look(&self, now: Duration) -> Option<Duration> {
        let held = (!self.held.is_empty()).then(|| Duration::from_millis(DOOMED_LOOK_MS));
        let stuck = self.stuck.iter().map(|(_, at)| at.saturating_sub(now));
        held.into_iter().chain(stuck).min()
    }
}
