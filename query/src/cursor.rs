//! Where the next page starts.
//!
//! ```text
//! cursor   := base64url(version kind identity from to key crc32c)
//! version  := 1 (u8)
//! kind     := 1 logs, 2 traces, 3 spans (u8)
//! identity := xxh3-64 of the request, page size and cursor left out (u64)
//! from, to := 0 | 1 nanoseconds (u8, i64): the range, as it was resolved for the first page
//! key      := logs: placed time (i64) seq (u64); traces: 0 | 1 sort value (u8, i128), trace id (16 bytes);
//!             spans: 0 | 1 duration (u8, i64), placed time (i64) seq (u64)
//! crc32c   := of all before it (u32)
//! ```
//!
//! Numbers are little-endian. The key is that of the last row of the page before: the next page is what
//! lies behind it in a total order, whatever arrived meanwhile. A cursor holds no secret and needs none:
//! who forges one asks for a page that could be asked for anyway.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clearspan_storage::scan::TimeRange;

use crate::exec::RowKey;
use crate::language::Query;
use crate::spans::SpanKey;
use crate::trace::{AskedRoot, TraceKey, TraceSort};
use crate::{AskedRange, AskedTime, Order, QueryError, SpanSort};

const VERSION: u8 = 1;
/// Longer text is not worth decoding.
const TEXT_BYTES_MAX: usize = 256;

/// What makes a request the same question: all of it but page size and cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity(u64);

impl Identity {
    pub(crate) fn logs(query: &Query, range: AskedRange, order: Order) -> Self {
        Identity::of(&format!("{query}\0{}\0{order:?}", asked(range)))
    }

    pub(crate) fn traces(
        query: &Query,
        range: AskedRange,
        durations: (Option<i128>, Option<i128>),
        sort: TraceSort,
    ) -> Self {
        Identity::of(&format!(
            "{query}\0{}\0{durations:?}\0{sort:?}",
            asked(range)
        ))
    }

    /// The same question of traces with such a root.
    pub(crate) fn with_root(self, root: &AskedRoot) -> Self {
        if root.is_any() {
            return self;
        }
        Identity::of(&format!("{}\0{root:?}", self.0))
    }

    pub(crate) fn spans(query: &Query, range: AskedRange, sort: SpanSort) -> Self {
        Identity::of(&format!("spans\0{query}\0{}\0{sort:?}", asked(range)))
    }

    fn of(text: &str) -> Self {
        Identity(twox_hash::XxHash3_64::oneshot(text.as_bytes()))
    }
}

fn asked(range: AskedRange) -> String {
    let end = |end: Option<AskedTime>| match end {
        None => "-".to_owned(),
        Some(AskedTime::At(ns)) => format!("at {ns}"),
        Some(AskedTime::FromNow(ns)) => format!("now {ns}"),
    };
    format!("{}\0{}", end(range.from), end(range.to))
}

/// What a page is continued from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor<K> {
    /// The range, as it was resolved for the first page.
    pub(crate) range: TimeRange,
    /// The last row of the page before.
    pub(crate) key: K,
}

/// What stands in a cursor of one kind.
pub(crate) trait CursorKey: Sized {
    const KIND: u8;
    fn write(&self, out: &mut Vec<u8>);
    fn read(reader: &mut Reader<'_>) -> Option<Self>;
}

impl<K: CursorKey> Cursor<K> {
    pub(crate) fn encode(&self, identity: Identity) -> String {
        let mut bytes = vec![VERSION, K::KIND];
        bytes.extend(identity.0.to_le_bytes());
        for end in [self.range.from, self.range.to] {
            write_option(end.map(i64::to_le_bytes), &mut bytes);
        }
        self.key.write(&mut bytes);
        bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    pub(crate) fn decode(text: &str, identity: Identity) -> Result<Self, QueryError> {
        let bytes = (text.len() <= TEXT_BYTES_MAX)
            .then(|| URL_SAFE_NO_PAD.decode(text).ok())
            .flatten();
        bytes
            .and_then(|bytes| read(&bytes, identity))
            .ok_or(QueryError::BadCursor)
    }
}

fn read<K: CursorKey>(bytes: &[u8], identity: Identity) -> Option<Cursor<K>> {
    let (body, crc) = bytes.split_last_chunk::<4>()?;
    if crc32c::crc32c(body) != u32::from_le_bytes(*crc) {
        return None;
    }
    let mut reader = Reader(body);
    let is_ours =
        reader.array::<2>()? == [VERSION, K::KIND] && reader.array()? == identity.0.to_le_bytes();
    let mut end = || reader.option().map(|end| end.map(i64::from_le_bytes));
    let range = TimeRange {
        from: end()?,
        to: end()?,
    };
    let key = K::read(&mut reader)?;
    (is_ours && reader.0.is_empty()).then_some(Cursor { range, key })
}

impl CursorKey for RowKey {
    const KIND: u8 = 1;

    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.placed_time.to_le_bytes());
        out.extend(self.seq.to_le_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let placed_time = i64::from_le_bytes(reader.array()?);
        Some(RowKey {
            placed_time,
            seq: u64::from_le_bytes(reader.array()?),
        })
    }
}

impl CursorKey for TraceKey {
    const KIND: u8 = 2;

    fn write(&self, out: &mut Vec<u8>) {
        write_option(self.value.map(i128::to_le_bytes), out);
        out.extend(self.trace_id);
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let value = reader.option()?.map(i128::from_le_bytes);
        Some(TraceKey {
            value,
            trace_id: reader.array()?,
        })
    }
}

impl CursorKey for SpanKey {
    const KIND: u8 = 3;

    fn write(&self, out: &mut Vec<u8>) {
        write_option(self.duration_ns.map(i64::to_le_bytes), out);
        self.row.write(out);
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(SpanKey {
            duration_ns: reader.option()?.map(i64::from_le_bytes),
            row: RowKey::read(reader)?,
        })
    }
}

fn write_option<const N: usize>(value: Option<[u8; N]>, out: &mut Vec<u8>) {
    out.push(u8::from(value.is_some()));
    out.extend(value.into_iter().flatten());
}

/// Reads from the front of a cursor's bytes.
pub(crate) struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*array)
    }

    #[allow(clippy::option_option, reason = "outside: malformed; inside: absent")]
    fn option<const N: usize>(&mut self) -> Option<Option<[u8; N]>> {
        match self.array()? {
            [0] => Some(None),
            [1] => self.array().map(Some),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::trace::TraceSortKey;
    use clearspan_schema::Signal;

    fn identity(query: &str) -> Identity {
        Identity::logs(
            &Query::parse(query, Signal::Logs).unwrap(),
            AskedRange::ALL,
            Order::Descending,
        )
    }

    #[test]
    fn reads_back_in_its_own_request_alone() {
        let ends = [None, Some(i64::MIN), Some(0), Some(i64::MAX)];
        for (from, to) in ends.into_iter().zip(ends.into_iter().rev()) {
            let range = TimeRange { from, to };
            let logs = Cursor {
                range,
                key: RowKey {
                    placed_time: -5,
                    seq: u64::MAX,
                },
            };
            let text = logs.encode(identity("a b"));
            assert_eq!(Cursor::decode(&text, identity("a  b")).unwrap(), logs);
            assert!(Cursor::<RowKey>::decode(&text, identity("b a")).is_err());
            assert!(Cursor::<TraceKey>::decode(&text, identity("a b")).is_err());
            for duration_ns in [None, Some(i64::MIN), Some(7)] {
                let spans = Cursor {
                    range,
                    key: SpanKey {
                        duration_ns,
                        row: logs.key,
                    },
                };
                let text = spans.encode(identity("a"));
                assert_eq!(Cursor::decode(&text, identity("a")).unwrap(), spans);
                assert!(Cursor::<RowKey>::decode(&text, identity("a")).is_err());
            }
            for value in [None, Some(i128::MIN), Some(7)] {
                let traces = Cursor {
                    range,
                    key: TraceKey {
                        value,
                        trace_id: [9; 16],
                    },
                };
                assert_eq!(
                    Cursor::decode(&traces.encode(identity("")), identity("")).unwrap(),
                    traces
                );
            }
        }
    }

    #[test]
    fn every_part_of_a_request_counts() {
        let query = Query::parse("a", Signal::Spans).unwrap();
        let now = AskedRange {
            from: Some(AskedTime::FromNow(5)),
            to: None,
        };
        let at = AskedRange {
            from: Some(AskedTime::At(5)),
            to: None,
        };
        let to = AskedRange {
            from: None,
            to: Some(AskedTime::At(5)),
        };
        let sort = |by, descending| TraceSort { by, descending };
        let newest = TraceSort::default();
        let root = |service: Option<&str>, name: Option<&str>| {
            let root = AskedRoot {
                service: service.map(str::to_owned),
                name: name.map(str::to_owned),
            };
            Identity::traces(&query, at, (None, None), newest).with_root(&root)
        };
        let all = [
            Identity::traces(&query, now, (None, None), newest),
            Identity::traces(&query, at, (None, None), newest),
            Identity::traces(&query, to, (None, None), newest),
            Identity::traces(&query, at, (Some(1), None), newest),
            Identity::traces(&query, at, (None, Some(1)), newest),
            Identity::traces(&query, at, (None, None), sort(TraceSortKey::Start, false)),
            Identity::traces(&query, at, (None, None), sort(TraceSortKey::Duration, true)),
            root(Some(""), None),
            root(Some("a"), None),
            root(Some("b"), None),
            root(None, Some("a")),
            root(Some("a"), Some("a")),
            Identity::spans(&query, at, SpanSort::default()),
            Identity::spans(&query, to, SpanSort::default()),
            Identity::spans(&query, at, SpanSort::parse("start").unwrap()),
            Identity::spans(&query, at, SpanSort::parse("-duration").unwrap()),
            Identity::logs(&query, at, Order::Ascending),
            Identity::logs(&query, at, Order::Descending),
        ];
        assert_eq!(root(None, None), all[1]);
        for (at, one) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(one), "{at}");
        }
    }

    #[test]
    fn a_broken_one_is_refused() {
        let key = RowKey {
            placed_time: 1,
            seq: 2,
        };
        let text = Cursor {
            range: TimeRange::ALL,
            key,
        }
        .encode(identity(""));
        for at in 0..text.len() {
            let mut broken = text.clone().into_bytes();
            broken[at] = if broken[at] == b'A' { b'B' } else { b'A' };
            let broken = String::from_utf8(broken).unwrap();
            assert!(
                Cursor::<RowKey>::decode(&broken, identity("")).is_err(),
                "{at}"
            );
            assert!(
                Cursor::<RowKey>::decode(&text[..at], identity("")).is_err(),
                "{at}"
            );
        }
        for text in ["", "é", "====", &"A".repeat(10_000)] {
            assert!(Cursor::<RowKey>::decode(text, identity("")).is_err());
        }
    }
}
