//! What was sent and what arrived: latency, and for each client whether anything was lost, doubled or out of order.

use crate::stats::Histogram;

/// What one client has received of the events, which are numbered from 1 without gaps.
#[derive(Debug, Clone, Default)]
pub(crate) struct Received {
    /// The number that comes next. Zero: whichever comes is the first.
    next: u32,
    /// Numbers that were passed over, as ranges with both ends.
    holes: Vec<(u32, u32)>,
}

/// What became of one delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// As it should be; perhaps after a hole, which may yet be filled.
    New,
    /// A hole was filled: it came after a later one.
    Late,
    /// It had come before.
    Doubled,
}

impl Received {
    /// From now on every event from this number on is expected.
    pub(crate) fn expect_from(&mut self, number: u32) {
        *self = Self { next: number, holes: Vec::new() };
    }

    pub(crate) fn take(&mut self, number: u32) -> Arrival {
        if self.next == 0 || number >= self.next {
            if self.next != 0 && number > self.next {
                self.holes.push((self.next, number - 1));
            }
            self.next = number + 1;
            return Arrival::New;
        }
        let Some(at) = self.holes.iter().position(|(from, to)| (*from..=*to).contains(&number)) else {
            return Arrival::Doubled;
        };
        let (from, to) = self.holes.swap_remove(at);
        let rest = [(from, number - 1), (number + 1, to)];
        self.holes.extend(rest.into_iter().filter(|(from, to)| from <= to));
        Arrival::Late
    }

    /// How many of the numbers up to `last` have not come.
    pub(crate) fn missing(&self, last: u32) -> u64 {
        let inside: u64 = self.holes.iter().map(|(from, to)| u64::from(to - from) + 1).sum();
        let behind = if self.next == 0 { 0 } else { u64::from((last + 1).saturating_sub(self.next)) };
        inside + behind
    }
}

/// One event.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sent {
    /// When its cause was sent.
    pub(crate) started: u64,
    /// When it arrived for the last time so far.
    pub(crate) last: u64,
    /// How often it arrived.
    pub(crate) arrivals: u32,
}

/// All events of a run. Numbers begin at 1.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    sent: Vec<Sent>,
    /// From the sending of the cause to each arrival.
    pub(crate) latency: Histogram,
    /// The same by the server that the client is at.
    pub(crate) latency_at: Vec<Histogram>,
    pub(crate) arrivals: u64,
    pub(crate) doubled: u64,
    pub(crate) late: u64,
    /// Payload bytes of the newest event.
    pub(crate) event_bytes: usize,
}

impl Deliveries {
    /// Notes that the cause of the next event is being sent, and says its number.
    pub(crate) fn start(&mut self, now: u64) -> u32 {
        self.sent.push(Sent { started: now, last: 0, arrivals: 0 });
        self.last_number()
    }

    /// The number of the newest event; 0 when there is none.
    pub(crate) fn last_number(&self) -> u32 {
        u32::try_from(self.sent.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn sent(&self, number: u32) -> Sent {
        let index = usize::try_from(number).unwrap_or(0).checked_sub(1);
        index.and_then(|index| self.sent.get(index)).copied().unwrap_or_default()
    }

    /// `is_timed` is false for who did not read when it came: that it came late says nothing about the server.
    pub(crate) fn arrive(&mut self, number: u32, arrival: Arrival, now: u64, is_timed: bool, server: usize) {
        match arrival {
            Arrival::New => {}
            Arrival::Late => self.late += 1,
            Arrival::Doubled => {
                self.doubled += 1;
                return;
            }
        }
        self.arrivals += 1;
        let index = usize::try_from(number).unwrap_or(0).checked_sub(1);
        if let Some(sent) = index.and_then(|index| self.sent.get_mut(index)) {
            sent.arrivals += 1;
            sent.last = now;
            if is_timed {
                let took = now.saturating_sub(sent.started);
                self.latency.add(took);
                if self.latency_at.len() <= server {
                    self.latency_at.resize_with(server + 1, Histogram::default);
                }
                if let Some(latency) = self.latency_at.get_mut(server) {
                    latency.add(took);
                }
            }
        }
    }

    /// Forgets what was measured so far, not what was sent.
    pub(crate) fn forget_figures(&mut self) {
        self.latency = Histogram::default();
        self.latency_at.clear();
        (self.arrivals, self.doubled, self.late) = (0, 0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(from: u32, numbers: &[u32]) -> (Received, Vec<Arrival>) {
        let mut received = Received::default();
        received.expect_from(from);
        let arrivals = numbers.iter().map(|number| received.take(*number)).collect();
        (received, arrivals)
    }

    #[test]
    fn what_comes_in_order_is_new_and_nothing_is_missing() {
        let (received, arrivals) = received(3, &[3, 4, 5]);
        assert_eq!(arrivals, [Arrival::New; 3]);
        assert_eq!((received.missing(5), received.missing(7)), (0, 2));
    }

    #[test]
    fn holes_late_ones_and_doubled_ones_are_told_apart() {
        let (received, arrivals) = received(1, &[1, 5, 3, 3, 5, 1]);
        use Arrival::{Doubled, Late, New};
        assert_eq!(arrivals, [New, New, Late, Doubled, Doubled, Doubled]);
        assert_eq!(received.missing(5), 2);
    }

    #[test]
    fn who_expects_nothing_yet_begins_with_the_first() {
        let (received, arrivals) = received(0, &[9, 10]);
        assert_eq!(arrivals, [Arrival::New; 2]);
        assert_eq!((received.missing(10), Received::default().missing(10)), (0, 0));
    }
}
