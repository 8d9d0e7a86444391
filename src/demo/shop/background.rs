//! What processes log without a request: garbage collections and pools, a version's first and last words, a connection that
//! is lost and found again.

use std::ops::Range;
use std::sync::Arc;

use super::services::{self, Service};
use super::story::{World, by_its_clock};
use crate::demo::incidents::Incident;
use crate::demo::random::Random;
use crate::demo::telemetry::{Attributes, Instance, Log, Pair, Said, Scope, Severity, kv};

/// How many chatty lines there are, per second of the whole shop.
const CHATTER_PER_S: f64 = 0.6;

/// All such lines within a piece of time.
pub(super) fn tell(world: &World, within: &Range<u64>, mut random: Random) -> Vec<Log> {
    let mut lines = Lines(Vec::new());
    chatter(&mut lines, world, within, &mut random);
    release(&mut lines, world, within);
    cache(&mut lines, world, within);
    migration(&mut lines, world, within);
    lines.0
}

struct Lines(Vec<Log>);

impl Lines {
    fn add(
        &mut self,
        (service, instance): (&Service, &Arc<Instance>),
        at_ns: u64,
        severity: Severity,
        (logger, said): (&str, Said),
        attributes: &[Pair<'_>],
    ) {
        self.0.push(Log {
            instance: Arc::clone(instance),
            scope: Scope {
                name: format!("{}{logger}", service.loggers),
                version: "",
            },
            time_ns: by_its_clock(instance, at_ns),
            severity,
            said,
            attributes: Attributes::of(attributes),
            span: None,
            due_ns: at_ns,
        });
    }
}

fn chatter(lines: &mut Lines, world: &World, within: &Range<u64>, random: &mut Random) {
    let copies: Vec<_> = world.fleet.copies().collect();
    let mut at_ns = within.start;
    loop {
        at_ns += (random.exponential(1.0 / CHATTER_PER_S) * 1e9) as u64;
        if at_ns >= within.end {
            return;
        }
        let copy = *random.pick(&copies);
        let used = random.between(1, 18);
        let text = format!("pool: {used} of 20 connections in use, 0 waiting");
        if random.chance(0.5) {
            let pool = [kv("pool.used", used), kv("pool.size", 20_u64)];
            lines.add(
                copy,
                at_ns,
                Severity::Debug,
                ("db.Pool", text.into()),
                &pool,
            );
            continue;
        }
        let paused_ms = random.log_normal(6.0, 0.9);
        let said = match copy.0.language.name {
            "java" | "dotnet" | "go" => format!("garbage collection paused for {paused_ms:.1} ms"),
            "nodejs" => format!("event loop was late by {paused_ms:.1} ms"),
            _ => format!("housekeeping took {paused_ms:.1} ms"),
        };
        let severity = if paused_ms > 25.0 {
            Severity::Warn
        } else {
            Severity::Info
        };
        let took = [kv("duration_ms", paused_ms)];
        lines.add(copy, at_ns, severity, ("runtime", said.into()), &took);
    }
}

/// A version on trial starts, and later crashes for good.
fn release(lines: &mut Lines, world: &World, within: &Range<u64>) {
    let edges = world.incidents.edges(Incident::BadRelease, within);
    for copy in world.fleet.trials() {
        let (service, instance) = copy;
        let version = [kv("service.version", instance.version)];
        if let Some(at_ns) = edges.begins_ns {
            let starting = format!(
                "{} {} is starting on {}",
                service.name, instance.version, instance.pod
            );
            let banner = "  ___ _  _  ___  ___\n / __| || |/ _ \\| _ \\\n \\__ \\ __ | (_) |  _/\n |___/_||_|\\___/|_|   ready to serve";
            lines.add(
                copy,
                at_ns,
                Severity::Info,
                ("Program", starting.into()),
                &version,
            );
            let loaded = Said::Map(
                "configuration.loaded",
                Attributes::of(&[
                    kv(
                        "sources",
                        &["defaults", "environment", "/etc/shop/pricing.json"][..],
                    ),
                    kv("promotions.engine", "v2"),
                    kv("workers", 8_u64),
                ]),
            );
            lines.add(
                copy,
                at_ns + 900_000_000,
                Severity::Info,
                ("Configuration", loaded),
                &[],
            );
            let listening = Said::Text(format!("{banner}\nlistening on http://[::]:8080"));
            lines.add(
                copy,
                at_ns + 2_100_000_000,
                Severity::Info,
                ("Program", listening),
                &version,
            );
        }
        if let Some(at_ns) = edges.ends_ns {
            let text = "host terminated: too many unhandled exceptions, not restarting\nrolled back by deployment controller";
            lines.add(
                copy,
                at_ns,
                Severity::Fatal,
                ("Program", text.into()),
                &version,
            );
        }
    }
}

fn cache(lines: &mut Lines, world: &World, within: &Range<u64>) {
    let edges = world.incidents.edges(Incident::CacheOutage, within);
    let service = &services::catalog::CATALOG;
    for copy in world.fleet.copies().filter(|(of, _)| *of == service) {
        let address = [kv("server.address", "catalog-cache")];
        let logger = "cache.ConnectionWatchdog";
        if let Some(at_ns) = edges.begins_ns {
            let text = "connection to catalog-cache:6379 lost, reconnecting";
            lines.add(
                copy,
                at_ns,
                Severity::Error,
                (logger, text.into()),
                &address,
            );
        }
        if let Some(at_ns) = edges.ends_ns {
            let text = "connected to catalog-cache:6379 again";
            lines.add(copy, at_ns, Severity::Info, (logger, text.into()), &address);
        }
    }
}

fn migration(lines: &mut Lines, world: &World, within: &Range<u64>) {
    let edges = world.incidents.edges(Incident::InventoryLocks, within);
    let service = &services::inventory::INVENTORY;
    let Some(copy) = world.fleet.copies().find(|(of, _)| *of == service) else {
        return;
    };
    let name = [kv("migration", "V42__stock_by_warehouse")];
    let turns = [
        (
            edges.begins_ns,
            "migrating schema to version 42: stock by warehouse",
        ),
        (edges.ends_ns, "schema is at version 42"),
    ];
    for (at_ns, text) in turns {
        if let Some(at_ns) = at_ns {
            lines.add(
                copy,
                at_ns,
                Severity::Info,
                ("db.Migrations", text.into()),
                &name,
            );
        }
    }
}
