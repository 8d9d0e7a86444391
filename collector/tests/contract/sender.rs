//! One request over any transport, and its fate.

use clearspan_proto::otlp::{Encoding, WireSignal, read_response, read_status};

use crate::server::Server;
use crate::{grpc_client, http_client, payload};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    Grpc,
    Protobuf,
    Json,
}

pub const TRANSPORTS: [Transport; 3] = [Transport::Grpc, Transport::Protobuf, Transport::Json];

/// What became of a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Fate {
    Taken {
        rejected: u64,
        message: String,
    },
    Refused {
        /// HTTP status or gRPC code.
        code: i32,
        /// Whether it asks to come again.
        retry: bool,
    },
}

impl Fate {
    /// All was accepted, and nothing is said.
    pub fn whole() -> Self {
        Fate::Taken {
            rejected: 0,
            message: String::new(),
        }
    }

    pub fn rejected(&self) -> u64 {
        match self {
            Fate::Taken { rejected, .. } => *rejected,
            Fate::Refused { .. } => panic!("{self:?}"),
        }
    }
}

impl Transport {
    pub fn encoding(self) -> Encoding {
        match self {
            Transport::Grpc | Transport::Protobuf => Encoding::Protobuf,
            Transport::Json => Encoding::Json,
        }
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Transport::Grpc => "application/grpc",
            Transport::Protobuf => "application/x-protobuf",
            Transport::Json => "application/json",
        }
    }

    /// For good.
    pub fn refused(self, grpc: i32, http: i32) -> Fate {
        Fate::Refused {
            code: self.pick(grpc, http),
            retry: false,
        }
    }

    /// For now.
    pub fn retryable(self, http: i32) -> Fate {
        Fate::Refused {
            code: self.pick(grpc_client::UNAVAILABLE, http),
            retry: true,
        }
    }

    fn pick(self, grpc: i32, http: i32) -> i32 {
        if self == Transport::Grpc { grpc } else { http }
    }

    /// Sends `plain`, compressed as `coding` says.
    pub async fn send(
        self,
        server: &Server,
        signal: WireSignal,
        coding: &str,
        plain: &[u8],
    ) -> Fate {
        self.send_coded(server, signal, coding, payload::compress(coding, plain))
            .await
    }

    /// Sends `body` as it stands, and claims that it is compressed as `coding` says.
    pub async fn send_coded(
        self,
        server: &Server,
        signal: WireSignal,
        coding: &str,
        body: Vec<u8>,
    ) -> Fate {
        match self {
            Transport::Grpc => over_grpc(server, signal, coding, &body).await,
            Transport::Protobuf | Transport::Json => {
                self.over_http(server, signal, coding, body).await
            }
        }
    }

    async fn over_http(
        self,
        server: &Server,
        signal: WireSignal,
        coding: &str,
        body: Vec<u8>,
    ) -> Fate {
        let mut headers = vec![("content-type", self.content_type())];
        if !coding.is_empty() {
            headers.push(("content-encoding", coding));
        }
        let answer =
            http_client::post(server.http, http_client::path(signal), &headers, body).await;
        // Whatever the answer, it is in the request's own content type.
        assert_eq!(answer.header("content-type"), self.content_type());
        let code = i32::from(answer.status.as_u16());
        if code == 200 {
            return taken(&answer.body, self.encoding());
        }
        assert!(
            !read_status(&answer.body, self.encoding())
                .unwrap()
                .is_empty()
        );
        let retry = answer.headers.contains_key("retry-after");
        if retry {
            assert!(answer.header("retry-after").parse::<u64>().unwrap() > 0);
        }
        Fate::Refused { code, retry }
    }
}

async fn over_grpc(server: &Server, signal: WireSignal, coding: &str, message: &[u8]) -> Fate {
    let mut headers = Vec::new();
    if !coding.is_empty() {
        headers.push(("grpc-encoding", coding));
    }
    let is_compressed = !matches!(coding, "" | "identity");
    let body = grpc_client::frame(is_compressed, message);
    let answer = grpc_client::call(server.grpc, grpc_client::path(signal), &headers, body).await;
    assert_eq!(answer.http, 200);
    assert_eq!(answer.header("content-type"), "application/grpc");
    let code = answer.code();
    if code == grpc_client::OK {
        return taken(&answer.message.unwrap(), Encoding::Protobuf);
    }
    assert_eq!(answer.message, None);
    assert_ne!(answer.header("grpc-message"), "");
    let retry = answer.retry_delay().is_some();
    Fate::Refused { code, retry }
}

/// `partial_success` is unset when there is nothing to say.
fn taken(body: &[u8], encoding: Encoding) -> Fate {
    let partial = read_response(body, encoding).unwrap();
    let is_silent = match encoding {
        Encoding::Protobuf => body.is_empty(),
        Encoding::Json => body == b"{}",
    };
    assert_eq!(
        is_silent,
        partial.rejected == 0 && partial.message.is_empty()
    );
    Fate::Taken {
        rejected: partial.rejected,
        message: partial.message,
    }
}
