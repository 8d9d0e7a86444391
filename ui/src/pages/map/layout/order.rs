//! The order within each layer, so that few edges cross.
//!
//! From a first order (a walk along the edges, so that what belongs together stands together) layers are sorted by the mean place of their
//! neighbours, left to right and right to left by turns. Then neighbours change places where that saves a crossing. The order with
//! the fewest crossings is kept.

use super::layers::{Joint, Layers};
use super::{Steps, crossings};

/// Sweeps in each direction. Later ones hardly ever find anything better.
const SWEEPS: usize = 12;

/// Sweeps without anything better before it is given up.
const PATIENCE: usize = 4;

pub(super) fn arrange(layers: &mut Layers, steps: &mut Steps) {
    walk(layers);
    let cost = cost(layers);
    let mut place = places(layers);
    let mut best = (crossings::all(layers, &place), layers.rows.clone());
    let mut waited = 0;
    for _ in 0..SWEEPS {
        if best.0 == 0 || waited >= PATIENCE || !steps.take(cost) {
            break;
        }
        sweep(layers, &mut place);
        exchange(layers, &mut place, steps);
        let found = crossings::all(layers, &place);
        waited += 1;
        if found < best.0 {
            best = (found, layers.rows.clone());
            waited = 0;
        }
    }
    layers.rows = best.1;
}

/// Steps of one sweep in both directions.
fn cost(layers: &Layers) -> usize {
    let joints: usize = layers.right.iter().map(Vec::len).sum();
    8 * (joints + layers.layer_of.len())
}

fn places(layers: &Layers) -> Vec<usize> {
    let mut place = vec![0; layers.layer_of.len()];
    for row in &layers.rows {
        for (at, &node) in row.iter().enumerate() {
            place[node] = at;
        }
    }
    place
}

/// Orders each layer as a walk along the edges comes by.
fn walk(layers: &mut Layers) {
    let mut is_seen = vec![false; layers.layer_of.len()];
    let mut rows = vec![Vec::new(); layers.rows.len()];
    let starts: Vec<usize> = layers.rows.iter().flatten().copied().collect();
    for start in starts {
        let mut stack = vec![start];
        while let Some(node) = stack.pop() {
            if std::mem::replace(&mut is_seen[node], true) {
                continue;
            }
            rows[layers.layer_of[node]].push(node);
            stack.extend(layers.right[node].iter().rev().map(|joint| joint.to));
        }
    }
    layers.rows = rows;
}

/// Once to the right and once back.
fn sweep(layers: &mut Layers, place: &mut [usize]) {
    for layer in 1..layers.rows.len() {
        sort(&mut layers.rows[layer], &layers.left, place);
    }
    for layer in (0..layers.rows.len().saturating_sub(1)).rev() {
        sort(&mut layers.rows[layer], &layers.right, place);
    }
}

/// Sorts a layer by the mean place of its neighbours; what has none keeps its own.
fn sort(row: &mut [usize], neighbours: &[Vec<Joint>], place: &mut [usize]) {
    let mean = |node: usize| {
        let joints = &neighbours[node];
        if joints.is_empty() {
            return place[node] as f64;
        }
        let sum: usize = joints.iter().map(|joint| place[joint.to]).sum();
        sum as f64 / joints.len() as f64
    };
    let mut keyed: Vec<(f64, usize)> = row.iter().map(|&node| (mean(node), node)).collect();
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (at, (_, node)) in keyed.into_iter().enumerate() {
        row[at] = node;
        place[node] = at;
    }
}

/// Neighbours change places where fewer edges cross then.
fn exchange(layers: &mut Layers, place: &mut [usize], steps: &mut Steps) {
    for layer in 0..layers.rows.len() {
        for at in 1..layers.rows[layer].len() {
            let (upper, lower) = (layers.rows[layer][at - 1], layers.rows[layer][at]);
            let sides = [&layers.left, &layers.right];
            let joints = |side: &[Vec<Joint>]| side[upper].len() + side[lower].len();
            if !steps.take(sides.iter().map(|side| 4 * joints(side)).sum()) {
                return;
            }
            let gained: i64 = sides
                .iter()
                .map(|side| gain(side, upper, lower, place))
                .sum();
            if gained > 0 {
                layers.rows[layer].swap(at - 1, at);
                place.swap(upper, lower);
            }
        }
    }
}

/// Crossings that the edges of two neighbours to one side would lose by changing places.
fn gain(side: &[Vec<Joint>], upper: usize, lower: usize, place: &[usize]) -> i64 {
    let ends = |node: usize| {
        let mut ends: Vec<usize> = side[node].iter().map(|joint| place[joint.to]).collect();
        ends.sort_unstable();
        ends
    };
    let (upper, lower) = (ends(upper), ends(lower));
    inversions(&upper, &lower) - inversions(&lower, &upper)
}

/// Pairs of an end of `above` that lies below one of `below`; both are in ascending order.
fn inversions(above: &[usize], below: &[usize]) -> i64 {
    let mut at = 0;
    let mut pairs = 0;
    for end in above {
        while at < below.len() && below[at] < *end {
            at += 1;
        }
        pairs += i64::try_from(at).unwrap_or(i64::MAX);
    }
    pairs
}
