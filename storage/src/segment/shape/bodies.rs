//! Bodies to templates and variables, and back.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, DictionaryArray, FixedSizeBinaryArray, Int32Array, RecordBatch, StringArray,
    StringBuilder,
};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer};
use clearspan_schema::columns::{self, id_at};
use clearspan_schema::dictionary::{Key, TextDictionary};
use clearspan_schema::logs;
use foldhash::HashMap;
use twox_hash::XxHash3_64;

use super::ShapeError;
use super::counts::{MinuteCounter, MinuteCounts};
use super::plan::CountedRows;
use crate::template::{
    Alphabet, RecordIds, SPAN_REFERENCE, Splitter, TRACE_REFERENCE, TemplateDictionary,
    restore_into,
};

/// The ids of a batch's rows, where its columns are at hand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ids<'a> {
    pub(super) traces: Option<&'a FixedSizeBinaryArray>,
    pub(super) spans: Option<&'a FixedSizeBinaryArray>,
}

impl Ids<'_> {
    pub(super) fn at(&self, row: usize) -> RecordIds {
        RecordIds {
            trace_id: self.traces.and_then(|ids| id_at(ids, row)),
            span_id: self.spans.and_then(|ids| id_at(ids, row)),
        }
    }
}

/// A batch's bodies in columns.
#[derive(Debug)]
pub(super) struct SplitBodies {
    pub(super) templates: ArrayRef,
    pub(super) variables: ArrayRef,
    pub(super) plain: ArrayRef,
    pub(super) plain_rows: usize,
}

/// The templates and variables of physical rows, as [`ShapeWriter`](super::ShapeWriter) made them.
#[derive(Debug, Clone, Copy)]
pub struct SplitRows<'a> {
    ids: &'a Int32Array,
    variables: &'a StringArray,
}

impl<'a> SplitRows<'a> {
    /// Of the columns `template` and `variables`; `None` when they are of other types.
    pub(super) fn new(templates: &'a ArrayRef, variables: &'a ArrayRef) -> Option<Self> {
        let templates: &DictionaryArray<Key> = templates.as_any().downcast_ref()?;
        Some(SplitRows {
            // The values are the templates of the plan, in the order of their ids, and the shape's dictionary has them in that order.
            ids: templates.keys(),
            variables: variables.as_any().downcast_ref()?,
        })
    }

    /// The id of a row's template in [`Shape::templates`](super::Shape::templates), and the row's variables. `None` when it has no template.
    #[inline]
    pub fn row(&self, row: usize) -> Option<(u32, &'a str)> {
        let split = self.ids.is_valid(row) && self.variables.is_valid(row);
        split.then(|| (self.ids.value(row) as u32, self.variables.value(row)))
    }
}

/// What was counted while a segment's bodies were split.
#[derive(Debug)]
pub(super) struct BodyCounts {
    pub(super) templates: TemplateDictionary,
    pub(super) texts: u64,
    pub(super) trace_references: bool,
    pub(super) span_references: bool,
    pub(super) minutes: MinuteCounts,
    pub(super) first_uses: Vec<u32>,
}

/// Splits the bodies of a segment's rows by its templates, and counts them.
#[derive(Debug)]
pub(super) struct BodySplitter {
    dictionary: TemplateDictionary,
    index: Index,
    values: ArrayRef,
    splitter: Splitter,
    counts: Counts,
    texts: u64,
    minutes: MinuteCounter,
}

/// What is counted of rows with a template.
#[derive(Debug)]
struct Counts {
    rows: Vec<u32>,
    /// The templates that have rows, in the order of their first ones.
    first_uses: Vec<u32>,
    alphabets: Vec<Alphabet>,
    trace_references: bool,
    span_references: bool,
}

#[inline]
fn count(counts: &mut Counts, id: u32, variables: &str) {
    let place = id as usize;
    if counts.rows[place] == 0 {
        counts.first_uses.push(id);
    }
    counts.rows[place] = counts.rows[place].saturating_add(1);
    counts.alphabets[place] = counts.alphabets[place].union(Alphabet::of(variables));
    let variables = variables.as_bytes();
    counts.trace_references |= memchr::memchr(TRACE_REFERENCE as u8, variables).is_some();
    counts.span_references |= memchr::memchr(SPAN_REFERENCE as u8, variables).is_some();
}

impl BodySplitter {
    pub(super) fn new(dictionary: &TemplateDictionary) -> Self {
        let templates = dictionary.len();
        BodySplitter {
            index: Index::new(dictionary),
            values: Arc::new(dictionary.templates().map(Some).collect::<StringArray>()),
            dictionary: dictionary.clone(),
            splitter: Splitter::default(),
            counts: Counts {
                rows: vec![0; templates],
                first_uses: Vec::new(),
                alphabets: vec![Alphabet::default(); templates],
                trace_references: false,
                span_references: false,
            },
            texts: 0,
            minutes: MinuteCounter::new(templates),
        }
    }

    /// Splits a batch's bodies, or takes what was found when they were counted.
    pub(super) fn split(
        &mut self,
        rows: &RecordBatch,
        counted: Option<&CountedRows>,
    ) -> Result<SplitBodies, ShapeError> {
        let bodies = columns::text(rows, logs::BODY)?;
        let placed = columns::time(rows, logs::PLACED_TIME)?;
        let ids = Ids {
            traces: Some(columns::id(rows, logs::TRACE_ID)?),
            spans: Some(columns::id(rows, logs::SPAN_ID)?),
        };
        if counted.is_some_and(|counted| counted.candidates.len() != bodies.len()) {
            return Err(ShapeError::Unplanned {
                what: "counted as another number of rows",
            });
        }
        let mut keys = Vec::with_capacity(bodies.len());
        let (mut variables, mut plain) = (StringBuilder::new(), StringBuilder::new());
        let mut plain_rows = 0;
        for row in 0..bodies.len() {
            let body = bodies.is_valid(row).then(|| bodies.value(row));
            let id = match counted {
                Some(counted) => self.counted(counted, row, &mut variables),
                None => body.and_then(|body| self.template(body, ids.at(row), &mut variables)),
            };
            self.texts += u64::from(body.is_some());
            self.minutes.add(placed.value(row), id);
            keys.push(id.map(|id| id as i32));
            let body = body.filter(|_| id.is_none());
            plain_rows += usize::from(body.is_some());
            plain.append_option(body);
            if id.is_none() {
                variables.append_null();
            }
        }
        let values = Arc::clone(&self.values);
        let templates = DictionaryArray::<Key>::try_new(Int32Array::from(keys), values)?;
        Ok(SplitBodies {
            templates: Arc::new(templates),
            variables: Arc::new(variables.finish()),
            plain: Arc::new(plain.finish()),
            plain_rows,
        })
    }

    /// The id of a counted row's template; its variables are then appended.
    fn counted(
        &mut self,
        counted: &CountedRows,
        row: usize,
        variables: &mut StringBuilder,
    ) -> Option<u32> {
        let id = self.dictionary.id(counted.candidates[row]?)?;
        let own = counted.variables.value(row);
        variables.append_value(own);
        count(&mut self.counts, id, own);
        Some(id)
    }

    /// The id of a body's template; its variables are then appended.
    fn template(
        &mut self,
        body: &str,
        ids: RecordIds,
        variables: &mut StringBuilder,
    ) -> Option<u32> {
        let split = self.splitter.split(body, ids)?;
        let id = self.index.find(split.template, &self.dictionary)?;
        variables.append_value(split.variables);
        count(&mut self.counts, id, split.variables);
        Some(id)
    }

    pub(super) fn finish(self) -> BodyCounts {
        let mut templates = TemplateDictionary::default();
        let counts = self.counts.rows.iter().zip(&self.counts.alphabets);
        for (text, (rows, alphabet)) in self.dictionary.texts().iter().zip(counts) {
            templates.push_text(text.clone(), *rows, *alphabet);
        }
        BodyCounts {
            templates,
            texts: self.texts,
            trace_references: self.counts.trace_references,
            span_references: self.counts.span_references,
            minutes: self.minutes.finish(),
            first_uses: self.counts.first_uses,
        }
    }
}

/// The ids of templates by the hashes of their texts.
#[derive(Debug)]
struct Index {
    seed: u64,
    ids: HashMap<u64, u32>,
}

impl Index {
    fn new(dictionary: &TemplateDictionary) -> Self {
        let mut seed = 0;
        loop {
            let texts = dictionary.templates();
            let hashes = texts.map(|text| XxHash3_64::oneshot_with_seed(seed, text.as_bytes()));
            let ids: HashMap<u64, u32> = hashes.zip(0..).collect();
            // Every template has to be found, so a seed under which two collide will not do. Equal templates would never have one.
            if ids.len() == dictionary.len() || seed == 64 {
                return Index { seed, ids };
            }
            seed += 1;
        }
    }

    #[inline]
    fn find(&self, template: &str, dictionary: &TemplateDictionary) -> Option<u32> {
        let hash = XxHash3_64::oneshot_with_seed(self.seed, template.as_bytes());
        let id = *self.ids.get(&hash)?;
        (dictionary.template(id) == Some(template)).then_some(id)
    }
}

/// The template of each row, given as text or as id.
#[derive(Debug, Clone, Copy)]
pub(super) enum Templates<'a> {
    Texts(TextDictionary<'a>),
    Ids(&'a Int32Array, &'a TemplateDictionary),
}

impl<'a> Templates<'a> {
    /// `None` when the column is neither.
    pub(super) fn new(column: &'a ArrayRef, dictionary: &'a TemplateDictionary) -> Option<Self> {
        match column.as_any().downcast_ref() {
            Some(ids) => Some(Templates::Ids(ids, dictionary)),
            None => TextDictionary::new(column).map(Templates::Texts),
        }
    }

    /// An id that no template has is an error, not a row without a template.
    fn at(&self, row: usize) -> Result<Option<&'a str>, ShapeError> {
        match self {
            Templates::Texts(texts) => Ok(texts.value(row)),
            Templates::Ids(ids, _) if ids.is_null(row) => Ok(None),
            Templates::Ids(ids, dictionary) => {
                let id = u32::try_from(ids.value(row)).ok();
                let template = id.and_then(|id| dictionary.template(id));
                template.map(Some).ok_or(ShapeError::Rows {
                    what: "no such template",
                    row,
                })
            }
        }
    }
}

/// The bodies of a batch. Columns that the segment does not have are left out.
pub(super) fn restore(
    rows: usize,
    split: Option<(Templates<'_>, &StringArray)>,
    plain: Option<&StringArray>,
    ids: Ids<'_>,
) -> Result<StringArray, ShapeError> {
    let mut out = String::new();
    let mut ends = Vec::with_capacity(rows + 1);
    let mut valid = Vec::with_capacity(rows);
    ends.push(0);
    for row in 0..rows {
        let parts = match split {
            None => None,
            Some((templates, variables)) => templates.at(row)?.map(|template| {
                let own = variables.is_valid(row).then(|| variables.value(row));
                (template, own)
            }),
        };
        let plain = plain.filter(|plain| plain.is_valid(row));
        valid.push(parts.is_some() || plain.is_some());
        if let Some((template, variables)) = parts {
            let variables = variables.unwrap_or_default();
            restore_into(template, variables, ids.at(row), &mut out)
                .map_err(|source| ShapeError::Body { row, source })?;
        } else if let Some(plain) = plain {
            out.push_str(plain.value(row));
        }
        ends.push(i32::try_from(out.len()).map_err(|_| ShapeError::TooLarge {
            what: "the bodies of a batch",
        })?);
    }
    let nulls = NullBuffer::from(valid);
    Ok(StringArray::try_new(
        OffsetBuffer::new(ends.into()),
        Buffer::from_vec(out.into_bytes()),
        (nulls.null_count() > 0).then_some(nulls),
    )?)
}
