//! Rate, errors and durations over time, and the heatmap: four drawings on one axis of times.
//!
//! Places are per cent, so that drawings stretch with the page and text does not. Each bucket of each drawing is a link that puts the cursor
//! there; what the cursor reads stands in the headings, so that no tip hides the data. A bucket without calls is hatched: that is no zero.

use std::fmt::Write;

use super::ends;
use super::heat::Heat;
use super::times::{Point, Times};
use crate::pages::chart::{Axis, Svg};
use crate::pages::format;
use crate::pages::frame::Frame;
use crate::pages::view::Link;

/// Per cent of a plot's height: the highest value and the base line.
pub(super) const TOP: f64 = 8.0;
const BASE: f64 = 98.0;

/// Of a bucket's width, what its bar takes.
const BAR_WIDTH: f64 = 0.9;

/// Per cent; every bar is seen, however small.
const LEAST: f64 = 2.0;

/// One drawing and the labels on its left.
pub(super) struct Chart {
    pub(super) scale: Svg,
    pub(super) plot: Svg,
}

/// All drawings, with the cursor in all.
pub(super) struct Charts {
    pub(super) rate: Chart,
    pub(super) errors: Chart,
    pub(super) durations: Chart,
    pub(super) heat: Chart,
    /// Labels of times, below all.
    pub(super) axis: Svg,
}

/// Nanoseconds on a logarithmic axis, which is the same for durations and heatmap.
#[derive(Debug, Clone, Copy)]
pub(super) struct Log {
    low: f64,
    high: f64,
}

/// What is drawn with.
pub(super) struct Pencil<'a> {
    pub(super) times: &'a Times,
    pub(super) frame: &'a Frame,
    /// The bucket under the cursor.
    pub(super) cursor: Option<usize>,
}

impl Pencil<'_> {
    pub(super) fn charts(&self, heat: &Heat) -> Charts {
        let log = heat.log();
        Charts {
            rate: self.rate(),
            errors: self.errors(),
            durations: self.durations(log),
            heat: Chart {
                scale: scale(&log.labels()),
                plot: self.plot(&log.labels(), |out| {
                    heat.write(out, self.times, self.step())
                }),
            },
            axis: Axis::new(self.times.from_ns, self.times.to_ns()).draw(),
        }
    }

    fn step(&self) -> f64 {
        100.0 / self.times.points.len().max(1) as f64
    }

    fn rate(&self) -> Chart {
        let most = self
            .times
            .points
            .iter()
            .map(|point| point.calls)
            .max()
            .unwrap_or(0)
            .max(1);
        let labels = [
            (TOP, format::rate(self.times.rate(most))),
            (BASE, "0".to_owned()),
        ];
        let plot = self.plot(&labels, |out| {
            for (at, point) in self.points(|point| point.calls > 0) {
                let height = point.calls as f64 / most as f64 * (BASE - TOP);
                self.bar(out, "b-info", at, height);
            }
        });
        Chart {
            scale: scale(&labels),
            plot,
        }
    }

    fn errors(&self) -> Chart {
        let labels = [(TOP, "100\u{a0}%".to_owned()), (BASE, "0".to_owned())];
        let plot = self.plot(&labels, |out| {
            for (at, point) in self.points(|point| point.errors > 0) {
                let height = point.errors as f64 / point.calls.max(1) as f64 * (BASE - TOP);
                self.bar(out, "b-err", at, height);
            }
        });
        Chart {
            scale: scale(&labels),
            plot,
        }
    }

    fn durations(&self, log: Log) -> Chart {
        let labels = log.labels();
        let plot = self.plot(&labels, |out| {
            let count = self.times.points.len();
            // Lines need a coordinate system of their own; their strokes keep their width in it.
            let _written = write!(
                out,
                r#"<svg viewBox="0 0 {count} 100" preserveAspectRatio="none" width="100%" height="100%">"#
            );
            let mut line = |class: &str, of: fn(&Point) -> Option<i64>| {
                let _written = write!(out, r#"<path class="ln {class}" d="{}"/>"#, self.line(log, of));
            };
            line("l50", Point::p50);
            line("l95", Point::p95);
            line("l99", Point::p99);
            out.push_str("</svg>");
            ends::write(out, self.times, log);
        });
        Chart {
            scale: scale(&labels),
            plot,
        }
    }

    /// A line through the middles of buckets, interrupted where there is none; a value between two gaps is a short level line.
    fn line(&self, log: Log, of: fn(&Point) -> Option<i64>) -> String {
        let mut path = String::new();
        let points = &self.times.points;
        for (at, point) in points.iter().enumerate() {
            let Some(value) = of(point) else { continue };
            let before = at.checked_sub(1).and_then(|at| of(&points[at]));
            let behind = points.get(at + 1).and_then(of);
            let y = log.y(value);
            let _written = match (before, behind) {
                (None, None) => write!(path, "M{:.2} {y:.2}h.6", at as f64 + 0.2),
                (None, _) => write!(path, "M{:.2} {y:.2}", at as f64 + 0.5),
                _ => write!(path, "L{:.2} {y:.2}", at as f64 + 0.5),
            };
        }
        path
    }

    fn points(&self, is_drawn: impl Fn(&Point) -> bool) -> impl Iterator<Item = (usize, &Point)> {
        let points = self.times.points.iter().enumerate();
        points.filter(move |(_, point)| is_drawn(point))
    }

    fn bar(&self, out: &mut String, class: &str, at: usize, height: f64) {
        let step = self.step();
        let x = (at as f64 + (1.0 - BAR_WIDTH) / 2.0) * step;
        let height = height.max(LEAST);
        rect(out, class, (x, step * BAR_WIDTH), (BASE - height, height));
    }

    /// A plot: gaps, lines of the scale, what `draw` draws, the cursor, and over all the buckets as links.
    fn plot(&self, labels: &[(f64, String)], draw: impl FnOnce(&mut String)) -> Svg {
        let mut out = String::from(r#"<svg class="plot-s" aria-hidden="true">"#);
        self.gaps(&mut out);
        for (y, _) in labels {
            let _written = write!(
                out,
                r#"<line class="grid" x1="0" x2="100%" y1="{y:.2}%" y2="{y:.2}%"/>"#
            );
        }
        self.links(&mut out);
        draw(&mut out);
        let x = self
            .cursor
            .map_or(-1.0, |at| (at as f64 + 0.5) * self.step());
        let _written = write!(
            out,
            r#"<line class="cursor" x1="{x:.3}%" x2="{x:.3}%" y1="0" y2="100%"/></svg>"#
        );
        Svg::made(out)
    }

    /// Runs of buckets without calls, unless all are.
    fn gaps(&self, out: &mut String) {
        let points = &self.times.points;
        if points.iter().all(|point| point.calls == 0) {
            return;
        }
        let mut at = 0;
        for run in points.chunk_by(|a, b| (a.calls == 0) == (b.calls == 0)) {
            if run[0].calls == 0 {
                let (x, width) = (at as f64 * self.step(), run.len() as f64 * self.step());
                rect(out, "b-gap", (x, width), (TOP, BASE - TOP));
            }
            at += run.len();
        }
    }

    fn links(&self, out: &mut String) {
        for (at, _) in self.times.points.iter().enumerate() {
            let _written = write!(
                out,
                r#"<a href="{}" tabindex="-1" data-at="{at}">"#,
                self.cursor_link(at)
            );
            rect(
                out,
                "hit",
                (at as f64 * self.step(), self.step()),
                (0.0, 100.0),
            );
            out.push_str("</a>");
        }
    }

    /// This page with the cursor at a bucket.
    pub(super) fn cursor_link(&self, at: usize) -> Link {
        let start = self.times.points.get(at).map_or(0, |point| point.from_ns);
        self.frame.view.with("at", &format::rfc3339(start)).link()
    }
}

impl Log {
    /// An axis from one duration to another, widened to at least a factor of ten.
    pub(super) fn new(low: i64, high: i64) -> Self {
        let low = (low.max(1) as f64).log10();
        let high = (high.max(1) as f64).log10();
        Log {
            low,
            high: high.max(low + 1.0),
        }
    }

    /// Per cent from the top.
    pub(super) fn y(self, ns: i64) -> f64 {
        let share = ((ns.max(1) as f64).log10() - self.low) / (self.high - self.low);
        BASE - share.clamp(0.0, 1.0) * (BASE - TOP)
    }

    /// Powers of ten, so many that three lines are not exceeded by much.
    fn labels(self) -> Vec<(f64, String)> {
        let powers: Vec<i32> = (0..=18)
            .filter(|power| (self.low - 0.01..=self.high + 0.01).contains(&f64::from(*power)))
            .collect();
        let step = powers.len().div_ceil(4).max(1);
        let shown = powers.into_iter().step_by(step);
        shown
            .filter_map(|power| 10_i64.checked_pow(u32::try_from(power).ok()?))
            .map(|ns| {
                (
                    self.y(ns),
                    format::duration(ns).replace(".00", "").replace(".0", ""),
                )
            })
            .collect()
    }
}

pub(super) fn rect(out: &mut String, class: &str, (x, width): (f64, f64), (y, height): (f64, f64)) {
    // A String takes every write.
    let _written = write!(
        out,
        r#"<rect class="{class}" x="{x:.3}%" width="{width:.3}%" y="{y:.2}%" height="{height:.2}%"/>"#
    );
}

fn scale(labels: &[(f64, String)]) -> Svg {
    let mut out = String::from(r#"<svg class="scale" aria-hidden="true">"#);
    for (y, label) in labels {
        let _written = write!(
            out,
            r#"<text x="100%" y="{y:.2}%" dy="4" text-anchor="end">{label}</text>"#
        );
    }
    out.push_str("</svg>");
    Svg::made(out)
}
