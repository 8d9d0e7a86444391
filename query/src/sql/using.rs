//! The columns of `USING`, in WHERE.
//!
//! In `logs JOIN spans USING (trace_id)` the bare `trace_id` means the one column that both sides share. The
//! planner knows that everywhere but in WHERE, where it calls the name ambiguous. So there the name of the
//! side whose value counts is put before it.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, Ident, Join, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart, Query, Select,
    TableFactor, TableWithJoins, VisitMut, VisitorMut,
};

use super::names::normalized;

/// Puts the names of tables before the columns of `USING` that stand bare in WHERE.
pub(crate) fn qualify(query: &mut Query) {
    let _never_broken = query.visit(&mut EachSelect);
}

struct EachSelect;

impl VisitorMut for EachSelect {
    type Break = ();

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        let (Some(condition), [from]) = (&mut select.selection, select.from.as_slice()) else {
            return ControlFlow::Continue(());
        };
        match Shared::of(from) {
            Some(shared) => condition.visit(&mut InWhere { shared, depth: 0 }),
            None => ControlFlow::Continue(()),
        }
    }
}

/// Columns that all tables of a FROM share by `USING`, and the table whose values they have.
struct Shared {
    table: Ident,
    columns: Vec<String>,
}

impl Shared {
    /// `None` where a table is joined in another way: whether a name is ambiguous is then the planner's to say.
    fn of(from: &TableWithJoins) -> Option<Self> {
        let mut table = &from.relation;
        let mut columns: Option<Vec<String>> = None;
        for Join {
            relation,
            join_operator,
            ..
        } in &from.joins
        {
            let using = match join_operator {
                JoinOperator::Join(JoinConstraint::Using(using))
                | JoinOperator::Inner(JoinConstraint::Using(using))
                | JoinOperator::Left(JoinConstraint::Using(using))
                | JoinOperator::LeftOuter(JoinConstraint::Using(using)) => using,
                JoinOperator::Right(JoinConstraint::Using(using))
                | JoinOperator::RightOuter(JoinConstraint::Using(using)) => {
                    table = relation;
                    using
                }
                _ => return None,
            };
            let using: Vec<String> = using.iter().filter_map(column).collect();
            columns = Some(match columns {
                None => using,
                Some(known) => known
                    .into_iter()
                    .filter(|name| using.contains(name))
                    .collect(),
            });
        }
        Some(Shared {
            table: name(table)?,
            columns: columns?,
        })
    }
}

fn column(name: &ObjectName) -> Option<String> {
    name.0
        .last()
        .and_then(ObjectNamePart::as_ident)
        .map(normalized)
}

fn name(table: &TableFactor) -> Option<Ident> {
    match table {
        TableFactor::Table { name, alias, .. } => match alias {
            Some(alias) => Some(alias.name.clone()),
            None => name.0.last()?.as_ident().cloned(),
        },
        TableFactor::Derived { alias, .. } => alias.as_ref().map(|alias| alias.name.clone()),
        _ => None,
    }
}

struct InWhere {
    shared: Shared,
    /// Subqueries around the place; in them names are those of their own tables first.
    depth: usize,
}

impl VisitorMut for InWhere {
    type Break = ();

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Identifier(ident) = expr
            && self.depth == 0
            && self.shared.columns.contains(&normalized(ident))
        {
            *expr = Expr::CompoundIdentifier(vec![self.shared.table.clone(), ident.clone()]);
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::parse::parse;
    use super::*;

    fn check(from_and_where: &str, expected: &str) {
        let mut query = parse(&format!("SELECT x FROM {from_and_where}"))
            .unwrap()
            .query;
        qualify(&mut query);
        assert_eq!(query.to_string(), format!("SELECT x FROM {expected}"));
    }

    #[test]
    fn a_shared_column_is_that_of_the_side_whose_rows_are_kept() {
        check(
            "a JOIN b USING (x) WHERE x = 1 AND y = 2",
            "a JOIN b USING(x) WHERE a.x = 1 AND y = 2",
        );
        check(
            "logs AS l LEFT JOIN b USING (x, y) WHERE X IN (y)",
            "logs AS l LEFT JOIN b USING(x, y) WHERE l.X IN (l.y)",
        );
        check(
            "a RIGHT JOIN (SELECT 1 AS x) b USING (x) WHERE x IS NULL",
            "a RIGHT JOIN (SELECT 1 AS x) b USING(x) WHERE b.x IS NULL",
        );
        check(
            "a JOIN b USING (x, y) JOIN c USING (x) WHERE x = y",
            "a JOIN b USING(x, y) JOIN c USING(x) WHERE a.x = y",
        );
    }

    #[test]
    fn what_is_ambiguous_stays_so() {
        for unchanged in [
            "a JOIN b USING(x), c WHERE x = 1",
            "a JOIN b USING(x) JOIN c ON c.y = a.y WHERE x = 1",
            "a FULL JOIN b USING(x) WHERE x = 1",
            "a JOIN b USING(x) WHERE b.x = 1",
            "a JOIN b USING(x) WHERE EXISTS (SELECT 1 FROM c WHERE x = 1)",
            "a JOIN b USING(x) WHERE \"X\" = 1",
            "a WHERE x = 1",
        ] {
            check(unchanged, unchanged);
        }
    }

    #[test]
    fn a_select_inside_is_looked_at_by_itself() {
        check(
            "c WHERE y IN (SELECT y FROM a JOIN b USING (x) WHERE x = 1)",
            "c WHERE y IN (SELECT y FROM a JOIN b USING(x) WHERE a.x = 1)",
        );
    }
}
