//! The traces of a range that match, one after the other.
//!
//! 1. Scan for the spans that the query asks for; what every span satisfies, or directories decide, needs no scan.
//! 2. Walk the traces through the trace directories, and tell of those that match.
//! 3. Read the spans of those whose root no directory knows, and tell of the ones whose root is as asked.

use clearspan_storage::scan::{MissingSegment, TimeRange};

use super::by_root::{AskedRoot, RootVerdict};
use super::directories::{Directories, MergedTrace};
use super::matching::{Asked, Matching, onwards};
use super::torn::Torn;
use crate::engine::Session;
use crate::exec::{ScanTally, unread};
use crate::language::Query;
use crate::limits::STEPS_PER_YIELD;
use crate::{QueryError, hints};

/// What is asked of traces beside the query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Conditions {
    /// The shortest and the longest duration, both inclusive.
    pub(super) durations: (Option<i128>, Option<i128>),
    pub(super) root: AskedRoot,
}

/// Where traces are looked for, and which.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    pub(super) session: &'a Session,
    pub(super) asked: Asked,
    pub(super) conditions: Conditions,
    pub(super) directories: Directories,
}

impl<'a> Walk<'a> {
    pub(super) async fn new(
        session: &'a Session,
        asked: Asked,
        conditions: Conditions,
        tally: &mut ScanTally,
    ) -> Result<Self, QueryError> {
        let mut directories = Directories::open(&session.snapshot, &mut tally.faults).await?;
        directories.tell(&asked.told)?;
        directories.ask_root(&conditions.root);
        Ok(Walk {
            session,
            asked,
            conditions,
            directories,
        })
    }

    /// Tells `found` of each trace in `range` that matches, in no particular order.
    pub(super) async fn all(
        &self,
        range: TimeRange,
        tally: &mut ScanTally,
        found: &mut (impl FnMut(&MergedTrace) + Send),
    ) -> Result<(), QueryError> {
        let matching = Matching::find(self.session, &self.asked, range, tally).await?;
        let mut torn = Torn::new(self.session);
        let directories = &self.directories;
        let traces: Box<dyn Iterator<Item = MergedTrace> + Send> = match matching.candidates() {
            Some(ids) => Box::new(ids.into_iter().filter_map(|id| directories.merged(id))),
            None => Box::new(directories.merged_in(range)),
        };
        for (step, trace) in traces.enumerate() {
            let matches = range.contains(trace.placed_time)
                && self.conditions.has_duration(&trace)
                && matching.matches(&trace);
            match matches.then(|| self.has_root(&trace)) {
                Some(Some(true)) => found(&trace),
                Some(None) => torn.push(trace)?,
                Some(Some(false)) | None => {}
            }
            if step % STEPS_PER_YIELD == 0 {
                tokio::task::yield_now().await;
            }
        }
        let root = &self.conditions.root;
        let decided = torn.decide(self.session, directories, root, tally).await?;
        decided.iter().for_each(found);
        Ok(())
    }

    /// Segments that could not be read and may hold spans of traces in `range`: one behind it late ones.
    pub(super) fn unread(
        &self,
        range: TimeRange,
        faults: Vec<MissingSegment>,
    ) -> Vec<MissingSegment> {
        unread(&self.session.snapshot, onwards(range), faults)
    }

    /// What may help whoever asked, where `matched` says that there was nothing.
    pub(super) async fn hints(
        &self,
        query: &Query,
        range: TimeRange,
        matched: Option<u64>,
    ) -> Result<Vec<String>, QueryError> {
        let mut hints = hints::for_durations(self.conditions.durations);
        if matched == Some(0) {
            hints.extend(hints::of_roots(&self.directories, &self.conditions.root).await);
        }
        hints.extend(hints::of_nothing(self.session, query, range, matched).await?);
        Ok(hints)
    }

    /// Whether its root is as asked; `None` where only its spans tell.
    fn has_root(&self, trace: &MergedTrace) -> Option<bool> {
        let asked = &self.conditions.root;
        if asked.is_any() {
            return Some(true);
        }
        match trace.root {
            RootVerdict::Parentless { is_wanted, .. } | RootVerdict::Whole { is_wanted } => {
                Some(is_wanted)
            }
            // The root is one of its spans.
            RootVerdict::Torn => {
                let mut entries = self.directories.entries(trace.trace_id);
                let may_be = entries.any(|(_, entry)| {
                    let mut services = entry.services();
                    services.any(|(service, _)| asked.is_service(service))
                });
                (!may_be).then_some(false)
            }
        }
    }
}

impl Conditions {
    fn has_duration(&self, trace: &MergedTrace) -> bool {
        let (min, max) = self.durations;
        if min.is_none() && max.is_none() {
            return true;
        }
        let lies_between = |duration| {
            min.is_none_or(|min| duration >= min) && max.is_none_or(|max| duration <= max)
        };
        trace.duration().is_some_and(lies_between)
    }
}
