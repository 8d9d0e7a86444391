//! Requests out of files, in batches of the size that is asked for. Records are read into batches of Arrow and written again, as
//! the server would export them: nothing of a record is lost, and those of one resource stand together.

use std::iter;

use anyhow::{Context, bail};
use arrow::array::RecordBatch;
use clearspan_proto::otlp::{
    WireSignal, decode_logs, decode_traces, encode_logs_protobuf, encode_traces_protobuf,
};
use indicatif::ProgressBar;

use super::{Pile, is_wanted};
use crate::cli::LoadArgs;
use crate::otlp_files::{self, Input, Item, Payload};
use crate::output;

/// Adds all that the files hold, up to the pile's limit.
pub(super) fn fill(pile: &mut Pile<'_>, args: &LoadArgs) -> anyhow::Result<()> {
    let mut files = Files {
        pile,
        args,
        logs: Pending::default(),
        spans: Pending::default(),
        rejected: 0,
    };
    for input in otlp_files::open_all(&args.from, false)? {
        let name = input.name.clone();
        let going_on = files.read(input);
        if !going_on.with_context(|| format!("{name} cannot be replayed"))? {
            output::remark(&format!(
                "{name} is replayed in part: more than {} MiB are not held",
                super::MATERIAL_BYTES_MAX >> 20
            ));
            break;
        }
    }
    files.finish()
}

struct Files<'a, 'b> {
    pile: &'a mut Pile<'b>,
    args: &'a LoadArgs,
    logs: Pending,
    spans: Pending,
    /// Spans that no receiver would take, such as those without an id.
    rejected: u64,
}

impl Files<'_, '_> {
    /// Gives false when the pile is full.
    fn read(&mut self, input: Input) -> anyhow::Result<bool> {
        let mut items = input.items(&ProgressBar::hidden())?;
        for number in 1_u64.. {
            match items
                .next()
                .with_context(|| format!("line or frame {number}"))?
            {
                None => break,
                Some(Item::Blank) => {}
                Some(Item::Bad(reason)) => bail!("line or frame {number}: {reason}"),
                Some(Item::Payload(payload)) => self
                    .take(&payload)
                    .with_context(|| format!("line or frame {number}"))?,
            }
            if self.pile.is_full() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn take(&mut self, payload: &Payload) -> anyhow::Result<()> {
        let signals = payload.signals(None).map_err(anyhow::Error::msg)?;
        for signal in signals {
            if !is_wanted(self.args.signal, signal) {
                continue;
            }
            // Of records without a time the receiver sees none either, so it does not matter here when they arrived.
            let (body, encoding) = (&payload.body, payload.encoding);
            if signal == WireSignal::Logs {
                let decoded = decode_logs(body, encoding, 0)?;
                self.logs.push(decoded.batch.into_inner());
            } else {
                let decoded = decode_traces(body, encoding, 0)?;
                self.rejected += decoded.rejected.total();
                self.spans.push(decoded.batch.into_inner());
            }
        }
        self.move_to_pile(self.args.batch as usize)
    }

    /// All batches of this size.
    fn move_to_pile(&mut self, batch: usize) -> anyhow::Result<()> {
        for rows in iter::from_fn(|| self.logs.take(batch)) {
            self.pile
                .push(WireSignal::Logs, &encode_logs_protobuf(&rows)?)?;
        }
        for rows in iter::from_fn(|| self.spans.take(batch)) {
            self.pile
                .push(WireSignal::Traces, &encode_traces_protobuf(&rows)?)?;
        }
        Ok(())
    }

    /// The last batches are smaller.
    fn finish(mut self) -> anyhow::Result<()> {
        let (logs, spans) = (self.logs.rows, self.spans.rows);
        for rest in [logs, spans] {
            if rest > 0 && !self.pile.is_full() {
                self.move_to_pile(rest)?;
            }
        }
        if self.rejected > 0 {
            let rejected = self.rejected;
            output::remark(&format!("{rejected} spans without sound ids are left out"));
        }
        Ok(())
    }
}

/// Rows that do not fill a batch yet.
#[derive(Default)]
struct Pending {
    batches: Vec<RecordBatch>,
    rows: usize,
}

impl Pending {
    fn push(&mut self, batch: RecordBatch) {
        self.rows += batch.num_rows();
        self.batches.push(batch);
    }

    /// Takes the first so many rows, where there are as many.
    fn take(&mut self, rows: usize) -> Option<Vec<RecordBatch>> {
        if rows == 0 || self.rows < rows {
            return None;
        }
        self.rows -= rows;
        let mut missing = rows;
        let whole = self.batches.iter().take_while(|batch| {
            let is_whole = batch.num_rows() <= missing;
            missing -= if is_whole { batch.num_rows() } else { 0 };
            is_whole
        });
        let whole = whole.count();
        let mut taken: Vec<RecordBatch> = self.batches.drain(..whole).collect();
        if let Some(first) = self.batches.first_mut().filter(|_| missing > 0) {
            taken.push(first.slice(0, missing));
            *first = first.slice(missing, first.num_rows() - missing);
        }
        Some(taken)
    }
}
