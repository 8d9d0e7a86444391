//! Durations of which percentiles are asked.
//!
//! They are kept as they are while they are few. Many become a sketch (DDSketch, Masson et al. 2019): how many lie in each of a series of
//! bins, which widen in proportion. Sketches of two sets add up to the sketch of both, so that percentiles follow from those of every minute.
//! The percentile of a sketch is the middle of the nearest rank's bin, at most [`ACCURACY`] from the value itself.
//!
//! The bins are those of `sketches-ddsketch`; the counts are kept here, sparse and all of them: the crate's own arrays take 16 KB for three durations
//! that lie far apart, and run together what does not fit in 2,048 bins, so that one span with a broken clock would spoil the percentiles of all.

use std::collections::BTreeMap;

use sketches_ddsketch::Config;

/// How far a percentile of a sketch lies from the exact one at most, in proportion to it.
const ACCURACY: f64 = 0.0075;

/// Of no effect, since counts are kept here.
const BINS_MAX: u32 = 0;
/// What is below counts as 0: durations are whole nanoseconds.
const VALUE_MIN: f64 = 1.0e-9;

fn config() -> Config {
    Config::new(ACCURACY, BINS_MAX, VALUE_MIN)
}

/// Durations in ascending order by the bins in which they lie: for each bin how far its number lies from that of the one before, and how many lie in
/// it. A bin of more than can be counted so stands several times. The number is 0 for durations of 0, else that of the sketch's bin, counted from 1, and negative for
/// negative durations.
pub(super) fn encode(durations: &[i64]) -> Vec<i16> {
    let config = config();
    let numbers = durations.iter().map(|&duration| number(&config, duration));
    let numbers: Vec<i16> = numbers.collect();
    let (mut encoded, mut before) = (Vec::new(), 0);
    for run in numbers.chunk_by(|a, b| a == b) {
        for counted in run.chunks(i16::MAX as usize) {
            let number = counted[0];
            encoded.extend([number - before, counted.len() as i16]);
            before = number;
        }
    }
    encoded
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
    bins: BTreeMap<i16, u64>,
}

impl Durations {
    pub(crate) fn push(&mut self, duration: i64) {
        if self.bins.is_empty() {
            self.exact.push(duration);
        } else {
            self.add(number(&config(), duration), 1);
        }
    }

    /// Those that are [encoded](encode) in `bins`.
    pub(super) fn add_bins(&mut self, bins: &[i16]) {
        let mut number = 0i16;
        for bin in bins.chunks_exact(2) {
            number = number.wrapping_add(bin[0]);
            self.add(number, u64::try_from(bin[1]).unwrap_or_default());
        }
        self.become_sketch();
    }

    /// Keeps bins alone, which are few however many durations there are.
    pub(crate) fn become_sketch(&mut self) {
        let config = config();
        for duration in std::mem::take(&mut self.exact) {
            self.add(number(&config, duration), 1);
        }
    }

    fn add(&mut self, number: i16, count: u64) {
        *self.bins.entry(number).or_default() += count;
    }

    /// How many they are.
    pub(crate) fn count(&self) -> usize {
        let binned: u64 = self.bins.values().sum();
        self.exact.len() + usize::try_from(binned).unwrap_or(usize::MAX)
    }

    /// The sum of those that are not negative; of a sketch within what its bins may be off.
    pub(crate) fn total(&self) -> i128 {
        let config = config();
        let exact = self
            .exact
            .iter()
            .map(|&duration| i128::from(duration.max(0)));
        let binned = self.bins.range(0..).map(|(&number, &count)| {
            let duration = middle(&config, number).round() as i64;
            i128::from(duration) * i128::from(count)
        });
        exact.sum::<i128>() + binned.sum::<i128>()
    }

    /// Bytes held, about.
    pub(crate) fn bytes(&self) -> usize {
        // A node of the tree is half full at worst.
        self.exact.capacity() * size_of::<i64>() + self.bins.len() * 2 * size_of::<(i16, u64)>()
    }

    /// Nearest rank: the value at position `ceil(count * percent / 100)`, from 1, in ascending order. `None` when there is none.
    pub(crate) fn percentile(&mut self, percent: usize) -> Option<i64> {
        let at = (self.count() * percent).div_ceil(100).checked_sub(1)?;
        if self.bins.is_empty() {
            return Some(*self.exact.select_nth_unstable(at).1);
        }
        let mut behind = 0;
        let bin = self.bins.iter().find(|(_, count)| {
            behind += **count;
            behind > at as u64
        });
        bin.map(|(&number, _)| middle(&config(), number).round() as i64)
    }
}
