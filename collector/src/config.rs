//! Settings of the collector, as values.

use std::time::Duration;

use clearspan_storage::memory::{Account, MemoryBudget, Purpose};

use crate::limits;

/// What a person may set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Bytes of one request, counted after decompression.
    pub max_request_bytes: u64,
    /// Bytes that all requests in flight may hold together, where the memory budget has them.
    pub max_in_flight_bytes: u64,
    /// Requests that are decoded or wait for their commit at once.
    pub max_in_flight_requests: usize,
    /// How long a request's body may take to arrive.
    pub body_time: Duration,
    /// Origins whose pages may send OTLP/HTTP from a browser; `*` is any. None: CORS is off.
    pub cors_allowed_origins: Vec<String>,
    /// A connection of this age is closed politely.
    pub max_connection_age: Duration,
    /// After the shutdown has begun, requests in flight get this long.
    pub drain_time: Duration,
}

impl Config {
    /// The defaults, for requests of up to `max_request_bytes`. The budget for requests in flight grows with it.
    pub fn new(max_request_bytes: u64) -> Self {
        let least = copies(max_request_bytes);
        Self {
            max_request_bytes,
            max_in_flight_bytes: limits::IN_FLIGHT_BYTES.max(least),
            max_in_flight_requests: limits::IN_FLIGHT_REQUESTS,
            body_time: limits::BODY_TIME,
            cors_allowed_origins: Vec::new(),
            max_connection_age: limits::CONNECTION_AGE,
            drain_time: limits::DRAIN_TIME,
        }
    }

    /// Bytes that requests can always have, whatever else needs memory: one of full size, with its copies.
    pub fn guaranteed_bytes(&self) -> u64 {
        copies(self.max_request_bytes)
    }

    /// The account of all requests.
    pub(crate) fn account(&self, memory: &MemoryBudget) -> Result<Account, String> {
        let bytes = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        let (guaranteed, max) = (
            bytes(self.guaranteed_bytes()),
            bytes(self.max_in_flight_bytes),
        );
        let account = memory.account(Purpose::Requests, guaranteed, max);
        account.map_err(|_| {
            format!("the memory budget has no room for {guaranteed} bytes, three times max_request_bytes")
        })
    }

    /// What is wrong with the settings, if anything, as one sentence.
    pub fn validate(&self) -> Result<(), String> {
        let max = limits::REQUEST_BYTES_MAX;
        if self.max_request_bytes == 0 || self.max_request_bytes > max {
            let is = self.max_request_bytes;
            return Err(format!("max_request_bytes is {is}, must be 1 to {max}"));
        }
        let least = self.guaranteed_bytes();
        if self.max_in_flight_bytes < least {
            let is = self.max_in_flight_bytes;
            return Err(format!(
                "max_in_flight_bytes is {is}, must be at least {least}, three times max_request_bytes"
            ));
        }
        if self.max_in_flight_requests == 0 {
            return Err("max_in_flight_requests is 0, must be at least 1".to_owned());
        }
        if self.body_time.is_zero() || self.max_connection_age.is_zero() {
            return Err("body_time and max_connection_age must not be 0".to_owned());
        }
        self.cors_allowed_origins
            .iter()
            .try_for_each(|origin| check_origin(origin))
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new(limits::REQUEST_BYTES)
    }
}

fn copies(request_bytes: u64) -> u64 {
    request_bytes.saturating_mul(limits::COPIES_OF_A_REQUEST)
}

/// A browser sends `scheme://host` or `scheme://host:port`; an entry of another shape would never match.
fn check_origin(origin: &str) -> Result<(), String> {
    let is_origin = || {
        let (scheme, host) = origin.split_once("://")?;
        let is_host = |c: char| c.is_ascii_graphic() && !matches!(c, '/' | '*' | '?' | '#');
        let scheme_is_good =
            !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric());
        (scheme_is_good && !host.is_empty() && host.chars().all(is_host)).then_some(())
    };
    if origin == "*" || is_origin().is_some() {
        return Ok(());
    }
    Err(format!(
        "cors_allowed_origins holds {origin:?}, must be like https://example.com:8080 or *"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_request_needs_a_larger_budget() {
        assert_eq!(Config::default().validate(), Ok(()));
        assert_eq!(Config::new(1 << 30).validate(), Ok(()));
        assert!(Config::new(0).validate().is_err());
        assert!(Config::new((1 << 30) + 1).validate().is_err());
        let tight = Config {
            max_in_flight_bytes: 299,
            ..Config::new(100)
        };
        assert!(tight.validate().is_err());
    }

    #[test]
    fn an_origin_that_no_browser_sends_is_refused() {
        let check = |origin: &str| {
            let cors_allowed_origins = vec![origin.to_owned()];
            Config {
                cors_allowed_origins,
                ..Config::default()
            }
            .validate()
            .is_ok()
        };
        for good in [
            "*",
            "https://example.com",
            "http://localhost:4320",
            "http://[::1]:80",
        ] {
            assert!(check(good), "{good}");
        }
        for bad in [
            "",
            "example.com",
            "https://example.com/",
            "https://*.example.com",
            "://x",
            "a b://x",
        ] {
            assert!(!check(bad), "{bad}");
        }
    }
}
