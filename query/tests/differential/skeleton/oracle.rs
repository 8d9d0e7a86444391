//! A trace's picture from its spans one by one, slowly.

use std::collections::HashSet;
use std::ops::Range;

use super::picture::{Drawn, Picture};
use super::sent::{Sent, span_id};

/// The same from the spans as they were sent, one by one.
pub(super) fn oracle(sent: &[Sent]) -> Picture {
    let known = |time: u64| (time != 0).then_some(time);
    let start = sent.iter().filter_map(|span| known(span.start)).min();
    let end = sent.iter().filter_map(|span| known(span.end)).max();
    let (parents, cycles) = parents(sent);
    let mut order: Vec<usize> = (0..sent.len()).collect();
    order.sort_by_key(|&at| (sent[at].start == 0, sent[at].start, sent[at].id, at));

    let mut placed: Vec<(usize, Option<u32>, u32)> = Vec::new();
    fn place(
        under: Option<(usize, u32, u32)>,
        order: &[usize],
        parents: &[Option<usize>],
        placed: &mut Vec<(usize, Option<u32>, u32)>,
    ) {
        let parent = under.map(|(at, _, _)| at);
        for &at in order.iter().filter(|&&at| parents[at] == parent) {
            let here = placed.len() as u32;
            let depth = under.map_or(0, |(_, _, depth)| depth + 1);
            placed.push((at, under.map(|(_, here, _)| here), depth));
            place(Some((at, here, depth)), order, parents, placed);
        }
    }
    place(None, &order, &parents, &mut placed);

    let offset = |time: u64| start.map_or(0, |start| time.saturating_sub(start));
    let interval = |at: usize| {
        let span = &sent[at];
        known(span.start)
            .zip(known(span.end))
            .map_or(0..0, |(start, end)| start..end)
    };
    let mut events = Vec::new();
    let mut spans = Vec::new();
    for (here, &(at, parent, depth)) in placed.iter().enumerate() {
        let span = &sent[at];
        let range = interval(at);
        let children = (0..sent.len()).filter(|&child| parents[child] == Some(at));
        spans.push(Drawn {
            id: span_id(span.id),
            parent,
            depth,
            offset: offset(if span.start == 0 {
                span.end
            } else {
                span.start
            }),
            duration: range.end.saturating_sub(range.start),
            own: uncovered(range, children.map(interval)),
            service: span.service.unwrap_or("").into(),
            name: span.name.clone(),
            flags: flags(sent, at, cycles.contains(&at)),
        });
        let times = span.events.iter().filter(|&&time| time != 0);
        events.extend(times.map(|&time| (here as u32, offset(time))));
    }
    Picture {
        start: start.unwrap_or(0),
        duration: start
            .zip(end)
            .map_or(0, |(start, end)| end.saturating_sub(start)),
        is_partial: false,
        events_are_cut: false,
        spans,
        events,
    }
}

/// Whom each span hangs on, and the spans at which cycles were broken.
fn parents(sent: &[Sent]) -> (Vec<Option<usize>>, HashSet<usize>) {
    let first = |id: u64| sent.iter().position(|span| span.id == id);
    let mut parents: Vec<Option<usize>> = sent
        .iter()
        .map(|span| span.parent.and_then(first))
        .collect();
    let mut broken = HashSet::new();
    loop {
        let returns = |start: &usize| {
            let mut at = *start;
            (0..sent.len()).any(|_| {
                let Some(parent) = parents[at] else {
                    return false;
                };
                at = parent;
                at == *start
            })
        };
        let in_cycles = (0..sent.len()).filter(returns);
        let Some(at) =
            in_cycles.min_by_key(|&at| (sent[at].start == 0, sent[at].start, sent[at].id, at))
        else {
            return (parents, broken);
        };
        parents[at] = None;
        broken.insert(at);
    }
}

/// What of `range` lies in no other: cut at every end that lies inside, piece by piece.
fn uncovered(range: Range<u64>, others: impl Iterator<Item = Range<u64>>) -> u64 {
    let others: Vec<Range<u64>> = others.collect();
    let mut cuts: Vec<u64> = others
        .iter()
        .flat_map(|other| [other.start, other.end])
        .collect();
    cuts.extend([range.start, range.end]);
    cuts.retain(|cut| (range.start..=range.end).contains(cut));
    cuts.sort_unstable();
    let pieces = cuts.windows(2).map(|ends| ends[0]..ends[1]);
    let is_free = |piece: &Range<u64>| !others.iter().any(|other| other.contains(&piece.start));
    pieces
        .filter(is_free)
        .map(|piece| piece.end - piece.start)
        .sum()
}

fn flags(sent: &[Sent], at: usize, breaks_cycle: bool) -> u32 {
    let span = &sent[at];
    let is_known = span.start != 0 && span.end != 0;
    let is_orphan = |parent: u64| !sent.iter().any(|other| other.id == parent);
    let twins = sent.iter().filter(|other| other.id == span.id).count();
    let kind = if (0..=5).contains(&span.kind) {
        span.kind as u32
    } else {
        0
    };
    let status = match span.status {
        None => 0,
        Some(code @ 0..=2) => code as u32,
        Some(_) => 3,
    };
    [
        span.status == Some(2),
        span.parent.is_some_and(is_orphan),
        !span.events.is_empty(),
        span.links > 0,
        twins > 1,
        is_known && span.end < span.start,
        breaks_cycle,
        !is_known,
    ]
    .into_iter()
    .enumerate()
    .map(|(bit, is_set)| u32::from(is_set) << bit)
    .sum::<u32>()
        | kind << 8
        | status << 12
}
