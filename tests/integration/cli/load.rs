//! `load` against the real server, which is then asked for every record, and against receivers that answer as a test says.

mod grpc;
mod refused;
mod stored;

use serde_json::Value;

use super::Clearspan;

/// A load with its report as JSON.
fn load(args: &[&str]) -> Clearspan {
    Clearspan::new(["load", "--output", "json"].iter().chain(args))
}

/// What a load reported, and how it exited.
struct Loaded {
    code: Option<i32>,
    report: Value,
    stderr: String,
}

impl Clearspan {
    fn loaded(self) -> Loaded {
        let finished = self.run();
        let report = serde_json::from_str(finished.last_line())
            .unwrap_or_else(|error| panic!("{error}: {}{}", finished.stdout, finished.stderr));
        Loaded {
            code: finished.code,
            report,
            stderr: finished.stderr,
        }
    }
}

impl Loaded {
    /// A count of records.
    fn records(&self, name: &str) -> u64 {
        self.report[name]["records"].as_u64().unwrap()
    }

    /// Every record that was offered has one fate.
    fn assert_adds_up(&self) {
        let fates = [
            "acknowledged",
            "rejected",
            "refused",
            "timed_out",
            "failed",
            "dropped",
        ];
        let sum: u64 = fates.iter().map(|fate| self.records(fate)).sum();
        assert_eq!(sum, self.records("offered"), "{}", self.report);
    }
}
