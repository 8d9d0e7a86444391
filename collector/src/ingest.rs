//! The journey of a request, whatever transport it came by.

use std::panic::resume_unwind;
use std::sync::Arc;

use clearspan_proto::otlp::WireSignal;
use clearspan_storage::TenantId;
use clearspan_storage::background::Clock;
use clearspan_storage::memory::Account;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::counters::{CollectorStatus, Counters};
use crate::refusal::Refusal;
use crate::sink::Sink;
use crate::unpack::{Contents, Parcel, Unpacked, unpack};
use crate::{Config, limits};

/// What a sender is told about a request that was taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Records that were not kept.
    pub(crate) rejected: u64,
    /// Why, in English; empty when there is nothing to say.
    pub(crate) message: String,
}

/// What the journey needs.
#[derive(Debug)]
pub(crate) struct Ingest {
    sink: Arc<dyn Sink>,
    clock: Arc<dyn Clock>,
    tenant: TenantId,
    max_request_bytes: u64,
    /// A place for each request whose body is there.
    places: Semaphore,
    /// A place for each thread that inflates and decodes.
    decoders: Arc<Semaphore>,
    pub(crate) memory: Account,
    pub(crate) counters: Counters,
}

impl Ingest {
    pub(crate) fn new(
        config: &Config,
        sink: Arc<dyn Sink>,
        clock: Arc<dyn Clock>,
        tenant: TenantId,
        memory: Account,
    ) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            sink,
            clock,
            tenant,
            max_request_bytes: config.max_request_bytes,
            places: Semaphore::new(config.max_in_flight_requests),
            decoders: Arc::new(Semaphore::new(cores)),
            memory,
            counters: Counters::default(),
        }
    }

    /// Takes a request whose body is there:
    ///
    /// 1. It gets a place, or is refused at once.
    /// 2. Its bytes are inflated and decoded. Bad records are counted out, a bad request ends here.
    /// 3. The good records are appended: when that returns, they are on disk.
    /// 4. It is counted. Not earlier: what is refused retryably comes again.
    pub(crate) async fn take(&self, parcel: Parcel) -> Result<Outcome, Refusal> {
        let signal = parcel.signal;
        self.counters.received(signal, parcel.payload.bytes.len());
        let _place = self
            .places
            .try_acquire()
            .map_err(|_| Refusal::overloaded())?;
        let Unpacked { contents, rows } = self.unpack(parcel).await?;
        if let Some((batch, memory)) = rows {
            self.sink.append(&self.tenant, batch, memory).await?;
        }
        self.counters.taken(signal, &contents);
        let Contents {
            rejected, message, ..
        } = contents;
        Ok(Outcome { rejected, message })
    }

    /// Unpacks a small parcel here and any other on a thread, of which there are as many as cores.
    async fn unpack(&self, parcel: Parcel) -> Result<Unpacked, Refusal> {
        let limit = self.max_request_bytes;
        let arrival_ns = self.clock.now().unix_ns;
        if parcel.is_small() {
            return unpack(parcel, limit, arrival_ns);
        }
        let decoder = Arc::clone(&self.decoders).acquire_owned();
        let Ok(Ok(decoder)) = timeout(limits::DECODE_WAIT, decoder).await else {
            return Err(Refusal::overloaded());
        };
        // The place and the budget go with the work: it goes on when its sender has gone.
        let work = spawn_blocking(move || {
            let _decoder = decoder;
            unpack(parcel, limit, arrival_ns)
        });
        match work.await {
            Ok(unpacked) => unpacked,
            Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
            // The runtime is going down.
            Err(_) => Err(Refusal::ShuttingDown),
        }
    }

    pub(crate) fn status(&self) -> CollectorStatus {
        let signal = |signal| self.counters.signal_status(signal);
        CollectorStatus {
            traces: signal(WireSignal::Traces),
            logs: signal(WireSignal::Logs),
            metrics: signal(WireSignal::Metrics),
            in_flight_bytes: self.memory.used() as u64,
        }
    }
}
