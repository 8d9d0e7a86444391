//! Judges an order before it is paid. A model in memory: it needs nobody.

use super::Service;
use crate::demo::shop::act::Act;
use crate::demo::shop::calls::Rpc;
use crate::demo::shop::failure::{Failure, Outcome};
use crate::demo::shop::languages::PYTHON;
use crate::demo::telemetry::kv;

pub(crate) static FRAUD: Service = Service {
    name: "fraud-check",
    language: &PYTHON,
    version: "1.9.2",
    copies: 2,
    trial: None,
    loggers: "shop.fraud.",
};

const ASSESS: Rpc = Rpc {
    method: "shop.fraud.v1.Fraud/Assess",
};

/// From here on an order is declined.
const SCORE_MAX: f64 = 0.97;

/// Gives an order a score.
pub(crate) fn assess(act: &mut Act<'_>, order: &str, cents: u64) -> Outcome {
    act.rpc(&FRAUD, ASSESS, |act| {
        act.work(1.5);
        act.step("load features", |act| act.work(3.0));
        let score = act.random().unit();
        act.step("predict", |act| {
            act.work(14.0);
            act.set("fraud.model", "gbm-2026-09");
            act.set("fraud.score", score);
        });
        let attributes = [
            kv("order.id", order),
            kv("fraud.score", score),
            kv("order.amount_cents", cents),
        ];
        if score > SCORE_MAX {
            let text = format!("order {order} declined: score {score:.3} above {SCORE_MAX}");
            act.warn("scoring", text, &attributes);
            return Err(Failure::new(
                409,
                "OrderDeclined",
                "Scoring.assess",
                "declined",
            ));
        }
        act.info(
            "scoring",
            format!("order {order} scored {score:.3}"),
            &attributes,
        );
        Ok(())
    })
}
