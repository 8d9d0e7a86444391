//! What is counted of patterns.

use std::cell::Cell;
use std::sync::Arc;

use arrow::buffer::BooleanBuffer;
use clearspan_storage::scan::{RowAddress, RowTemplate, SelectedBatch, TemplateReader};
use clearspan_storage::template::TemplateText;
use foldhash::{HashMap, HashMapExt};

use super::Stopped;
use super::columns::{Columns, Known, Row};
use super::one::{PATTERN_BYTES, PatternSums};
use super::room::Room;
use crate::QueryError;
use crate::count::Grid;
use crate::limits::PATTERNS_MAX;

/// Patterns, and rows without one.
#[derive(Debug)]
pub(super) struct Sums {
    pub(super) grid: Grid,
    pub(super) patterns: Vec<PatternSums>,
    by_text: HashMap<TemplateText, u32>,
    /// By where a kept text lies; the texts are held, so that no other can take the place.
    by_place: HashMap<usize, (TemplateText, u32)>,
    pub(super) services: Vec<Arc<str>>,
    pub(super) by_name: HashMap<Arc<str>, u32>,
    pub(super) by_service: HashMap<(u32, u32), u64>,
    /// Patterns that no part keeps.
    split: usize,
    /// Whether a pattern was refused. From then on all new ones are, so that whatever is there was counted from its first row on.
    pub(super) is_full: bool,
    /// Whether the templates that parts keep have their places.
    pub(super) is_reserved: bool,
    /// Rows whose body has no pattern.
    pub(super) unpatterned: u64,
    /// Rows of patterns for which there was no room.
    pub(super) left_out: u64,
}

/// The number of a row without a pattern, and of one for whose pattern there is no room.
const UNPATTERNED: u32 = u32::MAX;
const LEFT_OUT: u32 = u32::MAX - 1;
/// What is not looked up yet.
const UNKNOWN: u32 = u32::MAX - 2;

/// Patterns that no part keeps, which may be as many as rows: half of the numbers are for the others.
const SPLIT_MAX: usize = PATTERNS_MAX / 2;

/// A part's rows on their way into sums.
#[derive(Debug)]
pub(super) struct PartRows {
    pub(super) part: u32,
    pub(super) reader: TemplateReader,
    texts: Vec<TemplateText>,
    /// The pattern of each kept template.
    kept: Vec<u32>,
    known: Known,
}

impl PartRows {
    pub(super) fn new(part: u32, reader: TemplateReader) -> Self {
        PartRows {
            part,
            kept: vec![UNKNOWN; reader.kept().len()],
            texts: reader.kept().to_vec(),
            reader,
            known: Known::default(),
        }
    }
}

impl Sums {
    pub(super) fn new(grid: Grid) -> Self {
        Sums {
            grid,
            patterns: Vec::new(),
            by_text: HashMap::new(),
            by_place: HashMap::new(),
            services: Vec::new(),
            by_name: HashMap::new(),
            by_service: HashMap::new(),
            split: 0,
            is_full: false,
            is_reserved: false,
            unpatterned: 0,
            left_out: 0,
        }
    }

    /// Counts the rows of `mask`, which has a bit for each of the batch.
    pub(super) fn add(
        &mut self,
        selected: &SelectedBatch,
        mask: &BooleanBuffer,
        rows: &mut PartRows,
        room: &mut Room,
    ) -> Result<(), Stopped> {
        let numbers = self.numbers(selected.first_row, mask, rows, room)?;
        let columns = Columns::new(&selected.batch)?;
        let Sums {
            grid,
            patterns,
            services,
            by_name,
            by_service,
            unpatterned,
            left_out,
            ..
        } = self;
        let part = rows.part;
        let taken = Cell::new(0);
        let name = |name: &str| Ok(number_of(services, by_name, name, &taken));
        let take = |row: Row, place: usize, number: u32| {
            let Some(sums) = patterns.get_mut(number as usize) else {
                match number {
                    UNPATTERNED => *unpatterned += 1,
                    _ => *left_out += 1,
                }
                return Ok(());
            };
            let row_of_part = selected.first_row + place as u32;
            let address = RowAddress {
                part,
                row: row_of_part,
            };
            taken.set(taken.get() + sums.add(row, address, number, by_service));
            Ok(())
        };
        let places = mask.set_indices().zip(numbers);
        columns.each(places, grid, &mut rows.known, name, take)?;
        Ok(room.take(taken.get())?)
    }

    /// The pattern of each row of `mask`.
    fn numbers(
        &mut self,
        first: u32,
        mask: &BooleanBuffer,
        rows: &mut PartRows,
        room: &mut Room,
    ) -> Result<Vec<u32>, Stopped> {
        let mut numbers = Vec::with_capacity(mask.count_set_bits());
        let PartRows {
            reader,
            kept,
            texts,
            ..
        } = rows;
        let mut refused = None;
        reader.each(first, mask, |_, template| {
            let number = match template {
                RowTemplate::None => Ok(UNPATTERNED),
                RowTemplate::Split(split) => self.number_of_split(split.template, room),
                RowTemplate::Kept(id) => match &mut kept[id as usize] {
                    number if *number == UNKNOWN => {
                        let found = self.number_of_kept(&texts[id as usize], room);
                        found.inspect(|found| *number = *found)
                    }
                    number => Ok(*number),
                },
            };
            match number {
                Ok(number) => numbers.push(number),
                Err(error) => refused = refused.take().or(Some(error)),
            }
        })?;
        match refused {
            Some(error) => Err(error.into()),
            None => Ok(numbers),
        }
    }

    pub(super) fn number_of_split(
        &mut self,
        template: &str,
        room: &mut Room,
    ) -> Result<u32, QueryError> {
        match self.by_text.get(template) {
            Some(number) => Ok(*number),
            None => self.enter(|| TemplateText::new(template), template.len(), false, room),
        }
    }

    pub(super) fn number_of_kept(
        &mut self,
        text: &TemplateText,
        room: &mut Room,
    ) -> Result<u32, QueryError> {
        if let Some((_, number)) = self.by_place.get(&text.place()) {
            return Ok(*number);
        }
        let number = match self.by_text.get(text) {
            Some(number) => *number,
            None => self.enter(|| text.clone(), text.len(), true, room)?,
        };
        if number != LEFT_OUT {
            self.by_place.insert(text.place(), (text.clone(), number));
        }
        Ok(number)
    }

    /// A new pattern, if there is room.
    fn enter(
        &mut self,
        text: impl FnOnce() -> TemplateText,
        bytes: usize,
        is_kept: bool,
        room: &mut Room,
    ) -> Result<u32, QueryError> {
        let has_number = match is_kept {
            true => self.patterns.len() < PATTERNS_MAX,
            false => self.split < SPLIT_MAX && self.patterns.len() < PATTERNS_MAX,
        };
        let has_place = has_number && !self.is_full;
        if !(has_place && room.offers(bytes + PATTERN_BYTES)?) {
            self.is_full = true;
            return Ok(LEFT_OUT);
        }
        self.split += usize::from(!is_kept);
        let (text, number) = (text(), self.patterns.len() as u32);
        self.by_text.insert(text.clone(), number);
        self.patterns.push(PatternSums::new(text, is_kept));
        Ok(number)
    }

    /// Whether so many rows more may bring patterns for which there is no room.
    pub(super) fn is_filling(&self, rows: usize, room: &Room) -> bool {
        !self.is_full && !self.is_reserved && (self.split + rows > SPLIT_MAX || room.is_filling())
    }

    /// Enters the templates of a part that were met nowhere yet: before any pattern is refused, those that come back have their place.
    pub(super) fn reserve(
        &mut self,
        reader: &TemplateReader,
        room: &mut Room,
    ) -> Result<(), QueryError> {
        for text in reader.in_use() {
            self.number_of_kept(text, room)?;
        }
        Ok(())
    }

    /// Puts away what is pending. Nothing may be read of services before.
    pub(super) fn settle(&mut self, room: &mut Room) -> Result<(), QueryError> {
        let mut taken = 0;
        for (sums, number) in self.patterns.iter_mut().zip(0..) {
            taken += sums.put_away(number, &mut self.by_service);
        }
        room.take(taken)
    }

    /// The rows of patterns that are not whole, with those for which there was no room.
    pub(super) fn rows_left_out(&self) -> u64 {
        let cut = self.patterns.iter().filter(|sums| sums.is_cut);
        self.left_out + cut.map(|sums| sums.count).sum::<u64>()
    }

    /// Whether it has the template, which then some row has where all rows of a part were counted.
    pub(super) fn has(&self, template: &str) -> bool {
        self.by_text.contains_key(template)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.patterns.is_empty() && self.unpatterned == 0 && self.left_out == 0
    }

    /// The services of some patterns, each with its rows.
    pub(super) fn services_of(&self, numbers: &[u32]) -> HashMap<u32, Vec<(Arc<str>, u64)>> {
        let mut found: HashMap<u32, Vec<(Arc<str>, u64)>> =
            numbers.iter().map(|number| (*number, Vec::new())).collect();
        for ((pattern, service), rows) in &self.by_service {
            if let Some(services) = found.get_mut(pattern)
                && let Some(name) = self.services.get(*service as usize)
            {
                services.push((Arc::clone(name), *rows));
            }
        }
        found
    }

    /// Bytes held on the heap, without texts that a store counts.
    pub(super) fn heap_bytes(&self) -> usize {
        let patterns = self
            .patterns
            .iter()
            .map(|sums| sums.series.heap_bytes() + sums.text.own_bytes());
        let names = self.services.iter().map(|name| name.len() + 32);
        patterns.sum::<usize>()
            + names.sum::<usize>()
            + self.patterns.capacity() * size_of::<PatternSums>()
            + self.by_text.capacity() * (size_of::<(TemplateText, u32)>() + 1)
            + self.by_place.capacity() * (size_of::<(usize, (TemplateText, u32))>() + 1)
            + self.by_name.capacity() * (size_of::<(Arc<str>, u32)>() + 1)
            + self.by_service.capacity() * (size_of::<((u32, u32), u64)>() + 1)
    }
}

/// Bytes of a service's name beside its text.
const NAME_BYTES: usize = 4 * size_of::<(Arc<str>, u32)>();

/// The number of a service. What a new one takes is added to `taken`.
pub(super) fn number_of(
    services: &mut Vec<Arc<str>>,
    by_name: &mut HashMap<Arc<str>, u32>,
    name: &str,
    taken: &Cell<usize>,
) -> u32 {
    if let Some(number) = by_name.get(name) {
        return *number;
    }
    taken.set(taken.get() + name.len() + NAME_BYTES);
    let (name, number): (Arc<str>, u32) = (name.into(), services.len() as u32);
    services.push(Arc::clone(&name));
    by_name.insert(name, number);
    number
}
