//! The log records, and the requests that carry all records.

use super::*;
use crate::demo::incidents::Incident;
use crate::demo::telemetry::{Log, Said, Severity};

#[test]
fn logs_stand_in_their_spans() {
    let spans: HashMap<_, _> = QUARTER
        .spans
        .iter()
        .map(|span| ((span.trace_id, span.span_id), span))
        .collect();
    let (correlated, alone): (Vec<&Log>, Vec<&Log>) =
        QUARTER.logs.iter().partition(|log| log.span.is_some());
    for log in &correlated {
        let span = spans[&log.span.unwrap()];
        assert_eq!(span.instance, log.instance);
        assert!(
            (span.start_ns..=span.end_ns).contains(&log.time_ns),
            "{log:?}"
        );
    }
    assert!(
        alone.len() * 20 < correlated.len() * 2,
        "{} alone",
        alone.len()
    );
    assert!(alone.len() > 100);
}

#[test]
fn logs_are_of_many_kinds() {
    let severities: BTreeSet<_> = QUARTER.logs.iter().map(|log| log.severity).collect();
    assert_eq!(severities.len(), 5, "{severities:?}");
    let warnings = QUARTER
        .logs
        .iter()
        .filter(|log| log.severity >= Severity::Warn)
        .count();
    assert!(
        warnings * 3 < QUARTER.logs.len(),
        "{warnings} of {}",
        QUARTER.logs.len()
    );
    let loggers: BTreeSet<_> = QUARTER.logs.iter().map(|log| &log.scope.name).collect();
    assert!(loggers.len() > 25, "{loggers:?}");
    let texts: Vec<&str> = QUARTER
        .logs
        .iter()
        .filter_map(|log| match &log.said {
            Said::Text(text) => Some(text.as_str()),
            Said::Map(..) => None,
        })
        .collect();
    assert!(texts.len() < QUARTER.logs.len(), "no structured body");
    let has = |what: &str, found: &dyn Fn(&&&str) -> bool| {
        assert!(texts.iter().filter(found).count() > 0, "{what}");
    };
    has("a stack trace", &|text| {
        text.starts_with("Unhandled") && text.lines().count() > 3
    });
    has("a retry", &|text| text.contains("trying again"));
    has("a slow query", &|text| text.starts_with("slow query"));
    has("a long line", &|text| text.len() > 8_000);
    has("a colour code", &|text| text.contains('\u{1b}'));
    has("an emoji", &|text| text.contains('\u{2b50}'));
    let odd_agents = QUARTER
        .spans
        .iter()
        .filter_map(|span| text(&span.attributes, "user_agent.original"));
    assert!(
        odd_agents
            .filter(|agent| agent.contains("<script>"))
            .count()
            > 0
    );
}

#[test]
fn requests_carry_every_record() {
    use clearspan_proto::otlp::{WireSignal, decode_logs, decode_traces};
    let records = Shop::new(1, 8.0).slice(FIRST_SLICE);
    let (spans, logs) = (records.spans.len(), records.logs.len());
    let exports = records.into_exports().unwrap();
    assert_eq!(exports.len(), 2);
    for export in exports {
        let body = &export.body;
        let (rows, rejected, expected) = match export.signal {
            WireSignal::Traces => {
                let decoded = decode_traces(body, export.encoding, 0).unwrap();
                (decoded.batch.rows(), decoded.rejected, spans)
            }
            _ => {
                let decoded = decode_logs(body, export.encoding, 0).unwrap();
                (decoded.batch.rows(), decoded.rejected, logs)
            }
        };
        assert_eq!(rejected.total(), 0);
        assert_eq!(rows, expected);
        assert_eq!(export.records, expected as u64);
    }
    assert!(Records::default().into_exports().unwrap().is_empty());
}

#[test]
fn incidents_are_told_at_their_turns() {
    let incidents = Incidents::new(1);
    let first_ns = FIRST_SLICE * SLICE_NS;
    let (begins_ns, ends_ns) =
        incidents.nearest(Incident::BadRelease, first_ns + 300 * 1_000_000_000);
    let shop = Shop::new(1, 1.0);
    let said = |at_ns: u64| -> Vec<String> {
        let logs = shop.slice(at_ns / SLICE_NS).logs;
        let alone = logs
            .into_iter()
            .filter(|log| log.instance.version == "3.9.0" && log.span.is_none());
        alone
            .map(|log| format!("{:?} {:?}", log.severity, log.said))
            .collect()
    };
    assert!(
        said(begins_ns)
            .iter()
            .any(|line| line.contains("is starting")),
        "{:?}",
        said(begins_ns)
    );
    assert!(
        said(ends_ns).iter().any(|line| line.contains("Fatal")),
        "{:?}",
        said(ends_ns)
    );
}
