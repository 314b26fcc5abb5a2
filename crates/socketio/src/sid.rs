//! Session and socket ids: 15 random bytes as 20 characters that need no escaping in a URL.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const BYTES: usize = 15;

/// An id nobody can guess (120 random bits).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sid([u8; BYTES / 3 * 4]);

impl Sid {
    /// A new id; an error if the system has no randomness to give.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes)?;
        let mut text = [b'-'; BYTES / 3 * 4];
        // The slice has the exact length of the encoding, so this cannot fail.
        let _ = URL_SAFE_NO_PAD.encode_slice(bytes, &mut text);
        Ok(Self(text))
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}
