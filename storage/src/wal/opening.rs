//! A file's header, checked against the catalog.

use std::io::ErrorKind;
use std::path::Path;

use arrow::buffer::Buffer;
use arrow::datatypes::SchemaRef;

use super::error::WalError;
use super::format::{FILE_PREFIX_BYTES, FileHeader, header_crc};
use super::report::WalFinding;
use super::{WalPlace, payload};
use crate::catalog::WalFileRow;
use crate::vfs::VfsRead;

/// A file whose frames can be read.
#[derive(Debug)]
pub(super) struct OpenedFile {
    pub(super) file: Box<dyn VfsRead>,
    pub(super) size: u64,
    /// Where its frames begin.
    pub(super) header_bytes: u64,
    pub(super) schema_message: Buffer,
    pub(super) schema: SchemaRef,
}

/// Opens the file of `row`; nothing, with a finding, when it is missing or beyond reading. A damaged header
/// is rebuilt from the catalog's row and `schema`, if the catalog's checksum says that it was this one.
pub(super) fn open(
    place: &WalPlace,
    row: &WalFileRow,
    path: &Path,
    schema: &SchemaRef,
    findings: &mut Vec<WalFinding>,
) -> Result<Option<OpenedFile>, WalError> {
    let file = match place.vfs.open_read(path) {
        Ok(file) => file,
        Err(source) if source.kind() == ErrorKind::NotFound => {
            findings.push(WalFinding::Missing {
                path: path.to_path_buf(),
            });
            return Ok(None);
        }
        Err(source) => return Err(WalError::io("open", path)(source)),
    };
    let size = file.size().map_err(WalError::io("size", path))?;
    let stored = read_header(path, &*file, size)?;
    let sound = |bytes: &Vec<u8>| header_crc(bytes) == row.header_crc && size >= bytes.len() as u64;
    let header = match stored.filter(sound) {
        Some(bytes) => Some(bytes),
        None => {
            let rebuilt = rebuild(row, schema)?.filter(sound);
            findings.push(WalFinding::DamagedHeader {
                path: path.to_path_buf(),
                rebuilt: rebuilt.is_some(),
            });
            rebuilt
        }
    };
    let Some((bytes, header)) = header.and_then(|bytes| {
        let header = FileHeader::decode(&bytes)?;
        Some((bytes, header))
    }) else {
        return Ok(None);
    };
    let file_schema = payload::decode_schema(&header.schema).map_err(WalError::Encode)?;
    Ok(Some(OpenedFile {
        file,
        size,
        header_bytes: bytes.len() as u64,
        schema_message: Buffer::from(header.schema),
        schema: file_schema,
    }))
}

/// The header's bytes, if they are sound in themselves.
fn read_header(path: &Path, file: &dyn VfsRead, size: u64) -> Result<Option<Vec<u8>>, WalError> {
    let mut prefix = [0; FILE_PREFIX_BYTES];
    if size < prefix.len() as u64 {
        return Ok(None);
    }
    let failed = |source| WalError::io("read", path)(source);
    file.read_exact_at(0, &mut prefix).map_err(failed)?;
    let Some(length) = FileHeader::size(&prefix).filter(|length| *length as u64 <= size) else {
        return Ok(None);
    };
    let mut bytes = vec![0; length];
    file.read_exact_at(0, &mut bytes).map_err(failed)?;
    Ok(FileHeader::decode(&bytes).is_some().then_some(bytes))
}

fn rebuild(row: &WalFileRow, schema: &SchemaRef) -> Result<Option<Vec<u8>>, WalError> {
    let header = FileHeader {
        key: row.key.clone(),
        file: row.file,
        created_ns: row.created_ns,
        schema: payload::encode_schema(schema).map_err(WalError::Encode)?,
    };
    Ok(Some(header.encode()))
}
