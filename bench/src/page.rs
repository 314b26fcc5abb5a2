//! A connection over which somebody's page asks the server, and how long the answers take.

use std::{
    io::{Read, Write},
    net::{SocketAddrV4, TcpStream},
    time::Duration,
};

use anyhow::bail;
use serde_json::Value;

use crate::{machine::now, trigger::request, wire};

/// A connection that asks one thing after the other.
pub(crate) struct Page {
    stream: TcpStream,
    server: SocketAddrV4,
    bytes: Vec<u8>,
}

impl Page {
    pub(crate) fn open(server: SocketAddrV4) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(server)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self { stream, server, bytes: Vec::new() })
    }

    /// Nanoseconds from sending to the last byte of the answer, which must be 200.
    pub(crate) fn get(&mut self, token: &str, path: &str) -> anyhow::Result<u64> {
        self.ask("GET", token, path, b"")
    }

    /// As [`Self::get`], with a body.
    pub(crate) fn post(&mut self, token: &str, path: &str, body: &Value) -> anyhow::Result<u64> {
        self.ask("POST", token, path, body.to_string().as_bytes())
    }

    fn ask(&mut self, method: &str, token: &str, path: &str, body: &[u8]) -> anyhow::Result<u64> {
        let mut headers = format!("Authorization: Bearer {token}\r\n");
        if !body.is_empty() {
            headers.push_str("Content-Type: application/json\r\n");
        }
        let started = now();
        self.stream.write_all(&request(method, path, self.server, &headers, body))?;
        let mut buffer = [0; 64 * 1024];
        loop {
            if let Some((answer, length)) = wire::answer(&self.bytes) {
                let took = now() - started;
                self.bytes.drain(..length);
                if answer.status != 200 {
                    bail!("{method} {path} was answered with {}: {}", answer.status, answer.body);
                }
                return Ok(took);
            }
            let length = self.stream.read(&mut buffer)?;
            if length == 0 {
                bail!("the server hung up on {method} {path}");
            }
            self.bytes.extend_from_slice(buffer.get(..length).unwrap_or_default());
        }
    }
}
