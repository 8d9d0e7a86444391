//! Calls over time as small bars, errors hanging below them on a scale of their own.

use std::fmt::Write;

use super::Svg;

const WIDTH: f64 = 132.0;
const HEIGHT: f64 = 24.0;
/// Of the lane for errors, when there are any.
const ERROR_HEIGHT: f64 = 7.0;
/// Between two bars.
const GAP: f64 = 0.8;

/// One bar for each pair of calls and errors.
pub(crate) fn spark(series: &[(u32, u32)]) -> Svg {
    let most = |of: fn(&(u32, u32)) -> u32| series.iter().map(of).max().unwrap_or(0).max(1);
    let (calls_max, errors_max) = (most(|bar| bar.0), most(|bar| bar.1));
    let has_errors = series.iter().any(|bar| bar.1 > 0);
    let base = HEIGHT - 2.0 - if has_errors { ERROR_HEIGHT } else { 0.0 };
    let step = WIDTH / series.len().max(1) as f64;
    let (mut calls, mut errors) = (String::new(), String::new());
    for (at, &(n, bad)) in series.iter().enumerate() {
        let (x, width) = (at as f64 * step, step - GAP);
        if n > 0 {
            let height = (f64::from(n) / f64::from(calls_max) * (base - 1.0)).max(1.0);
            bar(&mut calls, x, base - height + 1.0, width, height);
        }
        if bad > 0 {
            let height = (f64::from(bad) / f64::from(errors_max) * ERROR_HEIGHT).max(2.0);
            bar(&mut errors, x, HEIGHT - ERROR_HEIGHT, width, height);
        }
    }
    Svg(format!(
        r#"<svg class="spark" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true"><path class="b-info" d="{calls}"/><path class="b-err" d="{errors}"/></svg>"#
    ))
}

fn bar(path: &mut String, x: f64, y: f64, width: f64, height: f64) {
    // A String takes every write.
    let _written = write!(path, "M{x:.1} {y:.1}h{width:.1}v{height:.1}h-{width:.1}z");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bar_for_each_bucket_with_calls() {
        let svg = spark(&[(0, 0), (4, 0), (2, 1)]).0;
        assert_eq!(svg.matches('M').count(), 3);
        assert_eq!(spark(&[]).0.matches('M').count(), 0);
    }
}
