//! What the server counts: relaxed atomics, read together as a [`Snapshot`] for a metrics page.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::reason::CloseReason;
use crate::refusal::Refusal;

/// The live counters. Written without ordering between them: a snapshot is good for graphs, not for proofs.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) open: Count,
    pub(crate) handshakes: Count,
    pub(crate) upgraded: Count,
    pub(crate) connected: Count,
    pub(crate) refused: Count,
    pub(crate) frames_sent: Count,
    pub(crate) bytes_sent: Count,
    pub(crate) bytes_queued: Count,
    pub(crate) packets_received: Count,
    handshakes_refused: [Count; Refusal::COUNT],
    closed: [Count; CloseReason::COUNT],
}

#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, count: usize) {
        self.0.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn sub(&self, count: usize) {
        self.0.fetch_sub(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    pub(crate) fn closed(&self, reason: CloseReason) {
        if let Some(count) = self.closed.get(reason.index()) {
            count.add(1);
        }
    }

    pub(crate) fn handshake_refused(&self, refusal: Refusal) {
        if let Some(count) = self.handshakes_refused.get(refusal.index()) {
            count.add(1);
        }
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let named = |names: &[&'static str], counts: &[Count]| {
            names.iter().copied().zip(counts.iter().map(Count::get)).collect::<Vec<_>>()
        };
        Snapshot {
            open: self.open.get(),
            handshakes: self.handshakes.get(),
            upgraded: self.upgraded.get(),
            connected: self.connected.get(),
            refused: self.refused.get(),
            frames_sent: self.frames_sent.get(),
            bytes_sent: self.bytes_sent.get(),
            bytes_queued: self.bytes_queued.get(),
            packets_received: self.packets_received.get(),
            handshakes_refused: named(&Refusal::NAMES, &self.handshakes_refused),
            closed: named(&CloseReason::NAMES, &self.closed),
        }
    }
}

/// The counters at one moment. All but `open` and `bytes_queued` only grow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Connections open now, with or without CONNECT.
    pub open: u64,
    /// Handshakes that became a connection.
    pub handshakes: u64,
    /// Connections that began with long polling and moved to a WebSocket.
    pub upgraded: u64,
    /// CONNECTs accepted.
    pub connected: u64,
    /// CONNECTs refused by the handler.
    pub refused: u64,
    /// Frames handed to connections, control frames included.
    pub frames_sent: u64,
    /// Their bytes on the wire; over long polling, without what HTTP adds.
    pub bytes_sent: u64,
    /// Bytes waiting now for clients that read slowly. Shared frames count once a client.
    pub bytes_queued: u64,
    /// Packets and control frames received.
    pub packets_received: u64,
    /// Requests refused, by the stable name of the refusal.
    pub handshakes_refused: Vec<(&'static str, u64)>,
    /// Sockets and connections ended, by [`CloseReason::as_str`]. `too_slow` are the slow readers.
    pub closed: Vec<(&'static str, u64)>,
}
