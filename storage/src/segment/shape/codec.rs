//! A shape as bytes.
//!
//! ```text
//! shape   := magic(8) version(u32) payload_length(u32) crc32c(u32, of version, length and what follows) zstd(payload)
//! payload := signal flags usage rule rows texts whole_rows residual_rows orders column* key* template* minutes first_use*
//! ```
//!
//! The payload's texts stand together, so that they compress well. Everything is bounded before it is believed.

use clearspan_schema::Signal;

use super::ShapeError;
use super::attribute::{AttributeKind, can_have_column};
use super::counts::MinuteCounts;
use super::keys::{KeyCount, Sketch};
use super::plan::{AttributeColumn, ShapePlan};
use super::reader::{Counted, Shape};
use super::usage::Usage;
use crate::codec::{Reader, Writer};
use crate::limits::{ATTRIBUTE_COLUMNS_MAX, SHAPE_BYTES_MAX, ZSTD_LEVEL};
use crate::template::{Alphabet, SharedTexts, TemplateDictionary, TemplateText};

const MAGIC: &[u8; 8] = b"CSSHAPE\0";
const VERSION: u32 = 2;
const HEADER: usize = 20;

const PLAIN_BODIES: u8 = 1;
const TRACE_REFERENCES: u8 = 2;
const SPAN_REFERENCES: u8 = 4;

const DICTIONARY: u8 = 8;
const ELSEWHERE: u8 = 16;

impl Shape {
    /// The shape as bytes.
    pub fn encode(&self) -> Result<Vec<u8>, ShapeError> {
        let payload = payload(&self.plan, &self.counted);
        if payload.len() > SHAPE_BYTES_MAX {
            return Err(ShapeError::TooLarge {
                what: "the shape of a segment",
            });
        }
        let packed = zstd::bulk::compress(&payload, ZSTD_LEVEL);
        let packed = packed.map_err(|_| ShapeError::Damaged {
            what: "it cannot be compressed",
        })?;
        let mut head = Writer::default();
        head.u32(VERSION);
        head.u32(payload.len() as u32);
        let head = head.into_inner();
        let mut out = Writer::default();
        out.raw(MAGIC);
        out.raw(&head);
        out.u32(crc32c::crc32c_append(crc32c::crc32c(&head), &packed));
        out.raw(&packed);
        Ok(out.into_inner())
    }

    /// Reads a shape.
    pub fn decode(bytes: &[u8]) -> Result<Self, ShapeError> {
        Self::decode_with(bytes, TemplateText::new)
    }

    /// Reads a shape, whose templates are those of `texts`.
    pub(crate) fn decode_sharing(bytes: &[u8], texts: &SharedTexts) -> Result<Self, ShapeError> {
        Self::decode_with(bytes, |text| texts.share(text))
    }

    fn decode_with(bytes: &[u8], text: impl Fn(&str) -> TemplateText) -> Result<Self, ShapeError> {
        let damaged = |what| ShapeError::Damaged { what };
        let (header, packed) = bytes
            .split_at_checked(HEADER)
            .ok_or(damaged("it is too short"))?;
        let (magic, head) = header.split_at(MAGIC.len());
        let mut reader = Reader::new(head);
        let (version, length, sum) = (reader.u32(), reader.u32(), reader.u32());
        if magic != MAGIC {
            return Err(damaged("it is of another kind"));
        }
        if let Some(found) = version.filter(|version| *version != VERSION) {
            let known = VERSION;
            return Err(ShapeError::Version { found, known });
        }
        if sum != Some(crc32c::crc32c_append(crc32c::crc32c(&head[..8]), packed)) {
            return Err(damaged("its checksum differs"));
        }
        let length = length.map_or(usize::MAX, |length| length as usize);
        if length > SHAPE_BYTES_MAX {
            return Err(damaged("it says it is too large"));
        }
        let payload = zstd::bulk::decompress(packed, length);
        let payload = payload.map_err(|_| damaged("it cannot be decompressed"))?;
        let (plan, counted) = read(&payload, text).ok_or(damaged("its content is malformed"))?;
        Ok(Shape::new(plan, counted))
    }
}

pub(super) fn payload(plan: &ShapePlan, counted: &Counted) -> Vec<u8> {
    let mut out = Writer::default();
    let flag = |so: bool, flag: u8| if so { flag } else { 0 };
    out.raw(&[
        match plan.signal {
            Signal::Logs => 0,
            Signal::Spans => 1,
        },
        flag(plan.plain_bodies, PLAIN_BODIES)
            | flag(counted.trace_references, TRACE_REFERENCES)
            | flag(counted.span_references, SPAN_REFERENCES),
    ]);
    out.u64(plan.usage.bits());
    out.varint(plan.rule.into());
    out.varint(counted.rows);
    out.varint(counted.texts);
    out.varint(counted.whole_rows.into());
    out.varint(counted.residual_rows.into());
    out.varint(counted.orders.into());
    out.varint(plan.columns.len() as u64);
    for (column, elsewhere) in plan.columns.iter().zip(&counted.elsewhere) {
        let dictionary = flag(column.dictionary, DICTIONARY);
        out.raw(&[column.kind as u8 | dictionary | flag(*elsewhere, ELSEWHERE)]);
        out.bytes(column.key.as_bytes());
    }
    out.varint(counted.keys.len() as u64);
    for count in &counted.keys {
        out.bytes(count.key.as_bytes());
        count
            .rows
            .iter()
            .for_each(|rows| out.varint((*rows).into()));
        out.varint(count.text_bytes);
        count.texts.0.iter().for_each(|word| out.u64(*word));
    }
    push_templates(&plan.templates, &mut out);
    counted.minutes.encode(&mut out);
    out.varint(counted.first_uses.len() as u64);
    for id in &counted.first_uses {
        out.varint((*id).into());
    }
    out.into_inner()
}

fn push_templates(templates: &TemplateDictionary, out: &mut Writer) {
    out.varint(templates.len() as u64);
    for (id, template) in (0..).zip(templates.templates()) {
        out.varint(templates.rows(id).unwrap_or(0).into());
        let (characters, words) = templates.alphabet(id).unwrap_or_default().to_bits();
        out.u64(characters);
        out.u64(words as u64);
        out.u64((words >> 64) as u64);
        out.bytes(template.as_bytes());
    }
}

fn read(payload: &[u8], text: impl Fn(&str) -> TemplateText) -> Option<(ShapePlan, Counted)> {
    let mut reader = Reader::new(payload);
    let [signal, flags] = reader.raw(2)? else {
        return None;
    };
    let signal = match signal {
        0 => Signal::Logs,
        1 => Signal::Spans,
        _ => return None,
    };
    let usage = Usage::from_bits(reader.u64()?);
    let rule = reader.varint_u32()?;
    let (rows, texts) = (reader.varint()?, reader.varint()?);
    let (whole_rows, residual_rows) = (reader.varint_u32()?, reader.varint_u32()?);
    let orders = reader.varint_u32()?;
    let (columns, elsewhere) = read_columns(&mut reader)?;
    let mut keys = Vec::new();
    for _ in 0..reader.count()? {
        keys.push(read_key(&mut reader)?);
    }
    let mut templates = TemplateDictionary::default();
    for _ in 0..reader.count()? {
        let (rows, characters) = (reader.varint_u32()?, reader.u64()?);
        let words = u128::from(reader.u64()?) | u128::from(reader.u64()?) << 64;
        let alphabet = Alphabet::from_bits(characters, words);
        let template = std::str::from_utf8(reader.bytes()?).ok()?;
        templates.push_text(text(template), rows, alphabet);
    }
    let minutes = MinuteCounts::decode(&mut reader, templates.len())?;
    let mut first_uses = Vec::new();
    for _ in 0..reader.count()? {
        let id = reader.varint_u32()?;
        first_uses.push(id);
        if id as usize >= templates.len() {
            return None;
        }
    }
    let plan = ShapePlan {
        signal,
        usage,
        rule,
        templates,
        plain_bodies: flags & PLAIN_BODIES != 0,
        columns,
    };
    let counted = Counted {
        rows,
        texts,
        keys,
        elsewhere,
        whole_rows,
        residual_rows,
        orders,
        trace_references: flags & TRACE_REFERENCES != 0,
        span_references: flags & SPAN_REFERENCES != 0,
        minutes,
        first_uses,
    };
    reader.rest().is_empty().then_some((plan, counted))
}

fn read_columns(reader: &mut Reader<'_>) -> Option<(Vec<AttributeColumn>, Vec<bool>)> {
    let count = reader.count()?;
    if count > ATTRIBUTE_COLUMNS_MAX {
        return None;
    }
    let (mut columns, mut elsewhere): (Vec<AttributeColumn>, _) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let flags = *reader.raw(1)?.first()?;
        let kind = *AttributeKind::ALL.get(usize::from(flags & 7))?;
        let key = std::str::from_utf8(reader.bytes()?).ok()?;
        let twice = |column: &AttributeColumn| column.key == key && column.kind == kind;
        if !can_have_column(key) || columns.iter().any(twice) {
            return None;
        }
        columns.push(AttributeColumn {
            key: key.to_owned(),
            kind,
            dictionary: flags & DICTIONARY != 0,
        });
        elsewhere.push(flags & ELSEWHERE != 0);
    }
    Some((columns, elsewhere))
}

fn read_key(reader: &mut Reader<'_>) -> Option<KeyCount> {
    let key = std::str::from_utf8(reader.bytes()?).ok()?.to_owned();
    let mut rows = [0; 4];
    for rows in &mut rows {
        *rows = reader.varint_u32()?;
    }
    let text_bytes = reader.varint()?;
    let mut texts = Sketch::default();
    for word in &mut texts.0 {
        *word = reader.u64()?;
    }
    Some(KeyCount {
        key,
        rows,
        text_bytes,
        texts,
    })
}
