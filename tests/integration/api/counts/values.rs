//! Fields and their values.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::oracle::{self, Named, Origin};
use super::records::{NAMES, Record};
use super::{QUERIES, encoded, stored};
use crate::integration::api::server::Server;

/// Fields to ask for: all names, and what the language has beside them.
fn asked() -> Vec<String> {
    let names = NAMES.iter().copied().filter(|name| !name.is_empty());
    let beside = [
        "severity",
        "trace_id",
        "span_id",
        "scope.name",
        "scope.version",
        "attributes.body",
        "scope.k",
        "resource.k",
        "attributes.attributes.k",
        "resource.service",
        "nobody.has.it",
    ];
    names.chain(beside).map(str::to_owned).collect()
}

/// A value as an answer has it: its kind and its text.
type Shown = (&'static str, String);

/// What an answer should say of a field: values with their rows, in order.
fn expected(records: &[&Record], field: &str) -> Vec<(Shown, u64)> {
    let ignores_case = oracle::ignores_case(field);
    let of_rows: Vec<Vec<Named>> = records
        .iter()
        .map(|record| oracle::values(record, field))
        .collect();
    let mut distinct: Vec<Named> = Vec::new();
    for value in of_rows.iter().flatten() {
        let same = distinct.iter_mut().find(|known| {
            std::mem::discriminant::<Named>(known) == std::mem::discriminant(value)
                && oracle::finds(known, std::slice::from_ref(value), ignores_case)
        });
        match (same, value) {
            (None, value) => distinct.push(value.clone()),
            // As it was sent, and of several spellings the first.
            (Some(Named::Text(text, origin)), Named::Text(other, from))
                if (*from, other.as_str()) < (*origin, text.as_str()) =>
            {
                (*text, *origin) = (other.clone(), *from);
            }
            _ => {}
        }
    }
    let count = |value: Named| {
        let finds = |values: &&Vec<Named>| oracle::finds(&value, values, ignores_case);
        (of_rows.iter().filter(finds).count() as u64, value)
    };
    let mut counted: Vec<(u64, Named)> = distinct.into_iter().map(count).collect();
    counted.sort_by(|(a_rows, a), (b_rows, b)| {
        let by_value = match (a, b) {
            (Named::Number(_, Some(a)), Named::Number(_, Some(b))) => a.cmp(b),
            // The one that no integer holds is larger than the largest integer, which reads the same as a double.
            (Named::Number(a, a_int), Named::Number(b, b_int)) => {
                a.total_cmp(b).then(b_int.is_some().cmp(&a_int.is_some()))
            }
            _ => shown(a).cmp(&shown(b)),
        };
        b_rows.cmp(a_rows).then(by_value)
    });
    let counted = counted.into_iter();
    counted.map(|(rows, value)| (shown(&value), rows)).collect()
}

/// The kinds are in the order of answers.
fn shown(value: &Named) -> Shown {
    let kind = match value {
        Named::Bool(_) => "1 bool",
        Named::Number(..) => "2 number",
        Named::Text(_, Origin::Json) => "4 json",
        Named::Text(..) => "3 text",
    };
    (kind, oracle::written(value))
}

/// The values of an answer, from its very text: a parser would round the numbers.
fn answered(mut values: &str) -> Vec<(Shown, u64)> {
    let mut found = Vec::new();
    values = &values[1..];
    while !values.starts_with(']') {
        let (raw, rest) = first_json(
            values
                .trim_start_matches(',')
                .strip_prefix("{\"value\":")
                .unwrap(),
        );
        let (count, rest) = first_json(rest.strip_prefix(",\"count\":").unwrap());
        let (is_int, rest) = match rest.strip_prefix(",\"type\":\"int\"") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let text = || serde_json::from_str::<String>(raw).unwrap();
        let value = match raw.as_bytes()[0] {
            b'"' if is_int => ("2 number", text()),
            b'"' => ("3 text", text()),
            b't' | b'f' => ("1 bool", raw.to_owned()),
            b'{' | b'[' => ("4 json", raw.to_owned()),
            _ => ("2 number", raw.to_owned()),
        };
        found.push((value, count.parse().unwrap()));
        values = rest.strip_prefix('}').unwrap();
    }
    found
}

/// The first value of `text`, and what follows it.
fn first_json(text: &str) -> (&str, &str) {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    values.next().unwrap().unwrap();
    text.split_at(values.byte_offset())
}

fn values_path(field: &str) -> String {
    format!("/api/v1/logs/fields/{}/values", encoded(field))
}

/// The query that a person would write for a value.
fn filter(field: &str, (kind, text): &Shown) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let value = match *kind {
        "1 bool" | "2 number" => text.clone(),
        _ => quoted(text),
    };
    format!("{}:{value}", quoted(field))
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_those_of_a_plain_scan() {
    for seed in 0..3 {
        let (server, records) = stored(seed, 132).await;
        for (query, wanted) in QUERIES {
            let matching: Vec<&Record> = records.iter().filter(|record| wanted(record)).collect();
            let mut all = BTreeMap::new();
            for field in asked() {
                let body = json!({"q": query, "limit": 10_000});
                let answer = server.post(&values_path(&field), &body).await;
                let parsed = answer.json();
                let text = String::from_utf8(answer.body.clone()).unwrap();
                let (values, _) = first_json(text.strip_prefix("{\"values\":").unwrap());
                let expected = expected(&matching, &field);
                assert_eq!(answered(values), expected, "seed {seed}: {query} {field:?}");
                assert_eq!(parsed["distinct"], json!(expected.len()), "{field}");
                assert_eq!(parsed["matched"], json!(matching.len()), "{field}");
                all.insert(field, (parsed["values"].clone(), expected));
            }
            facets_are_the_same(&server, query, &all).await;
            if seed == 0 {
                filters_find_what_was_counted(&server, query, &all).await;
            }
        }
    }
}

type Answers = BTreeMap<String, (Value, Vec<(Shown, u64)>)>;

/// Several fields at once.
async fn facets_are_the_same(server: &Server, query: &str, all: &Answers) {
    let names: Vec<&String> = all.keys().collect();
    for names in names.chunks(20) {
        let body = json!({"q": query, "limit": 10_000, "fields": names});
        let answer = server.post("/api/v1/logs/facets", &body).await.json();
        let facets = answer["facets"].as_array().unwrap();
        assert_eq!(facets.len(), names.len());
        for (facet, name) in facets.iter().zip(names) {
            let (values, expected) = &all[*name];
            let wanted = json!({"field": name, "values": values, "distinct": expected.len()});
            assert_eq!(*facet, wanted, "{query}");
        }
    }
}

/// Each value as a filter finds as many rows as were counted for it.
async fn filters_find_what_was_counted(server: &Server, query: &str, all: &Answers) {
    for (field, (_, values)) in all {
        for (value, count) in values {
            let filter = format!("{query} {}", filter(field, value));
            let body = json!({"q": filter, "limit": 1});
            let found = server.post("/api/v1/logs/search", &body).await.json();
            assert_eq!(found["matched"], json!(count), "{filter}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_are_those_of_a_plain_scan() {
    for seed in 0..3 {
        let (server, records) = stored(seed, 132).await;
        for (query, wanted) in QUERIES {
            let matching = records.iter().filter(|record| wanted(record));
            let mut fields: BTreeMap<String, (u64, Option<&str>)> = BTreeMap::new();
            for (name, kind) in matching.flat_map(oracle::fields) {
                let (rows, known) = fields.entry(name).or_default();
                *rows += 1;
                *known = match (*known, kind) {
                    (Some(known), Some(kind)) if known != kind => Some("mixed"),
                    (known, kind) => known.or(kind),
                };
            }
            let mut fields: Vec<_> = fields.into_iter().collect();
            fields.sort_by(|(a_name, (a, _)), (b_name, (b, _))| b.cmp(a).then(a_name.cmp(b_name)));
            let expected: Vec<Value> = fields
                .into_iter()
                .map(|(name, (rows, kind))| json!({"name": name, "type": kind, "count": rows}))
                .collect();
            let body = json!({"q": query});
            let answer = server.post("/api/v1/logs/fields", &body).await.json();
            assert_eq!(answer["distinct"], json!(expected.len()));
            assert_eq!(answer["fields"], json!(expected), "seed {seed}: {query}");
        }
    }
}
