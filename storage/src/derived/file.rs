//! `derived.<formula>.arrow`: the derived rows of a segment as an Arrow IPC file with zstd, of one record batch. The schema's metadata
//! tells the version of the formula.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use arrow::error::ArrowError;
use arrow_ipc::CompressionType;
use arrow_ipc::reader::FileReader;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions};
use clearspan_schema::SchemaError;

use crate::limits::ZSTD_LEVEL;

/// The key in the schema's metadata.
const VERSION: &str = "clearspan.formula_version";

pub(super) fn encode(version: u32, rows: &RecordBatch) -> Result<Vec<u8>, SchemaError> {
    let schema =
        Schema::clone(&rows.schema()).with_metadata([(VERSION.into(), version.to_string())].into());
    let rows = rows.clone().with_schema(Arc::new(schema))?;
    let options = IpcWriteOptions::default()
        .try_with_compression(Some(CompressionType::ZSTD))?
        .try_with_compression_level(Some(ZSTD_LEVEL))?;
    let mut writer = FileWriter::try_new_with_options(Vec::new(), &rows.schema(), options)?;
    writer.write(&rows)?;
    writer.finish()?;
    Ok(writer.into_inner()?)
}

/// The rows in `file`, whose checksum was found right; `None` where they are of another version of the formula.
pub(crate) fn decode(version: u32, file: &[u8]) -> Result<Option<RecordBatch>, ArrowError> {
    let decode = || {
        let mut reader = FileReader::try_new(Cursor::new(file), None)?;
        let made_by = reader.schema().metadata().get(VERSION).cloned();
        let is_known = made_by.is_some_and(|made_by| made_by == version.to_string());
        match reader.next().filter(|_| is_known) {
            Some(batch) => batch.map(Some),
            None => Ok(None),
        }
    };
    // Arrow's decoder panics on some files that no writer makes.
    let panicked = |_| Err(ArrowError::IpcError("the decoder panicked".into()));
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(panicked)
}
