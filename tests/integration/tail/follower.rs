//! A client of server-sent events.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use serde_json::Value;

use crate::integration::support::{PATIENCE, Server};

/// One event.
#[derive(Debug, Clone, Default)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) data: Value,
}

/// An open tail.
pub(crate) struct Follower {
    stream: BufReader<TcpStream>,
    /// The first event: from here on nothing is missed.
    pub(crate) started: Event,
}

impl Follower {
    /// Opens a tail and waits until it stands.
    pub(crate) fn open(server: &Server, query: &str, headers: &[(&str, &str)]) -> Self {
        let authority = server.ui_url().strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(authority).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // Of HTTP/1.0 no answer comes in chunks.
        let mut request =
            format!("GET /api/v1/logs/tail?{query} HTTP/1.0\r\nhost: {authority}\r\n");
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut follower = Follower {
            stream: BufReader::new(stream),
            started: Event::default(),
        };
        let head = follower.head();
        assert!(head[0].contains(" 200 "), "{head:?}");
        assert!(
            head.contains(&"content-type: text/event-stream".to_owned()),
            "{head:?}"
        );
        follower.started = follower.next().unwrap();
        assert_eq!(follower.started.name, "heartbeat");
        follower
    }

    fn head(&mut self) -> Vec<String> {
        let lines = std::iter::from_fn(|| self.line().filter(|line| !line.is_empty()));
        lines.collect()
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.stream.read_line(&mut line).unwrap();
        (read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// The next event; `None` at the end of the stream.
    pub(crate) fn next(&mut self) -> Option<Event> {
        let mut event = Event::default();
        loop {
            let line = self.line()?;
            match line.split_once(": ") {
                Some(("event", name)) => event.name = name.to_owned(),
                Some(("id", id)) => event.id = id.to_owned(),
                Some(("data", data)) => event.data = serde_json::from_str(data).unwrap(),
                Some(("retry" | "", _)) => {}
                None if line.is_empty() && event.name.is_empty() => {}
                None if line.is_empty() => return Some(event),
                _ => panic!("no line of an event: {line:?}"),
            }
        }
    }

    /// The next row.
    pub(crate) fn row(&mut self) -> Event {
        loop {
            let event = self.next().unwrap();
            match event.name.as_str() {
                "log" => return event,
                other => assert_eq!(other, "heartbeat", "{event:?}"),
            }
        }
    }
}
