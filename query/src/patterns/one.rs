//! What is counted of one pattern.

use clearspan_storage::scan::RowAddress;
use clearspan_storage::template::TemplateText;
use foldhash::HashMap;

use super::columns::{NO_SERVICE, Row};
use super::merge::Buckets;
use super::series::{BUCKET_BYTES, Series};
use crate::SEVERITY_NAMES;

/// Where a row stands in the order of logs, and where it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Newest {
    pub(super) time: i64,
    pub(super) seq: u64,
    pub(super) address: RowAddress,
}

/// What is counted of one pattern.
#[derive(Debug, Clone)]
pub(super) struct PatternSums {
    pub(super) text: TemplateText,
    pub(super) count: u64,
    pub(super) first_ns: i64,
    pub(super) newest: Newest,
    pub(super) severities: [u64; SEVERITY_NAMES.len()],
    pub(super) series: Series,
    /// The service of the last row, and rows of it that are not among those of [`super::sums::Sums`] yet: most patterns have one.
    service: u32,
    pending: u64,
    pub(super) is_kept: bool,
    /// Some of its rows are among those that were left out.
    pub(super) is_cut: bool,
}

/// Bytes of a pattern beside its text: its sums, and its places in tables that are half empty.
pub(super) const PATTERN_BYTES: usize =
    size_of::<PatternSums>() + 4 * size_of::<(usize, TemplateText, u32)>();

/// Bytes of a service of a pattern.
pub(super) const SERVICE_BYTES: usize = 2 * size_of::<((u32, u32), u64)>();

impl PatternSums {
    pub(super) fn new(text: TemplateText, is_kept: bool) -> Self {
        PatternSums {
            text,
            count: 0,
            first_ns: i64::MAX,
            newest: Newest {
                time: i64::MIN,
                seq: 0,
                address: RowAddress { part: 0, row: 0 },
            },
            severities: [0; SEVERITY_NAMES.len()],
            series: Series::default(),
            service: NO_SERVICE,
            pending: 0,
            is_kept,
            is_cut: false,
        }
    }

    /// Whether all rows that match are counted, and there are some.
    pub(super) fn is_whole(&self) -> bool {
        self.count > 0 && !self.is_cut
    }

    /// Counts a row. Returns how many bytes more are held.
    #[inline]
    pub(super) fn add(
        &mut self,
        row: Row,
        address: RowAddress,
        number: u32,
        by_service: &mut HashMap<(u32, u32), u64>,
    ) -> usize {
        let Row { time, seq, .. } = row;
        if self.count == 0 || (time, seq) > (self.newest.time, self.newest.seq) {
            self.newest = Newest { time, seq, address };
        }
        self.count += 1;
        self.first_ns = self.first_ns.min(time);
        self.severities[row.severity] += 1;
        let mut taken = 0;
        if self.service != row.service {
            taken = self.put_away(number, by_service);
            self.service = row.service;
        }
        self.pending += 1;
        match self.series.add(row.bucket, 1) {
            true => taken + BUCKET_BYTES,
            false => taken,
        }
    }

    pub(super) fn put_away(
        &mut self,
        number: u32,
        by_service: &mut HashMap<(u32, u32), u64>,
    ) -> usize {
        let rows = std::mem::take(&mut self.pending);
        if rows == 0 || self.service == NO_SERVICE {
            return 0;
        }
        let known = by_service.len();
        *by_service.entry((number, self.service)).or_default() += rows;
        (by_service.len() - known) * SERVICE_BYTES
    }

    /// Adds what was counted elsewhere, but for services. Returns how many bytes more are held.
    pub(super) fn merge(
        &mut self,
        other: &PatternSums,
        part: Option<u32>,
        buckets: &mut Buckets,
    ) -> usize {
        let mut newest = other.newest;
        newest.address.part = part.unwrap_or(newest.address.part);
        if self.count == 0 || (newest.time, newest.seq) > (self.newest.time, self.newest.seq) {
            self.newest = newest;
        }
        self.count += other.count;
        self.first_ns = self.first_ns.min(other.first_ns);
        for (own, rows) in self.severities.iter_mut().zip(other.severities) {
            *own += rows;
        }
        let added = other.series.iter().rev();
        let new = added.filter(|&(bucket, rows)| self.series.add(buckets.of(bucket), rows));
        new.count() * BUCKET_BYTES
    }
}
