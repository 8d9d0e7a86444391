//! What a page shows of one trace.

use std::collections::HashMap;

use clearspan_schema::TraceId;
use clearspan_storage::TraceEntry;

use super::directories::{Directories, MergedTrace};
use super::{RootSpan, ServiceSpans, TraceSummary, root};
use crate::QueryError;
use crate::exec::ScanTally;

/// The trace's summary; `None` when no part has it.
pub(crate) fn summary(
    directories: &Directories,
    id: TraceId,
    tally: &mut ScanTally,
) -> Result<Option<TraceSummary>, QueryError> {
    let entries: Vec<(u32, TraceEntry<'_>)> = directories.entries(id).collect();
    let merged = entries
        .iter()
        .map(|(_, entry)| MergedTrace::of(entry))
        .reduce(MergedTrace::and);
    let Some(merged) = merged else {
        return Ok(None);
    };
    let root = match known_root(&entries) {
        KnownRoot::Is(root) => root,
        KnownRoot::NeedsSpans => root::find(directories, id, tally)?,
    };
    Ok(Some(TraceSummary {
        trace_id: id,
        root,
        start_ns: merged.start(),
        duration_ns: merged.duration(),
        span_count: merged.spans,
        error_count: merged.errors,
        services: services(&entries),
    }))
}

/// What the directories say of the root.
enum KnownRoot {
    Is(Option<RootSpan>),
    /// No span is without a parent, and the parent that one part lacks may lie in another.
    NeedsSpans,
}

fn known_root(entries: &[(u32, TraceEntry<'_>)]) -> KnownRoot {
    let roots = entries.iter().filter_map(|(_, entry)| entry.root());
    let parentless = roots
        .filter(|root| root.parentless)
        .min_by_key(|root| (root.placed_time, root.seq));
    match (parentless, entries) {
        (Some(root), _) => KnownRoot::Is(Some(root.into())),
        (None, [(_, only)]) => KnownRoot::Is(only.root().map(RootSpan::from)),
        (None, _) => KnownRoot::NeedsSpans,
    }
}

impl From<clearspan_storage::RootEntry<'_>> for RootSpan {
    fn from(root: clearspan_storage::RootEntry<'_>) -> Self {
        RootSpan {
            name: root.name.to_owned(),
            service: root.service.map(str::to_owned),
        }
    }
}

fn services(entries: &[(u32, TraceEntry<'_>)]) -> Vec<ServiceSpans> {
    let mut counts: HashMap<&str, u64> = HashMap::new();
    for (service, spans) in entries.iter().flat_map(|(_, entry)| entry.services()) {
        *counts.entry(service.unwrap_or("")).or_default() += u64::from(spans);
    }
    let mut services: Vec<ServiceSpans> = counts
        .into_iter()
        .map(|(name, spans)| ServiceSpans {
            name: name.to_owned(),
            spans,
        })
        .collect();
    services.sort_by(|a, b| b.spans.cmp(&a.spans).then_with(|| a.name.cmp(&b.name)));
    services
}
