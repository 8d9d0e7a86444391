//! Charges cards by way of an outside provider, who has bad days.

use super::Service;
use crate::demo::incidents::Incident;
use crate::demo::shop::act::Act;
use crate::demo::shop::calls::Http;
use crate::demo::shop::failure::{Failure, Outcome};
use crate::demo::shop::languages::NODE;
use crate::demo::shop::peers::{Database, Outside, Reply, Statement};
use crate::demo::telemetry::kv;

pub(crate) static PAYMENT: Service = Service {
    name: "payment",
    language: &NODE,
    version: "6.0.4",
    copies: 2,
    trial: None,
    loggers: "payment.",
};

static LEDGER: Database = Database {
    system: "postgresql",
    namespace: "payments",
    address: "payments-db",
    port: 5432,
};

static PROVIDER: Outside = Outside {
    address: "api.paygate.example",
};

const CHARGES: Http = Http::post("/v2/charges");

/// The caller waits no longer for one attempt.
const TIMEOUT_MS: f64 = 1_500.0;

const ATTEMPTS: u64 = 3;

/// On a bad day so many attempts get no answer.
const SILENT_SHARE: f64 = 0.75;

/// On a good day so many get a wrong one.
const UNAVAILABLE_SHARE: f64 = 0.01;

const RECORD: Statement<'_> = Statement {
    operation: "INSERT",
    collection: "charges",
    text: "INSERT INTO charges (order_id, provider_ref, cents, state) VALUES ($1, $2, $3, $4)",
    rows: 1,
};

/// Charges the visitor's card for an order.
pub(crate) fn charge(act: &mut Act<'_>, order: &str, cents: u64) -> Outcome {
    act.call(&PAYMENT, Http::post("/charges"), "/charges", |act| {
        act.work(1.5);
        act.set("order.id", order);
        act.set("payment.amount_cents", cents);
        attempts(act, order)?;
        act.query(&LEDGER, RECORD, 2.8);
        let text = format!(
            "charged {}.{:02} EUR for order {order}",
            cents / 100,
            cents % 100
        );
        act.info(
            "charges",
            text,
            &[kv("order.id", order), kv("payment.amount_cents", cents)],
        );
        act.answer(201);
        Ok(())
    })
}

/// Asks the provider, and again after a pause that doubles.
fn attempts(act: &mut Act<'_>, order: &str) -> Outcome {
    let mut pause_ms = 120.0;
    for attempt in 0..ATTEMPTS {
        let reply = reply(act);
        let Err(failure) = act.ask(&PROVIDER, CHARGES, "/v2/charges", attempt, reply) else {
            return Ok(());
        };
        let left = ATTEMPTS - attempt - 1;
        let attributes = [
            kv("order.id", order),
            kv("attempt", attempt + 1),
            kv("server.address", PROVIDER.address),
        ];
        if left > 0 {
            let text = format!(
                "{}; trying again in {pause_ms:.0} ms, {left} attempts left",
                failure.message
            );
            act.warn("provider", text, &attributes);
            act.wait_ms(pause_ms);
            pause_ms *= 2.0;
        } else {
            act.error(
                "provider",
                format!("giving up on order {order}: {}", failure.message),
                &attributes,
            );
        }
    }
    let text = format!("{} did not answer {ATTEMPTS} times", PROVIDER.address);
    Err(Failure::new(
        504,
        "ProviderTimeoutError",
        "ProviderClient.charge",
        text,
    ))
}

fn reply(act: &mut Act<'_>) -> (f64, Reply) {
    if act.during(Incident::ProviderTimeouts) {
        return if act.chance(SILENT_SHARE) {
            (TIMEOUT_MS, Reply::None)
        } else {
            (
                act.random().log_normal(950.0, 0.25).min(TIMEOUT_MS),
                Reply::Status(201),
            )
        };
    }
    let took_ms = act.random().log_normal(140.0, 0.4).min(TIMEOUT_MS);
    if act.chance(UNAVAILABLE_SHARE) {
        (took_ms, Reply::Status(503))
    } else {
        (took_ms, Reply::Status(201))
    }
}
