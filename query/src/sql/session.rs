//! The planner's session, built by hand: two tables, the functions of the list, no file, no network.
//!
//! A session with DataFusion's defaults would know file formats, table functions and a catalog that can be
//! extended. This one has a catalog of two tables, made for one question, and nothing by which a query
//! could come to anything else: what is not named here does not exist.

use std::sync::Arc;

use arrow::temporal_conversions::timestamp_ns_to_datetime;
use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList,
    MemorySchemaProvider, SchemaProvider,
};
use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::registry::FunctionRegistry;
use datafusion::prelude::SessionConfig;

use super::functions;
use super::guarded::GuardOperators;
use super::limits::{BATCH_ROWS, IN_LIST_MAX};
use super::table::Table;
use crate::exec::Plans;

const CATALOG: &str = "clearspan";
const SCHEMA: &str = "public";

/// The result of one function over one batch may take this part of all questions' memory, and no more.
const RESULT_PART: usize = 4;

/// A session over `tables`, at the time `now_ns`.
pub(crate) fn session(
    plans: &Plans,
    tables: &[Arc<Table>],
    now_ns: i64,
) -> Result<SessionState, DataFusionError> {
    let result_bytes_max = plans.memory_bytes() / RESULT_PART;
    let mut state = SessionStateBuilder::new()
        .with_session_id(String::new())
        .with_config(config(plans.partitions()))
        .with_runtime_env(plans.runtime())
        .with_catalog_list(catalogs(tables)?)
        .with_scalar_functions(functions::scalar_functions(result_bytes_max))
        .with_aggregate_functions(functions::aggregate_functions())
        .with_window_functions(functions::window_functions())
        .with_expr_planners(functions::planners(result_bytes_max))
        .with_physical_optimizer_rule(Arc::new(GuardOperators))
        .build();
    for rewrite in functions::rewrites() {
        state.register_function_rewrite(rewrite)?;
    }
    let now = timestamp_ns_to_datetime(now_ns).map(|now| now.and_utc());
    state.execution_props_mut().query_execution_start_time = now;
    Ok(state)
}

fn config(partitions: usize) -> SessionConfig {
    let mut config = SessionConfig::new()
        .with_target_partitions(partitions)
        .with_batch_size(BATCH_ROWS)
        .with_information_schema(false)
        .with_create_default_catalog_and_schema(false)
        .with_default_catalog_and_schema(CATALOG, SCHEMA);
    let options = config.options_mut();
    options.sql_parser.collect_spans = true;
    // A join lists the trace ids of its smaller side up to the number that storage takes.
    options
        .optimizer
        .hash_join_inlist_pushdown_max_distinct_values = IN_LIST_MAX;
    options.optimizer.hash_join_inlist_pushdown_max_size = 1 << 20;
    config
}

fn catalogs(tables: &[Arc<Table>]) -> Result<Arc<dyn CatalogProviderList>, DataFusionError> {
    let schema = MemorySchemaProvider::new();
    for table in tables {
        let name = table.snapshot().signal().name().to_owned();
        schema.register_table(name, Arc::clone(table) as _)?;
    }
    let catalog = MemoryCatalogProvider::new();
    catalog.register_schema(SCHEMA, Arc::new(schema))?;
    let catalogs = MemoryCatalogProviderList::new();
    catalogs.register_catalog(CATALOG.to_owned(), Arc::new(catalog));
    Ok(Arc::new(catalogs))
}
