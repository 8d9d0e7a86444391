//! The colours of services: which of the pages' twenty colours a service's mark has.
//!
//! A colour groups what belongs to one service, so it must be the same for everybody, for good. It cannot
//! follow from the name alone (two of a handful of services would often share one), so the store gives the
//! colours out in the order in which services are first seen, and keeps them in its catalog.
//!
//! 1. A committed batch shows its services to the tenant's [`ServiceRegister`] before its rows become
//!    visible; new ones take their slot there and then, in order of name (`slots.rs`).
//! 2. A loop of its own keeps new slots in the catalog soon after, off the path of every acknowledgement.
//! 3. A flush keeps them before it publishes its segments. So a service that the catalog does not know
//!    stands in the WAL, and a start finds it when it replays that. It gives slots out when all tables
//!    are replayed, in the order (arrival, name), which is that of before the crash; only a replay that is so large that
//!    it must flush gives them out sooner.
//! 4. A store whose catalog knows no service asks its segments once: they may be older than this register.
//!
//! | file | what it holds |
//! |---|---|
//! | `slots.rs` | [`ServiceSlots`]: who has which slot, and who gets the next |
//! | `register.rs` | the register of one tenant: sees, remembers, keeps |
//! | `keep_step.rs` | the loop that keeps new slots |

mod keep_step;
mod register;
mod slots;

#[cfg(test)]
mod tests;

pub(crate) use keep_step::KeepStep;
pub(crate) use register::ServiceRegister;
pub use slots::{ServiceSlot, ServiceSlots};
