//! Parameters: `$name` in the query, bound from what stands beside it.
//!
//! A parameter becomes a literal of the parsed query, never a part of its text, so that no value can be
//! read as SQL. `$from` and `$to` are times in every form that the API takes, and become timestamps.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident,
    ObjectName, Query, Value, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::error::position_of;
use crate::{AskedTime, QueryError};

/// A parameter's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SqlParam {
    /// Text.
    Text(String),
    /// A number, as it was written in JSON.
    Number(String),
    /// A boolean.
    Bool(bool),
    /// No value.
    Null,
}

/// What is wrong with the parameters of a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SqlParamError {
    /// The query asks for a parameter that was not given.
    #[error("the parameter `${name}` is not given")]
    Unbound {
        /// Its name.
        name: String,
        /// Where it stands, in characters of the query from 0.
        position: Option<usize>,
    },
    /// A parameter was given that the query does not ask for.
    #[error("the query has no parameter `${name}`")]
    Unknown {
        /// Its name.
        name: String,
    },
    /// `$from` or `$to` is no time.
    #[error("the parameter `${name}` is no time")]
    NoTime {
        /// Its name.
        name: String,
    },
}

/// These are times.
const TIMES: [&str; 2] = ["from", "to"];

/// Puts `params` into `query`, whose text is `text`. Each placeholder must have its value and each value,
/// except `$from` and `$to`, its placeholder: whoever sends a page's range need not know whether it is used.
pub(crate) fn bind(
    query: &mut Query,
    text: &str,
    params: &[(String, SqlParam)],
    now_ns: i64,
) -> Result<(), QueryError> {
    let mut binder = Binder {
        text,
        params,
        now_ns,
        used: BTreeSet::new(),
    };
    if let ControlFlow::Break(error) = query.visit(&mut binder) {
        return Err(error.into());
    }
    let unknown = params
        .iter()
        .map(|(name, _)| name.as_str())
        .find(|name| !binder.used.contains(name) && !TIMES.contains(name));
    match unknown {
        Some(name) => Err(SqlParamError::Unknown { name: shown(name) }.into()),
        None => Ok(()),
    }
}

struct Binder<'a> {
    text: &'a str,
    params: &'a [(String, SqlParam)],
    now_ns: i64,
    used: BTreeSet<&'a str>,
}

impl VisitorMut for Binder<'_> {
    type Break = SqlParamError;

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlParamError> {
        let Expr::Value(value) = expr else {
            return ControlFlow::Continue(());
        };
        let Value::Placeholder(placeholder) = &value.value else {
            return ControlFlow::Continue(());
        };
        match self.value_of(placeholder, value.span) {
            Ok(bound) => {
                *expr = bound;
                ControlFlow::Continue(())
            }
            Err(error) => ControlFlow::Break(error),
        }
    }
}

impl Binder<'_> {
    fn value_of(&mut self, placeholder: &str, span: Span) -> Result<Expr, SqlParamError> {
        let name = placeholder.strip_prefix('$').unwrap_or(placeholder);
        let Some((name, param)) = self.params.iter().find(|(given, _)| given == name) else {
            return Err(SqlParamError::Unbound {
                name: shown(name),
                position: position_of(self.text, span.start),
            });
        };
        self.used.insert(name);
        if TIMES.contains(&name.as_str()) {
            return self.time(name, param);
        }
        Ok(value(match param {
            SqlParam::Text(text) => Value::SingleQuotedString(text.clone()),
            SqlParam::Number(number) => Value::Number(number.clone(), false),
            SqlParam::Bool(bool) => Value::Boolean(*bool),
            SqlParam::Null => Value::Null,
        }))
    }

    fn time(&self, name: &str, param: &SqlParam) -> Result<Expr, SqlParamError> {
        let ns = match param {
            SqlParam::Null => Value::Null,
            SqlParam::Text(text) | SqlParam::Number(text) => {
                let time = AskedTime::parse(text).map(|time| time.at(self.now_ns));
                let ns = time.ok_or_else(|| SqlParamError::NoTime { name: shown(name) })?;
                // Beyond the first and the last stored time there is nothing.
                let ns = ns.clamp(i64::MIN.into(), i64::MAX.into());
                Value::Number(ns.to_string(), false)
            }
            SqlParam::Bool(_) => return Err(SqlParamError::NoTime { name: shown(name) }),
        };
        Ok(call(
            "arrow_cast",
            [ns, Value::SingleQuotedString(TIMESTAMP.into())],
        ))
    }
}

/// The type of every time in the tables, as `arrow_cast` reads it.
const TIMESTAMP: &str = "Timestamp(Nanosecond, Some(\"UTC\"))";

fn value(value: Value) -> Expr {
    Expr::Value(value.with_empty_span())
}

fn call<const N: usize>(name: &str, args: [Value; N]) -> Expr {
    let arg = |arg| FunctionArg::Unnamed(FunctionArgExpr::Expr(value(arg)));
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: args.into_iter().map(arg).collect(),
            clauses: vec![],
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: vec![],
    })
}

fn shown(name: &str) -> String {
    name.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::parse::parse;
    use super::*;

    fn bound(text: &str, params: &[(&str, SqlParam)]) -> Result<String, QueryError> {
        let params: Vec<_> = params
            .iter()
            .map(|(name, param)| ((*name).to_owned(), param.clone()))
            .collect();
        let mut query = parse(text).unwrap().query;
        bind(&mut query, text, &params, 1_000_000_000).map(|()| query.to_string())
    }

    fn text(text: &str) -> SqlParam {
        SqlParam::Text(text.into())
    }

    #[test]
    fn values_become_literals() {
        let params = [
            ("a", text("x' OR '1'='1")),
            ("b", SqlParam::Number("-1.5e3".into())),
            ("c", SqlParam::Bool(true)),
            ("d", SqlParam::Null),
            ("e", SqlParam::Number("7".into())),
        ];
        assert_eq!(
            bound(
                "SELECT $a, $b, attributes[$a] WHERE $c AND x IN ($d) LIMIT $e",
                &params
            )
            .unwrap(),
            "SELECT 'x'' OR ''1''=''1', -1.5e3, attributes['x'' OR ''1''=''1'] WHERE true AND x IN (NULL) LIMIT 7"
        );
        assert_eq!(
            bound("SELECT '$a', \"$a\" -- $a", &[]).unwrap(),
            "SELECT '$a', \"$a\""
        );
    }

    #[test]
    fn from_and_to_are_times() {
        let sql = "SELECT $from, $to";
        let params = [
            ("from", text("now-1s")),
            ("to", SqlParam::Number("5".into())),
        ];
        let expected = "SELECT arrow_cast(0, 'Timestamp(Nanosecond, Some(\"UTC\"))'), \
                        arrow_cast(5000000, 'Timestamp(Nanosecond, Some(\"UTC\"))')";
        assert_eq!(bound(sql, &params).unwrap(), expected);
        assert!(bound("SELECT 1", &params).is_ok());
        for broken in [text("yesterday"), SqlParam::Bool(true), text("")] {
            let error = bound("SELECT $to", &[("to", broken)]).unwrap_err();
            assert!(
                matches!(error, QueryError::SqlParam(SqlParamError::NoTime { .. })),
                "{error:?}"
            );
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let error = bound("SELECT\n $x", &[]).unwrap_err();
        let expected = SqlParamError::Unbound {
            name: "x".into(),
            position: Some(8),
        };
        assert!(matches!(error, QueryError::SqlParam(error) if error == expected));
        let error = bound("SELECT 1", &[("y", SqlParam::Null)]).unwrap_err();
        assert!(
            matches!(error, QueryError::SqlParam(SqlParamError::Unknown { name }) if name == "y")
        );
    }
}
