//! Cutting texts, and the numbers that are part of the file formats.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

#[derive(Default)]
struct Tokens(Vec<String>);

impl TokenSink for Tokens {
    fn word(&mut self, word: &str) {
        self.0.push(word.to_owned());
    }
    fn id(&mut self, kind: IdKind, key: u64) {
        self.0.push(format!("{kind:?} {key:x}"));
    }
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Tokens::default();
    Tokenizer::default().feed(text, &mut tokens);
    tokens.0
}

fn id(kind: IdKind, text: &str) -> String {
    format!("{kind:?} {:x}", id_key(text))
}

#[test]
fn words_are_folded_runs() {
    let check = |text: &str, expected: &[&str]| assert_eq!(tokens(text), expected, "{text}");
    check("", &[]);
    check(" .-/", &[]);
    check(
        "GET /film-camera.JPG?id=12",
        &["get", "film", "camera", "jpg", "id", "12"],
    );
    check("snake_case __x", &["snake_case", "__x"]);
    check("x\u{b2}\u{2014}\u{212a}m\u{3000}y", &["x\u{b2}", "km", "y"]);
    check("stra\u{df}e\u{301}nd", &["stra\u{df}e", "nd"]);
    check(
        "1234567 abcdef0123456789x",
        &["1234567", "abcdef0123456789x"],
    );
    check(
        "deadbeef 123e4567-e89b-12d3-a456",
        &["deadbeef", "123e4567", "e89b", "12d3", "a456"],
    );
}

#[test]
fn ids_become_keys() {
    use IdKind::{Long, Number, Uuid};
    let uuid = "123e4567-e89b-12d3-a456-426614174000";
    assert_eq!(tokens(uuid), [id(Uuid, uuid)]);
    assert_eq!(tokens(&uuid.to_uppercase()), [id(Uuid, uuid)]);
    assert_eq!(
        tokens(&format!("<{uuid}>-{uuid}")),
        [id(Uuid, uuid), id(Uuid, uuid)]
    );
    assert_eq!(
        tokens("12345678 ABCDEF0123456789"),
        [id(Number, "12345678"), id(Number, "abcdef0123456789")]
    );
    let long = "z".repeat(65);
    assert_eq!(tokens(&long), [id(Long, &long)]);
    assert_eq!(tokens(&long[1..]), [&long[1..]]);
    // 63 bytes once folded, though 65 as written.
    assert_eq!(
        tokens(&format!("{}\u{212a}", "z".repeat(62))),
        [format!("{}k", "z".repeat(62))]
    );
}

#[test]
fn what_only_resembles_a_uuid_stays_apart() {
    for text in [
        "123e4567-e89b-12d3-a456-426614174000f",
        "0123e4567-e89b-12d3-a456-426614174000",
        "123e4567-e89b-12d3-a456-42661417400\u{e9}",
        "123e4567-e89b-12d3-a456-426614174000\u{e9}",
        "123e4567-e89b--12d3-a456-426614174000",
        "123e4567_e89b-12d3-a456-426614174000",
    ] {
        assert!(
            !tokens(text).iter().any(|token| token.starts_with("Uuid")),
            "{text}"
        );
    }
}

#[test]
fn an_id_has_one_key_as_bytes_and_as_text() {
    let bytes = [0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd];
    assert_eq!(id_key_of_bytes(&bytes), id_key("0af7651916cd43dd"));
    assert_eq!(id_key_of_bytes(&bytes), id_key("0AF7651916CD43DD"));
    // Pinned, because it is part of a file format.
    assert_eq!(id_key("0af7651916cd43dd"), PINNED_KEY);
}

const PINNED_KEY: u64 = 0x5453a942d2dd42b;

/// A new Unicode version changes this number, and files written before are then searched without their index until they are
/// rewritten: whoever raises the version decides whether the change is one that matters.
#[test]
fn the_rules_are_those_of_the_files() {
    assert_eq!(rules(), PINNED_RULES);
}

const PINNED_RULES: u32 = 0x8806ea85;
