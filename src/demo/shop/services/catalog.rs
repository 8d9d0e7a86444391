//! What the shop sells. A cache stands before its database; when that is away, the database feels it.

use super::{Service, pricing};
use crate::demo::incidents::Incident;
use crate::demo::random::Random;
use crate::demo::shop::act::Act;
use crate::demo::shop::calls::Http;
use crate::demo::shop::failure::{Failure, Outcome};
use crate::demo::shop::languages::JAVA;
use crate::demo::shop::peers::{Cache, Database, Statement};
use crate::demo::shop::people::{PRODUCTS, Product};
use crate::demo::telemetry::kv;

pub(crate) static CATALOG: Service = Service {
    name: "catalog",
    language: &JAVA,
    version: "4.7.0",
    copies: 3,
    trial: None,
    loggers: "com.example.shop.catalog.",
};

static PRODUCT_DB: Database = Database {
    system: "postgresql",
    namespace: "catalog",
    address: "catalog-db",
    port: 5432,
};

static PRODUCT_CACHE: Cache = Cache {
    address: "catalog-cache",
};

const CACHE_HIT_SHARE: f64 = 0.86;

/// With nothing before it the database is so much slower.
const LOAD_WITHOUT_CACHE: f64 = 6.0;

/// How often somebody asks for what is not there.
const UNKNOWN_SHARE: f64 = 0.015;

/// How often a list is made by the code that loads the images one by one.
const ONE_BY_ONE_SHARE: f64 = 0.02;

const FIND: Statement<'_> = Statement {
    operation: "SELECT",
    collection: "products",
    text: "SELECT id, sku, name, description, brand_id FROM products WHERE sku = $1",
    rows: 1,
};

const LIST: Statement<'_> = Statement {
    operation: "SELECT",
    collection: "products",
    text: "SELECT p.id, p.sku, p.name FROM products p JOIN product_categories c ON c.product_id = p.id WHERE c.slug = $1 ORDER BY p.rank LIMIT 48",
    rows: 48,
};

const IMAGE: Statement<'_> = Statement {
    operation: "SELECT",
    collection: "product_images",
    text: "SELECT url, width, height FROM product_images WHERE product_id = $1",
    rows: 3,
};

/// One product, from the cache or the database.
pub(crate) fn product(act: &mut Act<'_>, product: &Product) -> Outcome {
    let path = format!("/products/{}", product.sku);
    act.call(&CATALOG, Http::get("/products/{sku}"), &path, |act| {
        act.work(0.9);
        if act.chance(UNKNOWN_SHARE) {
            act.query(&PRODUCT_DB, Statement { rows: 0, ..FIND }, 1.5);
            let text = format!("no product {}", product.sku);
            let kind = "com.example.shop.catalog.ProductNotFoundException";
            return Err(Failure::new(404, kind, "ProductRepository.find", text));
        }
        cached(act, &format!("product:{}", product.sku), FIND, 2.4);
        let said = format!("product {} \"{}\"", product.sku, product.name);
        act.debug("ProductRepository", said, &[kv("product.sku", product.sku)]);
        Ok(())
    })
}

/// A page of a category, with prices.
pub(crate) fn category(act: &mut Act<'_>, slug: &str) -> Outcome {
    let path = format!("/categories/{slug}/products");
    let http = Http::get("/categories/{slug}/products");
    act.call(&CATALOG, http, &path, |act| {
        act.work(1.4);
        cached(act, &format!("category:{slug}"), LIST, 11.0);
        if act.chance(ONE_BY_ONE_SHARE) {
            images_one_by_one(act, slug);
        }
        pricing::quote(act, 24)?;
        act.info(
            "CategoryService",
            format!("listed 48 products of {slug}"),
            &[kv("category", slug)],
        );
        Ok(())
    })
}

/// The products that recommendation or search have chosen.
pub(crate) fn several(act: &mut Act<'_>, count: usize) -> Outcome {
    let http = Http::post("/products/batch");
    act.call(&CATALOG, http, "/products/batch", |act| {
        act.work(0.8);
        let text = "SELECT id, sku, name FROM products WHERE id = ANY($1)";
        let find = Statement {
            operation: "SELECT",
            collection: "products",
            text,
            rows: count,
        };
        cached(act, &format!("batch:{count}"), find, 4.0);
        Ok(())
    })
}

/// A statement whose answer the cache may have.
fn cached(act: &mut Act<'_>, key: &str, statement: Statement<'_>, median_ms: f64) {
    let away = act.during(Incident::CacheOutage);
    let hit = match act.cache(&PRODUCT_CACHE, "GET", key, away) {
        Ok(()) => act.chance(CACHE_HIT_SHARE),
        Err(failure) => {
            let text = format!(
                "cache unavailable, asking the database: {}",
                failure.message
            );
            act.warn("cache.ProductCache", text, &[kv("cache.key", key)]);
            false
        }
    };
    act.event(
        if hit { "cache.hit" } else { "cache.miss" },
        &[kv("cache.key", key)],
    );
    if hit {
        return;
    }
    let load = if away { LOAD_WITHOUT_CACHE } else { 1.0 };
    act.query(&PRODUCT_DB, statement, median_ms * load);
    if !away {
        // Whether it was kept or not, the answer is known.
        let _kept = act.cache(&PRODUCT_CACHE, "SETEX", &format!("{key} 600 ?"), false);
    }
}

/// The mistake that everybody makes once: a query for each row of another.
fn images_one_by_one(act: &mut Act<'_>, slug: &str) {
    let count = act.random().between(120, 320) as usize;
    act.step("ImageLoader.loadAll", |act| {
        for _ in 0..count {
            act.query(&PRODUCT_DB, IMAGE, 0.9);
        }
    });
    let text = format!(
        "{count} statements in one request for category {slug}; images are loaded one by one"
    );
    let attributes = [kv("statements", count), kv("category", slug)];
    act.warn("db.StatementCounter", text, &attributes);
}

/// One of the products, some of them far more often than others.
pub(crate) fn any(random: &mut Random) -> &'static Product {
    let wanted = random.unit().powi(2) * PRODUCTS.len() as f64;
    &PRODUCTS[(wanted as usize).min(PRODUCTS.len() - 1)]
}
