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
            (
                "segments_skipped_by_time",
                answer.stats.segments_skipped_by_time,
            ),
            ("granules_read", answer.stats.granules_read),
            (
                "granules_skipped_by_time",
                answer.stats.granules_skipped_by_time,
            ),
            ("templates_total", answer.stats.templates_total),
            ("templates_tested", answer.stats.templates_tested),
            ("templates_matched", answer.stats.templates_matched),
            ("templates_ruled_out", answer.stats.templates_ruled_out),
            ("templates_undecided", answer.stats.templates_undecided),
        ] {
            assert_eq!(figure(&plan, name), count, "{form}: {name} in {plan}");
        }
        let is_stored = form != "memtable";
        let skipped = figure(&plan, "segments_skipped_by_time");
        assert_eq!(skipped > 0, is_stored, "{form}: {plan}");
        let ruled_out = figure(&plan, "templates_ruled_out");
        assert_eq!(ruled_out > 0, is_stored, "{form}: {plan}");
        assert_eq!(figure(&plan, "rows_total"), LOGS as u64, "{form}");
        assert!(figure(&plan, "rows_matched") >= found as u64, "{form}");
    }
}

/// In front of a query: nothing, or what asks for its plan after it has run.
const RUN: [&str; 2] = ["", "EXPLAIN ANALYZE "];

#[tokio::test(flavor = "multi_thread")]
async fn limits_hold_where_a_plan_is_asked_for() {
    let rows = filled(Config {
        sql_rows_max: 100,
        ..Config::default()
    });
    let many = "SELECT body FROM logs";
    assert!(asked(&rows, &format!("EXPLAIN {many}")).await.is_ok());
    let memory = filled(Config {
        memory_bytes: 1_000_000,
        ..Config::default()
    });
    let sorted = "SELECT a.body FROM logs a, logs b ORDER BY a.body || b.body LIMIT 10000";
    assert!(asked(&memory, &format!("EXPLAIN {sorted}")).await.is_ok());
    for front in RUN {
        let error = asked(&rows, &format!("{front}{many}")).await.unwrap_err();
        let is_expected = matches!(error, QueryError::RowLimit { limit: 100 });
        assert!(is_expected, "{front}: {error:?}");
        let error = asked(&memory, &format!("{front}{sorted}")).await;
        let error = error.unwrap_err();
        let is_expected = matches!(error, QueryError::MemoryLimit { .. });
        assert!(is_expected, "{front}: {error:?}");
    }
}

/// Each is below the limits that are looked at before.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_much_is_refused_by_the_guard_that_it_meets() {
    let store = filled(Config::default());
    let from_logs = |condition: String| format!("SELECT 1 FROM logs WHERE {condition}");
    let nested = |open: &str, close: &str, count: usize| {
        format!("SELECT {}1{}", open.repeat(count), close.repeat(count))
    };
    let guards = [
        (
            "bytes",
            from_logs(format!("{} true", "1 = 1 OR ".repeat(20_000))),
        ),
        (
            "words and signs",
            from_logs(format!("{} true", "1=1 OR ".repeat(5_001))),
        ),
        (
            "words and signs",
            from_logs(format!("flags IN ({}2)", "1,".repeat(15_000))),
        ),
        (
            "operators hang on each other",
            from_logs(format!("{} true", "true OR ".repeat(6_000))),
        ),
        (
            "operators hang on each other",
            from_logs(format!("{} true", "flags=1 OR ".repeat(600))),
        ),
        (
            "operators hang on each other",
            from_logs(format!("{} true", "flags IN (1,2) OR ".repeat(600))),
        ),
        ("brackets", nested("(", ")", 9_000)),
        ("brackets", nested("(", ")", 101)),
        ("brackets", nested("1+(", ")", 4_000)),
    ];
    for (guard, query) in guards {
        assert_eq!(query.len() < 64 * 1024, guard != "bytes", "{guard}");
        for front in ["", "EXPLAIN ", "EXPLAIN ANALYZE "] {
            let error = asked(&store, &format!("{front}{query}")).await.unwrap_err();
            let is_refused = matches!(error, QueryError::BadSql(_));
            assert!(is_refused, "{front}{guard}: {error:?}");
            assert!(error.to_string().contains(guard), "{front}{guard}: {error}");
        }
    }
    // As much as may be.
    for query in [
        from_logs(format!("{} false", "flags=1 OR ".repeat(450))),
        from_logs(format!("flags IN ({}2)", "1,".repeat(9_000))),
        nested("(", ")", 90),
    ] {
        for front in RUN {
            let answer = asked(&store, &format!("{front}{query}")).await;
            assert!(answer.is_ok(), "{front}{}: {answer:?}", &query[..60]);
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

#[tokio::test(flavor = "multi_thread")]
async fn a_join_holds_the_side_that_is_asked_something() {
    let store = filled(Config::default());
    store.flush();
    for (held, other) in [("a", "b"), ("b", "a")] {
        let query = format!(
            "EXPLAIN SELECT {other}.body FROM logs a JOIN logs b ON a.trace_id = b.trace_id WHERE {held}.service = 'cart'"
        );
        let (_, plan, _) = plans(&store, &query).await;
        let (_, sides) = plan.split_once("HashJoinExec").unwrap();
        let leaves: Vec<&str> = sides.split("SegmentScanExec").skip(1).collect();
        assert_eq!(leaves.len(), 2, "{plan}");
        // The first side is the one that is held, and without room that nobody uses.
        let (above, _) = sides.split_once("SegmentScanExec").unwrap();
        assert!(above.contains("GuardedExec: Compact"), "{plan}");
        assert!(
            leaves[0].contains("cart") && !leaves[1].contains("cart"),
            "{plan}"
        );
    }
}
