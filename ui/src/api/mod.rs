//! The calls of the API, one file for each: what it takes, what it answers, and its journey.
//!
//! | file | call |
//! |---|---|
//! | `logs_search.rs` | `/api/v1/logs/search` |
//! | `traces_search.rs` | `/api/v1/traces/search` |
//! | `trace.rs` | `/api/v1/traces/{id}` |
//! | `trace_logs.rs` | `/api/v1/traces/{id}/logs` |
//! | `services.rs` | `/api/v1/services` |
//! | `status.rs` | `/api/v1/status` |
//! | `health.rs` | `/livez`, `/readyz` |

pub(crate) mod health;
pub(crate) mod logs_search;
pub(crate) mod services;
pub(crate) mod status;
pub(crate) mod trace;
pub(crate) mod trace_logs;
pub(crate) mod traces_search;
