//! The pid: opaque to the client, and all we need to let it resume.
//!
//! Base64url (RFC 4648, 5) of: a version byte, the user's id (16 bytes), the epoch (4), the position in the log (8), and the
//! first 16 bytes of an HMAC-SHA256 over these. A key of its own is derived from the signing secret, so that no token can be
//! made from a pid or the other way round.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use lamplight_auth::Secret;
use lamplight_kernel::{Offset, UserId};
use sha2::Sha256;
use uuid::Uuid;

const VERSION: u8 = 1;
const BODY: usize = 1 + 16 + 4 + 8;
const TAG: usize = 16;

/// What a pid says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pid {
    /// Whose connection it was.
    pub(crate) user: UserId,
    /// Where the log stood when it began.
    pub(crate) offset: Offset,
}

/// Signs and reads pids.
#[derive(Clone)]
pub(crate) struct Pids {
    key: [u8; 32],
}

impl Pids {
    pub(crate) fn new(secret: &Secret) -> Self {
        Self { key: secret.derive("lamplight socket pid") }
    }

    fn mac(&self, body: &[u8]) -> Option<Hmac<Sha256>> {
        Some(Hmac::<Sha256>::new_from_slice(&self.key).ok()?.chain_update(body))
    }

    pub(crate) fn sign(&self, pid: Pid) -> String {
        let mut bytes = Vec::with_capacity(BODY + TAG);
        bytes.push(VERSION);
        bytes.extend_from_slice(pid.user.uuid().as_bytes());
        bytes.extend_from_slice(&pid.offset.epoch.to_be_bytes());
        bytes.extend_from_slice(&pid.offset.seq.to_be_bytes());
        if let Some(mac) = self.mac(&bytes) {
            bytes.extend(mac.finalize().into_bytes().iter().take(TAG));
        }
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What a pid says, if it is one of ours.
    pub(crate) fn read(&self, text: &str) -> Option<Pid> {
        // Nothing longer is one, and decoding is paid for by us.
        if text.len() > 2 * (BODY + TAG) {
            return None;
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (body, tag) = bytes.split_at_checked(BODY)?;
        if tag.len() != TAG || self.mac(body)?.verify_truncated_left(tag).is_err() {
            return None;
        }
        let (&version, rest) = body.split_first()?;
        let (user, rest) = rest.split_first_chunk()?;
        let (epoch, rest) = rest.split_first_chunk()?;
        let (seq, _) = rest.split_first_chunk()?;
        let offset = Offset { epoch: u32::from_be_bytes(*epoch), seq: i64::from_be_bytes(*seq) };
        (version == VERSION).then_some(Pid { user: UserId::from_uuid(Uuid::from_bytes(*user)), offset })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pids(secret: &str) -> Pids {
        Pids::new(&Secret::from_text(secret).unwrap())
    }

    proptest! {
        #[test]
        fn what_is_signed_is_read(user: u128, epoch: u32, seq: i64) {
            let ours = pids("0123456789abcdef0123456789abcdef");
            let pid = Pid { user: UserId::from_uuid(Uuid::from_u128(user)), offset: Offset { epoch, seq } };
            prop_assert_eq!(ours.read(&ours.sign(pid)), Some(pid));
            prop_assert_eq!(pids("another-secret-another-secret-32").read(&ours.sign(pid)), None);
        }

        #[test]
        fn one_changed_character_spoils_it(at in 0usize..60, to in "[A-Za-z0-9_-]") {
            let ours = pids("0123456789abcdef0123456789abcdef");
            let pid = Pid { user: UserId::from_uuid(Uuid::from_u128(7)), offset: Offset { epoch: 1, seq: 9 } };
            let signed = ours.sign(pid);
            let mut other = signed.clone();
            other.replace_range(at..=at, &to);
            prop_assert_eq!(ours.read(&other).is_some(), other == signed);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC*") {
            prop_assert_eq!(pids("0123456789abcdef0123456789abcdef").read(&text), None);
        }
    }
}
