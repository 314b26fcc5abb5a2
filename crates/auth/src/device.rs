//! The mark of a browser in which somebody has signed in before.
//!
//! It lets nobody in. Who brings it has a count of failed tries of their own, so that strangers who guess at a password can't keep
//! its owner out (OWASP, "Slow Down Online Guessing Attacks with Device Cookies").

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use lamplight_kernel::{Chance, UserId};
use sha2::Sha256;
use uuid::Uuid;

use crate::Secret;

/// The name of one browser.
pub type DeviceName = [u8; 16];

/// Makes and reads the marks. Cheap to clone.
#[derive(Clone)]
pub struct Devices {
    key: [u8; 32],
    chance: Chance,
}

impl std::fmt::Debug for Devices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Devices(***)")
    }
}

impl Devices {
    /// Marks that only who has this secret can make.
    #[must_use]
    pub fn new(secret: &Secret, chance: Chance) -> Self {
        Self { key: secret.derive("lamplight device mark"), chance }
    }

    /// A new mark for somebody's browser.
    #[must_use]
    pub fn mark(&self, user: UserId) -> String {
        let name: DeviceName = self.chance.bytes();
        let mut bytes = user.uuid().as_bytes().to_vec();
        bytes.extend_from_slice(&name);
        let seal = self.mac(&bytes).map(|mac| mac.finalize().into_bytes().to_vec()).unwrap_or_default();
        bytes.extend_from_slice(&seal);
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Which browser of this person has this mark, if it is one of theirs.
    #[must_use]
    pub fn read(&self, mark: &str, user: UserId) -> Option<DeviceName> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(mark).ok()?;
        let (said, seal) = bytes.split_at_checked(32)?;
        // In constant time.
        self.mac(said)?.verify_slice(seal).ok()?;
        let (whose, name) = said.split_at_checked(16)?;
        (Uuid::from_slice(whose).ok()? == user.uuid()).then(|| name.try_into().ok()).flatten()
    }

    fn mac(&self, bytes: &[u8]) -> Option<Hmac<Sha256>> {
        // HMAC takes keys of every length, so this is never `None`.
        Hmac::<Sha256>::new_from_slice(&self.key).ok().map(|mac| mac.chain_update(bytes))
    }
}

#[cfg(test)]
mod tests {
    use lamplight_kernel::Timestamp;

    use super::*;

    #[test]
    fn a_mark_is_one_persons_and_nobody_else_can_make_it() {
        let secret = |text| Secret::from_text(text).unwrap();
        let ours = Devices::new(&secret("0123456789abcdef0123456789abcdef"), Chance::seeded(1));
        let theirs = Devices::new(&secret("another-secret-another-secret-32"), Chance::seeded(1));
        let (asha, bina): (UserId, UserId) =
            (Chance::seeded(2).id(Timestamp::from_millis(0)), Chance::seeded(3).id(Timestamp::from_millis(0)));
        let (mark, other) = (ours.mark(asha), ours.mark(asha));
        assert!(ours.read(&mark, asha).is_some() && ours.read(&mark, asha) != ours.read(&other, asha));
        assert_eq!(ours.read(&mark, bina), None);
        assert_eq!(theirs.read(&mark, asha), None);
        for bad in ["", "x", &mark[1..], &format!("{mark}A"), &mark[..40]] {
            assert_eq!(ours.read(bad, asha), None, "{bad}");
        }
    }
}
