//! The texts of one record batch, decoded as far as a search needs them.
//!
//! 1. The templates of the rows, as ids. Most rows are decided by them alone.
//! 2. The variables of the others: many rows have not what they need to have.
//! 3. Of what is left, with a template that decides nothing, or without one: the body.
//!
//! What was decoded stays for the next search over the same batch.

use std::sync::{Arc, OnceLock};

use arrow::array::{
    Array, BinaryArray, BooleanBufferBuilder, FixedSizeBinaryArray, Int32Array, RecordBatch,
    StringArray,
};
use arrow::buffer::BooleanBuffer;
use clearspan_schema::columns::id_at;
use clearspan_schema::logs::Body;

use super::SegmentError;
use super::shape::{Shape, ShapeError};
use super::shaped_rows::ShapedRows;
use super::sieve::Sieve;
use crate::limits::SIEVED_ROWS;
use crate::scan::{TextScratch, TextSearch, Verdicts};
use crate::template::{
    RecordIds, SPAN_REFERENCE, TRACE_REFERENCE, TemplateDictionary, Verdict, restore_into,
    write_out_variables,
};

/// Texts of the logs in a record batch.
#[derive(Debug)]
pub(crate) struct BatchTexts {
    rows: Arc<ShapedRows>,
    shape: Arc<Shape>,
    index: usize,
    /// Of each row, null where it has none.
    templates: OnceLock<Int32Array>,
    variables: OnceLock<Variables>,
    ids: OnceLock<Ids>,
    plain: OnceLock<Plain>,
}

/// What is known of a row's text at once.
pub(crate) enum TemplateOrBody<'a> {
    /// The id of its template.
    Template(u32),
    /// The body of a row without one.
    Body(Body<'a>),
}

/// What a body has besides its template.
#[derive(Debug)]
struct Variables {
    texts: Option<StringArray>,
}

/// The records' own ids, of which variables may be references.
#[derive(Debug)]
struct Ids {
    trace_id: Option<FixedSizeBinaryArray>,
    span_id: Option<FixedSizeBinaryArray>,
}

/// Bodies without a template.
#[derive(Debug)]
struct Plain {
    text: Option<StringArray>,
    /// Where they are no text.
    value: Option<BinaryArray>,
}

/// Room to put texts together in.
#[derive(Default)]
struct Scratch {
    text: String,
    search: TextScratch,
}

impl BatchTexts {
    pub(super) fn new(rows: Arc<ShapedRows>, shape: Arc<Shape>, index: usize) -> Self {
        BatchTexts {
            rows,
            shape,
            index,
            templates: OnceLock::new(),
            variables: OnceLock::new(),
            ids: OnceLock::new(),
            plain: OnceLock::new(),
        }
    }

    /// The templates, as they are stored.
    pub(crate) fn dictionary(&self) -> &TemplateDictionary {
        self.shape.templates()
    }

    /// The rows of `mask` in whose text `search` is found. The mask has a bit for each row from `first` on.
    pub(crate) fn matching(
        &self,
        search: &TextSearch,
        verdicts: &Verdicts,
        first: usize,
        mask: &BooleanBuffer,
    ) -> Result<BooleanBuffer, SegmentError> {
        let templates = self.templates()?;
        let mut found = BooleanBufferBuilder::new(mask.len());
        found.append_n(mask.len(), false);
        let mut undecided = Vec::new();
        for place in mask.set_indices() {
            let template = template_at(templates, first + place);
            match template.map(|id| verdicts.of(id)) {
                Some(Verdict::Always) => found.set_bit(place, true),
                Some(Verdict::Never) => {}
                Some(Verdict::Variables | Verdict::Depends) | None => {
                    undecided.push((first + place, template));
                }
            }
        }
        let mut sieve = Sieve::new(search, verdicts);
        let mut scratch = Scratch::default();
        for some in undecided.chunks(SIEVED_ROWS) {
            for (row, template) in self.sieved(some, &mut sieve)? {
                if self.look(search, verdicts, template, row, &mut scratch)? {
                    found.set_bit(row - first, true);
                }
            }
        }
        Ok(found.finish())
    }

    /// Those of `rows`, which come with their template, that may match by what their variables have.
    fn sieved(
        &self,
        rows: &[(usize, Option<u32>)],
        sieve: &mut Sieve<'_>,
    ) -> Result<Vec<(usize, Option<u32>)>, SegmentError> {
        if !sieve.is_of_use() || rows.iter().all(|(_, template)| template.is_none()) {
            return Ok(rows.to_vec());
        }
        let variables = self.variables()?;
        sieve.fill(rows.iter().map(|(row, _)| variables.text(*row)));
        let pass = rows
            .iter()
            .enumerate()
            .filter(|(nth, (_, template))| template.is_none_or(|id| sieve.lets_pass(*nth, id)));
        Ok(pass.map(|(_, row)| *row).collect())
    }

    /// The rows from `first` on, up to `end`, that no template decides: those that a count by templates leaves out.
    pub(crate) fn undecided(
        &self,
        verdicts: &Verdicts,
        first: usize,
        end: usize,
    ) -> Result<BooleanBuffer, SegmentError> {
        let templates = self.templates()?;
        Ok(BooleanBuffer::collect_bool(end - first, |place| {
            let template = template_at(templates, first + place);
            let verdict = template.map(|id| verdicts.of(id));
            !matches!(verdict, Some(Verdict::Always | Verdict::Never))
        }))
    }

    /// How many of `rows`, which ascend, have no template and `search` in their text. Others are not decoded.
    pub(crate) fn count_plain(
        &self,
        search: &TextSearch,
        rows: &[u32],
    ) -> Result<usize, SegmentError> {
        let plain = self.read_plain(Some(rows))?;
        let mut scratch = TextScratch::default();
        let found =
            (0..rows.len()).filter(|&place| search.stands_in_body(plain.at(place), &mut scratch));
        Ok(found.count())
    }

    /// Gives each row of `mask` to `take`: with the id of its template, or where it has none with its body. The mask has a bit for each row
    /// from `first` on, and rows are counted from there.
    pub(crate) fn each_template(
        &self,
        first: usize,
        mask: &BooleanBuffer,
        mut take: impl FnMut(usize, TemplateOrBody<'_>),
    ) -> Result<(), SegmentError> {
        let ids = self.templates()?;
        let known = self.dictionary().len();
        for place in mask.set_indices() {
            match template_at(ids, first + place) {
                Some(id) if (id as usize) < known => take(place, TemplateOrBody::Template(id)),
                Some(_) => return Err(self.no_such_template(first + place)),
                None => take(place, TemplateOrBody::Body(self.plain()?.at(first + place))),
            }
        }
        Ok(())
    }

    /// Appends the variables of a row with a template, as they stand in its body, with U+0001 between them.
    pub(crate) fn push_variables(&self, row: usize, out: &mut String) -> Result<(), SegmentError> {
        let variables = self.variables()?.text(row);
        let ids = self.ids_for(variables, row)?;
        write_out_variables(variables, ids, out)
            .map_err(|source| self.rows.of_shape(ShapeError::Body { row, source }))
    }

    fn no_such_template(&self, row: usize) -> SegmentError {
        let what = "no such template";
        self.rows.of_shape(ShapeError::Rows { what, row })
    }

    fn look(
        &self,
        search: &TextSearch,
        verdicts: &Verdicts,
        template: Option<u32>,
        row: usize,
        scratch: &mut Scratch,
    ) -> Result<bool, SegmentError> {
        let Some(id) = template else {
            let body = self.plain()?.at(row);
            return Ok(search.stands_in_body(body, &mut scratch.search));
        };
        let of_template = |source| self.rows.of_shape(ShapeError::Body { row, source });
        let variables = self.variables()?.text(row);
        let ids = self.ids_for(variables, row)?;
        scratch.text.clear();
        match verdicts.of(id) {
            Verdict::Variables => write_out_variables(variables, ids, &mut scratch.text),
            _ => {
                let template = self.shape.templates().template(id);
                let template = template.ok_or_else(|| self.no_such_template(row))?;
                restore_into(template, variables, ids, &mut scratch.text)
            }
        }
        .map_err(of_template)?;
        Ok(search.stands_in_part(verdicts, id, &scratch.text, &mut scratch.search))
    }

    fn templates(&self) -> Result<&Int32Array, SegmentError> {
        if let Some(known) = self.templates.get() {
            return Ok(known);
        }
        let column = self.shape.body_columns().template;
        let batch = self
            .rows
            .physical(&self.shape, self.index, None, &Vec::from_iter(column))?;
        let ids = match column {
            Some(_) => typed::<Int32Array>(&batch, 0).ok_or_else(|| self.missing("template"))?,
            None => Int32Array::new_null(batch.num_rows()),
        };
        Ok(self.templates.get_or_init(|| ids))
    }

    fn variables(&self) -> Result<&Variables, SegmentError> {
        if let Some(known) = self.variables.get() {
            return Ok(known);
        }
        let all = self.shape.body_columns();
        let given = Given::read(self, &[all.variables])?;
        let variables = Variables {
            texts: given.column(all.variables),
        };
        Ok(self.variables.get_or_init(|| variables))
    }

    /// The ids that the references in `variables` stand for. They are large, and read only where there are references.
    fn ids_for(&self, variables: &str, row: usize) -> Result<RecordIds, SegmentError> {
        let references = [TRACE_REFERENCE, SPAN_REFERENCE];
        match variables.contains(references) {
            true => Ok(self.ids()?.at(row)),
            false => Ok(RecordIds::default()),
        }
    }

    fn ids(&self) -> Result<&Ids, SegmentError> {
        if let Some(known) = self.ids.get() {
            return Ok(known);
        }
        let all = self.shape.body_columns();
        let given = Given::read(self, &[all.trace_id, all.span_id])?;
        let ids = Ids {
            trace_id: given.column(all.trace_id),
            span_id: given.column(all.span_id),
        };
        Ok(self.ids.get_or_init(|| ids))
    }

    fn plain(&self) -> Result<&Plain, SegmentError> {
        if let Some(known) = self.plain.get() {
            return Ok(known);
        }
        let plain = self.read_plain(None)?;
        Ok(self.plain.get_or_init(|| plain))
    }

    /// Of all rows, or of some, which ascend.
    fn read_plain(&self, rows: Option<&[u32]>) -> Result<Plain, SegmentError> {
        let all = self.shape.body_columns();
        let given = Given::read_rows(self, rows, &[all.plain, all.value])?;
        Ok(Plain {
            text: given.column(all.plain),
            value: given.column(all.value),
        })
    }

    fn missing(&self, name: &str) -> SegmentError {
        let name = name.to_owned();
        self.rows.of_shape(ShapeError::Column { name })
    }
}

/// Some columns of the file.
struct Given {
    columns: Vec<usize>,
    batch: RecordBatch,
}

impl Given {
    fn read(texts: &BatchTexts, wanted: &[Option<usize>]) -> Result<Self, SegmentError> {
        Given::read_rows(texts, None, wanted)
    }

    fn read_rows(
        texts: &BatchTexts,
        rows: Option<&[u32]>,
        wanted: &[Option<usize>],
    ) -> Result<Self, SegmentError> {
        let mut columns: Vec<usize> = wanted.iter().copied().flatten().collect();
        columns.sort_unstable();
        let batch = texts
            .rows
            .physical(&texts.shape, texts.index, rows, &columns)?;
        Ok(Given { columns, batch })
    }

    fn column<T: Array + Clone + 'static>(&self, column: Option<usize>) -> Option<T> {
        typed(&self.batch, self.columns.binary_search(&column?).ok()?)
    }
}

impl Plain {
    fn at(&self, row: usize) -> Body<'_> {
        let text = self.text.as_ref().filter(|text| text.is_valid(row));
        let value = self.value.as_ref().filter(|value| value.is_valid(row));
        match (text, value) {
            (Some(text), _) => Body::Text(text.value(row)),
            (None, Some(value)) => Body::Value(value.value(row)),
            (None, None) => Body::Absent,
        }
    }
}

impl Variables {
    /// As they are stored, joined.
    fn text(&self, row: usize) -> &str {
        let texts = self.texts.as_ref().filter(|texts| texts.is_valid(row));
        texts.map_or("", |texts| texts.value(row))
    }
}

impl Ids {
    fn at(&self, row: usize) -> RecordIds {
        let trace_id = self.trace_id.as_ref();
        let span_id = self.span_id.as_ref();
        RecordIds {
            trace_id: trace_id.and_then(|ids| id_at(ids, row)),
            span_id: span_id.and_then(|ids| id_at(ids, row)),
        }
    }
}

fn template_at(templates: &Int32Array, row: usize) -> Option<u32> {
    templates.is_valid(row).then(|| templates.value(row) as u32)
}

fn typed<T: Array + Clone + 'static>(batch: &RecordBatch, at: usize) -> Option<T> {
    batch
        .columns()
        .get(at)?
        .as_any()
        .downcast_ref::<T>()
        .cloned()
}
