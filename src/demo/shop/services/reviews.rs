//! What others say about a product.

use super::Service;
use crate::demo::shop::act::Act;
use crate::demo::shop::calls::Http;
use crate::demo::shop::failure::Outcome;
use crate::demo::shop::languages::NODE;
use crate::demo::shop::peers::{Database, Statement};
use crate::demo::shop::people::Product;
use crate::demo::telemetry::kv;

pub(crate) static REVIEWS: Service = Service {
    name: "reviews",
    language: &NODE,
    version: "1.5.0",
    copies: 2,
    trial: None,
    loggers: "reviews.",
};

static STORE: Database = Database {
    system: "mongodb",
    namespace: "reviews",
    address: "reviews-db",
    port: 27017,
};

/// The newest ones.
pub(crate) fn of_product(act: &mut Act<'_>, product: &Product) -> Outcome {
    let path = format!("/reviews/{}", product.sku);
    act.call(&REVIEWS, Http::get("/reviews/{sku}"), &path, |act| {
        act.work(0.9);
        let count = act.random().between(0, 20) as usize;
        let find = Statement {
            operation: "find",
            collection: "reviews",
            text: r#"{"find":"reviews","filter":{"sku":"?","state":"published"},"sort":{"at":-1},"limit":20}"#,
            rows: count,
        };
        act.query(&STORE, find, 5.0);
        if act.chance(0.1) {
            let text = format!("\u{1b}[32mok\u{1b}[0m {count} reviews of {} \u{2b50}", product.name);
            act.debug("list", text, &[kv("product.sku", product.sku)]);
        }
        Ok(())
    })
}
