//! What a text has to be like as a whole, with regard to case.

use super::expression::Expression;
use super::needs::Needs;
use super::pieces::Pieces;

/// A form of texts.
#[derive(Debug, Clone)]
pub enum TextForm {
    /// It consists of these pieces, with anything between them.
    Pieces(Pieces),
    /// It has a match of this expression.
    Expression(Expression),
}

impl TextForm {
    /// Whether `text` is of this form.
    pub fn holds(&self, text: &str) -> bool {
        match self {
            Self::Pieces(pieces) => pieces.fit(text),
            Self::Expression(expression) => expression.is_match(text),
        }
    }

    /// What stands in every text of this form.
    pub fn needs(&self) -> Needs {
        match self {
            Self::Pieces(pieces) => pieces.needs(),
            Self::Expression(expression) => expression.needs().clone(),
        }
    }
}
