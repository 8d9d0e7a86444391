//! Writes e-mails. It reads its queue in batches: one trace for messages of many traces, with a link to each.

use super::{Service, checkout};
use crate::demo::shop::act::Act;
use crate::demo::shop::calls::Http;
use crate::demo::shop::failure::Outcome;
use crate::demo::shop::languages::PYTHON;
use crate::demo::shop::peers::{Outside, Reply};
use crate::demo::shop::story::{Message, Story};
use crate::demo::telemetry::{Attributes, Said, kv};

pub(crate) static NOTIFICATION: Service = Service {
    name: "notification",
    language: &PYTHON,
    version: "2.11.0",
    copies: 1,
    trial: None,
    loggers: "shop.notification.",
};

static MAIL: Outside = Outside {
    address: "smtp-relay.mail.example",
};

/// How often the relay asks to come back later.
const BUSY_SHARE: f64 = 0.03;

/// One batch.
pub(crate) fn write_all(story: &mut Story, messages: &[Message], start_ns: u64) {
    story.read_many(
        &NOTIFICATION,
        checkout::EMAILS_TOPIC,
        messages,
        start_ns,
        |act| {
            act.info(
                "consumer",
                format!("batch of {} messages", messages.len()),
                &[kv("messages", messages.len())],
            );
            for message in messages {
                act.step("send confirmation", |act| write(act, &message.key))?;
            }
            Ok(())
        },
    );
}

fn write(act: &mut Act<'_>, order: &str) -> Outcome {
    act.set("order.id", order);
    act.step("render template", |act| {
        act.set("template", "order-confirmation.mjml");
        act.work(6.0);
    });
    let http = Http::post("/v3/mail/send");
    for attempt in 0..2 {
        let took_ms = act.random().log_normal(70.0, 0.5);
        let busy = attempt == 0 && act.chance(BUSY_SHARE);
        let reply = Reply::Status(if busy { 429 } else { 202 });
        match act.ask(&MAIL, http, "/v3/mail/send", attempt, (took_ms, reply)) {
            Ok(()) => break,
            Err(failure) => {
                let text = format!("{}, retrying once", failure.message);
                act.warn("mailer", text, &[kv("order.id", order)]);
                act.wait_ms(250.0);
            }
        }
    }
    let fields = Attributes::of(&[
        kv("order", order),
        kv("template", "order-confirmation"),
        kv("locale", "de-DE"),
        kv("opened", false),
    ]);
    act.info("mailer", Said::Map("mail.sent", fields), &[]);
    Ok(())
}
