//! Heights: each node and bend stands as near to the weighted mean of its neighbours as the order of its layer leaves room.
//!
//! In one layer that is a problem with one best answer: the heights with the least sum of weighted squares, in the given order and with the
//! given distances. It is found by joining neighbours that push against each other into blocks (pool adjacent violators). Layers take
//! turns, to the right and back, until they hardly move.

use super::layers::Layers;
use super::{Spacing, Steps};

/// Turns through all layers. After as many the heights move by less than a pixel.
const TURNS: usize = 24;

/// Heights of all nodes and bends, the least of which stands half its room below 0.
pub(super) struct Heights {
    pub(super) of: Vec<f64>,
    pub(super) height: f64,
}

pub(super) fn heights(layers: &Layers, spacing: Spacing, steps: &mut Steps) -> Heights {
    let mut of = vec![0.0; layers.layer_of.len()];
    for row in &layers.rows {
        stack(layers, row, spacing, &mut of);
    }
    let joints: usize = layers.right.iter().map(Vec::len).sum();
    let cost = 4 * (joints + of.len());
    for _ in 0..TURNS {
        if !steps.take(cost) {
            break;
        }
        let right = 0..layers.rows.len();
        for layer in right.clone().chain(right.rev()) {
            settle(layers, &layers.rows[layer], spacing, &mut of);
        }
    }
    from_zero(layers, spacing, of)
}

/// Room that a node or a bend takes.
fn room(layers: &Layers, node: usize, spacing: Spacing) -> f64 {
    if node < layers.nodes {
        spacing.node
    } else {
        spacing.bend
    }
}

/// One below the other, around 0.
fn stack(layers: &Layers, row: &[usize], spacing: Spacing, of: &mut [f64]) {
    let total: f64 = row.iter().map(|&node| room(layers, node, spacing)).sum();
    let mut y = -total / 2.0;
    for &node in row {
        let room = room(layers, node, spacing);
        of[node] = y + room / 2.0;
        y += room;
    }
}

/// A run of neighbours that push against each other: they move as one.
struct Block {
    weight: f64,
    /// The sum of weight times the height at which the block's first would stand if only this one counted.
    pull: f64,
    len: usize,
}

impl Block {
    fn first(&self) -> f64 {
        self.pull / self.weight
    }
}

/// Gives one layer the heights that fit best to those of its neighbours.
fn settle(layers: &Layers, row: &[usize], spacing: Spacing, of: &mut [f64]) {
    let mut blocks: Vec<Block> = Vec::with_capacity(row.len());
    let mut offsets = Vec::with_capacity(row.len());
    let mut offset = 0.0;
    for (at, &node) in row.iter().enumerate() {
        if at > 0 {
            let rooms = room(layers, row[at - 1], spacing) + room(layers, node, spacing);
            offset += rooms / 2.0;
        }
        offsets.push(offset);
        let (wanted, weight) = wanted(layers, node, of);
        blocks.push(Block {
            weight,
            pull: (wanted - offset) * weight,
            len: 1,
        });
        join_pushing(&mut blocks);
    }
    let firsts = blocks
        .iter()
        .flat_map(|block| std::iter::repeat_n(block.first(), block.len));
    for ((&node, offset), first) in row.iter().zip(offsets).zip(firsts) {
        of[node] = first + offset;
    }
}

/// Joins the last blocks as long as the upper one would stand lower.
fn join_pushing(blocks: &mut Vec<Block>) {
    while let [.., upper, lower] = blocks.as_mut_slice() {
        if upper.first() <= lower.first() {
            return;
        }
        upper.weight += lower.weight;
        upper.pull += lower.pull;
        upper.len += lower.len;
        blocks.pop();
    }
}

/// The weighted mean of the neighbours' heights, and how much it counts; what has no neighbour stays.
fn wanted(layers: &Layers, node: usize, of: &[f64]) -> (f64, f64) {
    let joints = layers.left[node].iter().chain(&layers.right[node]);
    let (mut sum, mut weight) = (0.0, 0.0);
    for joint in joints {
        sum += of[joint.to] * joint.pull;
        weight += joint.pull;
    }
    if weight > 0.0 {
        (sum / weight, weight)
    } else {
        (of[node], 0.01)
    }
}

fn from_zero(layers: &Layers, spacing: Spacing, mut of: Vec<f64>) -> Heights {
    let placed = || layers.rows.iter().flatten().copied();
    let edge = |node: usize, side: f64| of[node] + side * room(layers, node, spacing) / 2.0;
    let top = placed()
        .map(|node| edge(node, -1.0))
        .fold(f64::INFINITY, f64::min);
    let bottom = placed()
        .map(|node| edge(node, 1.0))
        .fold(f64::NEG_INFINITY, f64::max);
    if top > bottom {
        return Heights { of, height: 0.0 };
    }
    for y in &mut of {
        *y -= top;
    }
    Heights {
        of,
        height: bottom - top,
    }
}
