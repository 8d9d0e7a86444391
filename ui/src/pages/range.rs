//! The time range of a page: what was asked, what it means now, and how it is said.

use clearspan_query::{AskedRange, AskedTime};

use super::format;
use super::view::View;
use crate::error::ApiError;
use crate::params::Params;
use crate::time;

/// What a page shows when nobody asked for a range.
const DEFAULT_FROM: &str = "now-15m";

const NS_PER_S: i64 = 1_000_000_000;

/// A range that ends now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Preset {
    pub(crate) from: &'static str,
    pub(crate) words: &'static str,
}

pub(crate) const PRESETS: &[Preset] = &[
    Preset {
        from: "now-5m",
        words: "Last 5 minutes",
    },
    Preset {
        from: "now-15m",
        words: "Last 15 minutes",
    },
    Preset {
        from: "now-1h",
        words: "Last hour",
    },
    Preset {
        from: "now-3h",
        words: "Last 3 hours",
    },
    Preset {
        from: "now-12h",
        words: "Last 12 hours",
    },
    Preset {
        from: "now-1d",
        words: "Last 24 hours",
    },
    Preset {
        from: "now-7d",
        words: "Last 7 days",
    },
    Preset {
        from: "now-30d",
        words: "Last 30 days",
    },
    Preset {
        from: "0",
        words: "All since 1970",
    },
];

/// The range of a page.
#[derive(Debug, Clone)]
pub(crate) struct PageRange {
    /// As it stands in the URL; the default when nothing does.
    pub(crate) from_text: String,
    pub(crate) to_text: String,
    pub(crate) asked: AskedRange,
    pub(crate) from_ns: Option<i64>,
    pub(crate) to_ns: Option<i64>,
    pub(crate) now_ns: i64,
}

impl PageRange {
    /// Reads `from` and `to`.
    pub(crate) fn read(params: &Params, now_ns: i64) -> Result<Self, ApiError> {
        let given =
            |name| Ok::<_, ApiError>(params.text(name)?.unwrap_or_default().trim().to_owned());
        let (mut from_text, to_text) = (given("from")?, given("to")?);
        let asked = if from_text.is_empty() && to_text.is_empty() {
            from_text = DEFAULT_FROM.to_owned();
            AskedRange {
                from: AskedTime::parse(DEFAULT_FROM),
                to: None,
            }
        } else {
            time::range_of(&from_text, &to_text)?
        };
        let resolved = asked.resolve(now_ns).map_err(ApiError::from)?;
        Ok(PageRange {
            from_text,
            to_text,
            asked,
            from_ns: resolved.from,
            to_ns: resolved.to,
            now_ns,
        })
    }

    /// The default, for pages whose own range cannot be read.
    pub(crate) fn fallback(view: &View, now_ns: i64) -> Self {
        let from_ns = now_ns.saturating_sub(900 * NS_PER_S);
        PageRange {
            from_text: view.get("from").to_owned(),
            to_text: view.get("to").to_owned(),
            asked: AskedRange {
                from: AskedTime::parse(DEFAULT_FROM),
                to: None,
            },
            from_ns: Some(from_ns),
            to_ns: None,
            now_ns,
        }
    }

    /// Whether this is what the preset asks for.
    pub(crate) fn is(&self, preset: &Preset) -> bool {
        self.from_text == preset.from && self.ends_now()
    }

    fn ends_now(&self) -> bool {
        matches!(self.to_text.as_str(), "" | "now")
    }

    /// First and last instant that can be named; an open end ends now, or at the start when that is later.
    pub(crate) fn ends(&self) -> (i64, i64) {
        let from = self.from_ns.unwrap_or(0);
        (from, self.to_ns.unwrap_or_else(|| self.now_ns.max(from)))
    }

    /// In words where it ends now, else as two times.
    pub(crate) fn label(&self) -> String {
        if let Some(preset) = PRESETS.iter().find(|preset| self.is(preset)) {
            return preset.words.to_owned();
        }
        let (from, to) = self.ends();
        self.between(from, to)
    }

    /// The range before, which is as long, as two times.
    pub(crate) fn before(&self) -> String {
        let (from, to) = self.ends();
        self.between(from.saturating_sub(to.saturating_sub(from)), from)
    }

    fn between(&self, from: i64, to: i64) -> String {
        let same_day = format::civil(from).date() == format::civil(to).date();
        let day = |ns| format::day(ns, self.now_ns);
        let clock = if to.saturating_sub(from) < 300 * NS_PER_S {
            clock_seconds
        } else {
            format::clock_minutes
        };
        if same_day {
            format!("{} {} – {}", day(from), clock(from), clock(to))
        } else {
            format!("{} {} – {} {}", day(from), clock(from), day(to), clock(to))
        }
    }

    /// The zone, and how long it is.
    pub(crate) fn note(&self) -> String {
        let (from, to) = self.ends();
        if PRESETS.iter().any(|preset| self.is(preset)) {
            return "UTC".to_owned();
        }
        format!("UTC · {}", format::duration(to.saturating_sub(from)))
    }

    /// As long a range just before (`-1`) or after (`1`) this one; `None` where there is nothing to move.
    pub(crate) fn shifted(&self, direction: i64) -> Option<(String, String)> {
        let from = self.from_ns?;
        let to = self.to_ns.unwrap_or(self.now_ns);
        let length = to.checked_sub(from).filter(|&length| length > 0)?;
        let by = length.checked_mul(direction)?;
        Some((
            format::rfc3339(from.checked_add(by)?),
            format::rfc3339(to.checked_add(by)?),
        ))
    }

    /// Both ends as absolute times, so that a link shows the same tomorrow.
    pub(crate) fn pinned(&self) -> (String, String) {
        let (from, to) = self.ends();
        let from = if self.from_ns.is_some() {
            format::rfc3339(from)
        } else {
            "0".to_owned()
        };
        (from, format::rfc3339(to))
    }
}

fn clock_seconds(ns: i64) -> String {
    let text = format::clock_ms(ns);
    text.split_once('.')
        .map_or(text.clone(), |(whole, _)| whole.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    const NOW: i64 = 1_674_984_960 * NS_PER_S;

    fn read(from: &str, to: &str) -> Result<PageRange, ApiError> {
        let mut params = Params::default();
        params
            .push_query_string(&format!("from={from}&to={to}"))
            .unwrap();
        PageRange::read(&params, NOW)
    }

    #[test]
    fn the_last_fifteen_minutes_unless_asked_otherwise() {
        let range = read("", "").unwrap();
        assert_eq!(range.from_ns, Some(NOW - 900 * NS_PER_S));
        assert_eq!(
            (range.label().as_str(), range.to_ns),
            ("Last 15 minutes", None)
        );
        assert_eq!(read("", "now").unwrap().from_ns, None);
    }

    #[test]
    fn labels() {
        let absolute = read("2023-01-29T09:21:00Z", "2023-01-29T09:36:00Z").unwrap();
        assert_eq!(absolute.label(), "29 Jan 09:21 – 09:36");
        assert_eq!(absolute.note(), "UTC · 15.0\u{a0}min");
        let days = read("2022-12-31T09:21:00Z", "2023-01-29T09:36:00Z").unwrap();
        assert_eq!(days.label(), "31 Dec 2022 09:21 – 29 Jan 09:36");
        let seconds = read("2023-01-29T09:21:00Z", "2023-01-29T09:22:00Z").unwrap();
        assert_eq!(seconds.label(), "29 Jan 09:21:00 – 09:22:00");
        assert_eq!(seconds.before(), "29 Jan 09:20:00 – 09:21:00");
        assert_eq!(days.before(), "2 Dec 2022 09:06 – 31 Dec 2022 09:21");
    }

    #[test]
    fn a_range_moves_by_its_own_length() {
        let range = read("2023-01-29T09:21:00Z", "2023-01-29T09:36:00Z").unwrap();
        let (from, to) = range.shifted(-1).unwrap();
        assert_eq!(from, "2023-01-29T09:06:00.000000000Z");
        assert_eq!(to, "2023-01-29T09:21:00.000000000Z");
        assert_eq!(read("", "now").unwrap().shifted(1), None);
        assert_eq!(range.pinned().1, "2023-01-29T09:36:00.000000000Z");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        assert!(read("yesterday", "").is_err());
        assert!(read("now", "now-1h").is_err());
    }
}
