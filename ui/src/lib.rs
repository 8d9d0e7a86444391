//! The pages and the HTTP API over query.
//!
//! A request passes the guard (its length, whom it asks, from where), finds its route, and goes down once: its
//! parameters become a request of [`clearspan_query::QueryEngine`], the engine's answer becomes JSON. This room
//! never opens a segment and knows no wire format; `docs/api.md` tells its callers what it takes and answers.
//!
//! | file | what it holds |
//! |---|---|
//! | `routes.rs` | all routes |
//! | `serve.rs`, `explained.rs` | serving them on a port; what is answered where no route is reached |
//! | `attended.rs` | connections whose clients have stopped to read |
//! | `state.rs` | [`Api`]: what the routes work with |
//! | `guard.rs` | what every request passes |
//! | `api/` | one file for each call |
//! | `pages/` | the pages; their templates are in `templates/` |
//! | `assets.rs` | scripts and styles; their sources are in `web/` |
//! | `params.rs`, `time.rs` | parameters, in the URL or in a body |
//! | `export/` | answers that are streamed |
//! | `json.rs`, `answer.rs` | rows as JSON; what all answers have in common |
//! | `status.rs` | the figures of the status page, handed in by the program |
//! | `error.rs` | what can go wrong, its status and its code |
//! | `config.rs`, `limits.rs` | settings and bounds |

mod answer;
mod api;
mod assets;
mod attended;
mod config;
mod error;
mod explained;
mod export;
mod guard;
mod json;
mod limits;
mod pages;
mod params;
mod routes;
mod serve;
mod state;
pub mod status;
mod time;

pub use config::{AllowedHosts, Config};
pub use routes::router;
pub use serve::serve;
pub use state::{Api, DemoTrace, Endpoints};
pub use status::{Status, StatusSource};
