//! The index against a naive oracle, over thousands of generated texts and patterns, and against damaged files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod corruption;
mod generate;
mod oracle;
mod real;
mod templates;
mod versions;

use super::*;
use crate::template::{SharedTexts, TemplateDictionary};
use generate::Random;

/// Builds both forms of the index over the same rows.
fn index(rows: &[String], granule_rows: usize) -> (TextFiles, ChunkTokens) {
    let build = || {
        let mut builder = TextIndexBuilder::new(granule_rows);
        for row in rows {
            builder.add_text(row);
            builder.end_row();
        }
        builder
    };
    let files = build().finish(FilterBits::default()).unwrap();
    (files, build().finish_chunk())
}

fn open(files: &TextFiles, layout: Layout) -> TextIndex {
    let terms = Some(files.terms.clone().into());
    let filters = Some(files.filters.clone().into());
    TextIndex::open(layout, terms, filters, None).unwrap()
}

/// A dictionary's templates, as the open segment has them.
fn folded(dictionary: &TemplateDictionary) -> Arc<FoldedTemplates> {
    let alphabets = (0..).map_while(|id| dictionary.alphabet(id));
    Arc::new(FoldedTemplates::new(
        dictionary.templates().zip(alphabets),
        &SharedTexts::default(),
    ))
}

fn rows(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn candidates(index: &impl Candidates, pattern: &TextPattern) -> Vec<usize> {
    index.candidates(&pattern.condition()).iter().collect()
}

#[test]
fn words_phrases_and_ids_lead_to_their_granules() {
    let uuid = "123e4567-e89b-12d3-a456-426614174000";
    let rows = rows(&[
        "GET /film-camera.jpg 200",
        "connection refused",
        &format!("order {uuid} shipped"),
        "Camera broken, trace 0AF7651916CD43DD8448EB211C80319C",
        "",
        "nothing at all",
    ]);
    let (files, chunk) = index(&rows, 1);
    let layout = chunk.layout();
    let file = open(&files, layout);
    let check = |text: &str, expected: &[usize]| {
        let pattern = TextPattern::new(text);
        assert_eq!(candidates(&chunk, &pattern), expected, "chunk, {text}");
        assert_eq!(candidates(&file, &pattern), expected, "file, {text}");
    };
    check("camera", &[0, 3]);
    check("film-camera", &[0]);
    check("cam", &[]);
    check("connection refused", &[1]);
    check("absent", &[]);
    check("", &[0, 1, 2, 3, 4, 5]);
    for (id, granule) in [(uuid, 2), ("0af7651916cd43dd8448eb211c80319c", 3)] {
        let pattern = TextPattern::new(id);
        assert_eq!(candidates(&chunk, &pattern), [granule], "{id}");
        // All granules here share a filter.
        assert_eq!(candidates(&file, &pattern).len(), rows.len(), "{id}");
    }
    let open_ended = TextPattern {
        open_end: true,
        ..TextPattern::new("Cam")
    };
    assert_eq!(candidates(&chunk, &open_ended), [0, 3]);
    assert_eq!(candidates(&file, &open_ended), [0, 3]);
    let infix = TextPattern {
        open_start: true,
        open_end: true,
        ..TextPattern::new("efuse")
    };
    assert_eq!(candidates(&chunk, &infix), [1]);
    assert_eq!(candidates(&file, &infix), [1]);
}

#[test]
fn a_rows_own_ids_share_the_keys_of_texts() {
    let span = [0xab; 8];
    let mut builder = TextIndexBuilder::new(2);
    for row in 0..6 {
        if row == 3 {
            builder.add_id(id_key_of_bytes(&span));
        }
        builder.add_text(if row == 5 {
            "span ABABABABABABABAB"
        } else {
            "no id"
        });
        builder.end_row();
    }
    let chunk = builder.finish_chunk();
    let key = id_key("abababababababab");
    assert_eq!(chunk.may_contain_id(key).iter().collect::<Vec<_>>(), [1, 2]);
    assert!(chunk.may_contain_id(key + 1).is_empty());
}

#[test]
fn the_same_rows_give_the_same_bytes() {
    let mut random = Random::new(7);
    let rows = generate::rows(&mut random, 300);
    let (first, _) = index(&rows, 4);
    let (second, _) = index(&rows, 4);
    assert_eq!(first.terms, second.terms);
    assert_eq!(first.filters, second.filters);
}

#[test]
fn a_missing_file_rules_out_nothing() {
    let rows = rows(&["alpha", "beta", "0123456789abcdef"]);
    let (files, chunk) = index(&rows, 1);
    let layout = chunk.layout();
    let none = TextIndex::open(layout, None, None, None).unwrap();
    assert!(
        none.candidates(&TextPattern::new("alpha").condition())
            .is_all()
    );
    assert!(none.may_contain_id(1).is_all());
    let terms = TextIndex::open(layout, Some(files.terms.into()), None, None).unwrap();
    assert_eq!(candidates(&terms, &TextPattern::new("alpha")), [0]);
    assert!(terms.may_contain_id(1).is_all());
    let filters = TextIndex::open(layout, None, Some(files.filters.into()), None).unwrap();
    assert!(
        filters
            .candidates(&TextPattern::new("alpha").condition())
            .is_all()
    );
    let key = id_key("0123456789abcdef");
    assert!(filters.may_contain_id(key).contains(2));
    let absent = id_key("fedcba9876543210");
    assert!(filters.may_contain_id(absent).is_empty());
}

#[test]
fn an_index_of_no_rows_opens() {
    let (files, chunk) = index(&[], 128);
    let file = open(&files, chunk.layout());
    assert_eq!(file.granules(), 0);
    assert!(candidates(&file, &TextPattern::new("x")).is_empty());
    assert!(candidates(&chunk, &TextPattern::new("x")).is_empty());
}

#[test]
fn long_lists_of_granules_survive() {
    // More than a block of 128 postings, with and without gaps.
    let rows: Vec<String> = (0..1_000)
        .map(|row| {
            format!(
                "all {} row{row}",
                if row % 3 == 0 { "third" } else { "other" }
            )
        })
        .collect();
    let (files, chunk) = index(&rows, 1);
    let file = open(&files, chunk.layout());
    for index in [&file as &dyn Candidates, &chunk] {
        let count = |query: &TextQuery| index.candidates(query).count();
        assert_eq!(count(&TextQuery::Term("all".into())), 1_000);
        assert_eq!(count(&TextQuery::Term("third".into())), 334);
        assert_eq!(
            count(&TextQuery::Words(WordPart::Prefix("row9".into()))),
            111
        );
        assert_eq!(count(&TextQuery::Words(WordPart::Suffix("9".into()))), 100);
        assert_eq!(count(&TextQuery::Words(WordPart::Infix("99".into()))), 19);
        assert_eq!(count(&TextQuery::Or(Vec::new())), 0);
    }
}
