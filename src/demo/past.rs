//! How much of the shop's past is to be sent. A data folder that was kept may have a part of it: the same seed would make the
//! same again, and while identical spans are stored once, repeated logs would stand twice.

use std::time::Duration;

use anyhow::Context;
use serde_json::Value;

use crate::client::{BaseUrl, Client};

/// The clocks of the shop's machines differ by less. A log that was sent may say it is older than it is by as much.
const CLOCKS_APART_NS: u64 = 20_000_000;

/// The moment from which the past is to be sent, in nanoseconds since 1970: as long ago as is wished, but not before the newest
/// log that the server has.
pub(crate) async fn begins_ns(api: &BaseUrl, now_ns: u64, wished: Duration) -> anyhow::Result<u64> {
    let answer = Client::new(1).get(&api.join("/api/v1/status")?).await?;
    let status: Value = serde_json::from_slice(&answer.body).context("no status")?;
    Ok(after(newest_log_ns(&status), now_ns, wished))
}

fn newest_log_ns(status: &Value) -> Option<u64> {
    status["logs"]["newest_ns"].as_str()?.parse().ok()
}

fn after(newest_ns: Option<u64>, now_ns: u64, wished: Duration) -> u64 {
    let wished_ns = u64::try_from(wished.as_nanos()).unwrap_or(u64::MAX);
    let told_ns = newest_ns.map_or(0, |newest_ns| newest_ns.saturating_add(CLOCKS_APART_NS));
    now_ns.saturating_sub(wished_ns).max(told_ns.min(now_ns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_not_sent_again() {
        const MS: u64 = 1_000_000;
        let wished = Duration::from_millis(300);
        let begins = |newest_ms: Option<u64>| {
            let newest_ns = newest_ms.map(|ms| ms * MS);
            after(newest_ns, 1_000 * MS, wished) / MS
        };
        assert_eq!(begins(None), 700);
        assert_eq!(begins(Some(500)), 700);
        assert_eq!(begins(Some(900)), 920);
        assert_eq!(begins(Some(2_000)), 1_000, "a record of the future");
    }

    #[test]
    fn the_newest_log_stands_in_the_status() {
        let status = serde_json::json!({"logs": {"newest_ns": "1700000000000000001"}});
        assert_eq!(newest_log_ns(&status), Some(1_700_000_000_000_000_001));
        let empty = serde_json::json!({"logs": {"newest_ns": null}});
        assert_eq!(newest_log_ns(&empty), None);
    }
}
