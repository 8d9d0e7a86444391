//! Making requests ahead of their time, on a thread of their own: copies of the material, compressed and framed. What waits is
//! bounded, so the thread is never far ahead, and when it falls behind the report says so.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use anyhow::Context;
use clearspan_proto::otlp::{Encoding, Stamp, Stencil};

use super::limits::AHEAD_MAX;
use super::schedule::{Due, Schedule};
use crate::delivery::{Export, Form};
use crate::demo::random::{Random, mix};

/// A request that is ready to be sent.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) due: Due,
    pub(super) export: Export,
    /// Before compression.
    pub(super) encoded_bytes: usize,
}

/// What requests are made of.
pub(super) struct Maker {
    pub(super) material: Vec<Stencil>,
    /// The run's last request, if it has fewer records than its place in the material.
    pub(super) last: Option<Stencil>,
    pub(super) form: Form,
    /// The run's name as a number.
    pub(super) run: u64,
    /// When the run starts, in nanoseconds since 1970: the newest record of a request is as old as the request is due.
    pub(super) starts_ns: u64,
}

impl Maker {
    /// Makes all requests of a schedule, in its order. The thread ends when nobody receives any more.
    pub(super) fn start(
        self,
        schedule: Schedule,
    ) -> anyhow::Result<Receiver<anyhow::Result<Made>>> {
        let (made, receiver) = sync_channel(AHEAD_MAX);
        let making = move || {
            for due in schedule {
                if made.send(self.make(due)).is_err() {
                    return;
                }
            }
        };
        let thread = thread::Builder::new().name("load-maker".to_owned());
        thread.spawn(making).context("cannot start a thread")?;
        Ok(receiver)
    }

    pub(super) fn make(&self, due: Due) -> anyhow::Result<Made> {
        let stencil = &self.material[due.index];
        let is_whole = due.records == stencil.records();
        let stencil = self.last.as_ref().filter(|_| !is_whole).unwrap_or(stencil);
        let at_ns = u64::try_from(due.at.as_nanos()).unwrap_or(u64::MAX);
        // All requests of a pass have the same masks, so that a trace stays one over several requests, and a log finds its span.
        let mut random = Random::of(&[self.run, due.pass]);
        let encoded = stencil.copy(&Stamp {
            trace_mask: random.id(),
            span_mask: random.id(),
            first_number: due.first_number,
            newest_ns: self.starts_ns.saturating_add(at_ns),
        });
        let encoded_bytes = encoded.len();
        let body = self.form.pack(encoded).context("cannot compress")?;
        Ok(Made {
            due,
            export: Export {
                signal: stencil.signal(),
                encoding: Encoding::Protobuf,
                records: due.records,
                body,
            },
            encoded_bytes,
        })
    }
}

/// A run's name as a number.
pub(super) fn number_of(run: &str) -> u64 {
    let bytes: Vec<u64> = run.bytes().map(u64::from).collect();
    mix(&bytes)
}
