//! Nodes that no edge joins to another: in rows of their own, below all others.

use super::{Place, Spacing};

/// What they take.
pub(super) struct Block {
    pub(super) columns: usize,
    /// Where it begins; `None` when nothing is in it.
    pub(super) from: Option<f64>,
    /// The height of all, with it.
    pub(super) height: f64,
}

/// Places them below `height`, with half a node's room for a heading between.
pub(super) fn place(nodes: &mut [Place], is_lone: &[bool], height: f64, spacing: Spacing) -> Block {
    let count = is_lone.iter().filter(|&&is_lone| is_lone).count();
    if count == 0 {
        return Block {
            columns: 0,
            from: None,
            height,
        };
    }
    let columns = spacing.lone_columns.max(1);
    let top = if height > 0.0 {
        height + spacing.node / 2.0
    } else {
        0.0
    };
    let lone = nodes
        .iter_mut()
        .zip(is_lone)
        .filter(|(_, is_lone)| **is_lone);
    for (at, (node, _)) in lone.enumerate() {
        *node = Place {
            layer: at % columns,
            y: top + ((at / columns) as f64 + 0.5) * spacing.node,
        };
    }
    Block {
        columns: columns.min(count),
        from: Some(top),
        height: top + count.div_ceil(columns) as f64 * spacing.node,
    }
}
