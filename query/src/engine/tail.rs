//! Tails: settled as a question is answered, then followed for as long as somebody reads.

use std::ops::Range;
use std::sync::Arc;

use clearspan_schema::Signal;
use clearspan_storage::TenantId;

use super::QueryEngine;
use crate::QueryError;
use crate::language::{Matcher, Query};
use crate::limits::{TAIL_RATE_MAX, TAILS_MAX, check_within};
use crate::tail::{Backlog, Outlet, Positions, Tail, TailRequest, follow};

impl QueryEngine {
    /// Logs that match, as they are committed. They are held against the query on the threads of scans.
    pub async fn tail_logs(
        &self,
        tenant: &TenantId,
        request: TailRequest,
    ) -> Result<Tail, QueryError> {
        check_within("rate", request.rate, TAIL_RATE_MAX)?;
        let place = Arc::clone(&self.0.tails).try_acquire_owned();
        let place = place.map_err(|_| QueryError::TooManyTails { max: TAILS_MAX })?;
        let query = self.read_query(request.query.clone()).await?;
        let subscription = self.0.storage.subscribe(tenant, Signal::Logs)?;
        let start = subscription.start_seq();
        let positions = Positions::of(self.0.storage.id());
        let after = match &request.after {
            Some(text) => Some(positions.parse(text)?),
            None => None,
        };
        // A position that this store has not come to yet was lost with the power, or the folder is an older copy.
        if after.is_some_and(|after| after > start) {
            return Err(QueryError::BadCursor);
        }
        let (mut outlet, events) = Outlet::new(
            &request,
            after.unwrap_or(start),
            positions,
            self.0.plans.clone(),
            Arc::clone(&self.0.clock),
        );
        let (engine, tenant) = (self.clone(), tenant.clone());
        let following = self.0.scans.runtime.spawn(async move {
            let _place = place;
            outlet.beat();
            // Who follows has no need of the store, and does not keep it open.
            match after.filter(|after| *after < start) {
                Some(after) => {
                    engine
                        .catch_up(&tenant, &query, after..start, &mut outlet)
                        .await;
                }
                None => drop(engine),
            }
            follow(subscription, Matcher::new(&query), outlet).await;
        });
        Ok(Tail::new(events, following))
    }

    /// Tails that are open.
    pub fn tails(&self) -> usize {
        TAILS_MAX.saturating_sub(self.0.tails.available_permits())
    }

    /// A query may have many regular expressions, which are compiled where questions are worked on.
    async fn read_query(&self, text: String) -> Result<Query, QueryError> {
        let limit = self.0.config.time_limit;
        self.take_turn("logs_tail", &self.0.needles, limit, |_turn| async move {
            Ok(Query::parse(&text, Signal::Logs)?)
        })
        .await
    }

    /// What was committed since a position, first. Where that cannot be found, nobody has looked at it.
    async fn catch_up(
        self,
        tenant: &TenantId,
        query: &Query,
        seqs: Range<u64>,
        outlet: &mut Outlet,
    ) {
        let (wanted, of) = (query.clone(), seqs.clone());
        let backlog = self.ask(
            &self.0.scans,
            "logs_tail_backlog",
            tenant,
            Signal::Logs,
            |session| Backlog::find(session, wanted, of),
        );
        match backlog.await {
            // A client that has gone is found again at once.
            Ok(backlog) => {
                let _given_or_gone = backlog.hand_over(outlet).await;
            }
            Err(error) => {
                tracing::warn!(%error, "a tail goes on without what it has missed");
                outlet.give_up(seqs);
            }
        }
    }
}
