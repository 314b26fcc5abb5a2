//! Certificates by ACME (RFC 8555): ordered from an authority, proven by TLS-ALPN-01 (RFC 8737) on the port that is served anyway, kept in
//! a folder.
//!
//! When to order is for the caller ([`Acme::due_at`]); one order at a time.
//!
//! What must always hold: the keys are read by the operator's account alone, and a certificate that is kept is whole, with its key.
#![forbid(unsafe_code)]

use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    pin::Pin,
    time::Duration,
};

use bytes::Bytes;
use http_body_util::BodyExt;
use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, BodyWrapper, BytesResponse, ChallengeType, HttpClient,
    Identifier, NewAccount, NewOrder, Order, OrderStatus, RetryPolicy,
};
use lamplight_tls::{
    Pair, PairError, PairFiles, Shown,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use rcgen::{CertificateParams, CustomExtension, KeyPair};

/// How long an order may take in all. Authorities look from several places, one after the other.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long an authority may take for one step.
const STEP: Duration = Duration::from_secs(120);
/// How long it may take to answer one request.
const ANSWER: Duration = Duration::from_secs(30);

/// What to order, and from whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acme {
    /// The names that the certificate is for.
    pub domains: Vec<String>,
    /// The mail address that the authority may write to.
    pub contact: Option<String>,
    /// The address of the authority's directory.
    pub directory: String,
    /// The certificate by which that address itself is known, in PEM; of an authority that is not public.
    pub root: Option<PathBuf>,
    /// Where accounts and certificates are kept.
    pub folder: PathBuf,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum AcmeError {
    /// The authority said no, or nothing.
    #[error("{0}")]
    Authority(#[from] instant_acme::Error),
    /// It could not see that a name is ours.
    #[error("{domain}: {why}")]
    NotProven {
        /// The name.
        domain: String,
        /// What the authority says.
        why: String,
    },
    /// It took too long.
    #[error("the authority did not come to an end in {} s", PATIENCE.as_secs())]
    TooSlow,
    /// The folder can't be used.
    #[error("{}: {source}", .path.display())]
    Folder {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// What the authority gave can't be used.
    #[error(transparent)]
    Unusable(#[from] PairError),
    /// The challenge could not be made.
    #[error("the challenge can't be made: {0}")]
    Challenge(#[from] rcgen::Error),
    /// The HTTP client could not be made.
    #[error("{0}")]
    Client(#[from] reqwest::Error),
}

impl Acme {
    /// The certificate that is kept, if it is for these names.
    ///
    /// # Errors
    /// When there is one that can't be used.
    pub fn kept(&self) -> Result<Option<Pair>, AcmeError> {
        let path = self.file("certificate.pem");
        if !path.exists() {
            return Ok(None);
        }
        let pair = PairFiles { certificate: path.clone(), key: path }.read()?;
        Ok(Some(pair).filter(|pair| self.is_for_us(pair)))
    }

    /// When a certificate is to be replaced, in seconds since 1970: after two thirds of its time.
    #[must_use]
    pub fn due_at(pair: &Pair) -> u64 {
        let time = pair.not_after.saturating_sub(pair.not_before);
        pair.not_before.saturating_add(time / 3 * 2)
    }

    /// Orders a certificate and keeps it. While that lasts, `shown` shows the authority what it wants to see.
    ///
    /// # Errors
    /// When there is none at the end. What was kept before is kept on.
    pub async fn order(&self, shown: &Shown) -> Result<Pair, AcmeError> {
        let result = tokio::time::timeout(PATIENCE, self.obtain(shown)).await;
        shown.end_challenges();
        let (chain, key) = result.map_err(|_| AcmeError::TooSlow)??;
        let path = self.file("certificate.pem");
        // In one file, so that nobody ever sees one without the other; checked before it takes the place of what works.
        let fresh = self.write("certificate.pem.new", format!("{key}\n{chain}").as_bytes())?;
        let pair = PairFiles { certificate: fresh.clone(), key: fresh.clone() }.read()?;
        fs::rename(&fresh, &path).map_err(|source| AcmeError::Folder { path, source })?;
        Ok(pair)
    }

    /// The chain and its key, in PEM.
    async fn obtain(&self, shown: &Shown) -> Result<(String, String), AcmeError> {
        let account = self.account().await?;
        let names: Vec<_> = self.domains.iter().cloned().map(Identifier::Dns).collect();
        let mut order = account.new_order(&NewOrder::new(&names)).await?;
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            if authorization.status == AuthorizationStatus::Valid {
                continue;
            }
            let domain = authorization.identifier().to_string();
            let Some(mut challenge) = authorization.challenge(ChallengeType::TlsAlpn01) else {
                return Err(AcmeError::NotProven {
                    domain,
                    why: "the authority does not offer TLS-ALPN-01".to_owned(),
                });
            };
            prove(shown, &domain, challenge.key_authorization().digest().as_ref())?;
            challenge.set_ready().await?;
        }
        let retries = RetryPolicy::new().timeout(STEP);
        match order.poll_ready(&retries).await {
            Ok(OrderStatus::Ready) => {}
            Ok(_) | Err(instant_acme::Error::Api(_)) => return Err(refusal(&mut order).await?),
            Err(error) => return Err(error.into()),
        }
        let key = order.finalize().await?;
        Ok((order.poll_certificate(&retries).await?, key))
    }

    async fn account(&self) -> Result<Account, AcmeError> {
        let path = self.file("account.json");
        let http = || Ok::<_, AcmeError>(Account::builder_with_http(Box::new(self.client()?)));
        match fs::read(&path) {
            Ok(text) => {
                let credentials = serde_json::from_slice(&text).map_err(instant_acme::Error::from)?;
                Ok(http()?.from_credentials(credentials).await?)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let contact = self.contact.as_ref().map(|address| format!("mailto:{address}"));
                let contact: Vec<&str> = contact.as_deref().into_iter().collect();
                let new = NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
                let made: (Account, AccountCredentials) = http()?.create(&new, self.directory.clone(), None).await?;
                let text = serde_json::to_vec(&made.1).map_err(instant_acme::Error::from)?;
                let fresh = self.write("account.json.new", &text)?;
                fs::rename(&fresh, &path).map_err(|source| AcmeError::Folder { path, source })?;
                Ok(made.0)
            }
            Err(source) => Err(AcmeError::Folder { path, source }),
        }
    }

    fn client(&self) -> Result<Client, AcmeError> {
        // The client takes the process's TLS provider. Somebody else's choice is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder().user_agent("lamplight").timeout(ANSWER);
        if let Some(path) = &self.root {
            let text = fs::read(path).map_err(|source| AcmeError::Folder { path: path.clone(), source })?;
            builder = builder.tls_certs_only(reqwest::Certificate::from_pem_bundle(&text)?);
        }
        Ok(Client(builder.build()?))
    }

    fn is_for_us(&self, pair: &Pair) -> bool {
        self.domains.iter().all(|domain| pair.names.iter().any(|name| name.eq_ignore_ascii_case(domain)))
    }

    /// Of this authority: who moves from one to another gets a certificate of the other.
    fn file(&self, name: &str) -> PathBuf {
        let (_, address) = self.directory.split_once("://").unwrap_or(("", &self.directory));
        let plain = |letter: char| if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '-' };
        let authority: String = address.chars().map(plain).collect();
        self.folder.join(authority.trim_start_matches('.')).join(name)
    }

    /// Writes a file that only the operator's account reads; where it is.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, AcmeError> {
        let path = self.file(name);
        write(&path, bytes).map_err(|source| AcmeError::Folder { path: path.clone(), source })?;
        Ok(path)
    }
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    // One that a killed server left may be there.
    let mut file = fs::File::options().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Shows what the authority wants to see: a certificate of the name that holds what only the account could have told us.
fn prove(shown: &Shown, domain: &str, digest: &[u8]) -> Result<(), AcmeError> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new([domain.to_owned()])?;
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let certificate = params.self_signed(&key)?;
    let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let proven = shown.challenge(domain, certificate.der().clone(), der);
    proven.map_err(|_| AcmeError::Challenge(rcgen::Error::CouldNotParseKeyPair))
}

/// Why an order is invalid, in the words of the authority.
async fn refusal(order: &mut Order) -> Result<AcmeError, AcmeError> {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        let state = authorization.refresh().await?;
        let mut errors = state.challenges.iter().filter_map(|challenge| challenge.error.as_ref());
        if let Some(error) = errors.next_back() {
            return Ok(AcmeError::NotProven { domain: state.identifier().to_string(), why: error.to_string() });
        }
    }
    Ok(AcmeError::NotProven { domain: "the order".to_owned(), why: "the authority gives no reason".to_owned() })
}

/// The HTTP client that is compiled anyway.
struct Client(reqwest::Client);

impl HttpClient for Client {
    fn request(
        &self,
        request: http::Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, instant_acme::Error>> + Send>> {
        let client = self.0.clone();
        Box::pin(async move {
            let other = |error: reqwest::Error| instant_acme::Error::Other(Box::new(error));
            let (parts, body) = request.into_parts();
            let Ok(body) = body.collect().await;
            let request = http::Request::from_parts(parts, body.to_bytes());
            let request = reqwest::Request::try_from(request).map_err(other)?;
            let response: http::Response<reqwest::Body> = client.execute(request).await.map_err(other)?.into();
            Ok(BytesResponse::from(response))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn acme(folder: &Path, domains: &[&str], directory: &str) -> Acme {
        let domains = domains.iter().map(|&domain| domain.to_owned()).collect();
        Acme { domains, contact: None, directory: directory.to_owned(), root: None, folder: folder.to_owned() }
    }

    #[test]
    fn what_is_kept_is_of_one_authority_and_for_all_the_names() {
        let folder = tempfile::tempdir().unwrap();
        let ours = acme(folder.path(), &["a.example"], "https://ca.example/directory");
        assert!(ours.kept().unwrap().is_none());
        let made = rcgen::generate_simple_self_signed(["A.example".to_owned(), "b.example".to_owned()]).unwrap();
        let text = format!("{}\n{}", made.signing_key.serialize_pem(), made.cert.pem());
        let path = ours.write("certificate.pem", text.as_bytes()).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(ours.kept().unwrap().is_some());
        let directory = &ours.directory;
        assert!(acme(folder.path(), &["b.example", "a.example"], directory).kept().unwrap().is_some());
        assert!(acme(folder.path(), &["a.example", "c.example"], directory).kept().unwrap().is_none());
        assert!(acme(folder.path(), &["a.example"], "https://other.example/directory").kept().unwrap().is_none());
        fs::write(&path, "torn").unwrap();
        assert!(ours.kept().is_err());
    }

    #[test]
    fn a_certificate_is_due_after_two_thirds_of_its_time() {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap();
        let path = folder.path().join("pair.pem");
        fs::write(&path, format!("{}\n{}", made.signing_key.serialize_pem(), made.cert.pem())).unwrap();
        let mut pair = PairFiles { certificate: path.clone(), key: path }.read().unwrap();
        (pair.not_before, pair.not_after) = (1_000, 1_090);
        assert_eq!(Acme::due_at(&pair), 1_060);
    }
}
