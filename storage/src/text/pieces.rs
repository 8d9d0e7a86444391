//! Pieces of text with anything between them, as `pre*fix` has them: the whole of a text has to be of that form, with regard to case.

use super::needs::Needs;
use super::pattern::TextPattern;

/// The pieces in their order. The first stands at the start of a text, the last at its end; a single one is the whole text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pieces(Vec<String>);

impl Pieces {
    /// `a*z` is `["a", "z"]`, `a*` is `["a", ""]`, and a text without any `*` is itself alone.
    pub fn new(pieces: impl IntoIterator<Item = String>) -> Self {
        Self(pieces.into_iter().collect())
    }

    /// Whether `text` begins with the first piece, ends with the last, and has the others in order between, none over another.
    pub fn fit(&self, text: &str) -> bool {
        fit(self.0.iter().map(String::as_str), text)
    }

    /// What stands in every text that they fit: each piece, with its end open where something may stand beside it.
    pub(crate) fn needs(&self) -> Needs {
        let last = self.0.len().saturating_sub(1);
        let each = self.0.iter().enumerate().map(|(at, text)| {
            Needs::text(TextPattern {
                text: text.clone(),
                open_start: at > 0,
                open_end: at < last,
            })
        });
        Needs::all(each)
    }

    /// What a text begins with.
    pub(crate) fn first(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// What a text ends with.
    pub(crate) fn last(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }

    /// The only one, which is the whole text.
    pub(crate) fn alone(&self) -> Option<&str> {
        match self.0.as_slice() {
            [whole] => Some(whole),
            _ => None,
        }
    }

    /// Whether some piece is so.
    pub(crate) fn any(&self, is_so: impl Fn(&str) -> bool) -> bool {
        self.0.iter().any(|piece| is_so(piece))
    }
}

/// See [`Pieces::fit`]. Taking each piece at its first place behind the one before leaves the most room for the others.
pub(crate) fn fit<'p>(mut pieces: impl DoubleEndedIterator<Item = &'p str>, text: &str) -> bool {
    let Some(first) = pieces.next() else {
        return false;
    };
    let Some(last) = pieces.next_back() else {
        return text == first;
    };
    let inner = text.strip_prefix(first);
    let Some(mut rest) = inner.and_then(|inner| inner.strip_suffix(last)) else {
        return false;
    };
    pieces.all(|piece| match rest.find(piece) {
        Some(at) => {
            rest = &rest[at + piece.len()..];
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_stand_in_order_without_overlap() {
        let check = |pattern: &str, text: &str, expected: bool| {
            let pieces = Pieces::new(pattern.split('*').map(str::to_owned));
            assert_eq!(pieces.fit(text), expected, "{pattern} in {text}");
        };
        check("pre*", "prefix", true);
        check("pre*", "pre", true);
        check("pre*", "apre", false);
        check("*fix", "prefix", true);
        check("*ef*", "prefix", true);
        check("a*a", "a", false);
        check("a*a", "aa", true);
        check("a*b*c", "a-b-c", true);
        check("a*b*c", "acb", false);
        check("*b*b*", "b", false);
        check("*b*b*", "bb", true);
        check("b", "b", true);
        check("b", "bb", false);
        assert!(!Pieces::new([]).fit(""));
    }
}
