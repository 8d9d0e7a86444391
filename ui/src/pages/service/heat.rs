//! The heatmap: how many calls took how long, when. A cell is a link to one of its traces.

use std::fmt::Write;

use clearspan_query::{LatencyAnswer, TraceId};

use super::charts::Log;
use super::times::Times;
use crate::pages::format;
use crate::pages::view::{Link, View};

/// Shades of the scale of heat, from the third on: the first two are too near to the background.
const SHADES: f64 = 6.0;

/// Room between two cells, per cent of a cell's width.
const GAP: f64 = 0.08;

/// Cells by time and duration.
#[derive(Debug, Clone, Default)]
pub(super) struct Heat {
    bands: Vec<Band>,
    cells: Vec<Cell>,
}

/// Durations from one, inclusive, to another, in nanoseconds. Where the engine has no border, all that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Band {
    from_ns: i64,
    to_ns: i64,
}

#[derive(Debug, Clone, Copy)]
struct Cell {
    bucket: usize,
    band: usize,
    count: u64,
    errors: u64,
    exemplar: TraceId,
}

impl Heat {
    pub(super) fn new(answer: &LatencyAnswer) -> Self {
        let bands = answer.bands.iter().map(|band| Band {
            from_ns: band.from_ns.unwrap_or(i64::MIN),
            to_ns: band.to_ns.unwrap_or(i64::MAX),
        });
        let cells = answer.cells.iter().map(|cell| Cell {
            bucket: cell.point,
            band: cell.band,
            count: cell.count,
            errors: cell.errors,
            exemplar: cell.exemplar_trace_id,
        });
        Heat {
            bands: bands.collect(),
            cells: cells.collect(),
        }
    }

    /// The axis of all durations.
    pub(super) fn log(&self) -> Log {
        let (low, high) = self.ends().unwrap_or((1_000_000, 1_000_000_000));
        Log::new(low, high)
    }

    /// The shortest and the longest duration of all cells.
    pub(super) fn ends(&self) -> Option<(i64, i64)> {
        let used = || {
            self.cells
                .iter()
                .filter_map(|cell| self.bands.get(cell.band))
        };
        let low = used().map(|band| band.from_ns).min()?;
        let high = used().map(|band| band.to_ns).max()?;
        Some((low, high))
    }

    /// The greatest count of a cell.
    pub(super) fn most(&self) -> u64 {
        self.cells.iter().map(|cell| cell.count).max().unwrap_or(0)
    }

    /// A trace of a bucket that took about as long; `None` where the bucket has none.
    pub(super) fn trace_of(&self, bucket: usize, ns: i64) -> Option<Link> {
        let cells = self.cells.iter().filter(|cell| cell.bucket == bucket);
        // The band that holds it; of a percentile from a sketch the nearest.
        let nearest = cells.min_by_key(|cell| {
            self.bands.get(cell.band).map_or(i64::MAX, |band| {
                let below = band.from_ns.saturating_sub(ns);
                let above = ns.saturating_sub(band.to_ns.saturating_sub(1));
                below.max(above).max(0)
            })
        });
        nearest.map(|cell| trace(cell.exemplar))
    }

    pub(super) fn write(&self, out: &mut String, times: &Times, step: f64) {
        let log = self.log();
        let most = self.most();
        for cell in &self.cells {
            let (Some(band), Some(point)) =
                (self.bands.get(cell.band), times.points.get(cell.bucket))
            else {
                continue;
            };
            let (top, bottom) = (log.y(band.to_ns), log.y(band.from_ns));
            let x = cell.bucket as f64 * step;
            let title = format!(
                "{}: {} call{}, {} to {}{}",
                format::clock_ms(point.from_ns),
                format::count(cell.count),
                if cell.count == 1 { "" } else { "s" },
                format::duration(band.from_ns),
                format::duration(band.to_ns),
                match cell.errors {
                    0 => String::new(),
                    errors => format!(", {} with errors", format::count(errors)),
                }
            );
            // A String takes every write.
            let _written = write!(
                out,
                r#"<a href="{}" tabindex="-1" data-at="{}"><title>{title}</title><rect class="h-{}" x="{x:.3}%" width="{:.3}%" y="{:.2}%" height="{:.2}%"/>"#,
                trace(cell.exemplar),
                cell.bucket,
                shade(cell.count, most),
                step * (1.0 - GAP),
                top + 0.1,
                (bottom - top - 0.2).max(0.6),
            );
            if cell.errors > 0 {
                // A place in per cent, and around it a diamond in pixels.
                let _written = write!(
                    out,
                    r#"<svg x="{:.3}%" y="{:.2}%" overflow="visible"><path class="h-err" d="M0 -4l4 4l-4 4l-4 -4z"/></svg>"#,
                    x + step / 2.0,
                    f64::midpoint(top, bottom),
                );
            }
            out.push_str("</a>");
        }
    }
}

fn trace(id: TraceId) -> Link {
    View::at(format!("/trace/{}", hex::encode(id))).link()
}

/// 2 to 8, by the logarithm of the count.
fn shade(count: u64, most: u64) -> u32 {
    if most <= 1 {
        return 8;
    }
    let share = (count.max(1) as f64).ln() / (most as f64).ln();
    2 + (share.clamp(0.0, 1.0) * SHADES).round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heat() -> Heat {
        let band = |from_ns, to_ns| Band { from_ns, to_ns };
        let cell = |bucket, band, exemplar| Cell {
            bucket,
            band,
            count: 1,
            errors: 0,
            exemplar: [exemplar; 16],
        };
        Heat {
            bands: vec![band(100, 200), band(200, 400), band(400, 800)],
            cells: vec![cell(0, 0, 1), cell(0, 2, 2), cell(1, 1, 3)],
        }
    }

    #[test]
    fn a_percentile_leads_to_a_trace_of_its_duration() {
        let id = |bucket, ns| {
            heat()
                .trace_of(bucket, ns)
                .map(|link| link.as_str()[7..9].to_owned())
        };
        assert_eq!(id(0, 150).as_deref(), Some("01"));
        assert_eq!(id(0, 799).as_deref(), Some("02"));
        // No cell holds it: the nearest.
        assert_eq!(id(0, 210).as_deref(), Some("01"));
        assert_eq!(id(0, 390).as_deref(), Some("02"));
        assert_eq!(id(1, 1).as_deref(), Some("03"));
        assert_eq!(id(2, 1), None);
    }

    #[test]
    fn shades_go_by_the_logarithm() {
        assert_eq!(
            [1, 10, 100, 1_000].map(|count| shade(count, 1_000)),
            [2, 4, 6, 8]
        );
        assert_eq!(shade(1, 1), 8);
        assert_eq!(shade(5, 0), 8);
    }
}
