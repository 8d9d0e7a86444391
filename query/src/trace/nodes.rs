//! Those that call and are called, by number.

use foldhash::HashMap;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeKind {
    /// It sends spans.
    Service,
    /// Known from spans that call it, like the others.
    Database,
    /// A queue or topic.
    Messaging,
    /// Anything else that sends no spans.
    External,
}

impl NodeKind {
    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            NodeKind::Service => "service",
            NodeKind::Database => "database",
            NodeKind::Messaging => "messaging",
            NodeKind::External => "external",
        }
    }
}

/// Nodes by number, each once.
#[derive(Debug, Default)]
pub(crate) struct Nodes {
    numbers: HashMap<NodeKind, HashMap<Box<str>, u32>>,
    names: Vec<(NodeKind, Box<str>)>,
    name_bytes: usize,
}

impl Nodes {
    /// The number of a node.
    pub(crate) fn number(&mut self, kind: NodeKind, name: &str) -> u32 {
        let numbers = self.numbers.entry(kind).or_default();
        if let Some(&number) = numbers.get(name) {
            return number;
        }
        let number = self.names.len() as u32;
        numbers.insert(name.into(), number);
        self.names.push((kind, name.into()));
        self.name_bytes += 2 * name.len();
        number
    }

    /// The node with this number, which was given by [`Self::number`].
    pub(crate) fn of_number(&self, number: u32) -> (NodeKind, &str) {
        let (kind, name) = &self.names[number as usize];
        (*kind, name)
    }

    /// Bytes held, about.
    pub(crate) fn bytes(&self) -> usize {
        self.names.len() * 2 * size_of::<(NodeKind, Box<str>)>() + self.name_bytes
    }
}
