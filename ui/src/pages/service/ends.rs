//! The names of the percentile lines, where the lines end.
//!
//! Lines lie near each other where calls take equally long, and names keep apart: names that would overlap stand together around the middle
//! of their lines, in their order.

use std::fmt::Write;

use super::charts::{Log, TOP};
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

/// Per cent of the height: below it a name would stand on the frame.
const LOWEST: f64 = 95.0;

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

/// Moves heights, which are given from the top down, until they are far enough from each other and within the plot.
fn keep_apart(heights: &mut [f64]) {
    // Groups of names that touch: where the first would stand at best, and how many they are.
    let mut groups: Vec<(f64, usize)> = Vec::new();
    for &height in heights.iter() {
        let mut group = (height, 1);
        while let Some(&(first, many)) = groups.last() {
            let length = many as f64 * APART;
            if first + length <= group.0 {
                break;
            }
            groups.pop();
            let (own, others) = (group.1 as f64, many as f64);
            let middle = (first * others + (group.0 - length) * own) / (own + others);
            group = (middle, many + group.1);
        }
        groups.push(group);
    }
    let wanted = groups
        .into_iter()
        .flat_map(|(first, many)| (0..many).map(move |at| first + at as f64 * APART));
    let mut least = TOP;
    for (height, wanted) in heights.iter_mut().zip(wanted) {
        *height = wanted.max(least);
        least = *height + APART;
    }
    let mut most = LOWEST;
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
            ([50.0, 50.0, 50.0], [39.5, 50.0, 60.5]),
            ([30.0, 60.0, 61.5], [30.0, 55.5, 66.0]),
            ([98.0, 98.0, 98.0], [74.0, 84.5, 95.0]),
            ([8.0, 9.0, 90.0], [8.0, 18.5, 90.0]),
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
