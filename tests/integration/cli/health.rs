//! `health`: the exit status is the answer.

use super::Clearspan;
use super::receiver::{Receiver, Reply};

fn exit_code(status: u16) -> Option<i32> {
    let server = Receiver::start(move |request, _| {
        assert_eq!(request.path, "/readyz");
        Reply::status(status)
    });
    Clearspan::new(["health", "--url", server.url()]).run().code
}

#[test]
fn a_ready_server_is_healthy() {
    assert_eq!(exit_code(200), Some(0));
}

#[test]
fn one_that_is_not_ready_is_not() {
    assert_eq!(exit_code(503), Some(1));
}

#[test]
fn no_server_at_all_is_not() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    assert_eq!(
        Clearspan::new(["health", "--url", &format!("http://{nobody}")])
            .run()
            .code,
        Some(1)
    );
}

#[test]
fn the_address_is_taken_from_the_configuration() {
    let server = Receiver::start(|_, _| Reply::status(200));
    let address = server.url().trim_start_matches("http://").to_owned();
    assert_eq!(
        Clearspan::new(["health"])
            .env("CLEARSPAN_SERVER__HTTP", &address)
            .run()
            .code,
        Some(0)
    );
    let port = address.rsplit(':').next().unwrap();
    let everywhere = Clearspan::new(["health"])
        .env("CLEARSPAN_SERVER__HTTP", &format!("0.0.0.0:{port}"))
        .env("CLEARSPAN_SERVER__ALLOW_PUBLIC", "true");
    assert_eq!(everywhere.run().code, Some(0));
}
