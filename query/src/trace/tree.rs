//! The spans of a trace as a tree.
//!
//! 1. A span hangs on the span that its parent id names. Of several with that id, on the first that arrived.
//! 2. A span without a parent, and one whose parent is absent (an orphan), stands at the top.
//! 3. Parents that form a cycle reach no top. The cycle's earliest span is put there, which breaks it.
//! 4. Spans are placed in pre-order: each before its children, which follow in the order of [`Rank`].
//!
//! Nothing here recurses: a trace may be a chain of any length.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use clearspan_schema::SpanId;

/// What the tree asks of a span. Spans are numbered in the order in which they arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) id: SpanId,
    pub(crate) parent: Option<SpanId>,
    /// The start as sent, 0 when unknown.
    pub(crate) start: u64,
}

/// The order of siblings: by start, unknown ones last; then by span id; then by arrival.
type Rank = (u64, SpanId, u32);

/// Where a span stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The span's number.
    pub(crate) span: u32,
    /// Where its parent stands in the tree's order; always before the span itself.
    pub(crate) parent: Option<u32>,
    /// Steps to the top.
    pub(crate) depth: u32,
    pub(crate) marks: Marks,
}

/// What is odd about a span's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Marks {
    /// Its parent is named, but absent.
    pub(crate) is_orphan: bool,
    /// Another span of the trace has its id.
    pub(crate) is_duplicate: bool,
    /// Its parents form a cycle, which was broken at this span.
    pub(crate) breaks_cycle: bool,
}

/// All spans in pre-order.
pub(crate) fn tree(nodes: &[Node]) -> Vec<Place> {
    let mut links = Links::of(nodes);
    links.break_cycles(nodes);
    links.pre_order(nodes)
}

/// Who hangs on whom, by number.
struct Links {
    parents: Vec<Option<u32>>,
    marks: Vec<Marks>,
}

impl Links {
    fn of(nodes: &[Node]) -> Self {
        let mut marks = vec![Marks::default(); nodes.len()];
        let mut first: HashMap<SpanId, u32> = HashMap::with_capacity(nodes.len());
        for (at, node) in (0..).zip(nodes) {
            match first.entry(node.id) {
                Entry::Vacant(free) => {
                    free.insert(at);
                }
                Entry::Occupied(known) => {
                    marks[*known.get() as usize].is_duplicate = true;
                    marks[at as usize].is_duplicate = true;
                }
            }
        }
        let parent_of = |(node, marks): (&Node, &mut Marks)| {
            let found = first.get(&node.parent?).copied();
            marks.is_orphan = found.is_none();
            found
        };
        let parents = nodes.iter().zip(&mut marks).map(parent_of).collect();
        Links { parents, marks }
    }

    /// Each walk goes up from a span until it is at the top, or where an earlier walk has been. Where it
    /// meets itself it has found a cycle, of which no other walk will know.
    fn break_cycles(&mut self, nodes: &[Node]) {
        // The walk that came by first; 0 for none.
        let mut walked = vec![0u32; nodes.len()];
        for start in 0..nodes.len() {
            let walk = start as u32 + 1;
            let mut at = start;
            while walked[at] == 0 {
                walked[at] = walk;
                let Some(parent) = self.parents[at] else {
                    break;
                };
                at = parent as usize;
            }
            if walked[at] == walk && self.parents[at].is_some() {
                self.break_cycle(nodes, at as u32);
            }
        }
    }

    fn break_cycle(&mut self, nodes: &[Node], through: u32) {
        let (mut at, mut earliest) = (through, through);
        while let Some(parent) = self.parents[at as usize] {
            at = parent;
            if rank(nodes, at) < rank(nodes, earliest) {
                earliest = at;
            }
            if at == through {
                break;
            }
        }
        self.parents[earliest as usize] = None;
        self.marks[earliest as usize].breaks_cycle = true;
    }

    fn pre_order(&self, nodes: &[Node]) -> Vec<Place> {
        let children = Children::of(nodes, &self.parents);
        let mut places = Vec::with_capacity(nodes.len());
        // The next to be placed is on top, so siblings are put down in reverse.
        let top = children.of_parent(None).iter().rev();
        let mut waiting: Vec<(u32, Option<u32>, u32)> = top.map(|&span| (span, None, 0)).collect();
        while let Some((span, parent, depth)) = waiting.pop() {
            let here = places.len() as u32;
            places.push(Place {
                span,
                parent,
                depth,
                marks: self.marks[span as usize],
            });
            let below = children.of_parent(Some(span)).iter().rev();
            waiting.extend(below.map(|&child| (child, Some(here), depth + 1)));
        }
        places
    }
}

fn rank(nodes: &[Node], at: u32) -> Rank {
    let node = &nodes[at as usize];
    // An unknown start, 0, becomes the largest number; all others keep their order.
    (node.start.wrapping_sub(1), node.id, at)
}

/// The spans below each span, siblings together and in order.
struct Children {
    spans: Vec<u32>,
    /// Where the group of each parent ends: first that of the spans at the top, then one for each span.
    ends: Vec<u32>,
}

impl Children {
    fn of(nodes: &[Node], parents: &[Option<u32>]) -> Self {
        let group = |span: u32| group_of(parents[span as usize]);
        let mut ranked: Vec<u32> = (0..nodes.len() as u32).collect();
        ranked.sort_unstable_by_key(|&span| rank(nodes, span));
        let mut sizes = vec![0u32; nodes.len() + 1];
        ranked.iter().for_each(|&span| sizes[group(span)] += 1);
        let mut ends = Vec::with_capacity(sizes.len());
        let mut next: Vec<u32> = Vec::with_capacity(sizes.len());
        let mut end = 0;
        for size in sizes {
            next.push(end);
            end += size;
            ends.push(end);
        }
        let mut spans = vec![0; nodes.len()];
        for span in ranked {
            let at = &mut next[group(span)];
            spans[*at as usize] = span;
            *at += 1;
        }
        Children { spans, ends }
    }

    fn of_parent(&self, parent: Option<u32>) -> &[u32] {
        let group = group_of(parent);
        let start = group.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.spans[start as usize..self.ends[group] as usize]
    }
}

fn group_of(parent: Option<u32>) -> usize {
    parent.map_or(0, |parent| parent as usize + 1)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn node(id: u32, parent: Option<u32>, start: u64) -> Node {
        let span_id = |id: u32| u64::from(id).to_be_bytes();
        Node {
            id: span_id(id),
            parent: parent.map(span_id),
            start,
        }
    }

    /// The numbers in order, each with its depth.
    fn drawn(nodes: &[Node]) -> Vec<(u32, u32)> {
        let places = tree(nodes);
        places
            .iter()
            .map(|place| (place.span, place.depth))
            .collect()
    }

    #[test]
    fn siblings_stand_by_start_then_id_then_arrival() {
        let nodes = [
            node(9, Some(1), 0),
            node(4, Some(1), 20),
            node(3, Some(1), 20),
            node(5, Some(3), 1),
            node(1, None, 50),
            node(4, Some(1), 20),
            node(2, Some(1), 10),
        ];
        let expected = [(4, 0), (6, 1), (2, 1), (3, 2), (1, 1), (5, 1), (0, 1)];
        assert_eq!(drawn(&nodes), expected);
    }

    #[test]
    fn odd_families() {
        let marks = |nodes: &[Node]| {
            let mut places = tree(nodes);
            places.sort_by_key(|place| place.span);
            let marks = places.iter().map(|place| {
                let Marks {
                    is_orphan,
                    is_duplicate,
                    breaks_cycle,
                } = place.marks;
                (is_orphan, is_duplicate, breaks_cycle)
            });
            marks.collect::<Vec<_>>()
        };
        let two_roots = [node(1, None, 5), node(2, None, 3), node(3, Some(7), 1)];
        assert_eq!(drawn(&two_roots), [(2, 0), (1, 0), (0, 0)]);
        assert!(marks(&two_roots)[2].0);
        // A cycle of three with a tail: the earliest of the cycle, not of the tail, comes to the top.
        let cycle = [
            node(1, Some(3), 5),
            node(2, Some(1), 4),
            node(3, Some(2), 6),
            node(4, Some(3), 1),
        ];
        assert_eq!(drawn(&cycle), [(1, 0), (2, 1), (3, 2), (0, 2)]);
        assert_eq!(
            marks(&cycle),
            [
                (false, false, false),
                (false, false, true),
                (false, false, false),
                (false, false, false)
            ]
        );
        // Its own parent; its twin hangs on it, and so do the children of both.
        let own = [
            node(1, Some(1), 5),
            node(1, Some(1), 2),
            node(2, Some(1), 1),
        ];
        assert_eq!(drawn(&own), [(0, 0), (2, 1), (1, 1)]);
        assert_eq!(
            marks(&own)[..2],
            [(false, true, true), (false, true, false)]
        );
        assert!(tree(&[]).is_empty());
    }

    #[test]
    fn a_hundred_thousand_in_a_chain_or_under_one_parent() {
        const COUNT: u32 = 100_000;
        let chain: Vec<Node> = (0..COUNT)
            .rev()
            .map(|at| node(at, at.checked_sub(1), 7))
            .collect();
        let expected: Vec<(u32, u32)> = (0..COUNT).map(|at| (COUNT - 1 - at, at)).collect();
        assert_eq!(drawn(&chain), expected);
        let star: Vec<Node> = (0..COUNT)
            .map(|at| node(at, (at > 0).then_some(0), u64::from(COUNT - at)))
            .collect();
        let places = tree(&star);
        assert_eq!((places[1].span, places[1].parent), (COUNT - 1, Some(0)));
        assert!(places[1..].iter().all(|place| place.depth == 1));
        let ring: Vec<Node> = (0..COUNT)
            .map(|at| node(at, Some((at + 1) % COUNT), 1 + u64::from(at != 500)))
            .collect();
        let places = tree(&ring);
        assert_eq!(
            (places[0].span, places.last().map(|place| place.depth)),
            (500, Some(COUNT - 1))
        );
    }

    /// The same by words: parents found one by one, cycles by walking as often as there are spans.
    fn oracle(nodes: &[Node]) -> Vec<(u32, u32)> {
        let first = |id: SpanId| nodes.iter().position(|node| node.id == id);
        let mut parents: Vec<Option<usize>> = nodes
            .iter()
            .map(|node| node.parent.and_then(first))
            .collect();
        let by_rank = |at: &usize| {
            let node = &nodes[*at];
            (node.start == 0, node.start, node.id, *at)
        };
        loop {
            let is_lost = |start: usize| {
                let mut at = Some(start);
                (0..=nodes.len()).for_each(|_| at = at.and_then(|at| parents[at]));
                at.is_some()
            };
            let in_cycle = |start: &usize| {
                let mut at = parents[*start];
                (0..nodes.len()).any(|_| {
                    let is_back = at == Some(*start);
                    at = at.and_then(|at| parents[at]);
                    is_back
                })
            };
            if !(0..nodes.len()).any(is_lost) {
                break;
            }
            let cycles = (0..nodes.len()).filter(in_cycle);
            // The earliest of all cycles is the earliest of its own.
            let Some(earliest) = cycles.min_by_key(by_rank) else {
                break;
            };
            parents[earliest] = None;
        }
        fn place(
            parent: Option<usize>,
            depth: u32,
            parents: &[Option<usize>],
            ranked: &[usize],
            out: &mut Vec<(u32, u32)>,
        ) {
            for &at in ranked.iter().filter(|&&at| parents[at] == parent) {
                out.push((at as u32, depth));
                place(Some(at), depth + 1, parents, ranked, out);
            }
        }
        let mut ranked: Vec<usize> = (0..nodes.len()).collect();
        ranked.sort_by_key(by_rank);
        let mut out = Vec::new();
        place(None, 0, &parents, &ranked, &mut out);
        out
    }

    proptest! {
        #[test]
        fn any_family_equals_the_plain_one(
            drafts in vec((0u32..8, proptest::option::of(0u32..9), prop_oneof![0u64..4, Just(u64::MAX)]), 0..14)
        ) {
            let nodes: Vec<Node> = drafts.into_iter().map(|(id, parent, start)| node(id, parent, start)).collect();
            prop_assert_eq!(drawn(&nodes), oracle(&nodes));
            let places = tree(&nodes);
            for (at, place) in places.iter().enumerate() {
                let depth = place.parent.map_or(0, |parent| places[parent as usize].depth + 1);
                prop_assert!(place.parent.is_none_or(|parent| (parent as usize) < at));
                prop_assert_eq!(place.depth, depth);
            }
        }
    }
}
