//! Files of OTLP as `import` and `load` read them: lines of OTLP/JSON or the Collector's frames of protobuf, plain or zstd.
//!
//! | file | holds |
//! |---|---|
//! | `input` | opening files and standard input, zstd, telling lines from frames |
//! | `split` | cutting an input into lines or length-prefixed frames |
//! | `payload` | one line or frame, and which signals it has records of |

mod input;
mod payload;
mod split;

pub(crate) use input::{Input, Place, open_all};
pub(crate) use payload::Payload;
pub(crate) use split::Item;

/// Largest line or frame. Above any server's limit for a request, so that the server decides.
const ITEM_BYTES_MAX: usize = 128 << 20;
