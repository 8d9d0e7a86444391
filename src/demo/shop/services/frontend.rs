//! Renders the pages: where nearly every trace begins.

use super::Service;
use crate::demo::shop::act::Act;
use crate::demo::shop::calls::Http;
use crate::demo::shop::failure::Outcome;
use crate::demo::shop::languages::NODE;
use crate::demo::shop::story::{Opening, Story};
use crate::demo::telemetry::{Kind, kv};

pub(crate) static FRONTEND: Service = Service {
    name: "web-frontend",
    language: &NODE,
    version: "5.12.3",
    copies: 3,
    trial: None,
    loggers: "storefront.",
};

/// The name under which browsers find it.
const HOST: &str = "shop.example";

/// One request of a browser, answered with a page; `content` gathers what stands on it.
pub(crate) fn page(
    story: &mut Story,
    start_ns: u64,
    http: Http,
    path: &str,
    content: impl FnOnce(&mut Act<'_>) -> Outcome,
) {
    let opening = Opening {
        name: http.name(),
        kind: Kind::Server,
        scope: NODE.http_server,
    };
    story.enter(&FRONTEND, opening, None, start_ns, |act| {
        let visitor = act.visitor().clone();
        act.describe_request(http, path, HOST);
        act.set("client.address", &visitor.address);
        act.set("user_agent.original", visitor.agent);
        act.set("session.id", &visitor.session);
        // The page of a failure is a page too; its status is the failure's.
        let _status = act.serve(http, |act| {
            act.work(1.2);
            content(act)?;
            act.step("render page", |act| act.work(5.0));
            Ok(())
        });
        let took_ms = act.ms_since(start_ns);
        if took_ms > 2_000.0 {
            let text = format!("slow page {path}: {took_ms:.0} ms");
            act.warn(
                "timing",
                text,
                &[
                    kv("duration_ms", took_ms),
                    kv("session.id", &visitor.session),
                ],
            );
        }
    });
}
