//! Parcels: what they would cost, and, once an order is placed, their labels.

use super::Service;
use crate::demo::shop::act::Act;
use crate::demo::shop::calls::Http;
use crate::demo::shop::failure::Outcome;
use crate::demo::shop::languages::RUST;
use crate::demo::shop::peers::{Database, Outside, Reply, Statement};
use crate::demo::shop::story::{Message, Story};
use crate::demo::telemetry::kv;

pub(crate) static SHIPPING: Service = Service {
    name: "shipping",
    language: &RUST,
    version: "0.21.0",
    copies: 2,
    trial: None,
    loggers: "shipping::",
};

static PARCELS: Database = Database {
    system: "postgresql",
    namespace: "shipping",
    address: "shipping-db",
    port: 5432,
};

static CARRIER: Outside = Outside {
    address: "rates.parcel.example",
};

/// What a parcel of so many items costs.
pub(crate) fn rates(act: &mut Act<'_>, items: usize) -> Outcome {
    act.call(&SHIPPING, Http::get("/rates"), "/rates", |act| {
        act.work(0.3);
        act.set("parcel.items", items);
        let took_ms = act.random().log_normal(46.0, 0.4);
        act.ask(
            &CARRIER,
            Http::get("/v1/rates"),
            "/v1/rates",
            0,
            (took_ms, Reply::Status(200)),
        )
    })
}

/// An order was placed: this goes on in its trace, after the visitor has got the answer.
pub(crate) fn on_order(story: &mut Story, message: &Message) {
    let lag_ms = story.random.log_normal(35.0, 0.7);
    let start_ns = message.sent_ns + crate::demo::shop::act::ns(lag_ms);
    story.read_one(&SHIPPING, message, start_ns, |act| {
        act.work(0.8);
        act.step("choose packaging", |act| act.work(2.2));
        let took_ms = act.random().log_normal(88.0, 0.45);
        let label = Http::post("/v1/labels");
        act.ask(
            &CARRIER,
            label,
            "/v1/labels",
            0,
            (took_ms, Reply::Status(201)),
        )?;
        let insert = Statement {
            operation: "INSERT",
            collection: "parcels",
            text: "INSERT INTO parcels (order_id, carrier, tracking_number) VALUES ($1, $2, $3)",
            rows: 1,
        };
        act.query(&PARCELS, insert, 2.0);
        let tracking = format!("PX{:010}", act.random().between(0, 9_999_999_999));
        let text = format!("label {tracking} for order {}", message.key);
        let attributes = [
            kv("order.id", &message.key),
            kv("parcel.tracking_number", &tracking),
        ];
        act.info("labels", text, &attributes);
        Ok(())
    });
}
