//! A trace on one line.

use serde::Deserialize;

use super::log_line::time_of;
use super::paint::{Look, Paint};
use super::visible::visible;

/// A row of trace search, as far as it is shown.
#[derive(Debug, Deserialize)]
pub(super) struct TraceRow {
    pub(super) trace_id: String,
    root_service: Option<String>,
    root_name: Option<String>,
    start_ns: Option<String>,
    duration_ns: Option<String>,
    span_count: u64,
    error_count: u64,
}

impl TraceRow {
    /// Start, duration, service, name, spans, errors, id.
    pub(super) fn line(&self, paint: Paint) -> String {
        let mut line = String::new();
        paint.push(&mut line, Look::Dim, &time_of(self.start_ns.as_deref()));
        let duration = self.duration_ns.as_deref().map(duration_of);
        line.push_str(&format!(" {:>8} ", duration.as_deref().unwrap_or("-")));
        let service = self.root_service.as_deref().unwrap_or("-");
        paint.push(&mut line, Look::Service(service), &visible(service));
        let name = self.root_name.as_deref().unwrap_or("-");
        line.push_str(&format!(" {}  spans={} ", visible(name), self.span_count));
        let errors = format!("errors={}", self.error_count);
        let look = match self.error_count {
            0 => Look::Dim,
            _ => Look::Error,
        };
        paint.push(&mut line, look, &errors);
        line.push(' ');
        let id = format!("trace={}", visible(&self.trace_id));
        paint.push(&mut line, Look::Dim, &id);
        line
    }
}

/// Nanoseconds in the unit that leaves one to three digits before the point.
fn duration_of(ns: &str) -> String {
    let Ok(ns) = ns.parse::<f64>() else {
        return visible(ns);
    };
    let units = [(1e9, "s"), (1e6, "ms"), (1e3, "µs")];
    match units.iter().find(|(length, _)| ns.abs() >= *length) {
        Some((length, unit)) => format!("{:.1}{unit}", ns / length),
        None => format!("{ns}ns"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;
    use crate::cli::ColorArg;

    #[test]
    fn a_trace_is_one_line() {
        let row = r#"{"trace_id":"0a","root_service":"shop","root_name":"GET\t/","start_ns":"1700000000123456789","duration_ns":"1234000","span_count":7,"error_count":1,"services":[]}"#;
        let row: TraceRow = serde_json::from_str(row).unwrap();
        assert_eq!(
            row.line(Paint::new(ColorArg::Never, true)),
            "2023-11-14T22:13:20.123Z    1.2ms shop GET\\t/  spans=7 errors=1 trace=0a"
        );
    }

    #[test]
    fn durations_have_their_unit() {
        let shown = ["0", "999", "1500", "61000000000", "-2000000"].map(duration_of);
        assert_eq!(shown, ["0ns", "999ns", "1.5µs", "61.0s", "-2.0ms"]);
    }
}
