//! Settings of query, as values.

use std::time::Duration;

use crate::limits::{COUNT_ROWS_MAX, READ_ROWS_MAX};

/// What a person may set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Questions that may read everything and are worked on at once; the others wait.
    pub concurrent_max: usize,
    /// Questions of one lane that wait; beyond them a question is refused.
    pub waiting_max: usize,
    /// Partitions of one scan, each of which may use a core.
    pub scan_partitions: usize,
    /// How long a question may take, waiting included.
    pub time_limit: Duration,
    /// Bytes that all questions together may hold for sorting, joining and counting, where the memory budget has them.
    pub memory_bytes: usize,
    /// Rows that one answer to SQL may have.
    pub sql_rows_max: usize,
    /// How long a question in SQL may take, waiting included.
    pub sql_time_limit: Duration,
    /// A range of at most so many rows is read even where derived rows would answer: percentiles are then exact.
    pub read_rows_max: u64,
    /// Where a page's search may have to look at more rows than these to know how many match, it leaves the count out, unless that is asked for.
    pub count_rows_max: u64,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            concurrent_max: 8,
            waiting_max: 256,
            scan_partitions: std::thread::available_parallelism()
                .map_or(1, usize::from)
                .min(8),
            time_limit: Duration::from_secs(30),
            memory_bytes: 256 * 1024 * 1024,
            sql_rows_max: 10_000,
            sql_time_limit: Duration::from_secs(30),
            read_rows_max: READ_ROWS_MAX,
            count_rows_max: COUNT_ROWS_MAX,
        }
    }
}

impl Config {
    /// What is wrong with the settings, if anything, as one sentence.
    pub fn validate(&self) -> Result<(), String> {
        if self.concurrent_max == 0 {
            return Err("concurrent_max is 0, must be at least 1".into());
        }
        if self.scan_partitions == 0 {
            return Err("scan_partitions is 0, must be at least 1".into());
        }
        if self.time_limit.is_zero() {
            return Err("time_limit is 0, must be at least 1 ms".into());
        }
        if self.sql_rows_max == 0 {
            return Err("sql_rows_max is 0, must be at least 1".into());
        }
        if self.sql_time_limit.is_zero() {
            return Err("sql_time_limit is 0, must be at least 1 ms".into());
        }
        Ok(())
    }
}
