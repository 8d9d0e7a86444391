//! Why a question gets no answer.

use clearspan_schema::ids::hex;
use clearspan_schema::{SchemaError, TraceId};
use clearspan_storage::UnknownTenant;
use clearspan_storage::scan::MissingSegment;

use crate::LogId;
use crate::language::LanguageError;
use crate::sql::{SqlError, SqlParamError};

/// A question cannot be answered. Each kind tells the caller what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The query cannot be read: change it.
    #[error(transparent)]
    BadQuery(#[from] LanguageError),
    /// The SQL is refused: change it.
    #[error(transparent)]
    BadSql(#[from] SqlError),
    /// The parameters do not fit the SQL: change them.
    #[error(transparent)]
    SqlParam(#[from] SqlParamError),
    /// The answer would have more rows than one may have: ask for fewer.
    #[error("the answer has more than {limit} rows")]
    RowLimit {
        /// The limit.
        limit: usize,
    },
    /// The cursor is broken, or belongs to another question: start again without one.
    #[error("the cursor is broken or belongs to another request")]
    BadCursor,
    /// A limit is outside of what is allowed.
    #[error("{what} is {limit}, must be between 1 and {max}")]
    LimitOutOfRange {
        /// What is limited.
        what: &'static str,
        /// As asked.
        limit: usize,
        /// The largest that is allowed.
        max: usize,
    },
    /// The range ends before it starts.
    #[error("the range ends before it starts")]
    RangeReversed,
    /// The answer was not found in time: narrow the question.
    #[error("stopped after {limit_ms} ms")]
    TimeLimit {
        /// The limit, in milliseconds.
        limit_ms: u64,
    },
    /// The answer needs more memory than a question may use: narrow the question.
    #[error("needs more than {limit} {unit}")]
    MemoryLimit {
        /// The limit.
        limit: u64,
        /// What it counts.
        unit: &'static str,
    },
    /// Too many questions wait already: ask again later.
    #[error("{waiting} questions are waiting already")]
    Overloaded {
        /// How many wait.
        waiting: usize,
    },
    /// Too many exports run already: ask again when one has ended.
    #[error("{max} exports are running already")]
    TooManyExports {
        /// How many may run.
        max: usize,
    },
    /// Too many tails are open already: ask again when one has ended.
    #[error("{max} tails are open already")]
    TooManyTails {
        /// How many may be open.
        max: usize,
    },
    /// An export is not whole: it gave all that could be read.
    #[error("{segments} segments turned out to be damaged")]
    Damaged {
        /// How many.
        segments: usize,
    },
    /// No span of the trace is stored, or none that can be read.
    #[error("there is no trace {id}")]
    UnknownTrace {
        /// Its id, in lower-case hex.
        id: String,
        /// Segments that cannot be read and may hold its spans.
        unreadable_segments: usize,
    },
    /// The log record is not stored, or in a segment that cannot be read.
    #[error("there is no log record {id}")]
    UnknownLog {
        /// Its id.
        id: String,
        /// Segments that cannot be read and may hold it.
        unreadable_segments: usize,
    },
    /// There is no such tenant. Damage to single segments is no error: see `missing` in the answers.
    #[error(transparent)]
    UnknownTenant(#[from] UnknownTenant),
    /// A defect of this program.
    #[error("internal: {0}")]
    Internal(String),
}

impl QueryError {
    /// A short name of the kind, for figures by kind.
    pub fn kind(&self) -> &'static str {
        match self {
            QueryError::BadQuery(_) => "bad_query",
            QueryError::BadSql(_) => "bad_sql",
            QueryError::SqlParam(_) => "bad_param",
            QueryError::RowLimit { .. } => "row_limit",
            QueryError::BadCursor => "bad_cursor",
            QueryError::LimitOutOfRange { .. } => "bad_limit",
            QueryError::RangeReversed => "bad_range",
            QueryError::TimeLimit { .. } => "time_limit",
            QueryError::MemoryLimit { .. } => "memory_limit",
            QueryError::Overloaded { .. } => "overloaded",
            QueryError::TooManyExports { .. } => "too_many_exports",
            QueryError::TooManyTails { .. } => "too_many_tails",
            QueryError::Damaged { .. } => "damaged",
            QueryError::UnknownTrace { .. } => "unknown_trace",
            QueryError::UnknownLog { .. } => "unknown_log",
            QueryError::UnknownTenant(_) => "unknown_tenant",
            QueryError::Internal(_) => "internal",
        }
    }

    /// There is no log record `id`, as far as can be said with `missing` unread.
    pub(crate) fn unknown_log(id: LogId, missing: &[MissingSegment]) -> Self {
        QueryError::UnknownLog {
            id: id.to_string(),
            unreadable_segments: missing.len(),
        }
    }

    /// There is no trace `id`, as far as can be said with `missing` unread.
    pub(crate) fn unknown_trace(id: TraceId, missing: &[MissingSegment]) -> Self {
        QueryError::UnknownTrace {
            id: hex(&id),
            unreadable_segments: missing.len(),
        }
    }
}

impl From<SchemaError> for QueryError {
    fn from(error: SchemaError) -> Self {
        QueryError::Internal(error.to_string())
    }
}
