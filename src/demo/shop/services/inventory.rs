//! What is in stock. A migration holds locks in its database now and then: reservations wait, and some give up.

use super::Service;
use crate::demo::incidents::Incident;
use crate::demo::shop::act::Act;
use crate::demo::shop::calls::Http;
use crate::demo::shop::failure::{Failure, Outcome};
use crate::demo::shop::languages::JAVA;
use crate::demo::shop::peers::{Database, Refusal, Statement};
use crate::demo::shop::people::Product;
use crate::demo::telemetry::kv;

pub(crate) static INVENTORY: Service = Service {
    name: "inventory",
    language: &JAVA,
    version: "2.3.5",
    copies: 2,
    trial: None,
    loggers: "com.example.shop.inventory.",
};

static STOCK: Database = Database {
    system: "postgresql",
    namespace: "inventory",
    address: "inventory-db",
    port: 5432,
};

const LOCK_TIMEOUT_MS: f64 = 3_000.0;
const LOCK_TIMEOUT: Refusal = Refusal {
    code: "55P03",
    message: "canceling statement due to lock timeout",
};

/// How often there is nothing left.
const SOLD_OUT_SHARE: f64 = 0.02;

const LOCK: Statement<'_> = Statement {
    operation: "SELECT",
    collection: "stock",
    text: "SELECT quantity, reserved FROM stock WHERE sku = $1 FOR UPDATE",
    rows: 1,
};

const RESERVE: Statement<'_> = Statement {
    operation: "UPDATE",
    collection: "stock",
    text: "UPDATE stock SET reserved = reserved + $2 WHERE sku = $1",
    rows: 1,
};

/// How many there are. Reading waits for nobody, but a busy database is slower.
pub(crate) fn stock(act: &mut Act<'_>, product: &Product) -> Outcome {
    let path = format!("/stock/{}", product.sku);
    act.call(&INVENTORY, Http::get("/stock/{sku}"), &path, |act| {
        act.work(0.6);
        let text = "SELECT quantity - reserved AS free FROM stock WHERE sku = $1";
        let busy = act.during(Incident::InventoryLocks);
        act.query(
            &STOCK,
            Statement { text, ..LOCK },
            if busy { 45.0 } else { 1.3 },
        );
        Ok(())
    })
}

/// Sets so many pieces aside for an order.
pub(crate) fn reserve(act: &mut Act<'_>, order: &str, products: &[&'static Product]) -> Outcome {
    let http = Http::post("/reservations");
    act.call(&INVENTORY, http, "/reservations", |act| {
        act.work(1.0);
        act.set("order.id", order);
        for product in products {
            lock_row(act, product)?;
            if act.chance(SOLD_OUT_SHARE) {
                let text = format!("{} is sold out", product.sku);
                let kind = "com.example.shop.inventory.OutOfStockException";
                return Err(Failure::new(409, kind, "StockService.reserve", text));
            }
            act.query(&STOCK, RESERVE, 1.4);
        }
        act.work(0.4);
        let text = format!("reserved {} items for order {order}", products.len());
        act.info(
            "StockService",
            text,
            &[kv("order.id", order), kv("items", products.len())],
        );
        act.answer(201);
        Ok(())
    })
}

/// Takes a reservation back.
pub(crate) fn release(act: &mut Act<'_>, order: &str) -> Outcome {
    let path = format!("/reservations/{order}");
    act.call(&INVENTORY, Http::delete("/reservations/{order}"), &path, |act| {
        act.work(0.8);
        let text = "UPDATE stock SET reserved = reserved - r.quantity FROM reservations r WHERE r.order_id = $1";
        act.query(&STOCK, Statement { text, ..RESERVE }, 2.0);
        act.info("StockService", format!("released the reservation of order {order}"), &[kv("order.id", order)]);
        Ok(())
    })
}

/// The row of one product, for this transaction alone. Whoever waits too long tries once more.
fn lock_row(act: &mut Act<'_>, product: &Product) -> Outcome {
    if !act.during(Incident::InventoryLocks) {
        act.query(&STOCK, LOCK, 1.6);
        return Ok(());
    }
    for last in [false, true] {
        let wanted_ms = act.random().log_normal(900.0, 0.8);
        let timed_out = wanted_ms > LOCK_TIMEOUT_MS;
        let refusal = timed_out.then_some(LOCK_TIMEOUT);
        let outcome = act.statement(&STOCK, LOCK, wanted_ms.min(LOCK_TIMEOUT_MS), refusal);
        let Err(failure) = outcome else {
            return Ok(());
        };
        let lock = [
            kv("product.sku", product.sku),
            kv("db.response.status_code", LOCK_TIMEOUT.code),
        ];
        if last {
            let kind = "org.springframework.dao.CannotAcquireLockException";
            return Err(Failure::new(
                503,
                kind,
                "StockRepository.lock",
                failure.message,
            ));
        }
        act.warn(
            "StockRepository",
            format!("lock on {} not acquired, trying again", product.sku),
            &lock,
        );
    }
    Ok(())
}
