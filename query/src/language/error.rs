//! What is wrong with a query, and where.

/// A query that cannot be read: where, why, and what would have been right there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} at character {position}")]
pub struct LanguageError {
    /// Where the mistake is, in characters from 0. The query's length stands for its end.
    pub position: usize,
    /// What was expected there; never empty.
    pub expected: Vec<String>,
    /// What is wrong, in one lower-case sentence without a final stop.
    pub message: String,
}

impl LanguageError {
    pub(crate) fn new(position: usize, message: impl Into<String>, expected: &[&str]) -> Self {
        LanguageError {
            position,
            expected: expected.iter().map(|&what| what.to_owned()).collect(),
            message: message.into(),
        }
    }

    /// What was expected as one phrase: `a, b or c`.
    pub fn expected_text(&self) -> String {
        match self.expected.as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            [first @ .., last] => format!("{} or {last}", first.join(", ")),
        }
    }
}

/// One of the mistakes of a query, with its extent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where it begins, why it is one, and what would have been right there.
    pub error: LanguageError,
    /// How many characters are wrong; 0 where something is missing. They lie in the query.
    pub length: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_was_expected_in_words() {
        assert_eq!(LanguageError::new(3, "m", &["a"]).expected_text(), "a");
        assert_eq!(
            LanguageError::new(3, "m", &["a", "b", "c"]).expected_text(),
            "a, b or c"
        );
        assert_eq!(
            LanguageError::new(3, "no value", &["a"]).to_string(),
            "no value at character 3"
        );
    }
}
