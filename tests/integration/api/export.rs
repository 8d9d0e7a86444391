//! `/api/v1/logs/export`, `/api/v1/traces/export`, `/api/v1/traces/{id}/export`.

use std::path::Path;

use serde_json::{Value, json};

use super::server::{Answer, NOW_NS, Server};

const LOGS: &str = "/api/v1/logs/export";

fn trace_id(n: u8) -> String {
    format!("{n:02x}").repeat(16)
}

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

fn log(at: i64, body: &str) -> Value {
    json!({
        "timeUnixNano": (NOW_NS + at).to_string(), "severityNumber": 17, "body": {"stringValue": body},
        "traceId": trace_id(1), "spanId": "0102030405060708", "attributes": [text("k", "v")]
    })
}

fn logs(records: &[Value]) -> Value {
    json!({"resourceLogs": [{
        "resource": {"attributes": [text("service.name", "shop")]},
        "scopeLogs": [{"logRecords": records}]
    }]})
}

fn spans(spans: &[Value]) -> Value {
    json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]})
}

fn span(trace: u8, number: u8, name: &str) -> Value {
    json!({
        "traceId": trace_id(trace), "spanId": format!("{number:02x}").repeat(8), "name": name,
        "startTimeUnixNano": (NOW_NS + i64::from(number)).to_string()
    })
}

fn lines(answer: &Answer) -> Vec<Value> {
    let lines = answer.text().lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The bodies of all logs in OTLP/JSON lines, in order.
fn bodies(lines: &[Value]) -> Vec<&str> {
    let records = lines.iter().flat_map(|line| {
        let groups = line["resourceLogs"].as_array().unwrap().iter();
        let scopes = groups.flat_map(|group| group["scopeLogs"].as_array().unwrap());
        scopes.flat_map(|scope| scope["logRecords"].as_array().unwrap())
    });
    records
        .map(|record| record["body"]["stringValue"].as_str().unwrap())
        .collect()
}

/// The names of all spans in OTLP/JSON lines, in order.
fn names(lines: &[Value]) -> Vec<&str> {
    let spans = lines
        .iter()
        .filter_map(|line| line["resourceSpans"].as_array())
        .flatten();
    let scopes = spans.flat_map(|group| group["scopeSpans"].as_array().unwrap());
    let spans = scopes.flat_map(|scope| scope["spans"].as_array().unwrap());
    spans.map(|span| span["name"].as_str().unwrap()).collect()
}

async fn server() -> Server {
    let server = Server::start().await;
    server.send_logs(&logs(&[log(1, "first"), log(2, "a \"quoted\",\nlong one")]));
    server.flush();
    server.send_logs(&logs(&[log(3, "=1+2"), log(4, "last")]));
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_as_otlp() {
    let server = server().await;
    let answer = server.get(LOGS).await;
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    assert_eq!(
        answer.header("content-disposition"),
        Some("attachment; filename=\"clearspan-logs-20231114T221320Z.otlp.jsonl\"")
    );
    assert_eq!(answer.header("clearspan-partial"), None);
    let all = lines(&answer);
    assert_eq!(
        bodies(&all),
        ["last", "=1+2", "a \"quoted\",\nlong one", "first"]
    );
    let record = &all[0]["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0];
    assert_eq!(record, &log(4, "last"));
    let some = server
        .get(&format!("{LOGS}?q=first+OR+last&format=otlp"))
        .await;
    assert_eq!(bodies(&lines(&some)), ["last", "first"]);
    let to = (NOW_NS + 1_000_000) / 1_000_000;
    let asked = json!({"q": "-last", "to": to, "format": "otlp"});
    let posted = server.post(LOGS, &asked).await;
    assert_eq!(bodies(&lines(&posted)).len(), 3);
    let none = server.get(&format!("{LOGS}?q=nothing")).await;
    assert_eq!(none.text(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_as_rows() {
    let server = server().await;
    let answer = server.get(&format!("{LOGS}?format=ndjson")).await;
    assert!(
        answer
            .header("content-disposition")
            .unwrap()
            .ends_with(".ndjson\"")
    );
    let searched = server.get("/api/v1/logs/search").await.json();
    assert_eq!(Value::from(lines(&answer)), searched["rows"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_as_csv() {
    let server = server().await;
    let answer = server.get(&format!("{LOGS}?format=csv&q=-last")).await;
    assert!(
        answer
            .header("content-type")
            .unwrap()
            .starts_with("text/csv")
    );
    let row = |ns: u8, body: &str| {
        let ids = format!("{},0102030405060708", trace_id(1));
        let rest = "\"{\"\"k\"\":\"\"v\"\"}\",\"{\"\"service.name\"\":\"\"shop\"\"}\"";
        format!("2023-11-14T22:13:20.00000000{ns}Z,ERROR,shop,{body},{ids},{rest}\r\n")
    };
    let expected = [
        "time,severity,service,body,trace_id,span_id,attributes,resource\r\n".to_owned(),
        row(3, "=1+2"),
        row(2, "\"a \"\"quoted\"\",\nlong one\""),
        row(1, "first"),
    ];
    assert_eq!(answer.text(), expected.concat());
    let none = server.get(&format!("{LOGS}?format=csv&q=nothing")).await;
    assert_eq!(none.text(), expected[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_traces_and_one_with_its_logs() {
    let server = server().await;
    server.send_spans(&spans(&[span(1, 1, "buy"), span(2, 2, "tick")]));
    server.flush();
    server.send_spans(&spans(&[span(1, 3, "pay")]));
    let answer = server.get("/api/v1/traces/export?q=pay").await;
    let found = lines(&answer);
    let mut found = names(&found);
    found.sort_unstable();
    assert_eq!(found, ["buy", "pay"]);
    assert!(
        answer
            .header("content-disposition")
            .unwrap()
            .contains("clearspan-traces-2023")
    );
    assert_eq!(
        names(&lines(&server.get("/api/v1/traces/export").await)).len(),
        3
    );

    let of_one = server
        .get(&format!("/api/v1/traces/{}/export", trace_id(1)))
        .await;
    let of_one = lines(&of_one);
    let (of_spans, of_logs): (Vec<Value>, Vec<Value>) = of_one
        .into_iter()
        .partition(|line| line["resourceSpans"].is_array());
    assert_eq!((names(&of_spans).len(), bodies(&of_logs).len()), (2, 4));
    let unknown = server
        .get(&format!("/api/v1/traces/{}/export", trace_id(9)))
        .await;
    unknown.error(404, "unknown_trace");
    server
        .get("/api/v1/traces/12/export")
        .await
        .error(400, "bad_id");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked() {
    let server = server().await;
    let broken = server.get(&format!("{LOGS}?q=a+AND")).await;
    assert!(broken.error(400, "bad_query")["position"].is_number());
    let reversed = server.get(&format!("{LOGS}?from=5&to=4")).await;
    reversed.error(400, "bad_range");
    let xml = server.get(&format!("{LOGS}?format=xml")).await;
    xml.error(400, "bad_parameter");
}

/// Turns a byte in the middle of the largest file of rows, or cuts it.
fn damage(folder: &Path, turned: bool) {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.ends_with("rows.arrow") {
                found.push(path);
            }
        }
    }
    found.sort_by_key(|path| std::fs::metadata(path).unwrap().len());
    let path = found.last().unwrap();
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    if turned {
        bytes[middle] ^= 1;
    } else {
        bytes.truncate(middle);
    }
    std::fs::write(path, bytes).unwrap();
}

/// Damage that is known makes an export partial and says so at once; damage that is found on the way breaks
/// it off, so that no client takes it for the whole.
#[tokio::test(flavor = "multi_thread")]
async fn damage_is_noticed() {
    for (turned, format) in [(true, "otlp"), (true, "csv"), (false, "ndjson")] {
        let server = Server::start().await;
        let many: Vec<Value> = (0..3_000)
            .map(|at| log(at, &format!("number {at}")))
            .collect();
        server.send_logs(&logs(&many));
        server.send_logs(&logs(&[log(7_200_000_000_000, "hours later")]));
        server.flush();
        let server = server.restart(|folder| damage(folder, turned)).await;
        let answer = server.get(&format!("{LOGS}?format={format}")).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.is_whole, !turned, "{format}");
        let partial = answer.header("clearspan-partial");
        assert_eq!(partial, (!turned).then_some("true"), "{format}");
        let text = String::from_utf8_lossy(&answer.body);
        assert!(
            text.contains("hours later"),
            "{format}: what can be read is there"
        );
    }
}
