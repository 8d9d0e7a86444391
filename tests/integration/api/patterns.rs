//! `/api/v1/logs/patterns` and the slots of one. What is counted is held against a plain scan in query's own tests; here it is how it is asked
//! and answered.

use serde_json::{Value, json};

use super::server::{NOW_NS, Server};

const SECOND: i64 = 1_000_000_000;
const PATTERNS: &str = "/api/v1/logs/patterns";

fn record(body: &Value, severity: i32, at_s: i64) -> Value {
    let time = (NOW_NS + at_s * SECOND).to_string();
    json!({"timeUnixNano": time, "severityNumber": severity, "body": body})
}

fn of(service: &str, records: &[Value]) -> Value {
    let name = json!([{"key": "service.name", "value": {"stringValue": service}}]);
    json!({"resourceLogs": [{"resource": {"attributes": name}, "scopeLogs": [{"logRecords": records}]}]})
}

fn text(body: &str) -> Value {
    json!({"stringValue": body})
}

/// Of two services, in a segment and in memory; one body is a map, one a control character.
async fn server() -> Server {
    let server = Server::start().await;
    let disk = |n: i64| text(&format!("disk sda{n} is {n}% <full>"));
    let first = [
        record(&disk(1), 9, 0),
        record(&disk(2), 13, 10),
        record(&text("a \u{1} b"), 9, 20),
    ];
    server.send_logs(&of("node", &first));
    server.flush();
    let map = json!({"kvlistValue": {"values": [{"key": "n", "value": {"intValue": "7"}}]}});
    let second = [record(&disk(2), 9, 130), record(&map, 0, 140)];
    server.send_logs(&of("db", &second));
    server
}

fn ns(at_s: i64) -> String {
    (NOW_NS + at_s * SECOND).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn patterns() {
    let server = server().await;
    let answer = server.get(&format!("{PATTERNS}?buckets=2")).await.json();
    let ids: Vec<&str> = answer["patterns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pattern| pattern["id"].as_str().unwrap())
        .collect();
    let start: i64 = answer["start_ns"].as_str().unwrap().parse().unwrap();
    let width: i64 = answer["width_ns"].as_str().unwrap().parse().unwrap();
    assert!(start <= NOW_NS && width == 120 * SECOND, "{answer}");
    let bucket = |at_s: i64| ((NOW_NS + at_s * SECOND - start) / width) as usize;
    let series = |rows: &[i64]| {
        let mut series = vec![0; bucket(140) + 1];
        rows.iter().for_each(|&at_s| series[bucket(at_s)] += 1);
        json!(series)
    };
    let expected = json!([
        {"id": ids[0], "template": "disk <*> is <*>% <full>", "count": 3, "first_ns": ns(0), "last_ns": ns(130), "new": false,
         "severities": {"info": 2, "warn": 1}, "services": [{"name": "node", "count": 2}, {"name": "db", "count": 1}],
         "series": series(&[0, 10, 130]), "sample": "disk sda2 is 2% <full>"},
        {"id": ids[1], "template": "{\"n\":<*>}", "count": 1, "first_ns": ns(140), "last_ns": ns(140), "new": false,
         "severities": {"unset": 1}, "services": [{"name": "db", "count": 1}],
         "series": series(&[140]), "sample": {"n": 7}},
    ]);
    assert_eq!(answer["patterns"], expected);
    let rest = ["distinct", "unpatterned", "matched"].map(|name| answer[name].as_u64().unwrap());
    assert_eq!((rest, answer.get("partial")), ([2, 1, 5], None));
    assert_eq!(answer["stats"]["rows_total"], json!(5));
    let body =
        json!({"q": "service:db", "from": ns(100).parse::<i64>().unwrap() / 1_000_000, "limit": 1});
    let posted = server.post(PATTERNS, &body).await.json();
    assert_eq!(posted["patterns"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&posted["distinct"], &posted["matched"]),
        (&json!(2), &json!(2))
    );
    let disk = &posted["patterns"][0];
    // Of two with one row each the first by template.
    assert_eq!((&disk["id"], &disk["new"]), (&json!(ids[0]), &json!(false)));
    let all = server
        .post(
            PATTERNS,
            &json!({"from": ns(100).parse::<i64>().unwrap() / 1_000_000}),
        )
        .await;
    assert_eq!(all.json()["patterns"][1]["new"], json!(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn slots() {
    let server = server().await;
    let patterns = server.get(PATTERNS).await.json();
    let id = patterns["patterns"][0]["id"].as_str().unwrap();
    for id in [id.to_owned(), id.to_uppercase()] {
        let answer = server.get(&format!("{PATTERNS}/{id}/slots")).await.json();
        let slot = |values: [&str; 2]| {
            let [most, other] = values;
            json!({"values": [{"value": most, "count": 2}, {"value": other, "count": 1}], "distinct": 2})
        };
        assert_eq!(
            answer["slots"],
            json!([slot(["sda2", "sda1"]), slot(["2", "1"])])
        );
        assert_eq!(answer["template"], json!("disk <*> is <*>% <full>"));
        assert_eq!(
            (&answer["matched"], answer.get("partial")),
            (&json!(3), None)
        );
    }
    let narrow = server
        .get(&format!(
            "{PATTERNS}/{id}/slots?q=service:node&limit=1&to=now"
        ))
        .await
        .json();
    assert_eq!(
        (&narrow["matched"], &narrow["slots"]),
        (&json!(0), &json!([]))
    );
    let narrow = server
        .post(
            &format!("{PATTERNS}/{id}/slots"),
            &json!({"q": "service:node", "limit": 1}),
        )
        .await
        .json();
    assert_eq!(
        narrow["slots"][0],
        json!({"values": [{"value": "sda1", "count": 1}], "distinct": 2})
    );
    let unknown = server
        .get(&format!("{PATTERNS}/0123456789abcdef/slots"))
        .await
        .json();
    assert_eq!(
        (&unknown["template"], &unknown["slots"], &unknown["matched"]),
        (&Value::Null, &json!([]), &json!(0))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes() {
    let server = Server::start().await;
    let empty = server.get(PATTERNS).await.json();
    assert_eq!(
        (&empty["patterns"], &empty["matched"]),
        (&json!([]), &json!(0))
    );
    for id in [
        "0",
        "0123456789abcde",
        "0123456789abcdeg",
        "0123456789abcdef0",
        "%2B123456789abcdef",
        "%00",
        "..%2F..%2Fx",
        "%F0%9F%A6%80",
    ] {
        let path = format!("{PATTERNS}/{id}/slots");
        server.get(&path).await.error(400, "bad_id");
    }
    server
        .get(&format!("{PATTERNS}/%ff/slots"))
        .await
        .error(400, "bad_encoding");
    server
        .get(&format!("{PATTERNS}/0123456789abcdef"))
        .await
        .error(404, "unknown_path");
    let id = "0123456789abcdef";
    for call in [PATTERNS.to_owned(), format!("{PATTERNS}/{id}/slots")] {
        for (wrong, code) in [
            ("q=(", "bad_query"),
            ("from=x", "bad_time"),
            ("from=2&to=1", "bad_range"),
            ("limit=0", "bad_limit"),
            ("limit=10001", "bad_limit"),
            ("limit=-1", "bad_limit"),
            ("limit=1&limit=1", "repeated_parameter"),
            ("q=%ff", "bad_encoding"),
        ] {
            server
                .get(&format!("{call}?{wrong}"))
                .await
                .error(400, code);
        }
        server
            .post(&call, &json!({"q": 1}))
            .await
            .error(400, "bad_parameter");
        let hinted = server.get(&format!("{call}?limits=3")).await.json();
        assert!(
            hinted["hints"][0].as_str().unwrap().contains("`limit`"),
            "{hinted}"
        );
    }
    for wrong in ["0", "201", "x", "1e2", "99999999999999999999"] {
        let answer = server.get(&format!("{PATTERNS}?buckets={wrong}")).await;
        answer.error(400, "bad_limit");
    }
}
