//! Any text as a query: what can be read prints as something that reads the same, what cannot is told as
//! recovery tells it, and every place has something to say for completion.
#![no_main]

use clearspan_query::Signal;
use clearspan_query::language::{Query, completion_at};
use libfuzzer_sys::fuzz_target;

/// Completion is asked at each place of shorter texts only, since that takes quadratic time.
const PLACES_MAX: usize = 256;

fuzz_target!(|text: &str| {
    for signal in Signal::ALL {
        read(text, signal);
        complete(text, signal);
    }
});

fn read(text: &str, signal: Signal) {
    let recovered = Query::recover(text, signal);
    match Query::parse(text, signal) {
        Ok(query) => {
            assert_eq!(
                Query::parse(&query.to_string(), signal).as_ref(),
                Ok(&query)
            );
            assert!(recovered.mistakes.is_empty());
            assert_eq!(recovered.query, query);
        }
        Err(error) => assert_eq!(recovered.mistakes[0].error, error),
    }
    let length = text.chars().count();
    let mut before = None;
    for mistake in &recovered.mistakes {
        let position = mistake.error.position;
        assert!(position + mistake.length <= length && Some(position) > before);
        assert!(!mistake.error.expected.is_empty());
        before = Some(position);
    }
    // A printed query may be too long, and nothing else.
    let printed = recovered.query.to_string();
    if printed.len() <= clearspan_query::language::limits::QUERY_BYTES_MAX {
        assert_eq!(Query::parse(&printed, signal), Ok(recovered.query));
    }
}

fn complete(text: &str, signal: Signal) {
    let length = text.chars().count();
    for position in (0..=length).take(PLACES_MAX) {
        let completion = completion_at(text, position, signal);
        let replace = &completion.replace;
        assert!(replace.start <= position && position <= replace.end && replace.end <= length);
        completion.apply(text, &completion.field_text("a b"));
    }
}
