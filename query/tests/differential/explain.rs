//! `EXPLAIN`: what plans tell of their leaves, and that they are told within the limits of a SELECT.

use arrow::array::AsArray;
use clearspan_query::{Config, QueryError, SqlAnswer, SqlRequest};
use clearspan_storage::TenantId;

use crate::random::Random;
use crate::records::{Log, batch};
use crate::store::Store;

const LOGS: i64 = 3_000;

fn filled(config: Config) -> Store {
    let store = Store::with(config);
    let mut random = Random::new(27);
    let logs: Vec<Log> = (0..LOGS)
        .map(|number| Log::random(number, &mut random))
        .collect();
    store.append(batch(&logs));
    store
}

async fn asked(store: &Store, query: &str) -> Result<SqlAnswer, QueryError> {
    let request = SqlRequest {
        query: query.to_owned(),
        params: Vec::new(),
    };
    store.engine.sql(&TenantId::default(), request).await
}

/// The kinds of the plans, and all of their texts.
async fn plans(store: &Store, query: &str) -> (Vec<String>, String, SqlAnswer) {
    let answer = asked(store, query).await.unwrap();
    let names: Vec<&String> = answer.schema.fields().iter().map(|f| f.name()).collect();
    assert_eq!(names, ["plan_type", "plan"]);
    let column = |at: usize| -> Vec<String> {
        let batches = answer.batches.iter();
        let texts = batches.flat_map(|batch| batch.column(at).as_string::<i32>().iter());
        texts.map(|text| text.unwrap().to_owned()).collect()
    };
    (column(0), column(1).join("\n"), answer)
}

/// The figure `name` of the one leaf in `plan`.
fn figure(plan: &str, name: &str) -> u64 {
    let all: Vec<&str> = plan.split(&format!("{name}=")).skip(1).collect();
    assert_eq!(all.len(), 1, "{name} in {plan}");
    let digits = all[0].split([',', ']']).next().unwrap();
    // A figure of thousands is told as `3.00 K`.
    match digits.split_once(" K") {
        Some((thousands, _)) => (thousands.parse::<f64>().unwrap() * 1000.0) as u64,
        None => digits.parse().unwrap(),
    }
}

const QUERY: &str = "SELECT body, attributes['k'] FROM logs WHERE matches(body, 'gamma') \
     AND body LIKE '%gamma%' AND time >= '2023-07-22T05:00:00Z'";

#[tokio::test(flavor = "multi_thread")]
async fn a_leaf_says_what_it_is_asked_and_reads_nothing() {
    let store = filled(Config::default());
    store.flush();
    let (kinds, plan, answer) = plans(&store, &format!("EXPLAIN {QUERY}")).await;
    assert_eq!(kinds, ["logical_plan", "physical_plan"]);
    for told in [
        "SegmentScanExec: signal=logs",
        "range=[2023-07-22T05:00:00Z, *)",
        "query=[gamma]",
        "hint=[*gamma*]",
        "body",
        "attributes=[k]",
    ] {
        assert!(plan.contains(told), "{told} in {plan}");
    }
    let folder = store.folder.path().display().to_string();
    assert!(!plan.contains(&folder) && !plan.contains('\u{1f}'));
    assert_eq!(answer.stats.rows_scanned, 0);
    assert_eq!(answer.stats.rows_total, LOGS as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn analyze_counts_what_the_select_counts() {
    let store = filled(Config::default());
    for form in ["memtable", "segments", "merged"] {
        match form {
            "segments" => store.flush(),
            "merged" => store.compact(),
            _ => {}
        }
        let rows = asked(&store, QUERY).await.unwrap();
        let found: usize = rows.batches.iter().map(|batch| batch.num_rows()).sum();
        assert!(found > 0 && found < LOGS as usize / 2);
        let (kinds, plan, answer) = plans(&store, &format!("EXPLAIN ANALYZE {QUERY}")).await;
        assert_eq!(kinds, ["plan_with_metrics"]);
        assert_eq!(answer.stats, rows.stats, "{form}");
        for (name, count) in [
            ("segments_total", answer.stats.segments_total),
            ("segments_read", answer.stats.segments_read),
            ("granules_read", answer.stats.granules_read),
            ("templates_tested", answer.stats.templates_tested),
        ] {
            assert_eq!(figure(&plan, name), count, "{form}: {name} in {plan}");
        }
        assert_eq!(figure(&plan, "rows_total"), LOGS as u64, "{form}");
        assert!(figure(&plan, "rows_matched") >= found as u64, "{form}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_hold_where_a_plan_is_asked_for() {
    let store = filled(Config {
        sql_rows_max: 100,
        memory_bytes: 1_000_000,
        ..Config::default()
    });
    let many = "SELECT body FROM logs";
    let sorted = "SELECT a.body FROM logs a, logs b ORDER BY a.body || b.body LIMIT 100000";
    assert!(asked(&store, &format!("EXPLAIN {many}")).await.is_ok());
    for (query, is_expected) in [
        (
            many,
            (|error| matches!(error, QueryError::RowLimit { limit: 100 }))
                as fn(&QueryError) -> bool,
        ),
        (sorted, |error| {
            matches!(
                error,
                QueryError::MemoryLimit { .. } | QueryError::RowLimit { .. }
            )
        }),
    ] {
        for front in ["", "EXPLAIN ANALYZE "] {
            let error = asked(&store, &format!("{front}{query}")).await.unwrap_err();
            assert!(is_expected(&error), "{front}{query}: {error:?}");
        }
    }
    let ors = format!("SELECT 1 WHERE {} 1 = 1", "1 = 1 OR ".repeat(20_000));
    let deep = format!("SELECT {}1{}", "(".repeat(10_000), ")".repeat(10_000));
    for query in [ors, deep] {
        for front in ["", "EXPLAIN ", "EXPLAIN ANALYZE "] {
            let error = asked(&store, &format!("{front}{query}")).await.unwrap_err();
            assert!(matches!(error, QueryError::BadSql(_)), "{front}: {error:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn durations_are_constants_of_the_plan() {
    let store = filled(Config::default());
    let query = "EXPLAIN SELECT name FROM spans WHERE duration_ns > duration('1.5s')";
    let (_, plan, _) = plans(&store, query).await;
    assert!(plan.contains("1500000000"), "{plan}");
    assert!(!plan.contains("duration("), "{plan}");
}
