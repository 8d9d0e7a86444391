//! What the kernel says of a process.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// Ticks of `/proc/PID/stat` per second: `USER_HZ`, which is 100 wherever Linux runs today.
const TICKS_PER_SECOND: u64 = 100;

/// The fields behind the process's name in `/proc/PID/stat`, counted from 0.
const STATE: usize = 0;
const UTIME: usize = 11;
const STIME: usize = 12;

/// A process as it stands in `/proc`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Process(u32);

impl Process {
    pub(crate) fn new(pid: u32) -> Self {
        Self(pid)
    }

    /// CPU time of all its threads so far, user and system. Readable until the process is waited for.
    pub(crate) fn cpu(self) -> Result<Duration> {
        let fields = self.stat()?;
        let ticks = |at: usize| -> Result<u64> {
            let field = fields
                .get(at)
                .context("a field of /proc/PID/stat is missing")?;
            Ok(field.parse()?)
        };
        let ticks = ticks(UTIME)? + ticks(STIME)?;
        Ok(Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND))
    }

    /// Whether it has ended and waits to be waited for.
    pub(crate) fn has_ended(self) -> Result<bool> {
        Ok(self.stat()?.get(STATE).is_some_and(|state| state == "Z"))
    }

    /// The most memory it ever had resident, in bytes. `None` once it has ended.
    pub(crate) fn peak_resident(self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0)).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kilobytes * 1024)
    }

    fn stat(self) -> Result<Vec<String>> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0))?;
        // The name stands in parentheses and may itself hold blanks and parentheses.
        let (_, fields) = stat.rsplit_once(')').context("not /proc/PID/stat")?;
        Ok(fields.split_whitespace().map(str::to_owned).collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn this_process_uses_something() {
        let this = Process::new(std::process::id());
        let before = this.cpu().unwrap();
        while this.cpu().unwrap() == before {}
        assert!(this.peak_resident().unwrap() > 100_000);
        assert!(!this.has_ended().unwrap());
    }
}
