//! SQL over `logs` and `spans`: one SELECT or its plan, within limits.
//!
//! A query goes down once and returns:
//!
//! 1. Its text is read and checked (`parse.rs`), its parameters are bound (`params.rs`), its columns get
//!    their names (`names.rs`).
//! 2. It is planned over two tables, each of one pinned snapshot (`session.rs`, `table/`), by a planner that
//!    knows nothing else; plans that would grow beyond bounds are refused (`complexity.rs`).
//! 3. It runs on threads of its own (`threads.rs`), its leaf being the one that searches have. Rows are counted
//!    and their memory is reserved as they come.
//! 4. What leaves is plain Arrow (`output.rs`).
//!
//! | file or folder | what it holds |
//! |---|---|
//! | `parse.rs` | text to one checked SELECT |
//! | `params.rs` | `$name`, bound as literals of the parsed query |
//! | `names.rs` | the names of the answer's columns |
//! | `using.rs` | the columns of `USING`, in WHERE |
//! | `session.rs` | the planner's session, built by hand |
//! | `keys.rs` | which attributes are looked at |
//! | `complexity.rs` | plans that are refused |
//! | `table/` | the two tables |
//! | `attributes.rs` | attribute lists as values |
//! | `functions/` | the functions that may be called |
//! | `explain.rs` | plans as text |
//! | `apart.rs` | what rows take by themselves, without sharing |
//! | `compact.rs` | texts without room that nobody uses |
//! | `guarded.rs` | operators that keep memory without saying so, or cannot be stopped |
//! | `threads.rs` | threads of its own for each query |
//! | `output.rs` | plans' batches as plain Arrow |
//! | `error.rs`, `limits.rs` | what can be wrong, bounds |

mod apart;
mod attributes;
mod compact;
mod complexity;
mod error;
mod explain;
mod functions;
mod guarded;
mod keys;
mod limits;
mod names;
mod output;
mod params;
mod parse;
mod session;
mod table;
mod threads;
mod using;

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use clearspan_storage::scan::{MissingSegment, ScanStats, Snapshot};
use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::sql::parser::Statement as PlannedStatement;
use datafusion::sql::sqlparser::ast::Statement;
use futures::StreamExt;
use futures::future::BoxFuture;

pub use error::SqlError;
pub use output::is_json;
pub use params::{SqlParam, SqlParamError};
pub(crate) use threads::on_own_threads;

use crate::QueryError;
use crate::engine::session_stats;
use crate::exec::{Plans, unread};
use explain::Explain;
use limits::ANSWER_BATCH_BYTES_MAX;
use parse::Parsed;
use table::Table;

/// A query in SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlRequest {
    /// One SELECT, or EXPLAIN or EXPLAIN ANALYZE of one.
    pub query: String,
    /// Values of its `$names`.
    pub params: Vec<(String, SqlParam)>,
}

/// The rows of a query.
#[derive(Debug)]
pub struct SqlAnswer {
    /// The columns. Names may repeat. Text is `Utf8`, bytes `Binary`, lists `List`; attributes are JSON text,
    /// told by [`is_json`].
    pub schema: SchemaRef,
    /// The rows.
    pub batches: Vec<RecordBatch>,
    /// What was read, of both tables together.
    pub stats: ScanStats,
    /// Segments that could not be read and may hold rows that the query would have seen. Not empty: the
    /// answer is partial.
    pub missing: Vec<MissingSegment>,
    /// Memory of the rows, given back to the pool when the answer is dropped.
    _memory: MemoryReservation,
}

/// What a query is worked on with.
#[derive(Debug)]
pub(crate) struct Question {
    /// Of both signals, pinned one directly after the other.
    pub(crate) snapshots: Vec<Arc<Snapshot>>,
    pub(crate) plans: Plans,
    pub(crate) now_ns: i64,
    pub(crate) rows_max: usize,
}

/// Answers `request`. Boxed here: a future is compiled by the crate that first polls it, and this one drags the planner along.
pub(crate) fn answer(
    question: Question,
    request: SqlRequest,
) -> BoxFuture<'static, Result<SqlAnswer, QueryError>> {
    Box::pin(answered(question, request))
}

async fn answered(question: Question, request: SqlRequest) -> Result<SqlAnswer, QueryError> {
    let SqlRequest {
        query: text,
        params,
    } = request;
    let plans = question.plans.clone();
    let Parsed { mut query, explain } = parse::parse(&text)?;
    params::bind(&mut query, &text, &params, question.now_ns)?;
    names::name_items(&mut query);
    using::qualify(&mut query);
    let tables: Vec<Arc<Table>> = question
        .snapshots
        .iter()
        .map(|snapshot| Arc::new(Table::new(Arc::clone(snapshot))))
        .collect();
    let statement = PlannedStatement::Statement(Box::new(Statement::Query(Box::new(query))));
    let ran = run(&question, &tables, statement, explain).await;
    let (schema, batches, memory) = match ran {
        Ok(ran) => ran?,
        Err(error) => return Err(error::query_error(&text, &plans, error)),
    };
    let (stats, missing) = read(&tables);
    Ok(SqlAnswer {
        schema,
        batches,
        stats,
        missing,
        _memory: memory,
    })
}

type Rows = (SchemaRef, Vec<RecordBatch>, MemoryReservation);

async fn run(
    question: &Question,
    tables: &[Arc<Table>],
    statement: PlannedStatement,
    explain: Option<Explain>,
) -> Result<Result<Rows, QueryError>, DataFusionError> {
    let session = session::session(&question.plans, tables, question.now_ns)?;
    let plan = planned(&session, statement, question.rows_max).await?;
    let keys = keys::of_plan(&plan)?;
    tables.iter().for_each(|table| table.want(keys.clone()));
    let plan = session.optimize(&plan)?;
    let planner = session.query_planner();
    let physical = planner.create_physical_plan(&plan, &session).await?;
    let Some(explain) = explain else {
        return rows(question, &session, physical).await;
    };
    if explain == Explain::Analyze
        && let Err(error) = rows(question, &session, Arc::clone(&physical)).await?
    {
        return Ok(Err(error));
    }
    let told = explain::told(explain, &plan, physical.as_ref())?;
    let memory = answer_memory(question);
    memory.try_grow(told.get_array_memory_size() * COPIES)?;
    Ok(Ok((told.schema(), vec![told], memory)))
}

fn answer_memory(question: &Question) -> MemoryReservation {
    MemoryConsumer::new("rows of an answer").register(&question.plans.runtime().memory_pool)
}

/// Runs `physical` to its end.
async fn rows(
    question: &Question,
    session: &SessionState,
    physical: Arc<dyn ExecutionPlan>,
) -> Result<Result<Rows, QueryError>, DataFusionError> {
    // The names are those of the plan; the types those of the operators.
    let schema = output::plain_schema(&physical.schema());
    let memory = answer_memory(question);
    let mut stream = execute_stream(physical, session.task_ctx())?;
    let mut batches = Vec::new();
    let mut rows = 0;
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        rows += batch.num_rows();
        if rows > question.rows_max {
            return Ok(Err(QueryError::RowLimit {
                limit: question.rows_max,
            }));
        }
        let apart = apart::bytes(&batch);
        memory.try_grow(apart)?;
        if apart > ANSWER_BATCH_BYTES_MAX {
            return Ok(Err(question.plans.memory_limit()));
        }
        let batch = output::plain_batch(&batch, &schema)?;
        let copies = batch.get_array_memory_size() * COPIES;
        memory.try_grow(copies.saturating_sub(apart))?;
        batches.push(batch);
        tokio::task::yield_now().await;
    }
    Ok(Ok((schema, batches, memory)))
}

/// The rows, and the same again as text.
const COPIES: usize = 2;

/// One row more than may be answered is asked for, to know that there are more: a sort need not keep others.
async fn planned(
    session: &SessionState,
    statement: PlannedStatement,
    rows_max: usize,
) -> Result<LogicalPlan, DataFusionError> {
    let plan = session.statement_to_plan(statement).await?;
    SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false)
        .verify_plan(&plan)?;
    complexity::check(&plan)?;
    LogicalPlanBuilder::from(plan)
        .limit(0, Some(rows_max.saturating_add(1)))?
        .build()
}

/// What the query read of its tables, and what could not be read. Tables that it does not name do not count.
fn read(tables: &[Arc<Table>]) -> (ScanStats, Vec<MissingSegment>) {
    let mut stats = ScanStats::default();
    let mut missing = Vec::new();
    for table in tables {
        if let Some((range, tally)) = table.read() {
            stats.add(&session_stats(table.snapshot(), &tally.stats));
            missing.extend(unread(table.snapshot(), range, tally.faults));
        }
    }
    (stats, missing)
}

/// What is done to a query before it is planned.
#[cfg(feature = "fuzzing")]
pub(crate) fn read_alone(
    text: &str,
    params: &[(String, SqlParam)],
    now_ns: i64,
) -> Result<(), QueryError> {
    let Parsed { mut query, .. } = parse::parse(text)?;
    params::bind(&mut query, text, params, now_ns)?;
    names::name_items(&mut query);
    using::qualify(&mut query);
    Ok(())
}
