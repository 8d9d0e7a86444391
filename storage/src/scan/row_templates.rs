//! The template of each row's body, whatever form the rows are stored in.
//!
//! What a body's template is follows from the body alone (see [`crate::template`]): which of them a segment keeps is a matter of room. So a row
//! that a segment keeps without a template, a row in memory, and one of a segment that was written by another rule are split when they are
//! read, and all have the template that they would have anywhere.

use std::ops::Range;
use std::sync::Arc;

use arrow::buffer::BooleanBuffer;
use clearspan_schema::any::AnyRef;
use clearspan_schema::json::push_text;
use clearspan_schema::logs::{Body, body_at};
use clearspan_schema::{columns, logs};

use super::part::Kind;
use super::{Part, PartError, Projection};
use crate::segment::shape::Shape;
use crate::segment::{BatchTexts, TemplateOrBody};
use crate::template::{RecordIds, Split, Splitter, TemplateText};

/// What bodies are made of.
const BODIES: [&str; 2] = [logs::BODY, logs::BODY_VALUE];

/// The template of a row's body. A body that is no text is split as its JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowTemplate<'a> {
    /// That of this number among [`TemplateReader::kept`].
    Kept(u32),
    /// One that is kept nowhere.
    Split(Split<'a>),
    /// There is no body, or one that is not split.
    None,
}

/// Reads the templates of one part's rows.
#[derive(Debug)]
pub struct TemplateReader {
    part: Part,
    shape: Option<Arc<Shape>>,
    /// The record batch that was read last, by its first row.
    batch: Option<(u32, BatchTexts)>,
    work: Work,
}

/// Room to work in.
#[derive(Debug, Default)]
struct Work {
    splitter: Splitter,
    json: String,
}

impl Part {
    /// A reader of the templates of its rows, which are logs.
    pub fn template_reader(&self) -> Result<TemplateReader, PartError> {
        let shape = match &self.kind {
            Kind::Segment(segment) if segment.has_templates() => segment.shape()?,
            _ => None,
        };
        Ok(TemplateReader {
            part: self.clone(),
            shape: shape.filter(|shape| shape.has_known_rule()),
            batch: None,
            work: Work::default(),
        })
    }

    /// What was remembered of all rows of a segment under `name`, if it is there still.
    pub fn remembered<T: std::any::Any + Send + Sync>(&self, name: &'static str) -> Option<Arc<T>> {
        match &self.kind {
            Kind::Chunk(_) => None,
            Kind::Segment(segment) => segment.remembered(name),
        }
    }

    /// Remembers what was worked out of all rows of a segment, and takes so many bytes. Of a chunk nothing is remembered: it is soon a segment.
    pub fn remember<T: std::any::Any + Send + Sync>(
        &self,
        name: &'static str,
        value: Arc<T>,
        bytes: usize,
    ) {
        if let Kind::Segment(segment) = &self.kind {
            segment.remember(name, value, bytes);
        }
    }
}

impl TemplateReader {
    /// The templates that the part keeps; some may have no row.
    pub fn kept(&self) -> &[TemplateText] {
        let shape = self.shape.as_ref();
        shape.map_or(&[], |shape| shape.templates().texts())
    }

    /// The kept templates that some row has.
    pub fn in_use(&self) -> impl Iterator<Item = &TemplateText> {
        let rows = |id: u32| {
            let shape = self.shape.as_ref();
            shape.and_then(|shape| shape.templates().rows(id))
        };
        let kept = (0..).zip(self.kept());
        kept.filter(move |(id, _)| rows(*id).is_some_and(|rows| rows > 0))
            .map(|(_, text)| text)
    }

    /// Whether every row with a body has a kept template.
    pub fn keeps_all(&self) -> bool {
        self.shape.as_ref().is_some_and(|shape| {
            let columns = shape.body_columns();
            columns.plain.is_none() && columns.value.is_none()
        })
    }

    /// Gives each row of `mask`, which has a bit for each row from `first` on, to `take` with its template. Rows are counted from `first`.
    pub fn each(
        &mut self,
        first: u32,
        mask: &BooleanBuffer,
        mut take: impl FnMut(usize, RowTemplate<'_>),
    ) -> Result<(), PartError> {
        let end = first + mask.len() as u32;
        let mut start = first;
        while start < end {
            let unit = self.part.unit_of(start);
            if unit.end <= start {
                return Err(PartError::NoSuchRow);
            }
            let rows = start..unit.end.min(end);
            let place = (start - first) as usize;
            let some = mask.slice(place, rows.len());
            if some.count_set_bits() > 0 {
                self.each_of_unit(unit, rows.start, &some, |at, template| {
                    take(place + at, template);
                })?;
            }
            start = rows.end;
        }
        Ok(())
    }

    /// The same of rows that are decoded together.
    fn each_of_unit(
        &mut self,
        unit: Range<u32>,
        first: u32,
        mask: &BooleanBuffer,
        mut take: impl FnMut(usize, RowTemplate<'_>),
    ) -> Result<(), PartError> {
        let inside = (first - unit.start) as usize;
        if self.shape.is_some() {
            let Self {
                part, batch, work, ..
            } = self;
            let texts = batch_of(part, batch, unit.start)?;
            texts.each_template(inside, mask, |place, found| match found {
                TemplateOrBody::Template(id) => take(place, RowTemplate::Kept(id)),
                TemplateOrBody::Body(body) => take(place, work.template(body)),
            })?;
            return Ok(());
        }
        let rows = self.part.decode(&Projection::from(&BODIES), unit)?;
        let texts = columns::text(&rows, logs::BODY)?;
        let values = columns::binary(&rows, logs::BODY_VALUE)?;
        for place in mask.set_indices() {
            let body = body_at(texts, values, inside + place);
            take(place, self.work.template(body));
        }
        Ok(())
    }

    /// Appends the variables of a row with a kept template, as they stand in its body, with U+0001 between them.
    pub fn push_variables(&mut self, row: u32, out: &mut String) -> Result<(), PartError> {
        let start = self.part.unit_of(row).start;
        let texts = batch_of(&self.part, &mut self.batch, start)?;
        Ok(texts.push_variables((row - start) as usize, out)?)
    }
}

/// The texts of the record batch that starts at `start`.
fn batch_of<'b>(
    part: &Part,
    batch: &'b mut Option<(u32, BatchTexts)>,
    start: u32,
) -> Result<&'b BatchTexts, PartError> {
    if batch.as_ref().is_none_or(|(known, _)| *known != start) {
        let Kind::Segment(segment) = &part.kind else {
            return Err(PartError::NoSuchRow);
        };
        let texts = segment.texts(start)?.ok_or(PartError::NoSuchRow)?;
        *batch = Some((start, texts));
    }
    match batch {
        Some((_, texts)) => Ok(texts),
        None => Err(PartError::NoSuchRow),
    }
}

impl Work {
    /// The ids of the record do not matter: they are written out.
    fn template(&mut self, body: Body<'_>) -> RowTemplate<'_> {
        let text = match body {
            Body::Absent => return RowTemplate::None,
            Body::Text(text) => text,
            Body::Value(encoded) => {
                let Some(value) = AnyRef::decode(encoded).filter(|value| *value != AnyRef::Empty)
                else {
                    return RowTemplate::None;
                };
                self.json.clear();
                push_text(value, &mut self.json);
                &self.json
            }
        };
        let split = self.splitter.split(text, RecordIds::default());
        split.map_or(RowTemplate::None, RowTemplate::Split)
    }
}
