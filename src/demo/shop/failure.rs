//! What a request can fail with, on its way from where it happened to the visitor.

use super::languages::Language;
use super::services::Service;
use crate::demo::random::mix;

/// What work inside a span comes to.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// Why a request failed, as the service sees it in whose span it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// What the service answers its caller: the statuses of HTTP, also where the wire is another.
    pub(crate) status: u16,
    /// Class of the exception.
    pub(crate) kind: &'static str,
    /// `Class.method` that threw it.
    pub(crate) place: &'static str,
    pub(crate) message: String,
    /// The message where it came up, however far away.
    cause: String,
    /// Whether it came up in this service, rather than in one that it called.
    pub(crate) own: bool,
}

impl Failure {
    /// One that comes up here.
    pub(crate) fn new(
        status: u16,
        kind: &'static str,
        place: &'static str,
        message: impl Into<String>,
    ) -> Self {
        let message = message.into();
        Self {
            status,
            kind,
            place,
            cause: message.clone(),
            message,
            own: true,
        }
    }

    /// Whether the service is to blame. A wrong password is no error of the one that refuses it.
    pub(crate) fn is_fault(&self) -> bool {
        self.status >= 500
    }

    /// The same, as the caller sees it: a fault further in makes it a bad gateway, unless it says that trying later may help.
    pub(crate) fn seen_by(&self, caller: &'static Language, callee: &str, operation: &str) -> Self {
        let status = match self.status {
            503 | 504 => self.status,
            fault if fault >= 500 => 502,
            refusal => refusal,
        };
        Self {
            status,
            kind: caller.bad_answer,
            place: "Client.send",
            message: format!(
                "{callee} answered {} to {operation}: {}",
                self.status, self.cause
            ),
            cause: self.cause.clone(),
            own: false,
        }
    }

    /// The exception as its language prints it, over several lines.
    pub(crate) fn stack_trace(&self, service: &Service) -> String {
        let line = 20 + mix(&[self.place.len() as u64, service.name.len() as u64]) % 200;
        let frames = (service.language.stack)(self, service, line);
        let headline = format!("{}: {}", self.kind, self.message);
        // Python alone names the exception last.
        if frames.starts_with("Traceback") {
            format!("{frames}\n{headline}")
        } else {
            format!("{headline}\n{frames}")
        }
    }

    /// The status code of gRPC that says the same.
    pub(crate) fn rpc_code(&self) -> &'static str {
        match self.status {
            400 => "INVALID_ARGUMENT",
            401 => "UNAUTHENTICATED",
            404 => "NOT_FOUND",
            409 => "FAILED_PRECONDITION",
            503 => "UNAVAILABLE",
            504 => "DEADLINE_EXCEEDED",
            _ => "INTERNAL",
        }
    }
}
