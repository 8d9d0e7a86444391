//! Fields that no record has. A query may name any: it is not wrong, it finds nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use clearspan_schema::any::KeyValues;
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::{SchemaError, columns, logs};
use clearspan_storage::scan::{Projection, TimeRange};
use futures::StreamExt;

use super::nearest::nearest;
use crate::engine::Session;
use crate::exec::{Emit, SegmentScan, SegmentScanExec, Span};
use crate::language::fields::known_names;
use crate::language::renamed::names_of;
use crate::language::{Expr, Field, Query};
use crate::limits::{HINT_KEYS_MAX, HINT_ROWS};
use crate::{Order, QueryError};

/// Both signals name these columns alike.
const COLUMNS: [&str; 3] = [logs::ATTRIBUTES, logs::SCOPE, logs::RESOURCE];

/// For each attribute that `query` names and the newest records do not have: what it may have been meant to be.
pub(super) async fn unknown(session: &Session, query: &Query) -> Result<Vec<String>, QueryError> {
    let asked = asked(query);
    if asked.is_empty() || session.snapshot.rows() == 0 {
        return Ok(Vec::new());
    }
    let keys = newest_keys(session).await?;
    let is_known = |key: &str| names_of(key).into_iter().any(|name| keys.contains(name));
    let mut known: Vec<&str> = keys.iter().map(String::as_str).collect();
    for name in known_names(session.snapshot.signal()) {
        known.push(name);
    }
    let mut hints = Vec::new();
    for key in asked.into_iter().filter(|key| !is_known(key)) {
        let mut hint = format!("the newest records have no field `{key}`");
        if let Some(name) = nearest(key, known.iter().copied()) {
            hint.push_str(&format!("; did you mean `{name}`?"));
        }
        hints.push(hint);
    }
    Ok(hints)
}

/// The keys of attributes, each once.
fn asked(query: &Query) -> BTreeSet<&str> {
    let mut asked = BTreeSet::new();
    query.root().visit(&mut |expr| {
        if let Expr::Field(Field::Attribute(_, key), _) = expr {
            asked.insert(key.as_str());
        }
    });
    asked
}

/// The keys of the newest records, of all levels.
async fn newest_keys(session: &Session) -> Result<BTreeSet<String>, QueryError> {
    let snapshot = &session.snapshot;
    let all = TimeRange::ALL;
    let span = Span::of(snapshot, all, Order::Descending, None);
    let window = span.and_then(|span| span.window(span.first_width(snapshot, HINT_ROWS as f64)));
    let scan = SegmentScan::new(
        Arc::clone(snapshot),
        Query::all(snapshot.signal()),
        window.unwrap_or(all),
        Emit::Columns(Projection::from(&COLUMNS)),
    )?;
    let leaf = Arc::new(SegmentScanExec::new(scan, session.plans.partitions()));
    let mut batches = session.plans.stream(leaf as _)?;
    let (mut keys, mut rows) = (BTreeSet::new(), 0);
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(|error| session.plans.query_error(&error))?;
        add_keys(&batch, &mut keys)?;
        rows += batch.num_rows();
        // Where the newest records all stand in one instant there are as many as there are.
        if rows > 2 * HINT_ROWS || keys.len() > HINT_KEYS_MAX {
            break;
        }
    }
    Ok(keys)
}

fn add_keys(batch: &RecordBatch, keys: &mut BTreeSet<String>) -> Result<(), SchemaError> {
    let mut add = |attributes: KeyValues<'_>| {
        for (key, _) in attributes {
            if !keys.contains(key) {
                keys.insert(key.to_owned());
            }
        }
    };
    let attributes = columns::binary(batch, logs::ATTRIBUTES)?;
    for row in 0..attributes.len() {
        add(KeyValues::new(attributes.value(row)));
    }
    let scopes = columns::binary_dictionary(batch, logs::SCOPE)?;
    for scope in scopes
        .values()
        .iter()
        .flatten()
        .filter_map(ScopeRef::decode)
    {
        add(scope.attributes);
    }
    let resources = columns::binary_dictionary(batch, logs::RESOURCE)?;
    let resources = resources.values().iter().flatten();
    for resource in resources.filter_map(ResourceRef::decode) {
        add(resource.attributes);
    }
    Ok(())
}
