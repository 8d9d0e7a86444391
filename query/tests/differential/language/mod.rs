//! The whole search language: random questions about random records, in the memtable, in segments of either format, after a
//! crash and after a restart. What they mean is decided by an oracle that was written from the language's description and
//! shares no code with the engine: a tree of its own, printed to the text of a query, and asked of the records as they were
//! generated. What was reached is printed, and has to be all of the language.
//!
//! | file | what it holds |
//! |---|---|
//! | `question.rs` | the tree |
//! | `ask.rs`, `tests_of_values.rs` | random questions |
//! | `print.rs` | the tree as the text of a query |
//! | `meaning.rs`, `check.rs` | the tree asked of records, its tests of values |
//! | `value.rs`, `number.rs`, `text.rs` | values, numbers and texts, as the language sees them |
//! | `records.rs` | records as generated, and as batches |
//! | `random_records.rs`, `pools.rs` | random records, and what they are made from |
//! | `coverage.rs` | which parts of the language were reached |
//! | `stages.rs` | the forms in which storage keeps the records |
//! | `of_logs.rs`, `of_traces.rs` | questions of log search and trace search, held against the oracle |

mod ask;
mod check;
mod coverage;
mod meaning;
mod number;
mod of_logs;
mod of_traces;
mod pools;
mod print;
mod question;
mod random_records;
mod records;
mod stages;
mod tests_of_values;
mod text;
mod value;

use clearspan_query::{AskedRange, AskedTime};

use crate::random::Random;
use crate::records::START;

const MINUTE: u64 = 60_000_000_000;

/// Records that arrive at once, three times.
const ROWS: usize = 120;

/// Questions that are asked in every stage, and those that are asked in one alone.
const LASTING: usize = 500;
const PASSING: usize = 250;

/// Attributes that most records have, so that storage gives them columns of their own.
const FREQUENT_KEYS: [&str; 4] = ["int", "text", "double", "bool"];

/// Tests that every field of any value takes.
const TESTS: [&str; 17] = [
    "test :*",
    "test :text",
    "test :\"text\"",
    "test :number",
    "test :number with unit",
    "test :boolean",
    "test :pre*",
    "test :*suf",
    "test :*mid*",
    "test :a*z",
    "test :/regex/",
    "test >",
    "test >=",
    "test <",
    "test <=",
    "test [a TO b]",
    "test [* TO b]",
];

/// What is asked of either signal.
const SHARED: [&str; 54] = [
    "words *",
    "words a word",
    "words a phrase",
    "words pre*",
    "words *suf",
    "words *mid*",
    "words /regex/",
    "words beyond ASCII",
    "words with .",
    "words with -",
    "words with /",
    "words with :",
    "words with #",
    "words with @",
    "words with '",
    "combination AND",
    "combination OR",
    "combination NOT",
    "combination field:(...)",
    "field service",
    "field trace_id",
    "field span_id",
    "field event.name",
    "field attribute",
    "field attributes.k",
    "field scope.k",
    "field resource.k",
    "field scope.name",
    "field scope.version",
    "test [a TO *]",
    "attribute >",
    "attribute [a TO b]",
    "attribute :/regex/",
    "levels of which one hides another",
    "levels with a key twice",
    "levels with another name of it",
    "comparisons with a text",
    "comparisons with a number",
    "comparisons with a duration",
    "comparisons with a size",
    "attributes with a column",
    "attributes without a column",
    "value text",
    "value text beyond ASCII",
    "value empty text",
    "value boolean",
    "value integer",
    "value integer beyond 2^53",
    "value double",
    "value -0.0",
    "value NaN or infinity",
    "value bytes",
    "value list",
    "value map",
];

/// The times that a range is likely to end at: those of records, and minutes.
fn any_range(times: &[i64], random: &mut Random) -> AskedRange {
    if random.one_in(3) {
        return AskedRange::ALL;
    }
    let mut end = || {
        let at = match random.below(4) {
            0 => (START + random.below(7) * MINUTE).cast_signed(),
            1 => (START + random.below(6 * MINUTE)).cast_signed(),
            _ => random.pick(times),
        };
        let at = i128::from(at) + random.pick(&[0, 0, 0, 1, -1]);
        (!random.one_in(3)).then_some(at)
    };
    let (a, b) = (end(), end());
    let (from, to) = match (a, b) {
        (Some(a), Some(b)) => (Some(a.min(b)), Some(a.max(b))),
        one_end => one_end,
    };
    AskedRange {
        from: from.map(AskedTime::At),
        to: to.map(AskedTime::At),
    }
}

fn holds(range: AskedRange, time: i64) -> bool {
    let bound = |asked: Option<AskedTime>| match asked {
        Some(AskedTime::At(at)) => Some(at),
        _ => None,
    };
    bound(range.from).is_none_or(|from| i128::from(time) >= from)
        && bound(range.to).is_none_or(|to| i128::from(time) < to)
}
