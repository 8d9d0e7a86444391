//! What the targets in `fuzz/` call of the inside: each takes whatever comes, and panics when a promise is broken.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clearspan_schema::Signal;
use clearspan_storage::scan::TimeRange;

use crate::cursor::{Cursor, CursorKey, Identity};
use crate::exec::RowKey;
use crate::language::Query;
use crate::trace::{TraceKey, TraceSort};
use crate::{AskedRange, Order, SqlParam, sql};

/// Reads `text` as SQL, and binds parameters of each kind. Nothing is planned or run.
pub fn sql(text: &str) {
    let given = |name: &str, value| (name.to_owned(), value);
    let time = SqlParam::Text("now-15m".to_owned());
    let params = [
        given("from", time),
        given("to", SqlParam::Number("1700000000000".to_owned())),
        given("a", SqlParam::Text("a'b\\".to_owned())),
        given("b", SqlParam::Bool(true)),
        given("c", SqlParam::Null),
    ];
    for given in [&params[..], &params[..2]] {
        let _ = sql::read_alone(text, given, 1_700_000_000_000_000_000);
    }
}

/// Reads `bytes` as cursors of logs and of traces: as they are, with a right checksum behind them, and with a
/// right head before them too. What is read must be written as it was.
pub fn cursor(bytes: &[u8]) {
    let logs = Identity::logs(
        &Query::all(Signal::Logs),
        AskedRange::ALL,
        Order::Descending,
    );
    let sort = TraceSort::default();
    let spans = Query::all(Signal::Spans);
    let traces = Identity::traces(&spans, AskedRange::ALL, (None, None), sort);
    let row = RowKey {
        placed_time: 0,
        seq: 0,
    };
    let trace = TraceKey {
        value: None,
        trace_id: [0; 16],
    };
    read_back(bytes, logs, row);
    read_back(bytes, traces, trace);
}

/// Version, kind and identity.
const HEAD: usize = 10;

fn read_back<K: CursorKey>(bytes: &[u8], identity: Identity, key: K) {
    let range = TimeRange::ALL;
    let example = Cursor { range, key }.encode(identity);
    let mut headed = URL_SAFE_NO_PAD.decode(example).unwrap_or_default();
    headed.truncate(HEAD);
    headed.extend(bytes);
    let mut texts = vec![String::from_utf8_lossy(bytes).into_owned()];
    for body in [bytes, &headed] {
        let crc = crc32c::crc32c(body).to_le_bytes();
        texts.push(URL_SAFE_NO_PAD.encode([body, &crc].concat()));
    }
    for text in texts {
        if let Ok(cursor) = Cursor::<K>::decode(&text, identity) {
            assert_eq!(cursor.encode(identity), text);
        }
    }
}
