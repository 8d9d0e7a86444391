//! The figures of all rooms in the text format of Prometheus.
//!
//! Counts of what the collector received and states of the store are those of the status, taken at the moment that somebody asks; what takes
//! time is observed where it happens, in storage and query, and stands in histograms from the start. A name's unit is its last word, or its last
//! but `_total`.

use std::collections::BTreeMap;

use clearspan_collector::{CollectorStatus, SignalStatus};
use clearspan_query::QuestionsStatus;
use clearspan_storage::memory::{MemoryStatus, PurposeStatus};
use clearspan_storage::{StorageStatus, TableStatus};
use prometheus::core::Collector;
use prometheus::{IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder};

/// What there is to tell.
pub(super) struct Figures {
    pub(super) uptime_s: u64,
    pub(super) received: CollectorStatus,
    pub(super) stored: Option<StorageStatus>,
    pub(super) questions: QuestionsStatus,
    pub(super) tails: usize,
    pub(super) memory: MemoryStatus,
    /// Those that rooms keep themselves.
    pub(super) collectors: Vec<Box<dyn Collector>>,
}

/// The page that a scraper reads.
pub(super) fn text(figures: Figures) -> Result<String, prometheus::Error> {
    let page = Page(Registry::new());
    for collector in figures.collectors {
        page.0.register(collector)?;
    }
    // Memory, processor time and open files, where the system tells them.
    #[cfg(target_os = "linux")]
    page.0.register(Box::new(
        prometheus::process_collector::ProcessCollector::for_self(),
    ))?;
    page.program(figures.uptime_s)?;
    page.questions(&figures.questions)?;
    page.tails(figures.tails)?;
    page.memory(&figures.memory)?;
    page.received(&figures.received)?;
    if let Some(stored) = &figures.stored {
        page.stored(stored)?;
    }
    TextEncoder::new().encode_to_string(&page.0.gather())
}

struct Page(Registry);

/// A value and the labels' values.
type Sample<'a> = (Vec<&'a str>, u64);

/// One figure of a table.
type Figure = fn(&TableStatus) -> u64;

/// Counts by reason.
type Reasons = fn(&SignalStatus) -> &BTreeMap<&'static str, u64>;

impl Page {
    fn counter(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
        samples: Vec<Sample<'_>>,
    ) -> Result<(), prometheus::Error> {
        let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
        for (values, count) in samples {
            counter.get_metric_with_label_values(&values)?.inc_by(count);
        }
        self.0.register(Box::new(counter))
    }

    fn gauge(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
        samples: Vec<Sample<'_>>,
    ) -> Result<(), prometheus::Error> {
        let gauge = IntGaugeVec::new(Opts::new(name, help), labels)?;
        for (values, value) in samples {
            let value = i64::try_from(value).unwrap_or(i64::MAX);
            gauge.get_metric_with_label_values(&values)?.set(value);
        }
        self.0.register(Box::new(gauge))
    }

    fn program(&self, uptime_s: u64) -> Result<(), prometheus::Error> {
        let version = env!("CARGO_PKG_VERSION");
        self.gauge(
            "clearspan_build_info",
            "1, with the program's version.",
            &["version"],
            vec![(vec![version], 1)],
        )?;
        self.gauge(
            "clearspan_uptime_seconds",
            "Time since the program started.",
            &[],
            vec![(vec![], uptime_s)],
        )
    }

    fn questions(&self, questions: &QuestionsStatus) -> Result<(), prometheus::Error> {
        let running = questions.running.iter();
        self.gauge(
            "clearspan_questions_running",
            "Questions that are worked on.",
            &["lane"],
            running
                .map(|(lane, count)| (vec![*lane], *count as u64))
                .collect(),
        )?;
        self.gauge(
            "clearspan_questions_waiting",
            "Questions that wait for their turn.",
            &[],
            vec![(vec![], questions.waiting as u64)],
        )
    }

    fn tails(&self, tails: usize) -> Result<(), prometheus::Error> {
        self.gauge(
            "clearspan_tails",
            "Live tails that are open.",
            &[],
            vec![(vec![], tails as u64)],
        )
    }

    fn memory(&self, memory: &MemoryStatus) -> Result<(), prometheus::Error> {
        let of = |figure: fn(&PurposeStatus) -> u64| {
            let each = memory.purposes.iter();
            each.map(|(purpose, held)| (vec![purpose.name()], figure(held)))
                .collect::<Vec<_>>()
        };
        let purpose = &["purpose"];
        self.gauge(
            "clearspan_memory_total_bytes",
            "Bytes of the memory budget.",
            &[],
            vec![(vec![], memory.total_bytes as u64)],
        )?;
        self.gauge(
            "clearspan_memory_bytes",
            "Bytes that are held.",
            purpose,
            of(|held| held.used_bytes as u64),
        )?;
        self.gauge(
            "clearspan_memory_guaranteed_bytes",
            "Bytes that are there whatever else is held.",
            purpose,
            of(|held| held.guaranteed_bytes as u64),
        )?;
        self.gauge(
            "clearspan_memory_limit_bytes",
            "Bytes that may be held when nobody else needs them.",
            purpose,
            of(|held| held.limit_bytes as u64),
        )?;
        self.counter(
            "clearspan_memory_refusals_total",
            "How often memory was refused.",
            purpose,
            of(|held| held.refused),
        )
    }

    fn received(&self, received: &CollectorStatus) -> Result<(), prometheus::Error> {
        let signals = [
            ("traces", &received.traces),
            ("logs", &received.logs),
            ("metrics", &received.metrics),
        ];
        let of = |figure: fn(&SignalStatus) -> u64| {
            let each = signals
                .iter()
                .map(|(name, signal)| (vec![*name], figure(signal)));
            each.collect::<Vec<_>>()
        };
        // Those that did not occur too: a rate sees no first event of a series that begins with it.
        let by = |reasons: Vec<&'static str>, figure: Reasons| {
            let each = signals.iter().flat_map(|(name, signal)| {
                let counts = figure(signal);
                let of = |reason| counts.get(reason).copied().unwrap_or(0);
                let reasons = reasons.iter();
                reasons.map(move |reason| (vec![*name, *reason], of(*reason)))
            });
            each.collect::<Vec<_>>()
        };
        let (signal, reason) = (&["signal"], &["signal", "reason"]);
        self.counter(
            "clearspan_received_requests_total",
            "OTLP requests of which at least the head was read, whatever became of them.",
            signal,
            of(|signal| signal.requests),
        )?;
        self.counter(
            "clearspan_received_bytes_total",
            "Bytes of the bodies of OTLP requests, as they were sent.",
            signal,
            of(|signal| signal.bytes),
        )?;
        self.counter(
            "clearspan_accepted_records_total",
            "Records that were acknowledged, duplicates among them.",
            signal,
            of(|signal| signal.accepted),
        )?;
        self.counter(
            "clearspan_rejected_records_total",
            "Records of acknowledged requests that were not kept.",
            reason,
            by(SignalStatus::rejections().collect(), |signal| {
                &signal.rejected
            }),
        )?;
        self.counter(
            "clearspan_repaired_records_total",
            "Records that were kept otherwise than sent.",
            reason,
            by(SignalStatus::repairs().collect(), |signal| &signal.repaired),
        )?;
        self.counter(
            "clearspan_refused_requests_total",
            "OTLP requests of which nothing was kept.",
            reason,
            by(SignalStatus::refusals().collect(), |signal| &signal.refused),
        )?;
        self.gauge(
            "clearspan_in_flight_bytes",
            "Bytes that OTLP requests in flight hold.",
            &[],
            vec![(vec![], received.in_flight_bytes)],
        )
    }

    fn stored(&self, stored: &StorageStatus) -> Result<(), prometheus::Error> {
        let of = |figure: Figure| {
            let tables = stored.tables.iter();
            let each = tables.map(|(signal, table)| (vec![signal.name()], figure(table)));
            each.collect::<Vec<_>>()
        };
        let gauges: [(&str, &str, Figure); 13] = [
            (
                "clearspan_stored_rows",
                "Records that are stored.",
                |table| table.rows,
            ),
            (
                "clearspan_commit_queue_bytes",
                "Bytes of records that wait for their commit.",
                |table| table.queued_bytes,
            ),
            (
                "clearspan_wal_files",
                "Files of the write-ahead log that a start would replay.",
                |table| table.wal_files,
            ),
            (
                "clearspan_wal_bytes",
                "Bytes of these files on disk.",
                |table| table.wal_bytes,
            ),
            (
                "clearspan_memtable_rows",
                "Records in memtables.",
                |table| table.memtable_rows,
            ),
            ("clearspan_memtable_bytes", "Bytes of memtables.", |table| {
                table.memtable_bytes
            }),
            ("clearspan_segments", "Segments.", |table| table.segments),
            (
                "clearspan_segment_bytes",
                "Bytes of segments on disk.",
                |table| table.segment_bytes,
            ),
            (
                "clearspan_segments_missing",
                "Segments that cannot be read.",
                |table| table.missing.len() as u64,
            ),
            (
                "clearspan_flush_pending_rows",
                "Records that are not yet in a segment.",
                |table| table.flush_pending,
            ),
            (
                "clearspan_compaction_pending_segments",
                "Segments that a compaction will merge.",
                |table| table.compaction_pending,
            ),
            (
                "clearspan_compaction_pending_bytes",
                "Bytes of these segments.",
                |table| table.compaction_pending_bytes,
            ),
            (
                "clearspan_compaction_set_aside_segments",
                "Segments that could not be merged and are left out; they are searched all the same.",
                |table| table.compaction_set_aside,
            ),
        ];
        for (name, help, figure) in gauges {
            self.gauge(name, help, &["signal"], of(figure))?;
        }
        self.counter(
            "clearspan_duplicate_records_total",
            "Spans that were dropped because they are stored already, all alike.",
            &["signal"],
            of(|table| table.duplicates),
        )?;
        self.gauge(
            "clearspan_cache_bytes",
            "Bytes of opened segments in memory.",
            &[],
            vec![(vec![], stored.cache_bytes)],
        )?;
        self.gauge(
            "clearspan_retention_age_wait_seconds",
            "Time that the program has to run until something is deleted by age again, while its clock is doubted; else 0.",
            &[],
            vec![(vec![], stored.age_waits.map_or(0, |wait| wait.as_secs()))],
        )?;
        self.gauge(
            "clearspan_failed_loops",
            "Background loops that have died; only a restart mends it.",
            &[],
            vec![(vec![], stored.failed_loops.len() as u64)],
        )
    }
}
