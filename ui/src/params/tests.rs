#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

async fn read(request: http::request::Builder, body: &str) -> Result<Params, ApiError> {
    let clock = std::sync::Arc::new(StoppedClock);
    let request = request.body(Body::from(body.to_owned())).unwrap();
    Params::from_request(request, &Api::new(crate::Config::default(), clock)).await
}

async fn get(query: &str) -> Result<Params, ApiError> {
    read(http::Request::get(format!("/x?{query}")), "").await
}

async fn post(body: &str) -> Result<Params, ApiError> {
    read(
        http::Request::post("/x").header("content-type", "application/json"),
        body,
    )
    .await
}

/// The code of the error, or the value of `q`.
async fn check(params: Result<Params, ApiError>, expected: &str) {
    let shown = match params.and_then(|params| params.query()) {
        Ok(query) => query,
        Err(error) => code(&error),
    };
    assert_eq!(shown, expected);
}

fn code(error: &ApiError) -> String {
    let json: Value = serde_json::from_str(&error.to_json()).unwrap();
    json["error"]["code"].as_str().unwrap().to_owned()
}

#[derive(Debug)]
struct StoppedClock;

impl clearspan_query::Clock for StoppedClock {
    fn now(&self) -> clearspan_query::Now {
        clearspan_query::Now {
            unix_ns: 0,
            monotonic: std::time::Duration::ZERO,
        }
    }
}

#[tokio::test]
async fn a_query_string() {
    check(get("q=a+b%20%22c%22%C3%A9").await, "a b \"c\"é").await;
    check(get("").await, "").await;
    check(get("q").await, "").await;
    check(get("&&q=a=b&").await, "a=b").await;
    check(get("%71=x").await, "x").await;
    check(get("q=%00").await, "\0").await;
    check(get("Q=x").await, "").await;
    for broken in [
        "q=%",
        "q=%2",
        "q=%zz",
        "q=%+1",
        "q=%ff",
        "q=%ED%A0%80",
        "%ff=1",
        "other=%",
    ] {
        check(get(broken).await, "bad_encoding").await;
    }
    check(get("q=1&q=1").await, "repeated_parameter").await;
    check(get("x=1&%78=1").await, "repeated_parameter").await;
}

#[tokio::test]
async fn a_json_body() {
    check(post(r#"{"q":"a \"b\" \u00e9\u0000"}"#).await, "a \"b\" é\0").await;
    check(post("{}").await, "").await;
    check(post(r#" {"q":null} "#).await, "").await;
    for broken in [
        "",
        "null",
        "[]",
        "\"q\"",
        "1",
        "{",
        "{}{}",
        "{} x",
        r#"{"q":"\ud800"}"#,
        r#"{"q":1e999}"#,
        r#"{q:"a"}"#,
    ] {
        check(post(broken).await, "bad_body").await;
    }
    check(
        post(&format!(r#"{{"x":{}"#, "[".repeat(100_000))).await,
        "bad_body",
    )
    .await;
    check(post(r#"{"q":"a","q":"a"}"#).await, "repeated_parameter").await;
    for wrong in ["1", "true", "[\"a\"]", "{\"a\":1}"] {
        check(post(&format!(r#"{{"q":{wrong}}}"#)).await, "bad_parameter").await;
        check(
            post(&format!(r#"{{"q":"a","unknown":{wrong}}}"#)).await,
            "a",
        )
        .await;
    }
}

#[tokio::test]
async fn a_body_and_a_query_string_together() {
    let both = |url: &str| {
        http::Request::post(url).header("content-type", "Application/JSON; charset=utf-8")
    };
    check(read(both("/x?limit=1"), r#"{"q":"a"}"#).await, "a").await;
    check(
        read(both("/x?q=a"), r#"{"q":"a"}"#).await,
        "repeated_parameter",
    )
    .await;
    check(read(http::Request::post("/x"), r#"{"q":"a"}"#).await, "a").await;
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "",
        "application/jsonx",
        "é",
    ] {
        let request = http::Request::post("/x").header("content-type", content_type);
        check(read(request, r#"{"q":"a"}"#).await, "bad_content_type").await;
    }
    // The body of a GET is nobody's business.
    check(read(http::Request::get("/x?q=a"), "{").await, "a").await;
}

#[tokio::test]
async fn a_body_that_is_too_large() {
    let body = |bytes: usize| format!(r#"{{"q":"{}"}}"#, "a".repeat(bytes - 8));
    check(
        post(&body(BODY_BYTES_MAX)).await,
        &"a".repeat(BODY_BYTES_MAX - 8),
    )
    .await;
    check(post(&body(BODY_BYTES_MAX + 1)).await, "body_too_large").await;
    check(
        post(&body(BODY_BYTES_DISCARDED_MAX + 1)).await,
        "body_too_large",
    )
    .await;
    // Spread over many chunks, and endless.
    let chunks = futures::stream::repeat_with(|| Ok::<_, std::io::Error>("a".repeat(10_000)));
    let request = http::Request::post("/x")
        .body(Body::from_stream(chunks))
        .unwrap();
    let api = Api::new(crate::Config::default(), std::sync::Arc::new(StoppedClock));
    check(Params::from_request(request, &api).await, "body_too_large").await;
    let broken = futures::stream::iter([Ok("{"), Err(std::io::Error::other("gone"))]);
    let request = http::Request::post("/x")
        .body(Body::from_stream(broken))
        .unwrap();
    check(Params::from_request(request, &api).await, "bad_body").await;
}

#[tokio::test]
async fn limits() {
    for (json, expected) in [
        ("10", "10"),
        ("\"10\"", "10"),
        ("10.0", "10"),
        ("1e1", "10"),
        ("\"007\"", "7"),
        ("null", "5"),
    ] {
        let params = post(&format!(r#"{{"limit":{json}}}"#)).await.unwrap();
        assert_eq!(params.limit(5).unwrap().to_string(), expected, "{json}");
    }
    for json in [
        "-1", "1.5", "\"\"", "\" 1\"", "\"+1\"", "\"0x10\"", "\"١\"", "\"1e1\"",
    ] {
        let params = post(&format!(r#"{{"limit":{json}}}"#)).await.unwrap();
        assert_eq!(code(&params.limit(5).unwrap_err()), "bad_limit", "{json}");
    }
    for json in ["true", "[]", "{}"] {
        let params = post(&format!(r#"{{"limit":{json}}}"#)).await.unwrap();
        assert_eq!(
            code(&params.limit(5).unwrap_err()),
            "bad_parameter",
            "{json}"
        );
    }
    // Which numbers are too large, the engine decides.
    for huge in ["99999999999999999999999", "1e30"] {
        let params = post(&format!(r#"{{"limit":{huge}}}"#)).await.unwrap();
        assert_eq!(params.limit(5).unwrap(), usize::MAX);
    }
}

#[tokio::test]
async fn lists_of_texts() {
    let check = |params: Params, expected: &[&str]| {
        let texts = params.texts("t").unwrap();
        assert_eq!(texts.unwrap_or_default(), expected);
    };
    check(get("t=a,b%2Cc").await.unwrap(), &["a", "b", "c"]);
    check(get("t=").await.unwrap(), &[""]);
    check(get("").await.unwrap(), &[]);
    check(post(r#"{"t":"a,b"}"#).await.unwrap(), &["a", "b"]);
    check(post(r#"{"t":["a,b",""]}"#).await.unwrap(), &["a,b", ""]);
    check(post(r#"{"t":[]}"#).await.unwrap(), &[]);
    for wrong in ["1", "true", "{}", "[1]", "[\"a\",null]", "[[\"a\"]]"] {
        let params = post(&format!(r#"{{"t":{wrong}}}"#)).await.unwrap();
        let error = params.texts("t").unwrap_err();
        assert_eq!(code(&error), "bad_parameter", "{wrong}");
    }
}

#[tokio::test]
async fn times_and_durations() {
    use crate::time::{duration_ns, range};
    use clearspan_query::AskedTime;
    let at = |ns: i128| Some(AskedTime::At(ns));
    for (json, expected) in [
        ("1674981729487", at(1_674_981_729_487_000_000)),
        ("1674981729487.5", at(1_674_981_729_487_500_000)),
        ("1.674981729487e12", at(1_674_981_729_487_000_000)),
        ("-1", at(-1_000_000)),
        (
            "\"2023-01-29T08:42:09.487160534Z\"",
            at(1_674_981_729_487_160_534),
        ),
        (
            "\"2023-01-29T10:42:09 02:00\"",
            at(1_674_981_729_000_000_000),
        ),
        ("\"now 1h\"", Some(AskedTime::FromNow(3_600_000_000_000))),
        ("\"now-15m\"", Some(AskedTime::FromNow(-900_000_000_000))),
        ("null", None),
    ] {
        let params = post(&format!(r#"{{"from":{json},"to":{json}}}"#))
            .await
            .unwrap();
        let range = range(&params).unwrap();
        assert_eq!((range.from, range.to), (expected, expected), "{json}");
    }
    for json in [
        "\"\"",
        "\"yesterday\"",
        "\"2023-01-29\"",
        "\"2023-02-30T00:00:00Z\"",
        "1e300",
        "\"now-15\"",
        "\"now-15 m\"",
        "\"\u{0661}\"",
    ] {
        let params = post(&format!(r#"{{"to":{json}}}"#)).await.unwrap();
        assert_eq!(code(&range(&params).unwrap_err()), "bad_time", "{json}");
    }
    for (text, expected) in [
        ("500ms", Some(500_000_000)),
        ("1.5s", Some(1_500_000_000)),
        ("3us", Some(3_000)),
        ("3µs", Some(3_000)),
        ("2m", Some(120_000_000_000)),
        ("1h", Some(3_600_000_000_000)),
        ("7ns", Some(7)),
    ] {
        let params = post(&format!(r#"{{"d":"{text}"}}"#)).await.unwrap();
        assert_eq!(duration_ns(&params, "d").unwrap(), expected, "{text}");
    }
    for json in [
        "500",
        "\"500\"",
        "\"ms\"",
        "\"\"",
        "\"5KB\"",
        "\"1 000ms\"",
        "\"infs\"",
        "\"1e400s\"",
        "\"500mss\"",
    ] {
        let params = post(&format!(r#"{{"d":{json}}}"#)).await.unwrap();
        assert_eq!(
            code(&duration_ns(&params, "d").unwrap_err()),
            "bad_duration",
            "{json}"
        );
    }
}

#[tokio::test]
async fn unknown_parameters_are_hinted_at() {
    let hints = get("form=now-1h&zzz=1&q=a")
        .await
        .unwrap()
        .hints(&["q", "from", "to"]);
    assert_eq!(
        hints,
        [
            "there is no parameter `form`; did you mean `from`?",
            "there is no parameter `zzz`; it is ignored"
        ]
    );
    let many: Vec<String> = (0..1000).map(|n| format!("x{n}=1")).collect();
    assert_eq!(get(&many.join("&")).await.unwrap().hints(&["q"]).len(), 1);
}
