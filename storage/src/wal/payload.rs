//! A batch as Arrow IPC bytes, and back.
//!
//! A payload is what an Arrow IPC stream holds between the schema and its end: dictionary batches and one
//! record batch. The schema message stands once, in the file's header; header and payload together are a
//! valid stream. A frame's dictionaries are its own, so that each frame can be read alone.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow_ipc::MetadataVersion;
use arrow_ipc::convert::try_schema_from_ipc_buffer;
use arrow_ipc::reader::StreamDecoder;
use arrow_ipc::writer::{IpcWriteOptions, StreamEncoder};

use super::format::ALIGNMENT;

/// The mark that ends a stream: eight bytes.
const END_OF_STREAM_BYTES: usize = 8;

fn encoder(schema: &Schema) -> Result<StreamEncoder, ArrowError> {
    let options = IpcWriteOptions::try_new(ALIGNMENT, false, MetadataVersion::V5)?;
    StreamEncoder::try_new_with_options(schema, options)
}

/// The schema's message, a multiple of eight bytes.
pub(super) fn encode_schema(schema: &Schema) -> Result<Vec<u8>, ArrowError> {
    let pieces = encoder(schema)?.finish()?;
    let mut bytes = pieces
        .iter()
        .map(Buffer::as_slice)
        .collect::<Vec<_>>()
        .concat();
    bytes.truncate(bytes.len().saturating_sub(END_OF_STREAM_BYTES));
    Ok(bytes)
}

/// The payload of `batch`, in pieces that are to be written one after the other; large columns are not
/// copied. `schema_bytes` is the length of the schema's message.
pub(super) fn encode(batch: &RecordBatch, schema_bytes: usize) -> Result<Vec<Buffer>, ArrowError> {
    let mut pieces = encoder(&batch.schema())?.encode(batch)?;
    // The stream opens with the schema's message, which the file's header has already.
    let mut opening = 0;
    let mut count = 0;
    while opening < schema_bytes && count < pieces.len() {
        opening += pieces[count].len();
        count += 1;
    }
    if opening != schema_bytes {
        return Err(ArrowError::IpcError(
            "no schema before the batch".to_owned(),
        ));
    }
    pieces.drain(..count);
    Ok(pieces)
}

/// The schema that a message holds.
pub(super) fn decode_schema(message: &[u8]) -> Result<SchemaRef, ArrowError> {
    guarded(|| Ok(Arc::new(try_schema_from_ipc_buffer(message)?)))
}

/// The batch of a payload. Columns lie in `payload`'s memory where that is aligned.
pub(super) fn decode(schema_message: &Buffer, payload: &Buffer) -> Result<RecordBatch, ArrowError> {
    guarded(|| {
        let mut decoder = StreamDecoder::new();
        decoder.decode(&mut schema_message.clone())?;
        let mut rest = payload.clone();
        let batch = decoder.decode(&mut rest)?;
        match batch {
            Some(batch) if rest.is_empty() => Ok(batch),
            Some(_) => Err(ArrowError::IpcError("bytes behind the batch".to_owned())),
            None => Err(ArrowError::IpcError("no whole batch".to_owned())),
        }
    })
}

/// Arrow's readers have panicked on malformed input; the checksums make that unlikely, not impossible.
fn guarded<T>(decode: impl FnOnce() -> Result<T, ArrowError>) -> Result<T, ArrowError> {
    catch_unwind(AssertUnwindSafe(decode))
        .unwrap_or_else(|_| Err(ArrowError::IpcError("the decoder panicked".to_owned())))
}
