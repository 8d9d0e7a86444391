//! Verdicts on forms of whole texts are never wrong, and decide what they can.

use regex::Regex;

use super::generate::Draw;
use super::verdict::rows;
use super::*;
use crate::text::fold::fold;
use crate::text::{Expression, Pieces, TextForm};

/// A form that some of `texts` have, or almost.
fn form(draw: &mut Draw, text: &str) -> TextForm {
    let chars: Vec<char> = text.chars().collect();
    let mut cut = || draw.below(chars.len() + 1);
    let (a, b) = (cut(), cut());
    let (a, b) = (a.min(b), a.max(b));
    let part = |range: std::ops::Range<usize>| chars[range].iter().collect::<String>();
    match draw.below(8) {
        0 => TextForm::Pieces(Pieces::new([text.to_owned()])),
        1 => TextForm::Pieces(Pieces::new([part(0..a), part(b..chars.len())])),
        2 => {
            let c = a + draw.below(b - a + 1);
            TextForm::Pieces(Pieces::new([part(0..a), part(c..b), String::new()]))
        }
        _ => {
            let end = b.min(a + draw.below(10));
            TextForm::Expression(Expression::new(expression(draw, &part(a..end))))
        }
    }
}

fn expression(draw: &mut Draw, part: &str) -> Regex {
    let mut pattern = String::new();
    for c in part.chars() {
        let own = regex::escape(&c.to_string());
        match draw.below(12) {
            0 => pattern += "(?s:.)",
            1 => pattern += &format!("{own}+"),
            2 => pattern += &format!("[{own}z]"),
            3 if c.is_ascii_digit() => pattern += r"\d+",
            _ => pattern += &own,
        }
    }
    let bound = draw.pick(&["", "", "", "", r"\b", r"\B", "^", "(?m:^)"]);
    let behind = draw.pick(&["", "", "", "", r"\b", r"\B", "$", "(?m:$)", ".*", "|zz"]);
    let case = draw.pick(&["", "", "(?i)"]);
    Regex::new(&format!("{case}{bound}{pattern}{behind}")).unwrap()
}

#[test]
fn verdicts_hold_for_every_row() {
    let mut draw = Draw::new(5);
    let mut counts = [[0_usize; 4]; 2];
    let (mut joined, mut stopped) = (JoinedRows::default(), 0_usize);
    for _ in 0..3_000 {
        let (template, _) = split(&draw.body()).unwrap();
        let rows = rows(&mut draw, &template, 5);
        let alphabets = rows.iter().map(|(_, variables)| Alphabet::of(variables));
        let alphabet = alphabets.fold(Alphabet::default(), Alphabet::union);
        for _ in 0..6 {
            let source = match draw.one_in(4) {
                true => draw.body(),
                false => rows[draw.below(rows.len())].0.clone(),
            };
            let form = form(&mut draw, &source);
            let needs = NeedsJudge::new(&form.needs());
            let verdict = match needs.may_stand(&fold(&template), alphabet) {
                true => verdict_of(&form, &template),
                false => Verdict::Never,
            };
            let kind = usize::from(matches!(form, TextForm::Pieces(_)));
            counts[kind][verdict as usize] += 1;
            joined.fill(rows.iter().map(|(_, variables)| variables.as_str()));
            let have = needs.needle().map(|needle| needle.find_in(&joined));
            for (nth, (body, _)) in rows.iter().enumerate() {
                let holds = form.holds(body);
                let has = have.as_ref().is_none_or(|have| have[nth]);
                assert!(has || !holds, "{form:?} {template:?} {body:?}");
                stopped += usize::from(!has);
                let says = match verdict {
                    Verdict::Always => true,
                    Verdict::Never => false,
                    Verdict::Variables => panic!("forms are no matter of variables alone"),
                    Verdict::Depends => holds,
                };
                assert_eq!(holds, says, "{verdict:?} {form:?} {template:?} {body:?}");
            }
        }
    }
    assert!(stopped > 1_000, "{stopped}");
    for counts in counts {
        let [always, never, _, depends] = counts;
        let least = always.min(never).min(depends);
        assert!(least > 300, "{counts:?}");
    }
}
