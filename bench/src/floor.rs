//! The floor: what it costs to have the kernel take a message for each of N sockets, and nothing else.
//!
//! It takes any HTTP request for an upgrade, says what a Socket.IO server says at the start, and from then on ignores what
//! comes. `POST /emit` makes one `write` for each connection. No rooms, no tokens, no queue: what a socket does not take is an
//! error. No server that sends each client its own copy through a socket can cost less, except by not making the system call.

use std::{net::SocketAddrV4, os::fd::OwnedFd};

use anyhow::Context;
use rustix::{
    buffer::spare_capacity,
    event::epoll::{self, CreateFlags, EventData, EventFlags},
    io::{Errno, read, write},
    net::{
        AddressFamily, SocketFlags, SocketType, accept_with, bind, ipproto, listen, socket_with,
        sockopt::{set_socket_reuseaddr, set_tcp_nodelay},
    },
};

use crate::{machine::now, wire};

const LISTENER: u64 = u64::MAX;
/// What is sent at the start, in one go: the upgrade, the Engine.IO handshake, the answer to CONNECT.
const UPGRADED: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
const OPEN: &[u8] =
    br#"0{"sid":"AAAAAAAAAAAAAAAAAAAA","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":100000}"#;
const CONNECTED: &[u8] = br#"40{"sid":"AAAAAAAAAAAAAAAAAAAA"}"#;

struct Connection {
    fd: OwnedFd,
    is_socket: bool,
    /// A request whose rest has not come.
    partial: Vec<u8>,
}

struct Floor {
    epoll: OwnedFd,
    connections: Vec<Option<Connection>>,
    free: Vec<usize>,
    buffer: Vec<u8>,
}

/// Serves until it is ended.
pub(crate) fn serve(address: SocketAddrV4) -> anyhow::Result<()> {
    crate::machine::raise_file_limit();
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let listener = socket_with(AddressFamily::INET, SocketType::STREAM, flags, Some(ipproto::TCP))?;
    set_socket_reuseaddr(&listener, true)?;
    bind(&listener, &address)?;
    listen(&listener, 1024)?;
    let mut floor = Floor {
        epoll: epoll::create(CreateFlags::CLOEXEC)?,
        connections: Vec::new(),
        free: Vec::new(),
        buffer: vec![0; 64 * 1024],
    };
    epoll::add(&floor.epoll, &listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
    let mut events = Vec::with_capacity(1024);
    loop {
        events.clear();
        match epoll::wait(&floor.epoll, spare_capacity(&mut events), None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for event in &events {
            let data = event.data;
            if data.u64() == LISTENER {
                while let Ok(fd) = accept_with(&listener, flags) {
                    floor.take_in(fd)?;
                }
            } else {
                floor.ready(usize::try_from(data.u64())?)?;
            }
        }
    }
}

impl Floor {
    fn take_in(&mut self, fd: OwnedFd) -> anyhow::Result<()> {
        set_tcp_nodelay(&fd, true)?;
        let index = self.free.pop().unwrap_or(self.connections.len());
        epoll::add(&self.epoll, &fd, EventData::new_u64(index as u64), EventFlags::IN)?;
        let connection = Some(Connection { fd, is_socket: false, partial: Vec::new() });
        match self.connections.get_mut(index) {
            Some(place) => *place = connection,
            None => self.connections.push(connection),
        }
        Ok(())
    }

    fn ready(&mut self, index: usize) -> anyhow::Result<()> {
        let Some(connection) = self.connections.get_mut(index).and_then(Option::as_mut) else { return Ok(()) };
        let length = match read(&connection.fd, self.buffer.as_mut_slice()) {
            Ok(length) => length,
            Err(Errno::AGAIN | Errno::INTR) => return Ok(()),
            Err(_) => 0,
        };
        if length == 0 {
            if let Some(place) = self.connections.get_mut(index) {
                *place = None;
            }
            self.free.push(index);
            return Ok(());
        }
        if connection.is_socket {
            return Ok(());
        }
        connection.partial.extend_from_slice(self.buffer.get(..length).unwrap_or_default());
        let Some(end) = connection.partial.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(()) };
        if connection.partial.starts_with(b"GET ") {
            connection.is_socket = true;
            connection.partial = Vec::new();
            let mut hello = UPGRADED.to_vec();
            hello.extend(wire::text_frame(OPEN));
            hello.extend(wire::text_frame(CONNECTED));
            write(&connection.fd, &hello)?;
            return Ok(());
        }
        let head = String::from_utf8_lossy(connection.partial.get(..end).unwrap_or_default()).to_ascii_lowercase();
        let size = head.split("\r\n").find_map(|line| line.strip_prefix("content-length:")).unwrap_or("0");
        let size: usize = size.trim().parse().context("the length of a body")?;
        let Some(body) = connection.partial.get(end + 4..end + 4 + size) else { return Ok(()) };
        let at = now();
        let mut event = br#"42["downloads:updated","#.to_vec();
        event.extend_from_slice(body);
        event.extend_from_slice(br#","1234567890.123456"]"#);
        let frame = wire::text_frame(&event);
        connection.partial.clear();
        for connection in self.connections.iter().flatten().filter(|connection| connection.is_socket) {
            // A reader that has gone shows when it is read from.
            let _ = write(&connection.fd, &frame);
        }
        let answer = format!("at {at}");
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{answer}", answer.len());
        if let Some(connection) = self.connections.get(index).and_then(Option::as_ref) {
            write(&connection.fd, answer.as_bytes())?;
        }
        Ok(())
    }
}
