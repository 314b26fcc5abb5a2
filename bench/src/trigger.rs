//! What causes events: one HTTP connection, kept alive, to the server under test.
//!
//! For Lamplight it is an administrator who changes the title of study material that is for all students (`PUT
//! /api/admin/downloads/{id}`), which records exactly one event. For the others it is `POST /emit` with the same document,
//! which they send on as it is.

use std::{
    collections::VecDeque,
    net::{Ipv4Addr, SocketAddrV4},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use anyhow::{Context, bail};
use rustix::{
    io::Errno,
    net::{AddressFamily, SocketFlags, SocketType, bind, connect, ipproto, socket_with, sockopt},
};

use crate::{load::send, machine::now, wire};

/// What is asked of the server.
#[derive(Debug, Clone)]
pub(crate) enum Cause {
    /// Changes the title of this piece of study material.
    Lamplight { token: String, download: String },
    /// Has the document sent on.
    Emit,
}

/// One event's cause, answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caused {
    pub(crate) number: u32,
    /// When the answer was here.
    pub(crate) answered: u64,
    /// When the server had read the request and was about to send, if it says so.
    pub(crate) read_at: Option<u64>,
}

/// See the module's page.
#[derive(Debug)]
pub(crate) struct Trigger {
    fd: OwnedFd,
    server: SocketAddrV4,
    cause: Cause,
    waiting: VecDeque<u32>,
    partial: Vec<u8>,
    pub(crate) caused: Vec<Caused>,
}

impl Trigger {
    pub(crate) fn open(server: SocketAddrV4, cause: Cause) -> anyhow::Result<Self> {
        let fd = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, Some(ipproto::TCP))?;
        bind(&fd, &SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, 2), 0))?;
        connect(&fd, &server).context("the server does not take the connection that causes events")?;
        sockopt::set_tcp_nodelay(&fd, true)?;
        rustix::io::ioctl_fionbio(&fd, true)?;
        Ok(Self { fd, server, cause, waiting: VecDeque::new(), partial: Vec::new(), caused: Vec::new() })
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Whether everything that was asked has been answered.
    pub(crate) fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(crate) fn fire(&mut self, number: u32) -> anyhow::Result<()> {
        let request = match &self.cause {
            Cause::Lamplight { token, download } => {
                let body = format!("{{\"title\":\"{}\"}}", wire::title(number));
                request(
                    "PUT",
                    &format!("/api/admin/downloads/{download}"),
                    self.server,
                    &format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"),
                    body.as_bytes(),
                )
            }
            Cause::Emit => {
                request("POST", "/emit", self.server, "Content-Type: application/json\r\n", document(number).as_bytes())
            }
        };
        send(&self.fd, &request)?;
        self.waiting.push_back(number);
        Ok(())
    }

    /// Takes in what has been answered. False when the server has closed the connection, which it does when nothing was asked for
    /// half a minute.
    pub(crate) fn read(&mut self) -> anyhow::Result<bool> {
        let mut buffer = [0; 16 * 1024];
        match rustix::io::read(&self.fd, &mut buffer) {
            Ok(0) if self.is_idle() => return Ok(false),
            Ok(0) => bail!("the server closed the connection that causes events"),
            Ok(length) => self.partial.extend_from_slice(buffer.get(..length).unwrap_or_default()),
            Err(Errno::AGAIN | Errno::INTR) => return Ok(true),
            Err(error) => return Err(error.into()),
        }
        while let Some((answer, length)) = wire::answer(&self.partial) {
            self.partial.drain(..length);
            if answer.status != 200 {
                bail!("what should have caused an event was answered with {}: {}", answer.status, answer.body);
            }
            let number = self.waiting.pop_front().context("an answer to no question")?;
            let read_at = answer.body.strip_prefix("at ").and_then(|at| at.trim().parse().ok());
            self.caused.push(Caused { number, answered: now(), read_at });
        }
        Ok(true)
    }
}

/// An HTTP request.
pub(crate) fn request(method: &str, path: &str, server: SocketAddrV4, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut bytes = format!("{method} {path} HTTP/1.1\r\nHost: {server}\r\nContent-Length: {length}\r\n{headers}\r\n");
    let mut bytes = std::mem::take(&mut bytes).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// The document of an event, as Lamplight makes it of what `seed` puts there: same fields, same lengths.
pub(crate) fn document(number: u32) -> String {
    let title = wire::title(number);
    format!(
        r#"{{"_id":"019ab1c2-7a5e-7c3d-9d1e-3f4a5b6c7d8e","title":"{title}","description":null,"category":"Notes","subject":null,"semester":null,"academicYear":"2026","tags":[],"expiryDate":null,"requiresLogin":false,"fileName":"bench.txt","fileType":"OTHER","fileSize":8,"fileUrl":"/api/downloads/019ab1c2-7a5e-7c3d-9d1e-3f4a5b6c7d8e/file","downloadCount":0,"uploadedBy":{{"username":"office","fullName":"The Office"}},"uploadedAt":"2026-11-24T07:00:00.000Z","updatedAt":"2026-11-24T07:00:00.000Z"}}"#
    )
}
