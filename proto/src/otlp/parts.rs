//! Bounding the messages inside a protobuf request's records before any is built.
//!
//! Two bytes make an empty attribute, event or list element of some 60 bytes in memory. A short body cannot hold
//! enough of them to matter, so only a long one is walked: requests as senders make them cost nothing here.

use crate::limits::MAX_PARTS;

use super::wire::Messages;
use super::{DecodeError, WireSignal};

/// A message that repeats others, or is repeated.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Request,
    ResourceGroup,
    ScopeGroup,
    Resource,
    Scope,
    Entity,
    Span,
    Log,
    /// A span's event or link: `attributes` has this number.
    WithAttributes(u32),
    KeyValue,
    Value,
    Array,
    KeyValueList,
    /// Not looked into.
    Leaf,
}

/// Fails when the request's records hold more than [`MAX_PARTS`] messages, however deep. Malformed bytes are left to
/// the decoder.
pub(super) fn check(body: &[u8], signal: WireSignal) -> Result<(), DecodeError> {
    // Each part takes a key and a length.
    if body.len() as u64 / 2 <= MAX_PARTS {
        return Ok(());
    }
    let mut parts = 0;
    let mut open = vec![(Kind::Request, body)];
    while let Some((kind, bytes)) = open.pop() {
        for (number, payload) in Messages::fields(bytes) {
            let Some(child) = child(kind, number, signal) else {
                continue;
            };
            parts += 1;
            if parts > MAX_PARTS {
                return Err(DecodeError::TooManyRows);
            }
            if !payload.is_empty() && !matches!(child, Kind::Leaf) {
                open.push((child, payload));
            }
        }
    }
    Ok(())
}

/// What the field with this number of a message holds, when it holds a message.
fn child(kind: Kind, number: u32, signal: WireSignal) -> Option<Kind> {
    Some(match (kind, number) {
        (Kind::Request, 1) => Kind::ResourceGroup,
        (Kind::ResourceGroup, 1) => Kind::Resource,
        (Kind::ResourceGroup, 2) => Kind::ScopeGroup,
        (Kind::ScopeGroup, 1) => Kind::Scope,
        (Kind::ScopeGroup, 2) => match signal {
            WireSignal::Traces => Kind::Span,
            WireSignal::Logs => Kind::Log,
            WireSignal::Metrics => Kind::Leaf,
        },
        (Kind::Resource, 1) | (Kind::Scope, 3) | (Kind::Span, 9) | (Kind::Log, 6) => Kind::KeyValue,
        (Kind::Resource, 3) => Kind::Entity,
        (Kind::Entity, 3 | 4) => Kind::Leaf,
        (Kind::Span, 11) => Kind::WithAttributes(3),
        (Kind::Span, 13) => Kind::WithAttributes(4),
        (Kind::WithAttributes(field), number) if field == number => Kind::KeyValue,
        (Kind::Log, 5) | (Kind::KeyValue, 2) | (Kind::Array, 1) => Kind::Value,
        (Kind::Value, 5) => Kind::Array,
        (Kind::Value, 6) => Kind::KeyValueList,
        (Kind::KeyValueList, 1) => Kind::KeyValue,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![number << 3 | 2];
        let mut length = content.len();
        while length >= 0x80 {
            bytes.push(length as u8 | 0x80);
            length >>= 7;
        }
        bytes.push(length as u8);
        bytes.extend_from_slice(content);
        bytes
    }

    fn request(record: &[u8]) -> Vec<u8> {
        field(1, &field(2, &field(2, record)))
    }

    fn is_refused(body: &[u8], signal: WireSignal) -> bool {
        matches!(check(body, signal), Err(DecodeError::TooManyRows))
    }

    #[test]
    fn floods_of_empty_messages_are_refused_wherever_they_are() {
        let flood = |number: u8| [number << 3 | 2, 0].repeat(MAX_PARTS as usize + 1);
        let in_array = field(6, &field(2, &field(5, &flood(1))));
        assert!(
            is_refused(&request(&flood(9)), WireSignal::Traces),
            "attributes"
        );
        assert!(
            is_refused(&request(&flood(11)), WireSignal::Traces),
            "events"
        );
        assert!(
            is_refused(&request(&flood(13)), WireSignal::Traces),
            "links"
        );
        assert!(
            is_refused(&request(&flood(6)), WireSignal::Logs),
            "attributes"
        );
        assert!(
            is_refused(&request(&in_array), WireSignal::Logs),
            "list elements"
        );
    }

    #[test]
    fn a_long_text_is_no_flood() {
        let text = field(5, &field(1, &b"\n\0".repeat(MAX_PARTS as usize * 2)));
        check(&request(&text), WireSignal::Logs).unwrap();
    }
}
