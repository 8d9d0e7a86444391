//! A trace in a few lines: its spans over time, each in its service's colour, errors in red.

use std::fmt::Write;

use super::Svg;
use crate::pages::view::Link;

const WIDTH: f64 = 1_000.0;
/// Of one span, and of its bar.
const ROW: f64 = 3.4;
const BAR: f64 = 2.25;
const HEIGHT_MAX: f64 = 72.0;
/// Every span is seen.
const WIDTH_MIN: f64 = 4.0;

/// One bar.
#[derive(Debug, Clone)]
pub(crate) struct SpanBar {
    /// From 0 to 1 of the trace.
    pub(crate) start: f64,
    pub(crate) length: f64,
    /// Of its service.
    pub(crate) colour: String,
    pub(crate) is_error: bool,
    pub(crate) link: Link,
}

/// The spans in the order of the tree, and where in time the record was written.
pub(crate) fn spans(bars: &[SpanBar], moment: Option<f64>) -> Svg {
    let height = (bars.len() as f64 * ROW).clamp(ROW, HEIGHT_MAX);
    let row = height / bars.len().max(1) as f64;
    let bar = BAR.min(row * 0.8);
    let mut out = format!(
        r#"<svg class="mini" viewBox="0 0 {WIDTH} {height:.1}" height="{height:.0}" preserveAspectRatio="none" aria-hidden="true">"#
    );
    for (at, span) in bars.iter().enumerate() {
        let width = (span.length.clamp(0.0, 1.0) * WIDTH).max(WIDTH_MIN);
        let x = (span.start.clamp(0.0, 1.0) * WIDTH).min(WIDTH - width);
        let class = if span.is_error {
            "b-err"
        } else {
            span.colour.as_str()
        };
        // A String takes every write.
        let _written = write!(
            out,
            r#"<a href="{}" tabindex="-1"><rect class="{class}" x="{x:.1}" y="{:.2}" width="{width:.1}" height="{bar:.2}"/></a>"#,
            span.link,
            at as f64 * row
        );
    }
    if let Some(moment) = moment.filter(|moment| (0.0..=1.0).contains(moment)) {
        let _written = write!(
            out,
            r#"<path class="cursor" d="M{:.1} 0V{height:.1}" vector-effect="non-scaling-stroke"/>"#,
            moment * WIDTH
        );
    }
    out.push_str("</svg>");
    Svg(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::view::View;

    fn bar(start: f64, length: f64, is_error: bool) -> SpanBar {
        let link = View::at("/trace/1").link();
        SpanBar {
            start,
            length,
            colour: "mk-3".into(),
            is_error,
            link,
        }
    }

    #[test]
    fn spans_stay_within_the_drawing() {
        let svg = spans(
            &[
                bar(0.0, 1.0, false),
                bar(1.0, 0.0, true),
                bar(-1.0, f64::MAX, false),
            ],
            Some(0.5),
        )
        .0;
        assert!(
            svg.contains(r#"<rect class="mk-3" x="0.0" y="0.00" width="1000.0""#),
            "{svg}"
        );
        assert!(
            svg.contains(r#"<rect class="b-err" x="996.0" y="3.40" width="4.0""#),
            "{svg}"
        );
        assert!(svg.contains(r#"d="M500.0 0V10.2""#), "{svg}");
        assert!(!spans(&[], Some(2.0)).0.contains("cursor"));
    }

    #[test]
    fn many_spans_are_no_higher() {
        let svg = spans(&vec![bar(0.0, 0.5, false); 60], None).0;
        assert!(svg.contains(r#"height="72" "#), "{svg}");
    }
}
