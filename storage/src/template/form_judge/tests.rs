#![allow(clippy::unwrap_used)]

use Verdict::{Always, Depends, Never};
use regex::Regex;

use super::*;
use crate::text::fold::fold;

/// The verdict on a template in which `#` is a number.
fn verdict(form: &TextForm, template: &str) -> Verdict {
    let template = template.replace('#', "\u{1}");
    let needs = NeedsJudge::new(&form.needs());
    match needs.may_stand(&fold(&template), Alphabet::of("0123456789")) {
        true => verdict_of(form, &template),
        false => Never,
    }
}

#[test]
fn expressions_are_decided_by_static_text() {
    let check = |expression: &str, template: &str, expected| {
        let form = TextForm::Expression(Expression::new(Regex::new(expression).unwrap()));
        let found = verdict(&form, template);
        assert_eq!(found, expected, "{expression} on {template}");
    };
    check("refused|reset", "connection refused: #", Always);
    check("refused|reset", "Connection Refused: #", Depends);
    check("(?i)refused", "Connection Refused: #", Always);
    check("refused", "connected to #", Never);
    check("took [0-9]+ ms", "GET # took # ms", Depends);
    check("took [0-9]+ ms", "GET # took long", Never);
    check(".* failed", "job # failed", Always);
    check("job .*failed", "job # failed", Depends);
    check("[^a-z]", "x#", Depends);
    check("(?i)took 7", "TOOK #", Depends);
    check("took 7", "TOOK #", Depends);
    check("\u{1}", "x#", Depends);
    check(".", "#", Depends);
    check(".", "# ", Always);
    check("x*", "#", Always);
    check("abc", "abc", Always);
    check("^abc$", "abc", Always);
    check("^abc$", "abcd", Never);
    check("^x y$", "x", Never);
}

#[test]
fn what_stands_beside_a_match_matters_where_it_looks_around() {
    let check = |expression: &str, template: &str, expected| {
        let form = TextForm::Expression(Expression::new(Regex::new(expression).unwrap()));
        let found = verdict(&form, template);
        assert_eq!(found, expected, "{expression} on {template}");
    };
    check("^start", "start of #", Always);
    check("^start", "restart of #", Depends);
    check("^start", "#start", Depends);
    check("(?m)^start", "# \nstart", Always);
    check("(?m)^start", "#\nstart", Always);
    check("end$", "# end", Always);
    check("end$", "# end #", Depends);
    check("end$", "end#", Depends);
    check(r"\berror\b", "# error #", Always);
    check(r"\berror\b", "# error#", Depends);
    check(r"\berror\b", "#error #", Depends);
    check(r"error\b", "error#", Depends);
    check(r"\berror\b", "#.error.#", Always);
    check(r"\b error \b", "# error #", Depends);
    check(r"\be", "\u{e9}e# e", Always);
    check(r"^\B|xyz", "# xyz", Always);
    check("^$", "#", Depends);
}

#[test]
fn pieces_are_decided_by_static_text() {
    let check = |pieces: &str, template: &str, expected| {
        let form = TextForm::Pieces(Pieces::new(pieces.split('*').map(str::to_owned)));
        assert_eq!(verdict(&form, template), expected, "{pieces} on {template}");
    };
    check("start*", "start of #", Always);
    check("start*", "Start of #", Never);
    check("start*", "re start of #", Never);
    check("start of 7*", "start of #", Depends);
    check("start of x y*", "start of #", Never);
    check("7*", "# start", Depends);
    check(" *", "# start", Never);
    check("*end", "# end", Always);
    check("*7 end", "# end", Depends);
    check("*end", "# end.", Never);
    check("*7", "end", Never);
    check("*mid*", "a mid #", Always);
    check("*mid*", "a m# id", Never);
    check("*m7*", "a m# id", Depends);
    check("a*b*c", "a # b # c", Always);
    check("a*b*c", "a # c", Never);
    check("a*7*c", "a # c", Depends);
    check("a*c", "a # b # c", Always);
    check("a c", "a c", Always);
    check("a c", "a c #", Never);
    check("a 7 c", "a # c", Depends);
    check("a 7 d", "a # c", Never);
    check("a 7 c", "a # b c", Never);
    check("a\u{1}c", "a#c", Never);
    check("*\u{1}*", "a#c", Never);
}
