//! Reading on after an early refusal.
//!
//! Many HTTP/1 clients send their whole body before they look for an answer. Were the connection closed
//! under them, they would see it broken instead of the refusal, and send the same again, for ever. So
//! the rest of a refused body is read and thrown away, within bounds, while the answer is already on
//! its way. HTTP/2 can reset a single stream and needs none of this.

use axum::body::Body;
use http::header::EXPECT;
use http::request::Parts;
use http_body::Body as _;
use http_body_util::BodyExt;
use tokio::time::timeout;

use crate::{Config, limits};

/// Takes care of what is left of `body`, which may be nothing.
pub(super) fn read_on(head: &Parts, body: Body, config: &Config) {
    // Whoever waits for `100 Continue` has not begun, and to read would tell it to.
    let waits = head.headers.contains_key(EXPECT);
    if head.version >= http::Version::HTTP_2 || body.is_end_stream() || waits {
        return;
    }
    let bytes_max = config
        .max_request_bytes
        .saturating_mul(limits::LINGER_REQUESTS);
    // One for each connection at most, and bounded in time and bytes.
    tokio::spawn(timeout(limits::LINGER_TIME, throw_away(body, bytes_max)));
}

async fn throw_away(mut body: Body, bytes_max: u64) {
    let mut bytes = 0;
    while let Some(Ok(frame)) = body.frame().await {
        bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
        if bytes > bytes_max {
            return;
        }
    }
}
