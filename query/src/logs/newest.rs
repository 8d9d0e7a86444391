//! A page of logs, from as few rows as will do.
//!
//! The page lies at one end of the range, so only that end is read: see [`Span`]. Where the matching rows are counted without reading them
//! (every record matches, and the parts' metadata count them; or a word or phrase stands somewhere, and templates do), the count says how wide the
//! window has to be. Where they are not, the first window is a guess, and the count of all that match stays unknown.

use std::sync::Arc;

use clearspan_storage::scan::{Snapshot, TimeRange};

use crate::QueryError;
use crate::engine::Session;
use crate::exec::{
    FoundRow, Plans, ScanTally, Span, TopRows, WIDEN, count, is_short, rows_of, top_rows,
};
use crate::language::{Matcher, Query};

/// How much wider the next window is when one held too little, and it is known how many rows match.
const WIDEN_COUNTED: i128 = 16;

/// The first rows of those that match, in order, and how many match: where it is known, `counted` or found in a moment.
pub(crate) async fn first_rows(
    session: &Session,
    query: &Query,
    range: TimeRange,
    wanted: TopRows,
    counted: bool,
) -> Result<(Vec<FoundRow>, ScanTally, Option<u64>), QueryError> {
    let Session {
        snapshot, plans, ..
    } = session;
    let matcher = Matcher::new(query);
    let (found, tally) = if matcher.is_counted() || matcher.is_all() {
        top_of_counted(plans, snapshot, query, range, wanted).await?
    } else if counted || is_short(session, query, range).await {
        top_rows(plans, snapshot, query, range, wanted).await?
    } else {
        return top_uncounted(session, query, range, wanted).await;
    };
    let matched = tally.matched;
    Ok((found, tally, Some(matched)))
}

/// As [`top_rows`], with a query whose rows [`count`] knows without looking at each.
async fn top_of_counted(
    plans: &Plans,
    snapshot: &Arc<Snapshot>,
    query: &Query,
    range: TimeRange,
    wanted: TopRows,
) -> Result<(Vec<FoundRow>, ScanTally), QueryError> {
    let mut tally = count(plans, snapshot, query, range).await?;
    let span = span(snapshot, range, wanted).filter(|_| tally.matched > 0);
    let Some(span) = span else {
        return Ok((Vec::new(), tally));
    };
    let rows_per_match = rows_of(snapshot, range) / tally.matched as f64;
    let enough = wanted.fetch as f64 * rows_per_match.max(1.0);
    let mut width = span.first_width(snapshot, enough);
    loop {
        let window = span.window(width);
        let (found, read) =
            top_rows(plans, snapshot, query, window.unwrap_or(range), wanted).await?;
        tally.add_pass(read);
        if found.len() == wanted.fetch || window.is_none() {
            return Ok((found, tally));
        }
        width = width.saturating_mul(WIDEN_COUNTED);
    }
}

/// As [`top_rows`], without counting what lies beyond the page, unless that was looked at anyway: then the third is how many match.
pub(crate) async fn top_uncounted(
    session: &Session,
    query: &Query,
    range: TimeRange,
    wanted: TopRows,
) -> Result<(Vec<FoundRow>, ScanTally, Option<u64>), QueryError> {
    let Session {
        snapshot, plans, ..
    } = session;
    let mut tally = ScanTally::default();
    let span = span(snapshot, range, wanted);
    let mut width = span.map(|span| span.first_width(snapshot, wanted.fetch as f64));
    loop {
        let window = span
            .zip(width)
            .and_then(|(span, width)| span.small_window(width, snapshot, range));
        let (found, read) =
            top_rows(plans, snapshot, query, window.unwrap_or(range), wanted).await?;
        let matched = window.is_none().then_some(read.matched);
        tally.add_pass(read);
        if found.len() == wanted.fetch || matched.is_some() {
            return Ok((found, tally, matched));
        }
        width = width.map(|width| width.saturating_mul(WIDEN));
    }
}

fn span(snapshot: &Snapshot, range: TimeRange, wanted: TopRows) -> Option<Span> {
    let after = wanted.after.map(|key| key.placed_time);
    Span::of(snapshot, range, wanted.order, after)
}
