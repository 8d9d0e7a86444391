//! Durations of which percentiles are asked.
//!
//! They are kept as they are while they are few. Many become a sketch (DDSketch, Masson et al. 2019): how many lie in each of a series of
//! bins, which widen in proportion. Sketches of two sets add up to the sketch of both, so that percentiles follow from those of every minute.
//! The percentile of a sketch is the middle of the nearest rank's bin, at most [`ACCURACY`] from the value itself.
//!
//! The bins are those of `sketches-ddsketch`; the counts are kept here, sparse and all of them: the crate's own arrays take 16 KB for three durations
//! that lie far apart, and run together what does not fit in 2,048 bins, so that one span with a broken clock would spoil the percentiles of all.

use sketches_ddsketch::Config;

use super::bins::Bins;

/// How far a percentile of a sketch lies from the exact one at most, in proportion to it.
const ACCURACY: f64 = 0.0075;

/// Of no effect, since counts are kept here.
const BINS_MAX: u32 = 0;
/// What is below counts as 0: durations are whole nanoseconds.
const VALUE_MIN: f64 = 1.0e-9;

fn config() -> Config {
    Config::new(ACCURACY, BINS_MAX, VALUE_MIN)
}

/// The bins in which durations in ascending order lie: the number of each, and how many lie in it. The number is 0 for durations of 0, else that of
/// the sketch's bin, counted from 1, and negative for negative durations.
pub(super) fn binned(durations: &[i64]) -> impl Iterator<Item = (i16, u64)> {
    let config = config();
    let numbers = durations
        .iter()
        .map(move |&duration| number(&config, duration));
    let mut numbers = numbers.peekable();
    std::iter::from_fn(move || {
        let number = numbers.next()?;
        let mut count = 1;
        while numbers.next_if_eq(&number).is_some() {
            count += 1;
        }
        Some((number, count))
    })
}

/// What lies in the middle of a bin, and so in no other.
fn middle(config: &Config, number: i16) -> f64 {
    match i32::from(number) {
        0 => 0.0,
        number => config.value(number.abs() - 1).copysign(number.into()),
    }
}

/// Of a duration of a nanosecond or more the sketch's bin is 0 or more, and under 3,000.
fn number(config: &Config, duration: i64) -> i16 {
    let bin = || config.key((duration as f64).abs()) as i16 + 1;
    match duration.signum() {
        0 => 0,
        1 => bin(),
        _ => -bin(),
    }
}

/// Durations, in nanoseconds.
#[derive(Debug, Default)]
pub(crate) struct Durations {
    /// All of them, unless there are bins.
    exact: Vec<i64>,
    /// How many lie in each bin, by its number; ascending numbers are ascending durations.
    bins: Bins,
}

impl Durations {
    pub(crate) fn push(&mut self, duration: i64) {
        if self.bins.is_empty() {
            self.exact.push(duration);
        } else {
            self.bins.add(number(&config(), duration), 1);
        }
    }

    /// Those that are added to the bins.
    pub(super) fn push_binned<T>(&mut self, add: impl FnOnce(&mut Bins) -> T) -> T {
        self.become_sketch();
        add(&mut self.bins)
    }

    /// Keeps bins alone, which are few however many durations there are.
    pub(crate) fn become_sketch(&mut self) {
        if self.exact.is_empty() {
            return;
        }
        let config = config();
        for duration in std::mem::take(&mut self.exact) {
            self.bins.add(number(&config, duration), 1);
        }
    }

    /// Takes some away that are among them.
    pub(crate) fn take_away(&mut self, mut others: Vec<i64>) {
        if !self.bins.is_empty() {
            let config = config();
            let numbers = others.into_iter().map(|other| number(&config, other));
            numbers.for_each(|number| self.bins.take_away(number));
            return;
        }
        others.sort_unstable();
        let mut others = others.into_iter().peekable();
        self.exact.sort_unstable();
        self.exact.retain(|duration| {
            while others.next_if(|other| other < duration).is_some() {}
            others.next_if_eq(duration).is_none()
        });
    }

    /// How many they are.
    pub(crate) fn count(&self) -> usize {
        self.exact.len() + usize::try_from(self.bins.total()).unwrap_or(usize::MAX)
    }

    /// The sum of those that are not negative; of a sketch within what its bins may be off.
    pub(crate) fn total(&self) -> i128 {
        let config = config();
        let exact = self
            .exact
            .iter()
            .map(|&duration| i128::from(duration.max(0)));
        let binned = self.bins.iter().filter(|(number, _)| *number >= 0);
        let binned = binned.map(|(number, count)| {
            let duration = middle(&config, number).round() as i64;
            i128::from(duration) * i128::from(count)
        });
        exact.sum::<i128>() + binned.sum::<i128>()
    }

    /// Bytes held, about.
    pub(crate) fn bytes(&self) -> usize {
        self.exact.capacity() * size_of::<i64>() + self.bins.bytes()
    }

    /// Nearest rank: the value at position `ceil(count * percent / 100)`, from 1, in ascending order. `None` when there is none.
    pub(crate) fn percentile(&mut self, percent: usize) -> Option<i64> {
        let at = (self.count() * percent).div_ceil(100).checked_sub(1)?;
        if self.bins.is_empty() {
            return Some(*self.exact.select_nth_unstable(at).1);
        }
        let mut behind = 0;
        let bin = self.bins.iter().find(|(_, count)| {
            behind += count;
            behind > at as u64
        });
        bin.map(|(number, _)| middle(&config(), number).round() as i64)
    }
}
