//! p50 as a ring, thick to p95, thin to p99, on one logarithmic axis for all rows of a table.

use std::fmt::Write;

use super::Svg;
use crate::pages::format;

const WIDTH: f64 = 240.0;
const EDGE: f64 = 6.0;

/// The axis: whole powers of ten around all values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LatencyScale {
    /// Powers of ten, of nanoseconds.
    lowest: i32,
    highest: i32,
}

impl LatencyScale {
    /// An axis that holds all of these, in nanoseconds.
    pub(crate) fn of(values: impl Iterator<Item = i64>) -> Self {
        let (mut lowest, mut highest) = (i32::MAX, i32::MIN);
        for value in values {
            let power = (value.max(1) as f64).log10();
            lowest = lowest.min(power.floor() as i32);
            highest = highest.max(power.ceil() as i32);
        }
        if lowest > highest {
            // Without a value: from a millisecond to a second.
            return LatencyScale {
                lowest: 6,
                highest: 9,
            };
        }
        LatencyScale {
            lowest,
            highest: highest.max(lowest + 1),
        }
    }

    fn x(self, ns: i64) -> f64 {
        let power = (ns.max(1) as f64).log10() - f64::from(self.lowest);
        EDGE + power / f64::from(self.highest - self.lowest) * (WIDTH - 2.0 * EDGE)
    }

    /// At most six of the powers, for lines and labels.
    fn ticks(self) -> impl Iterator<Item = i64> {
        let step = (self.highest - self.lowest) / 6 + 1;
        (self.lowest..=self.highest)
            .step_by(usize::try_from(step).unwrap_or(1))
            .filter_map(|power| 10i64.checked_pow(u32::try_from(power).ok()?))
    }

    /// The axis' labels, for the head of the column.
    pub(crate) fn head(self) -> Svg {
        let mut text = String::new();
        for tick in self.ticks() {
            // The outermost labels stand out over the edges, where the cell has room.
            let (x, label) = (self.x(tick), short(tick));
            // A String takes every write.
            let _written = write!(
                text,
                r#"<text x="{x:.1}" y="11" text-anchor="middle">{label}</text>"#
            );
        }
        Svg(format!(
            r#"<svg class="lat" viewBox="0 -4 {WIDTH} 24" role="img" aria-label="p50 to p99 on a logarithmic scale">{text}</svg>"#
        ))
    }

    /// One row's glyph.
    pub(crate) fn glyph(self, p50: i64, p95: i64, p99: i64) -> Svg {
        let mut rails = String::new();
        for tick in self.ticks() {
            let x = self.x(tick);
            let _written = write!(rails, "M{x:.1} -4v32");
        }
        let (a, b, c) = (self.x(p50), self.x(p95), self.x(p99));
        Svg(format!(
            r#"<svg class="lat" viewBox="0 0 {WIDTH} 24" aria-hidden="true"><path class="rail-l" d="{rails}"/><path class="to-p95" d="M{a:.1} 12H{b:.1}"/><path class="to-p99" d="M{b:.1} 12H{c:.1}"/><path class="p99" d="M{c:.1} 8v8"/><circle class="p50" cx="{a:.1}" cy="12" r="3.25"/></svg>"#
        ))
    }
}

/// `1 ms`, `100 µs`: ticks are powers of ten and need no decimals.
fn short(tick: i64) -> String {
    const SECOND: i64 = 1_000_000_000;
    if tick < SECOND {
        return format::duration(tick).replace(".00", "").replace(".0", "");
    }
    format!(
        "{}\u{a0}s",
        format::count(u64::try_from(tick / SECOND).unwrap_or(0))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_holds_all_values() {
        let scale = LatencyScale::of([3_000_000, 2_840_000_000].into_iter());
        assert_eq!(
            scale,
            LatencyScale {
                lowest: 6,
                highest: 10
            }
        );
        for value in [3_000_000, 2_840_000_000] {
            assert!((EDGE..=WIDTH - EDGE).contains(&scale.x(value)));
        }
        let labels: Vec<String> = scale
            .ticks()
            .map(|tick| short(tick).replace('\u{a0}', " "))
            .collect();
        assert_eq!(labels, ["1 ms", "10 ms", "100 ms", "1 s", "10 s"]);
        assert_eq!(short(100_000_000_000), "100\u{a0}s");
    }

    #[test]
    fn odd_values_have_an_axis_too() {
        for values in [vec![], vec![0], vec![1, i64::MAX], vec![-5]] {
            let scale = LatencyScale::of(values.iter().copied());
            assert!(scale.highest > scale.lowest);
            assert!(scale.ticks().count() <= 7);
            assert!(values.iter().all(|&value| scale.x(value).is_finite()));
        }
    }
}
