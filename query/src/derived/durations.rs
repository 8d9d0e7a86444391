//! Durations of which percentiles are asked.
//!
//! They are kept as they are while they are few. Many become a sketch (DDSketch, Masson et al. 2019): how many lie in each of a series of
//! bins, which widen in proportion. In derived rows a sketch is the list of its bins. Sketches of two sets add up to the sketch of both, so that percentiles follow from those of every minute.
//! The percentile of a sketch is the nearest rank's bin, less than [`ACCURACY`] from the value itself.

use sketches_ddsketch::{Config, DDSketch};

/// How far a percentile of a sketch lies from the exact one at most, in proportion to it. With 2,048 bins, what the
/// implementation reads back, these reach from a nanosecond to six hours; of sets that spread wider the lowest bins run together.
const ACCURACY: f64 = 0.0075;
const BINS_MAX: u32 = 2048;
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
#[derive(Default)]
pub(crate) struct Durations {
    /// All of them, unless there is a sketch.
    exact: Vec<i64>,
    sketch: Option<DDSketch>,
}

impl std::fmt::Debug for Durations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Durations")
            .field("exact", &self.exact.len())
            .field("is_sketch", &self.sketch.is_some())
            .finish()
    }
}

impl Durations {
    pub(crate) fn push(&mut self, duration: i64) {
        match &mut self.sketch {
            Some(sketch) => sketch.add(duration as f64),
            None => self.exact.push(duration),
        }
    }

    /// Those that are [encoded](encode) in `bins`.
    pub(super) fn add_bins(&mut self, bins: &[i16]) {
        let config = config();
        let sketch = self.sketched();
        let mut number = 0i16;
        for bin in bins.chunks_exact(2) {
            number = number.wrapping_add(bin[0]);
            let count = u64::try_from(bin[1]).unwrap_or_default();
            sketch.add_with_count(middle(&config, number), count);
        }
    }

    /// Makes them a sketch, which takes some kilobytes however many they are.
    pub(crate) fn become_sketch(&mut self) {
        self.sketched();
    }

    fn sketched(&mut self) -> &mut DDSketch {
        let sketch = self.sketch.get_or_insert_with(|| DDSketch::new(config()));
        for duration in std::mem::take(&mut self.exact) {
            sketch.add(duration as f64);
        }
        sketch
    }

    /// How many they are.
    pub(crate) fn count(&self) -> usize {
        let sketched = self.sketch.as_ref().map_or(0, DDSketch::count);
        self.exact.len() + sketched
    }

    /// Nearest rank: the value at position `ceil(count * percent / 100)`, from 1, in ascending order. `None` when there is none.
    pub(crate) fn percentile(&mut self, percent: usize) -> Option<i64> {
        let count = self.count();
        let at = (count * percent).div_ceil(100).checked_sub(1)?;
        match &self.sketch {
            Some(sketch) => at_rank(sketch, at, count),
            None => Some(*self.exact.select_nth_unstable(at).1),
        }
    }
}

/// The value at a place, from 0, of all in ascending order. The sketch takes `floor(q * (count - 1))` as the place: half a place more keeps
/// rounding away from it.
fn at_rank(sketch: &DDSketch, at: usize, count: usize) -> Option<i64> {
    let q = (at as f64 + 0.5) / (count.saturating_sub(1).max(1)) as f64;
    let value = sketch.quantile(q.min(1.0)).ok().flatten()?;
    Some(value.round() as i64)
}
