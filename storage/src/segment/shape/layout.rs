//! Which physical columns a segment has, and which of them a logical column needs.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use clearspan_schema::time::timestamp_type;
use clearspan_schema::{Signal, dictionary, logs, spans};

use super::attribute::{AttributeKind, short_name};
use super::plan::{AttributeColumn, ShapePlan};
use super::usage::{Usage, own_time};
use super::{ATTRIBUTE_PREFIX, ATTRIBUTES_ORDER, PARENT_DISTANCE, TEMPLATE, VARIABLES};

/// What a physical column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// A logical column as it is.
    Same(usize),
    /// Places in time that do not follow from other times.
    Placed,
    /// Ends that do not follow from start and duration.
    End,
    /// Observed times that are not the log's own.
    Observed,
    ParentDistance,
    ParentId,
    Template,
    Variables,
    PlainBody,
    Order,
    Attribute(usize),
    Residual,
}

/// How a logical column is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// All rows are blank: there is nothing to keep.
    Blank,
    Same,
    Placed,
    End,
    Observed,
    Parent,
    Body,
    Attributes,
}

/// The columns of a segment.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) logical: SchemaRef,
    pub(super) physical: SchemaRef,
    pub(super) parts: Vec<Part>,
    /// By logical column.
    pub(super) forms: Vec<Form>,
}

impl Layout {
    pub(super) fn new(plan: &ShapePlan) -> Self {
        let logical = plan.signal.stored_schema();
        let mut layout = Layout {
            physical: Arc::new(Schema::empty()),
            parts: Vec::new(),
            forms: Vec::new(),
            logical: Arc::clone(&logical),
        };
        let mut fields = Vec::new();
        for (index, field) in logical.fields().iter().enumerate() {
            let form = form(plan, index, field.name());
            layout.forms.push(form);
            for part in parts(plan, index, form) {
                fields.push(field_of(part, field, &plan.columns));
                layout.parts.push(part);
            }
        }
        layout.physical = Arc::new(Schema::new(fields));
        layout
    }

    /// Bytes held on the heap. The logical schema is the same for all segments.
    pub(super) fn memory(&self) -> usize {
        self.physical.fields().size()
            + size_of::<Schema>()
            + self.parts.capacity() * size_of::<Part>()
            + self.forms.capacity() * size_of::<Form>()
    }

    /// The place of a part among the physical columns.
    pub(super) fn place(&self, part: Part) -> Option<usize> {
        self.parts.iter().position(|known| *known == part)
    }

    /// The index of a logical column.
    pub(super) fn logical(&self, name: &str) -> Option<usize> {
        self.logical.index_of(name).ok()
    }

    /// The part that has the observed times of logs without a time of their own, where the segment has one.
    pub(super) fn observed(&self) -> Option<Part> {
        let logical = self.logical(logs::OBSERVED_TIME)?;
        match self.forms.get(logical)? {
            Form::Observed => Some(Part::Observed),
            _ => Some(Part::Same(logical)),
        }
    }

    /// The part that keeps a logical column as it is.
    pub(super) fn same(&self, name: &str) -> Option<Part> {
        self.logical(name).map(Part::Same)
    }
}

fn form(plan: &ShapePlan, index: usize, name: &str) -> Form {
    let used = plan.usage.of_column(index);
    let spans = plan.signal == Signal::Spans;
    match name {
        logs::PLACED_TIME => Form::Placed,
        spans::END_TIME if spans && !plan.usage.has(Usage::OTHER_ODD) => Form::End,
        // Before blank ones: without a column, it is the log's own time.
        logs::OBSERVED_TIME if !spans && !plan.usage.has(Usage::OTHER_ODD) => Form::Observed,
        _ if !used => Form::Blank,
        spans::PARENT_SPAN_ID if spans => Form::Parent,
        logs::BODY if !spans => Form::Body,
        logs::ATTRIBUTES => Form::Attributes,
        _ => Form::Same,
    }
}

fn parts(plan: &ShapePlan, index: usize, form: Form) -> Vec<Part> {
    let if_so = |so: bool, part: Part| so.then_some(part);
    match form {
        Form::Blank => Vec::new(),
        Form::Same => vec![Part::Same(index)],
        Form::Placed => Vec::from_iter(if_so(plan.usage.has(Usage::PLACED_KEPT), Part::Placed)),
        Form::End => Vec::from_iter(if_so(plan.usage.has(Usage::OTHER_KEPT), Part::End)),
        Form::Observed => Vec::from_iter(if_so(plan.usage.has(Usage::OTHER_KEPT), Part::Observed)),
        Form::Parent => vec![Part::ParentDistance, Part::ParentId],
        Form::Body => {
            let split = !plan.templates.is_empty();
            let parts = [
                if_so(split, Part::Template),
                if_so(split, Part::Variables),
                if_so(plan.plain_bodies, Part::PlainBody),
            ];
            parts.into_iter().flatten().collect()
        }
        Form::Attributes => {
            let columns = (0..plan.columns.len()).map(Part::Attribute);
            let order = std::iter::once(Part::Order);
            order.chain(columns).chain([Part::Residual]).collect()
        }
    }
}

fn field_of(part: Part, logical: &Field, columns: &[AttributeColumn]) -> Field {
    match part {
        Part::Same(_) => logical.clone(),
        Part::Placed | Part::End | Part::Observed => {
            Field::new(logical.name(), timestamp_type(), true)
        }
        Part::ParentDistance => Field::new(PARENT_DISTANCE, DataType::Int32, true),
        Part::Template => Field::new(TEMPLATE, dictionary::text_type(), true),
        Part::Variables => Field::new(VARIABLES, DataType::Utf8, true),
        Part::ParentId | Part::PlainBody | Part::Residual => {
            Field::new(logical.name(), logical.data_type().clone(), true)
        }
        Part::Order => Field::new(ATTRIBUTES_ORDER, dictionary::text_type(), true),
        Part::Attribute(column) => attribute_field(&columns[column]),
    }
}

fn attribute_field(column: &AttributeColumn) -> Field {
    let name = format!("{ATTRIBUTE_PREFIX}{}", short_name(&column.key, column.kind));
    let data_type = match column.kind {
        AttributeKind::String if column.dictionary => dictionary::text_type(),
        AttributeKind::String => DataType::Utf8,
        AttributeKind::Int => DataType::Int64,
        AttributeKind::Double => DataType::Float64,
        AttributeKind::Bool => DataType::Boolean,
    };
    Field::new(name, data_type, true)
}

/// What of a segment is known once its rows are written, and spares columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) trace_references: bool,
    pub(super) span_references: bool,
}

impl Layout {
    /// The parts from which a logical column is restored, as far as the segment has them.
    pub(super) fn needs(
        &self,
        logical: usize,
        signal: Signal,
        usage: Usage,
        found: Found,
    ) -> Vec<usize> {
        let own = || self.same(own_time(signal));
        let parts: Vec<Option<Part>> = match self.forms.get(logical) {
            None | Some(Form::Blank) => Vec::new(),
            Some(Form::Same) => vec![Some(Part::Same(logical))],
            Some(Form::Placed) => {
                let fallback = signal == Signal::Logs && usage.has(Usage::OWN_TIME_MISSING);
                let fallback = fallback.then(|| self.observed()).flatten();
                vec![own(), fallback, Some(Part::Placed)]
            }
            Some(Form::End) => vec![own(), self.same(spans::DURATION_NS), Some(Part::End)],
            Some(Form::Observed) => vec![own(), Some(Part::Observed)],
            Some(Form::Parent) => vec![
                Some(Part::ParentDistance),
                Some(Part::ParentId),
                self.same(spans::SPAN_ID),
            ],
            Some(Form::Body) => {
                let traces = found.trace_references.then(|| self.same(logs::TRACE_ID));
                let spans = found.span_references.then(|| self.same(logs::SPAN_ID));
                vec![
                    Some(Part::Template),
                    Some(Part::Variables),
                    Some(Part::PlainBody),
                    traces.flatten(),
                    spans.flatten(),
                ]
            }
            // Those that are wanted: `Shape::places_of`.
            Some(Form::Attributes) => Vec::new(),
        };
        let places = parts
            .into_iter()
            .flatten()
            .filter_map(|part| self.place(part));
        places.collect()
    }
}
