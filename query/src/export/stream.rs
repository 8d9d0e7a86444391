//! The pieces of an export, as they are made.

use std::fmt;

use clearspan_storage::scan::MissingSegment;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::ExportPiece;
use crate::QueryError;

/// An export that runs. It makes a piece or two ahead and then waits; it stops when this is dropped.
pub struct Export {
    missing: Vec<MissingSegment>,
    pieces: mpsc::Receiver<Result<ExportPiece, QueryError>>,
    /// `None` once its end has been told.
    making: Option<JoinHandle<()>>,
}

impl fmt::Debug for Export {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Export")
            .field("missing", &self.missing)
            .finish_non_exhaustive()
    }
}

impl Export {
    pub(crate) fn new(
        missing: Vec<MissingSegment>,
        pieces: mpsc::Receiver<Result<ExportPiece, QueryError>>,
        making: JoinHandle<()>,
    ) -> Self {
        Export {
            missing,
            pieces,
            making: Some(making),
        }
    }

    /// Segments that are known to be unreadable and may hold rows of it. Not empty: the export is partial
    /// from the start. Those that turn out to be damaged later end it with an error.
    pub fn missing(&self) -> &[MissingSegment] {
        &self.missing
    }

    /// The next piece; `None` when that before was the last and nothing is missing. After an error nothing follows.
    pub async fn next(&mut self) -> Option<Result<ExportPiece, QueryError>> {
        match self.pieces.recv().await {
            Some(Ok(piece)) => Some(Ok(piece)),
            Some(Err(error)) => {
                self.making = None;
                Some(Err(error))
            }
            None => self.ended().await,
        }
    }

    /// Work that ended by itself has said so. A panic, or the end of the runtime, must not look like the end of the data.
    async fn ended(&mut self) -> Option<Result<ExportPiece, QueryError>> {
        let ended = self.making.take()?.await;
        let error = ended.err()?;
        tracing::error!(%error, "an export broke off");
        Some(Err(QueryError::Internal(error.to_string())))
    }
}

impl Drop for Export {
    fn drop(&mut self) {
        if let Some(making) = &self.making {
            making.abort();
        }
    }
}
