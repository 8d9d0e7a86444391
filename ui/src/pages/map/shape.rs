//! The shapes that the map is made of.

use std::f64::consts::PI;
use std::fmt::{Result, Write};

use clearspan_query::NodeKind;

use super::key::Key;
use crate::pages::marks::Marks;

/// How much lower than the others an edge that runs back begins and ends, so that both directions of a pair are seen.
pub(super) const BACK: f64 = 9.0;

/// Radius of the ring around a node's sign.
const RING: f64 = 9.0;

/// Errors are seen, however few.
const RING_LEAST: f64 = 3.0;

const CYLINDER: &str = "M0 2.5v8c0 1.2 2.2 2.2 5 2.2s5-1 5-2.2v-8M0 2.5c0 1.2 2.2 2.2 5 2.2s5-1 5-2.2S7.8.3 5 .3 0 1.3 0 2.5z";

/// A curve from one point to another, level through `bends`: where each begins and ends, and its height.
pub(super) fn curve(
    first: (f64, f64),
    bends: impl Iterator<Item = (f64, f64, f64)>,
    last: (f64, f64),
) -> String {
    let mut path = format!("M{:.1} {:.1}", first.0, first.1);
    let mut at = first;
    let mut to = |path: &mut String, next: (f64, f64)| {
        let half = (next.0 - at.0) / 2.0;
        // A String takes every write.
        let _written = write!(
            path,
            "C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}",
            at.0 + half,
            at.1,
            next.0 - half,
            next.1,
            next.0,
            next.1
        );
        at = next;
    };
    for (begins, ends, y) in bends {
        to(&mut path, (begins, y));
        to(&mut path, (ends, y));
    }
    to(&mut path, last);
    path
}

/// An edge from a node to itself, above its right corner.
pub(super) fn own_loop(x: f64, y: f64) -> String {
    format!("M{x:.1} {y:.1}c-4 -16 28 -16 24 0")
}

/// The ring: the share of errors, from the top to the right.
pub(super) fn ring(out: &mut String, (x, y): (f64, f64), share: f64) -> Result {
    write!(
        out,
        r#"<circle class="ring" cx="{x:.1}" cy="{y:.1}" r="{RING}"/>"#
    )?;
    if share > 0.0 {
        let round = 2.0 * PI * RING;
        write!(
            out,
            r#"<circle class="ring-e" cx="{x:.1}" cy="{y:.1}" r="{RING}" stroke-dasharray="{:.1} {round:.1}" transform="rotate(-90 {x:.1} {y:.1})"/>"#,
            (share * round).clamp(RING_LEAST, round)
        )?;
    }
    Ok(())
}

/// What stands in the ring: a service's colour, or the kind of what is no service.
pub(super) fn sign(out: &mut String, (x, y): (f64, f64), key: &Key, marks: &Marks) -> Result {
    let path = match key.kind {
        NodeKind::Service => {
            let mark = marks.of(&key.name);
            write!(
                out,
                r#"<circle class="{}" cx="{x:.1}" cy="{y:.1}" r="4.5"/>"#,
                mark.colour
            )?;
            if mark.class.contains("mk-split") {
                write!(
                    out,
                    r#"<rect class="cut" x="{:.1}" y="{:.1}" width="10" height="2"/>"#,
                    x - 5.0,
                    y - 1.0
                )?;
            }
            return Ok(());
        }
        NodeKind::Database => {
            "M-3.5 -2.5v5c0 1 1.5 1.7 3.5 1.7s3.5-.7 3.5-1.7v-5M-3.5 -2.5c0 1 1.5 1.7 3.5 1.7s3.5-.7 3.5-1.7s-1.5-1.7-3.5-1.7s-3.5.7-3.5 1.7z"
        }
        NodeKind::Messaging => "M-4 -3.5h8v7h-8zM-4 -3l4 3.5l4-3.5",
        NodeKind::External => "M-3.5 3.5L3.5 -3.5M-1 -3.5h4.5v4.5",
    };
    write!(
        out,
        r#"<path class="sign" transform="translate({x:.1} {y:.1})" d="{path}"/>"#
    )
}

/// A database of the node's own.
pub(super) fn cylinder(out: &mut String, (x, y): (f64, f64)) -> Result {
    write!(
        out,
        r#"<path class="db" transform="translate({x:.1} {y:.1})" d="{CYLINDER}"/>"#
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test may fail loudly")]

    use super::*;

    #[test]
    fn a_curve_begins_and_ends_at_its_nodes() {
        let bends = [(94.0, 154.0, 7.0)].into_iter();
        let path = curve((42.0, 10.0), bends, (200.0, 30.0));
        assert!(path.starts_with("M42.0 10.0C"), "{path}");
        assert!(path.ends_with(" 200.0 30.0"), "{path}");
        assert_eq!(path.matches('C').count(), 3);
    }

    #[test]
    fn every_share_of_errors_is_seen() {
        for (share, dash) in [
            (0.0001, "3.0 "),
            (0.5, "28.3 "),
            (1.0, "56.5 "),
            (7.0, "56.5 "),
        ] {
            let mut out = String::new();
            ring(&mut out, (0.0, 0.0), share).expect("a string takes every write");
            assert!(out.contains(&format!("stroke-dasharray=\"{dash}")), "{out}");
        }
    }
}
