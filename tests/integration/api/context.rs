//! `/api/v1/logs/context`.

use serde_json::{Value, json};

use super::damage::damage;
use super::server::{NOW_NS, Server};

const CONTEXT: &str = "/api/v1/logs/context";

/// Ten records, of two services and two pods in turn, two of each time.
fn records() -> Value {
    let of = |n: i64| {
        let service = if n % 2 == 0 { "cart" } else { "pay" };
        let pod = if n % 4 < 2 { "web-0" } else { "web-1" };
        json!({
            "resource": {"attributes": [
                {"key": "service.name", "value": {"stringValue": service}},
                {"key": "k8s.pod.name", "value": {"stringValue": pod}},
            ]},
            "scopeLogs": [{"logRecords": [{
                "timeUnixNano": (NOW_NS + n / 2).to_string(), "body": {"intValue": n.to_string()},
            }]}],
        })
    };
    json!({"resourceLogs": (0..10).map(of).collect::<Vec<_>>()})
}

async fn ids(server: &Server) -> Vec<String> {
    let all = server.get("/api/v1/logs/search?order=asc").await.json();
    let rows = all["rows"].as_array().unwrap();
    rows.iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

fn bodies(answer: &Value) -> Vec<i64> {
    let rows = answer["rows"].as_array().unwrap();
    rows.iter()
        .map(|row| row["body"].as_i64().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_around_one() {
    let server = Server::start().await;
    server.send_logs(&records());
    for flushed in [false, true] {
        if flushed {
            server.flush();
        }
        let ids = ids(&server).await;
        for (place, asked, expected, index) in [
            (4, "", &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9][..], 4),
            (4, "&before=1&after=2", &[3, 4, 5, 6], 1),
            (4, "&before=0&after=0", &[4], 0),
            (0, "&before=5&after=1", &[0, 1], 0),
            (9, "&before=1&after=1000", &[8, 9], 1),
            (4, "&same=service&before=1&after=1", &[2, 4, 6], 1),
            (4, "&same=instance&before=2&after=2", &[0, 1, 4, 5, 8], 2),
            (4, "&same=service,instance", &[0, 4, 8], 1),
            (4, "&same=&before=1&after=0", &[3, 4], 1),
        ] {
            let path = format!("{CONTEXT}?id={}{asked}", ids[place]);
            let answer = server.get(&path).await.json();
            assert_eq!(bodies(&answer), expected, "{path}");
            assert_eq!(answer["index"], json!(index), "{path}");
            assert!(answer["stats"]["rows_total"] == json!(10), "{answer}");
            assert!(answer["partial"].is_null(), "{answer}");
        }
        let upper = ids[4].to_uppercase();
        let asked = json!({"id": upper, "before": 1, "after": "1", "same": ["instance", "service"], "colour": 1});
        let answer = server.post(CONTEXT, &asked).await.json();
        assert_eq!(bodies(&answer), [0, 4, 8]);
        assert_eq!(answer["rows"][1]["id"], json!(ids[4]));
        assert_eq!(
            answer["hints"],
            json!(["there is no parameter `colour`; it is ignored"])
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said() {
    let server = Server::start().await;
    server.send_logs(&records());
    let id = ids(&server).await.remove(4);
    for broken in [
        "",
        "?id=",
        "?id=x",
        "?id=173e6d5ab8f6a9d6",
        "?id=173e6d5ab8f6a9d6g",
        "?id=%20",
    ] {
        let answer = server.get(&format!("{CONTEXT}{broken}")).await;
        if broken.is_empty() {
            answer.error(400, "bad_parameter");
        } else {
            answer.error(400, "bad_id");
        }
    }
    for wrong in [
        "before=-1",
        "after=1001",
        "before=",
        "after=1e3",
        "before=99999999999999999999",
    ] {
        let answer = server.get(&format!("{CONTEXT}?id={id}&{wrong}")).await;
        let error = answer.error(400, "bad_limit");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("from 0 to 1000"), "{message}");
    }
    for wrong in ["same=pod", "same=service,,Instance"] {
        let answer = server.get(&format!("{CONTEXT}?id={id}&{wrong}")).await;
        answer.error(400, "bad_parameter");
    }
    let gone = "173e6d5ab8f6a9d62a";
    let error = server.get(&format!("{CONTEXT}?id={gone}")).await;
    let error = error.error(404, "unknown_log");
    assert_eq!(
        error["message"],
        json!(format!("there is no log record {gone}"))
    );
    server.flush();
    let server = server.restart(damage).await;
    let error = server.get(&format!("{CONTEXT}?id={id}")).await;
    let error = error.error(404, "unknown_log");
    assert!(
        error["hint"].as_str().unwrap().contains("cannot be read: "),
        "{error}"
    );
}
