//! The calls that count, `/api/v1/logs/histogram`, `fields`, `values` and `facets`, against a plain scan over
//! random records whose keys repeat, hide each other, were renamed and look like something else, and whose
//! values look alike without being equal.
//!
//! | file | what it holds |
//! |---|---|
//! | `records.rs` | random records, and as OTLP |
//! | `oracle.rs` | what the documentation says of such a record, written down plainly |
//! | `values.rs` | fields and their values |
//! | `histogram.rs` | counts over time |
//! | `answers.rs` | limits, prefixes, mistakes, answers that are not whole |

mod answers;
mod histogram;
mod oracle;
mod records;
mod values;

use super::server::Server;
use records::Record;

/// Records in segments and in memory side by side.
async fn stored(seed: u64, count: usize) -> (Server, Vec<Record>) {
    let server = Server::start().await;
    let mut random = fastrand::Rng::with_seed(seed);
    let mut records: Vec<Record> = Vec::new();
    for part in 0..3 {
        for _ in 0..4 {
            let batch: Vec<Record> = (0..count / 12)
                .map(|row| Record::random(records.len() + row, &mut random))
                .collect();
            server.send_logs(&records::request(&batch));
            records.extend(batch);
        }
        if part < 2 {
            server.flush();
        }
    }
    (server, records)
}

/// As it stands in a URL.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

type Wanted = fn(&Record) -> bool;

/// Queries with the records that they find.
const QUERIES: [(&str, Wanted); 3] = [
    ("", |_| true),
    ("n:[20 TO 90]", |record| (20..=90).contains(&record.number)),
    ("n:7777", |_| false),
];
