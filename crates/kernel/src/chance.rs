//! Chance as an argument: ids and secrets come from here, so that a test can replay them.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use uuid::Uuid;

use crate::Timestamp;

/// Where randomness comes from: the operating system's generator, or a seed in a test.
#[derive(Clone, Default)]
pub struct Chance {
    /// `None` draws from the thread's generator, which the operating system seeds.
    seeded: Option<Arc<Mutex<StdRng>>>,
}

impl Chance {
    /// Unpredictable: fit for secrets.
    #[must_use]
    pub const fn system() -> Self {
        Self { seeded: None }
    }

    /// Repeatable: the same seed gives the same ids in the same order. For tests alone.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self { seeded: Some(Arc::new(Mutex::new(StdRng::seed_from_u64(seed)))) }
    }

    /// Random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match &self.seeded {
            Some(rng) => rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes),
            None => rand::rng().fill_bytes(&mut bytes),
        }
        bytes
    }

    /// A new id of any kind, ordered by `now`.
    #[must_use]
    pub fn id<T: From<Uuid>>(&self, now: Timestamp) -> T {
        let millis = u64::try_from(now.millis()).unwrap_or(0);
        let bytes: [u8; 10] = self.bytes();
        T::from(uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid())
    }
}

impl fmt::Debug for Chance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.seeded.is_some() { "Chance(seeded)" } else { "Chance(system)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UserId;

    #[test]
    fn a_seed_repeats_and_the_system_does_not() {
        let now = Timestamp::from_millis(1_795_383_000_000);
        let (a, b): (UserId, UserId) = (Chance::seeded(7).id(now), Chance::seeded(7).id(now));
        assert_eq!(a, b);
        let (a, b): (UserId, UserId) = (Chance::system().id(now), Chance::system().id(now));
        assert_ne!(a, b);
        assert_eq!(a.uuid().get_version_num(), 7);
    }

    #[test]
    fn later_ids_sort_later() {
        let chance = Chance::system();
        let now = Timestamp::from_millis(1_795_383_000_000);
        let (a, b): (UserId, UserId) = (chance.id(now), chance.id(Timestamp::from_millis(now.millis() + 1)));
        assert!(a < b);
    }
}
