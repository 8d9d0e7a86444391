//! What may stand at a place of a query.

use clearspan_query::{
    AskedRange, CompletionAnswer, CompletionKind, CompletionRequest, Config, CountedRows, Order,
    QueryError, ValuesRequest,
};
use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::logs::{Body, LogRow, LogsBuilder};
use clearspan_schema::{Signal, spans};
use clearspan_storage::{Incoming, TenantId};

use crate::random::Random;
use crate::records::{HOUR, START, at};
use crate::spans::Span;
use crate::store::{ARRIVAL_NS, Store};

/// So that all rows are counted.
fn whole() -> Store {
    Store::with(Config {
        scan_partitions: 3,
        ..Config::default()
    })
}

/// Log `n`, an hour after the one before each ten: of ten rows nine are of the service `cart`, half have `http.route`, and so on.
fn logs(count: u64) -> Incoming {
    let mut builder = LogsBuilder::new(count as usize, ARRIVAL_NS);
    for n in 0..count {
        let service = if n % 10 == 0 { "Check out" } else { "cart" };
        let mut resource = Vec::new();
        AnyWriter::new(&mut resource)
            .key("service.name")
            .string(service);
        let resource = ResourceRef {
            present: true,
            attributes: KeyValues::new(&resource),
            ..ResourceRef::default()
        };
        builder.group(&resource, &ScopeRef::default(), Some(service));
        let mut attributes = Vec::new();
        let mut writer = AnyWriter::new(&mut attributes);
        if n % 2 == 0 {
            writer.key("http.route").string("/Ärger");
        }
        if n % 5 == 0 {
            writer.key("my field").int(-5);
        }
        if n % 4 == 0 {
            writer.key("http.status_code").int(200 + (n as i64 % 3));
        } else {
            writer.key("http.status_code").string("200");
        }
        let row = LogRow {
            time: START + n / 10 * HOUR + n,
            observed_time: 0,
            severity_number: if n % 10 == 1 { 17 } else { 9 },
            severity_text: "",
            event_name: "",
            body: Body::Text("alpha"),
            trace_id: None,
            span_id: None,
            flags: 0,
            attributes: KeyValues::new(&attributes),
            dropped_attributes_count: 0,
        };
        builder.push(&row).unwrap();
    }
    Incoming::Logs(builder.finish().unwrap())
}

fn request(marked: &str) -> CompletionRequest {
    CompletionRequest {
        query: marked.replacen('|', "", 1),
        position: marked.chars().position(|c| c == '|'),
        range: AskedRange::ALL,
        limit: 20,
    }
}

async fn ask(
    store: &Store,
    signal: Signal,
    request: CompletionRequest,
) -> Result<CompletionAnswer, QueryError> {
    let tenant = TenantId::default();
    store.engine.complete(&tenant, signal, request).await
}

/// The choices as `insert count`, behind what they replace.
fn shown(answer: &CompletionAnswer, marked: &str) -> String {
    let text = marked.replacen('|', "", 1);
    let replaced: String = text
        .chars()
        .take(answer.replace.end)
        .skip(answer.replace.start)
        .collect();
    let items = answer.items.iter().map(|item| match item.count {
        Some(count) => format!("{} {count}", item.insert),
        None => item.insert.clone(),
    });
    let items: Vec<String> = items.collect();
    format!("{} <{replaced}> {}", answer.kind.name(), items.join(", "))
}

#[tokio::test(flavor = "multi_thread")]
async fn choices_at_places_of_queries_of_logs() {
    let store = whole();
    store.append(logs(100));
    for stage in ["memtable", "segments", "merged"] {
        match stage {
            "segments" => store.flush(),
            "merged" => store.compact(),
            _ => {}
        }
        for (marked, expected) in [
            (
                "|",
                "field <> body: 100, http.status_code: 100, service: 100, service.name: 100, severity: 100, level: 100, \
                 http.route: 50, \"my field\": 20, trace_id: 0, span_id: 0, event.name: 0",
            ),
            ("a SER|", "field <SER> service: 100, service.name: 100"),
            (
                "-se|r:x",
                "field <ser> service 100, service.name 100, severity 100",
            ),
            ("my|", "field <my> \"my field\": 20"),
            ("\"my |", "field <\"my > \"my field\": 20"),
            ("ev|", "field <ev> event.name: 0"),
            ("nothing_is_called_so|", "field <nothing_is_called_so> "),
            ("(a OR service:|", "value <> cart 90, \"Check out\" 10"),
            ("service:c|", "value <c> cart 90, \"Check out\" 10"),
            ("service:\"CH|\" x", "value <\"CH\"> \"Check out\" 10"),
            ("service.name:ca|rt*", "value <cart*> cart 90"),
            ("level:|", "value <> INFO 90, ERROR 10"),
            ("severity>=e|", "value <e> ERROR 10"),
            ("http.route:/ä|", "nothing <> "),
            ("http.route:\"/ä|", "value <\"/ä> \"/Ärger\" 50"),
            (
                "http.status_code:20|",
                "value <20> 200 84, \"200\" 75, 201 8, 202 8",
            ),
            ("\"my field\":|", "value <> -5 20"),
            ("\"my field\":(-5 OR -|", "value <> -5 20"),
            (
                "a |",
                "operator <> AND, OR, body: 100, http.status_code: 100, service: 100, service.name: 100, severity: 100, level: 100, \
                 http.route: 50, \"my field\": 20, trace_id: 0, span_id: 0, event.name: 0",
            ),
            ("a O|", "operator <O> OR"),
            (
                "service:(cart |",
                "operator <> AND, OR, cart 90, \"Check out\" 10",
            ),
            ("duration>5|", "nothing <> "),
            ("/re|", "nothing <> "),
        ] {
            let answer = ask(&store, Signal::Logs, request(marked)).await.unwrap();
            let found = shown(&answer, marked);
            assert_eq!(found, expected, "{stage}: {marked}");
            assert!(answer.missing.is_empty());
            let counts = !matches!(answer.kind, CompletionKind::Nothing);
            let counted = if counts { (100, true) } else { (0, false) };
            assert_eq!(
                (answer.counted_rows, answer.counted_all),
                counted,
                "{marked}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn choices_at_places_of_queries_of_spans() {
    let store = whole();
    let mut random = Random::new(2);
    let all: Vec<Span> = (0..200)
        .map(|number| Span::random(number, 9, &mut random))
        .collect();
    store.append(crate::spans::batch(&all));
    let errors = all.iter().filter(|span| span.is_error()).count();
    assert_eq!(spans::STATUS_ERROR, 2);
    for flushed in [false, true] {
        if flushed {
            store.flush();
        }
        for (marked, expected) in [
            (
                "{service:cart} {status:E|}",
                format!("value <E> ERROR {errors}"),
            ),
            (
                "{dur|",
                format!(
                    "field <dur> duration: {}",
                    all.iter().filter(|span| span.duration().is_some()).count()
                ),
            ),
            (
                "kind:serv|",
                format!(
                    "value <serv> SERVER {}",
                    all.iter().filter(|span| span.kind == 2).count()
                ),
            ),
            ("duration:|", "nothing <> ".to_owned()),
        ] {
            let answer = ask(&store, Signal::Spans, request(marked)).await.unwrap();
            assert_eq!(shown(&answer, marked), expected, "{marked}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_those_that_are_counted() {
    let store = whole();
    store.append(logs(300));
    store.flush();
    for (field, prefix) in [
        ("service", "ca"),
        ("http.status_code", ""),
        ("severity", ""),
    ] {
        let range = AskedRange {
            from: at(START as i64),
            to: at((START + 7 * HOUR) as i64),
        };
        let asked = ValuesRequest {
            rows: CountedRows {
                query: String::new(),
                range,
            },
            field: field.into(),
            prefix: prefix.into(),
            limit: 100,
        };
        let tenant = TenantId::default();
        let counted = store.engine.field_values(&tenant, Signal::Logs, asked);
        let counted: Vec<(String, Option<u64>)> = counted
            .await
            .unwrap()
            .values
            .values
            .iter()
            .map(|value| (value.value.text().into_owned(), Some(value.count)))
            .collect();
        let request = CompletionRequest {
            range,
            ..request(&format!("{field}:{prefix}|"))
        };
        let answer = ask(&store, Signal::Logs, request).await.unwrap();
        assert_eq!((answer.counted_rows, answer.counted_all), (70, true));
        let items = answer.items.into_iter();
        let offered: Vec<_> = items.map(|item| (item.label, item.count)).collect();
        assert_eq!(offered, counted, "{field}:{prefix}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_rows_the_newest_are_counted() {
    // Of this store some dozen rows are many.
    let store = Store::new();
    store.append(logs(5_000));
    store.flush();
    for marked in ["|", "service:|", "my|"] {
        let answer = ask(&store, Signal::Logs, request(marked)).await.unwrap();
        assert!(!answer.counted_all, "{marked}");
        let rows = answer.counted_rows;
        assert!((60..=400).contains(&rows), "{marked}: {rows}");
        let most = answer.items.iter().filter_map(|item| item.count).max();
        assert!(most.is_some_and(|most| most <= rows), "{marked}: {most:?}");
        assert!(answer.stats.rows_scanned < 3_000, "{:?}", answer.stats);
    }
    let none = CompletionRequest {
        range: AskedRange {
            from: at(0),
            to: at(1),
        },
        ..request("service:|")
    };
    let answer = ask(&store, Signal::Logs, none).await.unwrap();
    assert_eq!((answer.counted_rows, answer.counted_all), (0, true));
    assert!(answer.items.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_queries_have_their_mistakes_and_choices() {
    let store = whole();
    store.append(logs(20));
    let mistakes = |answer: &CompletionAnswer| -> Vec<usize> {
        let all = answer.mistakes.iter();
        all.map(|mistake| mistake.error.position).collect()
    };
    let answer = ask(&store, Signal::Logs, request("(a) b) service:ca|")).await;
    let answer = answer.unwrap();
    assert_eq!(shown(&answer, "(a) b) service:ca|"), "value <ca> cart 18");
    assert_eq!(mistakes(&answer), [5]);
    let marked = "ä:(ö \u{1f600}|ser";
    let answer = ask(&store, Signal::Logs, request(marked)).await.unwrap();
    assert_eq!(answer.replace, 5..9);
    // Beyond the end is at the end, also of nothing.
    let beyond = CompletionRequest {
        position: Some(usize::MAX),
        ..request("service:ca")
    };
    let answer = ask(&store, Signal::Logs, beyond).await.unwrap();
    assert_eq!((answer.replace, answer.items.len()), (8..10, 1));
    // The largest query that is read, and one that is too long.
    for (filling, is_read) in [(64 * 1024 - 11, true), (64 * 1024 - 10, false)] {
        let query = format!("{} service:ca", "(".repeat(filling));
        let asked = CompletionRequest {
            query,
            ..request("")
        };
        let answer = ask(&store, Signal::Logs, asked).await.unwrap();
        let expected = match is_read {
            true => (CompletionKind::Value, 1),
            false => (CompletionKind::Nothing, 0),
        };
        assert_eq!((answer.kind, answer.items.len()), expected);
        assert!(!answer.mistakes.is_empty() && answer.mistakes.len() <= 100);
    }
    for limit in [0, 10_001] {
        let refused = CompletionRequest {
            limit,
            ..request("|")
        };
        let refused = ask(&store, Signal::Logs, refused).await.unwrap_err();
        assert!(matches!(refused, QueryError::LimitOutOfRange { .. }));
    }
    let few = CompletionRequest {
        limit: 3,
        ..request("a |")
    };
    assert_eq!(ask(&store, Signal::Logs, few).await.unwrap().items.len(), 3);
    let reversed = CompletionRequest {
        range: AskedRange {
            from: at(2),
            to: at(1),
        },
        ..request("|")
    };
    let refused = ask(&store, Signal::Logs, reversed).await.unwrap_err();
    assert!(matches!(refused, QueryError::RangeReversed));
}

/// Whatever is chosen is read as what it is, and finds what was counted.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_chosen_finds_what_was_counted() {
    let store = whole();
    store.append(logs(60));
    for query in [
        "service:",
        "severity:",
        "http.status_code:",
        "http.route:",
        "\"my field\":",
    ] {
        let asked = CompletionRequest {
            query: query.into(),
            ..request("")
        };
        let answer = ask(&store, Signal::Logs, asked).await.unwrap();
        assert!(!answer.items.is_empty(), "{query}");
        for item in &answer.items {
            let search = clearspan_query::LogsRequest {
                query: format!("{query}{}", item.insert),
                range: AskedRange::ALL,
                order: Order::Ascending,
                limit: 100,
                cursor: None,
                count: true,
            };
            let tenant = TenantId::default();
            let found = store.engine.search_logs(&tenant, search).await.unwrap();
            assert_eq!(found.matched, item.count, "{query}{}", item.insert);
        }
    }
}
