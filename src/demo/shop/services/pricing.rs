//! Prices and promotions. Its version on trial is the broken one: it forgets that a product may have no promotion.

use super::Service;
use crate::demo::shop::act::Act;
use crate::demo::shop::calls::Rpc;
use crate::demo::shop::failure::{Failure, Outcome};
use crate::demo::shop::languages::DOTNET;
use crate::demo::shop::peers::{Cache, Database, Statement};
use crate::demo::telemetry::kv;

pub(crate) static PRICING: Service = Service {
    name: "pricing",
    language: &DOTNET,
    version: "3.8.2",
    copies: 3,
    trial: Some("3.9.0"),
    loggers: "Shop.Pricing.",
};

static PRICES: Database = Database {
    system: "mysql",
    namespace: "pricing",
    address: "pricing-db",
    port: 3306,
};

static PROMOTIONS: Cache = Cache {
    address: "promotions",
};

const QUOTE: Rpc = Rpc {
    method: "shop.pricing.v1.Pricing/Quote",
};

/// How often the version on trial meets what breaks it.
const BROKEN_SHARE: f64 = 0.55;

/// The prices of so many products.
pub(crate) fn quote(act: &mut Act<'_>, count: usize) -> Outcome {
    act.rpc(&PRICING, QUOTE, |act| {
        act.work(0.7);
        act.set("pricing.items", count);
        act.cache(&PROMOTIONS, "MGET", "promotion:active promotion:coupon", false)?;
        if act.is_on_trial() && act.chance(BROKEN_SHARE) {
            let text = "Object reference not set to an instance of an object.";
            let place = "PromotionEngine.Apply";
            return Err(Failure::new(500, "System.NullReferenceException", place, text));
        }
        let read = Statement {
            operation: "SELECT",
            collection: "prices",
            text: "SELECT sku, cents, currency, valid_to FROM prices WHERE sku IN (?) AND region = ?",
            rows: count,
        };
        act.query(&PRICES, read, 1.6 + count as f64 * 0.04);
        act.work(0.5);
        if act.chance(0.25) {
            let text = format!("quoted {count} prices in EUR, 1 promotion applied");
            act.info("QuoteService", text, &[kv("pricing.items", count), kv("currency", "EUR")]);
        }
        Ok(())
    })
}
