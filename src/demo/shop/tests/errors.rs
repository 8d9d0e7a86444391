//! What goes wrong, how it is told, and that it does not go wrong too often.

use super::*;

#[test]
fn errors_follow_the_conventions_of_http() {
    for span in &QUARTER.spans {
        let Some(status) = int(&span.attributes, "http.response.status_code") else {
            continue;
        };
        let from = if span.kind == Kind::Server { 500 } else { 400 };
        assert_eq!(span.error.is_some(), status >= from, "{span:?}");
    }
    for span in QUARTER.spans.iter().filter(|span| span.error.is_some()) {
        assert!(text(&span.attributes, "error.type").is_some(), "{span:?}");
    }
}

#[test]
fn a_failure_reaches_the_visitor_with_its_exceptions() {
    let failed = traces(&QUARTER).into_values().find(|spans| {
        spans.iter().any(|span| {
            span.name == "POST /v2/charges"
                && text(&span.attributes, "error.type") == Some("timeout")
        }) && spans
            .iter()
            .any(|span| span.parent.is_none() && span.error.is_some())
    });
    let spans = failed.unwrap();
    let attempts: Vec<_> = spans
        .iter()
        .filter(|span| span.name == "POST /v2/charges")
        .collect();
    assert_eq!(attempts.len(), 3, "it was tried again");
    assert_eq!(
        int(&attempts[2].attributes, "http.request.resend_count"),
        Some(2)
    );
    assert!(spans.iter().any(|span| span.name == "compensate"));
    for service in ["payment", "checkout", "api-gateway", "web-frontend"] {
        let served = spans.iter().find(|span| {
            span.kind == Kind::Server && span.instance.service == service && span.error.is_some()
        });
        let exception = served
            .unwrap()
            .events
            .iter()
            .find(|event| event.name == "exception");
        let stack_trace = text(&exception.unwrap().attributes, "exception.stacktrace").unwrap();
        assert!(stack_trace.lines().count() > 2, "{stack_trace}");
    }
}

#[test]
fn any_quarter_of_an_hour_has_errors_and_slow_times() {
    for (seed, from) in [
        (1, FIRST_SLICE),
        (1, FIRST_SLICE + 77),
        (2, FIRST_SLICE),
        (3, FIRST_SLICE + 501),
    ] {
        let records = quarter(seed, from);
        let spans = |service: &'static str| {
            records
                .spans
                .iter()
                .filter(move |span| span.instance.service == service)
        };
        let silent =
            spans("payment").filter(|span| text(&span.attributes, "error.type") == Some("timeout"));
        let locked = spans("inventory").filter(|span| {
            span.name == "SELECT stock" && span.end_ns - span.start_ns > 500_000_000
        });
        let refused = spans("catalog").filter(|span| span.name == "GET" && span.error.is_some());
        let broken: Vec<_> = spans("pricing")
            .filter(|span| span.error.is_some())
            .collect();
        for (what, count) in [
            ("silent", silent.count()),
            ("locked", locked.count()),
            ("refused", refused.count()),
            ("broken", broken.len()),
        ] {
            assert!(count >= 5, "{what}: {count} with seed {seed} from {from}");
        }
        // What tells the broken release is its version.
        let trial = services::pricing::PRICING.trial.unwrap();
        assert!(broken.iter().all(|span| span.instance.version == trial));
        assert!(
            spans("pricing").any(|span| span.instance.version == trial && span.error.is_none())
        );
    }
}

#[test]
fn most_visits_are_good() {
    let roots = QUARTER.spans.iter().filter(|span| span.parent.is_none());
    let (failed, good): (Vec<_>, Vec<_>) = roots.partition(|span| span.error.is_some());
    let share = failed.len() as f64 / (failed.len() + good.len()) as f64;
    assert!((0.01..0.12).contains(&share), "{share}");
}
