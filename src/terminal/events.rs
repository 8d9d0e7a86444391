//! Server-sent events, as they arrive.

/// Bytes of one event beyond which a stream is given up: no row is as large.
const EVENT_BYTES_MAX: usize = 1 << 28;

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) name: String,
    pub(super) id: Option<String>,
    pub(super) data: String,
}

/// The stream has an event without end.
#[derive(Debug, thiserror::Error)]
#[error("an event has more than {EVENT_BYTES_MAX} bytes")]
pub(super) struct TooLong;

/// Puts events together from the pieces in which they come.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// The begin of a line.
    rest: Vec<u8>,
    event: Event,
}

impl Events {
    /// The events that end in this piece.
    pub(super) fn take(&mut self, piece: &[u8]) -> Result<Vec<Event>, TooLong> {
        let mut ended = Vec::new();
        self.rest.extend_from_slice(piece);
        let mut start = 0;
        while let Some(length) = memchr::memchr(b'\n', &self.rest[start..]) {
            let line = String::from_utf8_lossy(&self.rest[start..start + length]).into_owned();
            start += length + 1;
            ended.extend(self.line(line.trim_end_matches('\r')));
        }
        self.rest.drain(..start);
        if self.rest.len() + self.event.data.len() > EVENT_BYTES_MAX {
            return Err(TooLong);
        }
        Ok(ended)
    }

    /// An empty line ends an event; one without a field but an id is none.
    fn line(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return (!event.name.is_empty() || !event.data.is_empty()).then_some(event);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event.name),
            "id" => self.event.id = Some(value.to_owned()),
            "data" if self.event.data.is_empty() => value.clone_into(&mut self.event.data),
            "data" => {
                self.event.data.push('\n');
                self.event.data.push_str(value);
            }
            // A comment, or a word to browsers.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_whole_however_they_come() {
        let sent = "retry: 1000\n\n: comment\nevent: log\nid: 7-a\ndata: {\"k\": \"v: é\"}\n\ndata:one\r\ndata: two\r\n\r\nevent: x\n";
        let event = |name: &str, id: Option<&str>, data: &str| Event {
            name: name.into(),
            id: id.map(str::to_owned),
            data: data.into(),
        };
        let expected = [
            event("log", Some("7-a"), "{\"k\": \"v: é\"}"),
            event("", None, "one\ntwo"),
        ];
        for size in 1..sent.len() {
            let mut events = Events::default();
            let pieces = sent.as_bytes().chunks(size);
            let found: Vec<Event> = pieces
                .filter_map(|piece| events.take(piece).ok())
                .flatten()
                .collect();
            assert_eq!(found, expected, "pieces of {size}");
        }
    }
}
