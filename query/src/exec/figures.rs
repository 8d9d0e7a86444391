//! What a leaf did, as metrics of its plan: `EXPLAIN ANALYZE` shows them beside the node.

use clearspan_storage::scan::{ScanStats, Snapshot};
use datafusion::physical_plan::metrics::{
    BaselineMetrics, Count, ExecutionPlanMetricsSet, MetricBuilder,
};

/// A figure of [`ScanStats`], by the same name.
type Figure = (&'static str, fn(&ScanStats) -> u64);

const FIGURES: [Figure; 14] = [
    ("segments_skipped_by_time", |s| s.segments_skipped_by_time),
    ("segments_skipped_by_index", |s| s.segments_skipped_by_index),
    ("segments_skipped_by_templates", |s| {
        s.segments_skipped_by_templates
    }),
    ("segments_read", |s| s.segments_read),
    ("granules_skipped_by_time", |s| s.granules_skipped_by_time),
    ("granules_skipped_by_index", |s| s.granules_skipped_by_index),
    ("granules_skipped_by_templates", |s| {
        s.granules_skipped_by_templates
    }),
    ("granules_read", |s| s.granules_read),
    ("templates_tested", |s| s.templates_tested),
    ("templates_matched", |s| s.templates_matched),
    ("templates_ruled_out", |s| s.templates_ruled_out),
    ("templates_undecided", |s| s.templates_undecided),
    ("rows_scanned", |s| s.rows_scanned),
    ("rows_decoded", |s| s.rows_decoded),
];

/// The figures of one partition.
pub(crate) struct ScanFigures {
    pub(crate) baseline: BaselineMetrics,
    figures: [Count; FIGURES.len()],
    rows_matched: Count,
}

impl ScanFigures {
    pub(crate) fn new(metrics: &ExecutionPlanMetricsSet, partition: usize) -> Self {
        let counter = |name: &'static str| MetricBuilder::new(metrics).counter(name, partition);
        ScanFigures {
            baseline: BaselineMetrics::new(metrics, partition),
            figures: FIGURES.map(|(name, _)| counter(name)),
            rows_matched: counter("rows_matched"),
        }
    }

    /// Adds what was read of one part, or skipped.
    pub(crate) fn read(&self, stats: &ScanStats) {
        for (count, (_, figure)) in self.figures.iter().zip(FIGURES) {
            add(count, figure(stats));
        }
    }

    pub(crate) fn matched(&self, rows: u64) {
        add(&self.rows_matched, rows);
    }
}

/// Notes what there is in `snapshot`. It is there once, however many partitions read it.
pub(crate) fn note_totals(metrics: &ExecutionPlanMetricsSet, snapshot: &Snapshot) {
    let totals = snapshot.totals();
    let all = [
        ("segments_total", Some(totals.segments_total)),
        ("granules_total", Some(totals.granules_total)),
        ("templates_total", templates_total(&totals)),
        ("rows_total", Some(totals.rows_total)),
    ];
    for (name, count) in all {
        let Some(count) = count else { continue };
        add(&MetricBuilder::new(metrics).global_counter(name), count);
    }
}

fn templates_total(totals: &ScanStats) -> Option<u64> {
    (!totals.templates_untold).then_some(totals.templates_total)
}

fn add(figure: &Count, count: u64) {
    figure.add(usize::try_from(count).unwrap_or(usize::MAX));
}
