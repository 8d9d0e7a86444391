//! A service at work on one request, with time as it passes for it. Journeys and services are written against this: each
//! thing that is done takes its time, and leaves its spans and logs.

use std::sync::Arc;

use super::failure::{Failure, Outcome};
use super::people::Visitor;
use super::services::{self, Service};
use super::story::{Opening, Story, by_its_clock};
use crate::demo::incidents::Incident;
use crate::demo::random::Random;
use crate::demo::telemetry::{
    Attributes, Event, Instance, Kind, Log, Pair, Said, Scope, Severity, Value, kv,
};

/// How much the time of the same work differs: the deviation of its logarithm.
const WORK_SIGMA: f64 = 0.35;

/// From one machine to another, as the median.
const NETWORK_MS: f64 = 0.3;
const NETWORK_SIGMA: f64 = 0.5;

/// Between the beginnings of things that are begun together.
const STAGGER_NS: u64 = 40_000;

/// One open span, and now.
pub(crate) struct Act<'s> {
    pub(super) story: &'s mut Story,
    /// Its span's place in the story.
    at: usize,
    pub(super) instance: Arc<Instance>,
    now_ns: u64,
    /// What it will answer if nothing fails.
    pub(super) status: u16,
}

impl<'s> Act<'s> {
    pub(super) fn new(
        story: &'s mut Story,
        at: usize,
        instance: Arc<Instance>,
        now_ns: u64,
    ) -> Self {
        Self {
            story,
            at,
            instance,
            now_ns,
            status: 200,
        }
    }

    // Time

    /// Nanoseconds since 1970, by a clock that is right.
    pub(crate) fn now_ns(&self) -> u64 {
        self.now_ns
    }

    /// Lets exactly this much time pass.
    pub(crate) fn wait_ms(&mut self, ms: f64) {
        self.now_ns += ns(ms);
    }

    /// Works for about this long.
    pub(crate) fn work(&mut self, median_ms: f64) {
        let ms = self.story.random.log_normal(median_ms, WORK_SIGMA);
        self.wait_ms(ms);
    }

    /// A packet's way to another machine.
    pub(super) fn travel(&mut self) {
        let ms = self.story.random.log_normal(NETWORK_MS, NETWORK_SIGMA);
        self.wait_ms(ms);
    }

    /// Milliseconds since a moment.
    pub(crate) fn ms_since(&self, began_ns: u64) -> f64 {
        (self.now_ns - began_ns) as f64 / 1e6
    }

    /// Begins all at once and goes on when the last has ended. The first failure is the whole's.
    pub(crate) fn parallel(&mut self, branches: &[&dyn Fn(&mut Act<'_>) -> Outcome]) -> Outcome {
        self.each_at_once(branches, |act, branch| branch(act))
    }

    /// The same for each of a list.
    pub(crate) fn each_at_once<T>(
        &mut self,
        items: &[T],
        each: impl Fn(&mut Act<'_>, &T) -> Outcome,
    ) -> Outcome {
        let (mut began, mut latest) = (self.now_ns, self.now_ns);
        let mut outcome = Ok(());
        for item in items {
            self.now_ns = began;
            outcome = outcome.and(each(self, item));
            latest = latest.max(self.now_ns);
            began += STAGGER_NS;
        }
        self.now_ns = latest;
        outcome
    }

    // What decides

    pub(crate) fn random(&mut self) -> &mut Random {
        &mut self.story.random
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.story.random.chance(probability)
    }

    pub(crate) fn visitor(&self) -> &Visitor {
        &self.story.visitor
    }

    /// Whether this is going wrong right now.
    pub(crate) fn during(&self, incident: Incident) -> bool {
        self.story.world.incidents.active(incident, self.now_ns)
    }

    /// The service at work.
    pub(crate) fn service(&self) -> &'static Service {
        services::by_name(self.instance.service).unwrap_or(services::ALL[0])
    }

    /// Whether this copy runs the version on trial.
    pub(crate) fn is_on_trial(&self) -> bool {
        self.service().trial == Some(self.instance.version)
    }

    // The span

    /// A span within this one, in any service's copy.
    pub(super) fn span<T>(
        &mut self,
        instance: &Arc<Instance>,
        opening: Opening,
        body: impl FnOnce(&mut Act<'_>) -> T,
    ) -> T {
        let parent = self.story.records.spans[self.at].span_id;
        let (result, end_ns) =
            self.story
                .within(instance, opening, Some(parent), self.now_ns, body);
        self.now_ns = end_ns;
        result
    }

    /// A step of this service that is worth a span of its own.
    pub(crate) fn step<T>(&mut self, name: &str, body: impl FnOnce(&mut Act<'_>) -> T) -> T {
        let own = Arc::clone(&self.instance);
        let opening = Opening {
            name: name.to_owned(),
            kind: Kind::Internal,
            scope: self.service().name,
        };
        self.span(&own, opening, body)
    }

    /// Sets an attribute, once.
    pub(crate) fn set<'v>(&mut self, key: &str, value: impl Into<Value<'v>>) {
        self.story.records.spans[self.at].attributes.set(key, value);
    }

    /// Answers with this status instead of 200.
    pub(crate) fn answer(&mut self, status: u16) {
        self.status = status;
    }

    /// Marks a moment.
    pub(crate) fn event(&mut self, name: &'static str, attributes: &[Pair<'_>]) {
        let event = Event {
            time_ns: by_its_clock(&self.instance, self.now_ns),
            name,
            attributes: Attributes::of(attributes),
        };
        self.story.records.spans[self.at].events.push(event);
    }

    /// This span failed. The description is empty where other attributes say it all.
    pub(crate) fn fail(&mut self, error_type: &str, description: &str) {
        self.set("error.type", error_type);
        self.story.records.spans[self.at].error = Some(description.to_owned());
    }

    /// Points at a span of another trace.
    pub(super) fn link(&mut self, to: (clearspan_schema::TraceId, clearspan_schema::SpanId)) {
        self.story.records.spans[self.at].links.push(to);
    }

    /// Its ids.
    pub(super) fn context(&self) -> (clearspan_schema::TraceId, clearspan_schema::SpanId) {
        let span = &self.story.records.spans[self.at];
        (span.trace_id, span.span_id)
    }

    /// Leaves the exception of a failure on this span.
    pub(super) fn exception(&mut self, failure: &Failure) {
        let stack_trace = failure.stack_trace(self.service());
        self.event(
            "exception",
            &[
                kv("exception.type", failure.kind),
                kv("exception.message", &failure.message),
                kv("exception.stacktrace", &stack_trace),
            ],
        );
    }

    // Its log

    pub(crate) fn debug(&mut self, logger: &str, said: impl Into<Said>, attributes: &[Pair<'_>]) {
        self.log(Severity::Debug, logger, said, attributes);
    }

    pub(crate) fn info(&mut self, logger: &str, said: impl Into<Said>, attributes: &[Pair<'_>]) {
        self.log(Severity::Info, logger, said, attributes);
    }

    pub(crate) fn warn(&mut self, logger: &str, said: impl Into<Said>, attributes: &[Pair<'_>]) {
        self.log(Severity::Warn, logger, said, attributes);
    }

    pub(crate) fn error(&mut self, logger: &str, said: impl Into<Said>, attributes: &[Pair<'_>]) {
        self.log(Severity::Error, logger, said, attributes);
    }

    fn log(
        &mut self,
        severity: Severity,
        logger: &str,
        said: impl Into<Said>,
        attributes: &[Pair<'_>],
    ) {
        let log = Log {
            instance: Arc::clone(&self.instance),
            scope: Scope {
                name: format!("{}{logger}", self.service().loggers),
                version: "",
            },
            time_ns: by_its_clock(&self.instance, self.now_ns),
            severity,
            said: said.into(),
            attributes: Attributes::of(attributes),
            span: Some(self.context()),
            due_ns: self.now_ns,
        };
        self.story.log(log);
    }
}

/// Milliseconds in nanoseconds.
pub(crate) fn ns(ms: f64) -> u64 {
    (ms.max(0.0) * 1e6) as u64
}
