//! Damaged files are errors, never panics or wrong answers.

use std::collections::BTreeSet;

use super::generate::{self, Random};
use super::*;
use crate::template::{Alphabet, TemplateDictionary};
use crate::text::frame;

/// Rows with and without templates.
fn sample() -> (TextFiles, Layout) {
    let rows = generate::rows(&mut Random::new(11), 40);
    let mut builder = TextIndexBuilder::with_templates(2, &dictionary());
    for (row, text) in rows.iter().enumerate() {
        if !builder.add_template(row as u32 % 3) {
            builder.add_text(text);
        }
        builder.end_row();
    }
    let layout = Layout {
        granule_rows: 2,
        rows: rows.len(),
    };
    (builder.finish(FilterBits::default()).unwrap(), layout)
}

fn dictionary() -> TemplateDictionary {
    let mut dictionary = TemplateDictionary::default();
    for template in ["an error in \u{1}", "no irate word"] {
        dictionary.push(template, 1, Alphabet::ALL);
    }
    dictionary
}

fn open_terms(layout: Layout, bytes: Vec<u8>) -> Result<TextIndex, TextError> {
    let templates = folded(&dictionary());
    TextIndex::open(layout, Some(bytes.into()), None, Some(templates))
}

fn open_filters(layout: Layout, bytes: Vec<u8>) -> Result<TextIndex, TextError> {
    TextIndex::open(layout, None, Some(bytes.into()), None)
}

type Open = fn(Layout, Vec<u8>) -> Result<TextIndex, TextError>;

fn both(files: TextFiles) -> [(Vec<u8>, Open); 2] {
    [(files.terms, open_terms), (files.filters, open_filters)]
}

#[test]
fn every_flipped_bit_is_noticed() {
    let (files, layout) = sample();
    for (bytes, open) in both(files) {
        assert!(open(layout, bytes.clone()).is_ok());
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            assert!(open(layout, flipped).is_err(), "byte {at}");
        }
    }
}

#[test]
fn every_other_length_is_noticed() {
    let (files, layout) = sample();
    for (bytes, open) in both(files) {
        for len in 0..bytes.len() {
            assert!(open(layout, bytes[..len].to_vec()).is_err(), "{len} bytes");
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert!(open(layout, longer).is_err());
    }
}

/// A segment's metadata keeps the CRC-32C of each whole file, which must tell one file from another.
#[test]
fn checksums_of_whole_files_differ_as_their_contents_do() {
    let (files, layout) = sample();
    for (bytes, open, seal) in sealed(&files) {
        let whole = seal(bytes.clone());
        let mut sums = BTreeSet::from([crc32c::crc32c(&whole)]);
        for at in 12..16 {
            let mut other = bytes.clone();
            other[at] ^= 0x10;
            let other = seal(other);
            assert!(open(layout, other.clone()).is_ok());
            assert_eq!(other.len(), whole.len());
            assert!(sums.insert(crc32c::crc32c(&other)), "byte {at}");
        }
    }
}

/// With a checksum that holds, so that what lies behind it has to cope.
#[test]
fn forged_bytes_never_panic() {
    let (files, layout) = sample();
    let patterns = [
        TextPattern::new("error"),
        TextPattern {
            open_start: true,
            ..TextPattern::new("ra")
        },
    ];
    let mut random = Random::new(12);
    let mut opened = 0;
    for (bytes, open, seal) in sealed(&files) {
        for _ in 0..2_000 {
            let Ok(index) = open(layout, seal(forge(&mut random, &bytes))) else {
                continue;
            };
            opened += 1;
            for pattern in &patterns {
                let found = index.candidates(&pattern.condition());
                assert_eq!(found.granules(), layout.granules());
            }
            let found = index.may_contain_id(id_key("0123456789abcdef"));
            assert_eq!(found.granules(), layout.granules());
        }
    }
    assert!(opened > 500, "{opened}");
}

type Seal = fn(Vec<u8>) -> Vec<u8>;

/// The contents of both files, and of `text.idx` also what it is before compression, with how they become files again.
fn sealed(files: &TextFiles) -> Vec<(Vec<u8>, Open, Seal)> {
    const PACKED_AT: usize = 8 + 5 * 4 + 3 * 4;
    let terms = files.terms.clone();
    let mut plain = terms[..PACKED_AT].to_vec();
    plain.extend(zstd::decode_all(&terms[PACKED_AT..]).unwrap());
    let pack: Seal = |mut plain| {
        let files = plain.split_off(PACKED_AT.min(plain.len()));
        plain.truncate(PACKED_AT - 4);
        frame::put_u32(&mut plain, files.len() as u32);
        plain.extend(zstd::bulk::compress(&files, 3).unwrap());
        frame::seal(plain)
    };
    vec![
        (terms, open_terms, frame::seal),
        (plain, open_terms, pack),
        (files.filters.clone(), open_filters, frame::seal),
    ]
}

fn forge(random: &mut Random, content: &[u8]) -> Vec<u8> {
    let mut forged = content.to_vec();
    for _ in 0..1 + random.below(3) {
        let at = random.below(forged.len());
        forged[at] = random.below(256) as u8;
    }
    if random.one_in(4) {
        forged.truncate(random.below(forged.len()));
    }
    forged
}

#[test]
fn files_of_other_rows_or_kinds_are_refused() {
    let (files, layout) = sample();
    let other = Layout {
        rows: layout.rows + 2,
        ..layout
    };
    let coarser = Layout {
        granule_rows: 4,
        rows: layout.rows * 2,
    };
    for (bytes, open) in both(files.clone()) {
        assert!(matches!(
            open(other, bytes.clone()),
            Err(TextError::Layout { .. })
        ));
        assert!(matches!(
            open(coarser, bytes),
            Err(TextError::Layout { .. })
        ));
    }
    assert!(matches!(
        open_terms(layout, files.filters),
        Err(TextError::Magic { .. })
    ));
    assert!(matches!(
        open_filters(layout, files.terms.clone()),
        Err(TextError::Magic { .. })
    ));
    let mut newer = files.terms;
    newer[8] = 3;
    assert!(matches!(
        open_terms(layout, newer),
        Err(TextError::Version { found: 3, .. })
    ));
}

#[test]
fn files_under_other_rules_rule_out_no_text() {
    let (files, layout) = sample();
    let [terms, filters] = [files.terms, files.filters].map(|mut bytes| {
        bytes[12] ^= 1;
        frame::seal(bytes)
    });
    let index = TextIndex::open(layout, Some(terms.into()), Some(filters.into()), None).unwrap();
    let uuid = "00000000-0000-0000-0000-000000000000";
    for text in ["absent", uuid] {
        assert!(
            index
                .candidates(&TextPattern::new(text).condition())
                .is_all()
        );
    }
    assert!(!index.has_terms());
    assert!(!index.may_contain_id(id_key_of_bytes(&[1; 16])).is_all());
}
