//! How many edges cross between one layer and the next.

use super::layers::Layers;

/// Crossings of all layers, when `place` says where in its layer each node and bend stands.
pub(super) fn all(layers: &Layers, place: &[usize]) -> u64 {
    let rows = layers.rows.windows(2);
    rows.map(|pair| between(layers, &pair[0], pair[1].len(), place))
        .sum()
}

/// Crossings of the edges from `row` to the next layer, which holds `len`.
fn between(layers: &Layers, row: &[usize], len: usize, place: &[usize]) -> u64 {
    let mut seen = Counts::new(len);
    let mut ends = Vec::new();
    let mut crossings = 0;
    for &node in row {
        ends.clear();
        ends.extend(layers.right[node].iter().map(|joint| place[joint.to]));
        for &end in &ends {
            crossings += seen.total - seen.up_to(end);
        }
        for &end in &ends {
            seen.add(end);
        }
    }
    crossings
}

/// How often each place was an end, as a Fenwick tree.
struct Counts {
    tree: Vec<u64>,
    total: u64,
}

impl Counts {
    fn new(len: usize) -> Self {
        Counts {
            tree: vec![0; len + 1],
            total: 0,
        }
    }

    fn add(&mut self, place: usize) {
        self.total += 1;
        let mut at = place + 1;
        while at < self.tree.len() {
            self.tree[at] += 1;
            at += at & at.wrapping_neg();
        }
    }

    /// Ends at places up to this one.
    fn up_to(&self, place: usize) -> u64 {
        let mut at = place + 1;
        let mut sum = 0;
        while at > 0 {
            sum += self.tree[at];
            at -= at & at.wrapping_neg();
        }
        sum
    }
}
