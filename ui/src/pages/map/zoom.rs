//! The size of the map on the page.

use crate::pages::view::{Link, View};

/// Steps of the two buttons, in per cent. Below a third no name can be read.
const STEPS: [u32; 6] = [33, 50, 75, 100, 150, 200];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zoom {
    Percent(u32),
    /// As large as the page has room.
    Fit,
}

impl Default for Zoom {
    fn default() -> Self {
        Zoom::Percent(100)
    }
}

/// The three buttons; the first two only where there is a further step.
pub(super) struct Links {
    pub(super) smaller: Option<Link>,
    pub(super) larger: Option<Link>,
    /// The page's whole size, or full size where it fits already.
    pub(super) fit: Link,
    pub(super) is_fit: bool,
}

impl Zoom {
    pub(super) const EXPECTED: &'static str = "33, 50, 75, 100, 150, 200 or fit";

    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == "fit" {
            return Some(Zoom::Fit);
        }
        let percent = text.parse().ok()?;
        STEPS.contains(&percent).then_some(Zoom::Percent(percent))
    }

    pub(super) fn percent(self) -> Option<u32> {
        match self {
            Zoom::Percent(percent) => Some(percent),
            Zoom::Fit => None,
        }
    }

    pub(super) fn links(self, view: &View) -> Links {
        let at = STEPS.iter().position(|&step| Some(step) == self.percent());
        let step = |at: Option<usize>| {
            let percent = STEPS.get(at?)?;
            let word = if *percent == 100 {
                String::new()
            } else {
                percent.to_string()
            };
            Some(view.with("zoom", &word).link())
        };
        // From what fits, both buttons lead back to steps around full size.
        let (smaller, larger) = match at {
            Some(at) => (step(at.checked_sub(1)), step(Some(at + 1))),
            None => (step(Some(2)), step(Some(3))),
        };
        Links {
            smaller,
            larger,
            fit: view
                .with("zoom", if self == Zoom::Fit { "" } else { "fit" })
                .link(),
            is_fit: self == Zoom::Fit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_lead_up_and_down() {
        let links = |zoom: Zoom| {
            let links = zoom.links(&View::at("/map"));
            let text = |link: Option<Link>| link.map(|link| link.as_str().to_owned());
            (text(links.smaller), text(links.larger))
        };
        let at = |query: &str| Some(format!("/map{query}"));
        assert_eq!(links(Zoom::default()), (at("?zoom=75"), at("?zoom=150")));
        assert_eq!(links(Zoom::Percent(33)), (None, at("?zoom=50")));
        assert_eq!(links(Zoom::Percent(150)), (at(""), at("?zoom=200")));
        assert_eq!(links(Zoom::Percent(200)).1, None);
        assert_eq!(Zoom::parse("10"), None);
        assert_eq!(Zoom::parse("fit"), Some(Zoom::Fit));
    }
}
