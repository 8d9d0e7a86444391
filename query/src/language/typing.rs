//! Which tests a known field takes, and the form its values get: a duration is a number, an id is
//! lower-case hex. Attributes take every test.

use clearspan_schema::ids::parse_hex;

use super::ast::{Field, Glob, Test, Value};
use super::error::LanguageError;
use super::fields::severity_number;
use super::number::{Measure, NumberLiteral};

/// `test` as `field` takes it. `position` is where the test's value stands.
pub(crate) fn typed(field: &Field, test: Test, position: usize) -> Result<Test, LanguageError> {
    match field {
        Field::Duration => duration(test, position),
        Field::TraceId => id(test, position, parse_hex::<16>, "32 hexadecimal digits"),
        Field::SpanId => id(test, position, parse_hex::<8>, "16 hexadecimal digits"),
        Field::Severity => severity(test, position),
        Field::Kind | Field::Status => unordered(field, test, position),
        Field::Service | Field::Body | Field::Name | Field::EventName | Field::Attribute(..) => {
            Ok(test)
        }
    }
}

fn duration(test: Test, position: usize) -> Result<Test, LanguageError> {
    let number = |value: Value| {
        NumberLiteral::parse(value.text())
            .filter(|number| number.measure() != Some(Measure::Size))
            .map(Value::Number)
            .ok_or_else(|| {
                LanguageError::new(
                    position,
                    "this is no duration",
                    &["a duration such as 500ms"],
                )
            })
    };
    Ok(match test {
        Test::Exists => Test::Exists,
        Test::Equals(value) => Test::Equals(number(value)?),
        Test::Compare(comparison, value) => Test::Compare(comparison, number(value)?),
        Test::Range(low, high) => {
            Test::Range(low.map(number).transpose()?, high.map(number).transpose()?)
        }
        Test::Glob(_) | Test::Matches(_) => {
            let message = "a duration is compared, it has no text";
            return Err(LanguageError::new(
                position,
                message,
                &["a duration such as 500ms"],
            ));
        }
    })
}

fn id<T>(
    test: Test,
    position: usize,
    parse: fn(&str) -> Option<T>,
    form: &str,
) -> Result<Test, LanguageError> {
    match test {
        Test::Exists | Test::Matches(_) => Ok(test),
        Test::Equals(value) if parse(value.text()).is_some() => {
            Ok(Test::Equals(Value::Text(value.text().to_ascii_lowercase())))
        }
        Test::Glob(Glob(pieces)) => Ok(Test::Glob(Glob(
            pieces
                .into_iter()
                .map(|piece| piece.to_ascii_lowercase())
                .collect(),
        ))),
        Test::Equals(_) => Err(LanguageError::new(position, "this is no id", &[form])),
        Test::Compare(..) | Test::Range(..) => Err(LanguageError::new(
            position,
            "ids have no order",
            &[form, "a part of it with '*'"],
        )),
    }
}

fn severity(test: Test, position: usize) -> Result<Test, LanguageError> {
    let check = |value: &Value| match value {
        Value::Number(_) => Ok(()),
        _ if severity_number(value.text()).is_some() => Ok(()),
        _ => {
            let expected = [
                "trace",
                "debug",
                "info",
                "warn",
                "error",
                "fatal",
                "a number from 1 to 24",
            ];
            Err(LanguageError::new(
                position,
                "this is no severity",
                &expected,
            ))
        }
    };
    match &test {
        Test::Compare(_, value) => check(value)?,
        Test::Range(low, high) => low.iter().chain(high).try_for_each(check)?,
        Test::Exists | Test::Equals(_) | Test::Glob(_) | Test::Matches(_) => {}
    }
    Ok(test)
}

fn unordered(field: &Field, test: Test, position: usize) -> Result<Test, LanguageError> {
    match test {
        Test::Compare(..) | Test::Range(..) => Err(LanguageError::new(
            position,
            format!("the values of {field} have no order"),
            &["a value after ':'"],
        )),
        other => Ok(other),
    }
}
