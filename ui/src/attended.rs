//! A connection that is given up when its client takes nothing of an answer for a while. What was being
//! made for it (an export holds a snapshot of the store) is then let go.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// Fails with `TimedOut` when a write makes no progress for so long. Slow clients are not concerned: every
/// byte that is taken starts the time anew.
pub(crate) struct Attended<S> {
    stream: S,
    stall_max: Duration,
    /// Runs while a write waits.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<S> Attended<S> {
    pub(crate) fn new(stream: S, stall_max: Duration) -> Self {
        Attended {
            stream,
            stall_max,
            deadline: None,
        }
    }

    /// What a write that came to `written` means by now.
    fn attend<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.deadline = None;
            return written;
        }
        let stall_max = self.stall_max;
        let deadline = self
            .deadline
            .get_or_insert_with(|| Box::pin(sleep(stall_max)));
        deadline
            .as_mut()
            .poll(cx)
            .map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Attended<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.attend(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        self.attend(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.attend(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.attend(cx, shut)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Attended<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, to)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test]
    async fn a_client_that_takes_nothing_is_given_up() {
        let (server, mut client) = duplex(8);
        let mut server = Attended::new(server, Duration::from_millis(20));
        server.write_all(b"12345678").await.unwrap();
        let stalled = server.write_all(b"9").await.unwrap_err();
        assert_eq!(stalled.kind(), io::ErrorKind::TimedOut);
        // One that goes on after all finds the connection as it was.
        let mut taken = [0; 8];
        client.read_exact(&mut taken).await.unwrap();
        server.write_all(b"9").await.unwrap();
        assert_eq!(
            (&taken, client.read_u8().await.unwrap()),
            (b"12345678", b'9')
        );
    }
}
