//! Resource, entity references and scope.

use opentelemetry_proto::tonic::common::v1::{EntityRef, InstrumentationScope};
use opentelemetry_proto::tonic::resource::v1::Resource;

use super::reader::{Malformed, Reader};
use super::value::{read_attributes, write_attributes};
use super::writer::Fields;

/// Reads a resource; `None` when it is `null`.
pub(crate) fn read_resource(reader: &mut Reader<'_>) -> Result<Option<Resource>, Malformed> {
    if reader.null()? {
        return Ok(None);
    }
    let mut resource = Resource::default();
    let mut capped = 0;
    reader.object(|reader, name| match name {
        "attributes" => read_attributes(reader, &mut resource.attributes, &mut capped),
        "droppedAttributesCount" | "dropped_attributes_count" => {
            reader.integer(&mut resource.dropped_attributes_count)
        }
        "entityRefs" | "entity_refs" => reader.list(&mut resource.entity_refs, read_entity),
        _ => reader.skip(),
    })?;
    add_capped(&mut resource.dropped_attributes_count, capped);
    Ok(Some(resource))
}

fn read_entity(reader: &mut Reader<'_>) -> Result<EntityRef, Malformed> {
    let mut entity = EntityRef::default();
    reader.message(|reader, name| match name {
        "schemaUrl" | "schema_url" => reader.text(&mut entity.schema_url),
        "type" => reader.text(&mut entity.r#type),
        "idKeys" | "id_keys" => reader.list(&mut entity.id_keys, read_text),
        "descriptionKeys" | "description_keys" => {
            reader.list(&mut entity.description_keys, read_text)
        }
        _ => reader.skip(),
    })?;
    Ok(entity)
}

fn read_text(reader: &mut Reader<'_>) -> Result<String, Malformed> {
    let mut text = String::new();
    reader.text(&mut text)?;
    Ok(text)
}

/// Reads an instrumentation scope; `None` when it is `null`.
pub(crate) fn read_scope(
    reader: &mut Reader<'_>,
) -> Result<Option<InstrumentationScope>, Malformed> {
    if reader.null()? {
        return Ok(None);
    }
    let mut scope = InstrumentationScope::default();
    let mut capped = 0;
    reader.object(|reader, name| match name {
        "name" => reader.text(&mut scope.name),
        "version" => reader.text(&mut scope.version),
        "attributes" => read_attributes(reader, &mut scope.attributes, &mut capped),
        "droppedAttributesCount" | "dropped_attributes_count" => {
            reader.integer(&mut scope.dropped_attributes_count)
        }
        _ => reader.skip(),
    })?;
    add_capped(&mut scope.dropped_attributes_count, capped);
    Ok(Some(scope))
}

/// Adds what had to be emptied to what the sender dropped.
pub(crate) fn add_capped(dropped: &mut u32, capped: u32) {
    *dropped = dropped.saturating_add(capped);
}

/// Writes a resource, if there is one.
pub(crate) fn write_resource(fields: &mut Fields<'_>, resource: Option<&Resource>) {
    let Some(resource) = resource else { return };
    fields.object("resource", |fields| {
        write_attributes(fields, "attributes", &resource.attributes);
        fields.number("droppedAttributesCount", resource.dropped_attributes_count);
        fields.list("entityRefs", &resource.entity_refs, |fields, entity| {
            fields.text("schemaUrl", &entity.schema_url);
            fields.text("type", &entity.r#type);
            fields.texts("idKeys", &entity.id_keys);
            fields.texts("descriptionKeys", &entity.description_keys);
        });
    });
}

/// Writes an instrumentation scope, if there is one.
pub(crate) fn write_scope(fields: &mut Fields<'_>, scope: Option<&InstrumentationScope>) {
    let Some(scope) = scope else { return };
    fields.object("scope", |fields| {
        fields.text("name", &scope.name);
        fields.text("version", &scope.version);
        write_attributes(fields, "attributes", &scope.attributes);
        fields.number("droppedAttributesCount", scope.dropped_attributes_count);
    });
}
