//! Row files: the columns that they have, and how those are encoded.

use std::fs::File;
use std::path::Path;

use arrow::datatypes::Schema;
use arrow_ipc::reader::FileReader;
use parquet::arrow::parquet_to_arrow_schema;
use parquet::basic::Compression;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaDataReader};

pub(super) fn schema(schema: &Schema) -> Vec<String> {
    let fields = schema.fields().iter().map(|field| {
        let null = if field.is_nullable() { "?" } else { "" };
        format!("column {}: {}{null}", field.name(), field.data_type())
    });
    fields.collect()
}

pub(super) fn arrow(file: &[u8]) -> Vec<String> {
    let mut reader = FileReader::try_new(std::io::Cursor::new(file), None).unwrap();
    let mut lines = schema(&reader.schema());
    let batches: Vec<usize> = reader
        .by_ref()
        .map(|batch| batch.unwrap().num_rows())
        .collect();
    lines.push(format!("batches of {batches:?} rows"));
    lines
}

pub(super) fn parquet(path: &Path) -> Vec<String> {
    let metadata = ParquetMetaDataReader::new();
    let metadata = metadata
        .parse_and_finish(&File::open(path).unwrap())
        .unwrap();
    let file = metadata.file_metadata();
    let pairs = file.key_value_metadata().unwrap();
    let keys: Vec<&str> = pairs.iter().map(|pair| pair.key.as_str()).collect();
    let mut lines = vec![format!("parquet version {}, keys {keys:?}", file.version())];
    let columns = parquet_to_arrow_schema(file.schema_descr(), Some(pairs)).unwrap();
    lines.extend(schema(&columns));
    for group in metadata.row_groups() {
        lines.push(format!("row group of {} rows", group.num_rows()));
        lines.extend(group.columns().iter().map(chunk));
    }
    lines
}

fn chunk(chunk: &ColumnChunkMetaData) -> String {
    let Compression::ZSTD(_) = chunk.compression() else {
        panic!("{} is compressed otherwise", chunk.column_path());
    };
    assert!(chunk.offset_index_offset().is_some());
    let encodings: Vec<String> = chunk.encodings().map(|e| format!("{e:?}")).collect();
    format!(
        "chunk {}: {} {}{}",
        chunk.column_path().string(),
        chunk.column_type(),
        encodings.join("+"),
        if chunk.statistics().is_some() {
            ", statistics"
        } else {
            ""
        }
    )
}
