//! Drawings, as SVG with classes alone: the pages' policy allows no inline style.
//!
//! | file | what it draws |
//! |---|---|
//! | `spark.rs` | calls and errors over time, in a table's row |
//! | `latency.rs` | p50, p95 and p99 on one logarithmic axis for all rows |
//! | `bars.rs` | shares: a bar of parts, a bar of one part |
//! | `histogram.rs`, `axis.rs` | counts over time; the axis of times |
//! | `spans.rs` | a trace in a few lines |

mod axis;
mod bars;
mod histogram;
mod latency;
mod spans;
mod spark;

pub(crate) use axis::Axis;
pub(crate) use bars::{composition, ground, meter};
pub(crate) use histogram::{Bucket, Histogram};
pub(crate) use latency::LatencyScale;
pub(crate) use spans::{SpanBar, spans};
pub(crate) use spark::spark;

use std::fmt;

use askama::filters::HtmlSafe;

/// SVG that was made here.
#[derive(Debug, Clone, Default)]
pub(crate) struct Svg(String);

impl Svg {
    /// What another room of the pages has drawn, with every text in it escaped.
    pub(in crate::pages) fn made(svg: String) -> Self {
        Svg(svg)
    }
}

impl fmt::Display for Svg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Svg {}
