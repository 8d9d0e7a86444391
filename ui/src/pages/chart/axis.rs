//! A time axis: ticks at round times, and which of them stand on a narrow page too.

use std::fmt::Write;

use super::Svg;
use crate::pages::format;

const MS: i64 = 1_000_000;
const SECOND: i64 = 1_000 * MS;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Widths between ticks that are read at a glance.
const STEPS: [i64; 36] = [
    MS,
    2 * MS,
    5 * MS,
    10 * MS,
    20 * MS,
    50 * MS,
    100 * MS,
    200 * MS,
    500 * MS,
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    5 * DAY,
    10 * DAY,
    20 * DAY,
    50 * DAY,
    100 * DAY,
    365 * DAY,
    10 * 365 * DAY,
    100 * 365 * DAY,
];

/// Most ticks on a page that is narrow, middling, wide. The first label may start at its tick, and half of the second must not reach
/// it: one and a half labels and some room are between any two ticks of a chart of 240, 610 and 1,150 pixels.
const TICKS_MAX: [i64; 3] = [2, 7, 14];

/// Most of those that are as short as `09:21`.
const SHORT_TICKS_MAX: [i64; 3] = [3, 11, 15];

/// Most of those that are as long as `29 Jan 2023` or `09:21:00.000`.
const LONG_TICKS_MAX: [i64; 3] = [1, 4, 9];

/// The times that a chart spans.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Axis {
    from_ns: i64,
    to_ns: i64,
}

/// One tick.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    /// Per cent of the width.
    pub(crate) place: f64,
    pub(crate) label: String,
    /// 0 where even a narrow page has room for it, then 1, then 2.
    pub(crate) level: usize,
}

impl Axis {
    pub(crate) fn new(from_ns: i64, to_ns: i64) -> Self {
        Axis {
            from_ns,
            to_ns: to_ns.max(from_ns),
        }
    }

    /// How times are written that are this far apart.
    pub(crate) fn clock(step: i64) -> fn(i64) -> String {
        match step {
            ..SECOND => format::clock_ms,
            SECOND..MINUTE => clock_seconds,
            MINUTE..DAY => day_or_minutes,
            DAY.. => short_day,
        }
    }

    pub(crate) fn ticks(self) -> Vec<Tick> {
        let most_of = |step| match step {
            MINUTE..DAY => SHORT_TICKS_MAX,
            SECOND..MINUTE => TICKS_MAX,
            _ => LONG_TICKS_MAX,
        };
        let wide = self.step(SHORT_TICKS_MAX[2], None);
        let step = wide.and_then(|step| self.step(most_of(step)[2], None));
        let Some(step) = step else {
            return Vec::new();
        };
        // Those of a narrow page are among those of a wider one.
        let [fewest, most, _] = most_of(step);
        let narrow = self.step(fewest, None).unwrap_or(step);
        let middling = self.step(most, Some(narrow)).unwrap_or(narrow);
        let clock = Axis::clock(step);
        let length = self.length().max(1) as f64;
        let mut ticks = Vec::new();
        let mut at = i128::from(self.from_ns).div_euclid(step.into()) * i128::from(step);
        while at <= i128::from(self.to_ns) {
            if let Some(ns) = i64::try_from(at).ok().filter(|&ns| ns >= self.from_ns) {
                ticks.push(Tick {
                    place: (i128::from(ns) - i128::from(self.from_ns)) as f64 / length * 100.0,
                    label: clock(ns),
                    level: [narrow, middling]
                        .iter()
                        .position(|coarse| ns.rem_euclid(*coarse) == 0)
                        .unwrap_or(2),
                });
            }
            at += i128::from(step);
        }
        ticks
    }

    /// The labels, over the width of the chart.
    pub(crate) fn draw(self) -> Svg {
        let mut labels = String::new();
        for tick in self.ticks() {
            let anchor = match tick.place {
                place if place < 1.5 => "start",
                place if place > 98.5 => "end",
                _ => "middle",
            };
            // A String takes every write.
            let _written = write!(
                labels,
                r#"<text class="tick-{}" x="{:.3}%" y="11" text-anchor="{anchor}">{}</text>"#,
                tick.level, tick.place, tick.label
            );
        }
        Svg(format!(
            r#"<svg class="ticks" aria-hidden="true">{labels}</svg>"#
        ))
    }

    /// The finest step with at most `max` ticks, of those that `of` is a multiple of; none where even the coarsest has more.
    fn step(self, max: i64, of: Option<i64>) -> Option<i64> {
        let fits = |step: &i64| {
            self.length() / i128::from(*step) <= i128::from(max)
                && of.is_none_or(|of| of % step == 0)
        };
        STEPS.into_iter().find(fits)
    }

    fn length(self) -> i128 {
        i128::from(self.to_ns) - i128::from(self.from_ns)
    }
}

fn clock_seconds(ns: i64) -> String {
    let mut text = format::clock_ms(ns);
    text.truncate("00:00:00".len());
    text
}

/// Midnight is told by its day.
fn day_or_minutes(ns: i64) -> String {
    if ns.rem_euclid(DAY) == 0 {
        format::short_day(ns)
    } else {
        format::clock_minutes(ns)
    }
}

/// Days of other years than most are told with them.
fn short_day(ns: i64) -> String {
    format::civil(ns).strftime("%-d %b %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_674_984_060 * SECOND;

    fn labels(length: i64) -> Vec<String> {
        Axis::new(START, START + length)
            .ticks()
            .into_iter()
            .map(|tick| tick.label)
            .collect()
    }

    #[test]
    fn ticks_stand_at_round_times() {
        let quarter = labels(15 * MINUTE);
        assert_eq!(quarter.first().map(String::as_str), Some("09:21"));
        assert_eq!(quarter.last().map(String::as_str), Some("09:36"));
        assert_eq!(quarter.len(), 16);
        assert_eq!(labels(20 * SECOND)[1], "09:21:02");
        assert!(labels(2 * DAY).contains(&"30 Jan".to_owned()));
        assert!(
            labels(30 * DAY).contains(&"7 Feb 2023".to_owned()),
            "{:?}",
            labels(30 * DAY)
        );
        assert_eq!(
            labels(3 * MS),
            [
                "09:21:00.000",
                "09:21:00.001",
                "09:21:00.002",
                "09:21:00.003"
            ]
        );
    }

    #[test]
    fn few_ticks_stand_on_a_narrow_page() {
        for length in [
            0,
            1,
            MS,
            7 * SECOND,
            15 * MINUTE,
            5 * HOUR,
            3 * DAY,
            400 * DAY,
            50 * 365 * DAY,
        ] {
            let ticks = Axis::new(START, START + length).ticks();
            for (level, max) in (0..).zip(SHORT_TICKS_MAX) {
                let shown = ticks.iter().filter(|tick| tick.level <= level).count();
                assert!(shown as i64 <= max + 1, "{length}: {shown} at {level}");
            }
            assert!(ticks.iter().all(|tick| (0.0..=100.0).contains(&tick.place)));
        }
    }

    /// No two labels touch, of whatever range: at three widths, with the widest digits of the fonts.
    #[test]
    fn labels_do_not_touch() {
        const PX_PER_CHAR: f64 = 6.2;
        let lengths = (0..60).map(|power| (1.7_f64.powi(power) * 1e6) as i64);
        for length in lengths.filter(|length| *length < 50 * 365 * DAY) {
            let ticks = Axis::new(START + 1, START + 1 + length).ticks();
            for (level, width) in (0..).zip([240.0, 610.0, 1_150.0]) {
                let shown = ticks.iter().filter(|tick| tick.level <= level);
                let spans: Vec<(f64, f64)> = shown
                    .map(|tick| {
                        let (at, long) = (
                            tick.place / 100.0 * width,
                            tick.label.chars().count() as f64 * PX_PER_CHAR,
                        );
                        match tick.place {
                            place if place < 1.5 => (at, at + long),
                            place if place > 98.5 => (at - long, at),
                            _ => (at - long / 2.0, at + long / 2.0),
                        }
                    })
                    .collect();
                for pair in spans.windows(2) {
                    assert!(pair[0].1 + 2.0 < pair[1].0, "{length} at {width}: {pair:?}");
                }
            }
        }
    }

    #[test]
    fn all_time_has_an_axis() {
        assert!(Axis::new(i64::MIN, i64::MAX).ticks().len() <= 16);
        assert_eq!(Axis::new(5, 4).ticks().len(), 0);
    }
}
