//! The changes, and what each does to the rows.

use std::sync::Arc;

use super::compact::CompactionCommit;
use super::error::CatalogError;
use super::expire::ExpireCommit;
use super::rows::{
    ClockRow, ClosedWalFile, Meta, SegmentId, SegmentRow, ServiceRow, TableKey, TableRow, WalEnd,
    WalFileRow, WalFileState,
};
use super::state::CatalogState;

/// One transaction.
#[derive(Debug, Clone)]
pub enum Change {
    /// A new WAL file takes over. To be made before anything in it is acknowledged.
    OpenWalFile(NewWalFile),
    /// A WAL file will not be written again. Repeating it changes nothing.
    CloseWalFile {
        /// Its table.
        key: TableKey,
        /// Where it ends.
        closed: ClosedWalFile,
    },
    /// A WAL file was found damaged.
    MarkWalFileDamaged {
        /// Its table.
        key: TableKey,
        /// Its number.
        file: u64,
        /// How many of its rows are lost, in all.
        rows_lost: u64,
    },
    /// These WAL files are gone from the folder for good.
    ForgetWalFiles {
        /// Their table.
        key: TableKey,
        /// Their numbers.
        files: Vec<u64>,
    },
    /// Segments take the place of what stands in the WAL.
    Flush(FlushCommit),
    /// Merged segments take the place of those that they were merged from.
    Compact(CompactionCommit),
    /// Segments are not kept any more. Repeating it changes nothing.
    Expire(ExpireCommit),
    /// Segment ids below this one will be given out.
    ReserveSegmentIds {
        /// The lowest id that stays unreserved.
        next_segment_id: u64,
    },
    /// Services have taken their slots. Repeating it changes nothing.
    KeepServices {
        /// They, in the order in which they took them.
        services: Vec<ServiceRow>,
    },
    /// This is known of the clock now. Repeating it changes nothing.
    KeepClock(ClockRow),
}

/// A WAL file that is about to be written.
#[derive(Debug, Clone)]
pub struct NewWalFile {
    /// Its table.
    pub key: TableKey,
    /// Its number, higher than any before.
    pub file: u64,
    /// The sequence number of its first row.
    pub first_seq: u64,
    /// When it was created.
    pub created_ns: i64,
    /// The checksum of its header.
    pub header_crc: u32,
    /// The file that it takes over from. Other files that are still open were never acknowledged from (the
    /// answer to their registration got lost) and are closed as empty.
    pub previous: Option<ClosedWalFile>,
}

/// What a flush made, published at once: the segments, and that their rows are no longer needed in the WAL.
#[derive(Debug, Clone)]
pub struct FlushCommit {
    /// The table.
    pub key: TableKey,
    /// Its new segments; none when all rows were duplicates.
    pub segments: Vec<SegmentRow>,
    /// All rows below this sequence number are in segments now.
    pub flushed_seq: u64,
    /// How many rows of this flush were dropped as duplicates.
    pub duplicates: u64,
}

/// What happens to one row.
#[derive(Debug, Clone)]
pub(super) enum RowChange {
    PutMeta(Meta),
    PutTable(TableRow),
    PutWalFile(WalFileRow),
    DeleteWalFile(TableKey, u64),
    PutSegment(SegmentRow),
    DeleteSegment(SegmentId),
    PutService(ServiceRow),
    PutClock(ClockRow),
}

impl CatalogState {
    /// What `change` does to the rows. Changes nothing itself.
    pub(super) fn plan(&self, change: Change) -> Result<Vec<RowChange>, CatalogError> {
        match change {
            Change::OpenWalFile(new) => self.plan_open(new),
            Change::CloseWalFile { key, closed } => {
                Ok(vec![RowChange::PutWalFile(self.close(&key, closed)?)])
            }
            Change::MarkWalFileDamaged {
                key,
                file,
                rows_lost,
            } => {
                let mut row = self.wal_file(&key, file)?;
                row.damaged = true;
                row.rows_lost = rows_lost;
                Ok(vec![RowChange::PutWalFile(row)])
            }
            Change::ForgetWalFiles { key, files } => self.plan_forget(&key, files),
            Change::Flush(flush) => self.plan_flush(flush),
            Change::Compact(compaction) => self.plan_compact(compaction),
            Change::Expire(expire) => self.plan_expire(expire),
            Change::ReserveSegmentIds { next_segment_id } => {
                let mut meta = self.meta.clone();
                meta.next_segment_id = meta.next_segment_id.max(next_segment_id);
                Ok(vec![RowChange::PutMeta(meta)])
            }
            Change::KeepServices { services } => self.plan_services(services),
            Change::KeepClock(clock) => Ok(vec![RowChange::PutClock(clock)]),
        }
    }

    fn plan_open(&self, new: NewWalFile) -> Result<Vec<RowChange>, CatalogError> {
        let mut table = self.table(&new.key);
        if new.file <= table.last_wal_file {
            return refuse(format!("WAL file {} of {} is not new", new.file, new.key));
        }
        table.last_wal_file = new.file;
        let mut changes = vec![RowChange::PutTable(table)];
        let previous = new.previous.map(|closed| closed.file);
        if let Some(closed) = new.previous {
            changes.push(RowChange::PutWalFile(self.close(&new.key, closed)?));
        }
        let stray = self.wal_files_of(&new.key);
        for row in stray.filter(|row| row.state == WalFileState::Open) {
            if Some(row.file) != previous {
                let mut row = row.clone();
                row.state = WalFileState::Closed {
                    end: WalEnd {
                        offset: 0,
                        seq: row.first_seq,
                    },
                    poisoned: false,
                };
                changes.push(RowChange::PutWalFile(row));
            }
        }
        changes.push(RowChange::PutWalFile(WalFileRow {
            key: new.key,
            file: new.file,
            first_seq: new.first_seq,
            created_ns: new.created_ns,
            header_crc: new.header_crc,
            state: WalFileState::Open,
            damaged: false,
            rows_lost: 0,
        }));
        Ok(changes)
    }

    fn close(&self, key: &TableKey, closed: ClosedWalFile) -> Result<WalFileRow, CatalogError> {
        let mut row = self.wal_file(key, closed.file)?;
        if row.end().is_some_and(|end| end != closed.end) {
            return refuse(format!(
                "WAL file {} of {key} ends elsewhere already",
                closed.file
            ));
        }
        row.state = WalFileState::Closed {
            end: closed.end,
            poisoned: closed.poisoned,
        };
        Ok(row)
    }

    fn plan_forget(&self, key: &TableKey, files: Vec<u64>) -> Result<Vec<RowChange>, CatalogError> {
        let mut table = self.table(key);
        let mut changes = Vec::with_capacity(files.len() + 1);
        for file in files {
            let Some(row) = self.wal_files.get(&(key.clone(), file)) else {
                continue;
            };
            if !row.is_flushed(table.flushed_seq) {
                return refuse(format!("WAL file {file} of {key} is not flushed"));
            }
            table.rows_lost += row.rows_lost;
            changes.push(RowChange::DeleteWalFile(key.clone(), file));
        }
        changes.push(RowChange::PutTable(table));
        Ok(changes)
    }

    fn plan_flush(&self, flush: FlushCommit) -> Result<Vec<RowChange>, CatalogError> {
        let mut table = self.table(&flush.key);
        if flush.flushed_seq < table.flushed_seq {
            return refuse(format!("{} is flushed further already", flush.key));
        }
        for segment in &flush.segments {
            self.check_new_segment(&flush, segment, table.flushed_seq)?;
        }
        table.flushed_seq = flush.flushed_seq;
        table.duplicates += flush.duplicates;
        let segments = flush.segments.into_iter().map(RowChange::PutSegment);
        Ok(segments.chain([RowChange::PutTable(table)]).collect())
    }

    fn check_new_segment(
        &self,
        flush: &FlushCommit,
        segment: &SegmentRow,
        flushed_seq: u64,
    ) -> Result<(), CatalogError> {
        if segment.key != flush.key {
            return refuse(format!("segment {} is of {}", segment.id, segment.key));
        }
        if self.segments.contains_key(&segment.id) {
            return refuse(format!("segment {} exists already", segment.id));
        }
        // In release builds too: a flush whose answer got lost must not be published twice.
        if segment.wal_from_seq < flushed_seq || segment.min_seq < flushed_seq {
            return refuse(format!("segment {} holds flushed rows", segment.id));
        }
        if segment.wal_to_seq > flush.flushed_seq || segment.max_seq >= flush.flushed_seq {
            return refuse(format!("segment {} ends behind its flush", segment.id));
        }
        Ok(())
    }

    fn plan_services(&self, services: Vec<ServiceRow>) -> Result<Vec<RowChange>, CatalogError> {
        let mut changes = Vec::with_capacity(services.len());
        for service in services {
            let key = (Arc::clone(&service.tenant), Arc::clone(&service.name));
            match self.services.get(&key) {
                None => changes.push(RowChange::PutService(service)),
                Some(kept) if kept.slot == service.slot => {}
                Some(_) => {
                    return refuse(format!("service {:?} has another slot", service.name));
                }
            }
        }
        Ok(changes)
    }

    fn wal_file(&self, key: &TableKey, file: u64) -> Result<WalFileRow, CatalogError> {
        let row = self.wal_files.get(&(key.clone(), file)).cloned();
        row.ok_or_else(|| CatalogError::Refused {
            detail: format!("WAL file {file} of {key} is not known"),
        })
    }
}

pub(super) fn refuse<T>(detail: String) -> Result<T, CatalogError> {
    Err(CatalogError::Refused { detail })
}
