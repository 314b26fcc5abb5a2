//! [`Conn`]: all there is of a connection besides its task.
//!
//! **One lock.** `state` guards the stream, its queue and where the connection stands; it is held for one system call at the
//! longest, never across an await. Senders (the hub, a handler, the clock) write to the stream under it, so the order of
//! the frames is the order in which they took the lock, and the task reads under it too: two threads meet there only when a
//! client talks at the very moment it is talked to. (TLS asks for the same: its two directions share a state.)
//! Lock order: `Conn::state`, then the wheel, the list of sessions or a hub's list of the gone; never the other way round.
//!
//! **How it ends.** The *socket* ends once, with a [`CloseReason`], at the first cause; from then on nothing is sent to it.
//! The *transport* ends in one of two ways. A farewell sends what is queued, an optional DISCONNECT, a close frame and FIN,
//! then waits for the client to hang up, so that nothing is lost to a TCP reset; over long polling it waits for the GETs that
//! take what is queued, the last with a close packet. A cut drops the stream at once. Whatever happens, the wheel holds a
//! deadline by which the stream is dropped.
//!
//! What HTTP requests do to a connection is in `conn/polled.rs`.

mod polled;

use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use tokio::io::ReadBuf;

use crate::acks::{Acks, Asked, ClientAck, NoAck};
use crate::addresses::Peer;
use crate::codec::{engine, packet, websocket};
use crate::hub::Gone;
use crate::link::{Link, PushError};
use crate::outgoing::Frame;
use crate::polling::{Input, Polling};
use crate::reason::CloseReason;
use crate::server::Server;
use crate::sid::Sid;
use crate::wheel::{NEVER, Tick};

pub(crate) use polled::Polled;

pub(crate) struct Conn {
    pub(crate) server: Arc<Server>,
    /// Unlike any other of this process.
    pub(crate) number: u64,
    pub(crate) sid: Sid,
    pub(crate) peer: Peer,
    pub(crate) data: OnceLock<Box<dyn Any + Send + Sync>>,
    /// Wakes the connection's task.
    waker: AtomicWaker,
    state: Mutex<State>,
}

/// The transport under the connection.
pub(crate) enum Transport {
    WebSocket(Link),
    /// In a box, so that a connection over WebSocket is no bigger for it.
    Polling(Box<Polling>),
    Gone,
}

/// Where the connection stands in the Socket.IO protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Waiting for CONNECT.
    Waiting,
    /// The handler is deciding.
    Connecting,
    /// Accepted: events flow.
    Live,
    /// Refused: the client has the farewell time to hang up.
    Refused,
    /// The socket has ended; the transport may still be closing.
    Ended,
}

struct State {
    transport: Transport,
    stage: Stage,
    /// A `ConnectAttempt` is out that has been neither accepted nor refused.
    undecided: bool,
    accepted: bool,
    reason: Option<CloseReason>,
    hub: Option<Arc<Gone>>,
    /// When the next ping is due or, while one is unanswered, when patience ends.
    beat: Tick,
    unanswered: bool,
    /// When the connection ends unless it gets on: CONNECT accepted, or the client hanging up.
    deadline: Tick,
    expires: Tick,
    /// The tick of this connection's valid entry in the wheel; others are stale.
    entry: Tick,
    /// While the client has been asked to acknowledge something.
    acks: Option<Box<Acks>>,
}

/// How to part.
struct Farewell<'a> {
    disconnect: bool,
    code: u16,
    words: &'a str,
}

impl Conn {
    pub(crate) fn new(server: Arc<Server>, number: u64, sid: Sid, peer: Peer, transport: Transport) -> Arc<Self> {
        let deadline = server.tick_in(server.settings.connect_timeout);
        let beat = server.tick_in(first_ping(server.settings.ping_interval, number));
        let state = State {
            transport,
            stage: Stage::Waiting,
            undecided: false,
            accepted: false,
            reason: None,
            hub: None,
            beat,
            unanswered: false,
            deadline,
            expires: NEVER,
            entry: NEVER,
            acks: None,
        };
        let waker = AtomicWaker::new();
        let conn = Arc::new(Self { server, number, sid, peer, data: OnceLock::new(), waker, state: Mutex::new(state) });
        conn.arm(&mut conn.lock());
        conn
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // What others may ask of a connection.

    pub(crate) fn stage(&self) -> Stage {
        self.lock().stage
    }

    pub(crate) fn is_live(&self) -> bool {
        self.lock().is_live()
    }

    /// Sends an event or acknowledgement; false if the socket is not live (any more).
    pub(crate) fn send(&self, frame: &Frame) -> bool {
        let mut state = self.lock();
        state.is_live() && self.push(&mut state, frame, self.server.settings.max_buffered_bytes)
    }

    /// Bytes that wait for the client.
    pub(crate) fn queued(&self) -> usize {
        match &self.lock().transport {
            Transport::WebSocket(link) => link.queued(),
            Transport::Polling(polling) => polling.queued(),
            Transport::Gone => 0,
        }
    }

    /// Sends an event that the client is to acknowledge.
    pub(crate) fn ask(&self, frame: impl FnOnce(u64) -> Result<Frame, serde_json::Error>) -> Result<Asked, NoAck> {
        let mut state = self.lock();
        if !state.is_live() {
            return Err(NoAck::Gone);
        }
        let acks = state.acks.get_or_insert_default();
        let frame = frame(acks.next)?;
        // Known before it is sent: the answer may come at once. An end of the socket forgets it.
        let (id, answer) = acks.expect();
        if !self.push(&mut state, &frame, self.server.settings.max_buffered_bytes) {
            return Err(NoAck::Gone);
        }
        Ok(Asked { id, answer })
    }

    /// The client has acknowledged. What nobody waits for (any more) is passed over, as the official server does.
    pub(crate) fn acknowledged(&self, id: u64, ack: ClientAck) {
        let waiting = self.lock().acks.as_mut().and_then(|acks| acks.waiting.remove(&id));
        if let Some(waiting) = waiting {
            let _ = waiting.send(ack);
        }
    }

    /// Nobody waits for this acknowledgement any more.
    pub(crate) fn forget_ack(&self, id: u64) {
        if let Some(acks) = &mut self.lock().acks {
            acks.waiting.remove(&id);
        }
    }

    pub(crate) fn disconnect(self: &Arc<Self>, why: &'static str) {
        self.farewell(CloseReason::ServerDisconnect(why), &Farewell { disconnect: true, code: 1000, words: why });
    }

    pub(crate) fn close(self: &Arc<Self>, reason: CloseReason, code: u16, words: &str) {
        self.farewell(reason, &Farewell { disconnect: false, code, words });
    }

    pub(crate) fn set_expiry(self: &Arc<Self>, at: Option<Instant>) {
        let mut state = self.lock();
        state.expires = at.map_or(NEVER, |at| self.server.tick_at(at));
        self.arm(&mut state);
    }

    /// Notes the hub to tell when the socket ends; false if it has ended or is in another hub.
    pub(crate) fn enter(&self, hub: &Arc<Gone>) -> bool {
        let mut state = self.lock();
        state.is_live() && Arc::ptr_eq(state.hub.get_or_insert_with(|| hub.clone()), hub)
    }

    pub(crate) fn leave(&self, hub: &Arc<Gone>) {
        let mut state = self.lock();
        if state.hub.as_ref().is_some_and(|own| Arc::ptr_eq(own, hub)) {
            state.hub = None;
        }
    }

    // What the handler decides.

    /// The handler will decide. False if a CONNECT is not in place here.
    pub(crate) fn connecting(&self) -> bool {
        let mut state = self.lock();
        if state.stage != Stage::Waiting {
            return false;
        }
        state.stage = Stage::Connecting;
        state.undecided = true;
        true
    }

    pub(crate) fn accept(self: &Arc<Self>, pid: Option<&str>) {
        let mut state = self.lock();
        state.undecided = false;
        state.accepted = true;
        self.server.counters.connected.add(1);
        if state.stage == Stage::Connecting {
            state.stage = Stage::Live;
            state.deadline = NEVER;
            let frame = Frame::message(&packet::connected(self.sid.as_str(), pid));
            self.push(&mut state, &frame, usize::MAX);
        } else {
            self.waker.wake();
        }
    }

    pub(crate) fn refuse(self: &Arc<Self>, message: &str, data: serde_json::Value) {
        let mut state = self.lock();
        state.undecided = false;
        self.server.counters.refused.add(1);
        if state.stage == Stage::Connecting {
            state.stage = Stage::Refused;
            state.deadline = state.deadline.min(self.server.tick_in(self.server.settings.farewell));
            self.arm(&mut state);
            let frame = Frame::message(&packet::refused(packet::ROOT, message, data));
            self.push(&mut state, &frame, usize::MAX);
        } else {
            self.waker.wake();
        }
    }

    // What the connection's task sees.

    /// Where [`Self::poll_drain`] and [`Self::poll_read`] are not enough to be woken by, this is.
    pub(crate) fn register(&self, cx: &Context<'_>) {
        self.waker.register(cx.waker());
    }

    /// Sends what a WebSocket begins with.
    pub(crate) fn send_first(&self, bytes: &Bytes) {
        self.push_wire(&mut self.lock(), bytes, usize::MAX);
    }

    /// Sends a packet of the protocol itself, in any stage.
    pub(crate) fn send_control(&self, frame: &Frame) {
        let mut state = self.lock();
        if state.is_open() {
            self.push(&mut state, frame, self.server.settings.max_buffered_bytes);
        }
    }

    /// Answers a ping of the WebSocket itself.
    pub(crate) fn send_pong(&self, payload: &[u8]) {
        let mut state = self.lock();
        if state.is_open() {
            self.push_wire(&mut state, &websocket::pong(payload).into(), self.server.settings.max_buffered_bytes);
        }
    }

    pub(crate) fn answered(self: &Arc<Self>) {
        let mut state = self.lock();
        if state.unanswered {
            state.unanswered = false;
            let settings = &self.server.settings;
            let rest = settings.ping_interval.saturating_sub(settings.ping_timeout);
            state.beat = if rest.is_zero() {
                self.server.tick_in(settings.ping_interval)
            } else {
                state.beat.saturating_add(self.server.ticks(rest))
            };
            self.arm(&mut state);
        }
    }

    /// The client sent DISCONNECT. It will close the transport itself, and has the farewell time for it.
    pub(crate) fn client_left(self: &Arc<Self>) {
        let mut state = self.lock();
        self.end(&mut state, CloseReason::ClientDisconnect);
        state.deadline = self.server.tick_in(self.server.settings.farewell);
        self.arm(&mut state);
    }

    pub(crate) fn is_open(&self) -> bool {
        self.lock().is_open()
    }

    /// Why the accepted socket has ended, if it has.
    pub(crate) fn ended(&self) -> Option<CloseReason> {
        let state = self.lock();
        state.reason.filter(|_| state.accepted)
    }

    /// True if nothing more can happen on the transport or be decided by the handler.
    pub(crate) fn is_gone(&self) -> bool {
        let state = self.lock();
        matches!(state.transport, Transport::Gone) && !state.undecided
    }

    pub(crate) fn poll_drain(&self, cx: &mut Context<'_>) {
        let mut state = self.lock();
        let link = match &mut state.transport {
            Transport::WebSocket(link) => link,
            Transport::Polling(polling) => return polling.poll_drain(cx),
            Transport::Gone => return,
        };
        let before = link.queued();
        let result = link.poll_drain(cx);
        self.server.counters.bytes_queued.sub(before.saturating_sub(link.queued()));
        if before > 0 && link.queued() == 0 {
            // For `Socket::drained`.
            self.waker.wake();
        }
        if let Poll::Ready(Err(_)) = result {
            self.fail(&mut state, CloseReason::TransportError);
        }
    }

    /// Ready with bytes in `buf`, with none at the stream's end, or with a payload; pending for ever once the transport is
    /// gone.
    pub(crate) fn poll_read(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Input> {
        let mut state = self.lock();
        let link = match &mut state.transport {
            Transport::WebSocket(link) => link,
            Transport::Polling(polling) => return polling.poll_read(cx, buf),
            Transport::Gone => return Poll::Pending,
        };
        match link.poll_read(cx, buf) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Ok(())) if buf.filled().is_empty() => {
                self.end(&mut state, CloseReason::PeerClosed);
                self.cut(&mut state, false);
            }
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(_)) => self.fail(&mut state, CloseReason::TransportError),
        }
        Poll::Ready(Input::Stream)
    }

    /// The task is being dropped: with its runtime, if not in order.
    pub(crate) fn abandon(&self) {
        let mut state = self.lock();
        self.fail(&mut state, CloseReason::Shutdown);
    }

    // Time.

    /// The wheel's entry of tick `at` has come up.
    pub(crate) fn tick(self: &Arc<Self>, at: Tick, now: Tick) {
        let mut state = self.lock();
        if state.entry != at {
            return;
        }
        state.entry = NEVER;
        match &mut state.transport {
            Transport::WebSocket(_) => {}
            Transport::Polling(polling) => polling.tick(now),
            Transport::Gone => return,
        }
        if !state.is_open() {
            if state.deadline <= now {
                self.cut(&mut state, true);
            }
        } else if state.expires <= now {
            drop(state);
            return self.close(CloseReason::Expired, 1008, "expired");
        } else if state.deadline <= now {
            let (reason, code, words) = match state.stage {
                Stage::Waiting | Stage::Connecting => (CloseReason::ConnectTimeout, 1008, "not connected in time"),
                _ => (CloseReason::ServerClose("refused"), 1000, ""),
            };
            drop(state);
            return self.close(reason, code, words);
        } else if state.beat <= now {
            if state.unanswered {
                self.fail(&mut state, CloseReason::PingTimeout);
            } else {
                state.unanswered = true;
                state.beat = now.saturating_add(self.server.ticks(self.server.settings.ping_timeout));
                self.push(&mut state, &self.server.ping, self.server.settings.max_buffered_bytes);
            }
        }
        self.arm(&mut state);
    }

    /// Sees to it that the wheel comes back in time for the next deadline.
    fn arm(self: &Arc<Self>, state: &mut State) {
        let next = match &state.transport {
            Transport::Gone => return,
            _ if !state.is_open() => state.deadline,
            Transport::WebSocket(_) => state.beat.min(state.deadline).min(state.expires),
            Transport::Polling(polling) => {
                state.beat.min(state.deadline).min(state.expires).min(polling.probe_deadline())
            }
        };
        if next < state.entry {
            state.entry = self.server.remind(self, next);
        }
    }

    // The ways out.

    /// The socket ends here, if it has not before.
    fn end(&self, state: &mut State, reason: CloseReason) {
        state.stage = Stage::Ended;
        if state.reason.is_none() {
            state.reason = Some(reason);
            state.acks = None;
            self.server.counters.closed(reason);
            if let Some(hub) = state.hub.take() {
                hub.push(self.number);
            }
        }
        self.waker.wake();
    }

    fn fail(&self, state: &mut State, reason: CloseReason) {
        self.end(state, reason);
        self.cut(state, true);
    }

    fn cut(&self, state: &mut State, reset: bool) {
        let queued = match &mut state.transport {
            Transport::WebSocket(link) => {
                if reset {
                    link.reset_on_drop();
                }
                link.queued()
            }
            Transport::Polling(polling) => {
                polling.cut();
                self.server.forget(&polling.session);
                polling.queued()
            }
            Transport::Gone => return,
        };
        self.server.counters.bytes_queued.sub(queued);
        state.transport = Transport::Gone;
        self.waker.wake();
    }

    fn farewell(self: &Arc<Self>, reason: CloseReason, farewell: &Farewell<'_>) {
        let mut state = self.lock();
        if !state.is_open() {
            return;
        }
        let disconnect = (farewell.disconnect && state.is_live()).then(|| Frame::message(packet::DISCONNECT));
        if matches!(state.transport, Transport::Polling(_)) {
            return self.farewell_polled(&mut state, reason, disconnect.as_ref(), farewell);
        }
        if let Some(frame) = disconnect {
            self.push(&mut state, &frame, usize::MAX);
        }
        self.end(&mut state, reason);
        self.push_wire(&mut state, &websocket::close(farewell.code, farewell.words).into(), usize::MAX);
        if let Transport::WebSocket(link) = &mut state.transport {
            link.close();
            state.deadline = self.server.tick_in(self.server.settings.farewell);
            self.arm(&mut state);
        }
    }

    fn push(&self, state: &mut State, frame: &Frame, limit: usize) -> bool {
        match &state.transport {
            Transport::Polling(_) => self.push_polled(state, frame, limit),
            _ => self.push_wire(state, frame.wire(), limit),
        }
    }

    fn push_wire(&self, state: &mut State, frame: &Bytes, limit: usize) -> bool {
        let Transport::WebSocket(link) = &mut state.transport else {
            return false;
        };
        let counters = &self.server.counters;
        let before = link.queued();
        match link.push(frame, limit) {
            Ok(()) => {
                counters.frames_sent.add(1);
                counters.bytes_sent.add(frame.len());
                if link.queued() > before {
                    counters.bytes_queued.add(link.queued() - before);
                    if before == 0 {
                        self.waker.wake();
                    }
                }
                true
            }
            Err(PushError::Full) => {
                self.fail(state, CloseReason::TooSlow);
                false
            }
            Err(PushError::Io(error)) => {
                tracing::debug!(%error, peer = %self.peer.address, "writing to a client failed");
                self.fail(state, CloseReason::TransportError);
                false
            }
        }
    }
}

impl State {
    fn is_open(&self) -> bool {
        match &self.transport {
            Transport::WebSocket(link) => !link.is_closing(),
            Transport::Polling(polling) => !polling.is_closing(),
            Transport::Gone => false,
        }
    }

    fn is_live(&self) -> bool {
        self.stage == Stage::Live && self.is_open()
    }
}

/// The ping every connection is sent.
pub(crate) fn ping() -> Frame {
    Frame::engine(engine::PING)
}

/// Time until a connection's first ping: somewhere in the second half of the interval, so that clients which return together
/// are not pinged together ever after. Multiples of the golden ratio fill the range more evenly than chance does.
fn first_ping(interval: Duration, number: u64) -> Duration {
    let fraction = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    let fraction = f64::from(u32::try_from(fraction).unwrap_or(u32::MAX)) / f64::from(u32::MAX);
    interval.mul_f64(0.5 + fraction / 2.0)
}

/// The number of whole ticks that are not shorter than `duration`.
pub(crate) fn ticks(duration: Duration, tick: Duration) -> Tick {
    let ticks = duration.as_nanos().div_ceil(tick.as_nanos().max(1));
    Tick::try_from(ticks).unwrap_or(NEVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_polling_makes_other_connections_no_bigger() {
        assert_eq!(size_of::<Transport>(), size_of::<Link>());
    }
}
