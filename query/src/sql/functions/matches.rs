//! `matches(text, 'query')`: the search language asked of a text.
//!
//! Words, phrases, regular expressions between slashes, AND, OR, NOT and parentheses are asked of the text
//! as if it were a log's body; a text that is null has none of them. Where `matches(body, ...)` of `logs` or
//! `matches(name, ...)` of `spans` stands as a condition of WHERE by itself, the leaf decides it, with the
//! index; there it may name fields of the record too. Everywhere else a query that names fields is refused,
//! because the function sees nothing but the text.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BinaryArray, BooleanArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use clearspan_schema::{Signal, logs};
use clearspan_storage::scan::PartError;
use datafusion::common::{Result, ScalarValue, exec_err, plan_err};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};

use super::super::error::SqlError;
use crate::QueryError;
use crate::language::{Field as Asked, Matcher, Query};

const NAME: &str = "matches";

/// The function.
pub(super) fn function() -> Arc<ScalarUDF> {
    Arc::new(ScalarUDF::new_from_impl(Matches {
        signature: Signature::user_defined(Volatility::Immutable),
    }))
}

/// The text and the query of a call, where `expr` is one with a constant query.
pub(crate) fn call(expr: &Expr) -> Option<(&Expr, &str)> {
    let Expr::ScalarFunction(function) = expr else {
        return None;
    };
    match (function.name(), function.args.as_slice()) {
        (NAME, [text, Expr::Literal(query, _)]) => Some((uncast(text), query.try_as_str()??)),
        _ => None,
    }
}

fn uncast(expr: &Expr) -> &Expr {
    match expr {
        Expr::Cast(cast) => uncast(&cast.expr),
        other => other,
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Matches {
    signature: Signature,
}

impl ScalarUDFImpl for Matches {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let is_text = |data_type: &DataType| match data_type {
            DataType::Dictionary(_, values) => values.is_string(),
            other => other.is_string() || other.is_null(),
        };
        match types {
            // The text's own type stays, so that no cast stands between the call and the column.
            [text, query] if is_text(text) && is_text(query) => Ok(types.to_vec()),
            [_, _] => plan_err!("matches takes a text and a query of the search language"),
            _ => plan_err!("matches takes two arguments, {} are given", types.len()),
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    /// A mistake in the query is told when the call is planned, with its place in the query.
    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        if let Some(Some(query)) = args.scalar_arguments.get(1)
            && let Some(Some(text)) = query.try_as_str()
        {
            // A query with fields reads one way over logs and another over spans; each is right somewhere.
            let over_logs = Query::parse(text, Signal::Logs);
            if over_logs.is_err() && Query::parse(text, Signal::Spans).is_err() {
                over_logs.map_err(refused)?;
            }
        }
        Ok(Arc::new(Field::new(NAME, DataType::Boolean, false)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [text, query] = args.args.as_slice() else {
            return exec_err!("matches takes two arguments");
        };
        let query = match query {
            ColumnarValue::Scalar(scalar) => constant(scalar)?,
            ColumnarValue::Array(_) => {
                return plan_err!("the query of matches must be a constant, not a column");
            }
        };
        let texts = match text {
            ColumnarValue::Array(array) => Arc::clone(array),
            ColumnarValue::Scalar(scalar) => scalar.to_array_of_size(args.number_rows)?,
        };
        let Some(query) = query else {
            return Ok(ColumnarValue::Array(Arc::new(BooleanArray::from(vec![
                false;
                texts.len()
            ]))));
        };
        let matched = matched(&query, &texts).map_err(|error| {
            DataFusionError::External(Box::new(QueryError::Internal(error.to_string())))
        })?;
        Ok(ColumnarValue::Array(Arc::new(matched)))
    }
}

fn refused(error: crate::language::LanguageError) -> DataFusionError {
    DataFusionError::External(Box::new(QueryError::BadQuery(error)))
}

/// The query, as it is asked of a text alone; `None` when it is null, which no text matches.
fn constant(scalar: &ScalarValue) -> Result<Option<Query>> {
    let Some(Some(text)) = scalar.try_as_str() else {
        return Ok(None);
    };
    let query = Query::parse(text, Signal::Logs).map_err(refused)?;
    let named = query
        .fields()
        .into_iter()
        .find(|field| **field != Asked::Body);
    match named {
        None => Ok(Some(query)),
        Some(field) => {
            let message = format!("matches cannot ask for the field `{field}` here");
            let hint = "fields belong into WHERE; matches(body, ...) of logs and matches(name, ...) of spans take them \
                        where they are a condition of WHERE by themselves";
            let error = SqlError::new(message).with_hint(hint);
            Err(DataFusionError::External(Box::new(QueryError::from(error))))
        }
    }
}

/// The texts, as bodies of logs.
fn matched(query: &Query, texts: &ArrayRef) -> Result<BooleanArray, PartError> {
    let bodies = cast(texts, &DataType::Utf8)?;
    let values: ArrayRef = Arc::new(BinaryArray::new_null(bodies.len()));
    let schema = Schema::new(vec![
        Field::new(logs::BODY, DataType::Utf8, true),
        Field::new(logs::BODY_VALUE, DataType::Binary, true),
    ]);
    let batch = RecordBatch::try_new(Arc::new(schema), vec![bodies, values])?;
    Ok(BooleanArray::new(
        Matcher::new(query).matches(&batch)?,
        None,
    ))
}
