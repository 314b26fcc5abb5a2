//! The signing secret: given by a setting, or made at the first start and kept in a file only its owner can read.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use lamplight_kernel::Chance;
use sha2::Sha256;

/// As long as the hash it keys (RFC 7518, 3.2).
const MIN_BYTES: usize = 32;

/// What goes wrong with the secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Too short to be safe.
    #[error("the signing secret must have at least {MIN_BYTES} characters; leave it unset and one is made for you")]
    TooShort,
    /// Its file can't be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The secret that signs tokens. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl Secret {
    /// The text of a setting.
    ///
    /// # Errors
    /// When it is too short.
    pub fn from_text(text: &str) -> Result<Self, SecretError> {
        let text = text.trim();
        if text.len() < MIN_BYTES { Err(SecretError::TooShort) } else { Ok(Self(text.as_bytes().to_vec())) }
    }

    /// Reads the secret kept in `path`, or makes one and keeps it there with mode 0600.
    ///
    /// # Errors
    /// When the file can't be read or written, or holds too little.
    pub fn kept_in(path: &Path, chance: &Chance) -> Result<Self, SecretError> {
        let at = |source| SecretError::File { path: path.to_owned(), source };
        match fs::read_to_string(path) {
            Ok(text) => return Self::from_text(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(at(error)),
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(at)?;
        }
        let text = BASE64_URL_SAFE_NO_PAD.encode(chance.bytes::<48>());
        let mut options = fs::File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(path) {
            Ok(mut file) => {
                file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(at)?;
                Self::from_text(&text)
            }
            // Another process was first.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::kept_in(path, chance),
            Err(error) => Err(at(error)),
        }
    }

    /// A key of its own for another purpose: who has one can't compute the other.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        self.derive_from(&[purpose.as_bytes()])
    }

    pub(crate) fn derive_from(&self, parts: &[&[u8]]) -> [u8; 32] {
        // HMAC takes keys of every length, so this is never `None`; an all-zero key would still sign nothing of ours.
        Hmac::<Sha256>::new_from_slice(&self.0)
            .map(|mac| parts.iter().fold(mac, |mac, part| mac.chain_update(part)).finalize().into_bytes().into())
            .unwrap_or_default()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_once_and_kept_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/jwt.secret");
        let first = Secret::kept_in(&path, &Chance::system()).unwrap();
        assert_eq!(Secret::kept_in(&path, &Chance::system()).unwrap(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(!format!("{first:?}").contains(&fs::read_to_string(&path).unwrap()));
        assert_ne!(first.derive("a"), first.derive("b"));
    }

    #[test]
    fn a_short_or_empty_secret_is_refused() {
        for text in ["", "secret", "0123456789abcdef0123456789abcde"] {
            assert!(matches!(Secret::from_text(text), Err(SecretError::TooShort)));
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jwt.secret");
        fs::write(&path, "").unwrap();
        assert!(matches!(Secret::kept_in(&path, &Chance::system()), Err(SecretError::TooShort)));
    }
}
