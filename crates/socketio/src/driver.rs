//! [`Driver`]: the task of a connection. It reads, drains the queue, and runs the handler's calls, all in one `poll`.
//!
//! There is no channel to it: whoever changes the connection's state wakes it, and it looks. Reading goes into a buffer of
//! the thread, shared by all connections, and what is complete is understood right there; only an incomplete frame is copied.
//! An idle connection's task is this struct, whose options are empty.
//!
//! Over long polling the packets come as payloads; what they mean is the same. Then `decoder` belongs to the WebSocket that the
//! client may be probing, and stays with it when it becomes the transport.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use serde_json::Value;
use tokio::io::ReadBuf;

use crate::acks::ClientAck;
use crate::codec::payload::{self, NotBase64, Part};
use crate::codec::websocket::{self, Incoming};
use crate::codec::{engine, packet};
use crate::conn::{Conn, Stage};
use crate::handler::{Call, ClientEvent, ConnectAttempt, Opening};
use crate::limiter::Limiter;
use crate::outgoing::Frame;
use crate::polling::{Input, Posted};
use crate::reason::CloseReason;
use crate::socket::{AckId, Socket};

/// One read takes this much at most, in bytes.
const SCRATCH: usize = 16 * 1024;

/// How many events may wait for the handler before reading pauses.
const MAX_WAITING: usize = 64;

thread_local! {
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH].into());
}

pub(crate) struct Driver {
    conn: Arc<Conn>,
    decoder: websocket::Decoder,
    limiter: Limiter,
    /// Until CONNECT.
    opening: Option<Box<Opening>>,
    /// While the attachments of a binary packet are awaited.
    gathering: Option<Box<Gathering>>,
    /// While the handler has something to do.
    work: Option<Box<Work>>,
    closed_told: bool,
}

/// A binary packet whose attachments have not all come.
struct Gathering {
    said: Said,
    /// Bytes so far, the packet's own included.
    size: usize,
    missing: usize,
}

/// What may have attachments.
enum Said {
    Event(ClientEvent),
    Ack(u64, ClientAck),
}

impl Said {
    fn attachments(&mut self) -> &mut Vec<Bytes> {
        match self {
            Self::Event(event) => &mut event.attachments,
            Self::Ack(_, ack) => &mut ack.attachments,
        }
    }
}

/// The handler's calls: the one under way and those that wait.
#[derive(Default)]
struct Work {
    call: Option<Call>,
    waiting: VecDeque<Job>,
    /// The size of what waits, in bytes as received.
    size: usize,
}

enum Job {
    Connect(Value, Box<Opening>),
    Event(ClientEvent, usize),
}

/// Why the client cannot go on; the code to close with and why.
struct Broken(u16, &'static str);

impl Driver {
    pub(crate) fn new(conn: Arc<Conn>, opening: Opening) -> Self {
        Self {
            conn,
            decoder: websocket::Decoder::new(),
            limiter: Limiter::default(),
            opening: Some(Box::new(opening)),
            gathering: None,
            work: None,
            closed_told: false,
        }
    }

    // The handler's calls.

    /// Runs calls until one has to wait or there are none.
    fn poll_work(&mut self, cx: &mut Context<'_>) {
        loop {
            if let Some(call) = self.work.as_mut().and_then(|work| work.call.as_mut()) {
                match catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(cx))) {
                    Ok(Poll::Pending) => return,
                    Ok(Poll::Ready(())) => {}
                    Err(_) => self.handler_panicked(),
                }
                if let Some(work) = &mut self.work {
                    work.call = None;
                }
            }
            match self.next_call() {
                Some(call) => self.work.get_or_insert_default().call = Some(call),
                None => {
                    self.work = None;
                    return;
                }
            }
        }
    }

    fn next_call(&mut self) -> Option<Call> {
        let handler = self.conn.server.handler.clone();
        let ended = self.conn.ended();
        if ended.is_some_and(CloseReason::is_eviction)
            && let Some(work) = &mut self.work
        {
            work.waiting.clear();
        }
        if let Some(work) = &mut self.work
            && let Some(job) = work.waiting.pop_front()
        {
            return Some(match job {
                Job::Connect(auth, opening) => handler.connect(ConnectAttempt::new(self.conn.clone(), auth, *opening)),
                Job::Event(event, size) => {
                    work.size = work.size.saturating_sub(size);
                    handler.event(Socket::new(self.conn.clone()), event)
                }
            });
        }
        let reason = ended?;
        if self.closed_told {
            return None;
        }
        self.closed_told = true;
        Some(handler.closed(Socket::new(self.conn.clone()), reason))
    }

    fn handler_panicked(&self) {
        tracing::error!(peer = %self.conn.peer.address, sid = self.conn.sid.as_str(), "a handler panicked; closing its connection");
        self.conn.close(CloseReason::ServerClose("handler panicked"), 1011, "internal error");
    }

    /// True while the handler is too far behind for more to be read.
    fn is_paused(&self) -> bool {
        self.work
            .as_ref()
            .is_some_and(|work| work.waiting.len() >= MAX_WAITING || work.size > self.conn.server.settings.max_payload)
    }

    // Reading.

    /// Reads once; false if there was nothing to read.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> bool {
        BUFFER.with_borrow_mut(|buffer| {
            let mut buffer = ReadBuf::new(buffer);
            match self.conn.poll_read(cx, &mut buffer) {
                Poll::Pending => return false,
                Poll::Ready(Input::Stream) => self.receive(buffer.filled_mut(), false),
                Poll::Ready(Input::Probed) => self.receive(buffer.filled_mut(), true),
                Poll::Ready(Input::Probe | Input::ProbeLost) => self.decoder = websocket::Decoder::new(),
                Poll::Ready(Input::Posted(Posted { body, answer })) => {
                    // Nobody waits for the answer if the client has gone.
                    let _ = answer.send(self.receive_payload(&body));
                }
            }
            true
        })
    }

    /// Bytes of the WebSocket that is the transport or, if `probing`, may become it.
    fn receive(&mut self, mut bytes: &mut [u8], mut probing: bool) {
        let max = self.conn.server.settings.max_payload;
        // What comes after the end, the client's close frame mostly, is read only to get to the end of the stream.
        while self.conn.is_open() || (probing && self.conn.is_leaving()) {
            let incoming = match self.decoder.next(&mut bytes, max) {
                Ok(Some(incoming)) => incoming,
                Ok(None) => return,
                Err(violation) if probing => {
                    return self.drop_probe(&Broken(violation.close_code(), violation.as_str()));
                }
                Err(violation) => {
                    return self.conn.close(CloseReason::ProtocolError, violation.close_code(), violation.as_str());
                }
            };
            if !self.admit() {
                return;
            }
            if probing {
                match self.probed(incoming) {
                    Ok(upgraded) => probing = !upgraded,
                    Err(broken) => return self.drop_probe(&broken),
                }
            } else if let Err(Broken(code, why)) = self.incoming(incoming) {
                return self.conn.close(CloseReason::ProtocolError, code, why);
            }
        }
    }

    /// The body of a POST; false if the client cannot go on.
    fn receive_payload(&mut self, body: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(body) else {
            self.conn.close(CloseReason::ProtocolError, 1007, "not UTF-8");
            return false;
        };
        for part in payload::decode(text) {
            // It may have been sent away while this was on its way, or by something in it.
            if !self.conn.is_open() {
                if part == Ok(Part::Text(engine::CLOSE)) {
                    self.conn.client_gone();
                }
                continue;
            }
            if !self.admit() {
                return false;
            }
            let result = match part {
                Ok(Part::Text(text)) => self.engine_packet(text),
                Ok(Part::Binary(bytes)) => self.attachment(&bytes),
                Err(NotBase64) => Err(Broken(1002, "not base64")),
            };
            if let Err(Broken(code, why)) = result {
                self.conn.close(CloseReason::ProtocolError, code, why);
                return false;
            }
        }
        true
    }

    /// Counts a packet; false if it is one too many.
    fn admit(&mut self) -> bool {
        let settings = &self.conn.server.settings;
        self.conn.server.counters.packets_received.add(1);
        let admitted =
            self.limiter.admit(self.conn.server.elapsed(), settings.packets_per_second, settings.packet_burst);
        if !admitted {
            self.conn.close(CloseReason::TooManyPackets, 1008, "too many packets");
        }
        admitted
    }

    /// What a client says on a WebSocket that it probes; true when that is the transport now.
    fn probed(&self, incoming: Incoming<'_>) -> Result<bool, Broken> {
        match incoming {
            Incoming::Text(text) => match engine::Packet::decode(&text) {
                Some(engine::Packet::Ping(engine::PROBE)) => self.conn.answer_probe(),
                Some(engine::Packet::Upgrade) if self.conn.upgrade() => return Ok(true),
                _ => return Err(Broken(1002, "neither a probe nor an upgrade")),
            },
            Incoming::Ping(payload) => self.conn.pong_probe(&payload),
            Incoming::Pong => {}
            Incoming::Binary(_) => return Err(Broken(1002, "neither a probe nor an upgrade")),
            Incoming::Close(code) => return Err(Broken(code.unwrap_or(1000), "")),
        }
        Ok(false)
    }

    fn drop_probe(&mut self, &Broken(code, why): &Broken) {
        self.conn.drop_probe(code, why);
        self.decoder = websocket::Decoder::new();
    }

    fn incoming(&mut self, incoming: Incoming<'_>) -> Result<(), Broken> {
        match incoming {
            Incoming::Text(text) => self.engine_packet(&text),
            Incoming::Binary(bytes) => self.attachment(&bytes),
            Incoming::Ping(payload) => {
                self.conn.send_pong(&payload);
                Ok(())
            }
            Incoming::Pong => Ok(()),
            Incoming::Close(code) => {
                self.conn.close(CloseReason::PeerClosed, code.unwrap_or(1000), "");
                Ok(())
            }
        }
    }

    fn engine_packet(&mut self, text: &str) -> Result<(), Broken> {
        match engine::Packet::decode(text) {
            Some(engine::Packet::Message(text)) => self.socket_packet(text),
            Some(engine::Packet::Pong(_)) => {
                self.conn.answered();
                Ok(())
            }
            Some(engine::Packet::Close) => {
                self.conn.close(CloseReason::PeerClosed, 1000, "");
                Ok(())
            }
            // The rest is for the server to send, or part of an upgrade, which happens on a WebSocket that is not in use yet.
            _ => Err(Broken(1002, "not an Engine.IO packet of a client")),
        }
    }

    fn socket_packet(&mut self, text: &str) -> Result<(), Broken> {
        if self.gathering.is_some() {
            return Err(Broken(1002, "text in place of an attachment"));
        }
        let packet = packet::Packet::decode(text, self.conn.server.settings.max_attachments)
            .map_err(|packet::NotAPacket(why)| Broken(1002, why))?;
        if packet.namespace != packet::ROOT {
            if !matches!(packet.body, packet::Body::Connect(_)) {
                return Err(Broken(1002, "not connected to that namespace"));
            }
            let refusal = packet::refused(packet.namespace, "Invalid namespace", Value::Null);
            self.conn.send_control(&Frame::message(&refusal));
            return Ok(());
        }
        let stage = self.conn.stage();
        match packet.body {
            packet::Body::Connect(auth) => match self.opening.take() {
                Some(opening) if self.conn.connecting() => {
                    self.work.get_or_insert_default().waiting.push_back(Job::Connect(auth, opening));
                    Ok(())
                }
                _ => Err(Broken(1002, "connected already")),
            },
            packet::Body::Disconnect if matches!(stage, Stage::Live | Stage::Connecting) => {
                self.conn.client_left();
                Ok(())
            }
            packet::Body::Event { name, args, ack, attachments } if stage == Stage::Live => {
                let event = ClientEvent { name, args, attachments: Vec::new(), ack: ack.map(AckId) };
                self.gather(Said::Event(event), text.len(), attachments);
                Ok(())
            }
            packet::Body::Ack { ack, args, attachments } if stage == Stage::Live => {
                let said = Said::Ack(ack, ClientAck { args, attachments: Vec::new() });
                self.gather(said, text.len(), attachments);
                Ok(())
            }
            // The server may have ended the socket while this was on its way.
            _ if stage == Stage::Ended && !self.conn.is_open() => Ok(()),
            _ => Err(Broken(1002, "not connected")),
        }
    }

    fn gather(&mut self, said: Said, size: usize, attachments: usize) {
        if attachments > 0 {
            self.gathering = Some(Box::new(Gathering { said, size, missing: attachments }));
        } else {
            self.said(said, size);
        }
    }

    fn attachment(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        let Some(gathering) = &mut self.gathering else {
            return Err(Broken(1002, "attachment to nothing"));
        };
        gathering.size += bytes.len();
        if gathering.size > self.conn.server.settings.max_payload {
            return Err(Broken(1009, "attachments too big"));
        }
        gathering.said.attachments().push(Bytes::copy_from_slice(bytes));
        gathering.missing -= 1;
        if gathering.missing == 0
            && let Some(gathering) = self.gathering.take()
        {
            self.said(gathering.said, gathering.size);
        }
        Ok(())
    }

    fn said(&mut self, said: Said, size: usize) {
        match said {
            // Told at once, past the events that wait: the handler may be waiting for it in the call under way.
            Said::Ack(id, ack) => self.conn.acknowledged(id, ack),
            Said::Event(event) => {
                let work = self.work.get_or_insert_default();
                work.size += size;
                work.waiting.push_back(Job::Event(event, size));
            }
        }
    }
}

impl Future for Driver {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        this.conn.register(cx);
        if let Some(opening) = &mut this.opening
            && !opening.early.is_empty()
        {
            let mut early = std::mem::take(&mut opening.early).to_vec();
            this.receive(&mut early, false);
        }
        loop {
            this.poll_work(cx);
            this.conn.poll_drain(cx);
            // When paused, a call is under way, and wakes this task.
            if this.is_paused() || !this.poll_read(cx) {
                break;
            }
        }
        if this.work.is_none() && this.conn.is_gone() && (this.closed_told || this.conn.ended().is_none()) {
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.conn.abandon();
        self.conn.server.addresses.leave(&self.conn.peer);
        self.conn.server.counters.open.sub(1);
    }
}
