//! The calls of the API, one file for each: what it takes, what it answers, and its journey.
//!
//! | file | call |
//! |---|---|
//! | `logs_search.rs` | `/api/v1/logs/search` |
//! | `logs_context.rs` | `/api/v1/logs/context` |
//! | `logs_histogram.rs` | `/api/v1/logs/histogram` |
//! | `fields.rs` | `/api/v1/logs/fields`, `/api/v1/traces/fields` |
//! | `field_values.rs` | `/api/v1/logs/fields/{name}/values`, `/api/v1/traces/fields/{name}/values` |
//! | `facets.rs` | `/api/v1/logs/facets`, `/api/v1/traces/facets` |
//! | `complete.rs` | `/api/v1/logs/complete`, `/api/v1/traces/complete` |
//! | `patterns.rs` | `/api/v1/logs/patterns` |
//! | `pattern_slots.rs` | `/api/v1/logs/patterns/{id}/slots` |
//! | `counted.rs` | which rows these and the histogram count |
//! | `uncounted.rs` | searches that were not told how many match |
//! | `logs_export.rs` | `/api/v1/logs/export` |
//! | `logs_tail.rs` | `/api/v1/logs/tail` |
//! | `traces_export.rs` | `/api/v1/traces/export`, `/api/v1/traces/{id}/export` |
//! | `traces_search.rs` | `/api/v1/traces/search` |
//! | `traces_scatter.rs` | `/api/v1/traces/scatter` |
//! | `spans_search.rs` | `/api/v1/spans/search` |
//! | `trace.rs` | `/api/v1/traces/{id}` |
//! | `trace_skeleton.rs` | `/api/v1/traces/{id}/skeleton` |
//! | `trace_logs.rs` | `/api/v1/traces/{id}/logs` |
//! | `sql/` | `/api/v1/sql` |
//! | `services.rs` | `/api/v1/services` |
//! | `service_operations.rs` | `/api/v1/services/{name}/operations` |
//! | `service_latency.rs` | `/api/v1/services/{name}/latency` |
//! | `service_exceptions.rs` | `/api/v1/services/{name}/exceptions` |
//! | `service.rs` | what these three have in common |
//! | `calls.rs` | calls in numbers, as services, operations, buckets and edges have them |
//! | `dependencies.rs` | `/api/v1/dependencies` |
//! | `status.rs` | `/api/v1/status` |
//! | `metrics.rs` | `/metrics` |
//! | `health.rs` | `/livez`, `/readyz` |

mod calls;
pub(crate) mod complete;
mod counted;
pub(crate) mod dependencies;
pub(crate) mod facets;
pub(crate) mod field_values;
pub(crate) mod fields;
pub(crate) mod health;
pub(crate) mod logs_context;
pub(crate) mod logs_export;
pub(crate) mod logs_histogram;
pub(crate) mod logs_search;
pub(crate) mod logs_tail;
pub(crate) mod metrics;
pub(crate) mod pattern_slots;
pub(crate) mod patterns;
pub(crate) mod service;
pub(crate) mod service_exceptions;
pub(crate) mod service_latency;
pub(crate) mod service_operations;
pub(crate) mod services;
pub(crate) mod spans_search;
pub(crate) mod sql;
pub(crate) mod status;
pub(crate) mod trace;
pub(crate) mod trace_logs;
pub(crate) mod trace_skeleton;
pub(crate) mod traces_export;
pub(crate) mod traces_scatter;
pub(crate) mod traces_search;
pub(crate) mod uncounted;
