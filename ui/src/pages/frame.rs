//! What surrounds every page: the rail, the query bar, the time picker, theme and density.

use http::HeaderMap;
use http::header::COOKIE;

use super::format;
use super::paging::PAGE;
use super::range::{PageRange, Preset};
use super::view::{Link, View};

/// The pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Here {
    Services,
    Logs,
    Traces,
    Trace,
    Map,
    Service,
}

impl Here {
    /// Those that the rail leads to.
    pub(crate) const RAIL: &'static [Here] = &[Here::Services, Here::Logs, Here::Traces, Here::Map];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Here::Services => "services",
            Here::Logs => "logs",
            Here::Traces => "traces",
            Here::Trace => "trace",
            Here::Map => "map",
            Here::Service => "service",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Here::Services => "Services",
            Here::Logs => "Logs",
            Here::Traces => "Traces",
            Here::Trace => "Trace",
            Here::Map => "Map",
            Here::Service => "Service",
        }
    }

    /// The page of the rail that this one belongs to.
    pub(crate) fn rail(self) -> Here {
        match self {
            Here::Trace => Here::Traces,
            Here::Service => Here::Services,
            other => other,
        }
    }

    /// The key after `g`.
    pub(crate) fn key(self) -> char {
        match self {
            Here::Services | Here::Service => 's',
            Here::Logs => 'l',
            Here::Traces | Here::Trace => 't',
            Here::Map => 'm',
        }
    }

    pub(crate) fn icon(self) -> &'static str {
        self.rail().word()
    }

    /// Where the query bar's question is answered.
    pub(crate) fn search_path(self) -> &'static str {
        match self {
            Here::Services => "/",
            Here::Logs => "/logs",
            Here::Traces | Here::Trace | Here::Service => "/traces",
            Here::Map => "/map",
        }
    }

    pub(crate) fn placeholder(self) -> &'static str {
        match self {
            Here::Services => "Filter services, or paste a trace id",
            Here::Logs => "Words, \"a phrase\", field:value, or a trace id",
            Here::Traces | Here::Trace | Here::Service => {
                "Span names, field:value, duration>500ms, or a trace id"
            }
            Here::Map => "Find a service on the map",
        }
    }
}

/// A theme that was chosen; without a choice the browser's own preference holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    Dark,
    Light,
}

impl Theme {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Theme::Dark => "dark",
            Theme::Light => "light",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Theme::Dark, Theme::Light]
            .into_iter()
            .find(|theme| theme.word() == word)
    }

    fn other(self) -> Theme {
        match self {
            Theme::Dark => Theme::Light,
            Theme::Light => Theme::Dark,
        }
    }
}

/// The surroundings of one page.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) here: Here,
    pub(crate) view: View,
    pub(crate) range: PageRange,
    pub(crate) theme: Option<Theme>,
    pub(crate) roomy: bool,
    /// The query has a mistake, which the page shows.
    pub(crate) is_mistaken: bool,
}

impl Frame {
    pub(crate) fn new(here: Here, view: View, range: PageRange, headers: &HeaderMap) -> Self {
        Frame {
            here,
            view,
            range,
            theme: cookie(headers, "theme").and_then(Theme::parse),
            roomy: cookie(headers, "density") == Some("roomy"),
            is_mistaken: false,
        }
    }

    pub(crate) fn query(&self) -> &str {
        self.view.get("q")
    }

    /// A new question keeps the range and what the page shows of it, not the place in the old answer.
    pub(crate) fn kept_by_query(&self) -> Vec<(&str, &str)> {
        if self.here == Here::Service {
            // Its other parameters mean nothing to the page that answers.
            let mut kept = self.view.kept(&[]);
            kept.retain(|(name, _)| matches!(*name, "from" | "to"));
            return kept;
        }
        self.view
            .kept(&["q", "cursor", PAGE, "sel", "callee", "focus", "hops"])
    }

    pub(crate) fn kept_by_range(&self) -> Vec<(&str, &str)> {
        self.view
            .kept(&["from", "to", "cursor", PAGE, "sel", "callee", "at"])
    }

    /// Another page about the same range. The query means something else there, and stays here.
    pub(crate) fn rail_link(&self, page: &Here) -> Link {
        let view = View::at(page.search_path());
        view.with("from", self.view.get("from"))
            .with("to", self.view.get("to"))
            .link()
    }

    pub(crate) fn preset_link(&self, preset: &Preset) -> Link {
        self.in_range(preset.from, "")
    }

    pub(crate) fn earlier(&self) -> Option<Link> {
        self.shifted(-1)
    }

    pub(crate) fn later(&self) -> Option<Link> {
        self.shifted(1)
    }

    /// This view with absolute times, from the answer's start: a place belongs to the range that it was found in.
    pub(crate) fn pinned(&self) -> Link {
        let (from, to) = self.range.pinned();
        let view = self.view.without(&["cursor"]);
        view.with("from", &from).with("to", &to).link()
    }

    /// This page in another range, from the answer's start.
    pub(crate) fn in_range(&self, from: &str, to: &str) -> Link {
        let view = self.view.without(&["cursor", PAGE, "sel", "callee", "at"]);
        view.with("from", from).with("to", to).link()
    }

    /// This page in the quarter of an hour that ends just behind an instant.
    pub(crate) fn around(&self, ns: i64) -> Link {
        const SECOND: i64 = 1_000_000_000;
        let (from, to) = (ns.saturating_sub(899 * SECOND), ns.saturating_add(SECOND));
        self.in_range(&format::rfc3339(from), &format::rfc3339(to))
    }

    /// The way to the other theme. Without a choice the server cannot know what the browser shows: then there is one for
    /// each, of which the browser shows the one that changes something.
    pub(crate) fn theme_links(&self) -> Vec<(&'static str, Link)> {
        let to = |next: Theme| {
            let view = View::at("/theme").with("set", next.word());
            view.with("back", self.view.link().as_str()).link()
        };
        match self.theme {
            Some(theme) => vec![("", to(theme.other()))],
            None => vec![
                (" where-light", to(Theme::Dark)),
                (" where-dark", to(Theme::Light)),
            ],
        }
    }

    fn shifted(&self, direction: i64) -> Option<Link> {
        let (from, to) = self.range.shifted(direction)?;
        Some(self.in_range(&from, &to))
    }
}

/// The value of a cookie.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lists = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    lists
        .flat_map(|list| list.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(given, _)| *given == name)
        .map(|(_, value)| value)
}
