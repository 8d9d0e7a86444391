//! The texts of rows, where they can be searched by templates.

use std::sync::Arc;

use arrow::buffer::BooleanBuffer;

use super::part::Kind;
use super::{Part, PartError, TextSearch};
use crate::segment::BatchTexts;
use crate::template::FoldedTemplates;

/// The texts of a run of rows, read as far as searches need them.
#[derive(Debug, Clone)]
pub struct RowTexts {
    segment: u64,
    templates: Arc<FoldedTemplates>,
    pub(super) batch: Arc<BatchTexts>,
    /// The run's first row in the batch.
    pub(super) first: usize,
}

impl RowTexts {
    /// Those from row `first` of the batch on.
    pub(super) fn starting_at(&self, first: usize) -> RowTexts {
        RowTexts {
            first,
            ..self.clone()
        }
    }

    /// The rows of `mask`, which has a bit for each row of the run, in whose text `search` is found.
    pub fn matching(
        &self,
        search: &TextSearch,
        mask: &BooleanBuffer,
    ) -> Result<BooleanBuffer, PartError> {
        let stored = self.batch.dictionary();
        let verdicts = search.verdicts(self.segment, &self.templates, stored);
        let found = self.batch.matching(search, &verdicts, self.first, mask);
        Ok(found?)
    }
}

impl Part {
    /// Whether the texts of its rows come with them, so that a [`TextSearch`] needs no column of theirs.
    pub fn has_texts(&self) -> bool {
        match &self.kind {
            Kind::Chunk(_) => false,
            Kind::Segment(segment) => segment.has_templates(),
        }
    }

    /// How many templates its texts have; `None` where nobody knows without opening it.
    pub fn templates_told(&self) -> Option<u64> {
        match &self.kind {
            Kind::Chunk(_) => Some(0),
            Kind::Segment(segment) => segment.templates_told(),
        }
    }

    /// What each template of its texts was found to say of `search`: that all of its rows match, that none does, or that it depends (`None`). `None`
    /// altogether where `search` was not held against them.
    pub fn decided_by_templates(&self, search: &TextSearch) -> Option<Vec<Option<bool>>> {
        let Kind::Segment(segment) = &self.kind else {
            return None;
        };
        let verdicts = search.known_verdicts(segment.id())?;
        Some(verdicts.decided().collect())
    }

    /// The texts of the record batch that starts at row `first`.
    pub(super) fn texts(&self, first: u32) -> Result<Option<RowTexts>, PartError> {
        let Kind::Segment(segment) = &self.kind else {
            return Ok(None);
        };
        let (templates, batch) = (segment.folded_templates()?, segment.texts(first)?);
        let both = templates.zip(batch);
        Ok(both.map(|(templates, batch)| RowTexts {
            segment: segment.id(),
            templates,
            batch: Arc::new(batch),
            first: 0,
        }))
    }
}
