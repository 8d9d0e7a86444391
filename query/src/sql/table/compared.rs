//! Columns that the search language knows as fields, compared with literals.
//!
//! | column | field | comparisons |
//! |---|---|---|
//! | `duration_ns` of `spans` | `duration` | `=`, `<`, `<=`, `>`, `>=` with whole numbers; null, as absent there, passes none |
//! | `kind`, `status_code` of `spans` | `kind`, `status` | `=` with text. The language ignores case and knows numbers: only a name as the column has it is asked for, and only a number that has no name |
//! | `name` of `spans`, `service` | `name`, `service` | all, with text: both compare bytes |
//! | `severity_number` of `logs` | `severity` | those that 0 does not pass. Where there is no number the field asks the text: of what 0 passes it could lose rows, of anything else it lets more through |
//!
//! All but the last mean the same here as there, so that nobody need ask again. Not mapped: `<>`; order of `kind` and `status_code`, which have
//! none there; what the planner compares as something else than the column is (`duration_ns > 0.5`), for then a cast stands around the column.

use clearspan_schema::{Signal, logs, spans};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Operator;

use super::super::limits::FIELD_LIST_MAX;
use super::pushdown::Needed;
use crate::language::fields::{KINDS, STATUSES};
use crate::language::number::NumberLiteral;
use crate::language::{Comparison, Expr, Field, Test, Value};

/// What every row satisfies of which `column` compares so with `value`; `None` where the language does not say.
pub(super) fn compared(
    column: &str,
    op: Operator,
    value: &ScalarValue,
    signal: Signal,
) -> Option<Needed> {
    match (column, signal) {
        (spans::DURATION_NS, Signal::Spans) => {
            exactly(field(Field::Duration, op, number(integer(value)?)?)?)
        }
        (logs::SEVERITY_NUMBER, Signal::Logs) => severity(op, integer(value)?),
        (spans::KIND, Signal::Spans) => exactly(code(Field::Kind, &KINDS, op, text(value)?)?),
        (spans::STATUS_CODE, Signal::Spans) => {
            exactly(code(Field::Status, &STATUSES, op, text(value)?)?)
        }
        (spans::NAME, Signal::Spans) => exactly(field(
            Field::Name,
            op,
            Value::Text(text(value)?.to_owned()),
        )?),
        (logs::SERVICE, _) => exactly(field(
            Field::Service,
            op,
            Value::Text(text(value)?.to_owned()),
        )?),
        _ => None,
    }
}

/// The same, of a column that equals any of `values`: few, for each is asked of each row.
pub(super) fn equals_any(column: &str, values: &[&ScalarValue], signal: Signal) -> Option<Needed> {
    if values.len() > FIELD_LIST_MAX {
        return None;
    }
    let each = values
        .iter()
        .map(|value| compared(column, Operator::Eq, value, signal));
    each.reduce(|any, one| Some(any?.or(one?))).flatten()
}

fn exactly(rows: Expr) -> Option<Needed> {
    Some(Needed {
        exact: true,
        ..Needed::rows(rows)
    })
}

fn field(field: Field, op: Operator, value: Value) -> Option<Expr> {
    let test = match op {
        Operator::Eq => Test::Equals(value),
        Operator::Gt => Test::Compare(Comparison::Greater, value),
        Operator::GtEq => Test::Compare(Comparison::GreaterOrEqual, value),
        Operator::Lt => Test::Compare(Comparison::Less, value),
        Operator::LtEq => Test::Compare(Comparison::LessOrEqual, value),
        _ => return None,
    };
    Some(Expr::Field(field, test))
}

fn severity(op: Operator, value: i128) -> Option<Needed> {
    let passes_0 = match op {
        Operator::Eq => value == 0,
        Operator::Gt => 0 > value,
        Operator::GtEq => 0 >= value,
        Operator::Lt => 0 < value,
        Operator::LtEq => 0 <= value,
        _ => true,
    };
    match passes_0 {
        true => None,
        false => Some(Needed::rows(field(Field::Severity, op, number(value)?)?)),
    }
}

/// The column has the name of each number, and the number where there is none.
fn code(of: Field, names: &[&str], op: Operator, text: &str) -> Option<Expr> {
    if op != Operator::Eq {
        return None;
    }
    if names.contains(&text) {
        return field(of, op, Value::Text(text.to_owned()));
    }
    let unnamed = text.parse::<i32>().ok().filter(|number| {
        let has_name = usize::try_from(*number).is_ok_and(|number| number < names.len());
        number.to_string() == text && !has_name
    });
    match unnamed {
        Some(unnamed) => field(of, op, number(unnamed.into())?),
        // No row has such a text.
        None => Some(Expr::All.negated()),
    }
}

fn number(value: i128) -> Option<Value> {
    NumberLiteral::parse(&value.to_string()).map(Value::Number)
}

fn text(value: &ScalarValue) -> Option<&str> {
    value.try_as_str()?
}

fn integer(value: &ScalarValue) -> Option<i128> {
    match value {
        ScalarValue::Int8(value) => value.map(i128::from),
        ScalarValue::Int16(value) => value.map(i128::from),
        ScalarValue::Int32(value) => value.map(i128::from),
        ScalarValue::Int64(value) => value.map(i128::from),
        ScalarValue::UInt8(value) => value.map(i128::from),
        ScalarValue::UInt16(value) => value.map(i128::from),
        ScalarValue::UInt32(value) => value.map(i128::from),
        ScalarValue::UInt64(value) => value.map(i128::from),
        _ => None,
    }
}
