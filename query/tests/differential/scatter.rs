//! Traces as points, held against a plain scan.

use std::collections::BTreeSet;

use clearspan_query::{AskedRange, QueryError, ScatterAnswer, ScatterPoint, ScatterRequest};
use clearspan_schema::TraceId;
use clearspan_storage::TenantId;

use crate::random::Random;
use crate::roots::{BATCH, STAGES, enter, request, spans};
use crate::spans::Span;
use crate::store::Store;
use crate::traces::{QUERIES, TraceWanted, scan};

async fn scatter(store: &Store, request: &ScatterRequest) -> ScatterAnswer {
    let tenant = TenantId::default();
    let answer = store.engine.scatter_traces(&tenant, request.clone()).await;
    answer.unwrap()
}

fn any_request(query: usize, random: &mut Random) -> ScatterRequest {
    let asked = request(QUERIES[query].0, random);
    ScatterRequest {
        query: asked.query,
        range: asked.range,
        min_duration_ns: asked.min_duration_ns,
        max_duration_ns: asked.max_duration_ns,
        root: match random.one_in(3) {
            true => asked.root,
            false => Default::default(),
        },
        points: 10_000,
    }
}

/// All points there would be, by start.
fn expected(spans: &[Span], wanted: TraceWanted, asked: &ScatterRequest) -> Vec<ScatterPoint> {
    let mut search = request(&asked.query, &mut Random::new(0));
    search.range = asked.range;
    search.min_duration_ns = asked.min_duration_ns;
    search.max_duration_ns = asked.max_duration_ns;
    search.root = asked.root.clone();
    search.sort = Default::default();
    let found = scan(spans, wanted, &search);
    let points = found.into_iter().rev().map(|trace| ScatterPoint {
        trace_id: trace.trace_id,
        start_ns: trace.start_ns,
        duration_ns: trace.duration_ns,
        span_count: trace.span_count,
        error: trace.error_count > 0,
    });
    points.collect()
}

fn ids(points: &[ScatterPoint]) -> BTreeSet<TraceId> {
    points.iter().map(|point| point.trace_id).collect()
}

/// A sample is a part of all, in its order, and has as many with an error as it can.
fn check_sample(sample: &ScatterAnswer, all: &[ScatterPoint], points: usize, what: &str) {
    let chosen = ids(&sample.points);
    let of_all = all.iter().filter(|point| chosen.contains(&point.trace_id));
    let of_all: Vec<ScatterPoint> = of_all.copied().collect();
    assert_eq!(sample.points, of_all, "{what}");
    assert_eq!(sample.points.len(), points.min(all.len()), "{what}");
    let errors = |points: &[ScatterPoint]| points.iter().filter(|point| point.error).count();
    assert_eq!(errors(&sample.points), errors(all).min(points), "{what}");
    let counted = (sample.matched as usize, sample.matched_errors as usize);
    assert_eq!(counted, (all.len(), errors(all)), "{what}");
    assert!(sample.missing.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn points_are_all_traces_or_a_part_of_them_in_every_form() {
    let (mut sampled, mut with_all_errors) = (0, 0);
    for seed in 0..4 {
        let mut random = Random::new(9_000 + seed);
        let spans = spans(&mut random);
        let mut store = Store::new();
        let mut arrived = 0;
        for (stage, batches) in STAGES {
            let here = &spans[..batches * BATCH];
            store = enter(stage, store, &here[arrived..]).await;
            arrived = here.len();
            for _ in 0..30 {
                let query = match random.one_in(2) {
                    true => 0,
                    false => random.below(QUERIES.len() as u64) as usize,
                };
                let mut request = any_request(query, &mut random);
                let what = format!("seed {seed}, {stage}: {request:?}");
                let all = expected(here, QUERIES[query].1, &request);
                assert_eq!(scatter(&store, &request).await.points, all, "{what}");
                let mut larger: Option<BTreeSet<TraceId>> = None;
                for points in [all.len(), all.len().saturating_sub(2), all.len() / 2, 1] {
                    request.points = points.max(1);
                    let sample = scatter(&store, &request).await;
                    check_sample(&sample, &all, request.points, &what);
                    let chosen = ids(&sample.points);
                    assert!(larger.is_none_or(|larger| larger.is_superset(&chosen)));
                    sampled += usize::from(chosen.len() < all.len());
                    with_all_errors += usize::from(sample.points.iter().any(|point| !point.error));
                    larger = Some(chosen);
                }
            }
        }
    }
    assert!(
        sampled > 500 && with_all_errors > 300,
        "{sampled}, {with_all_errors}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_traces_give_the_same_sample_wherever_they_lie() {
    let mut random = Random::new(17);
    let spans = spans(&mut random);
    let mut store = Store::new();
    let request = ScatterRequest {
        range: AskedRange::ALL,
        points: 9,
        ..ScatterRequest::default()
    };
    spans
        .chunks(BATCH)
        .for_each(|part| store.append(crate::spans::batch(part)));
    let first = scatter(&store, &request).await.points;
    assert_eq!(first.len(), 9);
    for stage in ["segments", "merged", "crashed", "restarted"] {
        store = enter(stage, store, &[]).await;
        assert_eq!(scatter(&store, &request).await.points, first, "{stage}");
    }
    for points in [0, 10_001, usize::MAX] {
        let request = ScatterRequest {
            points,
            ..request.clone()
        };
        let tenant = TenantId::default();
        let refused = store.engine.scatter_traces(&tenant, request).await;
        let is_refused = matches!(
            refused,
            Err(QueryError::LimitOutOfRange { what: "points", .. })
        );
        assert!(is_refused, "{points}");
    }
}
