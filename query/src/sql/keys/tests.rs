//! Which keys plans want.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use datafusion::datasource::empty::EmptyTable;
use datafusion::execution::SessionState;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::prelude::SessionContext;

use super::super::attributes::{own_type, shared_type};
use super::super::functions;
use super::*;

fn session() -> SessionState {
    let state = SessionStateBuilder::new()
        .with_default_features()
        .with_scalar_functions(functions::scalar_functions(1 << 20))
        .with_aggregate_functions(functions::aggregate_functions())
        .with_window_functions(functions::window_functions())
        .with_expr_planners(functions::planners(1 << 20))
        .build();
    let context = SessionContext::new_with_state(state);
    let schema = Arc::new(Schema::new(vec![
        Field::new("service", DataType::Utf8, false),
        Field::new("attributes", own_type(), true),
        Field::new("resource", shared_type(), true),
    ]));
    for name in ["logs", "spans"] {
        let table = EmptyTable::new(Arc::clone(&schema));
        context.register_table(name, Arc::new(table)).unwrap();
    }
    context.state()
}

async fn check(query: &str, expected: Option<&[&str]>) {
    let plan = session().create_logical_plan(query).await.unwrap();
    let expected = expected.map_or(AttributeKeys::All, |keys| {
        AttributeKeys::Only(keys.iter().map(|key| (*key).to_owned()).collect())
    });
    assert_eq!(of_plan(&plan).unwrap(), expected, "{query}\n{plan}");
}

#[tokio::test]
async fn keys_that_stand_in_the_query_are_all_that_is_wanted() {
    check("SELECT service FROM logs", Some(&[])).await;
    check("SELECT count(*) FROM logs", Some(&[])).await;
    check("SELECT resource['a'], resource FROM logs", Some(&[])).await;
    check("SELECT attributes['a'] FROM logs", Some(&["a"])).await;
    check(
        "SELECT service, max(attributes_num(attributes, 'b')) m FROM logs \
         WHERE attributes['a'] LIKE 'x%' GROUP BY service HAVING count(attributes['d']) > 1 ORDER BY m",
        Some(&["a", "b", "d"]),
    )
    .await;
    check(
        "SELECT l.attributes['a'] FROM logs l JOIN spans s ON l.attributes['c'] = s.attributes['b']",
        Some(&["a", "b", "c"]),
    )
    .await;
    check(
        "SELECT service FROM logs WHERE service IN (SELECT attributes['x'] FROM spans)",
        Some(&["x"]),
    )
    .await;
    check(
        "WITH t AS (SELECT attributes['x'] x FROM spans) SELECT x FROM t UNION ALL SELECT attributes['y'] FROM logs",
        Some(&["x", "y"]),
    )
    .await;
}

#[tokio::test]
async fn any_other_use_wants_all() {
    for query in [
        "SELECT * FROM logs",
        "SELECT l.* FROM logs l JOIN spans s ON l.service = s.service",
        "SELECT attributes FROM logs",
        "SELECT attributes['a'], attributes FROM logs",
        "SELECT service FROM logs ORDER BY attributes_json(attributes)",
        "SELECT attributes[service] FROM logs",
        "SELECT renamed['a'] FROM (SELECT attributes AS renamed FROM logs)",
        "SELECT service FROM logs WHERE attributes IS NULL",
        "SELECT DISTINCT attributes FROM logs",
        "SELECT service FROM (SELECT * FROM logs)",
        "SELECT service FROM logs WHERE EXISTS (SELECT 1 FROM spans WHERE spans.service = attributes_json(logs.attributes))",
    ] {
        check(query, None).await;
    }
}
