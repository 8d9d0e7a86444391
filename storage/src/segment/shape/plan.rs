//! What a segment's shape is to be, before its rows are written.

use clearspan_schema::{Signal, columns, logs, spans};

use arrow::array::{Array, RecordBatch, StringArray, StringBuilder};

use super::attribute::AttributeKind;
use super::bodies::Ids;
use super::keys::{KeyCount, KeyCounter};
use super::shred::count_all;
use super::usage::Usage;
use super::{Shape, ShapeError};
use crate::limits::{
    ATTRIBUTE_COLUMN_ROWS_MIN, ATTRIBUTE_COLUMN_ROWS_ONE_OF, ATTRIBUTE_COLUMNS_MAX,
    ATTRIBUTE_DICTIONARY_BYTES_MAX, ATTRIBUTE_DICTIONARY_TEXTS_MAX, ATTRIBUTE_KEY_KEPT_ONE_OF,
};
use crate::template::{
    Candidate, CandidateLimits, Keep, RULE, Splitter, TemplateBuilder, TemplateDictionary,
};

/// An attribute that has a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeColumn {
    /// The attribute's key.
    pub key: String,
    /// The type of its values.
    pub kind: AttributeKind,
    /// Whether its texts are a dictionary.
    pub dictionary: bool,
}

/// How a segment's rows are to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShapePlan {
    pub(super) signal: Signal,
    pub(super) usage: Usage,
    /// The number of the rule that bodies are split by.
    pub(super) rule: u32,
    pub(super) templates: TemplateDictionary,
    /// Whether there may be bodies without a template.
    pub(super) plain_bodies: bool,
    pub(super) columns: Vec<AttributeColumn>,
}

impl ShapePlan {
    /// The attributes that get columns.
    pub fn attribute_columns(&self) -> &[AttributeColumn] {
        &self.columns
    }

    /// The templates that bodies are split by.
    pub fn templates(&self) -> &TemplateDictionary {
        &self.templates
    }

    #[cfg(test)]
    pub(crate) fn of_rule(self, rule: u32) -> Self {
        ShapePlan { rule, ..self }
    }

    /// Bytes held on the heap.
    pub(super) fn memory(&self) -> usize {
        let keys = self.columns.iter().map(|column| column.key.capacity());
        self.templates.heap_bytes()
            + self.columns.capacity() * size_of::<AttributeColumn>()
            + keys.sum::<usize>()
    }
}

/// What a [`Planner`] found in the bodies of a batch.
#[derive(Debug)]
pub struct CountedRows {
    pub(super) candidates: Vec<Option<Candidate>>,
    /// Null where there is no candidate.
    pub(super) variables: StringArray,
}

impl Default for CountedRows {
    fn default() -> Self {
        CountedRows {
            candidates: Vec::new(),
            variables: StringBuilder::new().finish(),
        }
    }
}

/// Gathers what a plan is made from: counted over rows, or taken from the shapes of segments that are merged.
#[derive(Debug)]
pub struct Planner {
    signal: Signal,
    rows: u64,
    usage: Usage,
    keys: KeyCounter,
    templates: TemplateBuilder,
    /// Bodies that are text.
    texts: u64,
    splitter: Splitter,
}

impl Planner {
    /// A planner that has seen no rows.
    pub fn new(signal: Signal) -> Self {
        Planner {
            signal,
            rows: 0,
            usage: Usage::default(),
            keys: KeyCounter::default(),
            templates: TemplateBuilder::new(CandidateLimits::default()),
            texts: 0,
            splitter: Splitter::default(),
        }
    }

    /// Counts stored rows. What is returned spares [`ShapeWriter::to_physical`](super::ShapeWriter::to_physical) to split these rows' bodies a
    /// second time; it holds their variables, and may be dropped.
    pub fn count(&mut self, rows: &RecordBatch) -> Result<CountedRows, ShapeError> {
        self.rows += rows.num_rows() as u64;
        self.usage = self.usage.union(Usage::of(self.signal, rows)?);
        count_all(&mut self.keys, columns::binary(rows, spans::ATTRIBUTES)?);
        match self.signal {
            Signal::Logs => self.count_bodies(rows),
            Signal::Spans => Ok(CountedRows::default()),
        }
    }

    fn count_bodies(&mut self, rows: &RecordBatch) -> Result<CountedRows, ShapeError> {
        let bodies = columns::text(rows, logs::BODY)?;
        let ids = Ids {
            traces: Some(columns::id(rows, logs::TRACE_ID)?),
            spans: Some(columns::id(rows, logs::SPAN_ID)?),
        };
        let mut candidates = Vec::with_capacity(bodies.len());
        let mut variables = StringBuilder::new();
        for row in 0..bodies.len() {
            let body = bodies.is_valid(row).then(|| bodies.value(row));
            self.texts += u64::from(body.is_some());
            let split = body.and_then(|body| self.splitter.split(body, ids.at(row)));
            let candidate = split.and_then(|split| self.templates.add(split));
            variables.append_option(split.filter(|_| candidate.is_some()).map(|s| s.variables));
            candidates.push(candidate);
        }
        Ok(CountedRows {
            candidates,
            variables: variables.finish(),
        })
    }

    /// Takes up a segment that is to be merged, by its shape alone.
    ///
    /// What its shape has forgotten is missing: templates of fewer rows than a template needs, and keys of fewer than one row in a
    /// thousand. Of a segment that was split by another rule the rows have to be counted: its templates are not those that its bodies would have.
    pub fn merge(&mut self, shape: &Shape) -> Result<(), ShapeError> {
        if !shape.has_known_rule() {
            return Err(ShapeError::Unplanned {
                what: "a shape of another rule",
            });
        }
        if shape.signal() != self.signal {
            return Err(ShapeError::Unplanned {
                what: "a shape of the other signal",
            });
        }
        self.rows += shape.counted.rows;
        self.texts += shape.counted.texts;
        self.usage = self.usage.union(shape.plan.usage);
        for count in &shape.counted.keys {
            self.keys.merge(count);
        }
        let templates = &shape.plan.templates;
        for (id, template) in (0..).zip(templates.templates()) {
            if let (Some(rows), Some(alphabet)) = (templates.rows(id), templates.alphabet(id))
                && rows > 0
            {
                self.templates.add_rows(template, rows, alphabet);
            }
        }
        Ok(())
    }

    /// Makes the plan. Equal rows in equal order give an equal plan.
    pub fn finish(self) -> ShapePlan {
        let columns = columns_for(&self.keys, self.rows);
        let templates = self.templates.finish(Keep::default());
        let rows = (0..).map_while(|id| templates.rows(id));
        let covered: u64 = rows.map(u64::from).sum();
        ShapePlan {
            signal: self.signal,
            usage: self.usage,
            rule: RULE,
            templates,
            plain_bodies: covered < self.texts,
            columns,
        }
    }
}

/// The keys whose counts a segment of so many rows keeps.
pub(super) fn kept_keys(keys: &KeyCounter, rows: u64) -> Vec<KeyCount> {
    keys.counts(rows.div_ceil(ATTRIBUTE_KEY_KEPT_ONE_OF))
}

fn columns_for(keys: &KeyCounter, rows: u64) -> Vec<AttributeColumn> {
    let rows_min = (rows / ATTRIBUTE_COLUMN_ROWS_ONE_OF + 1).max(ATTRIBUTE_COLUMN_ROWS_MIN.into());
    let mut columns: Vec<(u32, AttributeColumn)> = Vec::new();
    for count in keys.counts(rows_min) {
        let dictionary = has_few_texts(&count);
        for kind in AttributeKind::ALL {
            let rows = count.rows[kind as usize];
            if u64::from(rows) >= rows_min {
                let column = AttributeColumn {
                    key: count.key.clone(),
                    kind,
                    dictionary: dictionary && kind == AttributeKind::String,
                };
                columns.push((rows, column));
            }
        }
    }
    // Stable, so that equal keys stay in the order of their names.
    columns.sort_by_key(|(rows, _)| std::cmp::Reverse(*rows));
    columns.truncate(ATTRIBUTE_COLUMNS_MAX);
    columns.into_iter().map(|(_, column)| column).collect()
}

fn has_few_texts(count: &KeyCount) -> bool {
    let rows = u64::from(count.rows[AttributeKind::String as usize]);
    let distinct = count.texts.distinct();
    let bytes = u64::from(distinct).saturating_mul(count.text_bytes / rows.max(1));
    distinct <= ATTRIBUTE_DICTIONARY_TEXTS_MAX
        && u64::from(distinct) * 2 <= rows
        && bytes <= ATTRIBUTE_DICTIONARY_BYTES_MAX
}
