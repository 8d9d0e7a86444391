//! How much there is to look at, before it is looked at.

use clearspan_storage::scan::{Predicate, ScanStats, TimeRange};

use crate::engine::Session;
use crate::exec::Pace;
use crate::language::{Query, prune};

/// Whether the rows that may match `query` are so few that all of them are looked at in a moment. Indexes are asked for that, but no segment
/// is opened to find that nothing rules its rows out.
pub(crate) async fn is_short(session: &Session, query: &Query, range: TimeRange) -> bool {
    let predicate = prune::predicate(query);
    let mut rows = 0;
    let mut pace = Pace::new();
    for part in session.snapshot.parts() {
        let (first, last) = part.time_range();
        if !range.overlaps(first, last) {
            continue;
        }
        rows += match &predicate {
            Predicate::All => u64::from(part.rows()),
            // What cannot be read, the scan finds too, and says so.
            some => part
                .select(some, range, &mut ScanStats::default())
                .map_or(0, |selection| selection.rows()),
        };
        if rows > session.count_rows_max {
            return false;
        }
        pace.step().await;
    }
    true
}
