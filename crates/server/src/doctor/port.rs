//! The port: whether it is free, or our server answers there, over TLS if it speaks it.

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use anyhow::{Context, ensure};
use lamplight_tls::{
    PairFiles,
    pki_types::{CertificateDer, pem::PemObject},
};
use serde_json::Value;
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use super::{Report, others::PATIENCE, settings::Set};
use crate::settings::Encryption;

/// The longest answer that is read: the description of the API is some hundred KB.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// Whether the port is free, or Lamplight answers there.
pub(super) async fn port(report: &mut Report, set: &Set) {
    if !set.holds("HOST") || !set.holds("PORT") {
        return;
    }
    let (address, encryption) = (set.settings.listen, &set.settings.encryption);
    if address.port() == 0 {
        return report
            .ok("port", "PORT is 0: the server takes any that is free, so whether one runs was not looked at");
    }
    let free = bound(address);
    let is_taken = match &free {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => true,
        // Below 1024 who may not listen is told that before whether somebody does, and the service may be permitted what we are not.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => is_there(address).await,
        _ => false,
    };
    match free {
        Ok(()) => report.ok("port", format!("{address} is free: no server runs there")),
        Err(_) if is_taken => match timeout(PATIENCE, running(address, encryption.is_on())).await {
            Ok(Ok(answers)) => {
                answered(report, address, &answers);
                if let (Encryption::Files(files), Some(shown)) = (encryption, &answers.shown) {
                    is_of_files(report, address, files, shown);
                }
            }
            Ok(Err(error)) => silent(report, address, encryption, &error),
            Err(_) => {
                let what = format!("something listens on {address} and does not answer in time");
                report.problem(
                    "port",
                    what,
                    "if it is Lamplight (ss -ltnp says what it is), look into its log and start it again",
                );
            }
        },
        Err(error) => {
            let advice = match error.kind() {
                io::ErrorKind::PermissionDenied => {
                    "set PORT to 1024 or more and put a proxy before it; or permit it to the service, and to what runs this \
                     (docs/operations.md, TLS)"
                }
                _ => "set HOST to an address of this machine, or to 0.0.0.0",
            };
            report.problem("port", format!("{address} can't be listened on: {error}"), advice);
        }
    }
}

fn bound(address: SocketAddr) -> io::Result<()> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // As the server does.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    // Without this, an address that another one listens on may still be bound.
    socket.listen(1).map(drop)
}

/// Where to ask a server that listens there.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), address.port()),
        IpAddr::V6(ip) if ip.is_unspecified() => SocketAddr::new(Ipv6Addr::LOCALHOST.into(), address.port()),
        _ => address,
    }
}

async fn is_there(address: SocketAddr) -> bool {
    timeout(PATIENCE, TcpStream::connect(reachable(address))).await.is_ok_and(|connected| connected.is_ok())
}

/// Something that does not answer as we do.
fn silent(report: &mut Report, address: SocketAddr, encryption: &Encryption, error: &anyhow::Error) {
    if let Encryption::Acme(acme) = encryption
        && !matches!(acme.kept(), Ok(Some(_)))
    {
        let what = format!(
            "something listens on {address} and lets nobody in; if it is Lamplight, it waits for its first certificate: {error:#}"
        );
        return report.problem("port", what, "look into its log, which says why the authority has given none yet");
    }
    let how = if encryption.is_on() { " over TLS, as the settings say" } else { "" };
    let what = format!("something listens on {address} and is not Lamplight, or does not answer{how}: {error:#}");
    let advice = "end it (ss -ltnp says what it is), or set PORT to another one; if it is Lamplight, with other settings than these, start \
                  it again";
    report.problem("port", what, advice);
}

/// What a server says of itself.
struct Answers {
    ready: Value,
    version: String,
    /// The certificate that it shows.
    shown: Option<Vec<u8>>,
}

async fn running(address: SocketAddr, is_encrypted: bool) -> anyhow::Result<Answers> {
    // The client takes the process's TLS provider. Somebody else's choice is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // It is asked by its address, which no certificate names, and nothing secret is said. What it shows is looked at beside.
    let builder = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).tls_info(true);
    let client = builder.no_proxy().http1_only().redirect(reqwest::redirect::Policy::none()).build()?;
    let base = format!("{}://{}", if is_encrypted { "https" } else { "http" }, reachable(address));
    let (alive, shown) = get(&client, format!("{base}/healthz"), true).await?;
    ensure!(alive == b"ok\n", "it does not answer /healthz as Lamplight does");
    let (ready, _) = get(&client, format!("{base}/readyz"), false).await?;
    let (description, _) = get(&client, format!("{base}/api/openapi.json"), true).await?;
    let description: Value = serde_json::from_slice(&description).context("/api/openapi.json")?;
    let version = description.pointer("/info/version").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Answers { ready: serde_json::from_slice(&ready).context("/readyz")?, version, shown })
}

/// What stands at an address, and the certificate that was shown.
async fn get(client: &reqwest::Client, url: String, is_to_be_ok: bool) -> anyhow::Result<(Vec<u8>, Option<Vec<u8>>)> {
    let mut answer = client.get(&url).send().await?;
    ensure!(!is_to_be_ok || answer.status() == 200, "{url} is answered with {}", answer.status());
    let info = answer.extensions().get::<reqwest::tls::TlsInfo>();
    let shown = info.and_then(|info| info.peer_certificate()).map(<[u8]>::to_vec);
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        ensure!(body.len() + chunk.len() <= MOST_BYTES, "{url} is longer than anything of Lamplight's");
        body.extend_from_slice(&chunk);
    }
    Ok((body, shown))
}

fn answered(report: &mut Report, address: SocketAddr, Answers { ready, version, .. }: &Answers) {
    let own = env!("CARGO_PKG_VERSION");
    if version != own {
        let what = format!("the server at {address} is of version {version}, and this program of {own}");
        report.warning("port", what, "start the server again after an upgrade, or run the doctor of its own version");
    }
    let advice: BTreeMap<&str, &str> = BTreeMap::from([
        ("stopping", "wait until it has stopped"),
        ("the relay is far behind", "give it time; if that goes on for minutes, look into its log and start it again"),
    ]);
    let text = |name: &str| ready.get(name).and_then(Value::as_str);
    if let Some(reason) = text("reason") {
        let advice = advice.get(reason).unwrap_or(&"look at the lines about the database, and into the server's log");
        report.problem("port", format!("the server at {address} is not ready: {reason}"), *advice);
    } else if let Some(degraded) = text("degraded") {
        report.warning("port", format!("the server at {address} is ready, but {degraded}"), "start Redis again");
    } else if version == own {
        report.ok("port", format!("Lamplight {version} answers at {address} and is ready"));
    }
}

/// Whether the server shows what its files hold: a pair that it could not use has changed nothing.
fn is_of_files(report: &mut Report, address: SocketAddr, files: &PairFiles, shown: &[u8]) {
    let first = CertificateDer::pem_file_iter(&files.certificate).ok().and_then(|mut chain| chain.next()?.ok());
    if first.is_some_and(|first| first.as_ref() != shown) {
        let what = format!("the server at {address} shows another one than {} holds", files.certificate.display());
        let advice = "it looks there each minute, and at SIGHUP; if this stays, look into its log, and start it again (what systemd loads \
                      for it is read at the start alone)";
        report.warning("certificate", what, advice);
    }
}
