//! `/api/v1/logs/complete`, `/api/v1/traces/complete`.

use serde_json::json;

use super::server::{NOW_NS, Server};

const COMPLETE: &str = "/api/v1/logs/complete";

#[tokio::test(flavor = "multi_thread")]
async fn choices_with_what_they_replace() {
    let server = Server::start().await;
    let record = json!({
        "timeUnixNano": NOW_NS.to_string(), "severityNumber": 17, "body": {"stringValue": "é"},
        "attributes": [{"key": "k é", "value": {"stringValue": "a \"b\""}}],
    });
    server.send_logs(&json!({"resourceLogs": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "cart"}}]},
        "scopeLogs": [{"logRecords": [record]}],
    }]}));
    let field = json!({"q": "é service:x SERVICE.", "at": 20});
    let answer = server.post(COMPLETE, &field).await.json();
    assert_eq!(
        (&answer["kind"], &answer["items"], &answer["mistakes"]),
        (
            &json!("field"),
            &json!([{"insert": "service.name:", "label": "service.name", "count": 1, "from": 12, "to": 20}]),
            &json!([])
        )
    );
    assert_eq!(
        (&answer["counted_rows"], &answer["counted_all"]),
        (&json!(1), &json!(true))
    );
    // Characters are counted, not bytes; behind the place the rest of the word is replaced.
    let value = json!({"q": "(é \"k é\":\"A x\" y", "at": "11", "limit": 1});
    let answer = server.post(COMPLETE, &value).await.json();
    assert_eq!(
        (&answer["kind"], &answer["items"]),
        (
            &json!("value"),
            &json!([{"insert": "\"a \\\"b\\\"\"", "label": "a \"b\"", "count": 1, "from": 9, "to": 14}])
        )
    );
    let mistake = &answer["mistakes"][0];
    assert_eq!(
        (&mistake["position"], &mistake["length"]),
        (&json!(16), &json!(0)),
        "{answer}"
    );
    assert!(mistake["message"].is_string() && mistake["expected"][0].is_string());
    let answer = server.get(&format!("{COMPLETE}?q=a+")).await.json();
    assert_eq!(
        answer["items"][0],
        json!({"insert": "AND", "label": "AND", "count": null, "from": 2, "to": 2})
    );
    assert_eq!(answer["kind"], json!("operator"));
    let hinted = server.get(&format!("{COMPLETE}?query=a")).await.json();
    assert!(hinted["hints"][0].as_str().unwrap().contains("`query`"));
    // Of spans, and with nothing stored.
    let spans = server.get("/api/v1/traces/complete?q=dur").await.json();
    assert_eq!(
        (&spans["items"], &spans["counted_rows"]),
        (
            &json!([{"insert": "duration:", "label": "duration", "count": 0, "from": 0, "to": 3}]),
            &json!(0)
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_requests() {
    let server = Server::start().await;
    for (asked, code) in [
        ("at=-1", "bad_parameter"),
        ("at=", "bad_parameter"),
        ("at=1.5", "bad_parameter"),
        ("at=one", "bad_parameter"),
        ("limit=0", "bad_limit"),
        ("limit=10001", "bad_limit"),
        ("from=2&to=1", "bad_range"),
        ("q=%ff", "bad_encoding"),
        ("q=a&q=a", "repeated_parameter"),
    ] {
        let answer = server.get(&format!("{COMPLETE}?{asked}")).await;
        answer.error(400, code);
    }
    let wrong_type = server.post(COMPLETE, &json!({"at": [1]})).await;
    wrong_type.error(400, "bad_parameter");
    for at in [0, 3, 4, 1_000, u64::MAX] {
        let asked = json!({"q": "\u{1f600}\u{1f600}é (", "at": at});
        let answer = server.post(COMPLETE, &asked).await.json();
        for item in answer["items"].as_array().unwrap() {
            assert!(item["to"].as_u64().unwrap() <= 5, "{item}");
        }
    }
    let longest = 64 * 1024;
    for (piece, count) in [
        ("(", longest),
        ("{", longest),
        ("\"", longest),
        ("/", longest),
        ("k:/a ", longest / 5),
        ("a:(", longest / 3),
        ("-", longest),
        ("é", longest / 2),
        ("a ", longest),
    ] {
        for signal in ["logs", "traces"] {
            let asked = json!({"q": piece.repeat(count), "at": "99999999999999999999999"});
            let path = format!("/api/v1/{signal}/complete");
            let answer = server.post(&path, &asked).await.json();
            assert!(answer["mistakes"].as_array().unwrap().len() <= 100);
            if piece.len() * count > longest {
                assert_eq!(
                    (&answer["kind"], &answer["items"]),
                    (&json!("nothing"), &json!([]))
                );
                assert!(answer["mistakes"][0]["message"].is_string());
            }
        }
    }
}
