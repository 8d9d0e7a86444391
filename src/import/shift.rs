//! `--shift-to-now`: one distance for all times of all inputs, so that the newest record is now and everything keeps its
//! distance from everything else.

use std::time::{SystemTime, UNIX_EPOCH};

use clearspan_proto::otlp::WireSignal;
use indicatif::ProgressBar;

use crate::otlp_files::{Input, Item};

/// How far times are moved, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift(i64);

impl Shift {
    pub(super) fn none() -> Self {
        Self(0)
    }

    pub(super) fn is_none(self) -> bool {
        self.0 == 0
    }

    pub(super) fn ns(self) -> i64 {
        self.0
    }

    /// Reads all inputs once. What cannot be read is left to the second pass to complain of.
    pub(super) fn newest_to_now(inputs: &[Input], signal: Option<WireSignal>) -> Self {
        let newest = inputs
            .iter()
            .filter_map(|input| newest_of(input, signal))
            .max();
        newest.map_or_else(Self::none, |newest_ns| {
            Self(now_ns().saturating_sub_unsigned(newest_ns))
        })
    }
}

fn newest_of(input: &Input, signal: Option<WireSignal>) -> Option<u64> {
    let mut items = input.again().ok()?.items(&ProgressBar::hidden()).ok()?;
    let mut newest = None;
    while let Ok(Some(item)) = items.next() {
        if let Item::Payload(payload) = item {
            newest = newest.max(payload.newest_ns(signal));
        }
    }
    newest
}

#[allow(
    clippy::disallowed_methods,
    reason = "the program's clock: now is what the user asked for"
)]
fn now_ns() -> i64 {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since_epoch.as_nanos()).unwrap_or(i64::MAX)
}
