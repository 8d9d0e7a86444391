//! What somebody has put aside so far. All of it lives in memory, behind Redis's protocol.

use super::{Service, inventory, pricing};
use crate::demo::shop::act::Act;
use crate::demo::shop::calls::Http;
use crate::demo::shop::failure::Outcome;
use crate::demo::shop::languages::DOTNET;
use crate::demo::shop::peers::Cache;
use crate::demo::shop::people::Product;
use crate::demo::telemetry::kv;

pub(crate) static CART: Service = Service {
    name: "cart",
    language: &DOTNET,
    version: "2.0.7",
    copies: 2,
    trial: None,
    loggers: "Shop.Cart.",
};

static STORE: Cache = Cache {
    address: "cart-store",
};

/// How often a whole cart ends in the log because somebody left that switched on.
const DUMP_SHARE: f64 = 0.01;

/// Puts something in.
pub(crate) fn add(act: &mut Act<'_>, product: &'static Product) -> Outcome {
    let user = act.visitor().user.clone();
    let path = format!("/carts/{user}/items");
    act.call(&CART, Http::post("/carts/{user}/items"), &path, |act| {
        act.work(0.7);
        act.set("product.sku", product.sku);
        inventory::stock(act, product)?;
        act.cache(
            &STORE,
            "HINCRBY",
            &format!("cart:{user} {} 1", product.sku),
            false,
        )?;
        act.cache(&STORE, "EXPIRE", &format!("cart:{user} 1209600"), false)?;
        let text = format!("added {} to the cart of {user}", product.sku);
        act.info(
            "CartController",
            text,
            &[kv("user.id", &user), kv("product.sku", product.sku)],
        );
        if act.chance(DUMP_SHARE) {
            act.debug("CartSerializer", dump(&user), &[]);
        }
        act.answer(201);
        Ok(())
    })
}

/// All that is in it, with prices.
pub(crate) fn read(act: &mut Act<'_>, items: usize) -> Outcome {
    let user = act.visitor().user.clone();
    let path = format!("/carts/{user}");
    act.call(&CART, Http::get("/carts/{user}"), &path, |act| {
        act.work(0.6);
        act.cache(&STORE, "HGETALL", &format!("cart:{user}"), false)?;
        pricing::quote(act, items)
    })
}

/// Once it is bought.
pub(crate) fn empty(act: &mut Act<'_>) -> Outcome {
    let user = act.visitor().user.clone();
    let path = format!("/carts/{user}");
    act.call(&CART, Http::delete("/carts/{user}"), &path, |act| {
        act.work(0.4);
        act.cache(&STORE, "DEL", &format!("cart:{user}"), false)?;
        act.answer(204);
        Ok(())
    })
}

/// One very long line.
fn dump(user: &str) -> String {
    let items = (0..160).map(|number| {
        format!(r#"{{"line":{number},"sku":"KTC-5{number:03}","quantity":1,"note":"<i>gift</i> & wrap"}}"#)
    });
    format!(
        r#"cart {{"user":"{user}","items":[{}]}}"#,
        items.collect::<Vec<_>>().join(",")
    )
}
