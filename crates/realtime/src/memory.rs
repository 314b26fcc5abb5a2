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
const NEAR: i64 = 512;

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
            Self::Event(_, frame) => frame.wire().len(),
            Self::Control(_) | Self::Unreadable => 0,
        }
    }
}

/// Where the relay stands, for who must know before talking to it.
#[derive(Debug, Clone)]
pub(crate) struct Progress(Arc<(AtomicI64, AtomicI64)>);

impl Progress {
    /// The newest event that was handed on, or a somewhat older one.
    pub(crate) fn position(&self) -> i64 {
        self.0.0.load(Ordering::Acquire)
    }

    /// Whether a socket that has everything up to `from` can be given the rest from memory.
    pub(crate) fn is_near(&self, from: i64) -> bool {
        let oldest = self.0.1.load(Ordering::Acquire);
        from >= oldest && self.position().saturating_sub(from) <= NEAR
    }
}

/// The newest events, without gaps, ending at the position.
#[derive(Debug)]
pub(crate) struct Memory {
    events: VecDeque<Past>,
    bytes: usize,
    position: i64,
    progress: Progress,
}

impl Memory {
    /// Nothing is remembered of what was up to `position`.
    pub(crate) fn new(position: i64) -> Self {
        let progress = Progress(Arc::new((AtomicI64::new(position), AtomicI64::new(position))));
        Self { events: VecDeque::new(), bytes: 0, position, progress }
    }

    pub(crate) fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// The newest event.
    pub(crate) const fn position(&self) -> i64 {
        self.position
    }

    /// The event before the first that is remembered.
    fn oldest(&self) -> i64 {
        self.position - i64::try_from(self.events.len()).unwrap_or(i64::MAX)
    }

    /// Remembers the event that follows.
    pub(crate) fn push(&mut self, past: Past) {
        self.bytes += past.bytes();
        self.events.push_back(past);
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
        self.bytes = 0;
        self.position = position;
        self.publish();
    }

    fn publish(&self) {
        // The oldest first: who reads the new position must not think that more is remembered than is.
        self.progress.0.1.store(self.oldest(), Ordering::Release);
        self.progress.0.0.store(self.position, Ordering::Release);
    }

    /// The events after `from`, with their numbers; `None` if they are not all remembered.
    pub(crate) fn after(&self, from: i64) -> Option<impl Iterator<Item = (i64, &Past)>> {
        let skip = usize::try_from(from - self.oldest()).ok()?;
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
        let mut memory = Memory::new(10);
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
        let mut memory = Memory::new(0);
        for _ in 0..EVENTS + 5 {
            memory.push(event(1));
        }
        assert_eq!(numbers(&memory, 4), None);
        assert_eq!(numbers(&memory, 5).map(|numbers| numbers.len()), Some(EVENTS));
        for _ in 0..3 {
            memory.push(event(BYTES / 2));
        }
        let newest = memory.position();
        assert_eq!(numbers(&memory, newest - 2), None);
        assert_eq!(numbers(&memory, newest - 1).map(|numbers| numbers.len()), Some(1));
    }

    #[test]
    fn near_is_what_is_remembered_and_not_much() {
        let mut memory = Memory::new(0);
        let progress = memory.progress();
        assert!(progress.is_near(0) && !progress.is_near(-1));
        for _ in 0..NEAR + 1 {
            memory.push(event(1));
        }
        assert_eq!(progress.position(), NEAR + 1);
        assert!(progress.is_near(1) && !progress.is_near(0));
        memory.forget(NEAR + 5);
        assert!(progress.is_near(NEAR + 5) && !progress.is_near(NEAR + 4));
    }
}
