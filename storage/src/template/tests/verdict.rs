//! Verdicts are never wrong, and as decisive as they can be.

use super::generate::Draw;
use super::oracle::stands;
use super::*;
use crate::text::TextPattern;

fn verdict(template: &str, alphabet: Alphabet, pattern: &TextPattern) -> Verdict {
    let folded = FoldedTemplates::new([(template, alphabet)], &SharedTexts::default());
    Judge::new(pattern).verdicts(&folded)[0]
}

/// Another rule might have variables with other characters, or without a digit.
#[test]
fn templates_of_another_rule_decide_nothing() {
    let templates =
        ["disk \u{1} is full", "disk is full", "x"].map(|text| (text, Alphabet::of("7")));
    let folded = FoldedTemplates::new(templates, &SharedTexts::default());
    let judge = Judge::new(&TextPattern::new("disk"));
    let known = judge.verdicts(&folded);
    assert_eq!(known, [Verdict::Always, Verdict::Always, Verdict::Never]);
    let other = judge.verdicts(&folded.of_other_rule());
    assert_eq!(other, [Verdict::Depends; 3]);
}

#[test]
fn verdicts_of_plain_examples() {
    let check = |template: &str, pattern: &str, expected: Verdict| {
        let template = template.replace('#', "\u{1}");
        let pattern = TextPattern {
            text: pattern.trim_matches('*').to_owned(),
            open_start: pattern.starts_with('*'),
            open_end: pattern.ends_with('*'),
        };
        let found = verdict(&template, Alphabet::ALL, &pattern);
        assert_eq!(found, expected, "{pattern:?}");
    };
    use Verdict::{Always, Depends, Never, Variables};
    let template = "# ERROR [main] Route ID: # took #ms, caf\u{e9}# x";
    check(template, "error", Always);
    check(template, "route id", Always);
    // A word may go on from the accented letter into a variable, so the joined variables do not tell.
    check(template, "err", Depends);
    check(template, "err*", Always);
    check(template, "", Always);
    check(template, "no such words", Never);
    check(template, "Route ID: 17", Depends);
    check(template, "Route ID: x", Depends);
    check(template, "Route ID: x took", Never);
    check(template, "Route ID: x1 took", Depends);
    check(template, "Route ID: x1 took 5ms, caf\u{e9}", Depends);
    check(template, "Route ID: x1 took 5ms, cafe", Never);
    check(template, "oute ID: x1", Never);
    check(template, "*oute ID: x1", Depends);
    check(template, "7 ERROR", Depends);
    check(template, "- ERROR", Depends);
    check(template, "= ERROR", Never);
    check(template, "caf\u{e9}", Depends);
    check(template, "caf\u{e9}*", Always);
    check(template, "caf\u{e9}-1 x", Depends);
    check(template, "17", Depends);
    check("a # b", "17", Variables);
    check("a # b", "warn", Variables);
    check("code:# b", "code", Always);
    check("code:# b", "code:1", Depends);
    check("code:# b", "code:b", Depends);
    check("code:# b", "ode:1", Variables);
    check("code:# b", "code:x b", Depends);
    check("a code:# b", "a code:x b", Never);
    check("a # b", "b", Always);
    check("a # b", "a 1 b", Depends);
    check("a # b", "a 1 b c", Never);
    check("a # b", "a b", Depends);
    check("a # b", "x a b", Never);
    check("nothing varies", "17", Never);
    check("nothing varies", "varies", Always);
    check("nothing varies", "vary", Never);
    check("a # b", "\u{1}", Never);
}

#[test]
fn alphabets_decide_more() {
    let check = |template: &str, variables: &str, pattern: &str, expected: Verdict| {
        let template = template.replace('#', "\u{1}");
        let found = verdict(
            &template,
            Alphabet::of(variables),
            &TextPattern::new(pattern),
        );
        assert_eq!(found, expected, "{pattern} {variables}");
    };
    check("a # b", "16:42.9", "error", Verdict::Never);
    check("a # b", "16:42.9", "a error", Verdict::Never);
    check("a # b", "16:42.9", "a 42 b", Verdict::Depends);
    check("a # b", "16:42.9", "42", Verdict::Variables);
    check("a # b", "16:42.9", "43", Verdict::Never);
    check("a # b", "\u{2}", "face", Verdict::Variables);
    check("a # b", "\u{2}", "a face", Verdict::Depends);
    check("a # b", "\u{2}", "a fade x", Verdict::Never);
    // A word goes on from the variable, if nothing in it ends one.
    check("#\u{e9} b", "19", "\u{e9}", Verdict::Never);
    check("#\u{e9} b", "1.9", "\u{e9}", Verdict::Depends);
}

/// The rows of a template: its variables replaced by others.
pub(super) fn rows(draw: &mut Draw, template: &str, count: usize) -> Vec<(String, String)> {
    let places = template.matches(PLACEHOLDER).count();
    let row = |draw: &mut Draw| {
        let variables: Vec<_> = (0..places)
            .map(|_| match draw.below(12) {
                0 => TRACE_REFERENCE.to_string(),
                1 => SPAN_REFERENCE.to_string(),
                _ => draw.variable(),
            })
            .collect();
        let variables = variables.join("\u{1}");
        (restore(template, &variables).unwrap(), variables)
    };
    (0..count).map(|_| row(draw)).collect()
}

#[test]
fn verdicts_hold_for_every_row() {
    let mut draw = Draw::new(3);
    let mut counts = [0_usize; 4];
    let mut stopped = [0_usize; 4];
    for _ in 0..4_000 {
        let (template, _) = split(&draw.body()).unwrap();
        let rows = rows(&mut draw, &template, 5);
        let alphabet = match draw.one_in(3) {
            true => Alphabet::ALL,
            false => rows
                .iter()
                .map(|(_, variables)| Alphabet::of(variables))
                .fold(Alphabet::default(), Alphabet::union),
        };
        for _ in 0..8 {
            let source = draw.below(rows.len());
            let pattern = draw.pattern(&rows[source].0);
            let verdict = verdict(&template, alphabet, &pattern);
            counts[verdict as usize] += 1;
            let judge = Judge::new(&pattern);
            let mut joined = JoinedRows::default();
            joined.fill(rows.iter().map(|(_, variables)| variables.as_str()));
            let have = judge.needle(verdict).map(|needle| needle.find_in(&joined));
            if let Some(have) = have {
                for (has, (body, variables)) in have.iter().zip(&rows) {
                    let found = stands(&pattern, body);
                    assert!(*has || !found, "{pattern:?} {template:?} {variables:?}");
                }
                stopped[verdict as usize] += have.iter().filter(|has| !**has).count();
            }
            for (body, variables) in &rows {
                let found = stands(&pattern, body);
                let mut written = String::new();
                write_out_variables(variables, ids(), &mut written).unwrap();
                let says = match verdict {
                    Verdict::Always => true,
                    Verdict::Never => false,
                    Verdict::Variables => stands(&pattern, &written),
                    Verdict::Depends => found,
                };
                assert_eq!(found, says, "{verdict:?} {pattern:?} {template:?} {body:?}");
            }
        }
    }
    assert!(counts.iter().all(|count| *count > 1_000), "{counts:?}");
    let [_, _, variables, depends] = stopped;
    assert!(variables > 1_000 && depends > 1_000, "{stopped:?}");
}

/// The tokens that a pattern could make a difference with: each of its pieces, alone or inside of more, and some that it is not in.
fn telling_variables(pattern: &str) -> Vec<String> {
    let folded = crate::text::fold::fold(pattern);
    let mut variables = ["x7x", "y8y", "-7-"].map(str::to_owned).to_vec();
    for start in 0..folded.len() {
        for end in start + 1..=folded.len() {
            let piece = folded.get(start..end).unwrap_or("\u{e9}");
            for around in ["#", "1-#", "#-1", "1-#-1"] {
                variables.push(around.replace('#', piece));
            }
        }
    }
    variables.retain(|variable| split(variable) == Some(("\u{1}".to_owned(), variable.clone())));
    variables.sort();
    variables.dedup();
    variables
}

#[test]
fn undecided_templates_have_rows_of_both_kinds() {
    const PIECES: &[&str] = &[
        "7", "7", "7", "a", " ", " ", "\u{e9}", "-", "=", "\u{17f}", ".", "a",
    ];
    let mut draw = Draw::new(9);
    let mut undecided = 0;
    while undecided < 1_500 {
        let body: String = (0..1 + draw.below(6)).map(|_| draw.pick(PIECES)).collect();
        let (template, _) = split(&body).unwrap();
        let places = template.matches(PLACEHOLDER).count();
        let pattern = TextPattern {
            text: (0..1 + draw.below(4))
                .map(|_| draw.pick(PIECES).replace('7', "1"))
                .collect(),
            open_start: draw.one_in(3),
            open_end: draw.one_in(3),
        };
        let verdict = verdict(&template, Alphabet::ALL, &pattern);
        if places > 2 || matches!(verdict, Verdict::Always | Verdict::Never) {
            continue;
        }
        undecided += 1;
        let variables = telling_variables(&pattern.text);
        let other = if places == 2 {
            variables.as_slice()
        } else {
            &variables[..1]
        };
        let (mut some, mut all) = (false, true);
        for (first, second) in variables
            .iter()
            .flat_map(|first| other.iter().map(move |second| (first, second)))
        {
            let joined = match places {
                1 => first.clone(),
                _ => format!("{first}\u{1}{second}"),
            };
            let body = restore(&template, &joined).unwrap();
            assert_eq!(split(&body).unwrap().0, template);
            let found = stands(&pattern, &body);
            (some, all) = (some || found, all && found);
            if some && !all {
                break;
            }
        }
        assert!(some && !all, "{verdict:?} {pattern:?} {template:?}");
    }
}

#[test]
fn text_that_repeats_itself_is_left_to_the_rows() {
    let mut templates = vec![
        "\u{1} ".repeat(8_000),
        "a".repeat(16_000),
        "a\u{1}".repeat(8_000),
        "\u{1}".repeat(16_000),
        "\u{1}a ".repeat(5_000),
    ];
    templates.push(format!("{}b", templates[0]));
    let patterns = [
        "1 ".repeat(4_000) + "=",
        "a".repeat(8_000),
        "a1".repeat(4_000) + " =",
        "1".repeat(8_000),
        "1a ".repeat(3_000) + "=",
        " 1".repeat(20_000),
    ];
    let folded = FoldedTemplates::new(
        templates
            .iter()
            .map(|template| (template.as_str(), Alphabet::ALL)),
        &SharedTexts::default(),
    );
    assert_eq!(folded.len(), templates.len());
    for text in patterns {
        let judge = Judge::new(&TextPattern::new(text));
        for (verdict, template) in judge.verdicts(&folded).into_iter().zip(&templates) {
            assert_ne!(verdict, Verdict::Always, "{}", &template[..8]);
        }
    }
}
