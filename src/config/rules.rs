//! What a set of settings must satisfy as a whole.

use std::net::SocketAddr;

use tracing_subscriber::EnvFilter;

use super::error::ConfigError;
use super::settings::Settings;

/// The longest time for requests in flight at shutdown.
const DRAIN_TIMEOUT_MS_MAX: u64 = 20_000;

/// Memory that is left for questions and the cache when requests and memtables have all that is guaranteed to them: with less a page of the
/// log view finds no place.
const COMMON_BYTES_MIN: usize = 64 * 1024 * 1024;

/// Refuses what would surprise later.
pub(super) fn check(settings: &Settings) -> Result<(), ConfigError> {
    let server = &settings.server;
    let addresses = [
        ("server.otlp_grpc", server.otlp_grpc),
        ("server.otlp_http", server.otlp_http),
        ("server.http", server.http),
    ];
    if !server.allow_public {
        addresses
            .iter()
            .try_for_each(|(key, address)| check_private(key, *address))?;
    }
    check_distinct(&addresses)?;
    check_sizes(settings)?;
    check_rooms(settings)?;
    check_memory(settings)?;
    EnvFilter::try_new(&settings.log.level).map_err(|error| ConfigError::Refused {
        key: "log.level",
        reason: error.to_string(),
    })?;
    Ok(())
}

fn check_private(key: &'static str, address: SocketAddr) -> Result<(), ConfigError> {
    if address.ip().to_canonical().is_loopback() {
        return Ok(());
    }
    let reason = format!(
        "{address} can be reached from other machines, and there is neither authentication nor TLS yet; use a loopback \
         address behind a proxy that has both, or set server.allow_public = true to open it all the same"
    );
    Err(ConfigError::Refused { key, reason })
}

fn check_distinct(addresses: &[(&'static str, SocketAddr)]) -> Result<(), ConfigError> {
    for (index, (key, address)) in addresses.iter().enumerate() {
        let earlier = addresses[..index]
            .iter()
            .find(|(_, other)| other == address && address.port() != 0);
        if let Some((other, _)) = earlier {
            return Err(ConfigError::Refused {
                key,
                reason: format!("{address} is already the address of {other}"),
            });
        }
    }
    Ok(())
}

/// What is guaranteed must fit in the memory budget, and leave something for questions.
fn check_memory(settings: &Settings) -> Result<(), ConfigError> {
    let memtables = settings.storage_config().memtables_bytes();
    let requests = settings.collector_config().guaranteed_bytes();
    let requests = usize::try_from(requests).unwrap_or(usize::MAX);
    let least = memtables
        .saturating_add(requests)
        .saturating_add(COMMON_BYTES_MIN);
    let total = settings.memory.total_bytes;
    if total >= least {
        return Ok(());
    }
    let reason = format!(
        "is {total}, must be at least {least}: {memtables} for two memtables of storage.flush_bytes for each signal, {requests} for a request of \
         collector.max_request_bytes as sent, inflated and decoded, and {COMMON_BYTES_MIN} for questions and the cache"
    );
    Err(ConfigError::Refused {
        key: "memory.total_bytes",
        reason,
    })
}

/// What a room refuses for itself comes with its own words.
fn check_rooms(settings: &Settings) -> Result<(), ConfigError> {
    let refused = |key| move |reason| ConfigError::Refused { key, reason };
    settings
        .storage_config()
        .validate()
        .map_err(refused("storage"))?;
    settings
        .collector_config()
        .validate()
        .map_err(refused("collector"))?;
    settings.query_config().validate().map_err(refused("query"))
}

/// No size or time may be zero: each would stop its loop or let nothing through. Draining must leave time for the last
/// flush: whoever stops the process kills it after 30 s.
fn check_sizes(settings: &Settings) -> Result<(), ConfigError> {
    let sizes = [
        (
            "server.drain_timeout_ms",
            settings.server.drain_timeout_ms,
            DRAIN_TIMEOUT_MS_MAX,
        ),
        (
            "storage.fsync_interval_ms",
            settings.storage.fsync_interval_ms,
            u64::MAX,
        ),
        (
            "query.memory_bytes",
            settings.query.memory_bytes as u64,
            u64::MAX,
        ),
    ];
    for (key, size, max) in sizes {
        let reason = match size {
            0 => "must be above 0".to_owned(),
            size if size > max => format!("is {size}, must be at most {max}"),
            _ => continue,
        };
        return Err(ConfigError::Refused { key, reason });
    }
    Ok(())
}
