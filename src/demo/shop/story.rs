//! One trace while it is being told: its spans and logs so far, and the randomness that decides how it goes on.

use std::sync::Arc;

use clearspan_schema::{SpanId, TraceId};

use super::act::Act;
use super::fleet::Fleet;
use super::people::Visitor;
use super::services::Service;
use crate::demo::incidents::{Incident, Incidents};
use crate::demo::random::Random;
use crate::demo::telemetry::{Attributes, Instance, Kind, Log, Records, Scope, Span};

/// What all stories of one shop share.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) incidents: Incidents,
    pub(crate) fleet: Fleet,
}

/// What a span begins with.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) scope: &'static str,
}

/// A message on its way from one trace to whoever reads its queue.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) topic: &'static str,
    pub(crate) key: String,
    pub(crate) sender: (TraceId, SpanId),
    pub(crate) sent_ns: u64,
}

/// One trace.
#[derive(Debug)]
pub(crate) struct Story {
    pub(super) world: Arc<World>,
    pub(super) random: Random,
    pub(super) visitor: Visitor,
    pub(super) trace_id: TraceId,
    pub(super) records: Records,
    /// What was sent to queues so far.
    pub(super) messages: Vec<Message>,
}

impl Story {
    pub(crate) fn new(world: &Arc<World>, mut random: Random) -> Self {
        Self {
            world: Arc::clone(world),
            visitor: Visitor::new(&mut random),
            trace_id: random.id(),
            random,
            records: Records::default(),
            messages: Vec::new(),
        }
    }

    /// Tells what a service does outside any span of its own process: what comes in, and what its timers start.
    pub(crate) fn enter<T>(
        &mut self,
        service: &'static Service,
        opening: Opening,
        parent: Option<SpanId>,
        start_ns: u64,
        body: impl FnOnce(&mut Act<'_>) -> T,
    ) -> T {
        let instance = self.instance_of(service, start_ns);
        self.within(&instance, opening, parent, start_ns, body).0
    }

    /// One span from its beginning to its end, which is the second result.
    pub(super) fn within<T>(
        &mut self,
        instance: &Arc<Instance>,
        opening: Opening,
        parent: Option<SpanId>,
        start_ns: u64,
        body: impl FnOnce(&mut Act<'_>) -> T,
    ) -> (T, u64) {
        let at = self.records.spans.len();
        self.records.spans.push(Span {
            instance: Arc::clone(instance),
            scope: Scope {
                name: opening.scope.to_owned(),
                version: library_version(instance),
            },
            trace_id: self.trace_id,
            span_id: self.random.id(),
            parent,
            name: opening.name,
            kind: opening.kind,
            start_ns: by_its_clock(instance, start_ns),
            end_ns: 0,
            attributes: Attributes::default(),
            events: Vec::new(),
            links: Vec::new(),
            error: None,
            due_ns: 0,
        });
        let mut act = Act::new(self, at, Arc::clone(instance), start_ns);
        let result = body(&mut act);
        let end_ns = act.now_ns();
        let span = &mut self.records.spans[at];
        span.end_ns = by_its_clock(instance, end_ns);
        span.due_ns = end_ns;
        (result, end_ns)
    }

    /// The copy of a service that a call meets at a moment.
    pub(super) fn instance_of(&mut self, service: &'static Service, at_ns: u64) -> Arc<Instance> {
        let on_trial = self.world.incidents.active(Incident::BadRelease, at_ns);
        self.world.fleet.pick(service, on_trial, &mut self.random)
    }

    pub(super) fn log(&mut self, log: Log) {
        self.records.logs.push(log);
    }

    /// The messages that were sent, for those who read them.
    pub(crate) fn messages(&self) -> Vec<Message> {
        self.messages.clone()
    }

    /// All that was told.
    pub(crate) fn into_records(self) -> Records {
        self.records
    }
}

/// A moment as the clock of a copy's machine shows it.
pub(super) fn by_its_clock(instance: &Instance, at_ns: u64) -> u64 {
    at_ns.saturating_add_signed(instance.clock_skew_ns)
}

fn library_version(instance: &Instance) -> &'static str {
    super::services::by_name(instance.service).map_or("", |service| service.language.version)
}
