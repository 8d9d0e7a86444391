//! How many rows each minute has of each template, so that words are counted without reading rows.

use std::collections::BTreeMap;
use std::ops::RangeBounds;

use crate::codec::{Reader, Writer};

/// Nanoseconds of the minutes by which rows are counted.
pub const MINUTE_NS: i64 = 60_000_000_000;

/// The minute that a placed time lies in, counted from 1970.
pub fn minute_of(placed_ns: i64) -> i64 {
    placed_ns.div_euclid(MINUTE_NS)
}

/// Rows of logs by minute and template. Every row counts once: under its template, or as one without.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MinuteCounts {
    /// Template 0 are the rows without one; the others have their id plus one. By template within a minute.
    minutes: BTreeMap<i64, Vec<(u32, u32)>>,
}

impl MinuteCounts {
    /// The minutes in a range, with the rows of each template in them; `None` are rows without a template, which have to be read.
    pub fn range(
        &self,
        minutes: impl RangeBounds<i64>,
    ) -> impl Iterator<Item = (i64, Option<u32>, u32)> + '_ {
        self.minutes.range(minutes).flat_map(|(minute, counts)| {
            let counts = counts.iter();
            counts.map(move |(code, rows)| (*minute, code.checked_sub(1), *rows))
        })
    }

    /// Bytes held on the heap.
    pub(super) fn memory(&self) -> usize {
        let counts = self.minutes.values().map(Vec::capacity).sum::<usize>();
        // A tree that was filled in order has nodes that are half full.
        let nodes = self.minutes.len() * 2 * size_of::<(i64, Vec<(u32, u32)>)>();
        counts * size_of::<(u32, u32)>() + nodes
    }

    pub(super) fn encode(&self, out: &mut Writer) {
        out.varint(self.minutes.len() as u64);
        let mut before = 0i64;
        for (minute, counts) in &self.minutes {
            out.u64(minute.wrapping_sub(before) as u64);
            before = *minute;
            out.varint(counts.len() as u64);
            let mut last = 0;
            for (code, rows) in counts {
                out.varint(u64::from(code - last));
                out.varint(u64::from(*rows));
                last = *code;
            }
        }
    }

    /// `None` when it is malformed, or counts more than `templates`.
    pub(super) fn decode(reader: &mut Reader<'_>, templates: usize) -> Option<Self> {
        let mut minutes = BTreeMap::new();
        let mut minute = 0i64;
        for _ in 0..reader.count()? {
            minute = minute.wrapping_add(reader.u64()? as i64);
            let mut counts = Vec::new();
            let mut code = 0u32;
            for _ in 0..reader.count()? {
                code = code.checked_add(reader.varint_u32()?)?;
                if code as usize > templates {
                    return None;
                }
                counts.push((code, reader.varint_u32()?));
            }
            minutes.insert(minute, counts);
        }
        Some(MinuteCounts { minutes })
    }
}

/// Counts rows as they come.
#[derive(Debug)]
pub(super) struct MinuteCounter {
    /// Rows come by time, so one minute is counted at a time: by template, and which of them have rows.
    minute: i64,
    rows: Vec<u32>,
    counted: Vec<u32>,
    minutes: BTreeMap<i64, BTreeMap<u32, u32>>,
}

impl MinuteCounter {
    pub(super) fn new(templates: usize) -> Self {
        MinuteCounter {
            minute: 0,
            rows: vec![0; templates + 1],
            counted: Vec::new(),
            minutes: BTreeMap::new(),
        }
    }

    /// Counts a row with the template of this id.
    #[inline]
    pub(super) fn add(&mut self, placed_ns: i64, template: Option<u32>) {
        let minute = minute_of(placed_ns);
        if minute != self.minute {
            self.put_away();
            self.minute = minute;
        }
        let code = template.map_or(0, |id| id + 1);
        let rows = &mut self.rows[code as usize];
        if *rows == 0 {
            self.counted.push(code);
        }
        *rows += 1;
    }

    fn put_away(&mut self) {
        if self.counted.is_empty() {
            return;
        }
        let counts = self.minutes.entry(self.minute).or_default();
        for code in self.counted.drain(..) {
            let rows = std::mem::take(&mut self.rows[code as usize]);
            *counts.entry(code).or_default() += rows;
        }
    }

    pub(super) fn finish(mut self) -> MinuteCounts {
        self.put_away();
        let minutes = self.minutes.into_iter();
        MinuteCounts {
            minutes: minutes
                .map(|(minute, counts)| (minute, counts.into_iter().collect()))
                .collect(),
        }
    }
}
