//! What visitors do: one function for each thing, from the page that they ask for to the services behind it.
//!
//! To add one, write such a function and enter it in [`ALL`] with its weight. It tells the page ([`frontend::page`]), on it
//! the calls of the public API ([`gateway::api`]), and behind those the endpoints of the services, each a function of the
//! service's own file.

use super::Tell;
use super::act::Act;
use super::calls::Http;
use super::failure::Outcome;
use super::people::{CATEGORIES, ODD_SEARCHES, Product, SEARCHES};
use super::services::gateway::{self, optional};
use super::services::{
    auth, cart, catalog, checkout, frontend, inventory, pricing, recommendation, reviews, search,
    shipping,
};
use super::story::Story;

/// Something that visitors do.
pub(crate) struct Journey {
    /// How often, relative to the others.
    pub(crate) weight: u32,
    pub(crate) tell: Tell,
}

const fn journey(weight: u32, tell: Tell) -> Journey {
    Journey { weight, tell }
}

pub(crate) static ALL: [Journey; 9] = [
    journey(14, home),
    journey(16, category),
    journey(26, product),
    journey(4, product_in_app),
    journey(16, find),
    journey(11, add_to_cart),
    journey(8, check_out),
    journey(7, log_in),
    journey(4, account),
];

fn home(story: &mut Story, start_ns: u64) {
    frontend::page(story, start_ns, Http::get("/"), "/", |act| {
        gateway::api(act, Http::get("/api/home"), "/api/home", |act| {
            act.parallel(&[&|act| catalog::category(act, "featured"), &|act| {
                let liked = recommendation::for_visitor(act);
                optional(act, "recommendations", liked)
            }])
        })
    });
}

fn category(story: &mut Story, start_ns: u64) {
    let slug = *story.random.pick(&CATEGORIES);
    let path = format!("/c/{slug}");
    frontend::page(story, start_ns, Http::get("/c/{slug}"), &path, |act| {
        let path = format!("/api/categories/{slug}");
        let http = Http::get("/api/categories/{slug}");
        gateway::api(act, http, &path, |act| catalog::category(act, slug))
    });
}

fn product(story: &mut Story, start_ns: u64) {
    let product = catalog::any(&mut story.random);
    let path = format!("/p/{}", product.sku);
    frontend::page(story, start_ns, Http::get("/p/{sku}"), &path, |act| {
        let path = format!("/api/products/{}", product.sku);
        gateway::api(act, PRODUCT, &path, |act| details(act, product))
    });
}

fn product_in_app(story: &mut Story, start_ns: u64) {
    let product = catalog::any(&mut story.random);
    let path = format!("/api/products/{}", product.sku);
    gateway::from_app(story, start_ns, PRODUCT, &path, |act| details(act, product));
}

const PRODUCT: Http = Http::get("/api/products/{sku}");

/// The product itself, and then all that is said about it, at once.
fn details(act: &mut Act<'_>, product: &'static Product) -> Outcome {
    catalog::product(act, product)?;
    act.parallel(&[
        &|act| pricing::quote(act, 1),
        &|act| inventory::stock(act, product),
        &|act| {
            let reviews = reviews::of_product(act, product);
            optional(act, "reviews", reviews)
        },
    ])
}

fn find(story: &mut Story, start_ns: u64) {
    let typed = if story.random.chance(0.02) {
        *story.random.pick(&ODD_SEARCHES)
    } else {
        *story.random.pick(&SEARCHES)
    };
    frontend::page(story, start_ns, Http::get("/search"), "/search", |act| {
        act.set("url.query", &format!("q={}", percent_encoded(typed)));
        gateway::api(act, Http::get("/api/search"), "/api/search", |act| {
            search::products(act, typed)
        })
    });
}

fn add_to_cart(story: &mut Story, start_ns: u64) {
    frontend::page(
        story,
        start_ns,
        Http::post("/cart/items"),
        "/cart/items",
        |act| {
            let product = catalog::any(act.random());
            let api = Http::post("/api/cart/items");
            gateway::api(act, api, "/api/cart/items", |act| cart::add(act, product))
        },
    );
}

fn check_out(story: &mut Story, start_ns: u64) {
    frontend::page(
        story,
        start_ns,
        Http::post("/checkout"),
        "/checkout",
        |act| {
            let items = act.random().between(1, 4);
            let products: Vec<_> = (0..items).map(|_| catalog::any(act.random())).collect();
            let api = Http::post("/api/orders");
            gateway::api(act, api, "/api/orders", |act| {
                checkout::place_order(act, &products)
            })
        },
    );
    for message in story.messages() {
        if message.topic == checkout::ORDERS_TOPIC {
            shipping::on_order(story, &message);
        }
    }
}

fn log_in(story: &mut Story, start_ns: u64) {
    frontend::page(story, start_ns, Http::post("/login"), "/login", |act| {
        gateway::api(act, Http::post("/api/login"), "/api/login", auth::log_in)
    });
}

fn account(story: &mut Story, start_ns: u64) {
    frontend::page(story, start_ns, Http::get("/account"), "/account", |act| {
        let api = Http::get("/api/orders");
        gateway::api(act, api, "/api/orders", |act| {
            auth::session(act)?;
            checkout::orders(act)
        })
    });
}

/// As a browser writes it into a URL.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b' ' => encoded.push('+'),
            byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                encoded.push(char::from(byte));
            }
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
