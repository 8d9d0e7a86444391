//! Parts of the page that can be done without.

use clearspan_query::QueryError;

/// A part of the page that can be done without.
pub(super) struct Listed<T> {
    pub(super) rows: Vec<T>,
    pub(super) missing: usize,
    /// More than an answer can hold; then there are no rows.
    pub(super) are_too_many: bool,
}

/// Waits for an answer, of which `rows` takes the rows and the number of missing segments. One noisy service shall not take the page of another along.
pub(super) async fn listed<A, T>(
    answer: impl Future<Output = Result<A, QueryError>>,
    rows: impl FnOnce(A) -> (Vec<T>, usize),
) -> Result<Listed<T>, QueryError> {
    let (rows, missing) = match answer.await {
        Ok(answer) => rows(answer),
        Err(QueryError::MemoryLimit { .. }) => {
            return Ok(Listed {
                rows: Vec::new(),
                missing: 0,
                are_too_many: true,
            });
        }
        Err(error) => return Err(error),
    };
    Ok(Listed {
        rows,
        missing,
        are_too_many: false,
    })
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn asked(answer: Result<Vec<u8>, QueryError>) -> Result<Listed<u8>, QueryError> {
        let listed = listed(std::future::ready(answer), |rows| (rows, 1));
        listed
            .now_or_never()
            .unwrap_or(Err(QueryError::RangeReversed))
    }

    #[test]
    fn what_is_too_much_is_left_out_and_other_errors_are_told() {
        let some = asked(Ok(vec![1, 2]));
        assert!(
            some.is_ok_and(|some| some.rows == [1, 2] && some.missing == 1 && !some.are_too_many)
        );
        let unit = "edges";
        let many = asked(Err(QueryError::MemoryLimit { limit: 1, unit }));
        assert!(many.is_ok_and(|many| many.rows.is_empty() && many.are_too_many));
        assert!(asked(Err(QueryError::Internal("x".into()))).is_err());
    }
}
