//! What a span calls that sends no spans itself, as the span's own attributes name it.
//!
//! 1. A span of any kind with an attribute `db.*` calls a database, named by `db.namespace`, else `server.address`, else `db.collection.name`.
//! 2. Otherwise a CLIENT or PRODUCER span with `messaging.destination.name` calls that queue.
//! 3. Otherwise a CLIENT or PRODUCER span calls what is outside, named by `service.peer.name`, else `server.address`.
//!
//! A rule whose names are all absent or empty gives nothing, and the next one is tried. Names of older conventions stand in where today's is absent. Of
//! those for `server.address` only the peer's counts: `net.host.name` was the sender's own.
//! Whether the span has a child elsewhere, so that it called that, is not decided here.

use clearspan_schema::any::{AnyRef, KeyValues};
use clearspan_schema::json::push_text;

use super::edges::{CLIENT, PRODUCER};
use crate::language::renamed::names_of;

/// What kind of thing is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PeerKind {
    Database,
    Messaging,
    External,
}

const DATABASE: [&str; 3] = ["db.namespace", "server.address", "db.collection.name"];
const QUEUE: [&str; 1] = ["messaging.destination.name"];
const OUTSIDE: [&str; 2] = ["service.peer.name", "server.address"];

/// Old names that mean the sender's own address, not that of whom it calls.
const OWN_ADDRESS: [&str; 2] = ["net.host.name", "http.server_name"];

/// What a span of `kind` with these attributes calls, if it has no child elsewhere.
pub(crate) fn peer(kind: i32, attributes: KeyValues<'_>) -> Option<(PeerKind, String)> {
    let is_database = || {
        let mut keys = attributes.map(|(key, _)| key);
        keys.any(|key| key.starts_with("db."))
    };
    if is_database()
        && let Some(name) = first_of(&DATABASE, attributes)
    {
        return Some((PeerKind::Database, name));
    }
    if kind != CLIENT && kind != PRODUCER {
        return None;
    }
    let queue = first_of(&QUEUE, attributes).map(|name| (PeerKind::Messaging, name));
    queue.or_else(|| first_of(&OUTSIDE, attributes).map(|name| (PeerKind::External, name)))
}

fn first_of(names: &[&str], attributes: KeyValues<'_>) -> Option<String> {
    names
        .iter()
        .flat_map(|name| names_of(name))
        .filter(|name| !OWN_ADDRESS.contains(name))
        .find_map(|name| text_of(attributes, name))
}

fn text_of(attributes: KeyValues<'_>, key: &str) -> Option<String> {
    let value = attributes.get(key)?;
    if value == AnyRef::Empty {
        return None;
    }
    let mut text = String::new();
    push_text(value, &mut text);
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use clearspan_schema::any::AnyWriter;

    use super::*;

    fn check(kind: i32, attributes: &[(&str, &str)], expected: Option<(PeerKind, &str)>) {
        let mut encoded = Vec::new();
        let mut writer = AnyWriter::new(&mut encoded);
        for (key, value) in attributes {
            writer.key(key).string(value);
        }
        let found = peer(kind, KeyValues::new(&encoded));
        let found = found.as_ref().map(|(kind, name)| (*kind, name.as_str()));
        assert_eq!(found, expected, "{kind} {attributes:?}");
    }

    #[test]
    fn a_peer_is_named_by_the_first_attribute_that_is_there() {
        use PeerKind::{Database, External, Messaging};
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
    }
}
