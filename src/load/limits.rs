//! Every limit of the load driver that no flag sets, each with its reason.

use std::time::Duration;

/// Records of one run. What was acknowledged is noted with two bits each, so this many take 250 MB.
pub(super) const RECORDS_MAX: u64 = 1_000_000_000;

/// Requests of one run. Each is noted with 32 bytes until the end.
pub(super) const REQUESTS_MAX: u64 = 20_000_000;

/// Records that are generated before the run; then they are sent again as new ones. So many take some seconds to make, and
/// hold every kind of line that the shop writes many times.
pub(super) const MATERIAL_RECORDS_MAX: u64 = 100_000;

/// Bytes of encoded requests that are held to be sent over and over. What files have beyond them is not replayed.
pub(super) const MATERIAL_BYTES_MAX: usize = 256 << 20;

/// Requests that are made ahead of their time: enough to bridge what holds up the thread that makes them.
pub(super) const AHEAD_MAX: usize = 64;

/// Bytes of requests that are not answered yet, beside the number that `--backlog` sets.
pub(super) const BACKLOG_BYTES_MAX: usize = 512 << 20;

/// From the first request made to the first one due: the connections' threads have started by then.
pub(super) const LEAD: Duration = Duration::from_millis(200);

/// A driver that is this far behind when the run is over leaves out the rest: it is the machine that is too slow.
pub(super) const OVERTIME_MAX: Duration = Duration::from_secs(5);

/// How often a line says how it goes.
pub(super) const PROGRESS_EVERY: Duration = Duration::from_secs(5);

/// So many refusals and failures are told word for word; the rest are counted.
pub(super) const COMPLAINTS_MAX: u64 = 5;

/// Acknowledged records are searchable within a tenth of a second. When the count has not grown for so long, what is not
/// there is missing.
pub(super) const VERIFY_PATIENCE: Duration = Duration::from_secs(10);

/// Between two counts while records are still missing.
pub(super) const VERIFY_EVERY: Duration = Duration::from_millis(200);

/// A line of an export is an export request of about 1 MiB; a longer one is none.
pub(super) const EXPORT_LINE_BYTES_MAX: usize = 64 << 20;

/// Latencies are kept with so many significant digits, up to this many microseconds: beyond any time after which a request
/// is given up.
pub(super) const LATENCY_DIGITS: u8 = 3;
pub(super) const LATENCY_US_MAX: u64 = 24 * 3_600 * 1_000_000;
