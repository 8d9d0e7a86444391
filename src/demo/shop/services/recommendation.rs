//! What else somebody may like.

use super::{Service, catalog};
use crate::demo::shop::act::Act;
use crate::demo::shop::calls::Http;
use crate::demo::shop::failure::{Failure, Outcome};
use crate::demo::shop::languages::PYTHON;
use crate::demo::shop::peers::Cache;
use crate::demo::telemetry::kv;

pub(crate) static RECOMMENDATION: Service = Service {
    name: "recommendation",
    language: &PYTHON,
    version: "0.44.1",
    copies: 2,
    trial: None,
    loggers: "shop.recommendation.",
};

static FEATURES: Cache = Cache {
    address: "feature-store",
};

/// How often the model has never heard of somebody.
const COLD_START_SHARE: f64 = 0.12;

/// How often the model takes more than it is given.
const OVERTIME_SHARE: f64 = 0.006;

/// Some products for whoever visits.
pub(crate) fn for_visitor(act: &mut Act<'_>) -> Outcome {
    let user = act.visitor().user.clone();
    let path = format!("/recommendations/{user}");
    act.call(
        &RECOMMENDATION,
        Http::get("/recommendations/{user}"),
        &path,
        |act| {
            act.work(1.6);
            act.cache(&FEATURES, "HGETALL", &format!("features:{user}"), false)?;
            if act.chance(OVERTIME_SHARE) {
                act.wait_ms(800.0);
                let text = "inference took longer than 800 ms";
                return Err(Failure::new(503, "TimeoutError", "Ranker.rank", text));
            }
            let cold = act.chance(COLD_START_SHARE);
            act.step("rank candidates", |act| {
                act.work(if cold { 9.0 } else { 24.0 });
                act.set("model.version", "two-tower-31");
                act.set("candidates", if cold { 50_u64 } else { 400 });
            });
            if cold {
                let text = format!("no history of {user}, falling back to bestsellers");
                act.info("ranker", text, &[kv("user.id", &user)]);
            }
            catalog::several(act, 8)
        },
    )
}
