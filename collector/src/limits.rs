//! Every limit of this room, each with its reason. What can be set has its default here.
//!
//! Limits that hyper and h2 keep by themselves and that fit us: 100 headers in an HTTP/1 request, and in HTTP/2
//! 1 MiB of flow-control window for a stream and for a connection, and frames of 16 KiB.

use std::time::Duration;

/// Bytes of one request, counted after decompression; a compressed body may not be longer either. What the
/// OpenTelemetry Collector sends in a batch is far smaller; a client that is misconfigured is told so.
pub(crate) const REQUEST_BYTES: u64 = 64 << 20;

/// The largest `max_request_bytes` that can be set. A column of a batch addresses its bytes with 31 bits.
pub(crate) const REQUEST_BYTES_MAX: u64 = 1 << 30;

/// Bytes that all requests in flight may hold together: bodies, what they inflate to, decoded rows.
pub(crate) const IN_FLIGHT_BYTES: u64 = 256 << 20;

/// How often the bytes of one request may be held at once: as sent, inflated, and as rows. A budget of less
/// than this many requests of full size would refuse one for ever.
pub(crate) const COPIES_OF_A_REQUEST: u64 = 3;

/// Requests that may be decoded or wait for their commit at once. Each commit answers all that wait, so
/// this bounds memory and the length of the queue for the decoders, not the throughput.
pub(crate) const IN_FLIGHT_REQUESTS: usize = 1024;

/// How long a body may take to arrive. SDKs give up on an attempt after 10 s; whoever takes longer only holds
/// memory.
pub(crate) const BODY_TIME: Duration = Duration::from_secs(30);

/// How long a request waits for a thread that inflates and decodes. Together with the wait for the commit it must stay
/// under the 5 s after which an OpenTelemetry Collector gives up and sends everything again.
pub(crate) const DECODE_WAIT: Duration = Duration::from_secs(1);

/// An uncompressed body up to this length is decoded where it arrived: that takes well under a
/// millisecond, and less than handing it to a thread and back. Whatever is longer, or compressed, goes to a thread.
pub(crate) const INLINE_BYTES: usize = 16 << 10;

/// The window a zstd frame may ask for, as a power of two: 8 MiB, what RFC 9659 grants every sender.
pub(crate) const ZSTD_WINDOW_LOG: u32 = 23;

/// Bytes inflated at a stretch, before the limits are looked at again.
pub(crate) const INFLATE_STEP: usize = 32 << 10;

/// Bytes up to which what is inflated grows by doubling: most requests end below.
pub(crate) const INFLATE_GROWTH_MAX: usize = 128 << 10;

/// Bytes for which there is room before the first of them is read, where a sender announces them: as large as senders make their requests. What is
/// announced beyond must first come.
pub(crate) const ANNOUNCED_BYTES_MAX: usize = 1 << 20;

/// When a refused sender is asked to come back, where storage does not say.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(1);

/// When to come back after a shutdown: a restart takes about as long.
pub(crate) const RETRY_AFTER_SHUTDOWN: Duration = Duration::from_secs(5);

/// Open connections of one port. Idle ones cost a few kilobytes each; the next ones wait in the kernel.
pub(crate) const CONNECTIONS: usize = 16_384;

/// How long a new connection may say nothing.
pub(crate) const FIRST_BYTE_TIME: Duration = Duration::from_secs(30);

/// How long an HTTP/1 connection may take to send the head of its next request, idle time included. Longer
/// than the 90 s after which Go's client closes an idle connection itself: closed from our side, the
/// next request may already be under way.
pub(crate) const HEAD_TIME: Duration = Duration::from_secs(100);

/// Bytes of the buffer of an HTTP/1 connection, and so of a request's head. hyper's own default of 400 KiB would let
/// idle connections hold gigabytes.
pub(crate) const HEAD_BYTES: usize = 64 << 10;

/// Age at which a connection is closed politely (HTTP/2: GOAWAY), so that a load balancer can spread
/// its clients.
pub(crate) const CONNECTION_AGE: Duration = Duration::from_secs(600);

/// What the requests of a connection that is too old still get. More than [`BODY_TIME`] and the longest
/// wait together.
pub(crate) const OLD_CONNECTION_TIME: Duration = Duration::from_secs(60);

/// After the shutdown has begun, requests in flight get this long.
pub(crate) const DRAIN_TIME: Duration = Duration::from_secs(10);

/// How long the refusals of those that did not finish in that time may take to leave.
pub(crate) const LAST_WORDS_TIME: Duration = Duration::from_secs(1);

/// The pause after a failed `accept`: usually there are no more file descriptors, and asking at once would spin.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Requests at once on one HTTP/2 connection. A Collector keeps at most its queue's ten consumers busy.
pub(crate) const STREAMS: u32 = 128;

/// HTTP/2 streams that a client has reset before they were looked at; one more and the connection is closed. h2's own
/// default, and the defence against a flood of resets (CVE-2023-44487).
pub(crate) const PENDING_RESETS: usize = 20;

/// HTTP/2 streams that we had to reset for a client's errors; one more and the connection is closed. hyper's own
/// default, and the defence against resets that we are made to send (CVE-2025-8671).
pub(crate) const LOCAL_RESETS: usize = 1024;

/// Bytes of the headers of one HTTP/2 request. hyper's own default.
pub(crate) const HEADER_LIST_BYTES: u32 = 16 << 10;

/// How often a silent HTTP/2 connection is asked whether it is still there.
pub(crate) const PING_INTERVAL: Duration = Duration::from_secs(60);

/// How long the answer to that may take.
pub(crate) const PING_TIME: Duration = Duration::from_secs(20);

/// How many requests of full size are still read, and thrown away, after an HTTP/1 request has been
/// refused early. A client that sends its whole body before it reads would otherwise see a broken
/// connection instead of the refusal, and try again.
pub(crate) const LINGER_REQUESTS: u64 = 2;

/// How long that may take.
pub(crate) const LINGER_TIME: Duration = Duration::from_secs(10);

/// How long a browser may remember a preflight's answer. Chrome's own cap.
pub(crate) const PREFLIGHT_AGE_S: u32 = 7200;

/// Characters of a header's value that a refusal repeats.
pub(crate) const SHOWN_CHARS: usize = 64;

/// Characters of a refusal's message. In gRPC it is a header, and clients take 8 KiB of those.
pub(crate) const MESSAGE_CHARS: usize = 1024;
