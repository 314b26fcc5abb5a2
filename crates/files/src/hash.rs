//! The SHA-256 of a file: its identity and, as hex, its address.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A SHA-256 digest (FIPS 180-4). Shown and parsed as 64 hex digits, lower case when shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sha256([u8; 32]);

/// The text is not 64 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a SHA-256 is written as 64 hex digits")]
pub struct NotASha256;

impl Sha256 {
    /// From the digest's 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest's 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Where the content of this digest is kept, below a folder or a prefix: `ab/cd/abcd...`. Two levels of 256 keep every
    /// folder small at millions of files.
    pub fn key(&self) -> String {
        let [a, b, ..] = self.0;
        format!("{a:02x}/{b:02x}/{self}")
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}

impl FromStr for Sha256 {
    type Err = NotASha256;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != 32 || !rest.is_empty() {
            return Err(NotASha256);
        }
        let mut bytes = [0; 32];
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Ok(Self(bytes))
    }
}

fn digit(c: u8) -> Result<u8, NotASha256> {
    match c {
        b'0'..=b'9' => Ok(c - b'0'),
        b'a'..=b'f' => Ok(c - b'a' + 10),
        b'A'..=b'F' => Ok(c - b'A' + 10),
        _ => Err(NotASha256),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_and_parses_hex() {
        let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let hash: Sha256 = hex.parse().unwrap();
        assert_eq!(hash.to_string(), hex);
        assert_eq!(hash.key(), format!("ba/78/{hex}"));
        assert_eq!(hex.to_uppercase().parse(), Ok(hash));
        for bad in ["", "ba", &hex[1..], &format!("{hex}0"), &format!("g{}", &hex[1..]), &"é".repeat(32)] {
            assert_eq!(bad.parse::<Sha256>(), Err(NotASha256), "{bad}");
        }
    }
}
