#![allow(clippy::unwrap_used)]
use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::*;

const COMPRESSED: [Coding; 3] = [Coding::Gzip, Coding::Zstd, Coding::Deflate];

fn compress(coding: Coding, plain: &[u8]) -> Vec<u8> {
    match coding {
        Coding::Identity => plain.to_vec(),
        Coding::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(plain).unwrap();
            encoder.finish().unwrap()
        }
        Coding::Zstd => zstd::encode_all(plain, 3).unwrap(),
        Coding::Deflate => {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(plain).unwrap();
            encoder.finish().unwrap()
        }
    }
}

fn inflated(coding: Coding, body: &[u8], limit: usize) -> Result<Vec<u8>, InflateError> {
    inflate(coding, body, limit, &mut |_| Ok(()))
}

/// Text that compresses, but not to nothing.
fn sample(bytes: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let byte = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b'a' + (state >> 28) as u8
    };
    (0..bytes).map(byte).collect()
}

fn is_broken(coding: Coding, body: &[u8]) -> bool {
    matches!(
        inflated(coding, body, 1 << 20),
        Err(InflateError::Broken { .. })
    )
}

#[test]
fn what_was_compressed_comes_out_again() {
    for coding in COMPRESSED {
        for bytes in [0, 1, 1_000, INFLATE_STEP, 300_000] {
            let plain = sample(bytes);
            let body = compress(coding, &plain);
            assert_eq!(
                inflated(coding, &body, bytes),
                Ok(plain),
                "{coding:?} {bytes}"
            );
        }
    }
}

#[test]
fn the_limit_is_exact() {
    for coding in COMPRESSED {
        let body = compress(coding, &sample(100_000));
        assert!(inflated(coding, &body, 100_000).is_ok(), "{coding:?}");
        let limit = 99_999;
        assert_eq!(
            inflated(coding, &body, limit),
            Err(InflateError::TooLarge { limit }),
            "{coding:?}"
        );
    }
}

#[test]
fn a_bomb_takes_no_more_than_the_limit() {
    for coding in COMPRESSED {
        let body = compress(coding, &vec![0; 64 << 20]);
        let limit = 1 << 20;
        let mut taken = 0;
        let result = inflate(coding, &body, limit, &mut |bytes| {
            taken += bytes;
            Ok(())
        });
        assert_eq!(result, Err(InflateError::TooLarge { limit }));
        assert!(taken <= limit, "{coding:?}: {taken}");
    }
}

#[test]
fn several_members_are_read_to_the_last() {
    for coding in [Coding::Gzip, Coding::Zstd] {
        let body = [
            compress(coding, b"one "),
            compress(coding, b""),
            compress(coding, b"two"),
        ]
        .concat();
        assert_eq!(inflated(coding, &body, 100), Ok(b"one two".to_vec()));
        let limit = 6;
        assert_eq!(
            inflated(coding, &body, limit),
            Err(InflateError::TooLarge { limit })
        );
    }
}

#[test]
fn whatever_lacks_its_end_is_broken() {
    for coding in COMPRESSED {
        let body = compress(coding, &sample(10_000));
        for cut in [0, 1, 2, 9, body.len() / 2, body.len() - 9, body.len() - 1] {
            assert!(is_broken(coding, &body[..cut]), "{coding:?} {cut}");
        }
    }
}

#[test]
fn whatever_follows_the_end_is_broken() {
    for coding in COMPRESSED {
        for rest in [&b"x"[..], b"\0", b"\x1f\x8b", b"trailing garbage"] {
            let body = [&compress(coding, &sample(10_000))[..], rest].concat();
            assert!(is_broken(coding, &body), "{coding:?} {rest:?}");
        }
    }
}

#[test]
fn a_wrong_checksum_is_broken() {
    for coding in [Coding::Gzip, Coding::Deflate] {
        let mut body = compress(coding, &sample(10_000));
        // The checksum is the last four bytes of zlib, and the four before the length in gzip.
        let at = body.len() - if coding == Coding::Gzip { 6 } else { 2 };
        body[at] ^= 1;
        assert!(is_broken(coding, &body), "{coding:?}");
    }
}

#[test]
fn one_coding_is_not_another() {
    let mut bare = DeflateEncoder::new(Vec::new(), Compression::default());
    bare.write_all(&sample(10_000)).unwrap();
    assert!(is_broken(Coding::Deflate, &bare.finish().unwrap()));
    for sent in COMPRESSED {
        for claimed in COMPRESSED.into_iter().filter(|claimed| *claimed != sent) {
            assert!(
                is_broken(claimed, &compress(sent, &sample(10_000))),
                "{sent:?} {claimed:?}"
            );
        }
    }
}

#[test]
fn a_frame_that_asks_for_a_huge_window_is_broken() {
    // Magic, a descriptor without single segment or content size, and a window of 2 to the 30.
    let frame = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 20 << 3, 0x01, 0x00, 0x00];
    assert!(is_broken(Coding::Zstd, &frame));
    // The same with a window of 8 MiB is an empty frame.
    let frame = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 13 << 3, 0x01, 0x00, 0x00];
    assert_eq!(inflated(Coding::Zstd, &frame, 10), Ok(Vec::new()));
}

#[test]
fn nothing_is_inflated_without_room() {
    for coding in COMPRESSED {
        let body = compress(coding, &sample(100_000));
        let result = inflate(coding, &body, 1 << 20, &mut |_| Err(NoRoom));
        assert_eq!(result, Err(InflateError::NoRoom));
    }
}

#[test]
fn names_are_read_in_any_case_and_lists_are_not() {
    let cases = [
        ("gzip", Some(Coding::Gzip)),
        ("X-GZIP", Some(Coding::Gzip)),
        ("Zstd", Some(Coding::Zstd)),
        ("deflate", Some(Coding::Deflate)),
        ("identity", Some(Coding::Identity)),
        ("gzip, gzip", None),
        ("br", None),
        ("", None),
    ];
    for (name, coding) in cases {
        assert_eq!(Coding::named(name), coding, "{name:?}");
    }
}
