//! Shares as bars.

use std::fmt::Write;

use super::Svg;

/// Parts of a whole side by side, each with the class that colours it. Every part is seen, however small.
pub(crate) fn composition<'a>(parts: impl Iterator<Item = (&'a str, u64)> + Clone) -> Svg {
    const WIDTH: f64 = 132.0;
    const LEAST: f64 = 2.0;
    const GAP: f64 = 1.0;
    let count = parts.clone().count() as f64;
    let total: u64 = parts.clone().map(|(_, n)| n).sum();
    let free = (WIDTH - count * (LEAST + GAP)).max(0.0);
    let mut rects = String::new();
    let mut x = 0.0;
    for (class, n) in parts {
        let width = LEAST + n as f64 / total.max(1) as f64 * free;
        // A String takes every write.
        let _written = write!(
            rects,
            r#"<rect class="{class}" x="{x:.1}" width="{width:.1}" height="7"/>"#
        );
        x += width + GAP;
    }
    Svg(format!(
        r#"<svg class="comp" viewBox="0 0 {WIDTH} 7" preserveAspectRatio="none" aria-hidden="true">{rects}</svg>"#
    ))
}

/// One value against the greatest.
pub(crate) fn meter(value: i64, most: i64, is_error: bool) -> Svg {
    let share = (value.max(0) as f64 / most.max(1) as f64).clamp(0.0, 1.0) * 100.0;
    let class = if is_error { "part e" } else { "part" };
    Svg(format!(
        r#"<svg class="meter" aria-hidden="true"><rect class="rest" width="100%" height="4" rx="2"/><rect class="{class}" width="{share:.1}%" height="4" rx="2"/></svg>"#
    ))
}

/// A share as the ground behind a value; even the smallest is seen.
pub(crate) fn ground(part: u64, whole: u64, is_error: bool) -> Svg {
    let share = (part as f64 / whole.max(1) as f64 * 100.0).clamp(1.5, 100.0);
    let class = if is_error { "share e" } else { "share" };
    Svg(format!(
        r#"<svg class="ground" aria-hidden="true"><rect class="{class}" width="{share:.1}%" height="100%" rx="2"/></svg>"#
    ))
}
