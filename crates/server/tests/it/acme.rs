//! Certificates by ACME, from Pebble, the test server of Let's Encrypt (Debian's package `pebble`), over TLS-ALPN-01 on this machine.
//! `make test-acme` runs it.

use std::{net::SocketAddr, os::unix::fs::PermissionsExt, path::Path, process::Stdio, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::{
    clients::SETTINGS,
    support::{
        authority::{Authority, Files, connect_to, shown},
        program::{Running, lamplight},
        soon,
        traces::files_below,
        until,
    },
};

const NAME: &str = "live.nursing.example";

/// The authority, and the name server that it asks: every name is this machine.
struct Pebble {
    folder: TempDir,
    directory: String,
    /// Where it looks for whom it gives certificates to.
    looks_at: SocketAddr,
    /// What its certificates can be checked with.
    client: ClientConfig,
    _processes: [Child; 2],
}

fn free() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn process(program: &str, arguments: &[&str], log: &Path) -> Child {
    let log = std::fs::File::create(log).unwrap();
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("PEBBLE_VA_NOSLEEP", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::from(log.try_clone().unwrap()));
    command.stderr(log).kill_on_drop(true).spawn().expect("Pebble can't be run; `make test-acme` installs it")
}

impl Pebble {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [listens, manages, looks_at, names] = [free(), free(), free(), free()];
        let (authority, files) = (Authority::new(), Files::in_folder(folder.path()));
        files.write(&authority.issue());
        std::fs::write(folder.path().join("root.pem"), authority.certificate.pem()).unwrap();
        let config = serde_json::json!({"pebble": {
            "listenAddress": listens.to_string(), "managementListenAddress": manages.to_string(),
            "certificate": files.certificate, "privateKey": files.key,
            "httpPort": free().port(), "tlsPort": looks_at.port(),
            "ocspResponderURL": "", "externalAccountBindingRequired": false,
        }});
        let path = folder.path().join("pebble.json");
        std::fs::write(&path, config.to_string()).unwrap();
        let names = names.to_string();
        let manages_names = free().to_string();
        let off = ["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""];
        let name_server =
            [&off[..], &["-dns01", &names, "-management", &manages_names, "-defaultIPv4", "127.0.0.1"]].concat();
        let processes = [
            process("pebble-challtestsrv", &name_server, &folder.path().join("names.log")),
            process(
                "pebble",
                &["-config", path.to_str().unwrap(), "-dnsserver", &names],
                &folder.path().join("pebble.log"),
            ),
        ];
        let http = authority.http().build().unwrap();
        until("Pebble answers", async || http.get(format!("https://{listens}/dir")).send().await.is_ok()).await;
        let root = soon(http.get(format!("https://{manages}/roots/0")).send()).await.unwrap().bytes().await.unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&root).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let client = client.with_root_certificates(roots).with_no_client_auth();
        let directory = format!("https://{listens}/dir");
        Self { folder, directory, looks_at, client, _processes: processes }
    }

    fn settings<'a>(&'a self, port: &'a str, root: &'a str) -> Vec<(&'static str, &'a str)> {
        let own = [
            ("HOST", "127.0.0.1"),
            ("PORT", port),
            ("LOG", "info"),
            ("TLS_ACME_DOMAINS", NAME),
            ("TLS_ACME_CONTACT", "office@nursing.example"),
            ("TLS_ACME_DIRECTORY", self.directory.as_str()),
            ("TLS_ACME_ROOT", root),
        ];
        [&SETTINGS[2..3], &own].concat()
    }

    fn root(&self) -> String {
        self.folder.path().join("root.pem").to_str().unwrap().to_owned()
    }

    async fn shown(&self) -> Option<CertificateDer<'static>> {
        connect_to(self.client.clone(), self.looks_at, NAME).await.ok().map(|stream| shown(&stream))
    }
}

#[tokio::test]
#[ignore = "needs Pebble: make test-acme"]
async fn a_certificate_is_ordered_kept_and_ordered_again_in_time() {
    let pebble = Pebble::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (port, root) = (pebble.looks_at.port().to_string(), pebble.root());
    let settings = pebble.settings(&port, &root);
    let log = folder.path().join("log");
    let start = async |more: &[&str]| {
        let arguments = [&["serve", "--demo"], more].concat();
        Running::start_logging(lamplight(folder.path(), &settings, &arguments), &log).await
    };
    let said = || std::fs::read_to_string(&log).unwrap();

    let server = start(&[]).await;
    until("the certificate is there", async || pebble.shown().await.is_some()).await;
    let first = pebble.shown().await.unwrap();
    // Of the challenge nothing is left.
    let mut as_authority = pebble.client.clone();
    as_authority.alpn_protocols = vec![b"acme-tls/1".to_vec()];
    assert!(connect_to(as_authority, pebble.looks_at, NAME).await.is_err());
    server.terminate().await;
    let kept = files_below(&folder.path().join("data/acme"));
    assert_eq!(kept.len(), 2, "{kept:?}");
    for file in kept {
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }

    // The next start has it at once, and asks nobody.
    let server = start(&[]).await;
    assert_eq!(pebble.shown().await.unwrap(), first);
    server.terminate().await;
    assert!(!said().contains("another certificate"), "{}", said());

    // When its time is nearly over, another is ordered; the account is the same.
    let server = start(&["--at", "2031-11-01T00:00:00Z"]).await;
    until("another is shown", async || pebble.shown().await.is_some_and(|now| now != first)).await;
    server.terminate().await;
    assert!(said().contains("due again already"), "the clock was wrong: {}", said());
    let orders = std::fs::read_to_string(pebble.folder.path().join("pebble.log")).unwrap();
    assert_eq!(orders.matches("There are now 1 accounts in memory").count(), 1, "{orders}");
}

#[tokio::test]
#[ignore = "needs Pebble: make test-acme"]
async fn an_order_that_fails_says_why_and_the_server_runs_on() {
    let pebble = Pebble::start().await;
    let folder = tempfile::tempdir().unwrap();
    let root = pebble.root();
    // Not where the authority looks.
    let settings = pebble.settings("0", &root);
    let log = folder.path().join("log");
    let server = Running::start_logging(lamplight(folder.path(), &settings, &["serve", "--demo"]), &log).await;
    let said = || std::fs::read_to_string(&log).unwrap();
    until("it is told", async || said().contains("no certificate could be ordered")).await;
    assert!(said().contains(&format!("{NAME}: ")) && said().contains("Failed to connect"), "{}", said());
    // Without a certificate nobody gets in, and the server is there all the same.
    assert!(connect_to(pebble.client.clone(), server.address, NAME).await.is_err());
    server.terminate().await;
}
