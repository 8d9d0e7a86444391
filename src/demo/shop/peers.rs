//! What services talk to that sends no telemetry: databases, caches, queues, and other people's APIs. Each is a CLIENT or
//! PRODUCER span without a child.

use std::sync::Arc;

use super::act::Act;
use super::calls::Http;
use super::failure::{Failure, Outcome};
use super::services::Service;
use super::story::{Message, Opening, Story};
use crate::demo::telemetry::{Kind, kv};

/// A statement that takes longer is warned of.
const SLOW_STATEMENT_MS: f64 = 400.0;

const STATEMENT_SIGMA: f64 = 0.45;

/// A database, by what its clients say of it.
#[derive(Debug)]
pub(crate) struct Database {
    /// `db.system.name`.
    pub(crate) system: &'static str,
    pub(crate) namespace: &'static str,
    pub(crate) address: &'static str,
    pub(crate) port: u16,
}

/// One statement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Statement<'a> {
    pub(crate) operation: &'static str,
    /// Table or index.
    pub(crate) collection: &'static str,
    pub(crate) text: &'a str,
    pub(crate) rows: usize,
}

/// A refusal by a database.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refusal {
    /// SQLSTATE or its like.
    pub(crate) code: &'static str,
    pub(crate) message: &'static str,
}

/// A cache that speaks Redis's language.
#[derive(Debug)]
pub(crate) struct Cache {
    pub(crate) address: &'static str,
}

/// Somebody else's API.
#[derive(Debug)]
pub(crate) struct Outside {
    pub(crate) address: &'static str,
}

/// How somebody else's API answers one request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reply {
    Status(u16),
    /// None in the time that the caller waits.
    None,
}

impl Act<'_> {
    /// A statement that takes about this long.
    pub(crate) fn query(&mut self, database: &Database, statement: Statement<'_>, median_ms: f64) {
        let took_ms = self.story.random.log_normal(median_ms, STATEMENT_SIGMA);
        // A statement without a refusal cannot fail.
        let _done = self.statement(database, statement, took_ms, None);
    }

    /// A statement that takes exactly this long, and may be refused.
    pub(crate) fn statement(
        &mut self,
        database: &Database,
        statement: Statement<'_>,
        took_ms: f64,
        refusal: Option<Refusal>,
    ) -> Outcome {
        let own = Arc::clone(&self.instance);
        let summary = format!("{} {}", statement.operation, statement.collection);
        let opening = Opening {
            name: summary.clone(),
            kind: Kind::Client,
            scope: self.service().language.sql,
        };
        let failure = refusal.map(|refusal| {
            let text = format!("{}: {}", refusal.code, refusal.message);
            Failure::new(500, "DatabaseError", "Connection.execute", text)
        });
        self.span(&own, opening, |client| {
            client.set("db.system.name", database.system);
            client.set("db.namespace", database.namespace);
            client.set("db.operation.name", statement.operation);
            client.set("db.collection.name", statement.collection);
            client.set("db.query.summary", &summary);
            client.set("db.query.text", statement.text);
            client.set("server.address", database.address);
            client.set("server.port", database.port);
            client.wait_ms(took_ms);
            match (refusal, &failure) {
                (Some(refusal), Some(failure)) => {
                    client.set("db.response.status_code", refusal.code);
                    client.fail(refusal.code, refusal.message);
                    client.exception(failure);
                }
                _ => client.set("db.response.returned_rows", statement.rows),
            }
        });
        if took_ms > SLOW_STATEMENT_MS {
            self.slow_statement(database, statement, took_ms);
        }
        failure.map_or(Ok(()), Err)
    }

    fn slow_statement(&mut self, database: &Database, statement: Statement<'_>, took_ms: f64) {
        let text = format!("slow query ({took_ms:.0} ms): {}", statement.text);
        let attributes = [
            kv("db.namespace", database.namespace),
            kv("db.collection.name", statement.collection),
            kv("duration_ms", (took_ms * 10.0).round() / 10.0),
            kv("rows", statement.rows),
        ];
        self.warn("db.SlowQueryLog", text, &attributes);
    }

    /// A command to a cache; an error where the cache is away.
    pub(crate) fn cache(
        &mut self,
        cache: &Cache,
        operation: &'static str,
        arguments: &str,
        away: bool,
    ) -> Outcome {
        let own = Arc::clone(&self.instance);
        let opening = Opening {
            name: operation.to_owned(),
            kind: Kind::Client,
            scope: self.service().language.cache,
        };
        self.span(&own, opening, |client| {
            client.set("db.system.name", "redis");
            client.set("db.operation.name", operation);
            client.set("db.query.text", &format!("{operation} {arguments}"));
            client.set("server.address", cache.address);
            client.set("server.port", 6379_u16);
            if !away {
                client.work(0.35);
                return Ok(());
            }
            client.work(1.2);
            let message = format!("connect ECONNREFUSED {}:6379", cache.address);
            let failure = Failure::new(503, "ConnectionError", "Redis.connect", message);
            client.fail("ConnectionError", &failure.message);
            client.exception(&failure);
            Err(failure)
        })
    }

    /// A request to somebody else's API. `attempt` counts from 0.
    pub(crate) fn ask(
        &mut self,
        outside: &Outside,
        http: Http,
        path: &str,
        attempt: u64,
        (took_ms, reply): (f64, Reply),
    ) -> Outcome {
        let own = Arc::clone(&self.instance);
        let language = self.service().language;
        let opening = Opening {
            name: http.name(),
            kind: Kind::Client,
            scope: language.http_client,
        };
        self.span(&own, opening, |client| {
            client.set("http.request.method", http.method);
            client.set("url.full", &format!("https://{}{path}", outside.address));
            client.set("url.template", http.route);
            client.set("server.address", outside.address);
            client.set("server.port", 443_u16);
            if attempt > 0 {
                client.set("http.request.resend_count", attempt);
            }
            client.wait_ms(took_ms);
            match reply {
                Reply::Status(status) if status < 400 => {
                    client.set("http.response.status_code", status);
                    Ok(())
                }
                Reply::Status(status) => {
                    client.set("http.response.status_code", status);
                    client.fail(&status.to_string(), "");
                    let text = format!("{} answered {status}", outside.address);
                    Err(Failure::new(502, language.bad_answer, "Client.send", text))
                }
                Reply::None => {
                    let text = format!("no answer from {} in {took_ms:.0} ms", outside.address);
                    client.fail("timeout", &text);
                    let failure = Failure::new(504, "TimeoutError", "Client.send", text);
                    client.exception(&failure);
                    Err(failure)
                }
            }
        })
    }

    /// Puts a message into a queue; whoever reads it does so outside this act.
    pub(crate) fn publish(&mut self, topic: &'static str, key: &str) {
        let own = Arc::clone(&self.instance);
        let opening = Opening {
            name: format!("send {topic}"),
            kind: Kind::Producer,
            scope: self.service().language.messaging,
        };
        let (partition, offset) = (
            self.random().between(0, 5),
            self.random().between(1_000, 9_999_999),
        );
        self.span(&own, opening, |producer| {
            producer.set("messaging.operation.name", "send");
            producer.set("messaging.operation.type", "send");
            producer.describe_queue(topic);
            producer.set("messaging.kafka.message.key", key);
            producer.set("messaging.destination.partition.id", &partition.to_string());
            producer.set("messaging.kafka.offset", offset);
            producer.work(2.2);
            let message = Message {
                topic,
                key: key.to_owned(),
                sender: producer.context(),
                sent_ns: producer.now_ns(),
            };
            producer.story.messages.push(message);
        });
    }

    fn describe_queue(&mut self, topic: &str) {
        self.set("messaging.system", "kafka");
        self.set("messaging.destination.name", topic);
        self.set("server.address", "kafka");
        self.set("server.port", 9092_u16);
    }

    fn describe_reading(&mut self, topic: &str, group: &str) {
        self.set("messaging.operation.name", "process");
        self.set("messaging.operation.type", "process");
        self.describe_queue(topic);
        self.set("messaging.consumer.group.name", group);
    }
}

impl Story {
    /// A service reads one message: a CONSUMER span in the sender's own trace.
    pub(crate) fn read_one(
        &mut self,
        service: &'static Service,
        message: &Message,
        start_ns: u64,
        body: impl FnOnce(&mut Act<'_>) -> Outcome,
    ) {
        let parent = Some(message.sender.1);
        self.enter(
            service,
            reading(service, message.topic),
            parent,
            start_ns,
            |act| {
                act.describe_reading(message.topic, service.name);
                act.set("messaging.kafka.message.key", &message.key);
                act.finish_reading(body, message.topic);
            },
        );
    }

    /// A service reads many messages of many traces at once: a trace of its own, with a link to each sender.
    pub(crate) fn read_many(
        &mut self,
        service: &'static Service,
        topic: &'static str,
        messages: &[Message],
        start_ns: u64,
        body: impl FnOnce(&mut Act<'_>) -> Outcome,
    ) {
        self.enter(service, reading(service, topic), None, start_ns, |act| {
            act.describe_reading(topic, service.name);
            act.set("messaging.batch.message_count", messages.len());
            messages.iter().for_each(|message| act.link(message.sender));
            act.finish_reading(body, topic);
        });
    }
}

impl Act<'_> {
    fn finish_reading(&mut self, body: impl FnOnce(&mut Act<'_>) -> Outcome, topic: &str) {
        if let Err(failure) = body(self) {
            self.blame(&failure, &format!("process {topic}"));
        }
    }
}

fn reading(service: &Service, topic: &str) -> Opening {
    Opening {
        name: format!("process {topic}"),
        kind: Kind::Consumer,
        scope: service.language.messaging,
    }
}
