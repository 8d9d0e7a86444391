//! What may be asked of the text of a row.

use std::fmt::Debug;
use std::sync::Arc;

use clearspan_schema::any::AnyRef;

use super::Predicate;
use crate::text::{Needs, TextForm, TextPattern};

/// A condition on the text of a row (a log's body, a span's name).
#[derive(Debug, Clone)]
pub enum TextCondition {
    /// A word or phrase stands in it, ignoring case. A body that is no text has it in its JSON.
    Words(TextPattern),
    /// The whole is of some form, with regard to case.
    Form(FormCondition),
}

/// A form of texts, and what it says of bodies that are none.
#[derive(Debug, Clone)]
pub struct FormCondition {
    pub(super) form: TextForm,
    pub(super) values: Arc<dyn ValueCondition>,
    needs: Needs,
}

/// What a condition says of a body that is no text: storage knows no more of it.
pub trait ValueCondition: Debug + Send + Sync {
    /// Whether the body fulfils it.
    fn holds(&self, value: AnyRef<'_>) -> bool;
}

impl FormCondition {
    /// Bodies that are no text, and of which `values` holds, have in their JSON what texts of this form need.
    pub fn new(form: TextForm, values: Arc<dyn ValueCondition>) -> Self {
        Self {
            needs: form.needs(),
            form,
            values,
        }
    }

    /// Of bodies that are no text, `values` may hold of any, whatever it has in its JSON: as of a number that is written otherwise.
    #[must_use]
    pub fn whatever_is_written(self) -> Self {
        Self {
            needs: Needs::NOTHING,
            ..self
        }
    }

    /// What stands in every body that fulfils it.
    pub(super) fn needs(&self) -> &Needs {
        &self.needs
    }
}

impl From<TextPattern> for TextCondition {
    fn from(pattern: TextPattern) -> Self {
        Self::Words(pattern)
    }
}

impl From<&Needs> for Predicate {
    fn from(needs: &Needs) -> Self {
        match needs {
            Needs::All(needs) => {
                let each = needs.iter().map(Self::from);
                each.fold(Self::All, Self::and)
            }
            Needs::Any(needs) => {
                let each = needs.iter().map(Self::from);
                each.fold(Self::Nothing, Self::or)
            }
            Needs::Text(pattern) => Self::Text(pattern.clone()),
        }
    }
}
