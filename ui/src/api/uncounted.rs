//! Requests that were answered without saying how many match. Who sends the same again is told.
//!
//! The pages do not go this way: they show their rows and ask for the count behind them.

use std::collections::VecDeque;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use clearspan_query::QueryError;
use parking_lot::Mutex;

use crate::limits::UNCOUNTED_REMEMBERED;

/// The last of these requests.
#[derive(Debug, Default)]
pub(crate) struct Uncounted(Mutex<VecDeque<Asked>>);

/// A request, by a hash of all that it asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked(u64);

impl Asked {
    fn of(asked: &impl fmt::Debug) -> Self {
        let mut hasher = DefaultHasher::new();
        format!("{asked:?}").hash(&mut hasher);
        Asked(hasher.finish())
    }
}

impl Uncounted {
    /// Asks with the count where the request was answered without one before, else as it is. That the count takes too long, or too much, is no reason to
    /// withhold the rows: they were there before.
    pub(crate) async fn ask<Request, Answer, Answering>(
        &self,
        request: Request,
        counting: impl Fn(&mut Request),
        answer: impl Fn(Request) -> Answering,
        matched: impl Fn(&Answer) -> Option<u64>,
    ) -> Result<Answer, QueryError>
    where
        Request: Clone + fmt::Debug,
        Answering: Future<Output = Result<Answer, QueryError>>,
    {
        let asked = Asked::of(&request);
        if self.knows(asked) {
            let mut counted = request.clone();
            counting(&mut counted);
            match answer(counted).await {
                Err(QueryError::TimeLimit { .. } | QueryError::MemoryLimit { .. }) => {}
                other => return other,
            }
        }
        let answer = answer(request).await?;
        self.answered(asked, matched(&answer));
        Ok(answer)
    }

    /// Whether the last answer to it did not say how many match.
    fn knows(&self, request: Asked) -> bool {
        self.0.lock().contains(&request)
    }

    /// It was answered, with `matched`.
    fn answered(&self, request: Asked, matched: Option<u64>) {
        let mut known = self.0.lock();
        if matched.is_some() || known.contains(&request) {
            return;
        }
        if known.len() >= UNCOUNTED_REMEMBERED {
            known.pop_front();
        }
        known.push_back(request);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_requests_are_known_again() {
        let uncounted = Uncounted::default();
        let [a, b] = ["a", "b"].map(|name| Asked::of(&name));
        assert!(!uncounted.knows(a));
        uncounted.answered(a, Some(1));
        assert!(!uncounted.knows(a), "it was told");
        uncounted.answered(a, None);
        uncounted.answered(a, None);
        assert!(uncounted.knows(a) && !uncounted.knows(b));
        for other in 1..UNCOUNTED_REMEMBERED {
            uncounted.answered(Asked::of(&other), None);
        }
        assert!(uncounted.knows(a));
        uncounted.answered(b, None);
        assert!(!uncounted.knows(a) && uncounted.knows(b) && uncounted.knows(Asked::of(&1)));
    }

    #[test]
    fn who_asks_again_gets_the_rows_though_the_count_takes_too_long() {
        let uncounted = Uncounted::default();
        let ask = |counted: fn() -> Result<Option<u64>, QueryError>| {
            futures::executor::block_on(uncounted.ask(
                false,
                |counts| *counts = true,
                |counts| async move {
                    match counts {
                        true => counted(),
                        false => Ok(None),
                    }
                },
                |matched| *matched,
            ))
        };
        let too_long = || Err(QueryError::TimeLimit { limit_ms: 1 });
        assert!(matches!(ask(too_long), Ok(None)), "not counted at first");
        assert!(matches!(ask(too_long), Ok(None)));
        assert!(matches!(ask(|| Ok(Some(7))), Ok(Some(7))));
        let refused = ask(|| Err(QueryError::BadCursor));
        assert!(matches!(refused, Err(QueryError::BadCursor)));
    }
}
