//! Every granule with a match is among the candidates.

use super::generate::{self, Random};
use super::*;
use crate::text::fold::fold_char;

const CORPORA: u64 = 60;
const PATTERNS_PER_CORPUS: usize = 150;

/// The rule for words and phrases, as it is written.
fn matches(text: &[char], pattern: &TextPattern) -> bool {
    let wanted: Vec<char> = pattern.text.chars().map(fold_char).collect();
    let (Some(first), Some(last)) = (wanted.first(), wanted.last()) else {
        return true;
    };
    text.windows(wanted.len())
        .enumerate()
        .any(|(start, window)| {
            let same = window
                .iter()
                .zip(&wanted)
                .all(|(c, wanted)| fold_char(*c) == *wanted);
            let before = start.checked_sub(1).map(|before| text[before]);
            let after = text.get(start + wanted.len());
            let starts = pattern.open_start || !is_word(*first) || !before.is_some_and(is_word);
            let ends = pattern.open_end || !is_word(*last) || !after.is_some_and(|c| is_word(*c));
            same && starts && ends
        })
}

#[test]
fn the_oracle_knows_the_examples_of_the_rule() {
    let check = |text: &str, pattern: &str, expected: bool| {
        let text: Vec<char> = text.chars().collect();
        let pattern = TextPattern {
            text: pattern.trim_matches('*').to_owned(),
            open_start: pattern.starts_with('*'),
            open_end: pattern.ends_with('*'),
        };
        assert_eq!(matches(&text, &pattern), expected, "{pattern:?}");
    };
    check("film-camera.jpg", "camera", true);
    check("film-camera.jpg", "Film-Camera", true);
    check("film-camera.jpg", "cam", false);
    check("film-camera.jpg", "cam*", true);
    check("film-camera.jpg", "*mera", true);
    check("film-camera.jpg", "*mer*", true);
    check("film-camera.jpg", "-camera.", true);
    check("camera_x", "camera", false);
}

/// Counts, so that an index that lets everything pass is noticed.
#[derive(Debug, Default)]
struct Tally {
    patterns: usize,
    with_match: usize,
    granules: usize,
    matching: usize,
    passed_by_file: usize,
    passed_by_chunk: usize,
}

#[test]
fn every_matching_granule_is_a_candidate() {
    let mut tally = Tally::default();
    for seed in 0..CORPORA {
        check_corpus(seed, &mut tally);
    }
    assert!(tally.with_match * 2 > tally.patterns, "{tally:?}");
    assert!(tally.passed_by_file * 2 < tally.granules, "{tally:?}");
    assert!(tally.passed_by_chunk <= tally.passed_by_file, "{tally:?}");
}

fn check_corpus(seed: u64, tally: &mut Tally) {
    let mut random = Random::new(seed);
    let count = 1 + random.below(160);
    let rows = generate::rows(&mut random, count);
    let granule_rows = 1 + random.below(4);
    let (files, chunk) = index(&rows, granule_rows);
    let file = open(&files, chunk.layout());
    let chars: Vec<Vec<char>> = rows.iter().map(|row| row.chars().collect()).collect();
    for _ in 0..PATTERNS_PER_CORPUS {
        let pattern = generate::pattern(&mut random, &rows);
        let condition = pattern.condition();
        let by_file = file.candidates(&condition);
        let by_chunk = chunk.candidates(&condition);
        let mut matching = 0;
        for (granule, rows) in chars.chunks(granule_rows).enumerate() {
            if rows.iter().any(|row| matches(row, &pattern)) {
                matching += 1;
                let context =
                    || format!("seed {seed}, granule {granule}, {pattern:?}, {condition:?}");
                assert!(by_file.contains(granule), "file: {}", context());
                assert!(by_chunk.contains(granule), "chunk: {}", context());
            }
        }
        tally.patterns += 1;
        tally.with_match += usize::from(matching > 0);
        tally.matching += matching;
        tally.granules += file.granules();
        tally.passed_by_file += by_file.count();
        tally.passed_by_chunk += by_chunk.count();
    }
}
