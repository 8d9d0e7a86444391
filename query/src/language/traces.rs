//! A query over traces: conditions that are asked of single spans, and how a trace combines them.
//!
//! Without groups there is one condition, and a trace matches when one of its spans satisfies all of
//! it. `{...}` groups are conditions of their own, which different spans may satisfy. Where groups are
//! mixed with plain conditions, the plain ones beside each other are one group: `a b {c}` is
//! `{a b} {c}`.

use super::ast::{Expr, Query};

/// A query over traces.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceQuery {
    conditions: Vec<Query>,
    shape: Shape,
}

#[derive(Debug, Clone, PartialEq)]
enum Shape {
    /// Some span satisfies the condition of that index.
    Some(usize),
    And(Vec<Shape>),
    Or(Vec<Shape>),
    Not(Box<Shape>),
}

impl TraceQuery {
    /// Takes `query` apart.
    pub fn new(query: &Query) -> TraceQuery {
        let mut conditions = Vec::new();
        let shape = Shape::new(query.root(), &mut |condition| {
            conditions.push(Query::new(query.signal(), condition));
            conditions.len() - 1
        });
        TraceQuery { conditions, shape }
    }

    /// What is asked of single spans; at least one, none with groups.
    pub fn conditions(&self) -> &[Query] {
        &self.conditions
    }

    /// Whether a trace matches of which some span satisfies the conditions that `satisfied` says, index
    /// by index.
    pub fn matches(&self, satisfied: &[bool]) -> bool {
        self.shape.holds(satisfied)
    }
}

impl Shape {
    fn new(expr: &Expr, add: &mut dyn FnMut(Expr) -> usize) -> Shape {
        match expr {
            Expr::Group(inner) => Shape::Some(add((**inner).clone())),
            plain if !has_group(plain) => Shape::Some(add(plain.clone())),
            Expr::And(parts) => Shape::And(Shape::parts(parts, Expr::all_of, add)),
            Expr::Or(parts) => Shape::Or(Shape::parts(parts, Expr::any_of, add)),
            Expr::Not(inner) => Shape::Not(Box::new(Shape::new(inner, add))),
            Expr::All | Expr::Text(_) | Expr::Field(..) => Shape::Some(add(expr.clone())),
        }
    }

    /// The plain ones of `parts` as one condition, and the others.
    fn parts(
        parts: &[Expr],
        join: fn(Vec<Expr>) -> Expr,
        add: &mut dyn FnMut(Expr) -> usize,
    ) -> Vec<Shape> {
        let (grouped, plain): (Vec<&Expr>, Vec<&Expr>) =
            parts.iter().partition(|part| has_group(part));
        let mut shapes = Vec::with_capacity(grouped.len() + 1);
        if !plain.is_empty() {
            shapes.push(Shape::Some(add(join(plain.into_iter().cloned().collect()))));
        }
        shapes.extend(grouped.into_iter().map(|part| Shape::new(part, add)));
        shapes
    }

    fn holds(&self, satisfied: &[bool]) -> bool {
        match self {
            Shape::Some(condition) => satisfied.get(*condition).copied().unwrap_or(false),
            Shape::And(parts) => parts.iter().all(|part| part.holds(satisfied)),
            Shape::Or(parts) => parts.iter().any(|part| part.holds(satisfied)),
            Shape::Not(inner) => !inner.holds(satisfied),
        }
    }
}

fn has_group(expr: &Expr) -> bool {
    let mut found = false;
    expr.visit(&mut |expr| found |= matches!(expr, Expr::Group(_)));
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use clearspan_schema::Signal;

    use super::*;

    fn check(text: &str, conditions: &[&str], matching: &[&[bool]], others: &[&[bool]]) {
        let query = TraceQuery::new(&Query::parse(text, Signal::Spans).unwrap());
        let printed: Vec<String> = query.conditions().iter().map(Query::to_string).collect();
        assert_eq!(printed, conditions, "{text}");
        for satisfied in matching {
            assert!(query.matches(satisfied), "{text}: {satisfied:?}");
        }
        for satisfied in others {
            assert!(!query.matches(satisfied), "{text}: {satisfied:?}");
        }
    }

    #[test]
    fn groups_are_asked_of_different_spans() {
        check("", &[""], &[&[true]], &[&[false]]);
        check("a NOT b", &["a NOT b"], &[&[true]], &[&[false]]);
        check(
            "{service:cart status:error} {name:\"POST /pay\"} NOT {kind:producer}",
            &[
                "service:cart status:error",
                "name:\"POST /pay\"",
                "kind:producer",
            ],
            &[&[true, true, false]],
            &[
                &[true, true, true],
                &[true, false, false],
                &[false, true, false],
            ],
        );
        check(
            "{a} OR {b}",
            &["a", "b"],
            &[&[true, false], &[false, true]],
            &[&[false, false]],
        );
        check(
            "NOT ({a} {b})",
            &["a", "b"],
            &[&[true, false]],
            &[&[true, true]],
        );
        check("{}", &[""], &[&[true]], &[]);
    }

    #[test]
    fn plain_conditions_beside_groups_are_one_group() {
        check(
            "a {c} b",
            &["a b", "c"],
            &[&[true, true]],
            &[&[true, false]],
        );
        check(
            "a OR {c} OR NOT b",
            &["a OR NOT b", "c"],
            &[&[true, false], &[false, true]],
            &[&[false, false]],
        );
    }
}
