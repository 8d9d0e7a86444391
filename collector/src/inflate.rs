//! The one inflater, for both transports.
//!
//! A limit counts what comes out, not what went in, and holds while it comes out: a bomb costs the limit and
//! no byte more. Whatever follows the last gzip member or zstd frame, and whatever lacks its end, is broken:
//! to guess what was meant would be to store half a request.

use std::io::{self, BufRead, Read};

use clearspan_storage::memory::NoRoom;
use flate2::bufread::MultiGzDecoder;
use flate2::{Decompress, FlushDecompress, Status};

use crate::limits::{INFLATE_GROWTH_MAX, INFLATE_STEP, ZSTD_WINDOW_LOG};

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    /// Not at all.
    Identity,
    /// RFC 1952, any number of members.
    Gzip,
    /// RFC 8878, any number of frames.
    Zstd,
    /// RFC 1950, the zlib format: that is what both HTTP and gRPC mean by the name. Bare deflate data is broken.
    Deflate,
}

impl Coding {
    /// Those we accept, as headers list them.
    pub(crate) const ACCEPTED: &str = "identity, gzip, zstd, deflate";

    /// The coding of this name, in whatever case. A list of several has none.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        match name {
            _ if is("identity") => Some(Coding::Identity),
            _ if is("gzip") || is("x-gzip") => Some(Coding::Gzip),
            _ if is("zstd") => Some(Coding::Zstd),
            _ if is("deflate") => Some(Coding::Deflate),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Coding::Identity => "identity",
            Coding::Gzip => "gzip",
            Coding::Zstd => "zstd",
            Coding::Deflate => "deflate",
        }
    }
}

/// Why a body could not be inflated.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum InflateError {
    /// More comes out than is allowed.
    TooLarge { limit: usize },
    /// Not what it claims to be, cut off, or followed by something else.
    Broken {
        coding: &'static str,
        reason: String,
    },
    /// Others hold the memory it would take.
    NoRoom,
}

impl From<NoRoom> for InflateError {
    fn from(_: NoRoom) -> Self {
        InflateError::NoRoom
    }
}

/// Inflates `body` to at most `limit` bytes. Before it takes memory it asks `room` for that many bytes.
pub(crate) fn inflate(
    coding: Coding,
    body: &[u8],
    limit: usize,
    room: &mut dyn FnMut(usize) -> Result<(), NoRoom>,
) -> Result<Vec<u8>, InflateError> {
    let broken = |error: io::Error| InflateError::Broken {
        coding: coding.name(),
        reason: error.to_string(),
    };
    if body.is_empty() && coding != Coding::Identity {
        return Err(broken(io::ErrorKind::UnexpectedEof.into()));
    }
    let mut from: Box<dyn Read + '_> = match coding {
        Coding::Identity => Box::new(body),
        Coding::Gzip => Box::new(MultiGzDecoder::new(body)),
        Coding::Zstd => Box::new(zstd_reader(body).map_err(broken)?),
        Coding::Deflate => Box::new(Zlib::new(body)),
    };
    let mut plain = Vec::new();
    let mut step = vec![0; INFLATE_STEP];
    loop {
        let read = from.read(&mut step).map_err(broken)?;
        if read == 0 {
            return Ok(plain);
        }
        if read > limit - plain.len() {
            return Err(InflateError::TooLarge { limit });
        }
        room(read)?;
        reserve(&mut plain, read, limit);
        plain.extend_from_slice(&step[..read]);
    }
}

/// Makes room for `more` bytes, of which the limit allows some. What is large gets all that it may need at once: memory that nothing was written to is
/// none yet, while growing step by step would hold the old bytes beside the new ones, more than the limit together.
fn reserve(plain: &mut Vec<u8>, more: usize, limit: usize) {
    let needed = plain.len() + more;
    if needed <= plain.capacity() {
        return;
    }
    let is_large = needed > INFLATE_GROWTH_MAX;
    if is_large && plain.try_reserve_exact(limit - plain.len()).is_ok() {
        return;
    }
    let capacity = needed.max(plain.capacity().saturating_mul(2).min(limit));
    plain.reserve_exact(capacity - plain.len());
}

fn zstd_reader(body: &[u8]) -> io::Result<impl Read + '_> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(body)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG)?;
    Ok(decoder)
}

/// Reads zlib data to its end. flate2's own reader takes data without an end for whole.
struct Zlib<'a> {
    stream: Decompress,
    body: &'a [u8],
    has_ended: bool,
}

impl<'a> Zlib<'a> {
    fn new(body: &'a [u8]) -> Self {
        let stream = Decompress::new(true);
        Self {
            stream,
            body,
            has_ended: false,
        }
    }
}

impl Read for Zlib<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while !self.has_ended {
            let (read_before, written_before) = (self.stream.total_in(), self.stream.total_out());
            let status = self
                .stream
                .decompress(self.body, out, FlushDecompress::None)?;
            let read = (self.stream.total_in() - read_before) as usize;
            let written = (self.stream.total_out() - written_before) as usize;
            self.body.consume(read);
            self.has_ended = status == Status::StreamEnd;
            if self.has_ended && !self.body.is_empty() {
                return Err(io::Error::other("data goes on after its end"));
            }
            if written > 0 {
                return Ok(written);
            }
            if !self.has_ended && read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests;
