//! The OTLP/JSON mapping, both ways, between text and the message types.
//!
//! | file | what it holds |
//! |---|---|
//! | `reader.rs` | the structure of JSON: objects, arrays, numbers, skipping |
//! | `text.rs` | strings and their escapes |
//! | `error.rs` | why a text could not be read, and where |
//! | `scalar.rs` | the mapping of numbers, enums, bytes and ids |
//! | `writer.rs` | objects and lists out, default values left out |
//! | `value.rs` | `AnyValue` and attribute lists |
//! | `group.rs` | resource, entity references and scope |
//! | `traces.rs`, `logs.rs`, `metrics.rs` | the requests |
//!
//! Written is the canonical form alone. Read is what the mapping of protobuf allows its parsers, and what
//! senders do in practice:
//!
//! | in JSON | read as |
//! |---|---|
//! | `lowerCamelCase` or `snake_case` field names | the same |
//! | an unknown field | skipped |
//! | `null` | the default; in an array the default element; in a `oneof` as if it were not there |
//! | a field twice | the last one |
//! | trace and span ids | hex in either case, or base64 of the right length |
//! | an id that is neither | an id of a wrong length: the decoder decides what becomes of the record |
//! | 64-bit and other integers | a number or a string, in any form that is exactly an integer in range |
//! | a double | a number, or a string: `"NaN"`, `"Infinity"`, `"-Infinity"`, `"1.5"` |
//! | an enum | a number in any integer form, or its name; a name that is not known becomes 0, and is counted |
//! | bytes | base64, standard or URL-safe, padded or not |
//! | anything else of a wrong type, trailing text, a lone surrogate | the request is undecodable |
//! | a value nested deeper than protobuf could carry | emptied, and counted as a dropped attribute |

pub(crate) mod error;
mod group;
pub(crate) mod logs;
pub(crate) mod metrics;
pub(crate) mod reader;
mod scalar;
#[cfg(test)]
mod tests;
mod text;
pub(crate) mod traces;
mod value;
pub(crate) mod writer;

use crate::otlp::DecodeError;
use crate::otlp::request::Request;
use reader::{Malformed, Reader};

/// Reads a whole body as one message.
pub(crate) fn read<M>(
    body: &[u8],
    message: fn(&mut Reader<'_>) -> Result<M, Malformed>,
) -> Result<Request<M>, DecodeError> {
    let mut reader = Reader::of(body)?;
    let read = message(&mut reader).and_then(|message| reader.end().map(|()| message));
    match read {
        Ok(message) => Ok(Request {
            message,
            records: reader.records(),
            repaired: reader.repaired,
        }),
        Err(malformed) => Err(reader.explain(malformed)),
    }
}
