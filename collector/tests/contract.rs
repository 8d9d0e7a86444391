//! The OTLP contract, row by row, against a real server on a port of its own.
//!
//! | file | what it holds |
//! |---|---|
//! | `server.rs` | the server under test, and a store that can refuse |
//! | `http_client.rs`, `grpc_client.rs`, `raw.rs` | clients, down to the bytes |
//! | `payload.rs` | requests, and compressing them |
//! | `sender.rs` | one request over any transport, and its fate |
//! | `both.rs` | what holds for both transports |
//! | `grpc.rs`, `http.rs` | what holds for one |
//! | `cors.rs` | senders in browsers |
//! | `limits.rs` | overload, slow senders, faults of our own |
//! | `lifecycle.rs` | a connection's age, and the end of the server |
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub
)]

#[path = "contract/both.rs"]
mod both;
#[path = "contract/cors.rs"]
mod cors;
#[path = "contract/grpc.rs"]
mod grpc;
#[path = "contract/grpc_client.rs"]
mod grpc_client;
#[path = "contract/http.rs"]
mod http;
#[path = "contract/http_client.rs"]
mod http_client;
#[path = "contract/lifecycle.rs"]
mod lifecycle;
#[path = "contract/limits.rs"]
mod limits;
#[path = "contract/payload.rs"]
mod payload;
#[path = "contract/raw.rs"]
mod raw;
#[path = "contract/sender.rs"]
mod sender;
#[path = "contract/server.rs"]
mod server;
