//! The one door to the services: limits, sessions, and a line in the access log.

use super::{Service, auth};
use crate::demo::shop::act::Act;
use crate::demo::shop::calls::Http;
use crate::demo::shop::failure::Outcome;
use crate::demo::shop::languages::GO;
use crate::demo::shop::peers::Cache;
use crate::demo::shop::story::{Opening, Story};
use crate::demo::telemetry::{Kind, kv};

pub(crate) static GATEWAY: Service = Service {
    name: "api-gateway",
    language: &GO,
    version: "3.4.1",
    copies: 3,
    trial: None,
    loggers: "gateway/",
};

static LIMITS: Cache = Cache {
    address: "gateway-limits",
};

/// The name under which the app finds it.
const HOST: &str = "api.shop.example";

/// How often a session is known here and need not be looked up.
const SESSION_KNOWN: f64 = 0.7;

/// Calls an endpoint of the public API; `body` is what the services behind it do.
pub(crate) fn api(
    act: &mut Act<'_>,
    http: Http,
    path: &str,
    body: impl FnOnce(&mut Act<'_>) -> Outcome,
) -> Outcome {
    act.call(&GATEWAY, http, path, |act| forward(act, http, path, body))
}

/// The app calls the same API. Its own span is never sent: the trace has no root, as it is with clients that only
/// propagate.
pub(crate) fn from_app(
    story: &mut Story,
    start_ns: u64,
    http: Http,
    path: &str,
    body: impl FnOnce(&mut Act<'_>) -> Outcome,
) {
    let opening = Opening {
        name: http.name(),
        kind: Kind::Server,
        scope: GO.http_server,
    };
    let unsent = Some(story.random.id());
    story.enter(&GATEWAY, opening, unsent, start_ns, |act| {
        let visitor = act.visitor().clone();
        act.describe_request(http, path, HOST);
        act.set("client.address", &visitor.address);
        act.set("user_agent.original", "ShopApp/8.2 (Android 16)");
        // What failed stands in the span and the log.
        let _status = act.serve(http, |act| forward(act, http, path, body));
    });
}

fn forward(
    act: &mut Act<'_>,
    http: Http,
    path: &str,
    body: impl FnOnce(&mut Act<'_>) -> Outcome,
) -> Outcome {
    let began_ns = act.now_ns();
    act.work(0.4);
    let counter = format!("limit:{}", act.visitor().address);
    act.cache(&LIMITS, "INCR", &counter, false)?;
    let outcome = admit(act).and_then(|()| body(act));
    access_log(act, http, path, began_ns, &outcome);
    outcome
}

fn admit(act: &mut Act<'_>) -> Outcome {
    if act.chance(SESSION_KNOWN) {
        act.event("session.known", &[]);
        return Ok(());
    }
    auth::session(act)
}

fn access_log(act: &mut Act<'_>, http: Http, path: &str, began_ns: u64, outcome: &Outcome) {
    let status = outcome
        .as_ref()
        .map_or_else(|failure| failure.status, |()| 200);
    let took_ms = act.ms_since(began_ns);
    let address = act.visitor().address.clone();
    let bytes = act.random().between(600, 48_000);
    let text = format!(
        "{address} \"{} {path} HTTP/1.1\" {status} {bytes} {took_ms:.1}ms",
        http.method
    );
    let attributes = [
        kv("http.request.method", http.method),
        kv("http.route", http.route),
        kv("http.response.status_code", status),
        kv("http.response.body.size", bytes),
        kv("client.address", &address),
    ];
    if status >= 500 {
        act.error("access", text, &attributes);
    } else if status >= 400 {
        act.warn("access", text, &attributes);
    } else {
        act.info("access", text, &attributes);
    }
}

/// A part of an answer that it can do without: its failure is told and forgotten.
pub(crate) fn optional(act: &mut Act<'_>, part: &str, outcome: Outcome) -> Outcome {
    if let Err(failure) = outcome {
        let text = format!("answering without {part}: {}", failure.message);
        act.warn("aggregate", text, &[kv("part", part)]);
    }
    Ok(())
}
