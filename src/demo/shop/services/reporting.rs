//! Reports that a timer starts: traces without a caller, and long ones, because each order is read by a statement of its own.

use super::{Service, checkout};
use crate::demo::shop::calls::Http;
use crate::demo::shop::languages::PYTHON;
use crate::demo::shop::peers::{Outside, Reply, Statement};
use crate::demo::shop::story::{Opening, Story};
use crate::demo::telemetry::{Kind, kv};

pub(crate) static REPORTING: Service = Service {
    name: "reporting",
    language: &PYTHON,
    version: "0.9.6",
    copies: 1,
    trial: None,
    loggers: "shop.reporting.",
};

static FILES: Outside = Outside {
    address: "reports.objects.example",
};

const ORDER: Statement<'_> = Statement {
    operation: "SELECT",
    collection: "orders",
    text: "SELECT o.*, sum(l.cents) FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE o.id = $1 GROUP BY o.id",
    rows: 1,
};

/// The report on sales. Every night in a real shop; here, so that one can be seen, every few minutes.
pub(crate) fn sales(story: &mut Story, start_ns: u64) {
    let opening = Opening {
        name: "nightly sales report".to_owned(),
        kind: Kind::Internal,
        scope: "shop.reporting.scheduler",
    };
    story.enter(&REPORTING, opening, None, start_ns, |act| {
        act.set("job.schedule", "0 3 * * *");
        let orders = act.random().between(250, 700) as usize;
        act.info(
            "scheduler",
            format!("report on {orders} orders begins"),
            &[kv("orders", orders)],
        );
        let ids = Statement {
            text: "SELECT id FROM orders WHERE created_at >= $1",
            rows: orders,
            ..ORDER
        };
        act.query(&checkout::ORDERS, ids, 60.0);
        act.step("collect orders", |act| {
            for _ in 0..orders {
                act.query(&checkout::ORDERS, ORDER, 1.7);
            }
        });
        act.step("write spreadsheet", |act| act.work(180.0));
        let put = Http {
            method: "PUT",
            route: "/sales/{day}.xlsx",
        };
        let took_ms = act.random().log_normal(130.0, 0.3);
        let outcome = act.ask(
            &FILES,
            put,
            "/sales/today.xlsx",
            0,
            (took_ms, Reply::Status(200)),
        );
        let took_ms = act.ms_since(start_ns);
        let attributes = [kv("orders", orders), kv("duration_ms", took_ms)];
        match outcome {
            Ok(()) => act.info(
                "scheduler",
                format!("report done in {took_ms:.0} ms"),
                &attributes,
            ),
            Err(failure) => act.error("scheduler", failure.message, &attributes),
        }
    });
}
