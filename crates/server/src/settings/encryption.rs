//! Whether we end TLS ourselves, and with which certificate.

use std::path::Path;

use lamplight_acme::Acme;
use lamplight_tls::PairFiles;

use super::Reader;

/// Whether the server speaks TLS itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encryption {
    /// Plain HTTP: a proxy ends TLS, or nobody.
    Off,
    /// With the certificate of these files.
    Files(PairFiles),
    /// With one that is ordered when there is none, and again before it ends.
    Acme(Acme),
}

impl Encryption {
    /// Whether it does.
    #[must_use]
    pub fn is_on(&self) -> bool {
        *self != Self::Off
    }
}

impl Reader<'_> {
    pub(super) fn encryption(&mut self, data_dir: &Path) -> Encryption {
        let (certificate, key) = (self.text("TLS_CERTIFICATE").to_owned(), self.text("TLS_KEY").to_owned());
        let domains = self.text("TLS_ACME_DOMAINS").to_owned();
        let are_files = !certificate.is_empty() || !key.is_empty();
        if !are_files && domains.is_empty() {
            if !self.text("HTTP_REDIRECT_LISTEN").is_empty() {
                let why =
                    "needs TLS_CERTIFICATE and TLS_KEY, or TLS_ACME_DOMAINS: there is no HTTPS to send anybody to";
                self.wrong("HTTP_REDIRECT_LISTEN", why);
            }
            return Encryption::Off;
        }
        if self.text("PUBLIC_URL").starts_with("http://") {
            self.wrong("PUBLIC_URL", "begins with http://, but TLS is spoken: people find the pages at https://");
        }
        if !domains.is_empty() {
            if are_files {
                self.wrong("TLS_ACME_DOMAINS", "and TLS_CERTIFICATE are two ways to the same; take one of them");
            }
            return Encryption::Acme(self.acme(&domains, data_dir));
        }
        if certificate.is_empty() {
            self.wrong("TLS_CERTIFICATE", "is needed when TLS_KEY is set");
        }
        if key.is_empty() {
            self.wrong("TLS_KEY", "is needed when TLS_CERTIFICATE is set");
        }
        Encryption::Files(PairFiles { certificate: certificate.into(), key: key.into() })
    }

    fn acme(&mut self, domains: &str, data_dir: &Path) -> Acme {
        let domains: Vec<_> = domains.split(',').map(|domain| domain.trim().to_lowercase()).collect();
        let is_label =
            |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        for domain in &domains {
            // An address, a port or a star is not proven by TLS-ALPN-01.
            if !domain.split('.').all(is_label) || domain.split('.').all(|label| label.parse::<u8>().is_ok()) {
                self.wrong("TLS_ACME_DOMAINS", format!("{domain:?} is no name such as live.example.org"));
            }
        }
        let contact = self.text("TLS_ACME_CONTACT").trim_start_matches("mailto:").to_owned();
        if !contact.is_empty() && !contact.contains('@') {
            self.wrong("TLS_ACME_CONTACT", format!("{contact:?} is no mail address"));
        }
        let directory = self.text("TLS_ACME_DIRECTORY").to_owned();
        if !directory.starts_with("https://") {
            self.wrong("TLS_ACME_DIRECTORY", "must begin with https://");
        }
        let root = Some(self.text("TLS_ACME_ROOT").to_owned()).filter(|root| !root.is_empty()).map(Into::into);
        let contact = Some(contact).filter(|contact| !contact.is_empty());
        Acme { domains, contact, directory, root, folder: data_dir.join("acme") }
    }
}
