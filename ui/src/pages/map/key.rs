//! What a URL calls a node: a letter for its kind, a colon, its name. A service and a database may have the same name.

use clearspan_query::{Edge, Node, NodeKind};

use crate::pages::frame::Frame;
use crate::pages::view::View;

/// A node, apart from all others.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::pages) struct Key {
    pub(in crate::pages) name: String,
    pub(in crate::pages) kind: NodeKind,
}

const LETTERS: [(NodeKind, &str); 4] = [
    (NodeKind::Service, "s"),
    (NodeKind::Database, "d"),
    (NodeKind::Messaging, "m"),
    (NodeKind::External, "x"),
];

impl Key {
    pub(in crate::pages) fn service(name: &str) -> Self {
        Key {
            name: name.to_owned(),
            kind: NodeKind::Service,
        }
    }

    pub(super) fn of(node: &Node) -> Self {
        Key {
            name: node.name.clone(),
            kind: node.kind,
        }
    }

    pub(in crate::pages) fn parse(text: &str) -> Option<Self> {
        let (letter, name) = text.split_once(':')?;
        let (kind, _) = LETTERS.into_iter().find(|(_, known)| *known == letter)?;
        Some(Key {
            name: name.to_owned(),
            kind,
        })
    }

    pub(in crate::pages) fn text(&self) -> String {
        let letter = LETTERS.iter().find(|(kind, _)| *kind == self.kind);
        format!("{}:{}", letter.map_or("", |(_, letter)| letter), self.name)
    }

    /// The kind in a word.
    pub(in crate::pages) fn word(&self) -> &'static str {
        match self.kind {
            NodeKind::Service => "service",
            NodeKind::Database => "database",
            NodeKind::Messaging => "queue",
            NodeKind::External => "outside",
        }
    }

    pub(in crate::pages) fn icon(&self) -> &'static str {
        match self.kind {
            NodeKind::Service => "services",
            NodeKind::Database => "db",
            NodeKind::Messaging => "queue",
            NodeKind::External => "external",
        }
    }

    pub(in crate::pages) fn is_service(&self) -> bool {
        self.kind == NodeKind::Service
    }
}

/// The caller and the callee of an edge.
pub(in crate::pages) fn ends_of(edge: &Edge) -> (Key, Key) {
    let key = |name: &str, kind| Key {
        name: name.to_owned(),
        kind,
    };
    (
        key(&edge.caller, edge.caller_kind),
        key(&edge.callee, edge.callee_kind),
    )
}

/// What is chosen on the map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chosen {
    Nothing,
    Node(Key),
    Edge(Key, Key),
}

impl Chosen {
    /// Reads `sel`, and `callee` for an edge. What is no key chooses nothing: a link may be older than what it names.
    pub(super) fn read(view: &View) -> Self {
        match (Key::parse(view.get("sel")), Key::parse(view.get("callee"))) {
            (None, _) => Chosen::Nothing,
            (Some(node), None) => Chosen::Node(node),
            (Some(caller), Some(callee)) => Chosen::Edge(caller, callee),
        }
    }

    pub(super) fn is_nothing(&self) -> bool {
        *self == Chosen::Nothing
    }
}

/// The page with nothing chosen.
pub(super) fn closed(frame: &Frame) -> View {
    frame.view.without(&["sel", "callee"])
}

/// The page with this node chosen.
pub(super) fn with_node(frame: &Frame, key: &Key) -> View {
    closed(frame).with("sel", &key.text())
}

/// The page with this edge chosen.
pub(super) fn with_edge(frame: &Frame, caller: &Key, callee: &Key) -> View {
    with_node(frame, caller).with("callee", &callee.text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back() {
        for (kind, _) in LETTERS {
            for name in ["cart", "", "a:b", "d:x", "ünï 🛒"] {
                let key = Key {
                    name: name.to_owned(),
                    kind,
                };
                assert_eq!(Key::parse(&key.text()), Some(key));
            }
        }
        assert_eq!(Key::parse("cart"), None);
        assert_eq!(Key::parse("q:cart"), None);
    }

    #[test]
    fn what_is_chosen() {
        let view = View::at("/map").with("sel", "s:a");
        assert_eq!(Chosen::read(&view), Chosen::Node(Key::service("a")));
        let edge = view.with("callee", "s:b");
        assert_eq!(
            Chosen::read(&edge),
            Chosen::Edge(Key::service("a"), Key::service("b"))
        );
        assert!(Chosen::read(&View::at("/map").with("callee", "s:b")).is_nothing());
    }
}
