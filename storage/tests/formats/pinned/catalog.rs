//! The catalog: how its tables are made, and its rows with their checksums, where those follow from nothing but the format.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

/// What is shown of each table. Sizes and checksums of files, and sums over them, are left out.
const ROWS: &[(&str, &str)] = &[
    ("meta", "SELECT * FROM meta"),
    ("tables", "SELECT * FROM tables ORDER BY signal"),
    (
        "wal_files",
        "SELECT tenant, signal, file, first_seq, created_ns, state, end_offset, end_seq, damaged, rows_lost FROM wal_files ORDER BY signal, file",
    ),
    (
        "segments",
        "SELECT id, tenant, signal, partition, rows, min_time_ns, max_time_ns, min_seq, max_seq, min_arrival_ns, max_arrival_ns, \
         wal_from_seq, wal_to_seq, level, created_ns FROM segments ORDER BY id",
    ),
    ("services", "SELECT * FROM services ORDER BY name"),
    (
        "digests",
        "SELECT * FROM digests WHERE name IN ('tables', 'services') ORDER BY name",
    ),
];

pub(super) fn describe(path: &Path) -> Vec<String> {
    let catalog = Connection::open(path).unwrap();
    let mut lines = query(
        &catalog,
        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name",
    );
    for line in &mut lines {
        *line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    for (table, sql) in ROWS {
        lines.extend(
            query(&catalog, sql)
                .into_iter()
                .map(|row| format!("{table}: {row}")),
        );
    }
    lines
}

fn query(catalog: &Connection, sql: &str) -> Vec<String> {
    let mut statement = catalog.prepare(sql).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        let values = (0..columns).map(|column| show(row.get_ref_unwrap(column)));
        Ok(values.collect::<Vec<_>>().join(" | "))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn show(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        other => panic!("{other:?} in the catalog"),
    }
}
