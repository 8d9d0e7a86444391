//! A store on a simulated disk with a few segments, whose process can be made to die.

use std::collections::BTreeSet;

use super::*;
use crate::background::Clock;
use crate::catalog::CatalogState;
use crate::names;

pub(super) const FOLDERS: [&str; 2] = [
    "/data/tenants/default/logs/segments",
    "/data/tenants/default/spans/segments",
];

/// A store on a simulated disk with what outlives it.
pub(super) struct Lab {
    pub(super) disk: SimVfs,
    pub(super) catalog: Arc<MemCatalog>,
    pub(super) house: House,
    config: Config,
}

impl Lab {
    pub(super) fn new() -> Self {
        Self::with_catalog(MemCatalog::new())
    }

    pub(super) fn with_catalog(catalog: MemCatalog) -> Self {
        Self::with(catalog, Config::new("/data".into()))
    }

    /// Whatever the configuration says, the data lies in `/data`.
    pub(super) fn with(catalog: MemCatalog, config: Config) -> Self {
        let (disk, catalog) = (SimVfs::new(), Arc::new(catalog));
        let house = Self::open(&disk, &catalog, &config, ARRIVAL_NS);
        Lab {
            disk,
            catalog,
            house,
            config,
        }
    }

    fn open(disk: &SimVfs, catalog: &Arc<MemCatalog>, config: &Config, now_ns: i64) -> House {
        let clock = Arc::new(ManualClock::new(now_ns));
        let runner = Arc::new(ManualRunner::new(clock.clone()));
        let environment = Environment {
            vfs: Arc::new(disk.clone()),
            clock: clock.clone(),
            runner: runner.clone(),
            catalog: Some(Arc::clone(catalog) as _),
            formulas: crate::derived::tests::formulas(),
            store_id: 1,
        };
        let storage = Storage::open(config.clone(), environment).unwrap();
        House {
            storage,
            runner,
            clock,
        }
    }

    /// From the next start on logs are kept for so long.
    pub(super) fn keep_logs(&mut self, logs: crate::Retention) {
        self.config.logs_retention = logs;
    }

    /// The process dies, its disk as it is, and another one starts.
    pub(super) fn crash(&mut self, power: Option<u64>) {
        self.house.runner.kill();
        match power {
            Some(seed) => self.disk.power_loss(seed),
            None => self.disk.kill(),
        }
        let now_ns = self.house.clock.now().unix_ns;
        self.house = Self::open(&self.disk, &self.catalog, &self.config, now_ns);
    }

    /// Three flushes of logs into two hours, and of spans of the same traces.
    pub(super) fn fill(&self) {
        for round in 0..3u8 {
            let time = |at: u8| 1_000 + u64::from(round * 10 + at);
            let texts: Vec<String> = (0..4).map(|at| format!("{round}/{at}")).collect();
            let logs: Vec<(u64, &str)> = (0..4u8)
                .map(|at| {
                    (
                        time(at) + u64::from(at % 2) * 3_600_000_000_000,
                        &*texts[at as usize],
                    )
                })
                .collect();
            self.house.append(Incoming::Logs(log_batch(&logs)));
            let spans: Vec<Span> = (0..4u8)
                .map(|at| Span::new(at % 2, round * 10 + at, None, time(at)))
                .collect();
            self.house.append(Incoming::Spans(span_batch(&spans)));
            self.wait(301);
        }
        assert_eq!(self.levels(), [0; 9]);
    }

    pub(super) fn wait(&self, seconds: u64) {
        self.house.clock.advance(Duration::from_secs(seconds));
        self.house.runner.run_until_idle(10_000);
    }

    /// Waits until everything is quiet and merged.
    pub(super) fn settle(&self) {
        self.wait(601);
    }

    pub(super) fn state(&self) -> CatalogState {
        self.catalog.state()
    }

    pub(super) fn levels(&self) -> Vec<u32> {
        let mut levels: Vec<u32> = self
            .state()
            .segments
            .values()
            .map(|row| row.level)
            .collect();
        levels.sort_unstable();
        levels
    }

    /// The names of all segment folders, temporary ones included.
    pub(super) fn folders(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for root in FOLDERS.map(Path::new) {
            for partition in self.disk.list(root).unwrap_or_default() {
                let folders = self.disk.list(&root.join(&partition.name)).unwrap();
                found.extend(folders.into_iter().map(|folder| folder.name));
            }
        }
        found
    }

    pub(super) fn named(&self) -> BTreeSet<String> {
        let state = self.state();
        state
            .segments
            .keys()
            .map(|id| names::segment_name(id.0))
            .collect()
    }

    pub(super) fn rows(&self) -> (BTreeMap<u64, String>, BTreeSet<(u8, u8)>) {
        let logs = read_logs(&self.house.snapshot(Signal::Logs));
        (logs, read_spans(&self.house.snapshot(Signal::Spans)))
    }

    pub(super) fn pending(&self) -> (u64, u64) {
        let status = self.house.storage.status(&TenantId::default()).unwrap();
        (status.flush_pending(), status.compaction_pending())
    }

    pub(super) fn set_aside(&self) -> u64 {
        let status = self.house.storage.status(&TenantId::default()).unwrap();
        let tables = status.tables.iter();
        tables.map(|(_, table)| table.compaction_set_aside).sum()
    }
}

/// Every span as (trace, id).
pub(super) fn read_spans(snapshot: &Snapshot) -> BTreeSet<(u8, u8)> {
    let mut found = BTreeSet::new();
    for trace in 0..2u8 {
        for batch in snapshot
            .trace([trace; 16], &[span_columns::SPAN_ID])
            .unwrap()
        {
            let ids = columns::id(&batch, span_columns::SPAN_ID).unwrap();
            for row in 0..batch.num_rows() {
                assert!(
                    found.insert((trace, ids.value(row)[0])),
                    "a span stands twice"
                );
            }
        }
    }
    found
}
