//! The merge rule of the roll-call board, pure.
//!
//! **Of all taps on one student in one class, the one with the greatest (time of the device, id) counts.** So the result is
//! the same in whatever order taps arrive and however often each is sent: a set has one maximum. Two devices that were
//! offline together agree as soon as both have sent what they had.
//!
//! What does not count is not lost: it stands in the history, and who made it is told.

use std::{cmp::Reverse, collections::HashMap};

use lamplight_kernel::{StudentId, TapId, UserId};

use super::rules::Status;

/// A tap, as far as it matters to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tap {
    pub(super) id: TapId,
    /// Milliseconds, as the device says; never later than it arrived.
    pub(super) at: i64,
    /// Nothing takes the mark back.
    pub(super) status: Option<Status>,
    pub(super) minutes_attended: i32,
    pub(super) by: UserId,
}

impl Tap {
    /// Whether this one counts rather than the other.
    fn beats(&self, other: &Self) -> bool {
        (self.at, self.id) > (other.at, other.id)
    }
}

/// When taps of one request were made, as far as can be true: not later than they arrived. Those of a device whose clock is ahead keep their
/// order: cut to the same moment, it would be forgotten which of two on one student came last.
pub(super) fn made_at(taps: &[(&str, i64)], now: i64) -> Vec<i64> {
    let mut made: Vec<i64> = taps.iter().map(|(_, at)| *at).collect();
    let mut ahead: Vec<(&mut i64, &str)> = made.iter_mut().zip(taps).map(|(at, (student, _))| (at, *student)).collect();
    ahead.retain(|(at, _)| **at >= now);
    // The last one first; of the same moment the one that stands last.
    ahead.reverse();
    ahead.sort_by_key(|(at, _)| Reverse(**at));
    let mut later: HashMap<&str, i64> = HashMap::new();
    for (at, student) in ahead {
        let later = later.entry(student).or_insert(0);
        *at = now - *later;
        *later += 1;
    }
    made
}

/// Takes a tap: of those on the same student the one that counts is kept.
pub(super) fn take(counting: &mut HashMap<StudentId, Tap>, student: StudentId, tap: Tap) {
    let best = counting.entry(student).or_insert(tap);
    if tap.beats(best) {
        *best = tap;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn tap(id: u128, at: i64) -> Tap {
        let status = Status::ALL.iter().copied().cycle().nth(id as usize % 6);
        Tap { id: Uuid::from_u128(id).into(), at, status, minutes_attended: 0, by: Uuid::from_u128(id % 2).into() }
    }

    /// What counts after these taps, which are on three students.
    fn counting(taps: &[(u128, i64)]) -> HashMap<StudentId, Tap> {
        let mut counting = HashMap::new();
        for &(id, at) in taps {
            take(&mut counting, Uuid::from_u128(id % 3).into(), tap(id, at));
        }
        counting
    }

    proptest! {
        #[test]
        fn the_order_and_repetition_of_taps_do_not_matter(
            (taps, shuffled) in prop::collection::vec((0u128..1000, 0i64..5), 1..30).prop_flat_map(|mut made| {
                made.sort_unstable();
                made.dedup_by_key(|(id, _)| *id);
                let again: Vec<_> = made.iter().chain(&made).copied().collect();
                (Just(made), Just(again).prop_shuffle())
            }),
        ) {
            prop_assert_eq!(counting(&taps), counting(&shuffled));
        }
    }

    #[test]
    fn the_later_counts_and_of_the_same_moment_the_greater_id() {
        let student = StudentId::from(Uuid::nil());
        for (taps, counts) in [(&[(3, 2), (9, 1)][..], 3), (&[(3, 2), (6, 2), (9, 1)][..], 6)] {
            assert_eq!(counting(taps)[&student].id, Uuid::from_u128(counts).into());
        }
    }

    #[test]
    fn a_clock_that_is_ahead_does_not_forget_which_tap_came_last() {
        let taps = [("asha", 900), ("asha", 1500), ("bina", 1500), ("asha", 1600), ("asha", 1600), ("bina", 1000)];
        assert_eq!(made_at(&taps, 1000), [900, 998, 1000, 999, 1000, 999]);
        // As it is sent must not matter.
        let turned: Vec<_> = taps[..4].iter().rev().copied().collect();
        assert_eq!(made_at(&turned, 1000), [1000, 1000, 999, 900]);
        assert_eq!(made_at(&[], 1000), [0; 0]);
    }
}
