//! A written segment's shape: from physical rows back to stored ones.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, FixedSizeBinaryArray, RecordBatch, RecordBatchOptions,
};
use arrow::datatypes::{Schema, SchemaRef};
use clearspan_schema::{Signal, logs, spans};

use super::bodies::{self, Ids, Templates};
use super::counts::MinuteCounts;
use super::gather::{Gatherer, Values};
use super::key_source::{Chosen, Columns};
use super::keys::KeyCount;
use super::layout::{Form, Found, Layout, Part};
use super::plan::ShapePlan;
use super::times::{self, end_of, observed_of, place_of};
use super::usage::{blank, own_time};
use super::{ShapeError, parent};
use crate::scan::AttributeKeys;
use crate::template::{RULE, TemplateDictionary};

/// What was counted while a segment's rows were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) rows: u64,
    /// Bodies that are text.
    pub(super) texts: u64,
    pub(super) keys: Vec<KeyCount>,
    /// By attribute column: whether its key also stands elsewhere.
    pub(super) elsewhere: Vec<bool>,
    pub(super) whole_rows: u32,
    pub(super) residual_rows: u32,
    pub(super) orders: u32,
    pub(super) trace_references: bool,
    pub(super) span_references: bool,
    pub(super) minutes: MinuteCounts,
    /// The templates that have rows, in the order of their first ones. A dictionary of their texts that was filled row by row is in
    /// this order too.
    pub(super) first_uses: Vec<u32>,
}

impl Counted {
    /// Bytes held on the heap.
    fn memory(&self) -> usize {
        self.keys.capacity() * size_of::<KeyCount>()
            + self.keys.iter().map(KeyCount::memory).sum::<usize>()
            + self.elsewhere.capacity()
            + self.minutes.memory()
            + self.first_uses.capacity() * size_of::<u32>()
    }
}

/// How a segment's rows lie in its file, and what is known of them without reading it.
#[derive(Debug)]
pub struct Shape {
    pub(super) plan: ShapePlan,
    pub(super) counted: Counted,
    layout: Layout,
    gatherer: Gatherer,
    /// By logical column, the places of the physical ones, but for attributes.
    needs: Vec<Vec<usize>>,
}

impl PartialEq for Shape {
    fn eq(&self, other: &Self) -> bool {
        self.plan == other.plan && self.counted == other.counted
    }
}

/// Places among the physical columns of logs; none where a segment has no use for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BodyColumns {
    pub(crate) template: Option<usize>,
    pub(crate) variables: Option<usize>,
    /// Bodies without a template.
    pub(crate) plain: Option<usize>,
    /// Bodies that are no text.
    pub(crate) value: Option<usize>,
    /// Where variables refer to it.
    pub(crate) trace_id: Option<usize>,
    /// Where variables refer to it.
    pub(crate) span_id: Option<usize>,
}

impl Shape {
    pub(super) fn new(plan: ShapePlan, counted: Counted) -> Self {
        let layout = Layout::new(&plan);
        let found = Found {
            trace_references: counted.trace_references,
            span_references: counted.span_references,
        };
        let all = 0..layout.forms.len();
        let needs = all.map(|logical| layout.needs(logical, plan.signal, plan.usage, found));
        Shape {
            needs: needs.collect(),
            gatherer: Gatherer::new(&plan.columns),
            layout,
            plan,
            counted,
        }
    }

    /// Spans or logs.
    pub fn signal(&self) -> Signal {
        self.plan.signal
    }

    /// How many rows there are.
    pub fn row_count(&self) -> u64 {
        self.counted.rows
    }

    /// Bytes held in memory, without texts of templates that a store counts.
    pub fn memory(&self) -> usize {
        let needs = self.needs.iter().map(Vec::capacity).sum::<usize>();
        size_of::<Self>()
            + self.plan.memory()
            + self.counted.memory()
            + self.layout.memory()
            + self.gatherer.memory()
            + self.needs.capacity() * size_of::<Vec<usize>>()
            + needs * size_of::<usize>()
    }

    /// The schema of the rows in the file.
    pub fn physical_schema(&self) -> SchemaRef {
        Arc::clone(&self.layout.physical)
    }

    /// The templates of the segment's bodies, with their rows and the alphabets of their variables.
    pub fn templates(&self) -> &TemplateDictionary {
        &self.plan.templates
    }

    /// Whether bodies were split by the rule that is known here. Otherwise they can be restored, but nothing follows from their templates.
    pub(crate) fn has_known_rule(&self) -> bool {
        self.plan.rule == RULE
    }

    /// The templates that have rows, in the order of their first ones: that of the file's dictionary of templates, in Parquet that of the first
    /// row group.
    pub(crate) fn first_uses(&self) -> &[u32] {
        &self.counted.first_uses
    }

    /// The physical columns that bodies are made of.
    pub(crate) fn body_columns(&self) -> BodyColumns {
        let layout = &self.layout;
        let same = |name: &str| layout.same(name).and_then(|part| layout.place(part));
        BodyColumns {
            template: layout.place(Part::Template),
            variables: layout.place(Part::Variables),
            plain: layout.place(Part::PlainBody),
            value: same(logs::BODY_VALUE),
            trace_id: same(logs::TRACE_ID).filter(|_| self.counted.trace_references),
            span_id: same(logs::SPAN_ID).filter(|_| self.counted.span_references),
        }
    }

    /// Rows of logs by minute and template.
    pub fn minutes(&self) -> &MinuteCounts {
        &self.counted.minutes
    }

    /// The physical columns that have to be decoded for these logical ones, and for the attributes that are wanted if attributes are among
    /// them: ascending, each once. May be empty.
    pub fn physical_columns(&self, logical: &[usize], attributes: &AttributeKeys) -> Vec<usize> {
        self.places(logical, &self.chosen(attributes))
    }

    fn places(&self, logical: &[usize], attributes: &Chosen) -> Vec<usize> {
        let needs = logical
            .iter()
            .filter_map(|logical| self.needs.get(*logical));
        let mut places: Vec<usize> = needs.flatten().copied().collect();
        let has_attributes =
            |logical: &usize| self.layout.forms.get(*logical) == Some(&Form::Attributes);
        if logical.iter().any(has_attributes) {
            places.extend(self.places_of(attributes));
        }
        places.sort_unstable();
        places.dedup();
        places
    }

    /// Whether some row has attributes outside of their columns.
    pub(super) fn has_residual(&self) -> bool {
        self.counted.residual_rows > 0 || self.counted.whole_rows > 0
    }

    pub(super) fn place(&self, part: Part) -> Option<usize> {
        self.layout.place(part)
    }

    /// The physical column that is the logical one as it is, if there is one.
    pub fn same_column(&self, logical: usize) -> Option<usize> {
        match self.layout.forms.get(logical) {
            Some(Form::Same) => self.layout.place(Part::Same(logical)),
            _ => None,
        }
    }

    /// Whether each row of the logical column is restored without the others of its batch.
    pub fn stands_alone(&self, logical: usize) -> bool {
        self.layout.forms.get(logical) != Some(&Form::Parent)
    }

    /// Translates physical rows to the logical columns `logical`, in that order, the attributes as far as they are wanted. The rows are a whole batch as it was written,
    /// or some of it where all columns [stand alone](Self::stands_alone), with the columns that [`Self::physical_columns`] names, in that order; instead of [`TEMPLATE`](super::TEMPLATE) there may be `Int32` with the
    /// templates' ids.
    pub fn to_logical(
        &self,
        physical: &RecordBatch,
        logical: &[usize],
        attributes: &AttributeKeys,
    ) -> Result<RecordBatch, ShapeError> {
        let attributes = self.chosen(attributes);
        let given = Given {
            shape: self,
            places: self.places(logical, &attributes),
            attributes,
            rows: physical,
        };
        if given.places.len() != physical.num_columns() {
            return Err(ShapeError::Unplanned {
                what: "not the physical columns that are needed",
            });
        }
        let schema = &self.layout.logical;
        let fields = logical.iter().map(|logical| {
            let field = schema.fields().get(*logical);
            field.cloned().ok_or(ShapeError::Unplanned {
                what: "no such logical column",
            })
        });
        let fields: Vec<_> = fields.collect::<Result<_, _>>()?;
        let columns = logical.iter().map(|logical| given.restore(*logical));
        let columns: Vec<ArrayRef> = columns.collect::<Result<_, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(physical.num_rows()));
        let schema = Arc::new(Schema::new(fields));
        Ok(RecordBatch::try_new_with_options(
            schema, columns, &options,
        )?)
    }
}

/// Physical rows, and which columns they have.
struct Given<'a> {
    shape: &'a Shape,
    places: Vec<usize>,
    attributes: Chosen,
    rows: &'a RecordBatch,
}

impl Given<'_> {
    fn restore(&self, logical: usize) -> Result<ArrayRef, ShapeError> {
        let layout = &self.shape.layout;
        let rows = self.rows.num_rows();
        Ok(match layout.forms[logical] {
            Form::Blank => blank(layout.logical.field(logical), rows)?,
            Form::Same => {
                let same = self.array(Part::Same(logical));
                Arc::clone(same.ok_or_else(|| self.missing(Part::Same(logical)))?)
            }
            Form::Placed => {
                let own = self.optional(layout.same(own_time(self.shape.signal())))?;
                let fallback = self.optional(layout.observed())?;
                let kept = self.optional(Some(Part::Placed))?;
                let given = |row| place_of(own, fallback, row);
                Arc::new(times::restore_all(rows, kept, given)?)
            }
            Form::End => {
                let start = self.optional(layout.same(spans::START_TIME))?;
                let duration = self.optional(layout.same(spans::DURATION_NS))?;
                let kept = self.optional(Some(Part::End))?;
                Arc::new(times::restore(rows, kept, |row| {
                    end_of(start, duration, row)
                }))
            }
            Form::Observed => {
                let own = self.optional(layout.same(logs::TIME))?;
                let kept = self.optional(Some(Part::Observed))?;
                Arc::new(times::restore(rows, kept, |row| observed_of(own, row)))
            }
            Form::Parent => {
                let spans: &FixedSizeBinaryArray = self.typed(layout.same(spans::SPAN_ID))?;
                let distances = self.typed(Some(Part::ParentDistance))?;
                let ids = self.typed(Some(Part::ParentId))?;
                Arc::new(parent::restore(distances, ids, spans)?)
            }
            Form::Body => self.bodies()?,
            Form::Attributes => self.attributes()?,
        })
    }

    fn bodies(&self) -> Result<ArrayRef, ShapeError> {
        let layout = &self.shape.layout;
        let templates = match self.array(Part::Template) {
            Some(array) => {
                let read = Templates::new(array, self.shape.templates());
                Some(read.ok_or_else(|| self.missing(Part::Template))?)
            }
            None => None,
        };
        let variables = self.optional(Some(Part::Variables))?;
        let plain = self.optional(Some(Part::PlainBody))?;
        let ids = Ids {
            traces: self.optional(layout.same(logs::TRACE_ID))?,
            spans: self.optional(layout.same(logs::SPAN_ID))?,
        };
        let rows = self.rows.num_rows();
        let bodies = bodies::restore(rows, templates.zip(variables), plain, ids)?;
        Ok(Arc::new(bodies))
    }

    fn attributes(&self) -> Result<ArrayRef, ShapeError> {
        let shape = self.shape;
        let columns = self.attributes.columns.iter().map(|&number| {
            let part = Part::Attribute(number);
            let column = shape.plan.columns.get(number);
            let values = column.zip(self.array(part));
            let values = values.and_then(|(column, array)| Values::new(column, array));
            Ok::<_, ShapeError>((number, values.ok_or_else(|| self.missing(part))?))
        });
        let columns = Columns(columns.collect::<Result<_, _>>()?);
        if !self.attributes.in_order {
            let rows = self.rows.num_rows();
            return Ok(Arc::new(shape.gatherer.pick(rows, &columns)?));
        }
        let orders = self.array(Part::Order);
        let orders = orders.ok_or_else(|| self.missing(Part::Order))?;
        let residual: Option<&BinaryArray> = self.optional(Some(Part::Residual))?;
        Ok(Arc::new(shape.gatherer.gather(orders, &columns, residual)?))
    }

    /// A part's column, if it is given.
    fn array(&self, part: Part) -> Option<&ArrayRef> {
        let place = self.shape.layout.place(part)?;
        let at = self.places.binary_search(&place).ok()?;
        self.rows.columns().get(at)
    }

    /// A part's column, if it is given; an error when it is of another type.
    fn optional<T: Array + 'static>(&self, part: Option<Part>) -> Result<Option<&T>, ShapeError> {
        let Some((part, array)) = part.and_then(|part| Some((part, self.array(part)?))) else {
            return Ok(None);
        };
        let typed = array.as_any().downcast_ref();
        typed.map(Some).ok_or_else(|| self.missing(part))
    }

    fn typed<T: Array + 'static>(&self, part: Option<Part>) -> Result<&T, ShapeError> {
        let part = part.ok_or(ShapeError::Unplanned {
            what: "no such part",
        })?;
        self.optional(Some(part))?.ok_or_else(|| self.missing(part))
    }

    fn missing(&self, part: Part) -> ShapeError {
        let layout = &self.shape.layout;
        let place = layout.place(part);
        let name = place.map(|place| layout.physical.field(place).name().clone());
        ShapeError::Column {
            name: name.unwrap_or_else(|| format!("{part:?}")),
        }
    }
}
