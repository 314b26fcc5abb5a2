//! The WebSocket transport's write side: what a connection owes the kernel.
//!
//! A frame goes to the kernel in the call that sends it. Only what the kernel does not take is queued, and from then on
//! every frame goes behind it until the queue has been drained by the connection's task: frames leave in the order of the
//! calls and never inside one another. The queue holds references to shared frames and gives its memory back when empty.
//!
//! Of a TLS connection the stream may owe the kernel a rest of what it has taken. Then what is left of the frame, which is nothing,
//! stands in the queue until that rest is on its way: so there is one place that says whether anything waits.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use lamplight_tls::Stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How many queued frames one system call writes at most.
const BATCH: usize = 64;

/// What a queued frame costs beyond its bytes: its place in the queue.
const ENTRY: usize = size_of::<Bytes>();

#[derive(Debug)]
pub(crate) struct Link {
    stream: Stream,
    queue: VecDeque<Bytes>,
    /// Bytes in `queue`, and `ENTRY` for each frame.
    queued: usize,
    /// Nothing is to follow what is queued now.
    closing: bool,
    finished: bool,
}

/// Why a frame could not be taken.
#[derive(Debug)]
pub(crate) enum PushError {
    /// Too much is waiting already.
    Full,
    /// The stream is broken.
    Io(io::Error),
}

impl Link {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream, queue: VecDeque::new(), queued: 0, closing: false, finished: false }
    }

    pub(crate) fn queued(&self) -> usize {
        self.queued
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing
    }

    /// No frame will follow: once the queue is drained, the stream's write side is shut down.
    pub(crate) fn close(&mut self) {
        self.closing = true;
    }

    pub(crate) fn reset_on_drop(&self) {
        self.stream.reset_on_drop();
    }

    /// Writes or queues a frame; `limit` bounds the queue in bytes unless it is empty.
    pub(crate) fn push(&mut self, frame: &Bytes, limit: usize) -> Result<(), PushError> {
        let rest = if self.queue.is_empty() {
            match self.stream.try_write(frame) {
                Ok(written) if written >= frame.len() && !self.stream.owes() => return Ok(()),
                Ok(written) => frame.slice(written..),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => frame.clone(),
                Err(error) => return Err(PushError::Io(error)),
            }
        } else if self.queued.saturating_add(frame.len() + ENTRY) > limit {
            return Err(PushError::Full);
        } else {
            frame.clone()
        };
        self.queued += rest.len() + ENTRY;
        self.queue.push_back(rest);
        Ok(())
    }

    /// Gives the kernel what it takes of the queue; ready when the queue is empty.
    pub(crate) fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.queue.is_empty() {
            if self.stream.owes() {
                ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
            }
            self.written(0);
            let mut slices = [io::IoSlice::new(&[]); BATCH];
            let mut count = 0;
            for (slice, frame) in slices.iter_mut().zip(&self.queue) {
                *slice = io::IoSlice::new(frame);
                count += 1;
            }
            if count == 0 {
                break;
            }
            let slices = slices.get(..count).unwrap_or_default();
            let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, slices))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written(written);
        }
        if self.queue.capacity() > 0 {
            self.queue = VecDeque::new();
        }
        if self.stream.owes() {
            ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        }
        if self.closing && !self.finished {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            self.finished = true;
        }
        Poll::Ready(Ok(()))
    }

    fn written(&mut self, mut written: usize) {
        while let Some(first) = self.queue.front_mut() {
            if written < first.len() {
                first.advance(written);
                self.queued = self.queued.saturating_sub(written);
                return;
            }
            written -= first.len();
            self.queued = self.queued.saturating_sub(first.len() + ENTRY);
            self.queue.pop_front();
        }
    }

    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}
