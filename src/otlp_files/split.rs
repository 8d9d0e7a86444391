//! Cutting an input into its items: lines of OTLP/JSON, or the frames that the Collector's file exporter writes when its
//! format is protobuf or its output is compressed (four bytes of length, big-endian, then a message).

use std::io::{self, BufRead, Read};

use clearspan_proto::otlp::Encoding;
use clearspan_proto::otlp::frames::read_frame;

use super::ITEM_BYTES_MAX;
use super::input::ZSTD_MAGIC;
use super::payload::Payload;

/// One line or frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Payload(Payload),
    /// An empty line: it counts for the numbering alone.
    Blank,
    /// This one is lost, what follows is not.
    Bad(String),
}

/// Reads item after item.
pub(crate) struct Items<R> {
    reader: R,
    framed: bool,
}

impl<R: BufRead> Items<R> {
    /// `first` is the input's first byte. No frame within the limit has a length whose highest byte is above 7, and no text
    /// begins with such a control character.
    pub(crate) fn new(reader: R, first: Option<u8>) -> Self {
        let highest = (ITEM_BYTES_MAX >> 24) as u8;
        Self {
            reader,
            framed: first.is_some_and(|byte| byte < highest),
        }
    }

    /// The next item, or none at the end. An error means that nothing after it can be read.
    pub(crate) fn next(&mut self) -> io::Result<Option<Item>> {
        if self.framed {
            self.next_frame()
        } else {
            self.next_line()
        }
    }

    fn next_line(&mut self) -> io::Result<Option<Item>> {
        let mut line = Vec::new();
        let read = self
            .reader
            .by_ref()
            .take(ITEM_BYTES_MAX as u64 + 1)
            .read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(None);
        }
        if read > ITEM_BYTES_MAX && line.last() != Some(&b'\n') {
            self.skip_line()?;
            return Ok(Some(Item::Bad(format!(
                "line is longer than {ITEM_BYTES_MAX} bytes"
            ))));
        }
        let text = line
            .strip_prefix(b"\xEF\xBB\xBF")
            .unwrap_or(&line)
            .trim_ascii();
        Ok(Some(if text.is_empty() {
            Item::Blank
        } else {
            Item::Payload(Payload {
                encoding: Encoding::Json,
                body: text.to_vec(),
            })
        }))
    }

    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let mut part = Vec::new();
            let read = self
                .reader
                .by_ref()
                .take(1 << 20)
                .read_until(b'\n', &mut part)?;
            if read == 0 || part.last() == Some(&b'\n') {
                return Ok(());
            }
        }
    }

    fn next_frame(&mut self) -> io::Result<Option<Item>> {
        let mut message = Vec::new();
        let found = read_frame(&mut self.reader, &mut message, ITEM_BYTES_MAX as u32);
        Ok(found.map_err(io::Error::other)?.then(|| unpack(message)))
    }
}

/// A frame's message may be compressed on its own. No OTLP message begins like zstd or like JSON.
fn unpack(message: Vec<u8>) -> Item {
    let message = if message.starts_with(&ZSTD_MAGIC) {
        match inflate(&message) {
            Ok(message) => message,
            Err(error) => return Item::Bad(format!("compressed frame: {error}")),
        }
    } else {
        message
    };
    match message.first() {
        None => Item::Blank,
        Some(b'{') => Item::Payload(Payload {
            encoding: Encoding::Json,
            body: message,
        }),
        Some(_) => Item::Payload(Payload {
            encoding: Encoding::Protobuf,
            body: message,
        }),
    }
}

fn inflate(compressed: &[u8]) -> io::Result<Vec<u8>> {
    let mut message = Vec::new();
    let read = zstd::Decoder::with_buffer(compressed)?
        .take(ITEM_BYTES_MAX as u64 + 1)
        .read_to_end(&mut message)?;
    if read > ITEM_BYTES_MAX {
        return Err(io::Error::other(format!(
            "inflates beyond the limit of {ITEM_BYTES_MAX} bytes"
        )));
    }
    Ok(message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    fn check(input: &[u8], expected: &[Item]) {
        let mut items = Items::new(input, input.first().copied());
        let mut found = Vec::new();
        while let Some(item) = items.next().unwrap() {
            found.push(item);
        }
        assert_eq!(found, expected);
    }

    fn json(text: &str) -> Item {
        Item::Payload(Payload {
            encoding: Encoding::Json,
            body: text.as_bytes().to_vec(),
        })
    }

    fn frame(message: &[u8]) -> Vec<u8> {
        let mut frame = u32::try_from(message.len()).unwrap().to_be_bytes().to_vec();
        frame.extend_from_slice(message);
        frame
    }

    #[test]
    fn lines_are_trimmed_and_blank_ones_counted() {
        check(b"", &[]);
        check(
            b"{}\n\n  {\"a\":1}\r\n{}",
            &[json("{}"), Item::Blank, json("{\"a\":1}"), json("{}")],
        );
        check(b"\xEF\xBB\xBF{}\n", &[json("{}")]);
        check(b"garbage\n{}\n", &[json("garbage"), json("{}")]);
    }

    #[test]
    fn frames_hold_protobuf_or_json_each_compressed_or_not() {
        let message = [0x0A, 0x00];
        let compressed = zstd::encode_all(&b"{}"[..], 1).unwrap();
        let input = [
            frame(&message),
            frame(&[]),
            frame(b"{}"),
            frame(&compressed),
        ]
        .concat();
        let protobuf = Item::Payload(Payload {
            encoding: Encoding::Protobuf,
            body: message.to_vec(),
        });
        check(&input, &[protobuf, Item::Blank, json("{}"), json("{}")]);
    }

    #[test]
    fn a_broken_compressed_frame_does_not_hide_the_next() {
        let mut broken = zstd::encode_all(&b"{\"a\":[1,2,3]}"[..], 1).unwrap();
        broken.truncate(broken.len() - 2);
        let input = [frame(&broken), frame(b"{}")].concat();
        let mut items = Items::new(&input[..], input.first().copied());
        assert!(matches!(items.next().unwrap(), Some(Item::Bad(_))));
        assert_eq!(items.next().unwrap(), Some(json("{}")));
    }

    #[test]
    fn a_cut_or_lying_frame_is_an_error() {
        for input in [&[0, 0][..], &[0, 0, 0, 9, 1], &[0x07, 0xFF, 0xFF, 0xFF, 1]] {
            let mut items = Items::new(input, input.first().copied());
            assert!(items.next().is_err(), "{input:?}");
        }
    }
}
