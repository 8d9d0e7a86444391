//! Reads the text of a query: one SELECT, or EXPLAIN of one, within limits of size and depth.
//!
//! 1. Tokens first (`tokens.rs`): EXPLAIN is taken off their front, so that the parser never comes to its options. Their number and how deep brackets stand inside each other bound what the parser, the
//!    planner and every walk over a tree can be asked to do.
//! 2. The parser of `sqlparser`, which has a limit on its own recursion.
//! 3. (`tree.rs`) What is no SELECT is refused by name, wherever it stands.

mod tokens;
mod tree;

use datafusion::sql::sqlparser::ast::{Query, Statement};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::{Location, Tokenizer};

use super::error::{SqlError, position_of};
use super::explain::Explain;
use super::limits::{PARSER_RECURSION_MAX, SQL_BYTES_MAX};

/// What a text asks.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) query: Query,
    /// Whether its plan is wanted instead of its rows.
    pub(crate) explain: Option<Explain>,
}

/// The one query that `text` holds.
pub(crate) fn parse(text: &str) -> Result<Parsed, SqlError> {
    if text.len() > SQL_BYTES_MAX {
        return Err(too_much(format!(
            "the query has {} bytes, at most {SQL_BYTES_MAX} are read",
            text.len()
        )));
    }
    let dialect = GenericDialect {};
    let mut tokens = Tokenizer::new(&dialect, text)
        .tokenize_with_location()
        .map_err(|error| SqlError::at(error.message, position_of(text, error.location)))?;
    let explain = tokens::take_explain(&mut tokens);
    tokens::check(text, &tokens)?;
    let statements = Parser::new(&dialect)
        .with_tokens_with_locations(tokens)
        .with_recursion_limit(PARSER_RECURSION_MAX)
        .parse_statements()
        .map_err(|error| parser_error(text, error))?;
    let query = only_query(statements)?;
    tree::check(text, &query)?;
    Ok(Parsed { query, explain })
}

const ONE_SELECT: &str = "send one SELECT, or WITH ... SELECT, or EXPLAIN [ANALYZE] of it, over the tables `logs` and `spans`";

fn too_much(message: String) -> SqlError {
    SqlError::new(message).with_hint("shorten it; long lists belong into IN (...), which is flat")
}

/// Its messages end with the place: ` at Line: 1, Column: 8`.
fn parser_error(text: &str, error: ParserError) -> SqlError {
    let message = match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message,
        ParserError::RecursionLimitExceeded => {
            return too_much("the query is nested too deeply".to_owned());
        }
    };
    let Some((what, place)) = message.rsplit_once(" at Line: ") else {
        // The parser says so of the end of the text alone.
        let at_end = message
            .ends_with("found: EOF")
            .then(|| text.chars().count());
        return SqlError {
            position: at_end,
            ..SqlError::new(message)
        };
    };
    let location = place.split_once(", Column: ").and_then(|(line, column)| {
        Some(Location {
            line: line.parse().ok()?,
            column: column.parse().ok()?,
        })
    });
    SqlError {
        position: location.and_then(|location| position_of(text, location)),
        ..SqlError::new(what)
    }
}

fn only_query(mut statements: Vec<Statement>) -> Result<Query, SqlError> {
    if statements.len() > 1 {
        return Err(SqlError::new("there is more than one statement").with_hint(ONE_SELECT));
    }
    match statements.pop() {
        Some(Statement::Query(query)) => Ok(*query),
        _ => Err(SqlError::new("this is no SELECT").with_hint(ONE_SELECT)),
    }
}

#[cfg(test)]
mod tests;
