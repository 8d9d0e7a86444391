//! Stored shapes: round trip, damage.

use proptest::prelude::*;

use super::generate::{Mood, Random, logs_of, spans_of};
use super::*;
use crate::codec::Writer;

fn shape(signal: Signal, mood: Mood) -> Shape {
    let mut random = Random(21);
    let rows = match signal {
        Signal::Logs => logs_of(&mut random, mood, 300),
        Signal::Spans => spans_of(&mut random, mood, 300),
    };
    write(signal, &[rows]).shape
}

#[test]
fn a_shape_reads_back() {
    for signal in Signal::ALL {
        for mood in [Mood::Calm, Mood::Wild] {
            let shape = shape(signal, mood);
            let read = Shape::decode(&shape.encode().unwrap()).unwrap();
            assert_eq!(read, shape);
            assert_eq!(read.physical_schema(), shape.physical_schema());
        }
    }
}

#[test]
fn every_flipped_byte_and_every_cut_is_an_error() {
    let bytes = shape(Signal::Logs, Mood::Wild).encode().unwrap();
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        assert!(Shape::decode(&flipped).is_err(), "byte {at}");
        assert!(Shape::decode(&bytes[..at]).is_err(), "cut at {at}");
    }
}

#[test]
fn another_version_is_told_from_damage() {
    let mut bytes = shape(Signal::Logs, Mood::Calm).encode().unwrap();
    bytes[8] = 1;
    let refused = Shape::decode(&bytes);
    assert!(matches!(
        refused,
        Err(ShapeError::Version { found: 1, known: 2 })
    ));
}

/// A shape with this payload and a checksum that holds.
fn sealed(payload: &[u8], length: u32) -> Vec<u8> {
    let packed = zstd::bulk::compress(payload, 1).unwrap();
    let head = [2u32.to_le_bytes(), length.to_le_bytes()].concat();
    let mut out = Writer::default();
    out.raw(b"CSSHAPE\0");
    out.raw(&head);
    out.u32(crc32c::crc32c_append(crc32c::crc32c(&head), &packed));
    out.raw(&packed);
    out.into_inner()
}

proptest! {
    #[test]
    fn a_hostile_payload_is_an_error_or_a_shape(seed: u64, flips in 1usize..5) {
        let mut random = Random(seed);
        let signal = Signal::ALL[random.below(2) as usize];
        let good = shape(signal, Mood::Calm);
        let mut payload = super::super::codec::payload(&good.plan, &good.counted);
        for _ in 0..flips {
            let at = random.below(payload.len() as u64) as usize;
            payload[at] = random.next() as u8;
        }
        let length = payload.len() as u32;
        if let Ok(read) = Shape::decode(&sealed(&payload, length)) {
            let again = Shape::decode(&read.encode().unwrap()).unwrap();
            prop_assert_eq!(again, read);
        }
    }

    #[test]
    fn rows_under_a_wrong_shape_are_an_error_or_rows(seed: u64) {
        let mut random = Random(seed);
        let rows = spans_of(&mut random, Mood::Wild, 50);
        let written = write(Signal::Spans, std::slice::from_ref(&rows));
        let other = write(Signal::Spans, &[spans_of(&mut random, Mood::Calm, 50)]).shape;
        let all: Vec<usize> = (0..rows.num_columns()).collect();
        let places = other.physical_columns(&all, &AttributeKeys::All);
        let given: Vec<usize> = places.iter().map(|p| p % written.batches[0].num_columns()).collect();
        let given = written.batches[0].project(&given).unwrap();
        let _ = other.to_logical(&given, &all, &AttributeKeys::All);
    }
}

#[test]
fn a_lying_length_allocates_nothing() {
    assert!(Shape::decode(&sealed(&[0; 40], u32::MAX)).is_err());
    assert!(Shape::decode(&sealed(&[0; 1000], 10)).is_err());
    assert!(Shape::decode(&sealed(&[0xff; 60], 60)).is_err());
}
