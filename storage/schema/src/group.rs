//! Resource and scope: what OTLP states once for a group of records.
//!
//! Each distinct resource and scope is one value of a `Dictionary<Int32, Binary>` column:
//!
//! ```text
//! resource := presence text(schema_url) varint(dropped_attributes_count) bytes(entity_refs) entry*
//! scope    := presence text(schema_url) text(name) text(version) varint(dropped_attributes_count) entry*
//! ```
//!
//! `presence` is 1 where the sender sent the message, 0 where it left it out; the schema URL stands
//! beside the message in OTLP and may be there all the same. `entity_refs` are encoded values (see
//! [`crate::any`]). Entries run to the end.

use arrow::array::ArrayRef;

use crate::SchemaError;
use crate::any::{KeyValues, Reader, Values, push_bytes, push_varint};
use crate::dictionary::RunBuilder;

/// A resource, borrowed from its column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ResourceRef<'a> {
    /// Whether the sender sent a resource at all.
    pub present: bool,
    /// Schema URL of the resource; empty when there is none.
    pub schema_url: &'a str,
    /// Attributes the sender dropped.
    pub dropped_attributes_count: u32,
    /// Entity references, each a key-value list; written and read by the room that knows their wire form.
    pub entity_refs: Values<'a>,
    /// The attributes, as sent.
    pub attributes: KeyValues<'a>,
}

impl Default for ResourceRef<'_> {
    fn default() -> Self {
        ResourceRef {
            present: false,
            schema_url: "",
            dropped_attributes_count: 0,
            entity_refs: Values::new(&[]),
            attributes: KeyValues::new(&[]),
        }
    }
}

impl<'a> ResourceRef<'a> {
    /// Appends the encoded form.
    pub fn encode(&self, buffer: &mut Vec<u8>) {
        buffer.push(u8::from(self.present));
        push_bytes(buffer, self.schema_url.as_bytes());
        push_varint(buffer, u64::from(self.dropped_attributes_count));
        push_bytes(buffer, self.entity_refs.encoded());
        buffer.extend_from_slice(self.attributes.encoded());
    }

    /// Reads the encoded form; `None` when it is malformed.
    pub fn decode(encoded: &'a [u8]) -> Option<Self> {
        let (&presence, rest) = encoded.split_first()?;
        let mut reader = Reader(rest);
        Some(ResourceRef {
            present: presence == 1,
            schema_url: reader.text()?,
            dropped_attributes_count: u32::try_from(reader.varint()?).ok()?,
            entity_refs: Values::new(reader.bytes()?),
            attributes: KeyValues::new(reader.0),
        })
    }
}

/// An instrumentation scope, borrowed from its column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScopeRef<'a> {
    /// Whether the sender sent a scope at all.
    pub present: bool,
    /// Schema URL of the scope; empty when there is none.
    pub schema_url: &'a str,
    /// Name of the instrumentation scope.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
    /// Attributes the sender dropped.
    pub dropped_attributes_count: u32,
    /// The attributes, as sent.
    pub attributes: KeyValues<'a>,
}

impl Default for ScopeRef<'_> {
    fn default() -> Self {
        ScopeRef {
            present: false,
            schema_url: "",
            name: "",
            version: "",
            dropped_attributes_count: 0,
            attributes: KeyValues::new(&[]),
        }
    }
}

impl<'a> ScopeRef<'a> {
    /// Appends the encoded form.
    pub fn encode(&self, buffer: &mut Vec<u8>) {
        buffer.push(u8::from(self.present));
        push_bytes(buffer, self.schema_url.as_bytes());
        push_bytes(buffer, self.name.as_bytes());
        push_bytes(buffer, self.version.as_bytes());
        push_varint(buffer, u64::from(self.dropped_attributes_count));
        buffer.extend_from_slice(self.attributes.encoded());
    }

    /// Reads the encoded form; `None` when it is malformed.
    pub fn decode(encoded: &'a [u8]) -> Option<Self> {
        let (&presence, rest) = encoded.split_first()?;
        let mut reader = Reader(rest);
        Some(ScopeRef {
            present: presence == 1,
            schema_url: reader.text()?,
            name: reader.text()?,
            version: reader.text()?,
            dropped_attributes_count: u32::try_from(reader.varint()?).ok()?,
            attributes: KeyValues::new(reader.0),
        })
    }
}

/// Builds the columns `service`, `resource` and `scope` of either signal.
#[derive(Debug, Default)]
pub(crate) struct GroupBuilder {
    service: RunBuilder,
    resource: RunBuilder,
    scope: RunBuilder,
    scratch: Vec<u8>,
}

/// What a [`GroupBuilder`] has built.
pub(crate) struct GroupColumns {
    pub(crate) service: ArrayRef,
    pub(crate) resource: ArrayRef,
    pub(crate) scope: ArrayRef,
}

impl GroupBuilder {
    /// The group of the rows that follow.
    pub(crate) fn set(
        &mut self,
        resource: &ResourceRef<'_>,
        scope: &ScopeRef<'_>,
        service: Option<&str>,
    ) {
        self.scratch.clear();
        resource.encode(&mut self.scratch);
        self.resource.set(Some(&self.scratch));
        self.scratch.clear();
        scope.encode(&mut self.scratch);
        self.scope.set(Some(&self.scratch));
        self.service.set(service.map(str::as_bytes));
    }

    /// Appends a row under the current group.
    pub(crate) fn push(&mut self) {
        self.service.push();
        self.resource.push();
        self.scope.push();
    }

    pub(crate) fn finish(self) -> Result<GroupColumns, SchemaError> {
        Ok(GroupColumns {
            service: self.service.finish_text()?,
            resource: self.resource.finish_binary()?,
            scope: self.scope.finish_binary()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::any::{AnyRef, AnyWriter};

    #[test]
    fn a_resource_reads_back() {
        let (mut attributes, mut entities) = (Vec::new(), Vec::new());
        AnyWriter::new(&mut attributes)
            .key("service.name")
            .string("cart");
        AnyWriter::new(&mut entities).string("entity");
        let resource = ResourceRef {
            present: true,
            schema_url: "https://example.test/1.0",
            dropped_attributes_count: u32::MAX,
            entity_refs: Values::new(&entities),
            attributes: KeyValues::new(&attributes),
        };
        let mut encoded = Vec::new();
        resource.encode(&mut encoded);
        let read = ResourceRef::decode(&encoded);
        assert_eq!(read, Some(resource));
        assert_eq!(
            read.and_then(|read| read.attributes.get("service.name")),
            Some(AnyRef::String("cart"))
        );
    }

    #[test]
    fn a_scope_reads_back_and_an_absent_one_stays_absent() {
        let scope = ScopeRef {
            present: true,
            schema_url: "",
            name: "n",
            version: "v",
            ..ScopeRef::default()
        };
        for scope in [scope, ScopeRef::default()] {
            let mut encoded = Vec::new();
            scope.encode(&mut encoded);
            assert_eq!(ScopeRef::decode(&encoded), Some(scope));
        }
        assert_eq!(ScopeRef::decode(&[]), None);
        assert_eq!(ScopeRef::decode(&[1, 200]), None);
    }
}
