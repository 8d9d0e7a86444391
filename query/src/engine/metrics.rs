//! How long questions take, and how they end.

use std::sync::Arc;
use std::time::Duration;

use clearspan_storage::background::Clock;
use prometheus::core::Collector;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts};

use crate::QueryError;

/// Upper bounds, in seconds: a needle takes a millisecond, a question's time limit is some ten seconds.
const SECONDS: [f64; 11] = [
    0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0,
];
const QUESTION: &str = "question";
/// Every question that is measured. Their series are there from the start, since a rate sees no first event of a series that begins with it.
const QUESTIONS: [&str; 33] = [
    "dependencies",
    "exceptions",
    "latency",
    "log_completion",
    "log_facets",
    "log_field_values",
    "log_fields",
    "log_patterns",
    "log_record",
    "log_slots",
    "logs_context",
    "logs_export",
    "logs_histogram",
    "logs_search",
    "logs_tail",
    "logs_tail_backlog",
    "operations",
    "services",
    "skeleton",
    "span",
    "span_completion",
    "span_facets",
    "span_field_values",
    "span_fields",
    "span_logs",
    "spans_search",
    "sql",
    "trace",
    "trace_export",
    "trace_logs",
    "traces_export",
    "traces_scatter",
    "traces_search",
];
/// How a question may end that is good: those of the store's making, for which somebody waits. What was asked wrongly gets a series when it is.
const OUTCOMES: [&str; 7] = [
    ANSWERED,
    ABANDONED,
    "time_limit",
    "memory_limit",
    "overloaded",
    "damaged",
    "internal",
];
/// How a question ended whose asker had gone.
const ABANDONED: &str = "abandoned";
const ANSWERED: &str = "answered";

/// Questions since the start.
#[derive(Debug, Clone)]
pub(super) struct QuestionMetrics {
    seconds: HistogramVec,
    ended: IntCounterVec,
}

impl QuestionMetrics {
    pub(super) fn new() -> Result<Self, prometheus::Error> {
        let seconds = HistogramOpts::new(
            "clearspan_question_seconds",
            "Time from a question to its end, waiting included, until an export's first piece.",
        );
        let ended = Opts::new(
            "clearspan_questions_total",
            "Questions by how they ended: answered, abandoned by who asked, or the kind of error.",
        );
        let seconds = HistogramVec::new(seconds.buckets(SECONDS.to_vec()), &[QUESTION])?;
        let ended = IntCounterVec::new(ended, &[QUESTION, "outcome"])?;
        for question in QUESTIONS {
            seconds.get_metric_with_label_values(&[question])?;
            for outcome in OUTCOMES {
                ended.get_metric_with_label_values(&[question, outcome])?;
            }
        }
        Ok(QuestionMetrics { seconds, ended })
    }

    /// For a registry.
    pub(super) fn collectors(&self) -> Vec<Box<dyn Collector>> {
        vec![Box::new(self.seconds.clone()), Box::new(self.ended.clone())]
    }

    /// Begins to measure.
    pub(super) fn begin(&self, question: &'static str, clock: Arc<dyn Clock>) -> Measured {
        debug_assert!(QUESTIONS.contains(&question), "{question} has no series");
        Measured {
            metrics: self.clone(),
            question,
            outcome: ABANDONED,
            started: clock.now().monotonic,
            clock,
        }
    }
}

/// A question that is being measured: it ends when this is dropped.
pub(super) struct Measured {
    metrics: QuestionMetrics,
    question: &'static str,
    outcome: &'static str,
    started: Duration,
    clock: Arc<dyn Clock>,
}

impl Measured {
    /// It ends with this answer.
    pub(super) fn end<T>(mut self, answer: Result<T, QueryError>) -> Result<T, QueryError> {
        self.outcome = answer.as_ref().map_or_else(QueryError::kind, |_| ANSWERED);
        answer
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        let taken = self.clock.now().monotonic.saturating_sub(self.started);
        let QuestionMetrics { seconds, ended } = &self.metrics;
        let seconds = seconds.with_label_values(&[self.question]);
        seconds.observe(taken.as_secs_f64());
        ended
            .with_label_values(&[self.question, self.outcome])
            .inc();
    }
}
