//! nginx, HAProxy and Caddy, with the configurations that `docs/proxy` hands out.

use std::{
    fmt::Write as _,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    process::Stdio,
};

use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
};

use super::until;

/// What stands before the servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Nginx,
    HaProxy,
    Caddy,
}

/// A request of a socket that was passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Passed {
    pub(crate) from: IpAddr,
    pub(crate) transport: String,
    /// `-` when it begins a session.
    pub(crate) sid: String,
    pub(crate) node: SocketAddr,
}

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    kind: Kind,
    /// Its folder; `passed.log` says what it has passed on.
    folder: TempDir,
    _process: Child,
}

impl Proxy {
    /// Starts one before these servers.
    pub(crate) async fn before(kind: Kind, nodes: &[SocketAddr]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // None of them can be given port 0. That this one is taken in between is unlikely, and then it says so.
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = match kind {
            Kind::Nginx => nginx(folder.path(), address, nodes),
            Kind::HaProxy => haproxy(folder.path(), address, nodes),
            Kind::Caddy => caddy(folder.path(), address, nodes),
        };
        let process = command
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{kind:?} can't be run, `make test-deps` installs it: {error}"));
        until("the proxy listens", async || TcpStream::connect(address).await.is_ok()).await;
        Self { address, kind, folder, _process: process }
    }

    /// The requests of sockets that it has passed on. nginx and HAProxy name them when they have ended.
    pub(crate) fn passed(&self) -> Vec<Passed> {
        let log = std::fs::read_to_string(self.folder.path().join("passed.log")).unwrap_or_default();
        // The last one may be half written.
        let lines = log.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        match self.kind {
            Kind::Caddy => lines.filter_map(passed_by_caddy).collect(),
            Kind::Nginx | Kind::HaProxy => lines.filter_map(passed_in_words).collect(),
        }
    }
}

/// An address, transport, session and server, as nginx and HAProxy are told to log them.
fn passed_in_words(line: &str) -> Option<Passed> {
    let fields: Vec<_> = line.trim().split(' ').collect();
    // Where there were several, the last one answered.
    let [from, transport, sid, .., node] = fields[..] else { return None };
    let from = from.parse().ok()?;
    (transport != "-").then(|| Passed {
        from,
        transport: transport.to_owned(),
        sid: sid.to_owned(),
        node: node.parse().expect("somebody answered"),
    })
}

/// What Caddy says of each request when it logs everything.
fn passed_by_caddy(line: &str) -> Option<Passed> {
    let said: Value = serde_json::from_str(line).unwrap();
    if said["msg"] != "upstream roundtrip" || said["error"].is_string() {
        return None;
    }
    let (_, query) = said["request"]["uri"].as_str().unwrap().split_once('?')?;
    let value = |name| query.split('&').filter_map(|pair| pair.split_once('=')).find(|(one, _)| *one == name);
    Some(Passed {
        from: said["request"]["remote_ip"].as_str().unwrap().parse().unwrap(),
        transport: value("transport")?.1.to_owned(),
        sid: value("sid").map_or("-", |(_, sid)| sid).to_owned(),
        node: said["upstream"].as_str().unwrap().parse().unwrap(),
    })
}

/// A configuration as it is handed out, with these places replaced, each of which must be there so many times.
fn handed_out(name: &str, replaced: &[(&str, &str, usize)]) -> String {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/proxy").join(name);
    replaced.iter().fold(std::fs::read_to_string(docs).unwrap(), |text, (from, to, times)| {
        assert_eq!(text.matches(from).count(), *times, "{from}");
        text.replace(from, to)
    })
}

/// Debian keeps servers where not everybody looks.
fn program(name: &str) -> Command {
    let debian = PathBuf::from("/usr/sbin").join(name);
    Command::new(if debian.exists() { debian } else { PathBuf::from(name) })
}

fn nginx(folder: &Path, address: SocketAddr, nodes: &[SocketAddr]) -> Command {
    let servers: String = nodes.iter().map(|node| format!("server {node} fail_timeout=5s;\n")).collect();
    let site = handed_out(
        "nginx.conf",
        &[
            ("listen 80;", &format!("listen {address};"), 1),
            ("server 10.0.0.11:5000 fail_timeout=5s;", &servers, 2),
            ("server 10.0.0.12:5000 fail_timeout=5s;", "", 2),
        ],
    );
    std::fs::write(folder.join("site.conf"), site).unwrap();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|of| format!("{of}_temp_path {of};"));
    let main = format!(
        "daemon off; master_process off; pid nginx.pid; error_log error.log; events {{}}
        http {{ {} log_format passed '$remote_addr $arg_transport $arg_sid $upstream_addr';
        access_log passed.log passed; include site.conf; }}",
        temporary.join(" ")
    );
    std::fs::write(folder.join("nginx.conf"), main).unwrap();
    let mut command = program("nginx");
    command.args(["-e", "stderr", "-c", "nginx.conf", "-p"]).arg(folder);
    command
}

fn haproxy(folder: &Path, address: SocketAddr, nodes: &[SocketAddr]) -> Command {
    let mut servers = String::new();
    for (number, node) in nodes.iter().enumerate() {
        writeln!(servers, "    server node{number} {node}").unwrap();
    }
    let unchecked = servers.replace('\n', " no-check\n");
    let noted = format!(
        "bind {address}
    http-request capture url_param(transport) len 16
    http-request capture url_param(sid) len 64
    log-format \"%ci %[capture.req.hdr(0)] %[capture.req.hdr(1)] %si:%sp\""
    );
    let site = handed_out(
        "haproxy.cfg",
        &[
            // Who runs the tests is not root.
            ("    user haproxy\n    group haproxy\n", "", 1),
            ("bind :80\n", &format!("{noted}\n"), 1),
            ("    server one 10.0.0.11:5000 no-check\n", &unchecked, 1),
            ("    server two 10.0.0.12:5000 no-check\n", "", 1),
            ("    server one 10.0.0.11:5000\n", &servers, 2),
            ("    server two 10.0.0.12:5000\n", "", 2),
        ],
    );
    std::fs::write(folder.join("haproxy.cfg"), site).unwrap();
    let log = std::fs::File::create(folder.join("passed.log")).unwrap();
    let mut command = program("haproxy");
    command.args(["-db", "-f", "haproxy.cfg"]).stdout(log).stderr(Stdio::null());
    command
}

fn caddy(folder: &Path, address: SocketAddr, nodes: &[SocketAddr]) -> Command {
    // Everything, into a file. Without the port on which it can be told things: all would want the same.
    let global = "{\n\tadmin off\n\tlog {\n\t\toutput file passed.log\n\t\tlevel DEBUG\n\t}\n\tgrace_period 30s\n";
    let site = handed_out("Caddyfile", &[("{\n\tgrace_period 30s\n", global, 1)]);
    std::fs::write(folder.join("Caddyfile"), site).unwrap();
    let servers: Vec<_> = nodes.iter().map(SocketAddr::to_string).collect();
    let mut command = program("caddy");
    command
        .args(["run", "--config", "Caddyfile", "--adapter", "caddyfile"])
        .env("LAMPLIGHT_SITE", format!("http://:{}", address.port()))
        .env("LAMPLIGHT_SERVERS", servers.join(" "))
        // What it keeps of its own.
        .env("HOME", folder)
        .env("XDG_DATA_HOME", folder)
        .env("XDG_CONFIG_HOME", folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}
