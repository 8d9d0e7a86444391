//! Accounts and sessions.

use super::Service;
use crate::demo::shop::act::Act;
use crate::demo::shop::calls::Http;
use crate::demo::shop::failure::{Failure, Outcome};
use crate::demo::shop::languages::GO;
use crate::demo::shop::peers::{Cache, Database, Statement};
use crate::demo::shop::story::{Opening, Story};
use crate::demo::telemetry::{Kind, kv};

pub(crate) static AUTH: Service = Service {
    name: "auth",
    language: &GO,
    version: "2.18.0",
    copies: 2,
    trial: None,
    loggers: "auth/",
};

static ACCOUNTS: Database = Database {
    system: "postgresql",
    namespace: "accounts",
    address: "accounts-db",
    port: 5432,
};

static SESSIONS: Cache = Cache {
    address: "sessions",
};

const WRONG_PASSWORD_SHARE: f64 = 0.09;

/// Whose session this is.
pub(crate) fn session(act: &mut Act<'_>) -> Outcome {
    let session = act.visitor().session.clone();
    let path = format!("/sessions/{session}");
    act.call(&AUTH, Http::get("/sessions/{id}"), &path, |act| {
        act.work(0.5);
        act.cache(&SESSIONS, "GET", &format!("session:{session}"), false)?;
        act.debug("session", format!("session {session} is valid"), &[]);
        Ok(())
    })
}

/// A name and a password.
pub(crate) fn log_in(act: &mut Act<'_>) -> Outcome {
    let (user, session) = (act.visitor().user.clone(), act.visitor().session.clone());
    act.call(&AUTH, Http::post("/sessions"), "/sessions", |act| {
        act.work(1.0);
        let text = "SELECT id, password_hash, locked_until FROM accounts WHERE login = $1";
        let find = Statement {
            operation: "SELECT",
            collection: "accounts",
            text,
            rows: 1,
        };
        act.query(&ACCOUNTS, find, 1.8);
        act.step("argon2id verify", |act| {
            act.work(72.0);
            act.set("argon2.memory_kib", 65_536_u64);
        });
        let who = [kv("user.id", &user)];
        if act.chance(WRONG_PASSWORD_SHARE) {
            act.warn("login", format!("wrong password for {user}"), &who);
            return Err(Failure::new(
                401,
                "*auth.WrongPassword",
                "Login.verify",
                "wrong password",
            ));
        }
        act.cache(
            &SESSIONS,
            "SETEX",
            &format!("session:{session} 86400 ?"),
            false,
        )?;
        act.info("login", format!("user {user} logged in"), &who);
        act.answer(201);
        Ok(())
    })
}

/// Once in a while, started by a timer: old sessions are removed.
pub(crate) fn remove_old_sessions(story: &mut Story, start_ns: u64) {
    let opening = Opening {
        name: "remove expired sessions".to_owned(),
        kind: Kind::Internal,
        scope: "auth/cron",
    };
    story.enter(&AUTH, opening, None, start_ns, |act| {
        act.set("job.schedule", "*/1 * * * *");
        act.work(0.8);
        let removed = act.random().between(3, 90);
        let remove = Statement {
            operation: "DELETE",
            collection: "refresh_tokens",
            text: "DELETE FROM refresh_tokens WHERE expires_at < now()",
            rows: removed as usize,
        };
        act.query(&ACCOUNTS, remove, 9.0);
        act.info(
            "cron",
            format!("removed {removed} expired sessions"),
            &[kv("removed", removed)],
        );
    });
}
