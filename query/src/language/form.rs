//! Tests of a whole text as storage knows them, so that it can hold them against templates and its index.

use clearspan_storage::text::{Expression, Pieces, TextForm};

use super::ast::Test;

/// The form that a text has which passes `test`, with regard to case; `None` where it is no matter of form.
pub(crate) fn form(test: &Test) -> Option<TextForm> {
    match test {
        Test::Equals(value) => Some(TextForm::Pieces(Pieces::new([value.text().to_owned()]))),
        Test::Glob(glob) => Some(TextForm::Pieces(Pieces::new(glob.0.iter().cloned()))),
        Test::Matches(pattern) => Some(TextForm::Expression(Expression::new(
            pattern.regex().clone(),
        ))),
        Test::Exists | Test::Compare(..) | Test::Range(..) => None,
    }
}
