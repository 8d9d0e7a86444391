//! A scan as bytes, so that it can be run where its segments are.
//!
//! ```text
//! scan       := version signal segments query hint from to emit crc32c
//! version    := 1 (u8)
//! signal     := 0 logs, 1 spans (u8)
//! segments   := count (u32), ids (u64 each)
//! query,hint := text: what is asked of each row, and what every wanted row satisfies besides
//! from, to   := 0 | 1 nanoseconds (u8, i64)
//! emit       := 0 count | 1 addresses | 2 projection | 3 projection and addresses (u8)
//! projection := count (u32), columns by their place in the stored schema (u32 each); keys; long steps 0 | 1 (u8)
//! keys       := 0 all | 1 count (u32), texts
//! text       := bytes (u32), UTF-8
//! crc32c     := of all before it (u32)
//! ```
//!
//! Numbers are little-endian. Nothing else is sent: what may be skipped follows from the query, and is looked up where the scan runs. Rows
//! in memory cannot travel: who sends a scan asks them itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use clearspan_schema::{SchemaError, Signal};
use clearspan_storage::scan::{AttributeKeys, PartId, Projection, Snapshot, TimeRange};

use super::scan::{Emit, SegmentScan};
use crate::language::{LanguageError, Query};

const VERSION: u8 = 1;

/// Why a scan cannot be sent, or what was sent cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum SentScanError {
    /// Some of its rows are in memory alone.
    #[error("rows that are in memory alone cannot be asked elsewhere")]
    InMemory,
    /// Its query does not read as it prints.
    #[error("the query `{0}` has no text that reads the same")]
    NoText(String),
    /// The bytes are damaged, or of something else.
    #[error("these bytes are no scan: {0}")]
    Malformed(&'static str),
    /// They were written by another version.
    #[error("a scan of version {0} cannot be read")]
    Version(u8),
    /// A segment is not here.
    #[error("segment {0} is not here")]
    UnknownSegment(u64),
    /// Its query cannot be read.
    #[error(transparent)]
    Query(#[from] LanguageError),
    /// It asks for a column that is not stored.
    #[error(transparent)]
    Schema(#[from] SchemaError),
}

impl SegmentScan {
    /// The scan of the segments that lie in its range.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SentScanError> {
        let segments = self.parts().map(|(_, part)| match part.id() {
            PartId::Segment(id) => Ok(id),
            PartId::Chunk(_) => Err(SentScanError::InMemory),
        });
        let segments: Vec<u64> = segments.collect::<Result<_, _>>()?;
        let mut out = vec![VERSION, signal_code(self.snapshot().signal())];
        push_count(segments.len(), &mut out);
        segments.iter().for_each(|id| out.extend(id.to_le_bytes()));
        for query in [self.query(), self.hint()] {
            push_text(&text_of(query)?, &mut out);
        }
        for end in [self.range().from, self.range().to] {
            out.push(u8::from(end.is_some()));
            out.extend(end.unwrap_or_default().to_le_bytes());
        }
        self.push_emit(&mut out)?;
        let crc = crc32c::crc32c(&out);
        out.extend(crc.to_le_bytes());
        Ok(out)
    }

    fn push_emit(&self, out: &mut Vec<u8>) -> Result<(), SentScanError> {
        let (code, projection) = match self.emit() {
            Emit::Count => (0, None),
            Emit::Addresses => (1, None),
            Emit::Columns(wanted) => (2, Some(wanted)),
            Emit::ColumnsAt(wanted) => (3, Some(wanted)),
        };
        out.push(code);
        let Some(projection) = projection else {
            return Ok(());
        };
        let schema = self.snapshot().signal().stored_schema();
        push_count(projection.columns().len(), out);
        for column in projection.columns() {
            let place = schema.index_of(column).map_err(SchemaError::from)?;
            push_count(place, out);
        }
        match projection.attributes() {
            AttributeKeys::All => out.push(0),
            AttributeKeys::Only(keys) => {
                out.push(1);
                push_count(keys.len(), out);
                keys.iter().for_each(|key| push_text(key, out));
            }
        }
        out.push(u8::from(projection.in_long_steps()));
        Ok(())
    }

    /// What [`Self::to_bytes`] wrote, over the same segments in the snapshot that is here of its signal.
    pub fn from_bytes(
        bytes: &[u8],
        snapshot: impl FnOnce(Signal) -> Arc<Snapshot>,
    ) -> Result<Self, SentScanError> {
        let mut rest = checked(bytes)?;
        let signal = match rest.byte()? {
            0 => Signal::Logs,
            1 => Signal::Spans,
            _ => return Err(SentScanError::Malformed("its signal")),
        };
        let segments: BTreeSet<u64> = (0..rest.count()?)
            .map(|_| rest.number().map(u64::from_le_bytes))
            .collect::<Result<_, _>>()?;
        let query = Query::parse(rest.text()?, signal)?;
        let hint = Query::parse(rest.text()?, signal)?;
        let range = TimeRange {
            from: rest.end()?,
            to: rest.end()?,
        };
        let emit = rest.emit(signal)?;
        if !rest.0.is_empty() {
            return Err(SentScanError::Malformed("it goes on"));
        }
        let here = of_segments(&snapshot(signal), &segments)?;
        Ok(SegmentScan::new(here, query, range, emit)?.hinted(hint))
    }
}

fn signal_code(signal: Signal) -> u8 {
    match signal {
        Signal::Logs => 0,
        Signal::Spans => 1,
    }
}

/// Its text, from which the same query is read.
fn text_of(query: &Query) -> Result<String, SentScanError> {
    let text = query.to_string();
    match Query::parse(&text, query.signal()) {
        Ok(read) if read == *query => Ok(text),
        _ => Err(SentScanError::NoText(text)),
    }
}

fn of_segments(
    snapshot: &Snapshot,
    segments: &BTreeSet<u64>,
) -> Result<Arc<Snapshot>, SentScanError> {
    let parts = snapshot.parts();
    let is_wanted = |at: usize| match parts.get(at).map(|part| part.id()) {
        Some(PartId::Segment(id)) => segments.contains(&id),
        _ => false,
    };
    let here = snapshot.of_parts(is_wanted);
    let is_here = |id: &u64| {
        let mut parts = here.parts().iter();
        parts.any(|part| part.id() == PartId::Segment(*id))
    };
    match segments.iter().find(|id| !is_here(id)) {
        Some(&absent) => Err(SentScanError::UnknownSegment(absent)),
        None => Ok(Arc::new(here)),
    }
}

/// Lengths here are those of queries and schemas, which have limits far below.
fn push_count(count: usize, out: &mut Vec<u8>) {
    out.extend((count as u32).to_le_bytes());
}

fn push_text(text: &str, out: &mut Vec<u8>) {
    push_count(text.len(), out);
    out.extend(text.as_bytes());
}

/// What stands between version and checksum.
fn checked(bytes: &[u8]) -> Result<Rest<'_>, SentScanError> {
    let whole = bytes.split_last_chunk();
    let (body, crc) = whole.ok_or(SentScanError::Malformed("too short"))?;
    if crc32c::crc32c(body) != u32::from_le_bytes(*crc) {
        return Err(SentScanError::Malformed("its checksum"));
    }
    match body.split_first() {
        Some((&VERSION, rest)) => Ok(Rest(rest)),
        Some((&other, _)) => Err(SentScanError::Version(other)),
        None => Err(SentScanError::Malformed("too short")),
    }
}

/// What is still to be read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn number<const N: usize>(&mut self) -> Result<[u8; N], SentScanError> {
        let (number, rest) = self
            .0
            .split_first_chunk()
            .ok_or(SentScanError::Malformed("it ends early"))?;
        self.0 = rest;
        Ok(*number)
    }

    fn byte(&mut self) -> Result<u8, SentScanError> {
        self.number::<1>().map(|[byte]| byte)
    }

    fn count(&mut self) -> Result<usize, SentScanError> {
        Ok(u32::from_le_bytes(self.number()?) as usize)
    }

    fn text(&mut self) -> Result<&'a str, SentScanError> {
        let bytes = self.count()?;
        let text = self.0.split_at_checked(bytes);
        let (text, rest) = text.ok_or(SentScanError::Malformed("it ends early"))?;
        self.0 = rest;
        std::str::from_utf8(text).map_err(|_| SentScanError::Malformed("its text"))
    }

    fn end(&mut self) -> Result<Option<i64>, SentScanError> {
        let is_there = self.byte()? != 0;
        let ns = i64::from_le_bytes(self.number()?);
        Ok(is_there.then_some(ns))
    }

    fn emit(&mut self, signal: Signal) -> Result<Emit, SentScanError> {
        Ok(match self.byte()? {
            0 => Emit::Count,
            1 => Emit::Addresses,
            2 => Emit::Columns(self.projection(signal)?),
            3 => Emit::ColumnsAt(self.projection(signal)?),
            _ => return Err(SentScanError::Malformed("what it gives")),
        })
    }

    fn projection(&mut self, signal: Signal) -> Result<Projection, SentScanError> {
        let stored = signal.stored_columns();
        let mut columns = Vec::new();
        for _ in 0..self.count()? {
            let column = stored.get(self.count()?).copied();
            columns.push(column.ok_or(SentScanError::Malformed("its columns"))?);
        }
        let keys = match self.byte()? {
            0 => AttributeKeys::All,
            _ => {
                let mut keys = BTreeSet::new();
                for _ in 0..self.count()? {
                    keys.insert(self.text()?.to_owned());
                }
                AttributeKeys::Only(keys)
            }
        };
        let projection = Projection::new(columns, keys);
        Ok(match self.byte()? {
            0 => projection,
            _ => projection.with_long_steps(),
        })
    }
}
