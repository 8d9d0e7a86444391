//! All frames of a table at start, file by file.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use arrow::datatypes::SchemaRef;

use super::error::WalError;
use super::format::FrameHeader;
use super::opening::{self, OpenedFile};
use super::reader::{Found, FrameReader};
use super::report::{WalFinding, WalReport};
use super::{WalPlace, WalPosition, collect, folder, names, payload, tail};
use crate::catalog::{Change, ClosedWalFile, WalEnd, WalFileRow};

/// A committed group, read back.
#[derive(Debug, Clone)]
pub struct ReplayedFrame {
    /// The end of its frame.
    pub position: WalPosition,
    /// The sequence number of its first row.
    pub base_seq: u64,
    /// When it arrived, nanoseconds since 1970.
    pub arrival_ns: i64,
    /// Its rows. Of the schema that was asked for, unless the file was written with another.
    pub batch: RecordBatch,
}

/// What a replay came to.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// Where a writer goes on.
    pub next_seq: u64,
    /// What was read, and what was wrong.
    pub report: WalReport,
}

/// Hands every row that is not in a segment yet to `sink`, frame by frame, in order; to be called once,
/// before there is a writer. `sink` may publish flushes on the way, so that memory stays bounded, and call
/// [`remove_flushed`](super::remove_flushed).
///
/// Afterwards the catalog knows the end of every file. A disk that fails to read is an error, and the
/// replay can be begun again; damaged content is a finding.
pub fn replay<E: From<WalError>>(
    place: &WalPlace,
    schema: &SchemaRef,
    mut sink: impl FnMut(ReplayedFrame) -> Result<(), E>,
) -> Result<Replayed, E> {
    let mut report = WalReport {
        findings: folder::clear_unknown(place)?,
        ..WalReport::default()
    };
    collect::remove_flushed(place)?;
    let flushed_seq = place.catalog.table(&place.key).flushed_seq;
    let mut next_seq = flushed_seq;
    for row in place.catalog.wal_files(&place.key) {
        let file = FileReplay::new(place, row, flushed_seq, &mut report);
        next_seq = next_seq.max(file.run(schema, &mut sink)?);
    }
    Ok(Replayed { next_seq, report })
}

struct FileReplay<'a> {
    place: &'a WalPlace,
    row: WalFileRow,
    path: PathBuf,
    flushed_seq: u64,
    report: &'a mut WalReport,
    /// The sequence number after the last sound frame.
    seq: u64,
    /// The end of the last sound frame.
    offset: u64,
    rows_lost: u64,
    /// A number that a torn frame claimed to reach: not to be given to other rows.
    claimed_seq: u64,
}

impl<'a> FileReplay<'a> {
    fn new(
        place: &'a WalPlace,
        row: WalFileRow,
        flushed_seq: u64,
        report: &'a mut WalReport,
    ) -> Self {
        Self {
            place,
            path: names::log_file(&place.folder, row.file),
            flushed_seq,
            report,
            seq: row.first_seq,
            offset: 0,
            rows_lost: 0,
            claimed_seq: 0,
            row,
        }
    }

    /// Reads the file and returns the sequence number that may follow it.
    fn run<E: From<WalError>>(
        mut self,
        schema: &SchemaRef,
        sink: &mut impl FnMut(ReplayedFrame) -> Result<(), E>,
    ) -> Result<u64, E> {
        let findings = &mut self.report.findings;
        let found = findings.len();
        let opened = opening::open(self.place, &self.row, &self.path, schema, findings)?;
        if self.report.findings.len() > found {
            self.mark_damaged()?;
        }
        self.report.files += 1;
        if let Some(opened) = &opened {
            self.read_frames(opened, schema, sink)?;
        }
        self.finish(opened.as_ref())?;
        let end = self.row.end().map_or(self.seq, |end| end.seq);
        Ok(end.max(self.claimed_seq))
    }

    fn read_frames<E: From<WalError>>(
        &mut self,
        opened: &OpenedFile,
        schema: &SchemaRef,
        sink: &mut impl FnMut(ReplayedFrame) -> Result<(), E>,
    ) -> Result<(), E> {
        // What stands behind the noted end was never acknowledged, and may stand in a later file again.
        let noted = self.row.end().map_or(u64::MAX, |end| end.offset);
        let limit = opened.size.min(noted);
        let start = opened.header_bytes;
        let file = &*opened.file;
        let path = self.path.clone();
        let mut reader = FrameReader::new(&path, file, self.row.header_crc, start, limit);
        self.offset = start;
        loop {
            match reader.next(self.flushed_seq)? {
                Found::End => return Ok(()),
                Found::Skipped { header } => {
                    if self.follows(&header, reader.offset())? {
                        self.seq = header.end_seq();
                    }
                    self.offset = reader.offset();
                }
                Found::Frame { header, payload } => {
                    self.offset = reader.offset();
                    let batch = self.take_frame(&header, opened, &payload, schema)?;
                    if let Some(frame) = batch {
                        self.report.frames += 1;
                        self.report.rows += frame.batch.num_rows() as u64;
                        sink(frame)?;
                    }
                }
                Found::Unsound {
                    at,
                    end_seq,
                    resumes,
                } => self.note_unsound(at, end_seq, resumes)?,
            }
        }
    }

    /// Whether a sound frame comes after the ones before. What lies between is lost.
    fn follows(&mut self, header: &FrameHeader, offset: u64) -> Result<bool, WalError> {
        if header.base_seq < self.seq {
            self.report.findings.push(WalFinding::Repeated {
                path: self.path.clone(),
                offset,
                base_seq: header.base_seq,
            });
            self.mark_damaged()?;
            return Ok(false);
        }
        self.note_lost(header.base_seq)?;
        Ok(true)
    }

    fn take_frame(
        &mut self,
        header: &FrameHeader,
        opened: &OpenedFile,
        payload: &Buffer,
        schema: &SchemaRef,
    ) -> Result<Option<ReplayedFrame>, WalError> {
        if !self.follows(header, self.offset)? {
            return Ok(None);
        }
        match decode(header, opened, payload, schema) {
            Ok(batch) => {
                self.seq = header.end_seq();
                Ok(Some(self.unflushed_rows(header, &batch)))
            }
            Err(reason) => {
                self.report.findings.push(WalFinding::Undecodable {
                    path: self.path.clone(),
                    offset: self.offset,
                    reason,
                });
                self.note_lost(header.end_seq())?;
                Ok(None)
            }
        }
    }

    fn unflushed_rows(&self, header: &FrameHeader, batch: &RecordBatch) -> ReplayedFrame {
        let flushed = self.flushed_seq.saturating_sub(header.base_seq);
        let skip = usize::try_from(flushed)
            .unwrap_or(usize::MAX)
            .min(batch.num_rows());
        ReplayedFrame {
            position: WalPosition {
                file: self.row.file,
                offset: self.offset,
            },
            base_seq: header.base_seq + skip as u64,
            arrival_ns: header.arrival_ns,
            batch: batch.slice(skip, batch.num_rows() - skip),
        }
    }

    /// In a file that was still being written, an unsound end is a frame that was never acknowledged;
    /// anywhere else it is damage.
    fn note_unsound(
        &mut self,
        at: u64,
        end_seq: Option<u64>,
        resumes: Option<u64>,
    ) -> Result<(), WalError> {
        if resumes.is_none() && self.row.end().is_none() {
            self.claimed_seq = end_seq.unwrap_or(0);
            return Ok(());
        }
        self.report.findings.push(WalFinding::Damaged {
            path: self.path.clone(),
            offset: at,
            resumes,
        });
        self.mark_damaged()
    }

    /// Rows up to `to_seq` should have come by now. Those that are in segments are not missed.
    fn note_lost(&mut self, to_seq: u64) -> Result<(), WalError> {
        let from_seq = self.seq.max(self.flushed_seq);
        self.seq = self.seq.max(to_seq);
        if from_seq >= to_seq {
            return Ok(());
        }
        self.report.findings.push(WalFinding::LostRows {
            path: self.path.clone(),
            from_seq,
            to_seq,
        });
        self.rows_lost += to_seq - from_seq;
        self.mark_damaged()
    }

    /// Before anything behind the damage is handed on: a flush on the way might have the file removed.
    fn mark_damaged(&mut self) -> Result<(), WalError> {
        self.place.catalog.commit(Change::MarkWalFileDamaged {
            key: self.row.key.clone(),
            file: self.row.file,
            rows_lost: self.rows_lost,
        })?;
        Ok(())
    }

    fn finish(&mut self, opened: Option<&OpenedFile>) -> Result<(), WalError> {
        if let Some(end) = self.row.end() {
            return self.note_lost(end.seq);
        }
        let end = WalEnd {
            offset: self.offset,
            seq: self.seq,
        };
        if let Some(opened) = opened {
            self.make_durable(opened)?;
        }
        self.place.catalog.commit(Change::CloseWalFile {
            key: self.row.key.clone(),
            closed: ClosedWalFile {
                file: self.row.file,
                end,
                poisoned: false,
            },
        })?;
        Ok(())
    }

    /// A process that was killed leaves frames in the page cache that no sync has covered. They are about to
    /// be shown to readers, so they must stay.
    fn make_durable(&mut self, opened: &OpenedFile) -> Result<(), WalError> {
        if self.offset < opened.size {
            let file = &*opened.file;
            let cut = tail::cut(self.place, &self.path, file, self.offset, opened.size)?;
            self.report.findings.push(cut);
            return Ok(());
        }
        let opened = self.place.vfs.open_append(&self.path);
        opened
            .and_then(|mut file| file.sync_all())
            .map_err(WalError::io("sync", &self.path))
    }
}

fn decode(
    header: &FrameHeader,
    opened: &OpenedFile,
    payload: &Buffer,
    schema: &SchemaRef,
) -> Result<RecordBatch, String> {
    let decoded = payload::decode(&opened.schema_message, payload);
    let batch = decoded.map_err(|error| error.to_string())?;
    if batch.num_rows() as u64 != u64::from(header.rows) {
        return Err(format!("{} rows, not {}", batch.num_rows(), header.rows));
    }
    if opened.schema != *schema {
        return Ok(batch);
    }
    // The same schema by the same pointer: it makes every later comparison cheap.
    RecordBatch::try_new(Arc::clone(schema), batch.columns().to_vec())
        .map_err(|error| error.to_string())
}
