//! What HTTP requests do to a connection: GETs that wait, POSTs that bring packets, and the move to a WebSocket.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lamplight_tls::Stream;
use tokio::sync::oneshot;

use super::{Conn, Farewell, State, Transport};
use crate::codec::{engine, websocket};
use crate::outgoing::Frame;
use crate::polling::{EARLY_BYTES, Posted, Probe};
use crate::reason::CloseReason;
use crate::refusal::Refusal;

/// How long a GET waits while the client is about to stop polling. The first goes at once. More come only if the WebSocket is
/// slower than a request, and must not become a busy loop. The official server looks as often.
const RELEASE_AFTER: Duration = Duration::from_millis(100);

/// What a GET gets.
pub(crate) enum Polled {
    Now(Bytes),
    /// Later; after the time given it should ask to be released.
    Later(oneshot::Receiver<Bytes>, Option<Duration>),
}

impl Conn {
    /// A GET. The caller must call [`Self::client_gone`] if it is dropped while it waits.
    pub(crate) fn poll(self: &Arc<Self>) -> Result<Polled, Refusal> {
        let max = self.server.settings.max_payload;
        let mut state = self.lock();
        let Transport::Polling(polling) = &mut state.transport else {
            return Err(Refusal::UnknownSid);
        };
        let before = polling.queued();
        if let Some(payload) = polling.take(max) {
            self.server.counters.bytes_queued.sub(before.saturating_sub(polling.queued()));
            if polling.queued() == 0 {
                // For `Socket::drained`.
                self.waker.wake();
            }
            if polling.is_finished() {
                self.cut(&mut state, false);
            }
            return Ok(Polled::Now(payload));
        }
        if polling.release() {
            return Ok(Polled::Now(noop()));
        }
        let patience = polling.is_leaving().then_some(RELEASE_AFTER);
        if let Some(receiver) = polling.wait() {
            return Ok(Polled::Later(receiver, patience));
        }
        drop(state);
        self.close(CloseReason::ProtocolError, 1002, "two polls at once");
        Err(Refusal::BadRequest)
    }

    /// Lets the GET that waits go, with nothing.
    pub(crate) fn release_poll(&self) {
        if let Transport::Polling(polling) = &mut self.lock().transport {
            polling.answer(noop());
        }
    }

    /// A POST whose body has not been read. The caller must call [`Self::client_gone`] if it is dropped before its end.
    pub(crate) fn begin_post(self: &Arc<Self>) -> Result<(), Refusal> {
        let mut state = self.lock();
        let Transport::Polling(polling) = &mut state.transport else {
            return Err(Refusal::UnknownSid);
        };
        if !mem::replace(&mut polling.posting, true) {
            return Ok(());
        }
        drop(state);
        self.close(CloseReason::ProtocolError, 1002, "two posts at once");
        Err(Refusal::BadRequest)
    }

    /// Its body. The answer is whether the packets were in order.
    pub(crate) fn post(&self, body: Bytes) -> Option<oneshot::Receiver<bool>> {
        let mut state = self.lock();
        let Transport::Polling(polling) = &mut state.transport else {
            return None;
        };
        let (answer, receiver) = oneshot::channel();
        polling.posted = Some(Posted { body, answer });
        self.waker.wake();
        Some(receiver)
    }

    pub(crate) fn end_post(&self) {
        if let Transport::Polling(polling) = &mut self.lock().transport {
            polling.posting = false;
        }
    }

    /// A request was given up before its end; who polls is always connected, so the client has gone, as the official server
    /// thinks too. Or it said that it goes.
    pub(crate) fn client_gone(self: &Arc<Self>) {
        let mut state = self.lock();
        if matches!(state.transport, Transport::Polling(_)) {
            self.end(&mut state, CloseReason::PeerClosed);
            self.cut(&mut state, false);
        }
    }

    // The upgrade.

    /// True if a WebSocket may be opened for this session.
    pub(crate) fn may_upgrade(&self) -> bool {
        matches!(&self.lock().transport, Transport::Polling(polling) if polling.may_upgrade())
    }

    /// A WebSocket for this session, its handshake answered.
    pub(crate) fn probe(self: &Arc<Self>, stream: Stream, early: Bytes) {
        let deadline = self.server.tick_in(self.server.settings.connect_timeout);
        let mut state = self.lock();
        match &mut state.transport {
            Transport::Polling(polling) if polling.may_upgrade() && early.len() <= EARLY_BYTES => {
                polling.probe = Some(Probe::new(stream, early, deadline));
                self.arm(&mut state);
                self.waker.wake();
            }
            // Another was faster, or the session is over.
            _ => Probe::new(stream, early, deadline).turn_away(1008, "nothing to upgrade"),
        }
    }

    /// The probed WebSocket works: says so on it, and lets the GET go that the client wants to see the end of.
    pub(crate) fn answer_probe(&self) {
        let mut state = self.lock();
        if let Transport::Polling(polling) = &mut state.transport
            && let Some(probe) = &mut polling.probe
        {
            let pong = engine::Packet::Pong(engine::PROBE).encode();
            match probe.push(Frame::engine(&pong).wire()) {
                Ok(()) => {
                    probe.answered = true;
                    polling.answer(noop());
                }
                Err(_) => polling.probe = None,
            }
        }
    }

    /// Answers a ping of the probed WebSocket itself.
    pub(crate) fn pong_probe(&self, payload: &[u8]) {
        if let Transport::Polling(polling) = &mut self.lock().transport
            && let Some(probe) = &mut polling.probe
            && probe.push(&websocket::pong(payload).into()).is_err()
        {
            polling.probe = None;
        }
    }

    /// The probed WebSocket is no good. The session goes on without it.
    pub(crate) fn drop_probe(&self, code: u16, words: &str) {
        if let Transport::Polling(polling) = &mut self.lock().transport
            && let Some(probe) = polling.probe.take()
        {
            probe.turn_away(code, words);
        }
    }

    /// True while the client may say on the probed WebSocket that it has moved, although the session may be closing.
    pub(crate) fn is_leaving(&self) -> bool {
        matches!(&self.lock().transport, Transport::Polling(polling) if polling.is_leaving())
    }

    /// The client has moved to the probed WebSocket: what waits goes there, and all that follows. False if it cannot have.
    pub(crate) fn upgrade(self: &Arc<Self>) -> bool {
        let mut state = self.lock();
        let Transport::Polling(polling) = &mut state.transport else {
            return false;
        };
        let queued = polling.queued();
        let link = match polling.upgrade() {
            None => return false,
            Some(Ok(link)) => link,
            Some(Err(error)) => {
                tracing::debug!(?error, peer = %self.peer.address, "writing to a client failed");
                self.fail(&mut state, CloseReason::TransportError);
                return true;
            }
        };
        let counters = &self.server.counters;
        counters.bytes_queued.add(link.queued());
        counters.bytes_queued.sub(queued);
        counters.upgraded.add(1);
        self.server.forget(&polling.session);
        state.transport = Transport::WebSocket(link);
        true
    }

    // The ways out, for `Conn::farewell` and `Conn::push`.

    pub(super) fn farewell_polled(
        self: &Arc<Self>,
        state: &mut State,
        reason: CloseReason,
        disconnect: Option<&Frame>,
        farewell: &Farewell<'_>,
    ) {
        self.end(state, reason);
        let Transport::Polling(polling) = &mut state.transport else {
            return;
        };
        match reason {
            // It will not ask again. As the official server does, whatever waits is let go.
            CloseReason::PeerClosed => polling.answer(noop()),
            // What it says next is no better. The cut tells whatever waits.
            CloseReason::ProtocolError | CloseReason::TooManyPackets => {}
            _ => {
                let before = polling.queued();
                if let Some(frame) = disconnect {
                    polling.enqueue(frame, usize::MAX);
                }
                polling.close(websocket::close(farewell.code, farewell.words).into());
                polling.flush(self.server.settings.max_payload);
                self.server.counters.bytes_queued.add(polling.queued().saturating_sub(before));
                if !polling.is_finished() {
                    state.deadline = self.server.tick_in(self.server.settings.farewell);
                    return self.arm(state);
                }
            }
        }
        self.cut(state, false);
    }

    pub(super) fn push_polled(&self, state: &mut State, frame: &Frame, limit: usize) -> bool {
        let Transport::Polling(polling) = &mut state.transport else {
            return false;
        };
        let before = polling.queued();
        if !polling.enqueue(frame, limit) {
            self.fail(state, CloseReason::TooSlow);
            return false;
        }
        polling.flush(self.server.settings.max_payload);
        let counters = &self.server.counters;
        // While a GET waits, nothing else does: what is queued never gets less here.
        counters.bytes_queued.add(polling.queued().saturating_sub(before));
        counters.frames_sent.add(1);
        counters.bytes_sent.add(frame.text().len());
        true
    }
}

fn noop() -> Bytes {
    Bytes::from_static(engine::NOOP.as_bytes())
}
