//! How each column is encoded in a Parquet file, by its type: what was measured to be smallest
//! (`docs/adr/0012-parquet-after-compaction.md`).
//!
//! Statistics are for other programs: a segment prunes by `meta.json`. They stand per row group, where a
//! filter would look at them, and not on text, where they would repeat it.

use arrow::datatypes::{DataType, Schema};
use parquet::arrow::ArrowSchemaConverter;
use parquet::basic::{Compression, Encoding, Type, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnDescriptor;

use super::shape::ATTRIBUTE_PREFIX;
use crate::limits::{
    ATTRIBUTES_DICTIONARY_BYTES, PAGE_BYTES, PAGE_ROWS, TEMPLATE_DICTIONARY_BYTES_MAX, ZSTD_LEVEL,
};

/// What a column's values are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Sequence numbers: few distances between neighbours, repeated.
    Counter,
    /// Times and durations: their high bytes are alike, their low bytes random, their distances too.
    Time,
    /// The same values again and again.
    Repeated,
    /// An attribute's values, of which nothing is known.
    Attribute,
    /// Encoded values: in some segments the same lists again and again, in others all distinct.
    Encoded,
    /// Text, mostly distinct, though never far from one before it: zstd alone does best.
    Text,
    /// Ids: random bytes, but the same id comes again within a page.
    Id,
}

/// The properties of a file with `schema`'s columns.
pub(super) fn properties(schema: &Schema) -> Result<WriterProperties, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_data_page_size_limit(PAGE_BYTES)
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::None);
    for leaf in ArrowSchemaConverter::new().convert(schema)?.columns() {
        let path = leaf.path().clone();
        let kind = kind(schema, leaf);
        if matches!(kind, Kind::Counter | Kind::Time | Kind::Repeated) {
            let statistics = EnabledStatistics::Chunk;
            properties = properties.set_column_statistics_enabled(path.clone(), statistics);
        }
        properties = match kind {
            Kind::Counter => properties.set_column_encoding(path, Encoding::DELTA_BINARY_PACKED),
            Kind::Time => properties.set_column_encoding(path, Encoding::BYTE_STREAM_SPLIT),
            // Templates are the only ones that are long, and a segment's dictionary bounds them.
            Kind::Repeated => properties
                .set_column_dictionary_enabled(path.clone(), true)
                .set_column_dictionary_page_size_limit(path, 2 * TEMPLATE_DICTIONARY_BYTES_MAX),
            Kind::Encoded | Kind::Attribute => properties
                .set_column_dictionary_enabled(path.clone(), true)
                .set_column_dictionary_page_size_limit(path, ATTRIBUTES_DICTIONARY_BYTES),
            Kind::Text | Kind::Id => properties,
        };
    }
    Ok(properties.build())
}

fn kind(schema: &Schema, leaf: &ColumnDescriptor) -> Kind {
    let root = leaf.path().parts().first();
    let attribute = root.is_some_and(|name| name.starts_with(ATTRIBUTE_PREFIX));
    let root = root.and_then(|name| schema.field_with_name(name).ok());
    if attribute {
        return Kind::Attribute;
    }
    match (root.map(|field| field.data_type()), leaf.physical_type()) {
        (Some(DataType::Dictionary(..)), _) => Kind::Repeated,
        (Some(DataType::UInt64), _) => Kind::Counter,
        (_, Type::INT64) => Kind::Time,
        (_, Type::FIXED_LEN_BYTE_ARRAY) => Kind::Id,
        (_, Type::BYTE_ARRAY) if leaf.logical_type_ref().is_some() => Kind::Text,
        (_, Type::BYTE_ARRAY) => Kind::Encoded,
        _ => Kind::Repeated,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use clearspan_schema::Signal;

    fn check(signal: Signal, expected: &[(&str, Kind)]) {
        let schema = signal.stored_schema();
        let descriptor = ArrowSchemaConverter::new().convert(&schema).unwrap();
        for &(name, expected) in expected {
            let leaf = descriptor
                .columns()
                .iter()
                .find(|leaf| leaf.path().string() == name);
            assert_eq!(kind(&schema, leaf.unwrap()), expected, "{name}");
        }
    }

    #[test]
    fn columns_are_of_the_kind_that_was_measured() {
        check(
            Signal::Logs,
            &[
                ("seq", Kind::Counter),
                ("placed_time", Kind::Time),
                ("severity_number", Kind::Repeated),
                ("service", Kind::Repeated),
                ("body", Kind::Text),
                ("attributes", Kind::Encoded),
                ("trace_id", Kind::Id),
                ("resource", Kind::Repeated),
            ],
        );
        check(
            Signal::Spans,
            &[
                ("duration_ns", Kind::Time),
                ("events.list.item.time_unix_nano", Kind::Time),
                ("events.list.item.name", Kind::Text),
                ("events.list.item.attributes", Kind::Encoded),
                ("links.list.item.trace_id", Kind::Id),
            ],
        );
    }
}
