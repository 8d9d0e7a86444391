#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn all_or_any_have_to_be_found() {
    let patterns = || ["red", "green"].map(TextPattern::new);
    let (all, any) = (
        TextSearch::new(patterns(), true),
        TextSearch::new(patterns(), false),
    );
    let mut folded = TextScratch::default();
    for (text, in_all, in_any) in [
        ("Red and GREEN", true, true),
        ("green", false, true),
        ("reddish", false, false),
    ] {
        assert_eq!(all.stands_in(text, &mut folded), in_all, "{text}");
        assert_eq!(any.stands_in(text, &mut folded), in_any, "{text}");
    }
    assert!(matches!(all.predicate(), Predicate::And(both) if both.len() == 2));
    assert!(matches!(any.predicate(), Predicate::Or(both) if both.len() == 2));
}
