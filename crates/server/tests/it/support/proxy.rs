//! nginx, with the configuration that `docs/proxy/nginx.conf` hands out.

use std::{net::SocketAddr, path::Path, process::Stdio};

use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
};

use super::until;

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    /// Its folder; `passed.log` says what it has passed on.
    pub(crate) folder: TempDir,
    _nginx: Child,
}

impl Proxy {
    pub(crate) async fn before(nodes: &[SocketAddr]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // nginx can't be given port 0. That this one is taken in between is unlikely, and then it says so.
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/proxy/nginx.conf");
        let handed_out = std::fs::read_to_string(docs).unwrap();
        let servers: String = nodes.iter().map(|node| format!("server {node} fail_timeout=5s;\n")).collect();
        let replaced = [
            ("listen 80;", format!("listen {address};"), 1),
            ("server 10.0.0.11:5000 fail_timeout=5s;", servers, 2),
            ("server 10.0.0.12:5000 fail_timeout=5s;", String::new(), 2),
        ];
        let site = replaced.iter().fold(handed_out, |text, (from, to, times)| {
            assert_eq!(text.matches(from).count(), *times, "{from}");
            text.replace(from, to)
        });
        std::fs::write(folder.path().join("site.conf"), site).unwrap();
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|of| format!("{of}_temp_path {of};"));
        let main = format!(
            "daemon off; master_process off; pid nginx.pid; error_log error.log; events {{}}
            http {{ {} log_format passed '$remote_addr $arg_transport $arg_sid $upstream_addr';
            access_log passed.log passed; include site.conf; }}",
            temporary.join(" ")
        );
        std::fs::write(folder.path().join("nginx.conf"), main).unwrap();
        // Debian keeps it where not everybody looks.
        let debian = Path::new("/usr/sbin/nginx");
        let nginx = Command::new(if debian.exists() { debian } else { Path::new("nginx") })
            .args(["-e", "stderr", "-c", "nginx.conf", "-p"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("nginx can't be run; `make test-deps` installs it");
        until("nginx listens", async || TcpStream::connect(address).await.is_ok()).await;
        Self { address, folder, _nginx: nginx }
    }
}
