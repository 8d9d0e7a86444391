//! What the tree of a query tells: that nothing in it writes, and that it is neither too large nor too deep.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, GroupByExpr, GroupByWithModifier, ObjectName, Query, Select, SetExpr, Statement,
    TableFactor, TableWithJoins, Visit, Visitor,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::super::error::{SqlError, position_of};
use super::super::limits::{EXPRESSION_DEPTH_MAX, SELECTS_MAX, TABLES_MAX};
use super::{ONE_SELECT, too_much};

/// Refuses what would write, and trees that are too large or too deep.
pub(super) fn check(text: &str, query: &Query) -> Result<(), SqlError> {
    let mut check = TreeCheck {
        text,
        depth: 0,
        selects: 0,
        queries: Vec::new(),
    };
    match query.visit(&mut check) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

struct TreeCheck<'a> {
    text: &'a str,
    depth: usize,
    selects: usize,
    /// Those that are open, from the outermost to the innermost.
    queries: Vec<OpenQuery>,
}

/// A query that is being walked over.
struct OpenQuery {
    /// The names of its WITH, and how many tables each reads; absent while it is walked over itself.
    with: Vec<(String, Option<u64>)>,
    /// Tables that it reads, each WITH counted wherever it stands.
    tables: u64,
}

impl TreeCheck<'_> {
    /// Tables that are read where `name` stands.
    fn tables_of(&self, name: &ObjectName) -> u64 {
        let name = name.to_string().replace('"', "").to_ascii_lowercase();
        let named = self
            .queries
            .iter()
            .rev()
            .flat_map(|query| query.with.iter().rev());
        let known = named
            .filter(|(known, _)| *known == name)
            .find_map(|(_, tables)| *tables);
        known.unwrap_or(1)
    }

    fn refuse(&self, what: &str, span: Option<Span>) -> ControlFlow<SqlError> {
        let position = span.and_then(|span| position_of(self.text, span.start));
        ControlFlow::Break(
            SqlError::at(format!("{what} is not answered here"), position).with_hint(ONE_SELECT),
        )
    }
}

impl Visitor for TreeCheck<'_> {
    type Break = SqlError;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<SqlError> {
        if !reads_only(&query.body) {
            return self.refuse("a statement that is no SELECT", None);
        }
        if !query.locks.is_empty() || query.for_clause.is_some() {
            return self.refuse("FOR behind a SELECT", None);
        }
        if query.settings.is_some() || query.format_clause.is_some() {
            return self.refuse("SETTINGS or FORMAT behind a SELECT", None);
        }
        if !query.pipe_operators.is_empty() {
            return self.refuse("the operator |>", None);
        }
        let with = query.with.iter().flat_map(|with| &with.cte_tables);
        let names = with.map(|cte| (cte.alias.name.value.to_ascii_lowercase(), None));
        self.queries.push(OpenQuery {
            with: names.collect(),
            tables: 0,
        });
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<SqlError> {
        if select.into.is_some() {
            return self.refuse("SELECT INTO", Some(select.select_token.0.span));
        }
        if let Some(clause) = clause_without_effect(select) {
            return self.refuse(clause, Some(select.select_token.0.span));
        }
        self.selects += 1;
        if self.selects > SELECTS_MAX {
            return ControlFlow::Break(too_much(format!(
                "there are more than {SELECTS_MAX} SELECTs"
            )));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<SqlError> {
        if is_read_in_part(table) {
            return self.refuse("a hint, sample, version or partition behind a table", None);
        }
        let count = match table {
            TableFactor::Table { name, .. } => self.tables_of(name),
            _ => 1,
        };
        if let Some(query) = self.queries.last_mut() {
            query.tables = query.tables.saturating_add(count);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<SqlError> {
        let read = self.queries.pop().map_or(0, |query| query.tables);
        if read > TABLES_MAX {
            let message = format!("more than {TABLES_MAX} tables are read");
            return ControlFlow::Break(too_much(format!(
                "{message}; a WITH counts wherever it is used"
            )));
        }
        if let Some(above) = self.queries.last_mut() {
            // The queries of WITH are walked over first, in order.
            match above.with.iter_mut().find(|(_, tables)| tables.is_none()) {
                Some((_, tables)) => *tables = Some(read),
                None => above.tables = above.tables.saturating_add(read),
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, _: &Expr) -> ControlFlow<SqlError> {
        self.depth += 1;
        if self.depth > EXPRESSION_DEPTH_MAX {
            return ControlFlow::Break(too_much(format!(
                "more than {EXPRESSION_DEPTH_MAX} operators hang on each other"
            )));
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, _: &Expr) -> ControlFlow<SqlError> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_statement(&mut self, _: &Statement) -> ControlFlow<SqlError> {
        self.refuse("a statement that is no SELECT", None)
    }
}

/// Clauses of other dialects that the parser takes and the planner passes over: an answer would be that of another
/// query.
fn clause_without_effect(select: &Select) -> Option<&'static str> {
    let group_modifiers = match &select.group_by {
        GroupByExpr::All(modifiers) | GroupByExpr::Expressions(_, modifiers) => modifiers,
    };
    let is_global = |from: &TableWithJoins| from.joins.iter().any(|join| join.global);
    let is_there = [
        (select.prewhere.is_some(), "PREWHERE"),
        (!select.connect_by.is_empty(), "CONNECT BY"),
        (!select.lateral_views.is_empty(), "LATERAL VIEW"),
        (!select.cluster_by.is_empty(), "CLUSTER BY"),
        (!select.distribute_by.is_empty(), "DISTRIBUTE BY"),
        (!select.sort_by.is_empty(), "SORT BY"),
        (select.top.is_some(), "TOP"),
        (select.value_table_mode.is_some(), "AS VALUE or STRUCT"),
        (
            select.select_modifiers.is_some(),
            "a modifier behind SELECT",
        ),
        (!select.optimizer_hints.is_empty(), "a hint behind SELECT"),
        (
            group_modifiers
                .iter()
                .any(|modifier| matches!(modifier, GroupByWithModifier::Totals)),
            "WITH TOTALS",
        ),
        (select.from.iter().any(is_global), "GLOBAL before a join"),
    ];
    is_there
        .iter()
        .find(|(is, _)| *is)
        .map(|(_, clause)| *clause)
}

fn is_read_in_part(table: &TableFactor) -> bool {
    match table {
        TableFactor::Table {
            with_hints,
            version,
            with_ordinality,
            partitions,
            json_path,
            sample,
            index_hints,
            ..
        } => {
            !with_hints.is_empty()
                || version.is_some()
                || *with_ordinality
                || !partitions.is_empty()
                || json_path.is_some()
                || sample.is_some()
                || !index_hints.is_empty()
        }
        TableFactor::Derived { sample, .. } => sample.is_some(),
        _ => false,
    }
}

fn reads_only(body: &SetExpr) -> bool {
    let mut left = body;
    // Long chains of UNION lean to the left.
    loop {
        match left {
            SetExpr::SetOperation {
                left: next, right, ..
            } => {
                if !reads_only(right) {
                    return false;
                }
                left = next;
            }
            SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::Values(_) => return true,
            _ => return false,
        }
    }
}
