//! What a span calls that sends no spans itself, as the span's own attributes name it.
//!
//! 1. A span of any kind with an attribute `db.*` calls a database, named by `db.namespace`, else `server.address`, else `db.collection.name`.
//! 2. Otherwise a CLIENT or PRODUCER span with `messaging.destination.name` calls that queue.
//! 3. Otherwise a CLIENT or PRODUCER span calls what is outside, named by `service.peer.name`, else `server.address`.
//!
//! A rule whose names are all absent or empty gives nothing, and the next one is tried. Names of older conventions stand in where today's is absent. Of
//! those for `server.address` only the peer's counts: `net.host.name` was the sender's own.
//! Whether the span has a child elsewhere, so that it called that, is not decided here.

use std::sync::LazyLock;

use clearspan_schema::any::{AnyRef, KeyValues};
use clearspan_schema::json::push_text;

use super::NodeKind;
use super::edges::{CLIENT, PRODUCER};
use crate::language::renamed::names_of;

const DATABASE: [&str; 3] = ["db.namespace", "server.address", "db.collection.name"];
const QUEUE: [&str; 1] = ["messaging.destination.name"];
const OUTSIDE: [&str; 2] = ["service.peer.name", "server.address"];

/// Old names that mean the sender's own address, not that of whom it calls.
const OWN_ADDRESS: [&str; 2] = ["net.host.name", "http.server_name"];

/// The attributes that are looked at, so that those of a span are walked once.
static KEYS: LazyLock<Keys> = LazyLock::new(Keys::new);

struct Keys {
    /// Each once.
    all: Vec<&'static str>,
    /// Whether one of them is so long; most keys of a span are not, and need not be compared.
    lengths: [bool; LENGTHS],
    /// Places in `all`, those that count first in front.
    database: Vec<usize>,
    queue: Vec<usize>,
    outside: Vec<usize>,
}

/// Longer than any name, which the last stands for.
const LENGTHS: usize = 48;

/// More than there are names.
const KEYS_MAX: usize = 32;

impl Keys {
    fn new() -> Self {
        let mut all: Vec<&'static str> = Vec::new();
        let mut places = |names: &[&'static str]| {
            let names = names.iter().flat_map(|name| names_of(name));
            let names = names.filter(|name| !OWN_ADDRESS.contains(name));
            let mut place = |name| {
                let known = all.iter().position(|known| *known == name);
                known.unwrap_or_else(|| {
                    all.push(name);
                    all.len() - 1
                })
            };
            names.map(&mut place).collect()
        };
        let (database, queue, outside) = (places(&DATABASE), places(&QUEUE), places(&OUTSIDE));
        let mut lengths = [false; LENGTHS];
        for key in &all {
            lengths[key.len().min(LENGTHS - 1)] = true;
        }
        Keys {
            all,
            lengths,
            database,
            queue,
            outside,
        }
    }

    /// Where a key stands in `all`.
    fn place(&self, key: &[u8]) -> Option<usize> {
        let may_be = self.lengths[key.len().min(LENGTHS - 1)];
        may_be
            .then(|| self.all.iter().position(|known| known.as_bytes() == key))
            .flatten()
    }
}

/// What a span of `kind` with these attributes calls, if it has no child elsewhere. `name` becomes its name.
pub(crate) fn peer(kind: i32, attributes: KeyValues<'_>, name: &mut String) -> Option<NodeKind> {
    let keys = &*KEYS;
    let mut values = [AnyRef::Empty; KEYS_MAX];
    let mut is_database = false;
    attributes.each_key(|key, value| {
        is_database |= key.starts_with(b"db.");
        // Of a repeated key the last counts.
        if let Some(slot) = keys.place(key).and_then(|at| values.get_mut(at)) {
            *slot = value().unwrap_or(AnyRef::Empty);
        }
    });
    let mut is_named = |places: &[usize]| {
        let values = places.iter().filter_map(|&at| values.get(at));
        let mut values = values.filter(|value| **value != AnyRef::Empty);
        values.any(|value| {
            name.clear();
            push_text(*value, name);
            !name.is_empty()
        })
    };
    let is_outbound = kind == CLIENT || kind == PRODUCER;
    if is_database && is_named(&keys.database) {
        Some(NodeKind::Database)
    } else if is_outbound && is_named(&keys.queue) {
        Some(NodeKind::Messaging)
    } else if is_outbound && is_named(&keys.outside) {
        Some(NodeKind::External)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use clearspan_schema::any::AnyWriter;

    use super::*;

    fn check(kind: i32, attributes: &[(&str, &str)], expected: Option<(NodeKind, &str)>) {
        let mut encoded = Vec::new();
        let mut writer = AnyWriter::new(&mut encoded);
        for (key, value) in attributes {
            writer.key(key).string(value);
        }
        let mut name = "of another".to_owned();
        let found = peer(kind, KeyValues::new(&encoded), &mut name);
        let found = found.map(|kind| (kind, name.as_str()));
        assert_eq!(found, expected, "{kind} {attributes:?}");
    }

    #[test]
    fn a_peer_is_named_by_the_first_attribute_that_is_there() {
        use NodeKind::{Database, External, Messaging};
        let database = |name| Some((Database, name));
        check(CLIENT, &[], None);
        check(1, &[("db.namespace", "shop")], database("shop"));
        check(CLIENT, &[("db.name", "shop")], database("shop"));
        check(
            CLIENT,
            &[("db.name", "old"), ("db.namespace", "new")],
            database("new"),
        );
        check(
            CLIENT,
            &[("db.system", "mysql"), ("net.peer.name", "db-1")],
            database("db-1"),
        );
        check(
            CLIENT,
            &[("db.sql.table", "t"), ("db.namespace", "")],
            database("t"),
        );
        check(CLIENT, &[("db.mongodb.collection", "c")], database("c"));
        check(CLIENT, &[("db.system", "mysql")], None);
        check(
            CLIENT,
            &[("db.system", "mysql"), ("peer.service", "p")],
            Some((External, "p")),
        );
        check(
            PRODUCER,
            &[("messaging.destination", "q"), ("server.address", "kafka")],
            Some((Messaging, "q")),
        );
        check(5, &[("messaging.destination.name", "q")], None);
        check(2, &[("server.address", "own")], None);
        check(
            CLIENT,
            &[("server.address", "a:1"), ("service.peer.name", "pay")],
            Some((External, "pay")),
        );
        check(CLIENT, &[("net.host.name", "own")], None);
        check(
            CLIENT,
            &[("peer.service", "a"), ("peer.service", "b")],
            Some((External, "b")),
        );
    }

    #[test]
    fn all_names_have_a_place() {
        assert!(KEYS.all.len() <= KEYS_MAX);
    }
}
