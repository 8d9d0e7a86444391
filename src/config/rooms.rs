//! From settings to the `Config` of each room.

use std::time::Duration;

use clearspan_storage::{FsyncMode, Retention};
use clearspan_ui::AllowedHosts;

use super::settings::{Fsync, Settings};

impl Settings {
    /// Storage's settings.
    pub(crate) fn storage_config(&self) -> clearspan_storage::Config {
        let settings = &self.storage;
        clearspan_storage::Config {
            flush_bytes: settings.flush_bytes,
            flush_interval_ms: settings.flush_interval_ms,
            fsync: match settings.fsync {
                Fsync::Always => FsyncMode::Always,
                Fsync::Interval => {
                    FsyncMode::Interval(Duration::from_millis(settings.fsync_interval_ms))
                }
                Fsync::Never => FsyncMode::Never,
            },
            logs_retention: kept(self.retention.logs_hours, self.retention.logs_bytes),
            spans_retention: kept(self.retention.spans_hours, self.retention.spans_bytes),
            memory_bytes: self.memory.total_bytes,
            ..clearspan_storage::Config::new(self.server.data_dir.clone())
        }
    }

    /// The collector's settings.
    pub(crate) fn collector_config(&self) -> clearspan_collector::Config {
        let settings = &self.collector;
        clearspan_collector::Config {
            max_in_flight_bytes: settings.max_in_flight_bytes,
            cors_allowed_origins: settings.cors_allowed_origins.clone(),
            max_connection_age: Duration::from_millis(settings.max_connection_age_ms),
            drain_time: Duration::from_millis(self.server.drain_timeout_ms),
            ..clearspan_collector::Config::new(settings.max_request_bytes)
        }
    }

    /// The API's settings.
    pub(crate) fn ui_config(&self) -> clearspan_ui::Config {
        let names = &self.server.allowed_hosts;
        let hosts = if names.iter().any(|name| name == "*") {
            AllowedHosts::Any
        } else {
            AllowedHosts::Named(names.clone())
        };
        clearspan_ui::Config { hosts }
    }

    /// Query's settings.
    pub(crate) fn query_config(&self) -> clearspan_query::Config {
        clearspan_query::Config {
            time_limit: Duration::from_millis(self.query.time_limit_ms),
            concurrent_max: self.query.concurrent_max,
            memory_bytes: self.query.memory_bytes,
            count_rows_max: self.query.count_rows_max,
            sql_rows_max: self.query.sql_rows_max,
            sql_time_limit: Duration::from_millis(self.query.sql_time_limit_ms),
            ..clearspan_query::Config::default()
        }
    }
}

/// 0 is no limit. More hours than nanoseconds can count are as good as none.
fn kept(hours: u64, bytes: u64) -> Retention {
    let hour_ns = 3_600_000_000_000;
    let age_ns = i64::try_from(hours).ok();
    let age_ns = age_ns.and_then(|hours| hours.checked_mul(hour_ns));
    Retention {
        age_ns: age_ns.filter(|age| *age > 0),
        bytes: (bytes > 0).then_some(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_keeps_for_good() {
        assert_eq!(kept(0, 0), Retention::default());
        let day_ns = 24 * 3_600_000_000_000;
        assert_eq!(kept(24, 0).age_ns, Some(day_ns));
        assert_eq!(kept(u64::MAX, 7).age_ns, None);
        assert_eq!(kept(0, 7).bytes, Some(7));
    }
}
