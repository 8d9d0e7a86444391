//! Self time: a span's duration less the union of its direct children's intervals, cut to its own.
//!
//! Siblings stand in the order of their starts, so the union grows at its end alone: one pass over the
//! tree is enough, and for each span one mark, up to where children have covered it.

/// A span in tree order. Where its start or its end is unknown it takes no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timed {
    /// Where its parent stands.
    parent: Option<u32>,
    start: u64,
    end: u64,
}

impl Timed {
    /// From times as sent, 0 when unknown.
    pub(crate) fn new(parent: Option<u32>, start: u64, end: u64) -> Self {
        let (start, end) = if start == 0 || end == 0 {
            (0, 0)
        } else {
            (start, end)
        };
        Timed { parent, start, end }
    }

    /// End less start; 0 where the end lies before the start.
    pub(crate) fn duration(self) -> u64 {
        self.end.saturating_sub(self.start)
    }
}

/// The self time of each span. Parents stand before their children, siblings in the order of their
/// starts; those without a known time may stand anywhere among them.
pub(crate) fn self_times(spans: &[Timed]) -> Vec<u64> {
    let mut covered_to: Vec<u64> = spans.iter().map(|span| span.start).collect();
    let mut own: Vec<u64> = spans.iter().map(|span| span.duration()).collect();
    for child in spans {
        let Some(parent) = child.parent.map(|parent| parent as usize) else {
            continue;
        };
        let from = child.start.max(covered_to[parent]);
        let to = child.end.min(spans[parent].end);
        if from < to {
            own[parent] -= to - from;
            covered_to[parent] = to;
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn check(spans: &[(Option<u32>, u64, u64)], expected: &[u64]) {
        let spans: Vec<Timed> = spans
            .iter()
            .map(|&(parent, start, end)| Timed::new(parent, start, end))
            .collect();
        assert_eq!(self_times(&spans), expected, "{spans:?}");
    }

    #[test]
    fn children_count_once_and_only_inside() {
        check(&[(None, 10, 30)], &[20]);
        check(
            &[(None, 10, 30), (Some(0), 12, 20), (Some(0), 15, 25)],
            &[7, 8, 10],
        );
        check(
            &[(None, 10, 30), (Some(0), 5, 12), (Some(0), 28, 90)],
            &[16, 7, 62],
        );
        check(&[(None, 10, 30), (Some(0), 1, 99)], &[0, 98]);
        // Grandchildren are the child's affair.
        check(
            &[(None, 10, 30), (Some(0), 12, 14), (Some(1), 12, 30)],
            &[18, 0, 18],
        );
        check(
            &[
                (None, 10, 30),
                (Some(0), 20, 15),
                (Some(0), 20, 0),
                (Some(0), 0, 20),
            ],
            &[20, 0, 0, 0],
        );
        check(&[(None, 30, 10), (Some(0), 5, 40)], &[0, 35]);
        check(
            &[(None, 1, u64::MAX), (Some(0), 2, u64::MAX)],
            &[1, u64::MAX - 2],
        );
        check(&[], &[]);
    }

    proptest! {
        /// Every instant of a span is its own unless a child has it too.
        #[test]
        fn any_times_equal_a_count_of_instants(
            root in (0u64..40, 0u64..40),
            mut children in vec((0u64..40, 0u64..40), 0..8),
        ) {
            children.sort_unstable();
            let spans: Vec<Timed> = std::iter::once(Timed::new(None, root.0, root.1))
                .chain(children.iter().map(|&(start, end)| Timed::new(Some(0), start, end)))
                .collect();
            let holds = |(start, end): (u64, u64), instant| start != 0 && (start..end).contains(&instant);
            let own = (0..40u64)
                .filter(|&instant| holds(root, instant))
                .filter(|&instant| !children.iter().any(|&child| holds(child, instant)))
                .count();
            prop_assert_eq!(self_times(&spans)[0], own as u64);
        }
    }
}
