//! What the relay remembers: the newest events, encoded, for sockets that come in behind them.
//!
//! After a cut or a restart everybody comes back at once and has missed the same few events. They are read and encoded once, and
//! whoever comes back is given them from here; the database is asked only by those who were away for longer.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use lamplight_kernel::{Control, Target};
use lamplight_socketio::Frame;

/// The most events that are remembered.
pub(crate) const EVENTS: usize = 2048;
/// The most bytes of frames that are remembered, unless a single one is larger.
const BYTES: usize = 4 * 1024 * 1024;
/// Who is at most this many events behind is given them from memory. Less than is remembered, because the relay goes on
/// while the socket is on its way to it.
const NEAR: usize = 512;
/// What a frame costs that waits for a client, besides its bytes: more than its place in any queue.
const ENTRY: usize = 64;

/// What a frame costs that waits for a client, in bytes.
pub(crate) fn cost(frame: &Frame) -> usize {
    frame.wire().len() + ENTRY
}

/// What is remembered of an event.
#[derive(Debug)]
pub(crate) enum Past {
    Event(Target, Frame),
    Control(Control),
    /// An event that can't be read. Its place is kept, so that the numbers have no gap.
    Unreadable,
}

impl Past {
    fn bytes(&self) -> usize {
        match self {
            Self::Event(_, frame) => cost(frame),
            Self::Control(_) | Self::Unreadable => 0,
        }
    }
}

/// Where the relay stands, for who must know before talking to it.
#[derive(Debug, Clone)]
pub(crate) struct Progress(Arc<Stands>);

#[derive(Debug)]
struct Stands {
    position: AtomicI64,
    near: AtomicI64,
}

impl Progress {
    /// The newest event that was handed on, or a somewhat older one.
    pub(crate) fn position(&self) -> i64 {
        self.0.position.load(Ordering::Acquire)
    }

    /// Whether a socket that has everything up to `from` can be given the rest from memory, all at once.
    pub(crate) fn is_near(&self, from: i64) -> bool {
        from >= self.0.near.load(Ordering::Acquire)
    }
}

/// The newest events, without gaps, ending at the position.
#[derive(Debug)]
pub(crate) struct Memory {
    events: VecDeque<Past>,
    bytes: usize,
    position: i64,
    /// The newest of `events` that are near: how many, their bytes, and the most that these may be.
    near: usize,
    near_bytes: usize,
    at_once: usize,
    progress: Progress,
}

impl Memory {
    /// Nothing is remembered of what was up to `position`. A socket can be given `at_once` bytes without being waited for.
    pub(crate) fn new(position: i64, at_once: usize) -> Self {
        let progress = Progress(Arc::new(Stands { position: position.into(), near: position.into() }));
        Self {
            events: VecDeque::new(),
            bytes: 0,
            position,
            near: 0,
            near_bytes: 0,
            at_once: at_once.min(BYTES),
            progress,
        }
    }

    pub(crate) fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// The newest event.
    pub(crate) const fn position(&self) -> i64 {
        self.position
    }

    /// The event before the newest `count`.
    fn before(&self, count: usize) -> i64 {
        self.position - i64::try_from(count).unwrap_or(i64::MAX)
    }

    /// Remembers the event that follows.
    pub(crate) fn push(&mut self, past: Past) {
        self.bytes += past.bytes();
        self.near_bytes += past.bytes();
        self.near += 1;
        self.events.push_back(past);
        while self.near > NEAR || self.near_bytes > self.at_once {
            let Some(first) = self.events.len().checked_sub(self.near).and_then(|first| self.events.get(first)) else {
                break;
            };
            self.near_bytes -= first.bytes();
            self.near -= 1;
        }
        while self.events.len() > EVENTS || (self.bytes > BYTES && self.events.len() > 1) {
            let Some(first) = self.events.pop_front() else { break };
            self.bytes -= first.bytes();
        }
        self.position += 1;
        self.publish();
    }

    /// Begins anew behind `position`: what lies between is not known.
    pub(crate) fn forget(&mut self, position: i64) {
        self.events.clear();
        (self.bytes, self.near, self.near_bytes) = (0, 0, 0);
        self.position = position;
        self.publish();
    }

    fn publish(&self) {
        self.progress.0.near.store(self.before(self.near), Ordering::Release);
        self.progress.0.position.store(self.position, Ordering::Release);
    }

    /// The events after `from`, with their numbers; `None` if they are not all remembered.
    pub(crate) fn after(&self, from: i64) -> Option<impl Iterator<Item = (i64, &Past)>> {
        let skip = usize::try_from(from - self.before(self.events.len())).ok()?;
        Some((from + 1..).zip(self.events.iter().skip(skip)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(size: usize) -> Past {
        Past::Event(Target::default(), Frame::event("e", &("x".repeat(size),)).unwrap())
    }

    fn numbers(memory: &Memory, from: i64) -> Option<Vec<i64>> {
        memory.after(from).map(|events| events.map(|(seq, _)| seq).collect())
    }

    #[test]
    fn what_follows_a_position_or_nothing_if_some_of_it_is_forgotten() {
        let mut memory = Memory::new(10, BYTES);
        assert_eq!(numbers(&memory, 10), Some(vec![]));
        assert_eq!(numbers(&memory, 9), None);
        for _ in 0..3 {
            memory.push(event(1));
        }
        assert_eq!(numbers(&memory, 10), Some(vec![11, 12, 13]));
        assert_eq!(numbers(&memory, 12), Some(vec![13]));
        assert_eq!(numbers(&memory, 13), Some(vec![]));
        memory.forget(20);
        assert_eq!((numbers(&memory, 13), numbers(&memory, 20)), (None, Some(vec![])));
    }

    #[test]
    fn it_is_bounded_in_events_and_in_bytes() {
        let mut memory = Memory::new(0, usize::MAX);
        for _ in 0..EVENTS + 5 {
            memory.push(event(1));
        }
        assert_eq!(numbers(&memory, 4), None);
        assert_eq!(numbers(&memory, 5).map(|numbers| numbers.len()), Some(EVENTS));
        for _ in 0..3 {
            memory.push(event(BYTES / 2));
        }
        let newest = memory.position();
        assert!(memory.progress().is_near(newest - 1) && !memory.progress().is_near(newest - 2));
        assert_eq!(numbers(&memory, newest - 2), None);
        assert_eq!(numbers(&memory, newest - 1).map(|numbers| numbers.len()), Some(1));
    }

    #[test]
    fn near_is_what_is_remembered_and_not_much() {
        let mut memory = Memory::new(0, 1_000);
        let progress = memory.progress();
        assert!(progress.is_near(0) && !progress.is_near(-1));
        for _ in 0..NEAR + 1 {
            memory.push(Past::Unreadable);
        }
        assert_eq!(progress.position(), 513);
        assert!(progress.is_near(1) && !progress.is_near(0));
        memory.forget(520);
        assert!(progress.is_near(520) && !progress.is_near(519));

        // What can be given at once: two of these, or none that is larger.
        for _ in 0..10 {
            memory.push(event(400));
        }
        assert!(progress.is_near(528) && !progress.is_near(527));
        memory.push(event(1_000));
        assert!(progress.is_near(531) && !progress.is_near(530));
        memory.push(event(1));
        assert!(progress.is_near(531) && !progress.is_near(530));
    }
}
