//! [`Shown`]: the certificate that new connections are shown, and how it follows its files.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use rustls::{
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use crate::{Pair, PairError, PairFiles, pair::Text};

/// The certificate that new connections are shown.
#[derive(Default)]
pub struct Shown {
    pair: RwLock<Option<Pair>>,
    challenges: RwLock<HashMap<String, Arc<CertifiedKey>>>,
}

impl Shown {
    /// Shows this one from now on. Without one, nobody gets through the handshake.
    #[must_use]
    pub fn new(pair: Option<Pair>) -> Arc<Self> {
        Arc::new(Self { pair: RwLock::new(pair), challenges: RwLock::default() })
    }

    /// The one that is shown now.
    #[must_use]
    pub fn now(&self) -> Option<Pair> {
        self.pair.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Shows another one to connections that are made from now on.
    pub fn show(&self, pair: Pair) {
        *self.pair.write().unwrap_or_else(PoisonError::into_inner) = Some(pair);
    }

    /// Shows this one to an authority that asks by the protocol `acme-tls/1` whether we are `name` (RFC 8737).
    ///
    /// # Errors
    /// When the key can't be used.
    pub fn challenge(
        &self,
        name: &str,
        certificate: CertificateDer<'static>,
        key: PrivateKeyDer<'static>,
    ) -> Result<(), rustls::Error> {
        // Whether they fit is not asked: the certificate has a critical extension that only authorities know.
        let key = ring::default_provider().key_provider.load_private_key(key)?;
        let certified = Arc::new(CertifiedKey::new(vec![certificate], key));
        self.challenges.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_ascii_lowercase(), certified);
        Ok(())
    }

    /// No authority is expected any more.
    pub fn end_challenges(&self) {
        self.challenges.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// The protocol by which an authority asks. Nothing is spoken inside.
pub(crate) const ACME_TLS: &[u8] = b"acme-tls/1";

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown")
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if hello.alpn().is_some_and(|mut protocols| protocols.next() == Some(ACME_TLS)) {
            let name = hello.server_name()?.to_ascii_lowercase();
            return self.challenges.read().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
        }
        let pair = self.pair.read().unwrap_or_else(PoisonError::into_inner);
        pair.as_ref().map(|pair| Arc::clone(&pair.certified))
    }
}

/// Two files, and what was last seen in them.
///
/// It is the content that is compared: the programs that renew certificates exchange links, and the files behind them keep their
/// times. A pair that can't be used is told once, not at each look.
pub struct Followed {
    files: PairFiles,
    seen: Seen,
}

enum Seen {
    Text(Text),
    /// They could not be read; the words.
    Nothing(String),
}

impl Followed {
    /// Reads the files; what they hold, and what follows them from here.
    ///
    /// # Errors
    /// Those of [`PairFiles::read`].
    pub fn read(files: PairFiles) -> Result<(Pair, Self), PairError> {
        let text = files.text()?;
        let pair = files.parse(&text)?;
        Ok((pair, Self { files, seen: Seen::Text(text) }))
    }

    /// Another pair, if there is one since the last look.
    ///
    /// # Errors
    /// When there is something else in the files since the last look, and it can't be used.
    pub fn look(&mut self) -> Result<Option<Pair>, PairError> {
        let text = match self.files.text() {
            Ok(text) => text,
            Err(error) => {
                let words = error.to_string();
                let is_known = matches!(&self.seen, Seen::Nothing(known) if *known == words);
                self.seen = Seen::Nothing(words);
                return if is_known { Ok(None) } else { Err(error) };
            }
        };
        if matches!(&self.seen, Seen::Text(known) if *known == text) {
            return Ok(None);
        }
        let pair = self.files.parse(&text);
        self.seen = Seen::Text(text);
        pair.map(Some)
    }
}

impl fmt::Debug for Followed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Followed").field("files", &self.files).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};

    use super::*;

    fn pair(name: &str) -> CertifiedKey<KeyPair> {
        generate_simple_self_signed([name.to_owned()]).unwrap()
    }

    #[test]
    fn files_are_followed_and_what_is_wrong_with_them_is_told_once() {
        let folder = tempfile::tempdir().unwrap();
        let files = PairFiles { certificate: folder.path().join("certificate"), key: folder.path().join("key") };
        let write = |pair: &CertifiedKey<KeyPair>| {
            fs::write(&files.certificate, pair.cert.pem()).unwrap();
            fs::write(&files.key, pair.signing_key.serialize_pem()).unwrap();
        };
        let (one, two) = (pair("one.example"), pair("two.example"));
        write(&one);
        let (first, mut followed) = Followed::read(files.clone()).unwrap();
        assert_eq!(first.names, ["one.example"]);
        assert!(followed.look().unwrap().is_none(), "nothing has changed");

        // Between the two writes of who renews it.
        fs::write(&files.certificate, two.cert.pem()).unwrap();
        let PairError::Key { why, .. } = followed.look().unwrap_err() else {
            panic!("it is the key that does not fit")
        };
        assert!(why.contains("is not the key"), "{why}");
        assert!(followed.look().unwrap().is_none(), "it was told");
        write(&two);
        assert_eq!(followed.look().unwrap().unwrap().names, ["two.example"]);

        fs::remove_file(&files.key).unwrap();
        assert!(followed.look().is_err());
        assert!(followed.look().unwrap().is_none(), "it was told");
        write(&two);
        assert!(followed.look().unwrap().is_some(), "they are back");
        assert!(followed.look().unwrap().is_none());
    }
}
