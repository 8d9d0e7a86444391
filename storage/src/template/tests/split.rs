//! What is split comes back, and what is not split has a reason.

use proptest::prelude::*;

use super::*;
use crate::limits::{TEMPLATE_BODY_BYTES_MAX, TEMPLATE_BYTES_MAX};

#[test]
fn tokens_with_a_digit_are_variables() {
    let check = |body: &str, template: &str, variables: &[&str]| {
        let found = split(body).unwrap();
        let template = template.replace('#', "\u{1}");
        assert_eq!(found, (template, variables.join("\u{1}")), "{body}");
        assert_eq!(restore(&found.0, &found.1).unwrap(), body);
    };
    check("connection refused", "connection refused", &[]);
    check("5", "#", &["5"]);
    check(
        "disk sda1 of 10.0.0.7 is 93% full",
        "disk # of # is #% full",
        &["sda1", "10.0.0.7", "93"],
    );
    check(
        "2023-01-29T08:42:09.837Z [main] GET /cart/17?page=2 a@b.c",
        "# [main] GET #?page=# a@b.c",
        &["2023-01-29T08:42:09.837Z", "/cart/17", "2"],
    );
    check(
        "{\"id\":\"4d2a46c7-71cb\",\"ok\":true,\"n\":-1.5e9}",
        "{\"id\":\"#\",\"ok\":true,\"n\":#}",
        &["4d2a46c7-71cb", "-1.5e9"],
    );
    check(
        "code:42 at http://host:80/a1",
        "code:# at http://host:#",
        &["42", "80/a1"],
    );
    check(
        "aa:bb:0c:dd ::1 fe80::1 :1",
        "# # # :#",
        &["aa:bb:0c:dd", "::1", "fe80::1", "1"],
    );
    check("deadbeef cafe", "deadbeef cafe", &[]);
    check(
        "\u{8ba2}\u{5355}42\u{5df2}\u{521b}\u{5efa}",
        "\u{8ba2}\u{5355}#\u{5df2}\u{521b}\u{5efa}",
        &["42"],
    );
    check(
        "\u{661}\u{662} caf\u{e9}1",
        "\u{661}\u{662} caf\u{e9}#",
        &["1"],
    );
    check(" 1\n2 ", " #\n# ", &["1", "2"]);
}

#[test]
fn the_records_own_ids_are_references() {
    let body = format!("TraceID: {TRACE} SpanID: {SPAN} {}", TRACE.to_uppercase());
    let (template, variables) = split(&body).unwrap();
    assert_eq!(template, "TraceID: \u{1} SpanID: \u{1} \u{1}");
    assert_eq!(
        variables,
        format!("\u{2}\u{1}\u{3}\u{1}{}", TRACE.to_uppercase())
    );
    assert_eq!(restore(&template, &variables).unwrap(), body);

    let mut written = String::from("before ");
    write_out_variables(&variables, ids(), &mut written).unwrap();
    assert_eq!(
        written,
        format!("before {TRACE}\u{1}{SPAN}\u{1}{}", TRACE.to_uppercase())
    );
    let mut splitter = Splitter::default();
    let plain = splitter.split(SPAN, RecordIds::default()).unwrap();
    assert_eq!(plain.variables, SPAN, "a record without ids refers to none");
}

#[test]
fn what_has_no_template_stays_plain() {
    let check = |body: &str, expected: bool| {
        assert_eq!(split(body).is_some(), expected, "{} bytes", body.len());
    };
    check("", false);
    check("a\u{1}b", false);
    check("a1\u{2}", false);
    check("\u{3}", false);
    check("a\u{4}b\0", true);
    check(&"x".repeat(TEMPLATE_BYTES_MAX), true);
    check(&"x".repeat(TEMPLATE_BYTES_MAX + 1), false);
    check(&"1".repeat(TEMPLATE_BODY_BYTES_MAX), true);
    check(&"1".repeat(TEMPLATE_BODY_BYTES_MAX + 1), false);
    check(&"1 ".repeat(TEMPLATE_BYTES_MAX / 2), true);
    check(&"1 ".repeat(TEMPLATE_BYTES_MAX / 2 + 1), false);
}

#[test]
fn what_makes_no_body_is_an_error() {
    let none = RecordIds::default();
    let check = |template: &str, variables: &str, ids, expected| {
        let mut out = String::from("kept");
        let found = restore_into(template, variables, ids, &mut out);
        assert_eq!(found, Err(expected), "{template:?} {variables:?}");
        assert_eq!(out, "kept");
    };
    let count = |places, variables| TemplateError::Count { places, variables };
    check("a", "1", ids(), count(0, 1));
    check("a\u{1}", "", ids(), count(1, 0));
    check("\u{1} \u{1}", "1", ids(), count(2, 1));
    check("\u{1}", "1\u{1}2\u{1}3", ids(), count(1, 3));
    check("\u{1}", "\u{2}", none, TemplateError::TraceId);
    check("\u{1}", "\u{3}", none, TemplateError::SpanId);

    let mut out = String::from("kept");
    let found = write_out_variables("1\u{1}\u{3}", none, &mut out);
    assert_eq!(found, Err(TemplateError::SpanId));
    assert_eq!(out, "kept");
}

/// The body comes back, and the parts are what the rules say of them.
fn hold(body: &str) -> Result<(), TestCaseError> {
    let Some((template, variables)) = split(body) else {
        let reserved = body.contains(['\u{1}', '\u{2}', '\u{3}']);
        let long = body.len() > TEMPLATE_BYTES_MAX;
        prop_assert!(body.is_empty() || reserved || long);
        return Ok(());
    };
    let restored = restore(&template, &variables).unwrap();
    prop_assert_eq!(&restored, body);
    let mut written = String::new();
    write_out_variables(&variables, ids(), &mut written).unwrap();
    for variable in written.split(PLACEHOLDER).filter(|one| !one.is_empty()) {
        prop_assert!(variable.bytes().any(|byte| byte.is_ascii_digit()));
        let of_tokens = |c: char| c.is_ascii_alphanumeric() || ".-/:@_".contains(c);
        prop_assert!(variable.chars().all(of_tokens), "{:?}", variable);
    }
    prop_assert!(!template.bytes().any(|byte| byte.is_ascii_digit()));
    let beside = format!("{PLACEHOLDER}{PLACEHOLDER}");
    prop_assert!(!template.contains(&beside));
    prop_assert_eq!(split(body), Some((template, variables)));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_body_comes_back(body in any::<String>()) {
        hold(&body)?;
    }

    #[test]
    fn bodies_of_hard_characters_come_back(body in "[0-9a-fA-F .:/@_=\\[\"\u{0}-\u{5}\u{7f}\u{e9}\u{212a}\u{65e5}-]{0,80}") {
        hold(&body)?;
    }

    #[test]
    fn whatever_is_stored_is_restored_or_refused(
        template in "[a1\u{1}\u{2}\u{3}\u{e9}]{0,12}",
        variables in "[a1\u{1}\u{2}\u{3}\u{e9}]{0,12}",
    ) {
        let found = restore(&template, &variables);
        let places = template.matches(PLACEHOLDER).count();
        let given = if variables.is_empty() { 0 } else { 1 + variables.matches(PLACEHOLDER).count() };
        prop_assert_eq!(found.is_ok(), places == given);
        let _ = restore_into(&template, &variables, RecordIds::default(), &mut String::new());
        let _ = write_out_variables(&variables, RecordIds::default(), &mut String::new());
    }
}

#[test]
fn generated_bodies_come_back() {
    let mut draw = generate::Draw::new(11);
    let mut references = 0;
    for _ in 0..20_000 {
        let body = draw.body();
        hold(&body).unwrap();
        let (_, variables) = split(&body).unwrap();
        references += usize::from(variables.contains([TRACE_REFERENCE, SPAN_REFERENCE]));
    }
    assert!(references > 500, "{references} bodies with references");
}

#[test]
fn large_and_hostile_bodies_come_back() {
    const MIB: usize = 1 << 20;
    for piece in [
        "1 ",
        "a",
        "1",
        "\u{65e5}1",
        "-",
        "\n",
        "1\u{e9}",
        "\u{1f600}",
        "a.1=",
        "\0",
    ] {
        for bytes in [TEMPLATE_BYTES_MAX, TEMPLATE_BODY_BYTES_MAX, MIB] {
            hold(&piece.repeat(bytes / piece.len())).unwrap();
            hold(&(piece.repeat(bytes / piece.len()) + "\u{1}")).unwrap();
        }
    }
    let ids = format!("{TRACE} {SPAN}=");
    hold(&ids.repeat(1_000)).unwrap();
}

/// What stands in segments was split by the rule whose number stands beside it.
#[test]
fn the_rule_is_the_one_that_has_this_number() {
    let mut draw = super::generate::Draw::new(5);
    let mut bodies: Vec<String> = (0..2_000).map(|_| draw.body()).collect();
    bodies.extend([
        "x".repeat(TEMPLATE_BYTES_MAX),
        "x".repeat(TEMPLATE_BYTES_MAX + 1),
        "1".repeat(TEMPLATE_BODY_BYTES_MAX),
        "1".repeat(TEMPLATE_BODY_BYTES_MAX + 1),
        (0..=255)
            .map(char::from)
            .filter(|c| !('\u{1}'..='\u{3}').contains(c))
            .collect(),
        format!("trace {TRACE} span {SPAN} Trace {}", TRACE.to_uppercase()),
    ]);
    let mut sum = 0;
    for body in &bodies {
        let (template, variables) = split(body).unwrap_or_default();
        let (characters, words) = Alphabet::of(&variables).to_bits();
        for bytes in [template.as_bytes(), &[0xff], variables.as_bytes(), &[0xff]] {
            sum = crc32c::crc32c_append(sum, bytes);
        }
        sum = crc32c::crc32c_append(sum, &characters.to_le_bytes());
        sum = crc32c::crc32c_append(sum, &words.to_le_bytes());
    }
    assert_eq!(
        (RULE, sum),
        (1, 3_393_012_072),
        "a rule that changes needs another number"
    );
}
