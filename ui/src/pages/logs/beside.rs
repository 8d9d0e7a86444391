//! Questions that are asked beside the one that a page waits for.
//!
//! The rows are what a reader came for. Whatever else stands on the page is asked at the same time; what is answered shortly after
//! the rows stands on the page, the rest is asked again by the page itself, or by a link where no script runs.

use std::time::Duration;

use clearspan_query::QueryError;
use tokio::task::JoinHandle;

use crate::error::ApiError;

/// How long a page waits after its rows for what is asked beside them.
pub(super) const GRACE: Duration = Duration::from_millis(120);

/// A question under way. It stops when this is dropped.
#[derive(Debug)]
pub(super) struct Beside<T>(JoinHandle<Result<T, QueryError>>);

impl<T: Send + 'static> Beside<T> {
    pub(super) fn ask(
        question: impl Future<Output = Result<T, QueryError>> + Send + 'static,
    ) -> Self {
        Beside(tokio::spawn(question))
    }

    /// The answer, if it comes in time.
    pub(super) async fn soon(mut self, grace: Duration) -> Option<Result<T, ApiError>> {
        let answer = tokio::time::timeout(grace, &mut self.0).await.ok()?;
        Some(
            answer
                .map_err(|_| ApiError::Internal)
                .and_then(|answer| Ok(answer?)),
        )
    }

    /// The answer, however long it takes.
    pub(super) async fn whole(mut self) -> Result<T, ApiError> {
        (&mut self.0)
            .await
            .map_err(|_| ApiError::Internal)?
            .map_err(ApiError::from)
    }
}

impl<T> Drop for Beside<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Something that is there, or is asked for later.
#[derive(Debug)]
pub(super) enum Soon<T> {
    Here(T),
    Later,
    /// It cannot be answered, and why.
    Refused(String),
}

impl<T> Soon<T> {
    pub(super) fn of(answer: Option<Result<T, ApiError>>) -> Self {
        match answer {
            None => Soon::Later,
            Some(Ok(answer)) => Soon::Here(answer),
            Some(Err(error)) => Soon::Refused(error.message()),
        }
    }

    pub(super) fn map<U>(self, to: impl FnOnce(T) -> U) -> Soon<U> {
        match self {
            Soon::Here(answer) => Soon::Here(to(answer)),
            Soon::Later => Soon::Later,
            Soon::Refused(why) => Soon::Refused(why),
        }
    }

    pub(super) fn here(&self) -> Option<&T> {
        match self {
            Soon::Here(answer) => Some(answer),
            Soon::Later | Soon::Refused(_) => None,
        }
    }
}
