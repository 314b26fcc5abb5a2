//! [`Pair`]: a certificate and the key that belongs to it, read from two files in PEM.

use std::{fs, io, os::unix::fs::PermissionsExt, path::PathBuf, sync::Arc};

use rustls::{
    Error, InconsistentKeys,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
    sign::CertifiedKey,
};
use x509_cert::{
    Certificate,
    der::Decode,
    ext::pkix::{SubjectAltName, name::GeneralName},
};

/// Where they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairFiles {
    /// The certificate, followed by those between it and an authority that clients know.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// Why they can't be used. Which file it is stands in it.
#[derive(Debug, thiserror::Error)]
pub enum PairError {
    /// The file of the certificate.
    #[error("{}: {why}", .path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The file of the key.
    #[error("{}: {why}", .path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

/// What the files hold, as it is.
#[derive(PartialEq, Eq)]
pub(crate) struct Text {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// A certificate and its key, which fit each other.
#[derive(Debug, Clone)]
pub struct Pair {
    pub(crate) certified: Arc<CertifiedKey>,
    /// Whom it is for: names and addresses.
    pub names: Vec<String>,
    /// From when it holds, in seconds since 1970.
    pub not_before: u64,
    /// Until when it holds, in seconds since 1970.
    pub not_after: u64,
}

impl PairFiles {
    /// Reads both.
    ///
    /// # Errors
    /// What is wrong, and with which file.
    pub fn read(&self) -> Result<Pair, PairError> {
        self.parse(&self.text()?)
    }

    pub(crate) fn text(&self) -> Result<Text, PairError> {
        let certificate = fs::read(&self.certificate).map_err(|error| self.certificate(unreadable(&error)))?;
        let key = fs::read(&self.key).map_err(|error| self.key(unreadable(&error)))?;
        Ok(Text { certificate, key })
    }

    pub(crate) fn parse(&self, text: &Text) -> Result<Pair, PairError> {
        let chain = CertificateDer::pem_slice_iter(&text.certificate)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| self.certificate(format!("is not PEM: {error}")))?;
        if chain.is_empty() {
            return Err(self.certificate("holds no certificate (no line `-----BEGIN CERTIFICATE-----`)"));
        }
        let key = PrivateKeyDer::from_pem_slice(&text.key).map_err(|error| match error {
            pem::Error::NoItemsFound if is_locked(&text.key) => self
                .key("is protected by a passphrase, which nobody could type when the server starts; write it without"),
            pem::Error::NoItemsFound => self.key("holds no private key (no line `-----BEGIN PRIVATE KEY-----`)"),
            error => self.key(format!("is not PEM: {error}")),
        })?;
        let pair = Pair::new(chain, key).map_err(|error| match error {
            NoPair::Certificate(why) => self.certificate(why),
            NoPair::Key(why) => self.key(why),
            NoPair::Mismatch => {
                self.key(format!("is not the key of the certificate in {}", self.certificate.display()))
            }
        })?;
        Ok(pair)
    }

    /// Whether everybody on this machine may read the key.
    #[must_use]
    pub fn is_key_open(&self) -> bool {
        fs::metadata(&self.key).is_ok_and(|file| file.permissions().mode() & 0o004 != 0)
    }

    fn certificate(&self, why: impl Into<String>) -> PairError {
        PairError::Certificate { path: self.certificate.clone(), why: why.into() }
    }

    fn key(&self, why: impl Into<String>) -> PairError {
        PairError::Key { path: self.key.clone(), why: why.into() }
    }
}

/// Why a chain and a key are no pair.
pub(crate) enum NoPair {
    Certificate(String),
    Key(String),
    Mismatch,
}

impl Pair {
    pub(crate) fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Self, NoPair> {
        let first = chain.first().map(AsRef::as_ref).unwrap_or_default();
        let parsed = Certificate::from_der(first)
            .map_err(|error| NoPair::Certificate(format!("holds something that is no certificate: {error}")))?;
        let content = parsed.tbs_certificate();
        let validity = content.validity();
        let (not_before, not_after) =
            (validity.not_before.to_unix_duration().as_secs(), validity.not_after.to_unix_duration().as_secs());
        let names = match content.get_extension::<SubjectAltName>() {
            Ok(Some((_, names))) => names.0.iter().filter_map(text).collect(),
            _ => Vec::new(),
        };
        let certified = CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|error| match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => NoPair::Mismatch,
            Error::InvalidCertificate(error) => NoPair::Certificate(format!("can't be used: {error}")),
            error => NoPair::Key(format!("holds a key that can't be used: {error}")),
        })?;
        Ok(Self { certified: Arc::new(certified), names, not_before, not_after })
    }
}

fn text(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(name.to_string()),
        GeneralName::IpAddress(bytes) => match bytes.as_bytes() {
            bytes if bytes.len() == 4 => {
                <[u8; 4]>::try_from(bytes).ok().map(|four| std::net::Ipv4Addr::from(four).to_string())
            }
            bytes => <[u8; 16]>::try_from(bytes).ok().map(|all| std::net::Ipv6Addr::from(all).to_string()),
        },
        _ => None,
    }
}

fn unreadable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "the server's account may not read it".to_owned(),
        _ => format!("can't be read: {error}"),
    }
}

fn is_locked(key: &[u8]) -> bool {
    String::from_utf8_lossy(key).contains("ENCRYPTED")
}
