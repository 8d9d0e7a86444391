//! Sums of sums: what was counted elsewhere, of other rows, is added.

use std::cell::Cell;
use std::ops::Range;

use foldhash::HashSet;

use super::one::SERVICE_BYTES;
use super::room::Room;
use super::sums::{Sums, number_of};
use crate::QueryError;
use crate::count::Grid;

impl Sums {
    /// Adds what was counted elsewhere and is settled: of the part of this number, or of several parts.
    pub(super) fn merge(
        &mut self,
        other: &Sums,
        part: Option<u32>,
        room: &mut Room,
    ) -> Result<(), QueryError> {
        self.unpatterned += other.unpatterned;
        self.left_out += other.left_out;
        let mut numbers = Vec::with_capacity(other.patterns.len());
        let mut buckets = Buckets::new(self.grid, other.grid);
        for sums in &other.patterns {
            let number = match sums.is_kept {
                true => self.number_of_kept(&sums.text, room)?,
                false => self.number_of_split(&sums.text, room)?,
            };
            match self.patterns.get_mut(number as usize) {
                Some(own) if !(own.is_cut || sums.is_cut) => {
                    room.take(own.merge(sums, part, &mut buckets))?;
                }
                Some(own) => {
                    own.is_cut = true;
                    self.left_out += sums.count;
                }
                None => self.left_out += sums.count,
            }
            numbers.push(number);
        }
        if other.is_full {
            self.cut_all_but(&numbers);
        }
        let services = other.services.iter();
        let named = Cell::new(0);
        let services: Vec<u32> = services
            .map(|name| number_of(&mut self.services, &mut self.by_name, name, &named))
            .collect();
        room.take(named.get())?;
        for ((pattern, service), rows) in &other.by_service {
            let pattern = numbers.get(*pattern as usize).copied();
            let service = services.get(*service as usize).copied();
            if let Some((pattern, service)) = pattern.zip(service)
                && (pattern as usize) < self.patterns.len()
            {
                let known = self.by_service.len();
                *self.by_service.entry((pattern, service)).or_default() += rows;
                room.take((self.by_service.len() - known) * SERVICE_BYTES)?;
            }
        }
        Ok(())
    }

    /// Where others were refused some patterns, those that only this has are no longer whole.
    fn cut_all_but(&mut self, numbers: &[u32]) {
        self.is_full = true;
        let both: HashSet<u32> = numbers.iter().copied().collect();
        for (sums, number) in self.patterns.iter_mut().zip(0..) {
            sums.is_cut |= !both.contains(&number);
        }
    }
}

/// The buckets of one grid that those of another lie in, each as a whole.
pub(super) struct Buckets {
    grid: Grid,
    from: Grid,
    /// The bucket that was found last, and which of the other's lie in it.
    last: (u32, Range<u32>),
}

impl Buckets {
    fn new(grid: Grid, from: Grid) -> Self {
        let last = (0, 0..0);
        Buckets { grid, from, last }
    }

    pub(super) fn of(&mut self, bucket: u32) -> u32 {
        if !self.last.1.contains(&bucket) {
            let place = |time: i128, of: Grid| (time - of.start).div_euclid(of.width);
            // Where one begins before the other, its first bucket is cut.
            let number = |place: i128| u32::try_from(place.max(0)).unwrap_or(u32::MAX);
            let own = number(place(self.from.start_of(bucket as usize), self.grid));
            let start_of = |own: usize| number(place(self.grid.start_of(own), self.from));
            self.last = (own, start_of(own as usize)..start_of(own as usize + 1));
        }
        self.last.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_lie_in_buckets() {
        let minute = 60_000_000_000;
        let grid = Grid {
            start: 120 * minute,
            width: 10 * minute,
            buckets: 4,
        };
        let from = Grid {
            start: 133 * minute,
            width: minute,
            buckets: 20,
        };
        let mut buckets = Buckets::new(grid, from);
        let found: Vec<u32> = (0..20).map(|bucket| buckets.of(bucket)).collect();
        let wanted: Vec<u32> = (133..153).map(|minute| (minute - 120) / 10).collect();
        assert_eq!(found, wanted);
        let back: Vec<u32> = (0..20).rev().map(|bucket| buckets.of(bucket)).collect();
        assert!(back.iter().eq(wanted.iter().rev()));
        let mut same = Buckets::new(grid, grid);
        assert!((0..4).all(|bucket| same.of(bucket) == bucket));
    }
}
