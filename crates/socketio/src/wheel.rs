//! A timer wheel: a ring of slots, one slot a tick, for deadlines that are many, coarse and often moved.
//!
//! The wheel knows no time; its owner turns it one tick at a time and gets back what was put there. It is allowed to give an
//! entry back early (what lies beyond the ring's horizon is put at the horizon), never late: the owner looks whether the
//! deadline has really come and puts the entry in again if not.

/// A moment, in ticks since the server's start. At 250 ms a tick, 32 bits last for 34 years.
pub(crate) type Tick = u32;

/// No deadline.
pub(crate) const NEVER: Tick = Tick::MAX;

#[derive(Debug)]
pub(crate) struct Wheel<T> {
    slots: Vec<Vec<(Tick, T)>>,
    /// The last tick that was given back.
    now: Tick,
}

impl<T> Wheel<T> {
    /// A wheel with a horizon of `slots` ticks.
    pub(crate) fn new(slots: usize) -> Self {
        Self { slots: (0..slots.max(2)).map(|_| Vec::new()).collect(), now: 0 }
    }

    /// Puts `entry` in for the tick `at`, or for the nearest one the wheel can hold; says which.
    pub(crate) fn insert(&mut self, at: Tick, entry: T) -> Tick {
        let horizon = Tick::try_from(self.slots.len() - 1).unwrap_or(NEVER);
        let at = at.clamp(self.now.saturating_add(1), self.now.saturating_add(horizon));
        let slot = self.slot(at);
        if let Some(slot) = self.slots.get_mut(slot) {
            slot.push((at, entry));
        }
        at
    }

    /// Turns the wheel by one tick if that is not later than `until`. The entries of that tick are swapped into `due`,
    /// whose emptied memory takes their place.
    pub(crate) fn turn(&mut self, until: Tick, due: &mut Vec<(Tick, T)>) -> bool {
        if self.now >= until {
            return false;
        }
        self.now += 1;
        due.clear();
        let slot = self.slot(self.now);
        if let Some(slot) = self.slots.get_mut(slot) {
            std::mem::swap(slot, due);
        }
        true
    }

    /// Every entry in the wheel, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().flatten().map(|(_, entry)| entry)
    }

    fn slot(&self, at: Tick) -> usize {
        usize::try_from(at).unwrap_or(usize::MAX) % self.slots.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_late(plan in prop::collection::vec((0_u32..100, 0_u32..40), 0..60)) {
            let mut wheel = Wheel::new(16);
            let mut given = Vec::new();
            let mut due = Vec::new();
            for now in 0..200 {
                for (index, &(at, _)) in plan.iter().enumerate().filter(|(_, (_, when))| *when == now) {
                    wheel.insert(at, index);
                }
                while wheel.turn(now + 1, &mut due) {
                    for (at, index) in due.drain(..) {
                        prop_assert_eq!(at, now + 1);
                        let (wanted, when) = plan[index];
                        if wanted > at {
                            wheel.insert(wanted, index);
                        } else {
                            prop_assert_eq!(at, wanted.max(when + 1));
                            given.push(index);
                        }
                    }
                }
            }
            given.sort_unstable();
            prop_assert_eq!(given, (0..plan.len()).collect::<Vec<_>>());
            prop_assert_eq!(wheel.iter().count(), 0);
        }
    }
}
