//! Counts over time: information and warnings stack up, errors hang below the axis in a lane and on a scale of their own, so
//! that six of them stand out beside five thousand others. What has no record at all is hatched: no data is not zero.
//!
//! Nothing here knows how wide it will be: places are per cent, so that bars stretch with the page and text does not.

use std::fmt::Write;

use super::Svg;
use super::axis::Axis;
use crate::pages::format;
use crate::pages::view::Link;

/// Per cent of the height: the top of the bars, the axis, the top of the lane for errors.
const TOP: f64 = 12.5;
const BASE: f64 = 75.0;
const LANE: f64 = 77.0;

/// Of a bucket's width, what its bar takes.
const BAR_WIDTH: f64 = 0.86;

/// Every bar is seen, however small.
const LEAST: f64 = 1.2;
const LEAST_ERROR: f64 = 2.4;

/// One bucket.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    /// First instant, and first instant behind.
    pub(crate) from_ns: i64,
    pub(crate) to_ns: i64,
    /// What is neither warning nor error.
    pub(crate) others: u64,
    pub(crate) warnings: u64,
    pub(crate) errors: u64,
    /// The page of this bucket alone.
    pub(crate) link: Link,
}

impl Bucket {
    fn total(&self) -> u64 {
        self.others + self.warnings + self.errors
    }

    /// The bucket in words.
    pub(crate) fn label(&self) -> String {
        let clock = Axis::clock(self.to_ns.saturating_sub(self.from_ns));
        format!("{} – {}", clock(self.from_ns), clock(self.to_ns))
    }
}

/// The whole chart, in the parts that a page puts beside each other.
#[derive(Debug, Clone)]
pub(crate) struct Histogram {
    /// The labels of the two scales, for the left side.
    pub(crate) scale: Svg,
    /// The bars.
    pub(crate) bars: Svg,
    /// The labels of times, for below.
    pub(crate) axis: Svg,
}

impl Histogram {
    pub(crate) fn new(buckets: &[Bucket]) -> Self {
        let max = |of: fn(&Bucket) -> u64| buckets.iter().map(of).max().unwrap_or(0);
        let most = max(|bucket| bucket.others + bucket.warnings);
        let most_errors = max(|bucket| bucket.errors);
        Histogram {
            scale: scale(most, most_errors),
            bars: Drawing::new(buckets, most, most_errors).svg(),
            axis: axis(buckets),
        }
    }
}

fn scale(most: u64, most_errors: u64) -> Svg {
    let mut labels = String::new();
    let mut label = |y: f64, class: &str, text: &str| {
        // A String takes every write.
        let _written = write!(
            labels,
            r#"<text x="100%" y="{y}%" dy="4" text-anchor="end"{class}>{text}</text>"#
        );
    };
    if most > 0 {
        label(TOP, "", &short(most));
    }
    label(BASE - 2.0, "", "0");
    if most_errors > 0 {
        label(90.0, r#" class="e""#, &short(most_errors));
    }
    Svg(format!(
        r#"<svg class="scale" aria-hidden="true">{labels}</svg>"#
    ))
}

/// A count that fits beside a chart.
fn short(n: u64) -> String {
    match n {
        0..100_000 => format::count(n),
        100_000..10_000_000 => format!("{}k", format::count(n / 1_000)),
        _ => format!("{}M", format::count(n / 1_000_000)),
    }
}

struct Drawing<'a> {
    buckets: &'a [Bucket],
    most: f64,
    most_errors: f64,
    step: f64,
}

impl<'a> Drawing<'a> {
    fn new(buckets: &'a [Bucket], most: u64, most_errors: u64) -> Self {
        Drawing {
            buckets,
            most: most.max(1) as f64,
            most_errors: most_errors.max(1) as f64,
            step: 100.0 / buckets.len().max(1) as f64,
        }
    }

    fn svg(&self) -> Svg {
        let mut out = String::from(r#"<svg class="bars" aria-hidden="true">"#);
        self.gaps(&mut out);
        let middle = (TOP + BASE) / 2.0;
        for y in [TOP, middle] {
            line(&mut out, "grid", y);
        }
        for (at, bucket) in self.buckets.iter().enumerate() {
            self.bucket(at as f64 * self.step, bucket, &mut out);
        }
        line(&mut out, "axis", BASE + 0.5);
        out.push_str("</svg>");
        Svg(out)
    }

    /// Runs of empty buckets, unless all are.
    fn gaps(&self, out: &mut String) {
        if self.buckets.iter().all(|bucket| bucket.total() == 0) {
            return;
        }
        let mut at = 0;
        for run in self
            .buckets
            .chunk_by(|a, b| (a.total() == 0) == (b.total() == 0))
        {
            if run[0].total() == 0 {
                let (x, width) = (at as f64 * self.step, run.len() as f64 * self.step);
                rect(out, "b-gap", (x, width), (TOP, BASE - TOP));
            }
            at += run.len();
        }
    }

    fn bucket(&self, x: f64, bucket: &Bucket, out: &mut String) {
        let _written = write!(
            out,
            r#"<a href="{}" tabindex="-1" data-from="{}" data-to="{}" data-label="{}" data-errors="{}" data-warnings="{}" data-others="{}">"#,
            bucket.link,
            format::rfc3339(bucket.from_ns),
            format::rfc3339(bucket.to_ns),
            bucket.label(),
            bucket.errors,
            bucket.warnings,
            bucket.others,
        );
        rect(out, "hit", (x, self.step), (0.0, 100.0));
        let bar = (
            x + self.step * (1.0 - BAR_WIDTH) / 2.0,
            self.step * BAR_WIDTH,
        );
        let height = |n: u64| match n {
            0 => 0.0,
            n => (n as f64 / self.most * (BASE - TOP)).max(LEAST),
        };
        let (low, high) = (height(bucket.others), height(bucket.warnings));
        if bucket.others > 0 {
            rect(out, "b-info", bar, (BASE - low, low));
        }
        if bucket.warnings > 0 {
            rect(out, "b-warn", bar, (BASE - low - high, high));
        }
        if bucket.errors > 0 {
            let height = bucket.errors as f64 / self.most_errors * (100.0 - LANE);
            rect(out, "b-err", bar, (LANE, height.max(LEAST_ERROR)));
        }
        out.push_str("</a>");
    }
}

fn rect(out: &mut String, class: &str, (x, width): (f64, f64), (y, height): (f64, f64)) {
    let _written = write!(
        out,
        r#"<rect class="{class}" x="{x:.3}%" width="{width:.3}%" y="{y:.2}%" height="{height:.2}%"/>"#
    );
}

fn line(out: &mut String, class: &str, y: f64) {
    let _written = write!(
        out,
        r#"<line class="{class}" x1="0" x2="100%" y1="{y}%" y2="{y}%"/>"#
    );
}

fn axis(buckets: &[Bucket]) -> Svg {
    let ends = buckets.first().zip(buckets.last());
    ends.map_or_else(Svg::default, |(first, last)| {
        Axis::new(first.from_ns, last.to_ns).draw()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::view::View;

    const START: i64 = 1_674_984_060_000_000_000;
    const WIDTH: i64 = 10_000_000_000;

    fn buckets(counts: &[(u64, u64, u64)]) -> Vec<Bucket> {
        let bucket = |(at, &(others, warnings, errors)): (i64, &(u64, u64, u64))| Bucket {
            from_ns: START + at * WIDTH,
            to_ns: START + (at + 1) * WIDTH,
            others,
            warnings,
            errors,
            link: View::at("/logs").with("q", "a&b").link(),
        };
        (0..).zip(counts).map(bucket).collect()
    }

    fn rects<'a>(svg: &'a Svg, class: &str) -> Vec<&'a str> {
        let start = format!("<rect class=\"{class}\"");
        svg.0
            .match_indices(&start)
            .map(|(at, _)| &svg.0[at..at + svg.0[at..].find("/>").unwrap_or(0)])
            .collect()
    }

    #[test]
    fn errors_hang_on_a_scale_of_their_own() {
        let chart = Histogram::new(&buckets(&[
            (5_000, 100, 3),
            (0, 0, 6),
            (0, 0, 0),
            (0, 0, 0),
            (1, 0, 0),
        ]));
        let errors = rects(&chart.bars, "b-err");
        assert_eq!(errors.len(), 2);
        assert!(
            errors[1].contains(r#"y="77.00%" height="23.00%""#),
            "{}",
            errors[1]
        );
        assert!(errors[0].contains(r#"height="11.50%""#), "{}", errors[0]);
        let others = rects(&chart.bars, "b-info");
        assert_eq!(others.len(), 2);
        assert!(
            others[1].contains(r#"y="73.80%" height="1.20%""#),
            "{}",
            others[1]
        );
        let warnings = rects(&chart.bars, "b-warn");
        assert!(
            warnings[0].contains(r#"y="12.50%" height="1.23%""#),
            "{}",
            warnings[0]
        );
        let gaps = rects(&chart.bars, "b-gap");
        assert_eq!(gaps.len(), 1);
        assert!(
            gaps[0].contains(r#"x="40.000%" width="40.000%""#),
            "{}",
            gaps[0]
        );
        assert!(chart.scale.0.contains(">5,100<") && chart.scale.0.contains(">6<"));
    }

    #[test]
    fn each_bucket_is_a_link_and_says_what_it_is() {
        let chart = Histogram::new(&buckets(&[(1, 2, 3)]));
        assert!(chart.bars.0.contains(
            r#"data-from="2023-01-29T09:21:00.000000000Z" data-to="2023-01-29T09:21:10.000000000Z" data-label="09:21:00 – 09:21:10" data-errors="3" data-warnings="2" data-others="1""#
        ), "{}", chart.bars);
        assert!(chart.bars.0.contains("/logs?q=a%26b"));
    }

    #[test]
    fn an_empty_chart_keeps_its_axes() {
        let chart = Histogram::new(&buckets(&[(0, 0, 0), (0, 0, 0)]));
        assert_eq!(rects(&chart.bars, "b-gap").len(), 0);
        assert!(chart.bars.0.contains(r#"class="axis""#));
        assert!(chart.axis.0.contains(">09:21:00<"));
        let nothing = Histogram::new(&[]);
        assert!(nothing.bars.0.contains(r#"class="axis""#) && !nothing.axis.0.contains("text "));
    }

    #[test]
    fn counts_beside_a_chart_are_short() {
        assert_eq!(short(99_999), "99,999");
        assert_eq!(short(1_234_567), "1,234k");
        assert_eq!(short(u64::MAX), "18,446,744,073,709M");
    }
}
