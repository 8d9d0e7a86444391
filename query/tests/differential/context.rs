//! What stands around one log record.

use clearspan_query::{
    AskedRange, ContextAnswer, ContextRequest, LogId, LogsRequest, Order, QueryError, Same,
};
use clearspan_schema::any::{AnyRef, AnyWriter, KeyValues};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::logs::{Body, LogRow, LogsBuilder};
use clearspan_storage::{Incoming, TenantId};

use crate::damage::files_named;
use crate::random::Random;
use crate::records::{HOUR, START};
use crate::store::{ARRIVAL_NS, Store};

const ALONE: Same = Same {
    service: false,
    instance: false,
};
const KINDS: [Same; 4] = [
    ALONE,
    Same {
        service: true,
        ..ALONE
    },
    Same {
        instance: true,
        ..ALONE
    },
    Same {
        service: true,
        instance: true,
    },
];

/// What a resource says of its instance; an id comes before a pod.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Instance {
    None,
    Id(&'static str),
    Number(i64),
    Pod(&'static str),
}

#[derive(Debug, Clone, Copy)]
struct Log {
    number: i64,
    time: u64,
    service: Option<&'static str>,
    instance: Instance,
    /// Beside an id, which hides it.
    pod: Option<&'static str>,
}

impl Log {
    /// Many share their time; one instance in a hundred is rare.
    fn random(number: i64, random: &mut Random) -> Self {
        let instance = match random.below(100) {
            0 => Instance::Id("rare"),
            1..20 => Instance::None,
            20..40 => Instance::Id("a"),
            40..50 => Instance::Number(5),
            50..60 => Instance::Id("5"),
            60..80 => Instance::Pod("a"),
            _ => Instance::Pod("web-0"),
        };
        Log {
            number,
            time: match random.below(3) {
                0 => START + random.below(4) * HOUR,
                1 => START + random.below(5 * HOUR),
                _ => START + random.below(20),
            },
            service: random.pick(&[Some("cart"), Some("pay"), None]),
            instance,
            pod: random.pick(&[None, Some("web-0")]),
        }
    }

    fn resource(&self) -> Vec<u8> {
        let mut resource = Vec::new();
        let mut attributes = AnyWriter::new(&mut resource);
        if let Some(service) = self.service {
            attributes.key("service.name").string(service);
        }
        match self.instance {
            Instance::None => return resource,
            Instance::Id(id) => attributes.key("service.instance.id").string(id),
            Instance::Number(id) => attributes.key("service.instance.id").int(id),
            Instance::Pod(pod) => return pod_of(resource, pod),
        }
        match self.pod {
            Some(pod) => pod_of(resource, pod),
            None => resource,
        }
    }

    fn is_kin(&self, of: &Log, same: Same) -> bool {
        // Unquoted, a number finds the same text too.
        let instance = of.instance == self.instance
            || (of.instance, self.instance) == (Instance::Number(5), Instance::Id("5"));
        (!same.service || of.service == self.service) && (!same.instance || instance)
    }
}

fn pod_of(mut resource: Vec<u8>, pod: &str) -> Vec<u8> {
    AnyWriter::new(&mut resource)
        .key("k8s.pod.name")
        .string(pod);
    resource
}

fn batch(logs: &[Log]) -> Incoming {
    let mut builder = LogsBuilder::new(logs.len(), ARRIVAL_NS);
    for log in logs {
        let resource = log.resource();
        let resource = ResourceRef {
            present: true,
            attributes: KeyValues::new(&resource),
            ..ResourceRef::default()
        };
        builder.group(&resource, &ScopeRef::default(), log.service);
        let mut attributes = Vec::new();
        AnyWriter::new(&mut attributes).key("n").int(log.number);
        let row = LogRow {
            time: log.time,
            observed_time: 0,
            severity_number: 9,
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

fn numbers(answer: &ContextAnswer) -> Vec<i64> {
    let records = answer.rows.records().unwrap();
    let number = |record: clearspan_query::LogRecord<'_>| match record.log.attributes.get("n") {
        Some(AnyRef::Int(number)) => number,
        other => panic!("no number: {other:?}"),
    };
    records.iter().map(number).collect()
}

/// All ids, oldest first, as paging gives them.
async fn ids(store: &Store) -> Vec<LogId> {
    let everything = LogsRequest {
        query: String::new(),
        range: AskedRange::ALL,
        order: Order::Ascending,
        limit: 10_000,
        cursor: None,
        count: false,
    };
    let tenant = TenantId::default();
    let all = store.engine.search_logs(&tenant, everything).await.unwrap();
    let records = all.rows.records().unwrap();
    records.iter().map(|record| record.id).collect()
}

async fn ask(store: &Store, request: ContextRequest) -> Result<ContextAnswer, QueryError> {
    let tenant = TenantId::default();
    store.engine.logs_context(&tenant, request).await
}

/// `sorted` are the logs in order.
async fn check(store: &Store, sorted: &[Log], random: &mut Random, when: &str) {
    let ids = ids(store).await;
    assert_eq!(ids.len(), sorted.len(), "{when}");
    let mut places = vec![0, sorted.len() - 1];
    places.extend((0..12).map(|_| random.below(sorted.len() as u64) as usize));
    places.extend(
        sorted
            .iter()
            .position(|log| log.instance == Instance::Id("rare")),
    );
    for place in places {
        for same in KINDS {
            let (before, after) =
                random.pick(&[(2, 3), (0, 1), (1, 0), (0, 0), (20, 20), (9, 1_000)]);
            let request = ContextRequest {
                id: ids[place],
                before,
                after,
                same,
            };
            let own = &sorted[place];
            let kin = |log: &&Log| log.is_kin(own, same);
            let older = sorted[..place].iter().rev().filter(kin).take(before);
            let mut expected: Vec<i64> = older.map(|log| log.number).collect();
            expected.reverse();
            let index = expected.len();
            expected.push(own.number);
            let newer = sorted[place + 1..].iter().filter(kin).take(after);
            expected.extend(newer.map(|log| log.number));
            let answer = ask(store, request).await.unwrap();
            let shown = format!("{when}: {request:?} around {own:?}");
            assert_eq!(numbers(&answer), expected, "{shown}");
            assert_eq!(answer.index, index, "{shown}");
            assert!(answer.missing.is_empty(), "{shown}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn neighbours_are_those_of_a_plain_scan() {
    for seed in 0..2 {
        let mut random = Random::new(seed);
        let mut store = Store::new();
        let mut logs: Vec<Log> = Vec::new();
        for stage in [
            "memtable",
            "segments",
            "both",
            "crashed",
            "merged",
            "restarted",
        ] {
            match stage {
                "segments" => store.flush(),
                "crashed" => store = store.crash(),
                "merged" => store.compact(),
                "restarted" => store = store.restart(),
                _ => {
                    for _ in 0..5 {
                        let first = logs.len() as i64;
                        let some: Vec<Log> = (0..1 + random.below(90) as i64)
                            .map(|row| Log::random(first + row, &mut random))
                            .collect();
                        store.append(batch(&some));
                        logs.extend(some);
                    }
                }
            }
            let mut sorted = logs.clone();
            // Stable: of equal times the order of arrival.
            sorted.sort_by_key(|log| log.time);
            let when = format!("seed {seed}, {stage}");
            check(&store, &sorted, &mut random, &when).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_not_there_is_told() {
    let store = Store::new();
    let mut random = Random::new(7);
    let logs: Vec<Log> = (0..20).map(|n| Log::random(n, &mut random)).collect();
    let request = |id| ContextRequest {
        id,
        before: 5,
        after: 5,
        same: ALONE,
    };
    let nowhere = LogId {
        placed_time: START as i64,
        seq: 1 << 40,
    };
    for stored in [false, true] {
        if stored {
            store.append(batch(&logs));
        }
        let error = ask(&store, request(nowhere)).await.unwrap_err();
        let QueryError::UnknownLog {
            id,
            unreadable_segments: 0,
        } = error
        else {
            panic!("{error}")
        };
        assert_eq!(id, nowhere.to_string());
    }
    let too_many = ContextRequest {
        before: 1_001,
        ..request(ids(&store).await[0])
    };
    let error = ask(&store, too_many).await.unwrap_err();
    assert!(matches!(error, QueryError::LimitOutOfRange { .. }));
}

/// Rows of one instance in an hour of each of some days, so that no segment is merged with another.
fn of_day(day: u64) -> Vec<Log> {
    let of_row = |row: u64| Log {
        number: (day * 10 + row) as i64,
        time: ARRIVAL_NS as u64 - (10 - day) * 25 * HOUR + row,
        service: Some("cart"),
        instance: Instance::Pod("web-0"),
        pod: None,
    };
    (0..10).map(of_row).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_that_cannot_be_read_is_missed_where_it_matters() {
    let mut store = Store::new();
    (0..3).for_each(|day| store.append(batch(&of_day(day))));
    store.flush();
    let ids = ids(&store).await;
    assert_eq!(ids.len(), 30);
    store = store.restart();
    let mut files = files_named(store.folder.path(), "rows.arrow");
    files.sort();
    assert_eq!(files.len(), 3, "{files:?}");
    let length = std::fs::metadata(&files[1]).unwrap().len() as usize;
    std::fs::write(&files[1], vec![0xa5; length]).unwrap();
    for same in KINDS {
        let request = |place: usize, before, after| ContextRequest {
            id: ids[place],
            before,
            after,
            same,
        };
        // Its neighbours end before the segment.
        let near = ask(&store, request(5, 3, 4)).await.unwrap();
        assert_eq!(numbers(&near), (2..10).collect::<Vec<i64>>());
        assert!(near.missing.is_empty(), "{:?}", near.missing);
        // They go on behind it.
        let beyond = ask(&store, request(5, 3, 6)).await.unwrap();
        assert_eq!(numbers(&beyond), [2, 3, 4, 5, 6, 7, 8, 9, 20, 21]);
        assert_eq!(beyond.index, 3);
        assert_eq!(beyond.missing.len(), 1, "{:?}", beyond.missing);
        // It may hold the row itself.
        let error = ask(&store, request(15, 1, 1)).await.unwrap_err();
        let unreadable_segments = match error {
            QueryError::UnknownLog {
                unreadable_segments,
                ..
            } => unreadable_segments,
            other => panic!("{other}"),
        };
        assert_eq!(unreadable_segments, 1);
    }
}
