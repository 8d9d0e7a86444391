//! The services of the shop, one file each: what it is, and what each of its endpoints does.
//!
//! To add one, take the smallest file (`fraud`) as the pattern: a `static` that describes the service, an entry in [`ALL`],
//! and one function for each endpoint. Such a function is called in the act of the *caller*. It makes the call, and the
//! closure that it hands over is what the service does: it works for a while (`work`), asks databases (`query`), caches
//! (`cache`) or other services (their functions), logs (`info`, `warn`), and fails by returning a `Failure`. Spans,
//! statuses and the network's time come by themselves.

pub(crate) mod auth;
pub(crate) mod cart;
pub(crate) mod catalog;
pub(crate) mod checkout;
pub(crate) mod fraud;
pub(crate) mod frontend;
pub(crate) mod gateway;
pub(crate) mod inventory;
pub(crate) mod notification;
pub(crate) mod payment;
pub(crate) mod pricing;
pub(crate) mod recommendation;
pub(crate) mod reporting;
pub(crate) mod reviews;
pub(crate) mod search;
pub(crate) mod shipping;

use super::languages::Language;

/// A service.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) name: &'static str,
    pub(crate) language: &'static Language,
    pub(crate) version: &'static str,
    /// How many copies run.
    pub(crate) copies: usize,
    /// The version that takes a part of the calls during a bad release.
    pub(crate) trial: Option<&'static str>,
    /// What the names of its loggers begin with.
    pub(crate) loggers: &'static str,
}

impl PartialEq for Service {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

pub(crate) static ALL: [&Service; 16] = [
    &frontend::FRONTEND,
    &gateway::GATEWAY,
    &auth::AUTH,
    &catalog::CATALOG,
    &search::SEARCH,
    &recommendation::RECOMMENDATION,
    &pricing::PRICING,
    &inventory::INVENTORY,
    &cart::CART,
    &checkout::CHECKOUT,
    &payment::PAYMENT,
    &fraud::FRAUD,
    &shipping::SHIPPING,
    &notification::NOTIFICATION,
    &reviews::REVIEWS,
    &reporting::REPORTING,
];

/// The service of this name.
pub(crate) fn by_name(name: &str) -> Option<&'static Service> {
    ALL.iter().copied().find(|service| service.name == name)
}
