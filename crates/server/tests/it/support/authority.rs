//! An authority of one's own, and the certificates it gives out.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::soon;

/// Nobody but the test believes it.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) certificate: rcgen::Certificate,
}

/// The two files of a server.
#[derive(Clone)]
pub(crate) struct Files {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Files {
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self { certificate: folder.join("certificate.pem"), key: folder.join("key.pem") }
    }

    pub(crate) fn settings(&self) -> [(&'static str, &str); 2] {
        [("TLS_CERTIFICATE", self.certificate.to_str().unwrap()), ("TLS_KEY", self.key.to_str().unwrap())]
    }

    pub(crate) fn write(&self, (certificate, key): &(rcgen::Certificate, KeyPair)) {
        std::fs::write(&self.certificate, certificate.pem()).unwrap();
        std::fs::write(&self.key, key.serialize_pem()).unwrap();
    }
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, "An authority of the tests");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        Self { issuer: Issuer::new(params, key), certificate }
    }

    /// A certificate for this machine, and its key.
    pub(crate) fn issue(&self) -> (rcgen::Certificate, KeyPair) {
        self.issue_until(2100)
    }

    /// One that ends with the beginning of a year.
    pub(crate) fn issue_until(&self, year: i32) -> (rcgen::Certificate, KeyPair) {
        let mut params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "localhost");
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    /// What believes it alone.
    pub(crate) fn client(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        client.with_root_certificates(roots).with_no_client_auth()
    }

    pub(crate) fn http(&self) -> reqwest::ClientBuilder {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let root = reqwest::Certificate::from_der(self.certificate.der()).unwrap();
        reqwest::Client::builder().no_proxy().tls_certs_only([root])
    }
}

/// A connection whose handshake is done.
pub(crate) async fn connect(
    client: ClientConfig,
    address: std::net::SocketAddr,
) -> std::io::Result<TlsStream<TcpStream>> {
    connect_to(client, address, "localhost").await
}

/// The same, to a name.
pub(crate) async fn connect_to(
    client: ClientConfig,
    address: std::net::SocketAddr,
    name: &'static str,
) -> std::io::Result<TlsStream<TcpStream>> {
    let tcp = soon(TcpStream::connect(address)).await.unwrap();
    let connector = TlsConnector::from(Arc::new(client));
    soon(connector.connect(ServerName::try_from(name).unwrap(), tcp)).await
}

/// The certificate that a connection was shown.
pub(crate) fn shown(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
}
