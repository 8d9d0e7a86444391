//! Where a page of rows starts: the engine's cursor, with what the rows before it tell a reader.
//!
//! ```text
//! place := cursor | direction rows_before "_" last_ns "." cursor
//! ```
//!
//! `n` goes on behind the cursor's row, `p` goes back before it. How many rows stand before and when the last of them was is for
//! the row numbers, the date and the pauses; a bare cursor, as the API gives it, does without.

use std::fmt;

/// A page's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Rows before the first of this page; of a page that goes back, rows before the page it came from.
    pub(super) rows_before: Option<u64>,
    /// When the row before was.
    pub(super) last_ns: Option<i64>,
    /// The rows before the cursor's row, nearest first.
    pub(super) goes_back: bool,
    pub(super) cursor: String,
}

impl Place {
    /// `None` of the empty text, which is the start.
    pub(super) fn parse(text: &str) -> Option<Place> {
        if text.is_empty() {
            return None;
        }
        Some(told(text).unwrap_or_else(|| Place {
            rows_before: None,
            last_ns: None,
            goes_back: false,
            cursor: text.to_owned(),
        }))
    }
}

fn told(text: &str) -> Option<Place> {
    let (head, cursor) = text.split_once('.')?;
    let (direction, head) = head.split_at_checked(1)?;
    let (rows_before, last_ns) = head.split_once('_')?;
    Some(Place {
        rows_before: rows_before.parse().ok(),
        last_ns: last_ns.parse().ok(),
        goes_back: match direction {
            "n" => false,
            "p" => true,
            _ => return None,
        },
        cursor: cursor.to_owned(),
    })
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = if self.goes_back { 'p' } else { 'n' };
        write!(f, "{direction}")?;
        if let Some(rows) = self.rows_before {
            write!(f, "{rows}")?;
        }
        f.write_str("_")?;
        if let Some(ns) = self.last_ns {
            write!(f, "{ns}")?;
        }
        write!(f, ".{}", self.cursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back() {
        for (rows_before, last_ns) in [
            (None, None),
            (Some(0), Some(-5)),
            (Some(u64::MAX), Some(i64::MIN)),
        ] {
            for goes_back in [false, true] {
                let place = Place {
                    rows_before,
                    last_ns,
                    goes_back,
                    cursor: "AQ-_".into(),
                };
                assert_eq!(Place::parse(&place.to_string()), Some(place));
            }
        }
        assert_eq!(Place::parse(""), None);
        for bare in ["AQ", "x1_2.AQ", "n.AQ", ".", "é.x"] {
            let place = Place::parse(bare);
            assert_eq!(
                place.as_ref().map(|place| place.cursor.as_str()),
                Some(bare)
            );
            assert_eq!(place.and_then(|place| place.rows_before), None);
        }
    }
}
