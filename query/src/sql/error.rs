//! What is wrong with a query, and where.

use datafusion::common::{Column, SchemaError};
use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::tokenizer::Location;

use crate::QueryError;
use crate::exec::Plans;
use crate::hints::nearest;

/// A query that is refused: why, where the reason stands in its text, and what would help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SqlError {
    /// What is wrong, without a final stop.
    pub message: String,
    /// Where, in characters of the query from 0; `None` where that is not known.
    pub position: Option<usize>,
    /// What would help.
    pub hint: Option<String>,
}

impl SqlError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        SqlError {
            message: message.into(),
            position: None,
            hint: None,
        }
    }

    pub(crate) fn at(message: impl Into<String>, position: Option<usize>) -> Self {
        SqlError {
            position,
            ..SqlError::new(message)
        }
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A place in `text`, in characters from 0. `None` when the place is none.
pub(crate) fn position_of(text: &str, Location { line, column }: Location) -> Option<usize> {
    let (lines, column) = (line.checked_sub(1)?, column.checked_sub(1)?);
    let lines = usize::try_from(lines).ok()?;
    let before: usize = text
        .split('\n')
        .take(lines)
        .map(|line| line.chars().count() + 1)
        .sum();
    let position = before + usize::try_from(column).ok()?;
    Some(position.min(text.chars().count()))
}

/// What `error`, met while `text` was planned or run, means to whoever asked.
pub(crate) fn query_error(text: &str, plans: &Plans, error: DataFusionError) -> QueryError {
    let position = error
        .diagnostic()
        .and_then(|diagnostic| diagnostic.span)
        .and_then(|span| {
            position_of(
                text,
                Location {
                    line: span.start.line,
                    column: span.start.column,
                },
            )
        });
    match innermost(error) {
        DataFusionError::External(inner) => match inner.downcast::<QueryError>() {
            Ok(ours) => *ours,
            Err(other) => SqlError::at(clean(&other.to_string()), position).into(),
        },
        DataFusionError::ResourcesExhausted(_) => plans.memory_limit(),
        DataFusionError::SchemaError(schema, _) => schema_error(&schema, position).into(),
        DataFusionError::ExecutionJoin(error) => QueryError::Internal(error.to_string()),
        other => plain_error(&other, position).into(),
    }
}

fn innermost(error: DataFusionError) -> DataFusionError {
    match error {
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => {
            innermost(*inner)
        }
        DataFusionError::Shared(shared) => match std::sync::Arc::try_unwrap(shared) {
            Ok(inner) => innermost(inner),
            Err(shared) => of_shared(&shared),
        },
        DataFusionError::Collection(mut errors) if !errors.is_empty() => {
            innermost(errors.swap_remove(0))
        }
        DataFusionError::ArrowError(arrow, note) => of_arrow(*arrow, note),
        other => other,
    }
}

/// Arrow carries DataFusion's errors through its streams.
fn of_arrow(error: arrow::error::ArrowError, note: Option<String>) -> DataFusionError {
    match error {
        arrow::error::ArrowError::ExternalError(inner) => {
            match inner.downcast::<DataFusionError>() {
                Ok(inner) => innermost(*inner),
                Err(other) => DataFusionError::External(other),
            }
        }
        other => DataFusionError::ArrowError(Box::new(other), note),
    }
}

/// An error that others hold too cannot be taken apart; what it was stays told.
fn of_shared(error: &DataFusionError) -> DataFusionError {
    match error.find_root() {
        DataFusionError::ResourcesExhausted(message) => {
            DataFusionError::ResourcesExhausted(message.clone())
        }
        DataFusionError::External(inner) => match inner.downcast_ref::<QueryError>() {
            Some(QueryError::MemoryLimit { limit, unit }) => {
                DataFusionError::External(Box::new(QueryError::MemoryLimit {
                    limit: *limit,
                    unit,
                }))
            }
            _ => DataFusionError::Execution(inner.to_string()),
        },
        other => DataFusionError::Execution(other.message().into_owned()),
    }
}

fn plain_error(error: &DataFusionError, position: Option<usize>) -> SqlError {
    let message = clean(&error.message());
    match missing_table(&message) {
        Some(name) => {
            let known = ["logs".to_owned(), "spans".to_owned()];
            let hint = match nearest(&name, known.iter().map(String::as_str)) {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => "the tables are `logs` and `spans`".to_owned(),
            };
            SqlError::at(format!("there is no table `{name}`"), position).with_hint(hint)
        }
        None => {
            if matches!(error, DataFusionError::Internal(_)) {
                tracing::warn!(error = %message, "a query met a limitation of the engine");
            }
            SqlError::at(message, position)
        }
    }
}

/// `table 'clearspan.public.span' not found`
fn missing_table(message: &str) -> Option<String> {
    let name = message
        .strip_prefix("table '")?
        .strip_suffix("' not found")?;
    let bare = name.strip_prefix("clearspan.public.").unwrap_or(name);
    Some(shown(bare))
}

fn schema_error(error: &SchemaError, position: Option<usize>) -> SqlError {
    match error {
        SchemaError::FieldNotFound {
            field,
            valid_fields,
        } => missing_column(field, valid_fields, position),
        SchemaError::AmbiguousReference { field } if field.relation.is_none() => {
            let name = shown(&field.name);
            let hint = format!("put a table's name or alias before it, as in `logs.{name}`");
            SqlError::at(format!("`{name}` may be of either table"), position).with_hint(hint)
        }
        other => SqlError::at(clean(&other.to_string()), position),
    }
}

fn missing_column(field: &Column, valid: &[Column], position: Option<usize>) -> SqlError {
    let names: Vec<String> = valid.iter().map(|field| field.name.clone()).collect();
    let hint = if in_scope_without_qualifier(field, valid) {
        "the table's name or alias before the dot is not known here".to_owned()
    } else {
        match nearest(&field.name, names.iter().map(String::as_str)) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => listed(&names),
        }
    };
    let message = format!("there is no column `{}`", shown(&field.flat_name()));
    SqlError::at(message, position).with_hint(hint)
}

/// A name of a query as a message says it.
fn shown(name: &str) -> String {
    name.chars().take(80).collect()
}

fn in_scope_without_qualifier(field: &Column, valid: &[Column]) -> bool {
    field.relation.is_some() && valid.iter().any(|column| column.name == field.name)
}

fn listed(names: &[String]) -> String {
    const SHOWN_MAX: usize = 30;
    if names.is_empty() {
        return "there are no columns here: is FROM missing? text stands in 'single quotes'"
            .to_owned();
    }
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.dedup();
    names.truncate(SHOWN_MAX);
    format!(
        "there are {}; text stands in 'single quotes'",
        names.join(", ")
    )
}

/// A message of DataFusion as one of ours: one line, no capital, no final stop, no advice about a bug tracker.
fn clean(message: &str) -> String {
    const MESSAGE_CHARS_MAX: usize = 600;
    let message = DataFusionError::Plan(message.to_owned())
        .message()
        .into_owned();
    let message = message
        .split("\nThis issue was likely caused")
        .next()
        .unwrap_or_default();
    let words: Vec<&str> = message.split_whitespace().collect();
    let line: String = words.join(" ").chars().take(MESSAGE_CHARS_MAX).collect();
    let line = line.trim_end_matches('.');
    let mut chars = line.chars();
    let second_is_lower = line.chars().nth(1).is_some_and(char::is_lowercase);
    match chars.next() {
        Some(first) if second_is_lower => first.to_lowercase().chain(chars).collect(),
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_characters() {
        let check = |text: &str, line, column, expected: Option<usize>| {
            assert_eq!(position_of(text, Location { line, column }), expected);
        };
        check("abc", 1, 1, Some(0));
        check("é\nb", 2, 1, Some(2));
        check("a\n\nbc", 3, 2, Some(4));
        check("a", 9, 9, Some(1));
        check("a", 0, 0, None);
    }
}
