//! The names of the percentile lines, where the lines end.
//!
//! Lines lie near each other where calls take equally long, and names keep apart: each stands at the height of its line, or as little off
//! it as the others allow, in their order.

use std::fmt::Write;

use super::charts::{BASE, Log, TOP};
use super::times::{Point, Times};

/// The percentile of a bucket that a line is drawn from, in nanoseconds.
type Of = fn(&Point) -> Option<i64>;

/// The names, from the top down; of equal durations the higher percentile is above.
const LINES: [(&str, Of); 3] = [
    ("p99", Point::p99),
    ("p95", Point::p95),
    ("p50", Point::p50),
];

/// Least distance of two names, per cent of the plot's height: a line of 11 pixels in a plot of 110 and more.
const APART: f64 = 10.5;

/// Writes the names behind the last bucket that each has a value in.
pub(super) fn write(out: &mut String, times: &Times, log: Log) {
    let step = 100.0 / times.points.len().max(1) as f64;
    let last = |of: Of| {
        let mut points = times.points.iter().enumerate();
        points.rfind(|(_, point)| of(point).is_some())
    };
    let mut names = Vec::new();
    let mut heights = Vec::new();
    for (name, of) in LINES {
        let Some((at, value)) = last(of).and_then(|(at, point)| Some((at, of(point)?))) else {
            continue;
        };
        names.push((name, (at as f64 + 0.5) * step));
        heights.push(log.y(value));
    }
    keep_apart(&mut heights);
    for ((name, x), y) in names.into_iter().zip(heights) {
        // A String takes every write.
        let _written = write!(
            out,
            r#"<text class="end" x="{x:.3}%" y="{y:.2}%" dx="6" dy="4">{name}</text>"#
        );
    }
}

/// Moves heights, from the top down, until they are far enough from each other and within the plot.
fn keep_apart(heights: &mut [f64]) {
    let mut least = TOP;
    for height in heights.iter_mut() {
        *height = height.max(least);
        least = *height + APART;
    }
    let mut most = BASE;
    for height in heights.iter_mut().rev() {
        *height = height.min(most);
        most = *height - APART;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_apart_and_within() {
        for (wanted, expected) in [
            ([20.0, 50.0, 80.0], [20.0, 50.0, 80.0]),
            ([50.0, 50.0, 50.0], [50.0, 60.5, 71.0]),
            ([98.0, 98.0, 98.0], [77.0, 87.5, 98.0]),
            ([8.0, 9.0, 98.0], [8.0, 18.5, 98.0]),
        ] {
            let mut heights = wanted;
            keep_apart(&mut heights);
            assert_eq!(heights, expected);
        }
        keep_apart(&mut []);
    }

    #[test]
    fn names_stand_where_the_lines_end() {
        let point = |durations| Point {
            calls: 1,
            durations,
            ..Point::default()
        };
        let times = Times {
            from_ns: 0,
            width_ns: 1,
            points: vec![
                point([Some(1), Some(10), Some(100)]),
                point([Some(1), Some(10), None]),
                point([None; 3]),
                point([None; 3]),
            ],
        };
        let mut out = String::new();
        write(&mut out, &times, Log::new(1, 100));
        let places: Vec<&str> = out.matches(r#"x="37.500%""#).collect();
        assert_eq!(places.len(), 2, "{out}");
        assert!(
            out.contains(r#"x="12.500%" y="8.00%" dx="6" dy="4">p99<"#),
            "{out}"
        );
        let mut nothing = String::new();
        write(&mut nothing, &Times::default(), Log::new(1, 100));
        assert_eq!(nothing, "");
    }
}
