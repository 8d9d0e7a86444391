//! Resource and scope, to and from the batches' encoding; records back under them.

use std::collections::HashMap;

use clearspan_schema::any::{AnyRef, AnyWriter, KeyValues, Values};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{EntityRef, InstrumentationScope};
use opentelemetry_proto::tonic::resource::v1::Resource;

use super::attributes;

const SERVICE_NAME: &str = "service.name";

/// Buffers for the parts of a resource, kept from one resource to the next.
#[derive(Debug, Default)]
pub(crate) struct ResourceBuffers {
    attributes: Vec<u8>,
    entities: Vec<u8>,
}

/// The encoded form of `resource`, in `buffers`.
pub(crate) fn encode_resource<'a>(
    resource: Option<&Resource>,
    schema_url: &'a str,
    buffers: &'a mut ResourceBuffers,
) -> ResourceRef<'a> {
    let Some(resource) = resource else {
        return ResourceRef {
            schema_url,
            ..ResourceRef::default()
        };
    };
    buffers.entities.clear();
    for entity in &resource.entity_refs {
        write_entity(entity, &mut AnyWriter::new(&mut buffers.entities));
    }
    ResourceRef {
        present: true,
        schema_url,
        dropped_attributes_count: resource.dropped_attributes_count,
        entity_refs: Values::new(&buffers.entities),
        attributes: attributes::encode(&resource.attributes, &mut buffers.attributes),
    }
}

/// The encoded form of `scope`, its attributes in `scratch`.
pub(crate) fn encode_scope<'a>(
    scope: Option<&'a InstrumentationScope>,
    schema_url: &'a str,
    scratch: &'a mut Vec<u8>,
) -> ScopeRef<'a> {
    let Some(scope) = scope else {
        return ScopeRef {
            schema_url,
            ..ScopeRef::default()
        };
    };
    ScopeRef {
        present: true,
        schema_url,
        name: &scope.name,
        version: &scope.version,
        dropped_attributes_count: scope.dropped_attributes_count,
        attributes: attributes::encode(&scope.attributes, scratch),
    }
}

/// The service's name: `service.name` of the resource, of a repeated key the last; none where that is no string.
pub(crate) fn service_of(resource: Option<&Resource>) -> Option<&str> {
    let mut attributes = resource?.attributes.iter().rev();
    let name = attributes.find(|attribute| attribute.key == SERVICE_NAME)?;
    match name.value.as_ref()?.value.as_ref()? {
        Value::StringValue(name) => Some(name.as_str()),
        _ => None,
    }
}

/// Keys of an entity reference in the batches: the names of its fields.
const SCHEMA_URL: &str = "schema_url";
const TYPE: &str = "type";
const ID_KEYS: &str = "id_keys";
const DESCRIPTION_KEYS: &str = "description_keys";

fn write_entity(entity: &EntityRef, to: &mut AnyWriter<'_>) {
    to.key_values(|to| {
        to.key(SCHEMA_URL).string(&entity.schema_url);
        to.key(TYPE).string(&entity.r#type);
        write_names(&entity.id_keys, to.key(ID_KEYS));
        write_names(&entity.description_keys, to.key(DESCRIPTION_KEYS));
    });
}

fn write_names(names: &[String], to: &mut AnyWriter<'_>) {
    to.array(|to| names.iter().for_each(|name| to.string(name)));
}

fn entity_message(value: AnyRef<'_>) -> Option<EntityRef> {
    let AnyRef::KeyValues(fields) = value else {
        return None;
    };
    Some(EntityRef {
        schema_url: text_field(fields, SCHEMA_URL),
        r#type: text_field(fields, TYPE),
        id_keys: names_field(fields, ID_KEYS),
        description_keys: names_field(fields, DESCRIPTION_KEYS),
    })
}

fn text_field(fields: KeyValues<'_>, key: &str) -> String {
    match fields.get(key) {
        Some(AnyRef::String(text)) => text.to_owned(),
        _ => String::new(),
    }
}

fn names_field(fields: KeyValues<'_>, key: &str) -> Vec<String> {
    let Some(AnyRef::Array(names)) = fields.get(key) else {
        return Vec::new();
    };
    names
        .filter_map(|name| match name {
            AnyRef::String(name) => Some(name.to_owned()),
            _ => None,
        })
        .collect()
}

/// The message and schema URL of an encoded resource.
pub(crate) fn resource_message(encoded: &[u8]) -> (Option<Resource>, String) {
    let resource = ResourceRef::decode(encoded).unwrap_or_default();
    let message = resource.present.then(|| Resource {
        attributes: attributes::messages(resource.attributes),
        dropped_attributes_count: resource.dropped_attributes_count,
        entity_refs: resource.entity_refs.filter_map(entity_message).collect(),
    });
    (message, resource.schema_url.to_owned())
}

/// The message and schema URL of an encoded scope.
pub(crate) fn scope_message(encoded: &[u8]) -> (Option<InstrumentationScope>, String) {
    let scope = ScopeRef::decode(encoded).unwrap_or_default();
    let message = scope.present.then(|| InstrumentationScope {
        name: scope.name.to_owned(),
        version: scope.version.to_owned(),
        attributes: attributes::messages(scope.attributes),
        dropped_attributes_count: scope.dropped_attributes_count,
    });
    (message, scope.schema_url.to_owned())
}

/// Records under their encoded resource and scope. Groups stand in the order of their first record,
/// records in the order in which they were pushed.
#[derive(Debug)]
pub(crate) struct Grouped<'a, T> {
    resources: Vec<ResourceGroup<'a, T>>,
    known_resources: HashMap<&'a [u8], usize>,
    known_scopes: HashMap<(usize, &'a [u8]), usize>,
    last: Option<Place<'a>>,
}

/// Where the last record went. Rows of one batch share the bytes of their dictionary's values, so that
/// comparing addresses tells most repetitions without looking at the bytes.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    resource: &'a [u8],
    scope: &'a [u8],
    at: (usize, usize),
}

/// The scopes of one resource.
#[derive(Debug)]
pub(crate) struct ResourceGroup<'a, T> {
    pub(crate) resource: &'a [u8],
    pub(crate) scopes: Vec<ScopeGroup<'a, T>>,
}

/// The records of one scope.
#[derive(Debug)]
pub(crate) struct ScopeGroup<'a, T> {
    pub(crate) scope: &'a [u8],
    pub(crate) records: Vec<T>,
}

impl<'a, T> Grouped<'a, T> {
    pub(crate) fn new() -> Self {
        Grouped {
            resources: Vec::new(),
            known_resources: HashMap::new(),
            known_scopes: HashMap::new(),
            last: None,
        }
    }

    pub(crate) fn push(&mut self, resource: &'a [u8], scope: &'a [u8], record: T) {
        let (at_resource, at_scope) = match self.last {
            Some(last)
                if std::ptr::eq(last.resource, resource) && std::ptr::eq(last.scope, scope) =>
            {
                last.at
            }
            _ => self.place(resource, scope),
        };
        self.resources[at_resource].scopes[at_scope]
            .records
            .push(record);
    }

    fn place(&mut self, resource: &'a [u8], scope: &'a [u8]) -> (usize, usize) {
        let resources = &mut self.resources;
        let at_resource = *self.known_resources.entry(resource).or_insert_with(|| {
            let scopes = Vec::new();
            resources.push(ResourceGroup { resource, scopes });
            resources.len() - 1
        });
        let scopes = &mut resources[at_resource].scopes;
        let known = self.known_scopes.entry((at_resource, scope));
        let at_scope = *known.or_insert_with(|| {
            let records = Vec::new();
            scopes.push(ScopeGroup { scope, records });
            scopes.len() - 1
        });
        let at = (at_resource, at_scope);
        self.last = Some(Place {
            resource,
            scope,
            at,
        });
        at
    }

    pub(crate) fn into_resources(self) -> Vec<ResourceGroup<'a, T>> {
        self.resources
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};

    fn attribute(key: &str, value: Value) -> KeyValue {
        KeyValue {
            key: key.into(),
            value: Some(AnyValue { value: Some(value) }),
            key_strindex: 0,
        }
    }

    #[test]
    fn the_service_is_the_last_name_where_that_is_text() {
        let name = |name: &str| attribute(SERVICE_NAME, Value::StringValue(name.into()));
        let mut resource = Resource {
            attributes: vec![
                name("a"),
                name("b"),
                attribute("other", Value::StringValue("c".into())),
            ],
            ..Resource::default()
        };
        assert_eq!(service_of(Some(&resource)), Some("b"));
        let number = attribute(SERVICE_NAME, Value::IntValue(7));
        resource.attributes.push(number);
        assert_eq!(service_of(Some(&resource)), None);
        assert_eq!(service_of(Some(&Resource::default())), None);
        assert_eq!(service_of(None), None);
    }

    #[test]
    fn records_come_back_under_equal_groups_in_order_of_first_use() {
        let mut grouped = Grouped::new();
        let second_a = b"a".to_vec();
        for (resource, scope, record) in [
            (b"a".as_slice(), b"x".as_slice(), 1),
            (b"b", b"x", 2),
            (second_a.as_slice(), b"y", 3),
            (b"a", b"x", 4),
        ] {
            grouped.push(resource, scope, record);
        }
        let read: Vec<_> = grouped
            .into_resources()
            .into_iter()
            .map(|group| {
                let scopes = group.scopes.into_iter();
                let scopes: Vec<_> = scopes.map(|scope| (scope.scope, scope.records)).collect();
                (group.resource, scopes)
            })
            .collect();
        assert_eq!(
            read,
            [
                (
                    b"a".as_slice(),
                    vec![(b"x".as_slice(), vec![1, 4]), (b"y", vec![3])]
                ),
                (b"b", vec![(b"x", vec![2])]),
            ]
        );
    }
}
