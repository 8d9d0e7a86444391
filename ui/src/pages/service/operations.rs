//! The operations of a service by impact, those that it answers apart from those that it calls.

use clearspan_query::OperationRow;

use super::{Wanted, filters, format};
use crate::limits::SERVICE_OPERATIONS_ROWS;
use crate::pages::chart::{Svg, meter};
use crate::pages::frame::Frame;
use crate::pages::paging::Paging;
use crate::pages::view::{Link, View};

/// The kinds of spans, as the search language names them, by OTLP's number.
const WORDS: [&str; 6] = [
    "unspecified",
    "internal",
    "server",
    "client",
    "producer",
    "consumer",
];

pub(super) const KINDS: &str = "internal, server, client, producer or consumer";

/// Shares of impact for the bar: whole numbers that a meter compares.
const SHARES: f64 = 1e6;

pub(super) fn kind_number(word: &str) -> Option<i32> {
    let at = WORDS.iter().position(|known| *known == word)?;
    i32::try_from(at).ok()
}

pub(super) fn kind_word(kind: i32) -> &'static str {
    let word = usize::try_from(kind).ok().and_then(|kind| WORDS.get(kind));
    word.copied().unwrap_or("unspecified")
}

pub(super) struct Operations {
    pub(super) groups: Vec<Group>,
    pub(super) paging: Paging,
    pub(super) total: String,
}

pub(super) struct Group {
    pub(super) words: &'static str,
    pub(super) rows: Vec<Row>,
}

pub(super) struct Row {
    pub(super) name: String,
    pub(super) kind: &'static str,
    /// Whether a row beside it has the same name, and another kind.
    pub(super) has_twin: bool,
    /// The charts of this operation.
    pub(super) charts: Link,
    pub(super) is_chosen: bool,
    /// Its traces.
    pub(super) traces: Link,
    pub(super) calls: String,
    pub(super) errors: u64,
    pub(super) p95: String,
    pub(super) impact: String,
    pub(super) bar: Svg,
}

impl Operations {
    pub(super) fn new(
        mut operations: Vec<OperationRow>,
        service: &str,
        wanted: &Wanted,
        frame: &Frame,
    ) -> Self {
        // By impact already; what is answered comes before what is called.
        operations.sort_by_key(|row| group(row.kind));
        let paging = Paging::new(
            &frame.view,
            wanted.page,
            SERVICE_OPERATIONS_ROWS,
            operations.len(),
        );
        let most = operations.iter().map(|row| row.impact).fold(0.0, f64::max);
        let shown = &operations[paging.rows.clone()];
        let groups = shown.chunk_by(|a, b| group(a.kind) == group(b.kind));
        Operations {
            groups: groups
                .map(|rows| Group {
                    words: ["Answered", "Called by this service", "Inside"][group(rows[0].kind)],
                    rows: rows
                        .iter()
                        .map(|row| Row {
                            has_twin: has_twin(row, rows),
                            ..Row::new(row, service, wanted, frame, most)
                        })
                        .collect(),
                })
                .collect(),
            paging,
            total: format::count(operations.len() as u64),
        }
    }
}

/// What a service answers, what it calls, what it does inside.
fn group(kind: i32) -> usize {
    match kind_word(kind) {
        "server" | "consumer" => 0,
        "client" | "producer" => 1,
        _ => 2,
    }
}

/// Whether only their kinds tell `row` from another of `rows`.
fn has_twin(row: &OperationRow, rows: &[OperationRow]) -> bool {
    let same = rows.iter().filter(|other| other.name == row.name);
    same.count() > 1
}

impl Row {
    fn new(row: &OperationRow, service: &str, wanted: &Wanted, frame: &Frame, most: f64) -> Self {
        let kind = kind_word(row.kind);
        let charts = frame
            .view
            .with("operation", &row.name)
            .with("kind", kind)
            .without(&["at"]);
        let query = format!(
            "{} {} kind:{kind}",
            filters::is("service", service),
            filters::is("name", &row.name)
        );
        let traces = View::at("/traces").with("q", &query);
        let traces = traces
            .with("from", frame.view.get("from"))
            .with("to", frame.view.get("to"));
        let of_all = |share: f64| (share.clamp(0.0, 1.0) * SHARES) as i64;
        Row {
            kind,
            has_twin: false,
            charts: charts.link(),
            is_chosen: wanted.operation.as_deref() == Some(row.name.as_str())
                && wanted.kind.is_none_or(|kind| kind == row.kind),
            traces: traces.link(),
            calls: format::count(row.calls),
            errors: row.errors,
            p95: format::duration_or_none(row.p95_ns),
            impact: percent(row.impact),
            bar: meter(of_all(row.impact), of_all(most).max(1), false),
            name: row.name.clone(),
        }
    }
}

fn percent(share: f64) -> String {
    match share * 100.0 {
        s if s <= 0.0 => "0".to_owned(),
        s if s < 0.1 => "<0.1".to_owned(),
        s if s < 9.95 => format!("{s:.1}"),
        s => format!("{s:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_words_and_groups() {
        for (number, word) in (0..).zip(WORDS) {
            assert_eq!((kind_number(word), kind_word(number)), (Some(number), word));
        }
        assert_eq!(kind_word(77), "unspecified");
        assert_eq!(kind_number("x"), None);
        assert_eq!([0, 1, 2, 3, 4, 5].map(group), [2, 2, 0, 1, 1, 0]);
    }

    #[test]
    fn impact_in_per_cent() {
        assert_eq!(
            [0.0, 0.0004, 0.034, 0.83, 1.0].map(percent),
            ["0", "<0.1", "3.4", "83", "100"]
        );
    }
}
