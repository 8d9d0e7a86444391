//! Rows with templates are found as exactly as whole bodies are.
#![allow(clippy::print_stderr, reason = "says what the generator reached")]

use super::*;
use crate::template::tests::generate::Draw;
use crate::template::tests::oracle::stands;
use crate::template::{
    Alphabet, CandidateLimits, Keep, PLACEHOLDER, RecordIds, SPAN_REFERENCE, Splitter,
    TRACE_REFERENCE, TemplateBuilder, restore_into,
};

const CORPORA: u64 = 80;
const PATTERNS_PER_CORPUS: usize = 120;

/// A body with its record's ids.
struct Row {
    body: String,
    ids: RecordIds,
}

/// How often each kind of row and of question was reached.
#[derive(Debug, Default)]
struct Tally {
    regular: usize,
    irregular: usize,
    plain: usize,
    with_reference: usize,
    with_uuid: usize,
    patterns: usize,
    with_match: usize,
    /// With words that only static text of templates has.
    through_templates: usize,
    granules: usize,
    passed: usize,
}

#[test]
fn rows_with_templates_are_found_as_whole_bodies_are() {
    let mut tally = Tally::default();
    for seed in 0..CORPORA {
        check_corpus(seed, &mut tally);
    }
    eprintln!("{tally:?}");
    assert!(tally.regular > 2_000, "{tally:?}");
    assert!(tally.irregular > 500, "{tally:?}");
    assert!(tally.plain > 500, "{tally:?}");
    assert!(tally.with_reference > 200, "{tally:?}");
    assert!(tally.with_uuid > 100, "{tally:?}");
    assert!(tally.with_match * 3 > tally.patterns, "{tally:?}");
    assert!(tally.through_templates > 500, "{tally:?}");
    assert!(tally.passed * 2 < tally.granules, "{tally:?}");
}

fn check_corpus(seed: u64, tally: &mut Tally) {
    let mut draw = Draw::new(seed);
    let mut random = Random::new(seed);
    let rows = corpus(&mut draw, &mut random);
    let granule_rows = 1 + draw.below(4);
    let layout = Layout {
        granule_rows,
        rows: rows.len(),
    };
    let whole = index_whole(&rows, granule_rows);
    let (split, dictionary) = index_split(&rows, granule_rows, tally);
    assert_eq!(whole.filters, split.filters, "seed {seed}");
    let terms = |files: &TextFiles| Some(files.terms.clone().into());
    let filters = Some(split.filters.clone().into());
    let by_body = open(&whole, layout);
    let by_template = TextIndex::open(
        layout,
        terms(&split),
        filters.clone(),
        Some(folded(&dictionary)),
    );
    let by_template = by_template.unwrap();
    let words_only = TextIndex {
        templates: None,
        ..TextIndex::open(layout, terms(&split), filters, Some(folded(&dictionary))).unwrap()
    };
    let texts: Vec<String> = rows.iter().map(|row| row.body.clone()).collect();
    for _ in 0..PATTERNS_PER_CORPUS {
        let text = &texts[draw.below(texts.len())];
        let pattern = match draw.one_in(2) {
            true => generate::pattern(&mut random, &texts),
            false => draw.pattern(text),
        };
        let condition = pattern.condition();
        let found = by_template.candidates(&condition);
        let context = || format!("seed {seed}, {pattern:?}, {condition:?}");
        assert_eq!(found, by_body.candidates(&condition), "{}", context());
        let mut matching = 0;
        for (granule, rows) in texts.chunks(granule_rows).enumerate() {
            if rows.iter().any(|body| stands(&pattern, body)) {
                matching += 1;
                assert!(found.contains(granule), "{granule}, {}", context());
            }
        }
        tally.patterns += 1;
        tally.with_match += usize::from(matching > 0);
        tally.granules += found.granules();
        tally.passed += found.count();
        tally.through_templates += usize::from(words_only.candidates(&condition) != found);
    }
}

/// Rows of which many have a template in common.
fn corpus(draw: &mut Draw, random: &mut Random) -> Vec<Row> {
    let bases: Vec<String> = (0..2 + draw.below(6)).map(|_| base(draw, random)).collect();
    (0..20 + draw.below(120))
        .map(|_| match draw.below(8) {
            0 => Row {
                body: unlike_others(draw, random),
                ids: ids(draw),
            },
            _ => {
                let base = &bases[draw.below(bases.len())];
                like(draw, base)
            }
        })
        .collect()
}

fn base(draw: &mut Draw, random: &mut Random) -> String {
    // Ids in static text, words that go on into variables, and tokens about as long as the longest word.
    let hard = [
        "abcdefab-abcd-abcd-abcd-abcdefabcdef",
        "x:abcdefab-abcd-abcd-abcd-abcdefabcdef:7",
        "deadbeefdeadbeef",
        "deadbeefdeadbee",
        "caf\u{e9}7 ",
        "7\u{65e5}\u{672c}7",
        "\u{ff1a}7\u{ff1a}",
    ];
    let mut base = draw.body();
    match draw.below(5) {
        0 => base.push_str(draw.pick(&hard)),
        1 => base.push_str(&"z".repeat(63 + draw.below(4))),
        2 => base.push_str(&generate::rows(random, 1)[0]),
        _ => {}
    }
    base
}

fn unlike_others(draw: &mut Draw, random: &mut Random) -> String {
    let mut body = generate::rows(random, 1).remove(0);
    if draw.one_in(4) {
        body.push(draw.pick(&[PLACEHOLDER, TRACE_REFERENCE, SPAN_REFERENCE]));
        body.push_str(&draw.body());
    }
    body
}

/// A body of the same template, with other variables.
fn like(draw: &mut Draw, base: &str) -> Row {
    let ids = ids(draw);
    let mut body = String::new();
    let mut splitter = Splitter::default();
    let Some(split) = splitter.split(base, ids) else {
        body.push_str(base);
        return Row { body, ids };
    };
    let places = split.template.matches(PLACEHOLDER).count();
    let variables: Vec<String> = (0..places).map(|_| variable(draw, ids)).collect();
    let variables = variables.join("\u{1}");
    restore_into(split.template, &variables, ids, &mut body).unwrap();
    Row { body, ids }
}

fn variable(draw: &mut Draw, ids: RecordIds) -> String {
    match draw.below(8) {
        0 if ids.trace_id.is_some() => TRACE_REFERENCE.to_string(),
        1 if ids.span_id.is_some() => SPAN_REFERENCE.to_string(),
        2 => format!("123E4567-e89b-12d3-a456-42661417400{}", draw.below(10)),
        3 => format!("{}", 1_234_000 + draw.below(20_000_000)),
        _ => draw.variable(),
    }
}

fn ids(draw: &mut Draw) -> RecordIds {
    RecordIds {
        trace_id: (!draw.one_in(4)).then(|| [draw.below(256) as u8; 16]),
        span_id: (!draw.one_in(4)).then(|| [draw.below(256) as u8; 8]),
    }
}

fn index_whole(rows: &[Row], granule_rows: usize) -> TextFiles {
    let mut builder = TextIndexBuilder::new(granule_rows);
    for row in rows {
        let (trace, span) = keys(row);
        trace
            .into_iter()
            .chain(span)
            .for_each(|key| builder.add_id(key));
        builder.add_text(&row.body);
        builder.end_row();
    }
    builder.finish(FilterBits::default()).unwrap()
}

fn index_split(
    rows: &[Row],
    granule_rows: usize,
    tally: &mut Tally,
) -> (TextFiles, TemplateDictionary) {
    let mut splitter = Splitter::default();
    let mut templates = TemplateBuilder::new(CandidateLimits::default());
    let split: Vec<_> = rows
        .iter()
        .map(|row| {
            let split = splitter.split(&row.body, row.ids)?;
            Some((templates.add(split)?, split.variables.to_owned()))
        })
        .collect();
    let dictionary = templates.finish(Keep {
        rows_min: 2,
        ..Keep::default()
    });
    let mut builder = TextIndexBuilder::with_templates(granule_rows, &dictionary);
    for (row, split) in rows.iter().zip(split) {
        let (trace, span) = keys(row);
        trace
            .into_iter()
            .chain(span)
            .for_each(|key| builder.add_id(key));
        let split = split.and_then(|(row, variables)| Some((dictionary.id(row)?, variables)));
        match split {
            None => {
                tally.plain += 1;
                builder.add_text(&row.body);
            }
            Some((id, variables)) if builder.add_template(id) => {
                tally.regular += 1;
                tally.with_uuid += usize::from(variables.contains("123E4567-e89b"));
                builder.add_text(&variables);
                for (key, reference) in [(trace, TRACE_REFERENCE), (span, SPAN_REFERENCE)] {
                    if variables.contains(reference) {
                        tally.with_reference += 1;
                        builder.add_reference(key.unwrap());
                    }
                }
            }
            Some(_) => {
                tally.irregular += 1;
                builder.add_text(&row.body);
            }
        }
        builder.end_row();
    }
    (builder.finish(FilterBits::default()).unwrap(), dictionary)
}

fn keys(row: &Row) -> (Option<u64>, Option<u64>) {
    let trace = row.ids.trace_id.map(|id| id_key_of_bytes(&id));
    (trace, row.ids.span_id.map(|id| id_key_of_bytes(&id)))
}

/// One row in each granule: two of a template, one without.
fn three_rows() -> (TextFiles, TemplateDictionary, Layout) {
    let mut dictionary = TemplateDictionary::default();
    dictionary.push("Route ID: \u{1}", 2, Alphabet::ALL);
    dictionary.push("absent from all rows \u{1}", 0, Alphabet::ALL);
    let mut builder = TextIndexBuilder::with_templates(1, &dictionary);
    for row in ["Z17", "Z18"] {
        assert!(builder.add_template(0));
        builder.add_text(row);
        builder.end_row();
    }
    assert!(!builder.add_template(2));
    builder.add_text("a route");
    builder.end_row();
    let layout = Layout {
        granule_rows: 1,
        rows: 3,
    };
    let files = builder.finish(FilterBits::default()).unwrap();
    (files, dictionary, layout)
}

fn open_terms(
    files: &TextFiles,
    layout: Layout,
    templates: Option<&TemplateDictionary>,
) -> Result<TextIndex, TextError> {
    let terms = Some(files.terms.clone().into());
    TextIndex::open(layout, terms, None, templates.map(folded))
}

#[test]
fn words_lead_to_granules_through_templates() {
    let (files, dictionary, layout) = three_rows();
    let index = open_terms(&files, layout, Some(&dictionary)).unwrap();
    let check = |pattern: &str, expected: &[usize]| {
        let pattern = TextPattern {
            text: pattern.trim_matches('*').to_owned(),
            open_start: pattern.starts_with('*'),
            open_end: pattern.ends_with('*'),
        };
        assert_eq!(candidates(&index, &pattern), expected, "{pattern:?}");
    };
    check("ROUTE", &[0, 1, 2]);
    check("id", &[0, 1]);
    check("route id z18", &[1]);
    check("absent", &[]);
    check("ro*", &[0, 1, 2]);
    check("*out*", &[0, 1, 2]);
    check("out*", &[]);
    check("*d", &[0, 1]);
    check("*1*", &[0, 1]);
    check("out", &[]);
}

#[test]
fn without_its_templates_a_file_rules_out_no_word() {
    let (files, dictionary, layout) = three_rows();
    let index = open_terms(&files, layout, None).unwrap();
    assert!(!index.has_terms());
    for word in ["route", "id", "z17", "nowhere"] {
        assert_eq!(candidates(&index, &TextPattern::new(word)), [0, 1, 2]);
    }
    let mut more = dictionary.clone();
    more.push("one more", 1, Alphabet::ALL);
    let mut others = TemplateDictionary::default();
    for template in [1, 0].map(|id| dictionary.template(id).unwrap()) {
        others.push(template, 1, Alphabet::ALL);
    }
    for wrong in [more, others] {
        let opened = open_terms(&files, layout, Some(&wrong));
        assert!(matches!(opened, Err(TextError::Layout { .. })));
    }
}

#[test]
fn rows_without_templates_need_none() {
    let rows = rows(&["alpha", "beta"]);
    let (files, chunk) = index(&rows, 1);
    let layout = chunk.layout();
    let (_, dictionary, _) = three_rows();
    for templates in [None, Some(&dictionary)] {
        let index = open_terms(&files, layout, templates).unwrap();
        assert_eq!(candidates(&index, &TextPattern::new("beta")), [1]);
    }
}

/// A reference is in the index as if the id were written out.
#[test]
fn references_are_ids_of_the_text() {
    let (trace, span) = ([0xab; 16], [0x17; 8]);
    let mut dictionary = TemplateDictionary::default();
    dictionary.push("\u{1}", 1, Alphabet::ALL);
    let index = |reference: &[u8], written: bool| {
        let mut builder = TextIndexBuilder::with_templates(1, &dictionary);
        assert!(builder.add_template(0));
        match written {
            true => builder.add_text(&clearspan_schema::ids::hex(reference)),
            false => builder.add_reference(id_key_of_bytes(reference)),
        }
        builder.end_row();
        builder.finish(FilterBits::default()).unwrap()
    };
    for id in [trace.as_slice(), span.as_slice()] {
        let (written, referred) = (index(id, true), index(id, false));
        assert_eq!(written.terms, referred.terms);
        assert_eq!(written.filters, referred.filters);
    }
}
