//! The names of an answer's columns.
//!
//! The planner wants the columns of a SELECT to have different names, and names an expression after itself
//! with all its tables. People write `SELECT name, name` and expect to read `count(*)`. So before planning
//! the outermost SELECT's items get names: an expression its own text, a repeated name a mark behind it,
//! which [`shown`] takes off again.

use std::collections::HashSet;

use clearspan_schema::Signal;
use datafusion::sql::sqlparser::ast::{Expr, Ident, Query, SelectItem, SetExpr};

use super::table::column_names;

/// Stands before the number of a repeated name. No name that a person writes holds it.
const MARK: char = '\u{1f}';

/// Longer expressions are cut in their name.
const NAME_CHARS_MAX: usize = 200;

/// Gives names to the items of the outermost SELECT.
pub(crate) fn name_items(query: &mut Query) {
    let Some(items) = outermost(query) else {
        return;
    };
    let has_wildcard = items.iter().any(|item| {
        matches!(
            item,
            SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..)
        )
    });
    let mut names = Names {
        taken: HashSet::new(),
        marks: 0,
    };
    if has_wildcard {
        let tables = Signal::ALL.into_iter().flat_map(column_names);
        names.taken.extend(tables.map(str::to_owned));
    }
    for item in items {
        names.name(item, has_wildcard);
    }
}

/// A column's name as it is answered.
pub(crate) fn shown(name: &str) -> &str {
    name.split(MARK).next().unwrap_or_default()
}

/// A plan's text without the marks.
pub(crate) fn unmarked(text: &str) -> String {
    let mut pieces = text.split(MARK);
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |shown, piece| {
        shown + piece.trim_start_matches(|c: char| c.is_ascii_digit())
    })
}

/// Of a UNION, the first SELECT gives the names.
fn outermost(query: &mut Query) -> Option<&mut Vec<SelectItem>> {
    let mut body = query.body.as_mut();
    loop {
        match body {
            SetExpr::Select(select) => return Some(&mut select.projection),
            SetExpr::Query(inner) => body = inner.body.as_mut(),
            SetExpr::SetOperation { left, .. } => body = left.as_mut(),
            _ => return None,
        }
    }
}

struct Names {
    taken: HashSet<String>,
    marks: usize,
}

impl Names {
    fn name(&mut self, item: &mut SelectItem, has_wildcard: bool) {
        match item {
            SelectItem::ExprWithAlias { alias, .. } => {
                let name = normalized(alias);
                if let Some(marked) = self.taken_twice(&name) {
                    *alias = Ident::with_quote('"', marked);
                }
            }
            SelectItem::UnnamedExpr(expr) => {
                let name = match &*expr {
                    Expr::Identifier(ident) => normalized(ident),
                    Expr::CompoundIdentifier(path) => {
                        path.last().map(normalized).unwrap_or_default()
                    }
                    other => other.to_string().chars().take(NAME_CHARS_MAX).collect(),
                };
                let is_column = matches!(&*expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
                // Beside a `*` any plain column may be there twice.
                let marked = if is_column && has_wildcard {
                    Some(self.marked(&name))
                } else {
                    self.taken_twice(&name)
                };
                if marked.is_none() && is_column {
                    return;
                }
                let expr = std::mem::replace(expr, Expr::Identifier(Ident::new("")));
                *item = SelectItem::ExprWithAlias {
                    expr,
                    alias: Ident::with_quote('"', marked.unwrap_or(name)),
                };
            }
            _ => {}
        }
    }

    /// A marked name where this one is taken already; else takes it.
    fn taken_twice(&mut self, name: &str) -> Option<String> {
        let is_new = self.taken.insert(name.to_owned());
        (!is_new).then(|| self.marked(name))
    }

    fn marked(&mut self, name: &str) -> String {
        self.marks += 1;
        format!("{name}{MARK}{}", self.marks)
    }
}

/// As the planner reads it: without quotes it is lower-case.
pub(super) fn normalized(ident: &Ident) -> String {
    match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::parse::parse;
    use super::*;

    fn check(text: &str, expected: &str) {
        let mut query = parse(text).unwrap().query;
        name_items(&mut query);
        assert_eq!(query.to_string().replace(MARK, "#"), expected, "{text}");
    }

    #[test]
    fn expressions_are_named_and_repeats_are_marked() {
        check("SELECT name, s.kind", "SELECT name, s.kind");
        check(
            "SELECT count(*), max(x) AS m",
            "SELECT count(*) AS \"count(*)\", max(x) AS m",
        );
        check(
            "SELECT name, NAME, a.name, 1 AS name",
            "SELECT name, NAME AS \"name#1\", a.name AS \"name#2\", 1 AS \"name#3\"",
        );
        check(
            "SELECT *, name, 1 AS kind, 2 AS n FROM spans",
            "SELECT *, name AS \"name#1\", 1 AS \"kind#2\", 2 AS n FROM spans",
        );
        check(
            "(SELECT 1, 1) UNION ALL SELECT 2, 2",
            "(SELECT 1 AS \"1\", 1 AS \"1#1\") UNION ALL SELECT 2, 2",
        );
        check("VALUES (1, 1)", "VALUES (1, 1)");
    }

    #[test]
    fn marks_are_taken_off() {
        assert_eq!(shown("name\u{1f}12"), "name");
        assert_eq!(shown("count(*)"), "count(*)");
        assert_eq!(shown(""), "");
    }
}
