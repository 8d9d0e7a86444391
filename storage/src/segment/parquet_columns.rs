//! How each column is encoded in a Parquet file, by its type. `docs/adr/0012-parquet-after-compaction.md` has the
//! measurements.

use arrow::datatypes::{DataType, Schema};
use parquet::arrow::ArrowSchemaConverter;
use parquet::basic::{Compression, Encoding, Type, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnDescriptor;

use crate::limits::{PAGE_BYTES, PAGE_ROWS, ZSTD_LEVEL};

/// What a column's values are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Numbers that grow or shrink from row to row: times and sequence numbers.
    Ascending,
    /// The same values again and again.
    Repeated,
    /// Text and encoded values, mostly distinct.
    Text,
    /// Ids: random bytes.
    Id,
}

/// The properties of a file with `schema`'s columns.
pub(super) fn properties(schema: &Schema) -> Result<WriterProperties, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_data_page_size_limit(PAGE_BYTES)
        .set_statistics_enabled(EnabledStatistics::None);
    for leaf in ArrowSchemaConverter::new().convert(schema)?.columns() {
        let path = leaf.path().clone();
        properties = match kind(schema, leaf) {
            Kind::Ascending => properties
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path.clone(), Encoding::DELTA_BINARY_PACKED)
                .set_column_statistics_enabled(path, EnabledStatistics::Chunk),
            Kind::Repeated => properties
                .set_column_dictionary_enabled(path.clone(), true)
                .set_column_statistics_enabled(path, EnabledStatistics::Chunk),
            Kind::Text | Kind::Id => properties.set_column_dictionary_enabled(path, false),
        };
    }
    Ok(properties.build())
}

fn kind(schema: &Schema, leaf: &ColumnDescriptor) -> Kind {
    let root = leaf.path().parts().first();
    let root = root.and_then(|name| schema.field_with_name(name).ok());
    let is_dictionary =
        root.is_some_and(|field| matches!(field.data_type(), DataType::Dictionary(..)));
    match leaf.physical_type() {
        _ if is_dictionary => Kind::Repeated,
        Type::INT64 => Kind::Ascending,
        Type::FIXED_LEN_BYTE_ARRAY => Kind::Id,
        Type::BYTE_ARRAY => Kind::Text,
        _ => Kind::Repeated,
    }
}
