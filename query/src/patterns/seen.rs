//! Which patterns were there before a moment, whatever was asked of the rows.
//!
//! 1. The templates that segments keep which end before the moment: they are in memory once a segment was asked for them, and settle all but
//!    what is rare or new.
//! 2. For what is left the rows are looked at: in these segments those without a kept template, unless the sums of all are remembered, elsewhere
//!    all that are placed before.

use std::collections::HashSet;
use std::sync::Arc;

use clearspan_schema::Signal;
use clearspan_storage::scan::{Part, PartError, RowTemplate, ScanStats, TimeRange};
use clearspan_storage::template::TemplateText;
use foldhash::{HashMap, HashMapExt};

use super::Stopped;
use super::reading::remembered;
use super::runs::{Wanted, each_run};
use crate::QueryError;
use crate::engine::Session;
use crate::exec::{Emit, ScanTally, SegmentScan, fault};
use crate::language::Query;

/// What is looked for.
struct Sought {
    /// Places among `seen`, by template.
    open: HashMap<TemplateText, usize>,
    seen: Vec<bool>,
    /// Kept texts that were looked up, by where they lie. They are held, so that no other can take the place.
    looked_up: HashMap<usize, TemplateText>,
}

/// For each of `templates` whether some row of the whole snapshot that is placed before `moment` has it. What was read, and could not be, is
/// added to `tally`.
pub(super) async fn seen_before(
    session: &Session,
    moment: i64,
    templates: &[TemplateText],
    tally: &mut ScanTally,
) -> Result<Vec<bool>, QueryError> {
    let mut sought = Sought {
        open: templates.iter().cloned().zip(0..).collect(),
        seen: vec![false; templates.len()],
        looked_up: HashMap::new(),
    };
    let before = TimeRange {
        from: None,
        to: Some(moment),
    };
    let snapshot = Arc::clone(&session.snapshot);
    let query = Query::all(Signal::Logs);
    let scan = SegmentScan::new(snapshot, query, before, Emit::Count)?;
    let mut damaged = HashSet::new();
    for (index, part) in scan.parts().filter(|(_, part)| scan.covers(part)) {
        if sought.open.is_empty() {
            break;
        }
        if let Err(error) = sought.look_at_kept(part) {
            damaged.insert(index);
            tally.faults.push(fault(part, &error)?);
        }
        tokio::task::yield_now().await;
    }
    for (index, part) in scan.parts() {
        if sought.open.is_empty() {
            break;
        }
        if damaged.contains(&index) {
            continue;
        }
        let mut stats = ScanStats::default();
        let looked = sought.look_at_rows(&scan, part, &mut stats).await;
        tally.stats.add(&stats);
        match looked {
            Ok(()) => {}
            Err(Stopped::Question(error)) => return Err(error),
            Err(Stopped::Part(error)) => tally.faults.push(fault(part, &error)?),
        }
    }
    Ok(sought.seen)
}

impl Sought {
    fn look_at_kept(&mut self, part: &Part) -> Result<(), PartError> {
        let reader = part.template_reader()?;
        for text in reader.in_use() {
            if !self.looked_up.contains_key(&text.place()) {
                self.found(text);
                self.looked_up.insert(text.place(), text.clone());
            }
        }
        Ok(())
    }

    fn found(&mut self, template: &str) {
        if let Some(place) = self.open.remove(template)
            && let Some(seen) = self.seen.get_mut(place)
        {
            *seen = true;
        }
    }

    async fn look_at_rows(
        &mut self,
        scan: &SegmentScan,
        part: &Part,
        stats: &mut ScanStats,
    ) -> Result<(), Stopped> {
        let mut reader = part.template_reader()?;
        let kept_is_known = scan.covers(part);
        if kept_is_known && reader.keeps_all() {
            return Ok(());
        }
        if let Some(sums) = remembered(part).filter(|_| kept_is_known) {
            let seen = self.open.keys().filter(|text| sums.has(text));
            let seen: Vec<TemplateText> = seen.cloned().collect();
            seen.iter().for_each(|text| self.found(text));
            return Ok(());
        }
        let kept = reader.kept().to_vec();
        each_run(scan, part, stats, |first, mask| {
            reader.each(first, mask, |_, template| match template {
                RowTemplate::Kept(id) if !kept_is_known => self.found(&kept[id as usize]),
                RowTemplate::Split(split) => self.found(split.template),
                RowTemplate::Kept(_) | RowTemplate::None => {}
            })?;
            Ok(match self.open.is_empty() {
                true => Wanted::Nothing,
                false => Wanted::More,
            })
        })
        .await
    }
}
