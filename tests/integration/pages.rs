//! The pages over a real store, in this process: what stands in their HTML, without a browser.
//!
//! | file | what it holds |
//! |---|---|
//! | `html.rs` | what every page keeps; finding one's way in HTML |
//! | `lists.rs` | `/`, `/traces`: services page by page, the form, ways out |
//! | `logs.rs` | `/logs`: rows, pages of them, what leads where, odd parameters |
//! | `logs_parts.rs` | its chart, values, panel and what it says when there is nothing |
//! | `traces.rs` | `/traces` by root |
//! | `map.rs` | `/map`, `/service/{name}`: what is drawn, where it leads |
//! | `matched.rs` | how many match, behind the rows |
//! | `trace.rs`, `trace_odd.rs` | `/trace/{id}`: facts, the table, the panel; what is odd, long, deep or hostile |

mod html;
mod lists;
mod logs;
mod logs_parts;
mod map;
mod matched;
mod trace;
mod trace_odd;
mod traces;
