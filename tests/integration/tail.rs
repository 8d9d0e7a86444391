//! The live tail of the real binary: what a client sees, what it is told that it does not see, and how it ends.
//!
//! | file | what it holds |
//! |---|---|
//! | `follower.rs` | a client of server-sent events |

mod follower;

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::support::{Server, await_answer, await_figure};
use follower::{Event, Follower};

/// From the acknowledgement until the record is seen; half of some must stay below.
const SEEN_WITHIN: Duration = Duration::from_millis(200);

/// Sends records with these bodies in one request.
fn send(server: &Server, bodies: impl IntoIterator<Item = String>) {
    let records: Vec<Value> = bodies
        .into_iter()
        .map(|body| json!({"timeUnixNano": "1700000000000000000", "severityNumber": 9, "body": {"stringValue": body}}))
        .collect();
    let resource =
        json!({"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]});
    let request =
        json!({"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": records}]}]});
    let answer = server.otlp().post_json("/v1/logs", &request.to_string());
    assert_eq!(answer.unwrap().status, 200);
}

fn numbered(range: std::ops::Range<usize>) -> impl Iterator<Item = String> {
    range.map(|number| format!("line {number}"))
}

fn body(event: &Event) -> &str {
    event.data["body"].as_str().unwrap()
}

/// Bodies of the next so many rows.
fn bodies(follower: &mut Follower, count: usize) -> Vec<String> {
    let rows = (0..count).map(|_| body(&follower.row()).to_owned());
    rows.collect()
}

/// Rows that were seen and that were counted, until they are so many together.
fn accounted(follower: &mut Follower, total: u64) -> (u64, u64) {
    let (mut seen, mut dropped) = (0, 0);
    while seen + dropped < total {
        let event = follower.next().unwrap();
        match event.name.as_str() {
            "log" => seen += 1,
            "dropped" => {
                let unexamined = event.data["unexamined"].as_u64().unwrap_or_default();
                dropped += event.data["count"].as_u64().unwrap() + unexamined;
                let since = event.data["since"].as_str().unwrap();
                assert!(since.ends_with('Z') && since.starts_with("20"), "{since}");
            }
            other => assert_eq!(other, "heartbeat"),
        }
    }
    (seen, dropped)
}

#[test]
fn a_record_is_seen_moments_after_its_acknowledgement() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]);
    send(&server, ["earlier".into()]);
    let found = |matched| move |answer: &Value| answer["matched"] == matched;
    await_answer(&mut server.api(), "/api/v1/logs/search", found(1));
    let mut all = Follower::open(&server, "", &[]);
    let mut some = Follower::open(&server, "q=service:shop+-skipped+wanted", &[]);
    let mut taken = Vec::new();
    for number in 0..15 {
        send(&server, [format!("wanted {number}")]);
        let acknowledged = Instant::now();
        assert_eq!(body(&some.row()), format!("wanted {number}"));
        taken.push(acknowledged.elapsed());
        send(&server, ["skipped wanted".into()]);
    }
    taken.sort();
    assert!(taken[7] < SEEN_WITHIN, "{taken:?}");
    let row = all.row();
    let found = await_answer(
        &mut server.api(),
        "/api/v1/logs/search?q=%22wanted%200%22",
        found(1),
    );
    assert_eq!(row.data, found["rows"][0]);
}

#[test]
fn a_tail_goes_on_over_flush_and_restart_without_gap_or_repeat() {
    let folder = TempDir::new().unwrap();
    let settings = [("CLEARSPAN_STORAGE__FLUSH_INTERVAL_MS", "50")];
    let mut server = Server::start(folder.path(), &settings);
    let mut first = Follower::open(&server, "", &[]);
    let start = first.started.id.clone();
    send(&server, numbered(0..10));
    assert_eq!(bodies(&mut first, 4), numbered(0..4).collect::<Vec<_>>());
    let position = first.row().id;
    await_answer(&mut server.api(), "/api/v1/status", |status| {
        status["logs"]["segments"] != 0
    });
    send(&server, numbered(10..20));
    let mut again = Follower::open(&server, &format!("after={position}"), &[]);
    assert_eq!(bodies(&mut again, 15), numbered(5..20).collect::<Vec<_>>());
    send(&server, numbered(20..30));
    assert_eq!(bodies(&mut again, 10), numbered(20..30).collect::<Vec<_>>());

    assert_eq!(server.terminate().0.code(), Some(0));
    let server = Server::start(folder.path(), &settings);
    let mut again = Follower::open(&server, "after=ignored", &[("last-event-id", &position)]);
    assert_eq!(bodies(&mut again, 25), numbered(5..30).collect::<Vec<_>>());
    send(&server, numbered(30..31));
    assert_eq!(bodies(&mut again, 1), ["line 30"]);
    let mut all = Follower::open(&server, &format!("after={start}"), &[]);
    assert_eq!(bodies(&mut all, 31), numbered(0..31).collect::<Vec<_>>());
}

#[test]
fn what_the_rate_keeps_back_is_counted_exactly() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]);
    let mut slow = Follower::open(&server, "rate=100", &[]);
    let mut some = Follower::open(&server, "rate=1&q=*0", &[]);
    for part in 0..5 {
        send(&server, numbered(part * 1_000..(part + 1) * 1_000));
    }
    let (seen, dropped) = accounted(&mut slow, 5_000);
    assert_eq!(seen + dropped, 5_000);
    assert!((100..2_000).contains(&seen), "{seen} rows were seen");
    let (seen, dropped) = accounted(&mut some, 500);
    assert_eq!(seen + dropped, 500);
    // Both go on.
    send(&server, ["line 10".into()]);
    assert_eq!(
        (body(&slow.row()), body(&some.row())),
        ("line 10", "line 10")
    );
}

#[test]
fn who_does_not_read_costs_others_nothing_and_is_told_what_it_missed() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]);
    let mut deaf = Follower::open(&server, "rate=10000", &[]);
    let mut quick = Follower::open(&server, "q=last", &[]);
    let (requests, rows) = (40, 500);
    for _ in 0..requests {
        send(&server, (0..rows).map(|_| "x".repeat(1_000)));
    }
    send(&server, ["last".into()]);
    let (seen, _) = accounted(&mut quick, 1);
    assert!(seen <= 1);
    let total = requests * rows as u64 + 1;
    let (seen, dropped) = accounted(&mut deaf, total);
    assert_eq!(seen + dropped, total);
    assert!(
        dropped > 0,
        "20 MB were held for a client that does not read"
    );
}

#[test]
fn the_end_does_not_wait_for_open_tails() {
    let folder = TempDir::new().unwrap();
    let mut server = Server::start(folder.path(), &[]);
    let mut followers: Vec<Follower> = (0..20).map(|_| Follower::open(&server, "", &[])).collect();
    send(&server, ["last".into()]);
    assert_eq!(body(&followers[0].row()), "last");
    let (status, time) = server.terminate();
    assert_eq!(status.code(), Some(0));
    assert!(time < Duration::from_secs(10), "took {time:?}");
    for follower in &mut followers {
        let rest: Vec<String> =
            std::iter::from_fn(|| follower.next().map(|event| event.name)).collect();
        assert_eq!(rest.last().map(String::as_str), Some("end"), "{rest:?}");
    }
}

#[test]
fn many_tails_get_the_same_rows() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]);
    let followers: Vec<Follower> = (0..50)
        .map(|_| Follower::open(&server, "rate=10000&q=line", &[]))
        .collect();
    let reading: Vec<_> = followers
        .into_iter()
        .map(|mut follower| thread::spawn(move || bodies(&mut follower, 400)))
        .collect();
    for part in 0..20 {
        send(&server, numbered(part * 20..(part + 1) * 20));
        send(&server, ["another".into()]);
    }
    let expected: Vec<String> = numbered(0..400).collect();
    for reading in reading {
        assert_eq!(reading.join().unwrap(), expected);
    }
}

#[test]
fn mistakes_are_told_before_the_stream_begins() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]);
    for (query, status, code) in [
        ("q=a+AND", 400, "bad_query"),
        ("after=nonsense", 400, "bad_cursor"),
        ("rate=0", 400, "bad_limit"),
        ("rate=10001", 400, "bad_limit"),
        ("rate=many", 400, "bad_limit"),
    ] {
        let path = format!("/api/v1/logs/tail?{query}");
        let answer = server.api().request("GET", &path, &[], b"").unwrap();
        assert_eq!(answer.status, status, "{query}");
        assert_eq!(answer.json()["error"]["code"], code, "{query}");
    }
    let answer = server
        .api()
        .request("GET", "/api/v1/logs/tail?q=a+AND", &[], b"");
    assert_eq!(answer.unwrap().json()["error"]["position"], 5);
    let held: Vec<Follower> = (0..256).map(|_| Follower::open(&server, "", &[])).collect();
    let refused = server
        .api()
        .request("GET", "/api/v1/logs/tail", &[], b"")
        .unwrap();
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (429, Some("1"))
    );
    drop(held);
    // The places of those that have gone are found free.
    await_figure(&mut server.api(), "clearspan_tails 0");
    Follower::open(&server, "", &[]);
}
