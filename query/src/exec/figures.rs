//! What a leaf did, as metrics of its plan: `EXPLAIN ANALYZE` shows them beside the node.

use clearspan_storage::scan::{ScanStats, Snapshot};
use datafusion::physical_plan::metrics::{
    BaselineMetrics, Count, ExecutionPlanMetricsSet, MetricBuilder,
};

/// The figures of one partition. They are those of [`ScanStats`], by the same names.
pub(crate) struct ScanFigures {
    pub(crate) baseline: BaselineMetrics,
    segments_read: Count,
    granules_read: Count,
    granules_skipped_by_time: Count,
    granules_skipped_by_index: Count,
    templates_tested: Count,
    rows_scanned: Count,
    rows_decoded: Count,
    rows_matched: Count,
}

impl ScanFigures {
    pub(crate) fn new(metrics: &ExecutionPlanMetricsSet, partition: usize) -> Self {
        let counter = |name: &'static str| MetricBuilder::new(metrics).counter(name, partition);
        ScanFigures {
            baseline: BaselineMetrics::new(metrics, partition),
            segments_read: counter("segments_read"),
            granules_read: counter("granules_read"),
            granules_skipped_by_time: counter("granules_skipped_by_time"),
            granules_skipped_by_index: counter("granules_skipped_by_index"),
            templates_tested: counter("templates_tested"),
            rows_scanned: counter("rows_scanned"),
            rows_decoded: counter("rows_decoded"),
            rows_matched: counter("rows_matched"),
        }
    }

    /// Adds what was read of one part.
    pub(crate) fn read(&self, stats: &ScanStats) {
        let read = [
            (&self.segments_read, stats.segments_read),
            (&self.granules_read, stats.granules_read),
            (
                &self.granules_skipped_by_time,
                stats.granules_skipped_by_time,
            ),
            (
                &self.granules_skipped_by_index,
                stats.granules_skipped_by_index,
            ),
            (&self.templates_tested, stats.templates_tested),
            (&self.rows_scanned, stats.rows_scanned),
            (&self.rows_decoded, stats.rows_decoded),
        ];
        for (figure, count) in read {
            add(figure, count);
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
        ("segments_total", totals.segments_total),
        ("granules_total", totals.granules_total),
        ("rows_total", totals.rows_total),
    ];
    for (name, count) in all {
        add(&MetricBuilder::new(metrics).global_counter(name), count);
    }
}

fn add(figure: &Count, count: u64) {
    figure.add(usize::try_from(count).unwrap_or(usize::MAX));
}
