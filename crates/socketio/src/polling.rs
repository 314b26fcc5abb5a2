//! [`Polling`]: the long-polling transport of a connection, until it ends or is left for a WebSocket.
//!
//! **Out.** A GET waits until there is something to send and takes it all, as much as one payload may hold. Between two GETs
//! packets queue, bounded in bytes like behind a slow WebSocket. While a GET waits, the queue is empty.
//!
//! **In.** A POST brings packets. It is answered when they have been understood, so that a client whose events wait for the
//! handler waits too: the client sends one POST at a time.
//!
//! **The upgrade.** The client opens a WebSocket for the same session and probes it (`2probe`, `3probe`). The GET is released
//! so that the client can stop polling; when all it asked for has been answered, it says `5` on the WebSocket, and from then
//! on that is the transport. What was queued is kept as [`Frame`]s, which are ready for both.
//!
//! From `3probe` to `5` an official client may be deaf: it has stopped polling, and if the WebSocket is closed on it then, it
//! does nothing until its own heartbeat runs out. So a farewell in between leaves the WebSocket open, and is given on whichever
//! of the two the client comes by.

use std::collections::VecDeque;
use std::mem;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use lamplight_tls::Stream;
use tokio::io::ReadBuf;
use tokio::sync::oneshot;

use crate::codec::{engine, payload, websocket};
use crate::link::{Link, PushError};
use crate::outgoing::Frame;
use crate::sid::Sid;
use crate::wheel::{NEVER, Tick};

/// What a queued frame costs beyond its bytes: its place in the queue.
const ENTRY: usize = size_of::<Frame>();

/// What a client may have sent on the WebSocket before it was answered, in bytes; those in use send nothing. Less than one
/// read takes.
pub(crate) const EARLY_BYTES: usize = 4 * 1024;

/// What may wait to be written to a WebSocket that is only being probed, in bytes.
const PROBE_BYTES: usize = 1_000;

#[derive(Debug)]
pub(crate) struct Polling {
    /// What the client calls the session.
    pub(crate) session: Sid,
    queue: VecDeque<Frame>,
    /// Bytes in `queue`, and `ENTRY` for each frame.
    queued: usize,
    /// The GET that waits.
    poll: Option<oneshot::Sender<Bytes>>,
    /// A POST is under way.
    pub(crate) posting: bool,
    /// What it has brought, until the connection's task takes it.
    pub(crate) posted: Option<Posted>,
    pub(crate) probe: Option<Probe>,
    /// Nothing is to follow what is queued now, but the end. This says it on a WebSocket.
    closing: Option<Bytes>,
    /// The end has been said.
    finished: bool,
}

/// What a connection's task finds when it reads.
pub(crate) enum Input {
    /// Bytes of the WebSocket that is the transport.
    Stream,
    /// A payload.
    Posted(Posted),
    /// A WebSocket to be probed; bytes of it follow.
    Probe,
    /// Bytes of the WebSocket that is being probed.
    Probed,
    /// That WebSocket is gone; the session goes on without it.
    ProbeLost,
}

/// The body of a POST, and who waits for the answer.
#[derive(Debug)]
pub(crate) struct Posted {
    pub(crate) body: Bytes,
    /// Told whether the packets were in order.
    pub(crate) answer: oneshot::Sender<bool>,
}

/// A WebSocket that may become the transport.
#[derive(Debug)]
pub(crate) struct Probe {
    pub(crate) link: Link,
    /// Bytes the HTTP server had read beyond the request.
    pub(crate) early: Bytes,
    /// Nothing of it has been read yet.
    pub(crate) fresh: bool,
    /// `3probe` has been sent: the client may stop polling.
    pub(crate) answered: bool,
    /// A GET has been let go at once since then.
    pub(crate) released: bool,
    /// When patience ends.
    pub(crate) deadline: Tick,
}

impl Probe {
    pub(crate) fn new(stream: Stream, early: Bytes, deadline: Tick) -> Self {
        Self { link: Link::new(stream), early, fresh: true, answered: false, released: false, deadline }
    }

    /// Sends one of the few things there are to say before the upgrade.
    pub(crate) fn push(&mut self, wire: &Bytes) -> Result<(), PushError> {
        self.link.push(wire, PROBE_BYTES)
    }

    /// The WebSocket is not wanted.
    pub(crate) fn turn_away(mut self, code: u16, words: &str) {
        // It is dropped now; a farewell that the kernel does not take is not sent.
        let _ = self.push(&websocket::close(code, words).into());
    }
}

impl Polling {
    pub(crate) fn new(session: Sid) -> Self {
        Self {
            session,
            queue: VecDeque::new(),
            queued: 0,
            poll: None,
            posting: false,
            posted: None,
            probe: None,
            closing: None,
            finished: false,
        }
    }

    pub(crate) fn queued(&self) -> usize {
        self.queued
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.is_some()
    }

    /// True if the client has been given all there was, the end too.
    pub(crate) fn is_finished(&self) -> bool {
        self.finished
    }

    /// True if a WebSocket may be probed: one at a time.
    pub(crate) fn may_upgrade(&self) -> bool {
        self.probe.is_none() && !self.is_closing()
    }

    /// Nothing will follow. `farewell` says so if the client comes by the WebSocket it is about to move to.
    pub(crate) fn close(&mut self, farewell: Bytes) {
        self.closing = Some(farewell);
        if !self.is_leaving() {
            self.end_probe();
        }
    }

    fn end_probe(&mut self) {
        if let Some(probe) = self.probe.take() {
            probe.turn_away(1000, "session closed");
        }
    }

    /// True while the client is about to stop polling.
    pub(crate) fn is_leaving(&self) -> bool {
        self.probe.as_ref().is_some_and(|probe| probe.answered)
    }

    /// True for the first GET that comes when the client is about to stop polling: it need not wait.
    pub(crate) fn release(&mut self) -> bool {
        self.probe.as_mut().is_some_and(|probe| probe.answered && !mem::replace(&mut probe.released, true))
    }

    /// When the probed WebSocket must have become the transport.
    pub(crate) fn probe_deadline(&self) -> Tick {
        self.probe.as_ref().map_or(NEVER, |probe| probe.deadline)
    }

    /// Queues a frame; false if more than `limit` bytes would be waiting, unless none are.
    pub(crate) fn enqueue(&mut self, frame: &Frame, limit: usize) -> bool {
        let size = frame.text().len() + ENTRY;
        if !self.queue.is_empty() && self.queued.saturating_add(size) > limit {
            return false;
        }
        self.queued += size;
        self.queue.push_back(frame.clone());
        true
    }

    /// The transport ends here: whoever waits is told.
    pub(crate) fn cut(&mut self) {
        self.end_probe();
        self.answer(Bytes::from_static(engine::CLOSE.as_bytes()));
    }

    pub(crate) fn tick(&mut self, now: Tick) {
        if let Some(probe) = self.probe.take_if(|probe| probe.deadline <= now) {
            probe.turn_away(1008, "not upgraded in time");
        }
    }

    pub(crate) fn poll_drain(&mut self, cx: &mut Context<'_>) {
        if let Some(probe) = &mut self.probe
            && let Poll::Ready(Err(_)) = probe.link.poll_drain(cx)
        {
            self.probe = None;
        }
    }

    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Input> {
        // First: when the client says that it has moved, what it posted before must have been heard.
        if let Some(posted) = self.posted.take() {
            return Poll::Ready(Input::Posted(posted));
        }
        let Some(probe) = &mut self.probe else {
            return Poll::Pending;
        };
        if mem::take(&mut probe.fresh) {
            return Poll::Ready(Input::Probe);
        }
        if probe.early.has_remaining() {
            buf.put_slice(&mem::take(&mut probe.early));
            return Poll::Ready(Input::Probed);
        }
        match probe.link.poll_read(cx, buf) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(())) if !buf.filled().is_empty() => Poll::Ready(Input::Probed),
            Poll::Ready(_) => {
                self.probe = None;
                Poll::Ready(Input::ProbeLost)
            }
        }
    }

    /// Answers the GET that waits, if one does and there is something to say.
    pub(crate) fn flush(&mut self, max: usize) {
        if self.poll.is_some()
            && let Some(payload) = self.take(max)
        {
            self.answer(payload);
        }
    }

    /// Answers the GET that waits, if one does.
    pub(crate) fn answer(&mut self, payload: Bytes) {
        if let Some(poll) = self.poll.take() {
            // If it has just been given up, its guard ends the connection: nothing is lost in silence.
            let _ = poll.send(payload);
        }
    }

    /// What a GET that has to wait waits for; `None` if another waits already.
    pub(crate) fn wait(&mut self) -> Option<oneshot::Receiver<Bytes>> {
        if self.poll.is_some() {
            return None;
        }
        let (sender, receiver) = oneshot::channel();
        self.poll = Some(sender);
        Some(receiver)
    }

    /// The payload of what is queued: up to `max` bytes, one packet at least; `None` if there is nothing to say.
    ///
    /// When nothing will follow, the close packet is the last payload, alone: an official client acts on a close packet at once
    /// and on what stands before it a moment later. It would take a DISCONNECT for a lost connection and come back, and keep an
    /// event for later that it is then sent again.
    pub(crate) fn take(&mut self, max: usize) -> Option<Bytes> {
        let Some(first) = self.queue.front() else {
            self.finished = self.is_closing();
            return self.finished.then_some(Bytes::from_static(engine::CLOSE.as_bytes()));
        };
        let mut size = first.text().len();
        let more = self.queue.iter().skip(1).take_while(|frame| {
            let with = size.saturating_add(payload::SEPARATOR.len_utf8() + frame.text().len());
            let fits = with <= max;
            if fits {
                size = with;
            }
            fits
        });
        let count = 1 + more.count();
        let mut payload = Vec::with_capacity(size);
        for frame in self.queue.drain(..count) {
            if !payload.is_empty() {
                payload.push(payload::SEPARATOR as u8);
            }
            payload.extend_from_slice(frame.text());
            self.queued = self.queued.saturating_sub(frame.text().len() + ENTRY);
        }
        if self.queue.is_empty() {
            self.queue = VecDeque::new();
        }
        Some(payload.into())
    }

    /// The client has moved: what waits goes to the WebSocket, and the end if that was to be next. `None` if no WebSocket has
    /// been probed.
    pub(crate) fn upgrade(&mut self) -> Option<Result<Link, PushError>> {
        if !self.probe.as_ref()?.answered {
            return None;
        }
        let mut link = self.probe.take()?.link;
        self.answer(Bytes::from_static(engine::NOOP.as_bytes()));
        let frames = self.queue.iter().map(Frame::wire).chain(&self.closing);
        let mut moved = Ok(());
        for frame in frames {
            moved = moved.and_then(|()| link.push(frame, usize::MAX));
        }
        if self.is_closing() {
            link.close();
        }
        Some(moved.map(|()| link))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn polling() -> Polling {
        Polling::new(Sid::random().unwrap())
    }

    #[test]
    fn a_frame_is_taken_at_any_size_when_nothing_waits() {
        let mut polling = polling();
        assert!(polling.enqueue(&Frame::engine(&"4".repeat(1_000)), 10));
        assert!(!polling.enqueue(&Frame::engine("4"), 10));
        assert_eq!(polling.take(10).map(|payload| payload.len()), Some(1_000));
        assert_eq!((polling.queued(), polling.take(10)), (0, None));
    }

    #[test]
    fn one_get_waits_at_a_time() {
        let mut polling = polling();
        let mut receiver = polling.wait().unwrap();
        assert!(polling.wait().is_none());
        polling.flush(10);
        assert!(receiver.try_recv().is_err(), "there is nothing to say");
        polling.enqueue(&Frame::engine("4a"), 10);
        polling.flush(10);
        assert_eq!(receiver.try_recv().unwrap(), "4a");
    }

    proptest! {
        #[test]
        fn payloads_are_bounded_and_nothing_is_lost(
            texts in prop::collection::vec("4[a-zé]{0,12}", 0..20),
            max in 0_usize..40,
        ) {
            let mut polling = polling();
            for text in &texts {
                prop_assert!(polling.enqueue(&Frame::engine(text), usize::MAX));
            }
            let mut taken = Vec::new();
            while let Some(bytes) = polling.take(max) {
                let text = std::str::from_utf8(&bytes).unwrap();
                let parts: Vec<_> = text.split(payload::SEPARATOR).map(str::to_owned).collect();
                prop_assert!(bytes.len() <= max || parts.len() == 1);
                taken.extend(parts);
            }
            prop_assert_eq!(taken, texts);
            prop_assert_eq!(polling.queued(), 0);
        }
    }
}
