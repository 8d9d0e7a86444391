//! Calls from service to service: a CLIENT span here, the network, a SERVER span there, and what either says of the answer.

use std::sync::Arc;

use super::act::Act;
use super::failure::{Failure, Outcome};
use super::services::Service;
use super::story::Opening;
use crate::demo::telemetry::{Kind, kv};

/// The port of every service within the cluster.
const PORT: u16 = 8080;

/// A route of a service's HTTP API.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Http {
    pub(crate) method: &'static str,
    pub(crate) route: &'static str,
}

impl Http {
    pub(crate) const fn get(route: &'static str) -> Self {
        Self {
            method: "GET",
            route,
        }
    }

    pub(crate) const fn post(route: &'static str) -> Self {
        Self {
            method: "POST",
            route,
        }
    }

    pub(crate) const fn delete(route: &'static str) -> Self {
        Self {
            method: "DELETE",
            route,
        }
    }

    pub(crate) fn name(self) -> String {
        format!("{} {}", self.method, self.route)
    }
}

/// A method of a service's gRPC API.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rpc {
    /// `package.Service/Method`.
    pub(crate) method: &'static str,
}

impl Act<'_> {
    /// Calls another service over HTTP; `body` is what that one does.
    pub(crate) fn call<T>(
        &mut self,
        callee: &'static Service,
        http: Http,
        path: &str,
        body: impl FnOnce(&mut Act<'_>) -> Outcome<T>,
    ) -> Outcome<T> {
        let own = Arc::clone(&self.instance);
        let there = self.story.instance_of(callee, self.now_ns());
        let opening = |kind, scope| Opening {
            name: http.name(),
            kind,
            scope,
        };
        let caller = self.service().language;
        self.span(&own, opening(Kind::Client, caller.http_client), |client| {
            client.set("http.request.method", http.method);
            client.set("url.full", &format!("http://{}:{PORT}{path}", callee.name));
            client.set("url.template", http.route);
            client.set("server.address", callee.name);
            client.set("server.port", PORT);
            client.travel();
            let answer = client.span(
                &there,
                opening(Kind::Server, callee.language.http_server),
                |server| {
                    server.describe_request(http, path, callee.name);
                    server.serve(http, body)
                },
            );
            client.travel();
            client.judge(callee, &http.name(), answer)
        })
    }

    /// What a SERVER span says of its request.
    pub(super) fn describe_request(&mut self, http: Http, path: &str, host: &str) {
        self.set("http.request.method", http.method);
        self.set("http.route", http.route);
        self.set("url.path", path);
        self.set("url.scheme", "http");
        self.set("server.address", host);
        self.set("network.protocol.version", "1.1");
    }

    /// Does the work of a SERVER span and says how it went: on the span, and in the log where it went wrong.
    pub(super) fn serve<T>(
        &mut self,
        http: Http,
        body: impl FnOnce(&mut Act<'_>) -> Outcome<T>,
    ) -> Result<(u16, T), Failure> {
        let outcome = body(self);
        let status = outcome
            .as_ref()
            .map_or_else(|failure| failure.status, |_| self.status);
        self.set("http.response.status_code", status);
        match outcome {
            Ok(result) => Ok((status, result)),
            Err(failure) => {
                self.blame(&failure, &http.name());
                Err(failure)
            }
        }
    }

    /// What a CLIENT span says of its answer. Here every status from 400 on is an error.
    fn judge<T>(
        &mut self,
        callee: &Service,
        operation: &str,
        answer: Result<(u16, T), Failure>,
    ) -> Outcome<T> {
        match answer {
            Ok((status, result)) => {
                self.set("http.response.status_code", status);
                Ok(result)
            }
            Err(failure) => {
                self.set("http.response.status_code", failure.status);
                self.fail(&failure.status.to_string(), "");
                Err(failure.seen_by(self.service().language, callee.name, operation))
            }
        }
    }

    /// Calls another service over gRPC.
    pub(crate) fn rpc<T>(
        &mut self,
        callee: &'static Service,
        rpc: Rpc,
        body: impl FnOnce(&mut Act<'_>) -> Outcome<T>,
    ) -> Outcome<T> {
        let own = Arc::clone(&self.instance);
        let there = self.story.instance_of(callee, self.now_ns());
        let opening = |kind, scope| Opening {
            name: rpc.method.to_owned(),
            kind,
            scope,
        };
        let caller = self.service().language;
        self.span(&own, opening(Kind::Client, caller.rpc), |client| {
            client.describe_rpc(rpc, callee);
            client.travel();
            let scope = callee.language.rpc;
            let answer = client.span(&there, opening(Kind::Server, scope), |server| {
                server.describe_rpc(rpc, callee);
                let outcome = body(server);
                server.set("rpc.response.status_code", code_of(&outcome));
                if let Err(failure) = &outcome {
                    server.blame(failure, rpc.method);
                }
                outcome
            });
            client.travel();
            client.set("rpc.response.status_code", code_of(&answer));
            answer.map_err(|failure| {
                client.fail(failure.rpc_code(), "");
                failure.seen_by(caller, callee.name, rpc.method)
            })
        })
    }

    fn describe_rpc(&mut self, rpc: Rpc, callee: &Service) {
        self.set("rpc.system.name", "grpc");
        self.set("rpc.method", rpc.method);
        self.set("server.address", callee.name);
        self.set("server.port", PORT);
    }

    /// A failed request on its own side: a fault is an error with its exception, a refusal is not.
    pub(super) fn blame(&mut self, failure: &Failure, operation: &str) {
        if !failure.is_fault() {
            // Those further out pass it on without a word.
            if failure.own {
                let text = format!(
                    "{operation} refused with {}: {}",
                    failure.status, failure.message
                );
                self.warn(
                    "web.Endpoint",
                    text,
                    &[kv("http.response.status_code", failure.status)],
                );
            }
            return;
        }
        self.fail(failure.kind, &failure.message);
        self.exception(failure);
        let attributes = [
            kv("exception.type", failure.kind),
            kv("exception.message", &failure.message),
        ];
        let text = if failure.own {
            let stack_trace = failure.stack_trace(self.service());
            format!("Unhandled exception in {operation}\n{stack_trace}")
        } else {
            format!(
                "{operation} failed with {}: {}",
                failure.status, failure.message
            )
        };
        self.error("web.Endpoint", text, &attributes);
    }
}

fn code_of<T>(outcome: &Outcome<T>) -> &'static str {
    outcome.as_ref().map_or_else(Failure::rpc_code, |_| "OK")
}
