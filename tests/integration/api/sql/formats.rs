//! The three formats of an answer.

use std::io::Cursor;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, TimeUnit};
use arrow::ipc::reader::StreamReader;

use super::*;

const ARROW: &str = "application/vnd.apache.arrow.stream";
const QUERY: &str = "SELECT time, body, severity_number, attributes, service AS \"a,b\", body IS NULL AS \"none\" FROM logs ORDER BY time";

async fn stored() -> Server {
    let server = Server::start().await;
    server.send_logs(&logs("cart", &[
        json!({"timeUnixNano": "1", "body": {"stringValue": "a,\"b\"\r\nc"}, "attributes": [int("n", 7), text("t", "x")]}),
        json!({"timeUnixNano": "2"}),
    ]));
    server.flush();
    server
}

async fn ask(server: &Server, accept: &str, query: &str) -> Answer {
    let headers = format!("content-type: application/json\r\naccept: {accept}\r\n");
    let body = json!({"query": query}).to_string();
    server.request_with("POST", SQL, &headers, &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn csv() {
    let server = stored().await;
    let answer = ask(&server, "text/csv", QUERY).await;
    assert_eq!(answer.status, 200);
    assert!(
        answer.head.contains("content-type: text/csv"),
        "{}",
        answer.head
    );
    let expected = "time,body,severity_number,attributes,\"a,b\",none\r\n\
        1970-01-01T00:00:00.000000001Z,\"a,\"\"b\"\"\r\nc\",0,\"{\"\"n\"\":7,\"\"t\"\":\"\"x\"\"}\",cart,false\r\n\
        1970-01-01T00:00:00.000000002Z,,0,{},cart,true\r\n";
    assert_eq!(String::from_utf8(answer.body).unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_arrow_stream_of_plain_types() {
    let server = stored().await;
    let answer = ask(&server, ARROW, QUERY).await;
    assert_eq!(answer.status, 200);
    assert!(
        answer.head.contains(&format!("content-type: {ARROW}")),
        "{}",
        answer.head
    );
    let reader = StreamReader::try_new(Cursor::new(answer.body), None).unwrap();
    let fields: Vec<(String, DataType)> = reader
        .schema()
        .fields()
        .iter()
        .map(|field| (field.name().clone(), field.data_type().clone()))
        .collect();
    let expected = [
        (
            "time",
            DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
        ),
        ("body", DataType::Utf8),
        ("severity_number", DataType::Int32),
        ("attributes", DataType::Utf8),
        ("a,b", DataType::Utf8),
        ("none", DataType::Boolean),
    ];
    assert_eq!(
        fields,
        expected.map(|(name, data_type)| (name.to_owned(), data_type))
    );
    let batches: Vec<_> = reader.map(Result::unwrap).collect();
    let rows: usize = batches.iter().map(|batch| batch.num_rows()).sum();
    assert_eq!(rows, 2);
    let first = &batches[0];
    assert_eq!(first.column(1).as_string::<i32>().value(0), "a,\"b\"\r\nc");
    assert_eq!(
        first.column(3).as_string::<i32>().value(0),
        r#"{"n":7,"t":"x"}"#
    );
    assert_eq!(first.column(0).null_count(), 0);
}

/// Every column of both tables has a plain type in Arrow, and the same values as in JSON where those are text.
#[tokio::test(flavor = "multi_thread")]
async fn whole_tables_in_arrow() {
    let server = stored().await;
    server.send_spans(&spans(
        "a",
        &[json!({"traceId": trace_id(1), "spanId": span_id(1),
        "events": [{"timeUnixNano": "5", "name": "e", "attributes": [int("n", 1)]}]})],
    ));
    for table in ["logs", "spans"] {
        let query = format!("SELECT * FROM {table}");
        let answer = ask(&server, ARROW, &query).await;
        let reader = StreamReader::try_new(Cursor::new(answer.body), None).unwrap();
        for field in reader.schema().fields() {
            let name = field.data_type().to_string();
            let odd = ["View", "Dictionary", "Binary"];
            assert!(
                odd.iter().all(|odd| !name.contains(odd)),
                "{table}.{}: {name}",
                field.name()
            );
        }
        let rows: usize = reader.map(|batch| batch.unwrap().num_rows()).sum();
        let json = server.rows(&query).await;
        assert_eq!(rows, json.as_array().unwrap().len());
    }
    let answer = ask(&server, "text/csv", "SELECT events FROM spans").await;
    let expected = "events\r\n\"[{\"\"time\"\":\"\"1970-01-01T00:00:00.000000005Z\"\",\"\"name\"\":\"\"e\"\",\
                    \"\"attributes\"\":{\"\"n\"\":1},\"\"dropped_attributes_count\"\":0}]\"\r\n";
    assert_eq!(String::from_utf8(answer.body).unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_in_any_format() {
    let server = stored().await;
    let select = "SELECT body FROM logs WHERE matches(body, '\"a,\"')";
    for (front, kinds) in [
        ("EXPLAIN", &["logical_plan", "physical_plan"][..]),
        ("EXPLAIN ANALYZE", &["plan_with_metrics"]),
    ] {
        let query = format!("{front} {select}");
        let answer = ask(&server, ARROW, &query).await;
        assert_eq!(answer.status, 200, "{front}");
        assert!(answer.head.contains(&format!("content-type: {ARROW}")));
        let reader = StreamReader::try_new(Cursor::new(answer.body), None).unwrap();
        let schema = reader.schema();
        let fields = schema.fields().iter();
        let fields: Vec<_> = fields
            .map(|field| (field.name().as_str(), field.data_type()))
            .collect();
        let expected = [("plan_type", &DataType::Utf8), ("plan", &DataType::Utf8)];
        assert_eq!(fields, expected, "{front}");
        let batches: Vec<_> = reader.map(Result::unwrap).collect();
        let column = |at: usize| {
            let texts = batches
                .iter()
                .flat_map(|batch| batch.column(at).as_string::<i32>().iter());
            texts
                .map(|text| text.unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(column(0), kinds);
        let plans = column(1);
        let leaf = plans
            .iter()
            .filter(|plan| plan.contains("SegmentScanExec: signal=logs"));
        assert_eq!(leaf.count(), 1, "{plans:?}");
        let has_figures = plans.concat().contains("templates_total=");
        assert_eq!(has_figures, front.ends_with("ANALYZE"), "{plans:?}");

        let answer = ask(&server, "text/csv", &query).await;
        assert_eq!(answer.status, 200, "{front}");
        assert!(answer.head.contains("content-type: text/csv"));
        let csv = String::from_utf8(answer.body).unwrap();
        let rows = csv.strip_prefix("plan_type,plan\r\n").unwrap();
        // Plans have line breaks and the query's quotes, so that they stand in quotes, each quote doubled.
        for kind in kinds {
            assert!(rows.contains(&format!("{kind},\"")), "{csv}");
        }
        assert!(rows.contains("query=[\"\"a,\"\"]"), "{csv}");
        assert!(rows.ends_with("\"\r\n"), "{csv}");
        let quotes = rows.matches('"').count();
        assert!(quotes.is_multiple_of(2), "{csv}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_rows_in_any_format() {
    let server = stored().await;
    let none = "SELECT body FROM logs WHERE false";
    assert_eq!(server.rows(none).await, json!([]));
    assert_eq!(ask(&server, "text/csv", none).await.body, b"body\r\n");
    let reader =
        StreamReader::try_new(Cursor::new(ask(&server, ARROW, none).await.body), None).unwrap();
    assert_eq!((reader.schema().fields().len(), reader.count()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_accepted() {
    let server = stored().await;
    for (accept, expected) in [
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("text/html, text/csv;q=0.5", "text/csv"),
        (
            "application/*;q=0.1, application/vnd.apache.arrow.stream",
            ARROW,
        ),
    ] {
        let answer = ask(&server, accept, "SELECT 1").await;
        assert!(
            answer.head.contains(&format!("content-type: {expected}")),
            "{accept}: {}",
            answer.head
        );
    }
    ask(&server, "text/html", "SELECT 1")
        .await
        .error(400, "bad_accept");
    // A mistake is JSON in every format.
    ask(&server, "text/csv", "SELEC 1")
        .await
        .error(400, "bad_sql");
}
