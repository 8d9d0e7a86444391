//! What holds for both transports.

use std::collections::BTreeMap;

use clearspan_collector::{Config, SignalStatus};
use clearspan_proto::otlp::{Encoding, WireSignal};

use crate::grpc_client::{INVALID_ARGUMENT, RESOURCE_EXHAUSTED};
use crate::payload::{self, CODINGS, SIGNALS, STORED};
use crate::sender::{Fate, TRANSPORTS};
use crate::server::{Mood, Server};

const MIB: usize = 1 << 20;

#[tokio::test]
async fn every_record_of_a_success_has_reached_the_store_however_it_was_compressed() {
    let server = Server::start().await;
    let mut rows = 0;
    for transport in TRANSPORTS {
        for signal in STORED {
            for coding in [&CODINGS[..], &["identity"]].concat() {
                let body = payload::request(signal, transport.encoding(), 3);
                let fate = transport.send(&server, signal, coding, &body).await;
                assert_eq!(fate, Fate::whole(), "{transport:?} {signal:?} {coding:?}");
                rows += 3;
                assert_eq!(server.store.rows(), rows);
            }
        }
    }
}

#[tokio::test]
async fn a_gzip_body_is_read_to_its_last_member() {
    let server = Server::start().await;
    for transport in TRANSPORTS {
        let plain = payload::request(WireSignal::Logs, transport.encoding(), 2);
        let (head, tail) = plain.split_at(plain.len() / 2);
        for coding in ["gzip", "zstd"] {
            let body = [
                payload::compress(coding, head),
                payload::compress(coding, tail),
            ]
            .concat();
            let fate = transport
                .send_coded(&server, WireSignal::Logs, coding, body)
                .await;
            assert_eq!(fate, Fate::whole(), "{transport:?} {coding}");
        }
    }
    assert_eq!(server.store.rows(), 12);
}

#[tokio::test]
async fn broken_compression_is_refused_for_good() {
    let server = Server::start().await;
    for transport in TRANSPORTS {
        let plain = payload::request(WireSignal::Logs, transport.encoding(), 50);
        let refused = transport.refused(INVALID_ARGUMENT, 400);
        for coding in ["gzip", "zstd", "deflate"] {
            let whole = payload::compress(coding, &plain);
            let bodies = [
                Vec::new(),
                b"not compressed at all".to_vec(),
                whole[..whole.len() - 1].to_vec(),
                whole[..whole.len() / 2].to_vec(),
                [&whole[..], b"trailing garbage"].concat(),
            ];
            for body in bodies {
                let fate = transport
                    .send_coded(&server, WireSignal::Logs, coding, body)
                    .await;
                assert_eq!(fate, refused, "{transport:?} {coding}");
            }
        }
    }
    assert_eq!(server.store.rows(), 0);
    assert_eq!(
        server.status().logs.refused,
        BTreeMap::from([("broken_compression", 45)])
    );
}

#[tokio::test]
async fn bare_deflate_data_is_broken() {
    let server = Server::start().await;
    for transport in TRANSPORTS {
        let plain = payload::request(WireSignal::Logs, transport.encoding(), 50);
        let zlib = payload::compress("deflate", &plain);
        // Without the two bytes of head and the four of checksum.
        let bare = zlib[2..zlib.len() - 4].to_vec();
        let fate = transport
            .send_coded(&server, WireSignal::Logs, "deflate", bare)
            .await;
        assert_eq!(fate, transport.refused(INVALID_ARGUMENT, 400));
    }
}

#[tokio::test]
async fn the_size_limit_counts_what_was_inflated() {
    let server = Server::with(Config::new(10_000), Mood::Keep).await;
    for transport in TRANSPORTS {
        for coding in CODINGS {
            let fits = payload::logs_of_bytes(transport.encoding(), 10_000);
            let fate = transport
                .send(&server, WireSignal::Logs, coding, &fits)
                .await;
            assert_eq!(fate, Fate::whole(), "{transport:?} {coding}");
            let exceeds = payload::logs_of_bytes(transport.encoding(), 10_001);
            let fate = transport
                .send(&server, WireSignal::Logs, coding, &exceeds)
                .await;
            let refused = transport.refused(RESOURCE_EXHAUSTED, 413);
            assert_eq!(fate, refused, "{transport:?} {coding}");
        }
    }
    assert_eq!(server.store.batches(), 12);
}

#[tokio::test]
async fn a_bomb_is_refused_and_the_server_goes_on() {
    let server = Server::start().await;
    for coding in ["gzip", "zstd", "deflate"] {
        let bomb = payload::compress(coding, &vec![0; 200 * MIB]);
        assert!(bomb.len() < 2 * MIB);
        for transport in TRANSPORTS {
            let fate = transport
                .send_coded(&server, WireSignal::Traces, coding, bomb.clone())
                .await;
            assert_eq!(
                fate,
                transport.refused(RESOURCE_EXHAUSTED, 413),
                "{transport:?} {coding}"
            );
        }
    }
    assert_eq!(server.status().in_flight_bytes, 0);
    let body = payload::request(WireSignal::Logs, Encoding::Protobuf, 1);
    let fate = TRANSPORTS[0]
        .send(&server, WireSignal::Logs, "gzip", &body)
        .await;
    assert_eq!(fate, Fate::whole());
}

#[tokio::test]
async fn by_default_64_mib_fit_and_65_do_not() {
    let server = Server::start().await;
    for transport in TRANSPORTS {
        let fits = payload::logs_of_bytes(transport.encoding(), 64 * MIB);
        let fate = transport.send(&server, WireSignal::Logs, "", &fits).await;
        assert_eq!(fate, Fate::whole(), "{transport:?}");
        let exceeds = payload::logs_of_bytes(transport.encoding(), 65 * MIB);
        let fate = transport
            .send(&server, WireSignal::Logs, "", &exceeds)
            .await;
        assert_eq!(
            fate,
            transport.refused(RESOURCE_EXHAUSTED, 413),
            "{transport:?}"
        );
    }
    assert_eq!(server.store.rows(), 3);
}

#[tokio::test]
async fn an_empty_request_is_a_success_and_appends_nothing() {
    let server = Server::start().await;
    for transport in TRANSPORTS {
        let empty: &[u8] = if transport.encoding() == Encoding::Json {
            b"{}"
        } else {
            b""
        };
        for signal in SIGNALS {
            for coding in CODINGS {
                let fate = transport.send(&server, signal, coding, empty).await;
                assert_eq!(fate, Fate::whole(), "{transport:?} {signal:?} {coding:?}");
                // Groups without records are no more.
                let no_records = payload::request(signal, transport.encoding(), 0);
                let fate = transport.send(&server, signal, coding, &no_records).await;
                assert_eq!(fate, Fate::whole(), "{transport:?} {signal:?} {coding:?}");
            }
        }
    }
    assert_eq!(server.store.batches(), 0);
}

#[tokio::test]
async fn bad_spans_are_counted_out_and_the_good_ones_kept() {
    let server = Server::start().await;
    for transport in TRANSPORTS {
        let mixed = payload::traces(
            transport.encoding(),
            &[([0; 16], 1), ([7; 16], 1), ([0; 16], 1)],
        );
        let fate = transport
            .send(&server, WireSignal::Traces, "", &mixed)
            .await;
        let message = "rejected spans by reason: invalid trace id: 2".to_owned();
        assert_eq!(
            fate,
            Fate::Taken {
                rejected: 2,
                message
            },
            "{transport:?}"
        );
        let all_bad = payload::traces(transport.encoding(), &[([0; 16], 1)]);
        let fate = transport
            .send(&server, WireSignal::Traces, "", &all_bad)
            .await;
        assert_eq!(fate.rejected(), 1, "{transport:?}");
    }
    assert_eq!((server.store.rows(), server.store.batches()), (3, 3));
    let status = server.status().traces;
    assert_eq!(status.accepted, 3);
    assert_eq!(status.rejected, BTreeMap::from([("invalid_trace_id", 9)]));
}

#[tokio::test]
async fn stored_and_rejected_add_up_to_what_was_sent_for_any_time() {
    let times = [
        0,
        1,
        1_700_000_000_000_000_000,
        i64::MAX as u64,
        i64::MAX as u64 + 1,
        u64::MAX,
    ];
    let server = Server::start().await;
    let mut sent = 0;
    let mut rejected = 0;
    for transport in TRANSPORTS {
        let logs = payload::logs(transport.encoding(), &times, "hello");
        let fate = transport.send(&server, WireSignal::Logs, "", &logs).await;
        rejected += fate.rejected();
        let spans = times.map(|time| ([7; 16], time));
        let traces = payload::traces(transport.encoding(), &spans);
        let fate = transport
            .send(&server, WireSignal::Traces, "", &traces)
            .await;
        rejected += fate.rejected();
        sent += 2 * times.len() as u64;
    }
    assert_eq!(server.store.rows() + rejected, sent);
}

#[tokio::test]
async fn metrics_are_taken_and_every_point_is_rejected() {
    let server = Server::start().await;
    for transport in TRANSPORTS {
        for coding in CODINGS {
            let body = payload::request(WireSignal::Metrics, transport.encoding(), 5);
            let fate = transport
                .send(&server, WireSignal::Metrics, coding, &body)
                .await;
            let message = "metrics are not stored: 5 data points were rejected".to_owned();
            assert_eq!(
                fate,
                Fate::Taken {
                    rejected: 5,
                    message
                },
                "{transport:?} {coding}"
            );
        }
    }
    assert_eq!(server.store.batches(), 0);
    let status = server.status().metrics;
    assert_eq!((status.requests, status.accepted), (12, 0));
    assert_eq!(
        status.rejected,
        BTreeMap::from([("metrics_not_stored", 60)])
    );
    assert_eq!(status.refused, BTreeMap::new());
}

#[tokio::test]
async fn what_cannot_be_decoded_is_refused_for_good() {
    let server = Server::start().await;
    for transport in TRANSPORTS {
        let bodies: &[&[u8]] = match transport.encoding() {
            Encoding::Protobuf => &[b"\x0a\xff\xff\xff\xff\x0f", b"{}", b"\x0a\x05abc", b"\xff"],
            Encoding::Json => &[
                b"",
                b"{",
                b"[]",
                b"\x0a\x00",
                b"{\"resourceLogs\":7}",
                b"{} {}",
                b"\xff",
            ],
        };
        for body in bodies {
            for coding in CODINGS {
                let fate = transport
                    .send(&server, WireSignal::Logs, coding, body)
                    .await;
                assert_eq!(
                    fate,
                    transport.refused(INVALID_ARGUMENT, 400),
                    "{transport:?} {body:?} {coding}"
                );
            }
        }
    }
    assert_eq!(server.store.batches(), 0);
}

#[tokio::test]
async fn figures_are_kept_by_signal() {
    let server = Server::start().await;
    let body = payload::request(WireSignal::Logs, Encoding::Protobuf, 4);
    TRANSPORTS[0]
        .send(&server, WireSignal::Logs, "", &body)
        .await;
    TRANSPORTS[1]
        .send(&server, WireSignal::Logs, "", &body)
        .await;
    let status = server.status();
    let expected = SignalStatus {
        requests: 2,
        bytes: 2 * body.len() as u64,
        accepted: 8,
        ..SignalStatus::default()
    };
    assert_eq!(status.logs, expected);
    assert_eq!(status.traces, SignalStatus::default());
    assert_eq!(status.in_flight_bytes, 0);
}
