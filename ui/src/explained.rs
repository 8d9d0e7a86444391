//! Requests that hyper refuses by itself, before any route: no HTTP, or a head that is too long. It
//! answers with a bare status; here that answer is given the body that every other error has.
//!
//! 1. hyper writes such an answer as one piece: a head with `content-length: 0` and nothing else, on
//!    a connection that it then closes. No route answers 400, 414 or 431 without a body.
//! 2. The piece is replaced as it is written, and hyper is told that its own was.
//! 3. The client may still be sending. What it sends is read and thrown away for a while, because a
//!    connection that is closed with unread bytes is reset, and the client would never see the answer.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use crate::error::ApiError;
use crate::limits::{LINGER_BYTES_MAX, LINGER_TIME_MAX};

/// A connection whose bare refusals are explained.
pub(crate) struct Explained<S> {
    stream: S,
    replacing: Option<Replacing>,
    lingering: Option<Lingering>,
}

/// An answer that is written instead of another.
struct Replacing {
    answer: Vec<u8>,
    written: usize,
    original_bytes: usize,
}

/// A client that is heard out.
struct Lingering {
    deadline: Pin<Box<Sleep>>,
    bytes_left: usize,
    is_shut: bool,
}

impl<S> Explained<S> {
    pub(crate) fn new(stream: S) -> Self {
        Explained {
            stream,
            replacing: None,
            lingering: None,
        }
    }

    fn notice(&mut self, piece: &[u8]) {
        if self.replacing.is_some() {
            return;
        }
        if let Some(error) = bare_refusal(piece) {
            self.replacing = Some(Replacing {
                answer: answer(&error),
                written: 0,
                original_bytes: piece.len(),
            });
            let deadline = Box::pin(tokio::time::sleep(LINGER_TIME_MAX));
            self.lingering = Some(Lingering {
                deadline,
                bytes_left: LINGER_BYTES_MAX,
                is_shut: false,
            });
        }
    }
}

/// The error that hyper means by `piece`, if `piece` is an answer of its own.
fn bare_refusal(piece: &[u8]) -> Option<ApiError> {
    let status = piece
        .strip_prefix(b"HTTP/1.1 ")
        .or_else(|| piece.strip_prefix(b"HTTP/1.0 "))?;
    let error = match status.first_chunk::<3>()? {
        b"400" => ApiError::BadRequest,
        // Of a head that fills hyper's whole buffer the URL is most of it: there are at most a hundred headers.
        b"414" | b"431" => ApiError::UrlTooLong,
        _ => return None,
    };
    let head = std::str::from_utf8(piece).ok()?;
    let is_bare = head.ends_with("\r\n\r\n") && head.contains("\r\ncontent-length: 0\r\n");
    is_bare.then_some(error)
}

fn answer(error: &ApiError) -> Vec<u8> {
    let (status, body) = (error.status(), error.to_json());
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nx-content-type-options: nosniff\r\n\
         cache-control: no-store\r\nconnection: close\r\n\r\n",
        body.len()
    );
    (head + &body).into_bytes()
}

impl<S: AsyncWrite + Unpin> Explained<S> {
    /// Writes what is left of the replacement; then says that the original was written. `None`: there is none.
    fn poll_replacement(&mut self, cx: &mut Context<'_>) -> Option<Poll<io::Result<usize>>> {
        let replacing = self.replacing.as_mut()?;
        while let Some(rest) = replacing
            .answer
            .get(replacing.written..)
            .filter(|rest| !rest.is_empty())
        {
            match Pin::new(&mut self.stream).poll_write(cx, rest) {
                Poll::Ready(Ok(0)) => {
                    return Some(Poll::Ready(Err(io::ErrorKind::WriteZero.into())));
                }
                Poll::Ready(Ok(written)) => replacing.written += written,
                Poll::Ready(Err(error)) => return Some(Poll::Ready(Err(error))),
                Poll::Pending => return Some(Poll::Pending),
            }
        }
        let written = replacing.original_bytes;
        self.replacing = None;
        Some(Poll::Ready(Ok(written)))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Explained<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        piece: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.notice(piece);
        if let Some(poll) = self.poll_replacement(cx) {
            return poll;
        }
        Pin::new(&mut self.stream).poll_write(cx, piece)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let Some(first) = pieces.first() {
            self.notice(first);
        }
        if let Some(poll) = self.poll_replacement(cx) {
            return poll;
        }
        Pin::new(&mut self.stream).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Explained {
            stream, lingering, ..
        } = &mut *self;
        let Some(lingering) = lingering else {
            return Pin::new(stream).poll_shutdown(cx);
        };
        if !lingering.is_shut {
            ready!(Pin::new(&mut *stream).poll_shutdown(cx))?;
            lingering.is_shut = true;
        }
        lingering.poll_heard_out(stream, cx).map(Ok)
    }
}

impl Lingering {
    /// Reads until the client ends, fails, has sent too much or taken too long.
    fn poll_heard_out<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let mut space = [0; 8 * 1024];
        loop {
            if self.deadline.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            let mut read = ReadBuf::new(&mut space);
            match ready!(Pin::new(&mut *stream).poll_read(cx, &mut read)) {
                Ok(()) if !read.filled().is_empty() && self.bytes_left > read.filled().len() => {
                    self.bytes_left -= read.filled().len();
                }
                _ => return Poll::Ready(()),
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Explained<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(piece: &str, expected: Option<&str>) {
        let body = bare_refusal(piece.as_bytes()).map(|error| error.to_json());
        match (body, expected) {
            (Some(body), Some(code)) => assert!(body.contains(code), "{body}"),
            (body, expected) => assert_eq!(body.as_deref(), expected, "{piece}"),
        }
    }

    #[test]
    fn only_bare_refusals_are_explained() {
        let bare = |status: &str| {
            format!(
                "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\ndate: now\r\n\r\n"
            )
        };
        check(&bare("400 Bad Request"), Some("bad_request"));
        check(&bare("414 URI Too Long"), Some("url_too_long"));
        check(
            &bare("431 Request Header Fields Too Large"),
            Some("url_too_long"),
        );
        check(&bare("404 Not Found"), None);
        check(&bare("200 OK"), None);
        check(
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}",
            None,
        );
        check("HTTP/1.1 40", None);
        check("", None);
    }

    #[test]
    fn the_answer_has_the_length_it_says() {
        let text = String::from_utf8_lossy(&answer(&ApiError::UrlTooLong)).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_default();
        assert!(head.starts_with("HTTP/1.1 414 URI Too Long\r\n"), "{head}");
        assert!(
            head.contains(&format!("content-length: {}\r\n", body.len())),
            "{head}"
        );
    }
}
