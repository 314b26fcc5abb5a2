//! Session and socket ids: 15 random bytes as 20 characters that need no escaping in a URL.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const BYTES: usize = 15;
const CHARS: usize = BYTES / 3 * 4;

/// An id nobody can guess (120 random bits).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Sid([u8; CHARS]);

impl Sid {
    /// A new id; an error if the system has no randomness to give.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes)?;
        let mut text = [b'-'; CHARS];
        // The slice has the exact length of the encoding, so this cannot fail.
        let _ = URL_SAFE_NO_PAD.encode_slice(bytes, &mut text);
        Ok(Self(text))
    }

    /// What a client says its id is; whether it is one, only a look at those that are known can tell.
    pub(crate) fn claimed(text: &str) -> Option<Self> {
        text.is_ascii().then(|| text.as_bytes().try_into().ok().map(Self)).flatten()
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::fmt::Debug for Sid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Whoever knows the id of a session can speak in it.
        f.write_str("Sid")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_and_are_found_again() {
        let (one, other) = (Sid::random().unwrap(), Sid::random().unwrap());
        assert!(one != other);
        assert!(Sid::claimed(one.as_str()) == Some(one));
        for text in ["", "short", "éééééééééé", "a very much longer id than any"] {
            assert!(Sid::claimed(text).is_none(), "{text}");
        }
    }
}
