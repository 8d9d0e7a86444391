//! Files of version 1 answer as they did.

use super::*;

/// Written by the program as it was when version 1 was the latest: 60 rows in granules of two, `all third row0 0000000000000000` and
/// so on, with `other` in place of `third` in two of three rows and the row's number as the last token.
fn version_1() -> (TextIndex, Layout) {
    let layout = Layout {
        granule_rows: 2,
        rows: 60,
    };
    let terms = include_bytes!("version1.text.idx").as_slice();
    let filters = include_bytes!("version1.filters.bin").as_slice();
    let index = TextIndex::open(layout, Some(terms.into()), Some(filters.into()), None);
    (index.unwrap(), layout)
}

#[test]
fn files_of_version_1_still_rule_out_granules() {
    let (index, _) = version_1();
    let found = |text: &str| candidates(&index, &TextPattern::new(text));
    assert_eq!(found("all").len(), 30);
    assert_eq!(found("third").len(), 20);
    assert_eq!(found("other").len(), 30);
    assert_eq!(found("row17"), [8]);
    assert_eq!(found("absent"), [0_usize; 0]);
    let key = id_key(&format!("{:016x}", 17));
    assert!(index.may_contain_id(key).contains(8));
    assert!(index.may_contain_id(key).count() < 4);
}

/// A segment of that time may by now have been given templates by its shape; its index has none.
#[test]
fn files_of_version_1_do_not_mind_templates() {
    let (_, layout) = version_1();
    let terms = include_bytes!("version1.text.idx").as_slice();
    let templates = folded(&TemplateDictionary::default());
    let index = TextIndex::open(layout, Some(terms.into()), None, Some(templates)).unwrap();
    assert_eq!(candidates(&index, &TextPattern::new("row17")), [8]);
}
