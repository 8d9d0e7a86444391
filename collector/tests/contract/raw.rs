//! Bytes on a socket, for what no decent client sends.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends `parts`, one after the other, and only then reads: until the end of the answer's head, or of the connection.
pub async fn exchange(to: SocketAddr, parts: &[&[u8]]) -> String {
    let mut stream = TcpStream::connect(to).await.unwrap();
    for part in parts {
        stream.write_all(part).await.unwrap();
    }
    read_head(&mut stream).await
}

pub async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

/// The head of a request for logs in protobuf.
pub fn head(more: &str) -> Vec<u8> {
    format!(
        "POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\n{more}\r\n"
    )
    .into_bytes()
}
