//! The values of a pattern's variables.

use std::sync::Arc;

use arrow::buffer::BooleanBuffer;
use clearspan_storage::scan::{Part, RowTemplate, ScanStats, TemplateReader};
use clearspan_storage::template::PLACEHOLDER;
use foldhash::HashMap;

use super::room::Room;
use super::runs::{Wanted, each_run};
use super::{PatternId, Stopped, VARIABLE_SHOWN};
use crate::QueryError;
use crate::count::{Counted, CountedRows, Scanned, Top};
use crate::engine::Session;
use crate::exec::{Emit, ScanTally, SegmentScan, fault};
use crate::limits::{PATTERNS_BYTES_MAX, SLOT_VALUES_MAX, check_limit};

/// A question for the values of a pattern's variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotsRequest {
    /// The pattern.
    pub id: PatternId,
    /// Among which rows.
    pub rows: CountedRows,
    /// Values of each variable, from 1 to [`crate::limits::LIMIT_MAX`].
    pub limit: usize,
}

/// The values of a pattern's variables.
#[derive(Debug)]
pub struct SlotsAnswer {
    /// The template, with `<*>` for a variable; `None` where no row that matches has the pattern.
    pub template: Option<String>,
    /// The variables, in their order.
    pub slots: Vec<Slot>,
    /// What was counted; of the rows that match those with the pattern.
    pub counted: Counted,
}

/// One variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The values with the most rows, by their rows descending, then by value.
    pub values: Vec<SlotValue>,
    /// How many values there are; of those for which there was room, where `left_out` is not 0.
    pub distinct: u64,
    /// Rows with values beyond [`SLOT_VALUES_MAX`], or beyond what there was room for. The other values are counted in all rows.
    pub left_out: u64,
}

/// A value, and how many rows have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotValue {
    /// The value.
    pub value: String,
    /// The rows.
    pub count: u64,
}

impl SlotsAnswer {
    /// How many values of one variable are held at most.
    pub const VALUES_MAX: u64 = SLOT_VALUES_MAX as u64;
}

pub(crate) async fn slots(
    session: Session,
    request: SlotsRequest,
) -> Result<SlotsAnswer, QueryError> {
    check_limit(request.limit)?;
    let scanned = Scanned::new(&session, &request.rows)?;
    let snapshot = Arc::clone(&session.snapshot);
    let (query, range) = (scanned.query.clone(), scanned.range);
    let scan = SegmentScan::new(snapshot, query, range, Emit::Count)?;
    let mut values = Values {
        id: request.id,
        template: None,
        slots: Vec::new(),
        room: Room::new(&session.plans, "values of variables", PATTERNS_BYTES_MAX),
        rows: 0,
    };
    let mut tally = ScanTally::default();
    tally.stats.add(&scan.outside());
    for (_, part) in scan.parts() {
        let mut stats = ScanStats::default();
        let read = values.add(&scan, part, &mut stats).await;
        tally.stats.add(&stats);
        match read {
            Ok(()) => {}
            Err(Stopped::Question(error)) => return Err(error),
            Err(Stopped::Part(error)) => tally.faults.push(fault(part, &error)?),
        }
    }
    tally.matched = values.rows;
    let template = values.template;
    let mut slots = Vec::with_capacity(values.slots.len());
    for counts in values.slots {
        slots.push(counts.top(request.limit).await);
    }
    Ok(SlotsAnswer {
        template: template.map(|template| template.replace(PLACEHOLDER, VARIABLE_SHOWN)),
        slots,
        counted: Counted::over(&session, &scanned, range, tally).await?,
    })
}

/// What is counted.
struct Values {
    id: PatternId,
    template: Option<String>,
    slots: Vec<Counts>,
    room: Room,
    rows: u64,
}

/// The values of one variable.
#[derive(Debug, Default)]
struct Counts {
    values: HashMap<Box<str>, u64>,
    left_out: u64,
}

/// The rows of a run that have the pattern.
#[derive(Debug, Default)]
struct Found {
    /// By their place, where the part keeps the template.
    kept: Vec<usize>,
    /// Their variables and template, where it does not.
    split: Vec<String>,
    template: Option<String>,
}

impl Values {
    async fn add(
        &mut self,
        scan: &SegmentScan,
        part: &Part,
        stats: &mut ScanStats,
    ) -> Result<(), Stopped> {
        let mut reader = part.template_reader()?;
        let kept = reader.kept().iter();
        let is_wanted: Vec<bool> = kept.map(|text| PatternId::of(text) == self.id).collect();
        if reader.keeps_all() && !is_wanted.contains(&true) {
            return Ok(());
        }
        each_run(scan, part, stats, |first, mask| {
            self.add_run(&mut reader, &is_wanted, first, mask)?;
            Ok(Wanted::More)
        })
        .await
    }

    fn add_run(
        &mut self,
        reader: &mut TemplateReader,
        is_wanted: &[bool],
        first: u32,
        mask: &BooleanBuffer,
    ) -> Result<(), Stopped> {
        let mut found = Found::default();
        reader.each(first, mask, |place, template| match template {
            RowTemplate::Kept(id) if is_wanted[id as usize] => found.kept.push(place),
            RowTemplate::Split(split) if PatternId::of(split.template) == self.id => {
                found.split.push(split.variables.to_owned());
                found
                    .template
                    .get_or_insert_with(|| split.template.to_owned());
            }
            _ => {}
        })?;
        if !found.kept.is_empty() {
            let template = reader
                .kept()
                .iter()
                .zip(is_wanted)
                .find(|(_, wanted)| **wanted);
            found.template = template.map(|(text, _)| text.to_string());
        }
        let template = found.template;
        self.template = self.template.take().or(template);
        let mut variables = String::new();
        for place in found.kept {
            variables.clear();
            reader.push_variables(first + place as u32, &mut variables)?;
            self.add_row(&variables)?;
        }
        for variables in found.split {
            self.add_row(&variables)?;
        }
        Ok(())
    }

    fn add_row(&mut self, variables: &str) -> Result<(), QueryError> {
        self.rows += 1;
        if variables.is_empty() {
            return Ok(());
        }
        for (at, value) in variables.split(PLACEHOLDER).enumerate() {
            if self.slots.len() == at {
                self.slots.push(Counts::default());
            }
            if let Some(counts) = self.slots.get_mut(at) {
                counts.add(value, &mut self.room)?;
            }
        }
        Ok(())
    }
}

/// Bytes of a value beside its text: its place in a table that is half empty.
const VALUE_BYTES: usize = 2 * size_of::<(Box<str>, u64)>() + 16;

impl Counts {
    fn add(&mut self, value: &str, room: &mut Room) -> Result<(), QueryError> {
        if let Some(rows) = self.values.get_mut(value) {
            *rows += 1;
            return Ok(());
        }
        let has_room =
            self.values.len() < SLOT_VALUES_MAX && room.offers(value.len() + VALUE_BYTES)?;
        if has_room {
            self.values.insert(value.into(), 1);
        } else {
            self.left_out += 1;
        }
        Ok(())
    }

    async fn top(self, limit: usize) -> Slot {
        let distinct = self.values.len() as u64;
        let mut top = Top::new(limit);
        for (value, rows) in self.values {
            top.offer(rows, || String::from(value)).await;
        }
        let values = top.in_order();
        Slot {
            values: values
                .map(|(count, value)| SlotValue { value, count })
                .collect(),
            distinct,
            left_out: self.left_out,
        }
    }
}
