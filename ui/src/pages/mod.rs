//! The pages: server-rendered, complete without a script, their state in the URL.
//!
//! A page's handler asks the engine, fills the template struct that stands beside it, and is done. Scripts only make
//! quicker what a link or a form does already. Text that was sent by others passes `text` and stays text.
//!
//! | file | what it holds |
//! |---|---|
//! | `services.rs`, `setup.rs` | `/`: services, and the card while nothing has arrived |
//! | `logs/` | `/logs`: the records of a range |
//! | `traces.rs`, `trace_form.rs` | `/traces`: trace search; its form and the query in step |
//! | `trace/` | `/trace/{id}`: one trace, its waterfall and its spans |
//! | `service/` | `/service/{name}`: how one service answers |
//! | `map/` | `/map`: who calls whom |
//! | `settings.rs` | theme by link, where no script runs |
//! | `frame.rs` | what surrounds every page |
//! | `view.rs`, `range.rs` | the URL as state, and its time range |
//! | `asked.rs` | a request for a page, up to its answer or the page that says what went wrong |
//! | `table.rs`, `paging.rs` | heads of columns, by which the server sorts; a list page by page |
//! | `matched.rs` | how many match, with the rows or behind them |
//! | `marks.rs`, `chart/` | services by colour and name; drawings |
//! | `filters.rs`, `clauses.rs` | conditions of the search language; a query as a list of them |
//! | `format.rs`, `text.rs` | numbers and times; text of others |

mod asked;
mod chart;
mod clauses;
mod filters;
pub(crate) mod format;
pub(crate) mod frame;
pub(crate) mod logs;
pub(crate) mod map;
mod marks;
mod matched;
mod paging;
pub(crate) mod range;
pub(crate) mod service;
pub(crate) mod services;
pub(crate) mod settings;
pub(crate) mod setup;
mod table;
pub(crate) mod text;
pub(crate) mod trace;
mod trace_form;
pub(crate) mod traces;
mod view;

pub(crate) use asked::not_found;
