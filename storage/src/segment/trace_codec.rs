//! `traces.dir`: the trace directory of a segment on disk.
//!
//! ```text
//! file    := magic "CSTD" version(u32) raw_length(u64) zstd(payload)
//! payload := count(texts) text* count(entries) column*
//! ```
//!
//! The entries stand column by column, integers as little-endian or LEB128 varints as noted in
//! [`write`]: neighbours are alike, so that zstd finds them.

use super::SegmentError;
use super::trace_directory::{Entry, Root, TraceDirectory};
use crate::codec::{Reader, Writer};

const MAGIC: &[u8; 4] = b"CSTD";
const VERSION: u32 = 1;
const ZSTD_LEVEL: i32 = 3;
/// A directory larger than this was not written by a flush, whose memtable is far smaller.
const MAX_RAW_BYTES: u64 = 1 << 30;

/// The file's bytes. Fails on a directory of a memtable chunk, whose rows are not grouped by trace.
pub(crate) fn write(directory: &TraceDirectory) -> Result<Vec<u8>, SegmentError> {
    if directory.order.is_some() {
        return Err(SegmentError::Encoding {
            what: "trace directory of rows that are not grouped by trace",
        });
    }
    let mut payload = Writer::default();
    payload.varint(directory.texts.len() as u64);
    directory
        .texts
        .iter()
        .for_each(|text| payload.bytes(text.as_bytes()));
    let entries = &directory.entries;
    payload.varint(entries.len() as u64);
    entries
        .iter()
        .for_each(|entry| payload.raw(&entry.trace_id));
    entries
        .iter()
        .for_each(|entry| payload.varint(u64::from(entry.first)));
    entries
        .iter()
        .for_each(|entry| payload.varint(u64::from(entry.spans)));
    entries.iter().for_each(|entry| payload.u64(entry.start));
    entries
        .iter()
        .for_each(|entry| payload.varint(entry.end.wrapping_sub(entry.start)));
    entries
        .iter()
        .for_each(|entry| payload.varint(entry.start.wrapping_sub(entry.placed_time as u64)));
    entries
        .iter()
        .for_each(|entry| payload.varint(u64::from(entry.errors)));
    for entry in entries {
        let services =
            &directory.services[entry.services.start as usize..entry.services.end as usize];
        payload.varint(services.len() as u64);
        for &(service, spans) in services {
            payload.varint(optional(service));
            payload.varint(u64::from(spans));
        }
    }
    for entry in entries {
        let Some(root) = &entry.root else {
            payload.varint(0);
            continue;
        };
        payload.varint(if root.parentless { 2 } else { 1 });
        payload.varint(root.seq);
        payload.varint(root.start.wrapping_sub(entry.start));
        payload.varint((root.placed_time as u64).wrapping_sub(entry.placed_time as u64));
        payload.varint(u64::from(root.name));
        payload.varint(optional(root.service));
    }
    let raw = payload.into_inner();
    let mut file = Writer::default();
    file.raw(MAGIC);
    file.u32(VERSION);
    file.u64(raw.len() as u64);
    let packed = zstd::bulk::compress(&raw, ZSTD_LEVEL);
    file.raw(&packed.map_err(|_| SegmentError::Encoding {
        what: "trace directory: zstd failed",
    })?);
    Ok(file.into_inner())
}

/// Reads what [`write`] wrote; `None` when it is malformed.
pub(crate) fn read(file: &[u8]) -> Option<TraceDirectory> {
    let mut head = Reader::new(file);
    if head.raw(4)? != MAGIC || head.u32()? != VERSION {
        return None;
    }
    let raw_length = head.u64().filter(|&length| length <= MAX_RAW_BYTES)?;
    let raw = zstd::bulk::decompress(head.rest(), usize::try_from(raw_length).ok()?).ok()?;
    payload(&mut Reader::new(&raw))
}

fn payload(reader: &mut Reader<'_>) -> Option<TraceDirectory> {
    let count = reader.count()?;
    let mut texts = Vec::with_capacity(count);
    for _ in 0..count {
        texts.push(std::str::from_utf8(reader.bytes()?).ok()?.to_owned());
    }
    let count = reader.count()?;
    let mut entries = Vec::with_capacity(count);
    for _ in 0..count {
        entries.push(Entry {
            trace_id: reader.raw(16)?.try_into().ok()?,
            first: 0,
            spans: 0,
            start: 0,
            end: 0,
            placed_time: 0,
            errors: 0,
            root: None,
            services: 0..0,
        });
    }
    for entry in &mut entries {
        entry.first = reader.varint_u32()?;
    }
    for entry in &mut entries {
        entry.spans = reader.varint_u32()?;
        entry.first.checked_add(entry.spans)?;
    }
    for entry in &mut entries {
        entry.start = reader.u64()?;
    }
    for entry in &mut entries {
        entry.end = entry.start.wrapping_add(reader.varint()?);
    }
    for entry in &mut entries {
        entry.placed_time = entry.start.wrapping_sub(reader.varint()?) as i64;
    }
    for entry in &mut entries {
        entry.errors = reader.varint_u32()?;
    }
    let mut services = Vec::new();
    for entry in &mut entries {
        let first = u32::try_from(services.len()).ok()?;
        for _ in 0..reader.count()? {
            services.push((text(reader.varint()?, &texts)?, reader.varint_u32()?));
        }
        entry.services = first..u32::try_from(services.len()).ok()?;
    }
    for entry in &mut entries {
        entry.root = root(reader, entry, &texts)?;
    }
    Some(TraceDirectory {
        entries,
        texts,
        services,
        order: None,
    })
}

#[allow(
    clippy::option_option,
    reason = "outside: malformed; inside: the trace has no root"
)]
fn root(reader: &mut Reader<'_>, entry: &Entry, texts: &[String]) -> Option<Option<Root>> {
    let kind = reader.varint()?;
    if kind == 0 {
        return Some(None);
    }
    Some(Some(Root {
        parentless: kind == 2,
        seq: reader.varint()?,
        start: entry.start.wrapping_add(reader.varint()?),
        placed_time: (entry.placed_time as u64).wrapping_add(reader.varint()?) as i64,
        name: text(reader.varint()?.checked_add(1)?, texts)??,
        service: text(reader.varint()?, texts)?,
    }))
}

/// 0 for none, else one more than the index.
fn optional(text: Option<u32>) -> u64 {
    text.map_or(0, |text| u64::from(text) + 1)
}

#[allow(
    clippy::option_option,
    reason = "outside: malformed; inside: there is no text"
)]
fn text(encoded: u64, texts: &[String]) -> Option<Option<u32>> {
    let Some(index) = encoded.checked_sub(1) else {
        return Some(None);
    };
    let index = u32::try_from(index).ok()?;
    ((index as usize) < texts.len()).then_some(Some(index))
}
