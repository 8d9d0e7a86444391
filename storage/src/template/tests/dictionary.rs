//! Which templates are kept, and what floods do.

use super::*;

const ALL: Keep = Keep {
    rows_min: 1,
    templates_max: usize::MAX,
    bytes_max: usize::MAX,
};

fn row(template: &str) -> Split<'_> {
    Split {
        template,
        variables: "",
    }
}

/// Adds each template as often as it says. Returns the numbers of each's first row.
fn add(builder: &mut TemplateBuilder, rows: &[(&str, u32)]) -> Vec<Candidate> {
    let numbers = rows.iter().map(|(template, count)| {
        let numbers: Vec<_> = (0..*count)
            .map(|_| builder.add(row(template)).unwrap())
            .collect();
        assert!(numbers.iter().all(|number| *number == numbers[0]));
        numbers[0]
    });
    numbers.collect()
}

#[test]
fn the_templates_with_the_most_rows_are_kept() {
    let rows = [("one", 1), ("three", 3), ("five", 5), ("also three", 3)];
    let check = |keep, expected: &[(&str, u32)]| {
        let mut builder = TemplateBuilder::new(CandidateLimits::default());
        let numbers = add(&mut builder, &rows);
        let dictionary = builder.finish(keep);
        let found: Vec<_> = dictionary
            .templates()
            .zip((0..).map_while(|id| dictionary.rows(id)))
            .collect();
        assert_eq!(found, expected, "{keep:?}");
        assert_eq!(dictionary.len(), expected.len());
        for (number, (template, _)) in numbers.iter().zip(rows) {
            let id = dictionary.id(*number);
            let kept = expected.iter().any(|(kept, _)| *kept == template);
            assert_eq!(
                id.and_then(|id| dictionary.template(id)),
                kept.then_some(template)
            );
        }
    };
    check(
        ALL,
        &[("five", 5), ("three", 3), ("also three", 3), ("one", 1)],
    );
    check(
        Keep { rows_min: 3, ..ALL },
        &[("five", 5), ("three", 3), ("also three", 3)],
    );
    check(
        Keep {
            templates_max: 2,
            ..ALL
        },
        &[("five", 5), ("three", 3)],
    );
    // What does not fit leaves room for what does.
    check(
        Keep {
            bytes_max: "five".len() + "three".len() + "one".len(),
            ..ALL
        },
        &[("five", 5), ("three", 3), ("one", 1)],
    );
    check(
        Keep {
            bytes_max: 0,
            ..ALL
        },
        &[],
    );
}

#[test]
fn equal_rows_give_an_equal_dictionary() {
    let build = || {
        let mut draw = generate::Draw::new(5);
        let mut builder = TemplateBuilder::new(CandidateLimits {
            candidates_max: 300,
            bytes_max: 20_000,
        });
        let numbers: Vec<_> = (0..20_000)
            .map(|_| {
                let (template, _) = split(&draw.body()).unwrap();
                builder.add(row(&template))
            })
            .collect();
        (numbers, builder.finish(Keep::default()))
    };
    let (first, again) = (build(), build());
    assert_eq!(first, again);
    assert!(first.1.len() > 100, "{} templates", first.1.len());
}

/// One sender floods with templates that never come back while another sends few that do.
#[test]
fn a_flood_of_templates_crowds_out_none_that_comes_back() {
    let limits = CandidateLimits {
        candidates_max: 1_000,
        bytes_max: 1 << 20,
    };
    let mut builder = TemplateBuilder::new(limits);
    let mut honest = Vec::new();
    for number in 0..200_000_u32 {
        let word = letters(number);
        let long = "x".repeat((number % 2_000) as usize);
        builder.add(row(&format!("flood of {word} {long}")));
        if number % 20 == 0 {
            let place = number / 20 % 10;
            let template = format!("honest {}", letters(place));
            honest.push(builder.add(row(&template)).unwrap());
        }
        assert!(builder.heap_bytes() < 8 << 20);
    }
    let dictionary = builder.finish(Keep { rows_min: 4, ..ALL });
    let kept = honest
        .iter()
        .filter(|number| dictionary.id(**number).is_some())
        .count();
    assert_eq!(kept, honest.len());
    assert_eq!(dictionary.len(), 10);
    assert_eq!(dictionary.rows(0), Some(1_000));
}

#[test]
fn a_template_larger_than_the_room_stays_out() {
    let mut builder = TemplateBuilder::new(CandidateLimits {
        candidates_max: 0,
        bytes_max: 10,
    });
    assert_eq!(builder.add(row("sixsix")), None);
    let first = builder.add(row("five5")).unwrap();
    let second = builder.add(row("also5")).unwrap();
    assert_ne!(first, second);
    let dictionary = builder.finish(ALL);
    assert_eq!(dictionary.id(first), None);
    assert_eq!(dictionary.template(0), Some("also5"));
    assert_eq!(dictionary.template(1), None);
    assert_eq!(dictionary.text_bytes(), 5);
}

#[test]
fn the_characters_of_variables_are_gathered() {
    let mut builder = TemplateBuilder::new(CandidateLimits::default());
    let mut numbers = ["Z9.8\u{1}0", "", "\u{3}\u{1}x_", "9"]
        .into_iter()
        .map(|variables| {
            let row = Split {
                template: "same",
                variables,
            };
            builder.add(row).unwrap()
        });
    let number = numbers.next().unwrap();
    assert_eq!(numbers.by_ref().count(), 3);
    drop(numbers);
    let dictionary = builder.finish(Keep::default());
    let id = dictionary.id(number).unwrap();
    let alphabet = dictionary.alphabet(id).unwrap();
    assert_eq!(alphabet, Alphabet::of("abcdef0123456789z.\u{1}x_"));
    let (characters, words) = alphabet.to_bits();
    assert_eq!(alphabet, Alphabet::from_bits(characters, words));
    assert_eq!(alphabet.union(Alphabet::ALL), Alphabet::ALL);
    let all: String = (0..128).map(char::from).collect();
    assert_eq!(Alphabet::of(&all).to_bits().0, Alphabet::ALL.to_bits().0);
    assert_eq!(dictionary.alphabet(id + 1), None);
}

/// A number in letters.
fn letters(number: u32) -> String {
    number
        .to_string()
        .bytes()
        .map(|digit| char::from(digit - b'0' + b'a'))
        .collect()
}
