//! The spans as a table in tree order, page by page: the way without a script, and the table twin of the waterfall.

use std::collections::HashSet;

use clearspan_query::{Skeleton, SkeletonSpan, SpanFlags, SpanId};

use super::origin::narrow;
use crate::error::ApiError;
use crate::limits::TRACE_TABLE_ROWS;
use crate::pages::format;
use crate::pages::frame::Frame;
use crate::pages::marks::{Mark, Marks};
use crate::pages::paging::{self, PAGE, Paging};
use crate::pages::view::{Link, View};

/// Steps of a tree's indent; deeper levels come closer, and at last no further, so that names keep their room.
const INDENT: (u32, u32) = (14, 5);
const WIDE_LEVELS: u32 = 12;
const LEVELS_MAX: u32 = 24;

/// Which spans are shown: these and their ancestors.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Filter {
    service: Option<String>,
    errors_only: bool,
    /// Counted from 1; `None` shows where the selected span is.
    page: Option<usize>,
}

impl Filter {
    pub(super) fn of(view: &View) -> Result<Self, ApiError> {
        let service = view.get("service");
        Ok(Filter {
            service: (!service.is_empty()).then(|| service.to_owned()),
            errors_only: view.get("errors") == "only",
            page: paging::asked(view)?,
        })
    }

    fn is_off(&self) -> bool {
        self.service.is_none() && !self.errors_only
    }

    fn takes(&self, skeleton: &Skeleton, span: &SkeletonSpan) -> bool {
        let service = self.service.as_deref();
        service.is_none_or(|name| skeleton.service_of(span) == name)
            && (!self.errors_only || span.flags.has(SpanFlags::ERROR))
    }

    /// The spans shown, in tree order.
    fn shown(&self, skeleton: &Skeleton) -> Vec<usize> {
        if self.is_off() {
            return (0..skeleton.spans.len()).collect();
        }
        let mut kept: Vec<bool> = skeleton
            .spans
            .iter()
            .map(|span| self.takes(skeleton, span))
            .collect();
        // Parents stand before their children, so that one pass from the end reaches every ancestor.
        for at in (0..kept.len()).rev() {
            if let Some(parent) = skeleton.spans[at].parent
                && kept[at]
            {
                kept[parent as usize] = true;
            }
        }
        (0..kept.len()).filter(|&at| kept[at]).collect()
    }
}

pub(super) struct Table {
    pub(super) rows: Vec<Row>,
    pub(super) total: String,
    pub(super) filtered: Option<(String, Link)>,
    pub(super) paging: Paging,
}

pub(super) struct Row {
    pub(super) link: Link,
    pub(super) is_selected: bool,
    pub(super) is_error: bool,
    pub(super) indent: u32,
    pub(super) level: u32,
    pub(super) mark: Mark,
    pub(super) name: String,
    pub(super) has_links: bool,
    pub(super) start: String,
    pub(super) duration: String,
    pub(super) own: String,
}

impl Table {
    pub(super) fn new(
        skeleton: &Skeleton,
        frame: &Frame,
        marks: &Marks,
        filter: &Filter,
        (selected, is_asked): (Option<SpanId>, bool),
    ) -> Self {
        let shown = filter.shown(skeleton);
        // Where it was named, the page shows it.
        let of_selected = || {
            let at = |&at: &usize| Some(skeleton.spans[at].span_id) == selected;
            shown
                .iter()
                .position(at)
                .filter(|_| is_asked)
                .map_or(1, |at| at / TRACE_TABLE_ROWS + 1)
        };
        let page = filter.page.unwrap_or_else(of_selected);
        let paging = Paging::new(&frame.view, page, TRACE_TABLE_ROWS, shown.len());
        let mut seen = HashSet::new();
        let row = |&at: &usize| {
            let span = &skeleton.spans[at];
            let is_selected = Some(span.span_id) == selected && seen.insert(span.span_id);
            Row::new(skeleton, span, frame, marks, is_selected)
        };
        Table {
            total: format::count(skeleton.spans.len() as u64),
            filtered: (!filter.is_off()).then(|| {
                let all = frame.view.without(&["service", "errors", PAGE]).link();
                (format::count(shown.len() as u64), all)
            }),
            rows: shown[paging.rows.clone()].iter().map(row).collect(),
            paging,
        }
    }
}

impl Row {
    fn new(
        skeleton: &Skeleton,
        span: &SkeletonSpan,
        frame: &Frame,
        marks: &Marks,
        is_selected: bool,
    ) -> Self {
        let ns = |ns: u64| format::duration(narrow(i128::from(ns)));
        let has_time = !span.flags.has(SpanFlags::NO_TIME) && !span.flags.has(SpanFlags::NEGATIVE);
        let or_none = |text: String| {
            if has_time {
                text
            } else {
                format::NONE.to_owned()
            }
        };
        Row {
            link: frame.view.with("span", &hex::encode(span.span_id)).link(),
            is_selected,
            is_error: span.flags.has(SpanFlags::ERROR),
            indent: indent(span.depth),
            level: span.depth.saturating_add(1),
            mark: marks.of(skeleton.service_of(span)),
            name: skeleton.name_of(span).to_owned(),
            has_links: span.flags.has(SpanFlags::LINKS),
            start: or_none(format!("+{}", ns(span.start_offset_ns))),
            duration: or_none(ns(span.duration_ns)),
            own: or_none(ns(span.self_ns)),
        }
    }
}

fn indent(depth: u32) -> u32 {
    let wide = depth.min(WIDE_LEVELS);
    let narrow = depth.clamp(WIDE_LEVELS, LEVELS_MAX) - WIDE_LEVELS;
    wide * INDENT.0 + narrow * INDENT.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_levels_come_closer_and_then_stay() {
        assert_eq!(
            [0, 1, 12, 13, 24, 25, u32::MAX].map(indent),
            [0, 14, 168, 173, 228, 228, 228]
        );
    }
}
