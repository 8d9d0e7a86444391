//! The card while no span has ever arrived: lines to copy, and a line that says when logs have come and turns green with the
//! first span. Logs alone make no service, so the card goes on waiting for a span.

use std::net::SocketAddr;

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::uri::Authority;

use super::asked::{Asked, Question, page, see_other};
use super::frame::{Frame, Here};
use crate::error::ApiError;
use crate::state::Api;

/// How to send, in the words of one language or tool.
struct Snippet {
    id: &'static str,
    name: &'static str,
    code: String,
}

#[derive(Template)]
#[template(path = "setup.html")]
struct Setup {
    frame: Frame,
    waiting: Waiting,
    snippets: Vec<Snippet>,
}

/// What has arrived so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arrived {
    Nothing,
    Logs,
    Spans,
}

/// The line that says whether something has arrived.
#[derive(Template)]
#[template(path = "setup_waiting.html")]
struct Waiting {
    arrived: Arrived,
    /// The page has the heading of a time before the first log.
    renames: bool,
    grpc_port: String,
    http_port: String,
    can_send: bool,
}

pub(super) fn card(question: Question, has_logs: bool) -> Result<Response, ApiError> {
    let Question {
        api, frame, host, ..
    } = question;
    let arrived = if has_logs {
        Arrived::Logs
    } else {
        Arrived::Nothing
    };
    let waiting = Waiting::of(&api, arrived, false)?;
    let endpoints = api.endpoints()?;
    let snippets = snippets(
        &endpoints.otlp_grpc,
        &reached(&endpoints.otlp_http, host.as_deref()),
    );
    page(&Setup {
        frame,
        waiting,
        snippets,
    })
}

/// `/setup/waiting`: the line alone, for the page that asks again; `logs=1` says that it tells of logs already. A little after
/// it has turned green, the page opens anew.
pub(crate) async fn waiting(asked: Asked) -> Response {
    let answer = async |question: Question| {
        let api = &question.api;
        let status = api.status().await?;
        let tells_of_logs = question.params.text("logs")?.is_some();
        let arrived = match (status.spans.rows, status.logs.rows) {
            (0, 0) => Arrived::Nothing,
            (0, _) => Arrived::Logs,
            _ => Arrived::Spans,
        };
        if arrived == Arrived::Nothing || (arrived == Arrived::Logs && tells_of_logs) {
            // The page keeps its line, and whatever has the focus in it.
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        page(&Waiting::of(api, arrived, arrived == Arrived::Logs)?)
    };
    asked.answer(Here::Services, answer).await
}

/// `/setup/open`: tells the script of a page to load it again.
pub(crate) async fn open() -> Response {
    (StatusCode::OK, [("hx-refresh", "true")]).into_response()
}

/// `POST /setup/demo-trace`: sends one trace to this server's own OTLP port, as any exporter would.
pub(crate) async fn demo_trace(asked: Asked) -> Response {
    let send = async |question: Question| {
        question.api.send_demo_trace().await?;
        Ok(see_other("/"))
    };
    asked.answer(Here::Services, send).await
}

impl Waiting {
    fn of(api: &Api, arrived: Arrived, renames: bool) -> Result<Self, ApiError> {
        let endpoints = api.endpoints()?;
        Ok(Waiting {
            arrived,
            renames,
            grpc_port: port(&endpoints.otlp_grpc).to_owned(),
            http_port: port(&endpoints.otlp_http).to_owned(),
            can_send: endpoints.demo_trace.is_some(),
        })
    }
}

/// Where senders reach `url`. A server that listens on all addresses has none of them to name, so there stands the
/// name by which the browser came.
fn reached(url: &str, host: Option<&str>) -> String {
    let address = url.strip_prefix("http://").unwrap_or(url);
    let Ok(address) = address.parse::<SocketAddr>() else {
        return url.to_owned();
    };
    let authority = host.and_then(|host| host.parse::<Authority>().ok());
    match authority {
        Some(authority) if address.ip().is_unspecified() && is_plain(authority.host()) => {
            format!("http://{}:{}", authority.host(), address.port())
        }
        _ => url.to_owned(),
    }
}

/// The lines are copied into a shell.
fn is_plain(host: &str) -> bool {
    host.chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']'))
}

fn port(url: &str) -> &str {
    url.rsplit(':').next().unwrap_or_default()
}

fn snippets(grpc: &str, http: &str) -> Vec<Snippet> {
    let grpc_port = port(grpc);
    let environment = format!(
        "export OTEL_EXPORTER_OTLP_ENDPOINT={http}\n\
         export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf   # gRPC: port {grpc_port}, protocol grpc\n\
         export OTEL_SERVICE_NAME=my-service\n\
         export OTEL_TRACES_EXPORTER=otlp OTEL_LOGS_EXPORTER=otlp OTEL_METRICS_EXPORTER=none\n"
    );
    let run = |comment: &str, command: &str| format!("{environment}\n# {comment}\n{command}\n");
    let snippet = |id, name, code: String| Snippet { id, name, code };
    vec![
        snippet("environment", "Environment", environment.clone()),
        snippet(
            "java",
            "Java",
            run(
                "the agent of OpenTelemetry instruments without a change to the code",
                "java -javaagent:opentelemetry-javaagent.jar -jar app.jar",
            ),
        ),
        snippet(
            "python",
            "Python",
            run(
                "pip install opentelemetry-distro opentelemetry-exporter-otlp && opentelemetry-bootstrap -a install",
                "OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED=true opentelemetry-instrument python app.py",
            ),
        ),
        snippet(
            "node",
            "Node.js",
            run(
                "npm install @opentelemetry/api @opentelemetry/auto-instrumentations-node",
                "node --require @opentelemetry/auto-instrumentations-node/register app.js",
            ),
        ),
        snippet(
            "go",
            "Go",
            run(
                "in the code: otlptracehttp.New(ctx) and otlploghttp.New(ctx) read these variables",
                "go run .",
            ),
        ),
        snippet(
            "dotnet",
            ".NET",
            run(
                "the zero-code agent; in the code: AddOtlpExporter() reads the same variables",
                "./instrument.sh dotnet run",
            ),
        ),
        snippet(
            "rust",
            "Rust",
            run(
                "in the code: SpanExporter::builder().with_http().build() of opentelemetry-otlp reads these variables",
                "cargo run",
            ),
        ),
        snippet(
            "collector",
            "Collector",
            format!(
                "exporters:\n  otlp_http/clearspan:\n    endpoint: {http}\n    compression: zstd\nservice:\n  pipelines:\n    traces: {{ receivers: [otlp], exporters: [otlp_http/clearspan] }}\n    logs:   {{ receivers: [otlp], exporters: [otlp_http/clearspan] }}\n"
            ),
        ),
        snippet(
            "curl",
            "curl",
            format!(
                "curl -sS {http}/v1/logs -H 'content-type: application/json' -d '{{\n  \"resourceLogs\": [{{\n    \"resource\": {{\"attributes\": [{{\"key\": \"service.name\", \"value\": {{\"stringValue\": \"my-service\"}}}}]}},\n    \"scopeLogs\": [{{\"logRecords\": [{{\n      \"timeUnixNano\": \"'$(date +%s)'000000000\", \"severityNumber\": 9, \"body\": {{\"stringValue\": \"hello\"}}\n    }}]}}]\n  }}]\n}}'\n"
            ),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_are_told_a_name_that_they_can_reach() {
        let check = |url, host, expected| assert_eq!(reached(url, host), expected, "{host:?}");
        check(
            "http://127.0.0.1:4318",
            Some("box:4320"),
            "http://127.0.0.1:4318",
        );
        check("http://0.0.0.0:4318", Some("box:4320"), "http://box:4318");
        check(
            "http://0.0.0.0:4318",
            Some("10.0.0.7"),
            "http://10.0.0.7:4318",
        );
        check(
            "http://[::]:4318",
            Some("[fd00::1]:4320"),
            "http://[fd00::1]:4318",
        );
        check("http://0.0.0.0:4318", None, "http://0.0.0.0:4318");
        check("http://0.0.0.0:4318", Some("a b"), "http://0.0.0.0:4318");
        check("http://0.0.0.0:4318", Some("$(x):1"), "http://0.0.0.0:4318");
    }
}
