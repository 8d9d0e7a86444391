//! Turns a cart into an order: reserve, judge, pay, tell the others. When it fails half-way it takes back what it did.

use super::{Service, cart, fraud, inventory, payment, shipping};
use crate::demo::shop::act::Act;
use crate::demo::shop::calls::Http;
use crate::demo::shop::failure::{Failure, Outcome};
use crate::demo::shop::languages::JAVA;
use crate::demo::shop::peers::{Database, Statement};
use crate::demo::shop::people::Product;
use crate::demo::telemetry::{Attributes, Said, kv};

pub(crate) static CHECKOUT: Service = Service {
    name: "checkout",
    language: &JAVA,
    version: "7.2.1",
    copies: 2,
    trial: None,
    loggers: "com.example.shop.checkout.",
};

/// Reporting reads it too.
pub(crate) static ORDERS: Database = Database {
    system: "postgresql",
    namespace: "orders",
    address: "orders-db",
    port: 5432,
};

/// Where shipping learns of orders.
pub(crate) const ORDERS_TOPIC: &str = "orders";

/// Where notification learns of what to write.
pub(crate) const EMAILS_TOPIC: &str = "emails";

const INSERT: Statement<'_> = Statement {
    operation: "INSERT",
    collection: "orders",
    text: "INSERT INTO orders (id, user_id, state, total_cents, currency) VALUES ($1, $2, $3, $4, 'EUR')",
    rows: 1,
};

const UPDATE: Statement<'_> = Statement {
    operation: "UPDATE",
    collection: "orders",
    text: "UPDATE orders SET state = $2, updated_at = now() WHERE id = $1",
    rows: 1,
};

/// An order, from the cart to the confirmation.
pub(crate) fn place_order(act: &mut Act<'_>, products: &[&'static Product]) -> Outcome {
    let order = format!("o-{:08x}", act.random().between(0, 0xFFFF_FFFF));
    let cents = products.iter().map(|product| product.cents).sum();
    act.call(&CHECKOUT, Http::post("/orders"), "/orders", |act| {
        let user = act.visitor().user.clone();
        act.work(1.8);
        act.set("order.id", &order);
        act.set("user.id", &user);
        act.set("order.amount_cents", cents);
        cart::read(act, products.len())?;
        act.query(&ORDERS, INSERT, 3.0);
        let known = [kv("order.id", &order), kv("user.id", &user)];
        act.info(
            "OrderService",
            format!("order {order} opened for {user}"),
            &known,
        );
        act.parallel(&[&|act| inventory::reserve(act, &order, products), &|act| {
            shipping::rates(act, products.len())
        }])?;
        if let Err(failure) = settle(act, &order, cents) {
            return Err(take_back(act, &order, failure));
        }
        act.query(&ORDERS, UPDATE, 2.5);
        confirm(act, &order, cents);
        cart::empty(act)?;
        act.answer(201);
        Ok(())
    })
}

fn settle(act: &mut Act<'_>, order: &str, cents: u64) -> Outcome {
    fraud::assess(act, order, cents)?;
    payment::charge(act, order, cents)
}

/// Compensation: the failure stays the answer whatever becomes of it.
fn take_back(act: &mut Act<'_>, order: &str, failure: Failure) -> Failure {
    let text = format!("order {order} is taken back: {}", failure.message);
    act.warn("OrderService", text, &[kv("order.id", order)]);
    act.step("compensate", |act| {
        if let Err(second) = inventory::release(act, order) {
            let text = format!(
                "reservation of order {order} stays behind: {}",
                second.message
            );
            act.error("Compensation", text, &[kv("order.id", order)]);
        }
        act.query(&ORDERS, UPDATE, 2.5);
    });
    failure
}

fn confirm(act: &mut Act<'_>, order: &str, cents: u64) {
    act.publish(ORDERS_TOPIC, order);
    act.publish(EMAILS_TOPIC, order);
    let fields = Attributes::of(&[
        kv("order", order),
        kv("total_cents", cents),
        kv("currency", "EUR"),
        kv("topics", &[ORDERS_TOPIC, EMAILS_TOPIC][..]),
    ]);
    act.info(
        "OrderService",
        Said::Map("order.placed", fields),
        &[kv("order.id", order)],
    );
}

/// What somebody has bought so far.
pub(crate) fn orders(act: &mut Act<'_>) -> Outcome {
    act.call(&CHECKOUT, Http::get("/orders"), "/orders", |act| {
        act.work(1.0);
        let list = Statement {
            operation: "SELECT",
            collection: "orders",
            text: "SELECT id, state, total_cents, created_at FROM orders WHERE user_id = $1 ORDER BY created_at DESC LIMIT 20",
            rows: 12,
        };
        act.query(&ORDERS, list, 6.0);
        Ok(())
    })
}
