//! How fast a client may talk or an address may come: the generic cell rate algorithm, one number each.
//!
//! The number is the time at which the allowance would be full again. Each packet (or handshake) moves it on by one
//! interval; one that would move it further ahead of now than a whole burst is one too many.

use std::time::Duration;

/// A client's standing with its allowance, in microseconds since the server's start.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Limiter {
    full_again: u64,
}

impl Limiter {
    /// Counts a packet at `now`; false if it is over the limit. Then it does not count: among many behind one address, those
    /// who come too fast take nothing from those who come in their turn.
    pub(crate) fn admit(&mut self, now: Duration, per_second: u32, burst: u32) -> bool {
        let now = u64::try_from(now.as_micros()).unwrap_or(u64::MAX);
        let interval = 1_000_000 / u64::from(per_second.max(1));
        let full_again = self.full_again.max(now) + interval;
        let admitted = full_again - now <= interval * u64::from(burst.max(1));
        if admitted {
            self.full_again = full_again;
        }
        admitted
    }

    /// True if the allowance is full again: nothing that was counted matters any more.
    pub(crate) fn is_rested(&self, now: Duration) -> bool {
        Duration::from_micros(self.full_again) <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_the_steady_rate() {
        let mut limiter = Limiter::default();
        let start = Duration::from_secs(5);
        assert_eq!((0..101).filter(|_| limiter.admit(start, 50, 100)).count(), 100);
        assert!(!limiter.admit(start + Duration::from_millis(19), 50, 100));
        assert!(limiter.admit(start + Duration::from_millis(20), 50, 100));
        assert!(!limiter.is_rested(start + Duration::from_millis(2019)));
        assert!(limiter.is_rested(start + Duration::from_millis(2020)));
        assert!(limiter.admit(start + Duration::from_secs(3), 50, 100));
    }

    #[test]
    fn the_steady_rate_passes_for_ever() {
        let mut limiter = Limiter::default();
        assert!((0..10_000_u64).all(|n| limiter.admit(Duration::from_millis(20 * n), 50, 1)));
    }
}
