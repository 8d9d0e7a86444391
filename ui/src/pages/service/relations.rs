//! Who calls a service, and whom it calls.

use std::cmp::Reverse;

use clearspan_query::{Edge, NodeKind};

use super::format;
use crate::pages::frame::Frame;
use crate::pages::map::{Named, ends_of};
use crate::pages::marks::Marks;
use crate::pages::view::{Link, View};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Callers,
    Callees,
}

pub(super) struct Relation {
    pub(super) named: Named,
    /// The edge on the map.
    pub(super) link: Link,
    pub(super) rate: String,
    pub(super) errors: u64,
    pub(super) p95: String,
}

/// The busiest of one side, at most `most`.
pub(super) fn of(
    side: Side,
    name: &str,
    calls: &[Edge],
    marks: &Marks,
    frame: &Frame,
    most: usize,
) -> Vec<Relation> {
    let (from, to) = frame.range.ends();
    let seconds = (i128::from(to) - i128::from(from)).max(1) as f64 / 1e9;
    let mut found: Vec<_> = (calls.iter())
        .map(|edge| {
            let (caller, callee) = ends_of(edge);
            (edge, caller, callee)
        })
        .filter(|(_, caller, callee)| {
            let own = if side == Side::Callers {
                callee
            } else {
                caller
            };
            own.kind == NodeKind::Service && own.name == name
        })
        .collect();
    found.sort_by_key(|(edge, ..)| Reverse(edge.calls));
    let rows = found.into_iter().take(most).map(|(edge, caller, callee)| {
        let view = View::at("/map")
            .with("sel", &caller.text())
            .with("callee", &callee.text());
        let view = view
            .with("from", frame.view.get("from"))
            .with("to", frame.view.get("to"));
        Relation {
            named: Named::new(
                if side == Side::Callers {
                    &caller
                } else {
                    &callee
                },
                marks,
            ),
            link: view.link(),
            rate: format::rate(edge.calls as f64 / seconds),
            errors: edge.errors,
            p95: format::duration_or_none(edge.p95_ns),
        }
    });
    rows.collect()
}
