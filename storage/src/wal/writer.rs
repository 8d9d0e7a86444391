//! Appending, syncing, poisoning, taking a new file.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use arrow::datatypes::SchemaRef;

use super::error::WalError;
use super::format::{FRAME_HEADER_BYTES, FileHeader, FrameHeader, header_crc};
use super::limits::{FRAME_BYTES_MAX, GATHER_BYTES, HEADER_BYTES_MAX, ROLL_BYTES};
use super::{WalPlace, WalPosition, names, payload};
use crate::catalog::{Change, ClosedWalFile, NewWalFile, WalEnd};
use crate::vfs::VfsFile;

/// When what was appended is synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FsyncMode {
    /// Before it is acknowledged.
    Always,
    /// This often, after it was acknowledged: a power loss takes what came since.
    Interval(Duration),
    /// When the system likes.
    Never,
}

/// How a log is written.
#[derive(Debug, Clone, Copy)]
pub struct WalConfig {
    /// A new file is taken once the current one has this many bytes.
    pub roll_bytes: u64,
    /// When to sync.
    pub fsync: FsyncMode,
}

impl Default for WalConfig {
    fn default() -> Self {
        Self {
            roll_bytes: ROLL_BYTES,
            fsync: FsyncMode::Always,
        }
    }
}

/// Writes the log of one table.
///
/// A group is appended with [`append`](Self::append) and may be acknowledged after
/// [`settle`](Self::settle). When either fails, the group is not in the log and its sequence numbers are free
/// again: it may be appended anew, which takes a new file if the old one is poisoned.
#[derive(Debug)]
pub struct WalWriter {
    place: WalPlace,
    config: WalConfig,
    schema: SchemaRef,
    schema_message: Vec<u8>,
    next_seq: u64,
    last_file: u64,
    file: Option<OpenFile>,
    /// The file that was left last, until the catalog knows its end.
    closed: Option<ClosedWalFile>,
}

#[derive(Debug)]
struct OpenFile {
    number: u64,
    path: PathBuf,
    handle: Box<dyn VfsFile>,
    crc: u32,
    /// Up to where frames were written.
    written: WalEnd,
    /// Up to where they may be acknowledged.
    settled: WalEnd,
    /// Bytes up to here were synced.
    synced_offset: u64,
}

impl WalWriter {
    /// A writer that goes on at `next_seq`, as a replay has found it, with batches of `schema`. The first
    /// file is created by the first append.
    pub fn new(
        place: WalPlace,
        schema: SchemaRef,
        next_seq: u64,
        config: WalConfig,
    ) -> Result<Self, WalError> {
        let schema_message = payload::encode_schema(&schema).map_err(WalError::Encode)?;
        let tenant_fits = u8::try_from(place.key.tenant.len()).is_ok();
        if !tenant_fits || schema_message.len() + 1_024 > HEADER_BYTES_MAX {
            return Err(WalError::Header);
        }
        let last_file = place.catalog.table(&place.key).last_wal_file;
        Ok(Self {
            place,
            config,
            schema,
            schema_message,
            next_seq,
            last_file,
            file: None,
            closed: None,
        })
    }

    /// The sequence number that the next append must begin with.
    pub fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// How this log is written.
    pub fn config(&self) -> WalConfig {
        self.config
    }

    /// Whether frames were written that no sync has covered.
    pub fn is_dirty(&self) -> bool {
        let file = self.file.as_ref();
        file.is_some_and(|file| file.synced_offset < file.written.offset)
    }

    /// Writes `batch` as one frame, its rows numbered from `base_seq`, and returns the frame's end. Not yet
    /// to be acknowledged.
    pub fn append(
        &mut self,
        batch: &RecordBatch,
        base_seq: u64,
        arrival_ns: i64,
    ) -> Result<WalPosition, WalError> {
        if base_seq != self.next_seq {
            return Err(WalError::Sequence {
                expected: self.next_seq,
                actual: base_seq,
            });
        }
        let pieces = self.encode(batch)?;
        let header = frame_header(&pieces, batch.num_rows(), base_seq, arrival_ns)?;
        let full = |file: &OpenFile| file.written.offset >= self.config.roll_bytes;
        if self.file.as_ref().is_some_and(full) {
            self.leave_file()?;
        }
        let file = match self.file.take() {
            Some(file) => file,
            None => self.new_file(arrival_ns)?,
        };
        let file = self.file.insert(file);
        if let Err(error) = file.write_frame(&header, &pieces) {
            self.poison();
            return Err(error);
        }
        self.next_seq = file.written.seq;
        Ok(WalPosition {
            file: file.number,
            offset: file.written.offset,
        })
    }

    /// Makes what was appended fit to be acknowledged: by a sync, unless the mode asks for none.
    pub fn settle(&mut self) -> Result<(), WalError> {
        if self.config.fsync == FsyncMode::Always {
            self.sync()?;
        }
        if let Some(file) = &mut self.file {
            file.settled = file.written;
        }
        Ok(())
    }

    /// Syncs what was appended, whatever the mode.
    pub fn sync(&mut self) -> Result<(), WalError> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        if file.synced_offset == file.written.offset {
            return Ok(());
        }
        if let Err(source) = file.handle.sync_data() {
            let error = WalError::io("sync", &file.path)(source);
            self.poison();
            return Err(error);
        }
        file.synced_offset = file.written.offset;
        Ok(())
    }

    /// Leaves the current file for good and tells the catalog where it ends, so that it can go as soon as
    /// its rows are in segments. The next append takes a new one.
    pub fn close(&mut self) -> Result<(), WalError> {
        self.leave_file()?;
        self.note_closed()
    }

    /// Leaves the current file if all its rows are in segments, so that it need not wait for more of them to be full; whether it did.
    pub fn leave_flushed(&mut self) -> Result<bool, WalError> {
        let flushed_seq = self.place.catalog.table(&self.place.key).flushed_seq;
        if self.file.is_none() || self.next_seq > flushed_seq {
            return Ok(false);
        }
        self.close().map(|()| true)
    }

    fn encode(&self, batch: &RecordBatch) -> Result<Vec<Buffer>, WalError> {
        let schema = batch.schema();
        if !Arc::ptr_eq(&schema, &self.schema) && schema != self.schema {
            return Err(WalError::Schema);
        }
        payload::encode(batch, self.schema_message.len()).map_err(WalError::Encode)
    }

    fn leave_file(&mut self) -> Result<(), WalError> {
        if self.config.fsync != FsyncMode::Never {
            self.sync()?;
        }
        if let Some(file) = self.file.take() {
            self.closed = Some(file.closed(false));
        }
        Ok(())
    }

    /// The current file may hold anything behind what was settled. Its handle is dropped without another
    /// sync; the numbers of what was not settled are free again.
    fn poison(&mut self) {
        let Some(mut file) = self.file.take() else {
            return;
        };
        self.next_seq = file.settled.seq;
        self.closed = Some(file.closed(true));
        // Neither has to succeed: the catalog hears of it before anything else is acknowledged, and the
        // cut only makes it likelier that a refused group is gone even if the process dies before that.
        let _ = file.handle.set_size(file.settled.offset);
        let _ = self.note_closed();
    }

    fn note_closed(&mut self) -> Result<(), WalError> {
        if let Some(closed) = self.closed {
            self.place.catalog.commit(Change::CloseWalFile {
                key: self.place.key.clone(),
                closed,
            })?;
            self.closed = None;
        }
        Ok(())
    }

    /// Creates the next file, makes it durable, and has the catalog register it and note the end of the one
    /// before.
    fn new_file(&mut self, created_ns: i64) -> Result<OpenFile, WalError> {
        // A number is never tried twice: what failed may have left a file behind.
        self.last_file += 1;
        let header = FileHeader {
            key: self.place.key.clone(),
            file: self.last_file,
            created_ns,
            schema: self.schema_message.clone(),
        };
        let file = self.create(&header)?;
        self.place.catalog.commit(Change::OpenWalFile(NewWalFile {
            key: header.key,
            file: header.file,
            first_seq: self.next_seq,
            created_ns,
            header_crc: file.crc,
            previous: self.closed,
        }))?;
        self.closed = None;
        Ok(file)
    }

    fn create(&self, header: &FileHeader) -> Result<OpenFile, WalError> {
        let (vfs, folder) = (&self.place.vfs, &self.place.folder);
        let path = names::log_file(folder, header.file);
        let bytes = header.encode();
        let mut handle = vfs
            .create_new(&path)
            .map_err(WalError::io("create", &path))?;
        let written = handle
            .write_all(&bytes)
            .and_then(|()| handle.sync_all())
            .and_then(|()| vfs.sync_dir(folder));
        if let Err(source) = written {
            // Should this fail too, the next start finds a file without frames and removes it.
            let _ = vfs.remove_file(&path);
            return Err(WalError::io("begin", &path)(source));
        }
        let end = WalEnd {
            offset: bytes.len() as u64,
            seq: self.next_seq,
        };
        Ok(OpenFile {
            number: header.file,
            path,
            handle,
            crc: header_crc(&bytes),
            written: end,
            settled: end,
            synced_offset: end.offset,
        })
    }
}

impl OpenFile {
    fn closed(&self, poisoned: bool) -> ClosedWalFile {
        ClosedWalFile {
            file: self.number,
            end: self.settled,
            poisoned,
        }
    }

    fn write_frame(&mut self, header: &FrameHeader, pieces: &[Buffer]) -> Result<(), WalError> {
        self.write_pieces(&header.encode(self.crc), pieces)
            .map_err(WalError::io("write", &self.path))?;
        self.written = WalEnd {
            offset: self.written.offset + header.frame_bytes(),
            seq: header.end_seq(),
        };
        Ok(())
    }

    /// Gathers small pieces, of which there are many, and writes large ones from where they lie.
    fn write_pieces(&mut self, header: &[u8], pieces: &[Buffer]) -> std::io::Result<()> {
        let mut gathered = Vec::with_capacity(2 * GATHER_BYTES);
        gathered.extend_from_slice(header);
        for piece in pieces {
            if piece.len() >= GATHER_BYTES {
                self.handle.write_all(&gathered)?;
                gathered.clear();
                self.handle.write_all(piece)?;
            } else {
                gathered.extend_from_slice(piece);
                if gathered.len() >= GATHER_BYTES {
                    self.handle.write_all(&gathered)?;
                    gathered.clear();
                }
            }
        }
        self.handle.write_all(&gathered)
    }
}

fn frame_header(
    pieces: &[Buffer],
    rows: usize,
    base_seq: u64,
    arrival_ns: i64,
) -> Result<FrameHeader, WalError> {
    let bytes = pieces.iter().map(Buffer::len).sum();
    let too_large = || WalError::TooLarge { bytes, rows };
    if bytes > FRAME_BYTES_MAX {
        return Err(too_large());
    }
    let crc = pieces
        .iter()
        .fold(0, |crc, piece| crc32c::crc32c_append(crc, piece));
    Ok(FrameHeader {
        payload_bytes: u32::try_from(bytes).map_err(|_| too_large())?,
        base_seq,
        arrival_ns,
        rows: u32::try_from(rows).map_err(|_| too_large())?,
        payload_crc: crc,
    })
}

const _: () = assert!(FRAME_HEADER_BYTES.is_multiple_of(super::format::ALIGNMENT));
