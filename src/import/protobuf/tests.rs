#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use super::*;

/// A field in its encoded form.
fn bytes(number: u8, value: &[u8]) -> Vec<u8> {
    let mut field = vec![number << 3 | 2, u8::try_from(value.len()).unwrap()];
    field.extend_from_slice(value);
    field
}

fn fixed64(number: u8, value: u64) -> Vec<u8> {
    let mut field = vec![number << 3 | 1];
    field.extend_from_slice(&value.to_le_bytes());
    field
}

fn small(number: u8, value: u8) -> Vec<u8> {
    vec![number << 3, value]
}

/// A request that holds these records under one resource and scope.
fn request(records: &[Vec<u8>]) -> Vec<u8> {
    let scope = records
        .iter()
        .flat_map(|record| bytes(2, record))
        .collect::<Vec<_>>();
    bytes(1, &[bytes(1, b""), bytes(2, &scope)].concat())
}

fn check_signal(record: &[Vec<u8>], expected: Option<Signal>) {
    assert_eq!(detect(&request(&[record.concat()])).unwrap(), expected);
}

#[test]
fn the_signal_is_told_by_the_records_fields() {
    let (trace_id, span_id) = (bytes(1, &[0xAB; 16]), bytes(2, &[0xCD; 8]));
    check_signal(
        &[
            trace_id.clone(),
            span_id.clone(),
            bytes(5, b"GET"),
            small(6, 2),
            fixed64(7, 1),
        ],
        Some(Signal::Traces),
    );
    check_signal(
        &[trace_id.clone(), span_id.clone(), fixed64(8, 1)],
        Some(Signal::Traces),
    );
    check_signal(&[trace_id, span_id], Some(Signal::Traces));
    check_signal(&[fixed64(1, 1), bytes(5, b"body")], Some(Signal::Logs));
    check_signal(&[fixed64(11, 1)], Some(Signal::Logs));
    check_signal(&[small(2, 9)], Some(Signal::Logs));
    check_signal(&[bytes(5, b"body alone")], Some(Signal::Logs));
    check_signal(
        &[bytes(1, b"requests"), bytes(3, b"1"), bytes(7, b"")],
        Some(Signal::Metrics),
    );
    check_signal(
        &[bytes(1, b"requests"), bytes(5, b"")],
        Some(Signal::Metrics),
    );
    check_signal(&[], None);
    assert_eq!(detect(&[]).unwrap(), None);
}

#[test]
fn records_are_counted_and_the_newest_found() {
    let logs = request(&[
        fixed64(1, 5),
        [fixed64(1, 0), fixed64(11, 9)].concat(),
        fixed64(1, u64::MAX),
    ]);
    let found = contents(&logs, Signal::Logs).unwrap();
    assert_eq!(found.signals().collect::<Vec<_>>(), [(Signal::Logs, 3)]);
    assert_eq!(found.newest_ns, Some(9));

    let point = bytes(1, &fixed64(3, 7));
    let metrics = request(&[
        bytes(5, &[point.clone(), point.clone()].concat()),
        bytes(7, &point),
    ]);
    let found = contents(&metrics, Signal::Metrics).unwrap();
    assert_eq!(found.signals().collect::<Vec<_>>(), [(Signal::Metrics, 3)]);
    assert_eq!(found.newest_ns, Some(7));
}

#[test]
fn times_are_moved_in_place_and_nothing_else() {
    let span = |start, end, event| {
        let event = [fixed64(1, event), bytes(2, b"an event")].concat();
        request(&[[
            bytes(1, &[1; 16]),
            fixed64(7, start),
            fixed64(8, end),
            bytes(11, &event),
        ]
        .concat()])
    };
    let mut moved = span(1_000, 2_000, 0);
    shift(&mut moved, Signal::Traces, Shift::between(2_000, 9_000)).unwrap();
    assert_eq!(moved, span(8_000, 9_000, 0));
    shift(&mut moved, Signal::Traces, Shift::between(9_000, 2_000)).unwrap();
    assert_eq!(moved, span(1_000, 2_000, 0));
}

#[test]
fn what_is_no_protobuf_is_refused() {
    for message in [
        &b"text"[..],
        &[0x0A],
        &[0x0A, 5, 1],
        &[0x0B],
        &[0xFF; 12],
        &[0x00, 0x01],
    ] {
        assert!(detect(message).is_err(), "{message:?}");
    }
}

#[test]
fn an_answer_tells_what_was_rejected() {
    assert_eq!(partial_success(&[]).unwrap(), (0, String::new()));
    let partial = bytes(1, &[small(1, 3), bytes(2, b"why")].concat());
    assert_eq!(partial_success(&partial).unwrap(), (3, "why".to_owned()));
    assert_eq!(
        status_message(&[small(1, 3), bytes(2, b"bad")].concat()).unwrap(),
        "bad"
    );
}
