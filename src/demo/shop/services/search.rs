//! Full-text search over the products.

use super::{Service, catalog};
use crate::demo::shop::act::Act;
use crate::demo::shop::calls::Http;
use crate::demo::shop::failure::{Failure, Outcome};
use crate::demo::shop::languages::PYTHON;
use crate::demo::shop::peers::{Database, Statement};
use crate::demo::telemetry::{Attributes, Said, kv};

pub(crate) static SEARCH: Service = Service {
    name: "search",
    language: &PYTHON,
    version: "1.31.4",
    copies: 2,
    trial: None,
    loggers: "shop.search.",
};

static INDEX: Database = Database {
    system: "elasticsearch",
    namespace: "shop-search",
    address: "search-index",
    port: 9200,
};

const QUERY: Statement<'_> = Statement {
    operation: "search",
    collection: "products-v12",
    text: r#"{"query":{"multi_match":{"query":"?","fields":["name^3","brand","description"],"fuzziness":"AUTO"}},"size":24}"#,
    rows: 24,
};

/// How often a query is more than the index will bear.
const TOO_COMPLEX_SHARE: f64 = 0.004;

/// Looks for what somebody typed.
pub(crate) fn products(act: &mut Act<'_>, typed: &str) -> Outcome {
    act.call(&SEARCH, Http::post("/search"), "/search", |act| {
        act.work(2.0);
        act.set("search.query", typed);
        act.step("analyze query", |act| act.work(1.2));
        if act.chance(TOO_COMPLEX_SHARE) {
            let text = "too_many_clauses: maxClauseCount is set to 4096";
            return Err(Failure::new(
                500,
                "elasticsearch.BadRequestError",
                "Index.search",
                text,
            ));
        }
        let found = act.random().between(0, 24) as usize;
        act.query(
            &INDEX,
            Statement {
                rows: found,
                ..QUERY
            },
            18.0,
        );
        told(act, typed, found);
        if found > 0 {
            catalog::several(act, found)?;
        }
        Ok(())
    })
}

/// The search log is structured: its body is a map.
fn told(act: &mut Act<'_>, typed: &str, found: usize) {
    let fields = Attributes::of(&[
        kv("query", typed),
        kv("hits", found),
        kv("analyzer", "shop_multilingual"),
        kv("fuzzy", true),
        kv("terms", &typed.split(' ').collect::<Vec<_>>()[..]),
    ]);
    act.info("queries", Said::Map("search.executed", fields), &[]);
    if found == 0 {
        act.warn(
            "queries",
            format!("nothing found for {typed:?}"),
            &[kv("search.query", typed)],
        );
    }
}
