//! Every room counts its own figures; here they become one answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clearspan_collector::{self as collector, Collector};
use clearspan_query::QueryEngine;
use clearspan_schema::Signal;
use clearspan_storage::background::Clock;
use clearspan_storage::memory;
use clearspan_storage::{Storage, TableStatus, TenantId};
use clearspan_ui::status::{
    MemoryStatus, MemtableStatus, MissingStatus, PurposeStatus, QuestionsStatus, ReceivedStatus,
    SignalStatus, Status, StatusSource, StoreStatus, WalStatus,
};

use super::metrics;

/// Where the status comes from.
pub(super) struct Figures {
    collector: Arc<Collector>,
    storage: Storage,
    engine: QueryEngine,
    clock: Arc<dyn Clock>,
    started: Duration,
}

impl Figures {
    pub(super) fn new(
        collector: Arc<Collector>,
        storage: Storage,
        engine: QueryEngine,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let started = clock.now().monotonic;
        Self {
            collector,
            storage,
            engine,
            clock,
            started,
        }
    }

    fn uptime(&self) -> Duration {
        let now = self.clock.now().monotonic;
        now.saturating_sub(self.started)
    }
}

impl StatusSource for Figures {
    fn failed_loops(&self) -> Vec<&'static str> {
        self.storage.failed_loops()
    }

    fn metrics(&self) -> Option<String> {
        let mut collectors = self.storage.collectors();
        collectors.extend(self.engine.collectors());
        let text = metrics::text(metrics::Figures {
            uptime_s: self.uptime().as_secs(),
            received: self.collector.status(),
            stored: self.storage.status(&TenantId::default()).ok(),
            questions: self.engine.questions(),
            tails: self.engine.tails(),
            memory: self.storage.memory().status(),
            collectors,
        });
        text.inspect_err(|error| tracing::error!(%error, "metrics cannot be written"))
            .ok()
    }

    fn status(&self) -> Status {
        let received = self.collector.status();
        let uptime = self.uptime();
        let mut status = Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uptime_ms: millis(uptime),
            logs: SignalStatus {
                received: of_collector(received.logs),
                ..SignalStatus::default()
            },
            spans: SignalStatus {
                received: of_collector(received.traces),
                ..SignalStatus::default()
            },
            metrics: of_collector(received.metrics),
            storage: StoreStatus::default(),
            memory: of_budget(&self.storage.memory().status()),
            questions: of_engine(self.engine.questions()),
        };
        // The tenant is the one that every store has.
        if let Ok(stored) = self.storage.status(&TenantId::default()) {
            for (signal, table) in stored.tables {
                match signal {
                    Signal::Logs => add_table(&mut status.logs, table),
                    Signal::Spans => add_table(&mut status.spans, table),
                }
            }
            status.storage = StoreStatus {
                cache_bytes: stored.cache_bytes,
                age_waits_ms: stored.age_waits.map(millis),
                wal_findings: stored.wal_findings,
                failed_loops: stored.failed_loops.into_iter().map(str::to_owned).collect(),
            };
        }
        status
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn of_collector(received: collector::SignalStatus) -> ReceivedStatus {
    let names = |counts: BTreeMap<&str, u64>| {
        counts
            .into_iter()
            .map(|(name, count)| (name.to_owned(), count))
            .collect()
    };
    ReceivedStatus {
        accepted: received.accepted,
        rejected: names(received.rejected),
        repaired: names(received.repaired),
    }
}

fn of_budget(memory: &memory::MemoryStatus) -> MemoryStatus {
    let purpose = |(purpose, held): &(memory::Purpose, memory::PurposeStatus)| {
        let held = PurposeStatus {
            used_bytes: held.used_bytes as u64,
            guaranteed_bytes: held.guaranteed_bytes as u64,
            limit_bytes: held.limit_bytes as u64,
            refused: held.refused,
        };
        (purpose.name(), held)
    };
    MemoryStatus {
        total_bytes: memory.total_bytes as u64,
        used_bytes: memory.used_bytes() as u64,
        purposes: memory.purposes.iter().map(purpose).collect(),
    }
}

fn of_engine(questions: clearspan_query::QuestionsStatus) -> QuestionsStatus {
    let running = questions.running.into_iter();
    QuestionsStatus {
        running: running.map(|(lane, count)| (lane, count as u64)).collect(),
        waiting: questions.waiting as u64,
    }
}

fn add_table(status: &mut SignalStatus, table: TableStatus) {
    status.duplicates = table.duplicates;
    status.rows = table.rows;
    status.wal = WalStatus {
        files: table.wal_files,
        bytes: table.wal_bytes,
        queued_bytes: table.queued_bytes,
    };
    status.memtable = MemtableStatus {
        rows: table.memtable_rows,
        bytes: table.memtable_bytes,
    };
    status.segments = table.segments;
    status.bytes = table.segment_bytes;
    status.oldest_ns = table.oldest_ns;
    status.newest_ns = table.newest_ns;
    status.flush_pending = table.flush_pending;
    status.compaction_pending = table.compaction_pending;
    status.compaction_set_aside = table.compaction_set_aside;
    status.missing = table
        .missing
        .into_iter()
        .map(|missing| MissingStatus {
            segment: missing.path,
            fault: missing.fault,
            rows: missing.rows,
        })
        .collect();
}
