//! A blocking HTTP/1.1 client with one connection. It is small on purpose: what the sender does, the measurement pays for.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

/// Longer than any answer takes; without it a server that hangs would hang the measurement.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A kept-open connection to one server.
#[derive(Debug)]
pub(crate) struct Connection {
    authority: String,
    stream: BufReader<TcpStream>,
}

/// One answer.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// `Retry-After` in seconds, where the server said so.
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Whether the request may be sent again.
    pub(crate) fn is_refusal_for_now(&self) -> bool {
        matches!(self.status, 429 | 503)
    }

    pub(crate) fn json(&self) -> Result<serde_json::Value> {
        let text = String::from_utf8_lossy(&self.body);
        ensure!(self.status == 200, "status {}: {text}", self.status);
        serde_json::from_str(&text).context("an answer that is not JSON")
    }
}

impl Connection {
    /// Connects to a base URL, `http://host:port`.
    pub(crate) fn open(url: &str) -> Result<Self> {
        let authority = url
            .strip_prefix("http://")
            .unwrap_or(url)
            .trim_end_matches('/');
        let stream =
            TcpStream::connect(authority).with_context(|| format!("connect to {authority}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        Ok(Self {
            authority: authority.to_owned(),
            stream: BufReader::new(stream),
        })
    }

    pub(crate) fn get(&mut self, path: &str) -> Result<Answer> {
        let head = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", self.authority);
        self.stream.get_mut().write_all(head.as_bytes())?;
        self.answer()
    }

    /// Posts protobuf, uncompressed.
    pub(crate) fn post_protobuf(&mut self, path: &str, body: &[u8]) -> Result<Answer> {
        self.post(path, "application/x-protobuf", body)
    }

    /// Posts a body of a type.
    pub(crate) fn post(&mut self, path: &str, content_type: &str, body: &[u8]) -> Result<Answer> {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n",
            self.authority,
            body.len()
        );
        // In one write, so that head and body are not two packets.
        self.stream
            .get_mut()
            .write_all(&[head.as_bytes(), body].concat())?;
        self.answer()
    }

    fn answer(&mut self) -> Result<Answer> {
        let status_line = self.line()?;
        let status = status_line
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok());
        let mut answer = Answer {
            status: status.with_context(|| format!("not a status line: {status_line:?}"))?,
            ..Answer::default()
        };
        let (mut length, mut chunked) = (0, false);
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse()?,
                "transfer-encoding" => chunked = value.eq_ignore_ascii_case("chunked"),
                "retry-after" => answer.retry_after = value.parse().ok(),
                _ => {}
            }
        }
        if chunked {
            answer.body = self.chunks()?;
        } else {
            answer.body.resize(length, 0);
            self.stream.read_exact(&mut answer.body)?;
        }
        Ok(answer)
    }

    fn chunks(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.line()?;
            let length = usize::from_str_radix(line.split(';').next().unwrap_or_default(), 16)
                .with_context(|| format!("not a chunk's length: {line:?}"))?;
            let start = body.len();
            body.resize(start + length, 0);
            self.stream.read_exact(&mut body[start..])?;
            self.line()?;
            if length == 0 {
                return Ok(body);
            }
        }
    }

    /// The next line, without its end.
    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            bail!("{} closed the connection", self.authority);
        }
        Ok(line.trim_end().to_owned())
    }
}
