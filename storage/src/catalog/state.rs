//! All rows of the catalog, in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::change::RowChange;
use super::checksum::Digest;
use super::rows::{
    ClockRow, Meta, SegmentId, SegmentRow, ServiceRow, TableKey, TableRow, WalFileRow,
};

/// The version of the catalog's format. Version 1 had no services, version 2 knew nothing of the clock.
pub(super) const FORMAT_VERSION: u64 = 3;

/// Tenant and name of a service.
pub(super) type ServiceKey = (Arc<str>, Arc<str>);

/// Everything the catalog holds, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogState {
    /// About the catalog itself.
    pub meta: Meta,
    /// The tables that have been written to.
    pub tables: BTreeMap<TableKey, TableRow>,
    /// Their WAL files, by number.
    pub wal_files: BTreeMap<(TableKey, u64), WalFileRow>,
    /// The live segments.
    pub segments: BTreeMap<SegmentId, SegmentRow>,
    /// The services that have a slot, by tenant and name. Shared between copies: they may be many and
    /// hardly ever change.
    pub services: Arc<BTreeMap<ServiceKey, ServiceRow>>,
    /// What is known of the clock; `None` while nothing was ever deleted by age.
    pub clock: Option<ClockRow>,
}

/// A count and a sum for each table that can lose rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Digests {
    pub(super) tables: Digest,
    pub(super) wal_files: Digest,
    pub(super) segments: Digest,
    pub(super) services: Digest,
    pub(super) clock: Digest,
}

impl CatalogState {
    /// The catalog of a new store.
    pub(super) fn new(store_id: u128) -> Self {
        Self {
            meta: Meta {
                format_version: FORMAT_VERSION,
                store_id: format!("{store_id:032x}"),
                next_segment_id: 1,
            },
            tables: BTreeMap::new(),
            wal_files: BTreeMap::new(),
            segments: BTreeMap::new(),
            services: Arc::default(),
            clock: None,
        }
    }

    /// One table's position.
    pub fn table(&self, key: &TableKey) -> TableRow {
        let found = self.tables.get(key).cloned();
        found.unwrap_or_else(|| TableRow::new(key.clone()))
    }

    /// One table's WAL files, in order.
    pub fn wal_files_of(&self, key: &TableKey) -> impl Iterator<Item = &WalFileRow> {
        let range = (key.clone(), 0)..=(key.clone(), u64::MAX);
        self.wal_files.range(range).map(|(_, row)| row)
    }

    /// One table's live segments, by id.
    pub fn segments_of(&self, key: &TableKey) -> impl Iterator<Item = &SegmentRow> {
        self.segments.values().filter(move |row| row.key == *key)
    }

    /// One tenant's services, by name.
    pub fn services_of(&self, tenant: &str) -> impl Iterator<Item = &ServiceRow> {
        let first: ServiceKey = (tenant.into(), "".into());
        let from_first = self.services.range(first..).map(|(_, row)| row);
        let tenant: Arc<str> = tenant.into();
        from_first.take_while(move |row| row.tenant == tenant)
    }

    pub(super) fn apply(&mut self, change: RowChange) {
        match change {
            RowChange::PutMeta(meta) => self.meta = meta,
            RowChange::PutTable(row) => {
                self.tables.insert(row.key.clone(), row);
            }
            RowChange::PutWalFile(row) => {
                self.wal_files.insert((row.key.clone(), row.file), row);
            }
            RowChange::DeleteWalFile(key, file) => {
                self.wal_files.remove(&(key, file));
            }
            RowChange::PutSegment(row) => {
                self.segments.insert(row.id, row);
            }
            RowChange::DeleteSegment(id) => {
                self.segments.remove(&id);
            }
            RowChange::PutService(row) => {
                let key = (Arc::clone(&row.tenant), Arc::clone(&row.name));
                Arc::make_mut(&mut self.services).insert(key, row);
            }
            RowChange::PutClock(row) => self.clock = Some(row),
        }
    }

    pub(super) fn digests(&self) -> Digests {
        Digests {
            tables: self.tables.values().collect(),
            wal_files: self.wal_files.values().collect(),
            segments: self.segments.values().collect(),
            services: self.services.values().collect(),
            clock: self.clock.iter().collect(),
        }
    }
}
