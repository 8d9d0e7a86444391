//! Records of a size, a number and a time that nobody means well with, through flush and compaction.

use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::logs::{Body, LogRow, LogsBuilder, LogsReader};

use super::lab::Lab;
use super::*;
use crate::limits::{ATTRIBUTE_COLUMNS_MAX, STEP_BYTES};
use crate::segment::shape::Shape;

/// What is held of a record: its times, body and attributes.
type Kept = (u64, u64, Option<String>, Vec<u8>);

/// A record with the given times, body and encoded attributes.
fn record(time: u64, body: &str, attributes: Vec<u8>) -> Kept {
    (time, 0, Some(body.to_owned()), attributes)
}

fn attributes(write: impl FnOnce(&mut AnyWriter<'_>)) -> Vec<u8> {
    let mut encoded = Vec::new();
    write(&mut AnyWriter::new(&mut encoded));
    encoded
}

/// Appends `records`, and checks that all come back as they were: from memory, after a flush, after a compaction, and after a crash.
fn hold(records: &[Kept]) -> Lab {
    let mut lab = Lab::new();
    for part in records.chunks(records.len().div_ceil(3)) {
        let mut builder = LogsBuilder::new(part.len(), ARRIVAL_NS);
        let resource = ResourceRef {
            present: true,
            ..ResourceRef::default()
        };
        builder.group(&resource, &ScopeRef::default(), Some("cart"));
        for (time, observed_time, body, attributes) in part {
            let row = LogRow {
                time: *time,
                observed_time: *observed_time,
                severity_number: 9,
                severity_text: "",
                event_name: "",
                body: body.as_deref().map_or(Body::Absent, Body::Text),
                trace_id: None,
                span_id: None,
                flags: 0,
                attributes: KeyValues::new(attributes),
                dropped_attributes_count: 0,
            };
            builder.push(&row).unwrap();
        }
        lab.house.append(Incoming::Logs(builder.finish().unwrap()));
        assert_same(&lab, &records[..kept(&lab).len()]);
        lab.wait(301);
    }
    assert_same(&lab, records);
    lab.wait(26 * 3_600);
    assert_eq!(lab.pending(), (0, 0));
    assert!(
        lab.levels().iter().all(|&level| level >= 1),
        "{:?}",
        lab.levels()
    );
    assert_same(&lab, records);
    lab.crash(Some(1));
    assert_same(&lab, records);
    lab
}

fn assert_same(lab: &Lab, expected: &[Kept]) {
    let kept = kept(lab);
    assert_eq!(kept.len(), expected.len());
    // Not compared at once, for the message would have megabytes.
    for (at, (kept, expected)) in kept.values().zip(expected).enumerate() {
        assert!(kept == expected, "record {at}, placed at {}", expected.0);
    }
}

/// All records by sequence number, which is the order in which they came.
fn kept(lab: &Lab) -> BTreeMap<u64, Kept> {
    let snapshot = lab.house.snapshot(Signal::Logs);
    let mut found = BTreeMap::new();
    for part in snapshot.parts() {
        let mut stats = ScanStats::default();
        let all = part
            .select(&Predicate::All, TimeRange::ALL, &mut stats)
            .unwrap();
        for selected in part.read(Signal::Logs.stored_columns(), &all, &mut stats) {
            let batch = selected.unwrap().batch;
            let seqs = columns::uint64(&batch, SEQ).unwrap();
            let reader = LogsReader::new(&batch).unwrap();
            for row in 0..batch.num_rows() {
                let log = reader.row(row);
                let body = match log.body {
                    Body::Text(text) => Some(text.to_owned()),
                    _ => None,
                };
                let kept = (
                    log.time,
                    log.observed_time,
                    body,
                    log.attributes.encoded().to_vec(),
                );
                assert!(found.insert(seqs.value(row), kept).is_none());
            }
        }
    }
    found
}

fn shapes(lab: &Lab) -> Vec<Shape> {
    let folders = FOLDER_OF_LOGS;
    let mut shapes = Vec::new();
    for partition in lab.disk.list(Path::new(folders)).unwrap() {
        let partition = Path::new(folders).join(partition.name);
        for folder in lab.disk.list(&partition).unwrap() {
            let file = partition.join(folder.name).join(crate::names::SHAPE);
            shapes.push(Shape::decode(&lab.disk.read(&file).unwrap()).unwrap());
        }
    }
    shapes
}

const FOLDER_OF_LOGS: &str = super::lab::FOLDERS[0];

#[test]
fn a_hundred_thousand_keys_make_no_columns() {
    let row = |at: u64| {
        let own = attributes(|out| {
            out.key("common").int(at as i64);
            out.key(&format!("key-{at}")).string("x");
        });
        record(1_000 + at, "hello", own)
    };
    let lab = hold(&(0..100_000).map(row).collect::<Vec<_>>());
    for shape in shapes(&lab) {
        assert_eq!(shape.key_source("common").columns.len(), 1);
        assert!(shape.key_source("key-7").columns.is_empty());
        assert!(shape.memory() < 4 * 1024 * 1024, "{}", shape.memory());
    }
}

#[test]
fn records_of_ten_thousand_attributes_come_back() {
    let row = |at: u64| {
        let many = attributes(|out| {
            for key in 0..10_000 {
                out.key(&format!("k{key}")).int((at * key) as i64);
            }
        });
        record(1_000 + at, "many attributes", many)
    };
    let lab = hold(&(0..30).map(row).collect::<Vec<_>>());
    for shape in shapes(&lab) {
        let columns = shape.physical_schema();
        let of_attributes = columns.fields().iter();
        let of_attributes = of_attributes.filter(|field| field.name().starts_with("attributes."));
        assert!(of_attributes.count() <= ATTRIBUTE_COLUMNS_MAX);
    }
}

#[test]
fn values_of_a_mebibyte_come_back_a_few_at_a_time() {
    let long = "long ".repeat(1 << 18);
    let row = |at: u64| {
        let own = attributes(|out| {
            out.key("long").string(&long[(at as usize)..]);
            out.key("nul").string("\0\u{202e}\u{feff}");
        });
        record(1_000 + at, &long[..1 << 20], own)
    };
    let lab = hold(&(0..24).map(row).collect::<Vec<_>>());
    let snapshot = lab.house.snapshot(Signal::Logs);
    for part in snapshot.parts() {
        let unit = part.unit_of(0);
        let bytes = (unit.end - unit.start) as usize * (long.len() + (1 << 20));
        assert!(bytes <= STEP_BYTES + 2 * long.len(), "{unit:?}");
    }
}

#[test]
fn resources_of_a_mebibyte_come_back_a_few_at_a_time() {
    let lab = Lab::new();
    for round in 0..3 {
        for at in 0..8 {
            let name = format!("{round}/{at}/{}", "x".repeat(1 << 20));
            let time = 1_000 + round * 8 + at;
            let logs = crate::testing::logs_of(&name, &[(time, "hello")]);
            lab.house.append(Incoming::Logs(logs));
        }
        lab.wait(301);
    }
    lab.wait(26 * 3_600);
    assert_eq!((lab.pending(), kept(&lab).len()), ((0, 0), 24));
    assert_eq!(lab.levels(), [1]);
    let snapshot = lab.house.snapshot(Signal::Logs);
    let unit = snapshot.parts()[0].unit_of(0);
    assert!(unit.len() <= STEP_BYTES.div_ceil(1 << 20), "{unit:?}");
}

#[test]
fn odd_times_come_back() {
    let century = 3_155_760_000_000_000_000;
    let now = ARRIVAL_NS as u64;
    let times = [
        0,
        1,
        u64::MAX,
        u64::MAX - 1,
        i64::MAX as u64,
        i64::MAX as u64 + 1,
        now - century / 2,
        now + century,
        now,
    ];
    let pairs = times
        .iter()
        .flat_map(|&time| times.map(|observed| (time, observed)));
    let row = |(time, observed)| (time, observed, None, Vec::new());
    hold(&pairs.map(row).collect::<Vec<_>>());
}
