//! The doctor beside a server that speaks TLS itself: the port is asked over TLS, and the certificate is looked at.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt, path::Path, process::Stdio, time::Duration};

use lamplight_kernel::Clock;
use tokio::process::Command;

use super::{Found, answering, doctor_in, with};
use crate::support::{
    authority::{Authority, Files},
    program::{Running, lamplight, run},
};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The settings of a server that speaks TLS, in a folder of its own.
fn encrypted<'a>(folder: &'a Path, files: &'a Files) -> Vec<(&'static str, String)> {
    let data_dir = folder.join("data").to_str().unwrap().to_owned();
    let usual =
        [("HOST", "127.0.0.1"), ("PORT", "0"), ("DATA_DIR", &data_dir), ("LOG", "error"), ("DRAIN_SECONDS", "0")];
    with(&[], &[&usual[..], &files.settings()].concat())
}

#[tokio::test]
async fn a_server_that_speaks_tls_and_its_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let (authority, files) = (Authority::new(), Files::in_folder(folder.path()));
    let private = || fs::set_permissions(&files.key, fs::Permissions::from_mode(0o600)).unwrap();
    files.write(&authority.issue());
    private();
    let settings = encrypted(folder.path(), &files);
    let server = Running::start(lamplight(folder.path(), &settings, &["serve"])).await;
    let port = server.address.port().to_string();
    let settings = with(&settings, &[("PORT", &port)]);
    let look = async || doctor_in(folder.path(), &settings, &[]).await;
    let found = look().await;
    found.says("port", "ok", "answers at 127.0.0.1", "").says("certificate", "ok", "127.0.0.1 until 2100-01-01", "");
    assert!(!found.checks.iter().any(|one| one["check"] == "certificate" && one["state"] != "ok"), "{found:#?}");

    // Without what the server was started with, it is another one.
    let plain: Vec<_> = settings.iter().filter(|(name, _)| !name.starts_with("TLS_")).cloned().collect();
    doctor_in(folder.path(), &plain, &[]).await.is_broken("port", "is not Lamplight", "other settings");

    // Another one that the server could not take yet, or did not.
    let (first, key) = (fs::read(&files.certificate).unwrap(), fs::read(&files.key).unwrap());
    files.write(&authority.issue());
    let found = look().await;
    found.says("port", "ok", "answers at", "").says("certificate", "warning", "shows another one than", "SIGHUP");
    fs::write(&files.certificate, first).unwrap();
    look().await.is_broken("certificate", "TLS_KEY: ", "docs/operations.md").says("port", "ok", "answers at", "");
    fs::write(&files.key, key).unwrap();
    fs::set_permissions(&files.key, fs::Permissions::from_mode(0o644)).unwrap();
    look().await.is_broken("certificate", "can read its key", "chmod o=");
    private();

    files.write(&authority.issue_until(2021));
    look().await.is_broken("certificate", "has expired at 2021-01-01", "renew it");
    fs::remove_file(&files.certificate).unwrap();
    look().await.is_broken("certificate", "TLS_CERTIFICATE: ", "name the file");
    server.terminate().await;
    // In plain, as something that was started with other settings.
    let other = answering("", |_| Some("HTTP/1.1 200 OK\r\n\r\nok\n".to_owned())).to_string();
    doctor_in(folder.path(), &with(&settings, &[("PORT", &other)]), &[])
        .await
        .is_broken("port", "over TLS", "ss -ltnp");
}

#[tokio::test]
async fn a_certificate_that_ends_soon_or_does_not_hold_yet() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::in_folder(folder.path());
    let settings = encrypted(folder.path(), &files);
    // A year of days earlier, so that all of them are counted from there.
    let year = 365 * DAY;
    let start = Clock::system().now().minus(year);
    let day = |days: u32| {
        rcgen::date_time_ymd(1970, 1, 1) + Duration::from_millis(start.plus(days * DAY).millis().try_into().unwrap())
    };
    for (from, until, state, what) in [
        (300, 380, "ok", "until"),
        (300, 378, "warning", "which is soon"),
        (300, 364, "problem", "has expired"),
        (366, 400, "problem", "does not hold before"),
    ] {
        let mut params = rcgen::CertificateParams::new(["record.example".to_owned()]).unwrap();
        (params.not_before, params.not_after) = (day(from), day(until));
        let key = rcgen::KeyPair::generate().unwrap();
        files.write(&(params.self_signed(&key).unwrap(), key));
        fs::set_permissions(&files.key, fs::Permissions::from_mode(0o600)).unwrap();
        doctor_in(folder.path(), &settings, &[]).await.says("certificate", state, what, "");
    }
}

#[tokio::test]
async fn certificates_that_the_server_orders() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::in_folder(folder.path());
    let mut settings = encrypted(folder.path(), &files);
    settings.retain(|(name, _)| !name.starts_with("TLS_"));
    // Nobody is there.
    let authority = [("TLS_ACME_DOMAINS", "localhost"), ("TLS_ACME_DIRECTORY", "https://127.0.0.1:1/directory")];
    let settings = with(&settings, &authority);
    let server = Running::start(lamplight(folder.path(), &with(&settings, &[("LOG", "off")]), &["serve"])).await;
    let port = server.address.port().to_string();
    let look = async || doctor_in(folder.path(), &with(&settings, &[("PORT", &port)]), &[]).await;
    let found = look().await;
    found.says("certificate", "warning", "none yet for localhost", "its log").is_broken(
        "port",
        "waits for its first certificate",
        "its log",
    );
    let kept = folder.path().join("data/acme/127.0.0.1-1-directory");
    fs::create_dir_all(&kept).unwrap();
    let keep = |(certificate, key): (rcgen::Certificate, rcgen::KeyPair)| {
        fs::write(kept.join("certificate.pem"), format!("{}\n{}", key.serialize_pem(), certificate.pem())).unwrap();
    };
    keep(Authority::new().issue());
    look().await.says("certificate", "ok", "another one is ordered after 2073", "");
    keep(Authority::new().issue_until(2027));
    look().await.says("certificate", "warning", "is due since 2024", "its log");
    fs::write(kept.join("certificate.pem"), "torn").unwrap();
    look().await.says("certificate", "warning", "can't be used", "orders another one");
    server.terminate().await;
}

#[tokio::test]
async fn a_port_that_only_the_service_may_listen_on() {
    let first: u16 =
        fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").unwrap().trim().parse().unwrap();
    let port = (700..first.min(1024)).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    let Some(port) = port else {
        println!("not tried: there is no port that only some may listen on, or this may not");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let files = Files::in_folder(folder.path());
    files.write(&Authority::new().issue());
    let settings = with(&encrypted(folder.path(), &files), &[("PORT", &port.to_string())]);
    let look = async || {
        let mut command = Command::new("setpriv");
        command.args(["--bounding-set=-net_bind_service", env!("CARGO_BIN_EXE_lamplight"), "doctor", "--json"]);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).envs(settings.iter().cloned());
        command.current_dir(folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Found::read(&run(command, "").await)
    };
    look().await.is_broken("port", "can't be listened on", "docs/operations.md");
    let server = Running::start(lamplight(folder.path(), &settings, &["serve"])).await;
    look().await.says("port", "ok", "answers at 127.0.0.1", "");
    server.terminate().await;
}
