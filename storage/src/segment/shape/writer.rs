//! From stored rows to physical ones.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use clearspan_schema::{Signal, columns, logs, spans};

use super::bodies::{BodySplitter, SplitBodies, SplitRows};
use super::layout::{Form, Layout, Part};
use super::parent::Parents;
use super::plan::{CountedRows, ShapePlan, kept_keys};
use super::reader::Counted;
use super::shred::{Shredded, Shredder};
use super::times::{end_of, kept, observed_of, place_of};
use super::usage::{Usage, own_time};
use super::{Shape, ShapeError};

/// Translates a segment's rows by its plan, and counts what its shape says of them.
#[derive(Debug)]
pub struct ShapeWriter {
    plan: ShapePlan,
    layout: Layout,
    shredder: Shredder,
    bodies: BodySplitter,
    rows: u64,
}

/// What is made of several columns at once.
struct Made {
    attributes: Option<Shredded>,
    bodies: Option<SplitBodies>,
    parents: Option<Parents>,
}

impl ShapeWriter {
    /// For rows that are all among those that the plan was made from.
    pub fn new(plan: ShapePlan) -> Self {
        ShapeWriter {
            layout: Layout::new(&plan),
            shredder: Shredder::new(&plan.columns),
            bodies: BodySplitter::new(&plan.templates),
            plan,
            rows: 0,
        }
    }

    /// The schema of physical rows.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.layout.physical)
    }

    /// Translates stored rows. They have to be read back in the same batches: a parent's distance holds within one.
    ///
    /// `counted` is what the planner of this very plan returned for these rows, where it has seen them.
    pub fn to_physical(
        &mut self,
        rows: &RecordBatch,
        counted: Option<&CountedRows>,
    ) -> Result<RecordBatch, ShapeError> {
        if rows.num_columns() != self.layout.logical.fields().len() {
            return Err(ShapeError::Unplanned {
                what: "not the columns of the stored schema",
            });
        }
        // What the plan takes for blank or derived is not written: nothing may be lost for want of a look.
        if !self.plan.usage.covers(Usage::of(self.plan.signal, rows)?) {
            return Err(ShapeError::Unplanned {
                what: "a column that is not blank or does not follow from others",
            });
        }
        self.rows += rows.num_rows() as u64;
        let made = self.make(rows, counted)?;
        let parts = self.layout.parts.iter();
        let columns: Result<Vec<ArrayRef>, ShapeError> =
            parts.map(|part| self.column(*part, rows, &made)).collect();
        let schema = Arc::clone(&self.layout.physical);
        let count = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
        Ok(RecordBatch::try_new_with_options(schema, columns?, &count)?)
    }

    /// The templates and variables of rows that [`Self::to_physical`] returned; `None` where the segment has no templates. To be asked of
    /// these very rows: wherever dictionaries were put together since, keys are no ids of templates.
    pub fn split_rows<'a>(&self, physical: &'a RecordBatch) -> Option<SplitRows<'a>> {
        let column = |part| physical.columns().get(self.layout.place(part)?);
        SplitRows::new(column(Part::Template)?, column(Part::Variables)?)
    }

    fn make(
        &mut self,
        rows: &RecordBatch,
        counted: Option<&CountedRows>,
    ) -> Result<Made, ShapeError> {
        let has = |form: Form| self.layout.forms.contains(&form);
        let attributes = match has(Form::Attributes) {
            true => Some(
                self.shredder
                    .shred(columns::binary(rows, spans::ATTRIBUTES)?)?,
            ),
            false => None,
        };
        // Rows of logs are counted whatever their bodies.
        let bodies = match self.plan.signal {
            Signal::Logs => Some(self.bodies.split(rows, counted)?),
            Signal::Spans => None,
        };
        let left_out = |bodies: &SplitBodies| {
            bodies.plain_rows > 0 && self.layout.place(Part::PlainBody).is_none()
        };
        if bodies.as_ref().is_some_and(left_out) {
            return Err(ShapeError::Unplanned {
                what: "a body without a template",
            });
        }
        let parents = match has(Form::Parent) {
            true => Some(Parents::find(
                columns::id(rows, spans::TRACE_ID)?,
                columns::id(rows, spans::SPAN_ID)?,
                columns::id(rows, spans::PARENT_SPAN_ID)?,
            )?),
            false => None,
        };
        Ok(Made {
            attributes,
            bodies,
            parents,
        })
    }

    fn column(&self, part: Part, rows: &RecordBatch, made: &Made) -> Result<ArrayRef, ShapeError> {
        let attributes = made.attributes.as_ref();
        let bodies = made.bodies.as_ref();
        let parents = made.parents.as_ref();
        let column: Option<ArrayRef> = match part {
            Part::Same(logical) => rows.columns().get(logical).cloned(),
            Part::Placed => Some(self.placed(rows)?),
            Part::End => Some(ends(rows)?),
            Part::Observed => Some(observed(rows)?),
            Part::ParentDistance => parents.map(|p| Arc::new(p.distances.clone()) as ArrayRef),
            Part::ParentId => parents.map(|p| Arc::new(p.ids.clone()) as ArrayRef),
            Part::Template => bodies.map(|bodies| Arc::clone(&bodies.templates)),
            Part::Variables => bodies.map(|bodies| Arc::clone(&bodies.variables)),
            Part::PlainBody => bodies.map(|bodies| Arc::clone(&bodies.plain)),
            Part::Order => attributes.map(|attributes| Arc::clone(&attributes.orders)),
            Part::Attribute(column) => attributes.and_then(|a| a.columns.get(column).cloned()),
            Part::Residual => attributes.map(|attributes| Arc::clone(&attributes.residual)),
        };
        column.ok_or(ShapeError::Unplanned {
            what: "a column that was not made",
        })
    }

    fn placed(&self, rows: &RecordBatch) -> Result<ArrayRef, ShapeError> {
        let own = columns::time(rows, own_time(self.plan.signal))?;
        let fallback = match self.plan.signal {
            Signal::Logs => Some(columns::time(rows, logs::OBSERVED_TIME)?),
            Signal::Spans => None,
        };
        let placed = columns::time(rows, logs::PLACED_TIME)?;
        Ok(Arc::new(kept(placed, |row| {
            place_of(Some(own), fallback, row)
        })))
    }

    /// The shape of the rows that were written.
    pub fn finish(self) -> Shape {
        let bodies = self.bodies.finish();
        let shredder = &self.shredder;
        let counted = Counted {
            rows: self.rows,
            texts: bodies.texts,
            keys: kept_keys(&shredder.keys, self.rows),
            elsewhere: shredder.elsewhere(),
            whole_rows: shredder.whole_rows,
            residual_rows: shredder.residual_rows,
            orders: shredder.orders() as u32,
            trace_references: bodies.trace_references,
            span_references: bodies.span_references,
            minutes: bodies.minutes,
            first_uses: bodies.first_uses,
        };
        let plan = ShapePlan {
            templates: bodies.templates,
            ..self.plan
        };
        Shape::new(plan, counted)
    }
}

fn ends(rows: &RecordBatch) -> Result<ArrayRef, ShapeError> {
    let start = columns::time(rows, spans::START_TIME)?;
    let duration = columns::int64(rows, spans::DURATION_NS)?;
    let end = columns::time(rows, spans::END_TIME)?;
    Ok(Arc::new(kept(end, |row| {
        end_of(Some(start), Some(duration), row)
    })))
}

fn observed(rows: &RecordBatch) -> Result<ArrayRef, ShapeError> {
    let own = columns::time(rows, logs::TIME)?;
    let observed = columns::time(rows, logs::OBSERVED_TIME)?;
    Ok(Arc::new(kept(observed, |row| observed_of(Some(own), row))))
}
