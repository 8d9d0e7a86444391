//! What repeats steps back: ids, numbers and brackets of a message are dimmed, so that its words are read first.

/// Pieces of a text in order, each with whether it steps back. Together they are the text.
pub(super) fn pieces(text: &str) -> Pieces<'_> {
    Pieces { text, at: 0 }
}

pub(super) struct Pieces<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = (&'a str, bool);

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.at;
        let is_quiet = self.step()?;
        loop {
            let end = self.at;
            match self.step() {
                Some(same) if same == is_quiet => {}
                Some(_) => {
                    self.at = end;
                    return Some((&self.text[start..end], is_quiet));
                }
                None => return Some((&self.text[start..], is_quiet)),
            }
        }
    }
}

impl Pieces<'_> {
    /// Goes behind the next word, id, number or other character, and tells whether it steps back.
    fn step(&mut self) -> Option<bool> {
        let rest = &self.text[self.at..];
        let first = rest.chars().next()?;
        let (length, is_quiet) = if is_word(first) {
            word(rest)
        } else {
            (first.len_utf8(), is_bracket(first))
        };
        self.at += length;
        Some(is_quiet)
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_bracket(c: char) -> bool {
    matches!(
        c,
        '[' | ']' | '(' | ')' | '{' | '}' | '<' | '>' | '=' | ',' | ';' | '"'
    )
}

/// The length of the word, id or number that `rest` begins with, and whether it steps back.
fn word(rest: &str) -> (usize, bool) {
    if is_uuid(rest.as_bytes()) {
        return (UUID.len(), true);
    }
    let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    let run = &rest[..end];
    if is_number(run) {
        (end + number_tail(&rest[end..]), true)
    } else {
        (end, is_hex_id(run))
    }
}

/// Digits, also with the letters of a time such as `04T09`.
fn is_number(run: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'T' | b'Z');
    run.starts_with(|c: char| c.is_ascii_digit()) && run.bytes().all(is_digit)
}

/// What goes on as a date, a time, an address or a fraction: `-05-04`, `:51:52`, `.33.76`.
fn number_tail(rest: &str) -> usize {
    let mut length = 0;
    loop {
        let Some(tail) = rest[length..].strip_prefix(['.', ':', '-', '/']) else {
            return length;
        };
        let end = tail.find(|c| !is_word(c)).unwrap_or(tail.len());
        if !is_number(&tail[..end]) {
            return length;
        }
        length += 1 + end;
    }
}

/// Trace ids, span ids, hashes. A word of sixteen letters up to f is none.
fn is_hex_id(run: &str) -> bool {
    (16..=64).contains(&run.len())
        && run.bytes().all(|byte| byte.is_ascii_hexdigit())
        && run.bytes().any(|byte| byte.is_ascii_digit())
}

const UUID: &[u8; 36] = b"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

fn is_uuid(rest: &[u8]) -> bool {
    let Some(head) = rest.get(..UUID.len()) else {
        return false;
    };
    let fits = |(form, byte): (&u8, &u8)| {
        if *form == b'-' {
            *byte == b'-'
        } else {
            byte.is_ascii_hexdigit()
        }
    };
    UUID.iter().zip(head).all(fits) && !rest.get(UUID.len()).is_some_and(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `‹quiet›loud‹quiet›`
    fn check(text: &str, expected: &str) {
        let shown: String = pieces(text)
            .map(|(piece, is_quiet)| {
                if is_quiet {
                    format!("‹{piece}›")
                } else {
                    piece.to_owned()
                }
            })
            .collect();
        assert_eq!(shown, expected);
        assert_eq!(
            pieces(text).map(|(piece, _)| piece).collect::<String>(),
            text
        );
    }

    #[test]
    fn ids_numbers_and_brackets_step_back() {
        check("", "");
        check("plain words", "plain words");
        check("[query][Seat request]", "‹[›query‹][›Seat request‹]›");
        check("took 15 ms, 3.5%", "took ‹15› ms‹,› ‹3.5›%");
        check("from 33.33.33.76:8080 to", "from ‹33.33.33.76:8080› to");
        check(
            "at 2013-05-04 09:51:52 and 2013-05-04T09:51:52.123Z.",
            "at ‹2013-05-04› ‹09:51:52› and ‹2013-05-04T09:51:52.123Z›.",
        );
        check("Z1234 v2 d1 2nd", "Z1234 v2 d1 2nd");
        check(
            "id 8a533bf9-bd12-4608-a8eb-606890982448, 6f3cbf058c276554 done",
            "id ‹8a533bf9-bd12-4608-a8eb-606890982448,› ‹6f3cbf058c276554› done",
        );
        check("facadefacadefaca deadbeef", "facadefacadefaca deadbeef");
        check("größe=5;日本", "größe‹=5;›日本");
        check("1.", "‹1›.");
    }
}
