//! What a client is handed, within its bounds, and what it is not.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{RecordBatch, UInt32Array};
use arrow::buffer::BooleanBuffer;
use arrow::compute::take_record_batch;
use clearspan_storage::background::Clock;
use clearspan_storage::scan::PartError;
use tokio::sync::mpsc;

use super::stream::{TailBeat, TailEvent, TailGap, TailRows, WaitingBytes};
use super::window::Window;
use super::{Positions, TailRequest};
use crate::exec::{Plans, own_bytes};
use crate::limits::{TAIL_EVENTS_WAITING, TAIL_PIECE_ROWS, TAIL_WAITING_BYTES_MAX};
use crate::{LogRows, QueryError};

/// The client has gone.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Gone;

/// The way to one client. It never waits for one that does not read, except with a backlog, which is bounded.
#[derive(Debug)]
pub(crate) struct Outlet {
    to: mpsc::Sender<TailEvent>,
    waiting: Arc<WaitingBytes>,
    window: Window,
    clock: Arc<dyn Clock>,
    plans: Plans,
    positions: Positions,
    /// Every record below it was handed over, did not match, or is in the gap.
    seq: u64,
    examined: u64,
    gap: Option<Gap>,
}

/// What the client has not been told yet.
#[derive(Debug)]
struct Gap {
    count: u64,
    unexamined: u64,
    since_ns: Option<i64>,
}

impl Outlet {
    /// An outlet that stands at `seq`, and what comes out of it.
    pub(crate) fn new(
        request: &TailRequest,
        seq: u64,
        positions: Positions,
        plans: Plans,
        clock: Arc<dyn Clock>,
    ) -> (Self, mpsc::Receiver<TailEvent>) {
        let (to, from) = mpsc::channel(TAIL_EVENTS_WAITING);
        let outlet = Outlet {
            to,
            waiting: Arc::default(),
            window: Window::new(request.rate),
            clock,
            plans,
            positions,
            seq,
            examined: 0,
            gap: None,
        };
        (outlet, from)
    }

    /// Done when the client has gone.
    pub(super) async fn gone(&self) {
        self.to.closed().await;
    }

    /// Hands over the rows in `mask` as far as the bounds allow, and counts the others. `end_seq` lies behind all rows.
    pub(super) fn offer(
        &mut self,
        rows: &RecordBatch,
        mask: &BooleanBuffer,
        end_seq: u64,
    ) -> Result<(), PartError> {
        let matched = mask.count_set_bits();
        let piece_rows = piece_rows(rows);
        let mut matching = mask.set_indices();
        let mut sent = 0;
        while sent < matched && self.tell() {
            let now = self.clock.now().monotonic;
            let passing = (matched - sent).min(piece_rows).min(self.window.left(now));
            let piece = matching.by_ref().take(passing).map(|row| row as u32);
            let piece = UInt32Array::from_iter_values(piece);
            if passing == 0 || !self.send(take_record_batch(rows, &piece)?) {
                break;
            }
            self.window.take(passing, now);
            sent += passing;
        }
        self.examined += rows.num_rows() as u64;
        self.lose((matched - sent) as u64, 0);
        self.seq = end_seq;
        Ok(())
    }

    /// So many rows that match, and so many that nobody has looked at, will not be handed over.
    pub(super) fn lose(&mut self, count: u64, unexamined: u64) {
        if count + unexamined == 0 {
            return;
        }
        let since_ns = self.clock.now().unix_ns;
        let gap = self.gap.get_or_insert(Gap {
            count: 0,
            unexamined: 0,
            since_ns: Some(since_ns),
        });
        gap.count += count;
        gap.unexamined += unexamined;
    }

    /// As [`Outlet::lose`], of what came before the tail began.
    pub(super) fn lose_earlier(&mut self, count: u64, unexamined: u64) {
        self.lose(count, unexamined);
        if let Some(gap) = &mut self.gap {
            gap.since_ns = None;
        }
    }

    /// Nobody has looked at what was committed before the tail began.
    pub(crate) fn give_up(&mut self, seqs: Range<u64>) {
        self.lose_earlier(0, seqs.end - seqs.start);
        self.advance(seqs.end);
    }

    /// Everything below `seq` is done.
    pub(super) fn advance(&mut self, seq: u64) {
        self.seq = self.seq.max(seq);
    }

    /// Whether there is a gap that the client was not told of.
    pub(super) fn owes(&self) -> bool {
        self.gap.is_some()
    }

    /// Done when the client may be told of a gap: its second is over, and it reads.
    pub(super) async fn may_tell(&self) {
        let wait = self.window.wait(self.clock.now().monotonic);
        if wait > Duration::ZERO {
            tokio::time::sleep(wait).await;
        }
        while !self.has_read() {
            self.waiting.fewer().await;
        }
        // One that has gone is found by others.
        let _permit_or_gone = self.to.reserve().await;
    }

    /// Tells of the gap, if there is one and it may be told now. `false`: it is still to be told.
    pub(super) fn tell(&mut self) -> bool {
        if self.gap.is_none() {
            return true;
        }
        if self.window.left(self.clock.now().monotonic) == 0 || !self.has_read() {
            return false;
        }
        let Ok(permit) = self.to.try_reserve() else {
            return false;
        };
        if let Some(gap) = self.gap.take() {
            permit.send(gap.event(self.positions, self.seq));
        }
        true
    }

    /// Tells how far the tail is, unless the client does not read or is to be told of a gap first.
    pub(crate) fn beat(&mut self) {
        if self.tell()
            && let Ok(permit) = self.to.try_reserve()
        {
            permit.send(TailEvent::Beat(TailBeat {
                examined: self.examined,
                position: self.positions.text(self.seq),
            }));
        }
    }

    /// Hands over rows of a backlog, and the gap before them, when the client reads. `end_seq` lies behind all rows.
    pub(super) async fn send_waiting(
        &mut self,
        rows: RecordBatch,
        end_seq: u64,
    ) -> Result<(), Gone> {
        if let Some(gap) = self.gap.take() {
            let told = self.to.send(gap.event(self.positions, self.seq)).await;
            told.map_err(|_| Gone)?;
        }
        let (count, piece) = (rows.num_rows(), piece_rows(&rows));
        for first in (0..count).step_by(piece) {
            let length = piece.min(count - first);
            let Ok(piece) = self.counted(rows.slice(first, length)) else {
                self.lose((count - first) as u64, 0);
                break;
            };
            let sent = self.to.send(TailEvent::Rows(piece)).await;
            sent.map_err(|_| Gone)?;
        }
        self.advance(end_seq);
        Ok(())
    }

    /// Whether there is room for more than the next few rows; a gap that is told sooner would be followed by another.
    fn has_read(&self) -> bool {
        self.waiting.get() <= TAIL_WAITING_BYTES_MAX / 2
    }

    /// Whether there was room for `rows`.
    fn send(&self, rows: RecordBatch) -> bool {
        let waiting = self.waiting.get();
        // A row alone may be larger than all that may wait.
        if waiting > 0 && waiting + own_bytes(&rows) > TAIL_WAITING_BYTES_MAX {
            return false;
        }
        let Ok(permit) = self.to.try_reserve() else {
            return false;
        };
        match self.counted(rows) {
            Ok(rows) => permit.send(TailEvent::Rows(rows)),
            Err(_) => return false,
        }
        true
    }

    fn counted(&self, rows: RecordBatch) -> Result<TailRows, QueryError> {
        let waiting = self.waiting.add(own_bytes(&rows));
        let rows = LogRows::counted(rows, &self.plans)?;
        Ok(TailRows::new(rows, self.positions, waiting))
    }
}

impl Gap {
    fn event(self, positions: Positions, seq: u64) -> TailEvent {
        TailEvent::Gap(TailGap {
            count: self.count,
            unexamined: self.unexamined,
            since_ns: self.since_ns,
            position: positions.text(seq),
        })
    }
}

/// Rows of one event: few where each is large, since an event is written as a whole.
fn piece_rows(rows: &RecordBatch) -> usize {
    let row_bytes = own_bytes(rows) / rows.num_rows().max(1);
    (TAIL_WAITING_BYTES_MAX / row_bytes.max(1)).clamp(1, TAIL_PIECE_ROWS)
}
