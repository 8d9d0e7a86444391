//! Self time by service as one bar: the answer to "whose time is it" in one line.

use std::fmt::{self, Write};

use askama::filters::HtmlSafe;
use clearspan_query::Skeleton;

use super::origin::narrow;
use crate::pages::format;
use crate::pages::frame::Frame;
use crate::pages::marks::Marks;
use crate::pages::paging::PAGE;
use crate::pages::text::plain;
use crate::pages::view::Link;

/// Services that are drawn by themselves; the others are one part at the end.
const DRAWN: usize = 24;

/// A part below this share has no room for its name ...
const LABELLED_FROM: f64 = 0.045;

/// ... and one below this is too narrow to be hit.
const LINKED_FROM: f64 = 0.03;

/// The bar, as SVG: its parts are shares of whatever width it has, which no style sheet can know.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Strip(String);

impl fmt::Display for Strip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Strip {}

impl Strip {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn new(skeleton: &Skeleton, frame: &Frame, marks: &Marks) -> Self {
        let mut own = vec![0u128; skeleton.services.len()];
        for span in &skeleton.spans {
            if let Some(sum) = own.get_mut(span.service as usize) {
                *sum += u128::from(span.self_ns);
            }
        }
        let total: u128 = own.iter().sum();
        if total == 0 {
            return Strip::default();
        }
        let mut ranked: Vec<(usize, u128)> = own.into_iter().enumerate().collect();
        ranked.retain(|&(_, ns)| ns > 0);
        ranked.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        let mut strip = Drawing::new(total);
        for &(service, ns) in ranked.iter().take(DRAWN) {
            let name = skeleton.services.get(service).map_or("", String::as_str);
            let mark = marks.of(name);
            let shown = if mark.is_unnamed() {
                "(no service.name)"
            } else {
                &mark.middle
            };
            let view = frame.view.without(&[PAGE]).with("service", name);
            strip.part(&Part {
                class: &mark.class,
                name: shown,
                whole_name: &plain(name),
                ns,
                link: (!mark.is_unnamed()).then(|| (service, view.link())),
            });
        }
        let others = ranked.get(DRAWN..).unwrap_or_default();
        if !others.is_empty() {
            let ns = others.iter().map(|&(_, ns)| ns).sum();
            let words = format!("{} more services", others.len());
            strip.part(&Part {
                class: "mk",
                name: &words,
                whole_name: &words,
                ns,
                link: None,
            });
        }
        Strip(strip.out)
    }
}

struct Part<'a> {
    class: &'a str,
    name: &'a str,
    whole_name: &'a str,
    ns: u128,
    /// The service's number in the skeleton, by which a script knows it, and the page with its spans alone.
    link: Option<(usize, Link)>,
}

struct Drawing {
    out: String,
    total: f64,
    drawn: f64,
}

impl Drawing {
    fn new(total: u128) -> Self {
        Drawing {
            out: String::new(),
            total: total as f64,
            drawn: 0.0,
        }
    }

    fn part(&mut self, part: &Part<'_>) {
        let share = part.ns as f64 / self.total;
        let svg = self.svg(part, share);
        self.drawn += share;
        // A String takes every write.
        let _written = match &part.link {
            Some((service, link)) if share >= LINKED_FROM => write!(
                self.out,
                r#"<a href="{link}" data-service="{service}" aria-label="Only spans of {}">{svg}</a>"#,
                Attribute(part.whole_name)
            ),
            _ => self.out.write_str(&svg),
        };
    }

    fn svg(&self, part: &Part<'_>, share: f64) -> String {
        let (x, width) = (self.drawn * 100.0, share * 100.0);
        let ns = narrow(i128::try_from(part.ns).unwrap_or(i128::MAX));
        let title = format!(
            "{} {} of self time, {width:.1} %",
            Attribute(part.whole_name),
            format::duration(ns)
        );
        let first = if self.drawn == 0.0 { "Self time: " } else { "" };
        let label = format!(
            r#"<text y="12"><tspan class="d3">{first}</tspan><tspan class="d1">{}</tspan> {width:.0} %</text>"#,
            Attribute(part.name)
        );
        format!(
            r#"<svg x="{x:.3}%" width="{width:.3}%" height="24"><title>{title}</title><rect class="hit" width="100%" height="24"/>{}<rect class="{}" y="19" width="100%" height="5" rx="1"/></svg>"#,
            if share > LABELLED_FROM { &label } else { "" },
            part.class
        )
    }
}

/// Text within a `title` or an attribute, where the signs of hidden characters have no frame.
struct Attribute<'a>(&'a str);

impl fmt::Display for Attribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&#34;"),
            c => f.write_char(c),
        })
    }
}
