//! Two servers behind nginx, with the configuration that `docs/proxy/nginx.conf` hands out: it keeps the sessions of long polling
//! together, and a client whose server dies goes on at the other.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    process::Stdio,
};

use lamplight_store::{Backend, DatabaseUrl, testing::fresh_address};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    process::{Child, Command},
};

use crate::{
    clients::{Line, SETTINGS, javascript, tell},
    support::{
        institute::SECRET,
        program::{Running, lamplight},
        soon, until,
    },
};

struct Proxied {
    nodes: [Option<Running>; 2],
    address: SocketAddr,
    folder: TempDir,
    _nginx: Child,
}

/// A request that nginx has passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Passed {
    from: IpAddr,
    transport: String,
    sid: String,
    node: SocketAddr,
}

impl Proxied {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (DatabaseUrl::Postgres(url), _) = fresh_address(Backend::Postgres).await else { panic!("asked for") };
        let settings = [&SETTINGS[..], &[("DATABASE_URL", &url), ("JWT_SECRET", SECRET)]].concat();
        // One after the other: the first lays the demo out.
        let one = Running::start(lamplight(folder.path(), &settings, &["serve", "--demo"])).await;
        let other = Running::start(lamplight(folder.path(), &settings, &["serve", "--demo"])).await;

        // nginx can't be given port 0. That this one is taken in between is unlikely, and then it says so.
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/proxy/nginx.conf");
        let handed_out = std::fs::read_to_string(docs).unwrap();
        let replaced = [
            ("listen 80;", format!("listen {address};"), 1),
            ("server 10.0.0.11:5000 ", format!("server {} ", one.address), 2),
            ("server 10.0.0.12:5000 ", format!("server {} ", other.address), 2),
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
        Self { nodes: [Some(one), Some(other)], address, folder, _nginx: nginx }
    }

    fn node(&self, index: usize) -> SocketAddr {
        self.nodes[index].as_ref().expect("it lives").address
    }

    /// The requests of sockets that have ended.
    fn passed(&self) -> Vec<Passed> {
        let log = std::fs::read_to_string(self.folder.path().join("passed.log")).unwrap_or_default();
        let fields = log.lines().map(|line| line.split(' ').collect::<Vec<_>>());
        fields
            .filter(|fields| fields[1] != "-")
            .map(|fields| Passed {
                from: fields[0].parse().unwrap(),
                transport: fields[1].to_owned(),
                sid: fields[2].to_owned(),
                // Where there were several, the last one answered.
                node: fields.last().unwrap().parse().unwrap(),
            })
            .collect()
    }

    /// For each node an address whose polling goes there.
    async fn sources(&self) -> [IpAddr; 2] {
        let mut found = BTreeMap::new();
        for last in 2..=u8::MAX {
            let from = IpAddr::from(Ipv4Addr::new(127, 0, 0, last));
            soon(handshake(from, self.address)).await;
            let node = async || self.passed().into_iter().find(|passed| passed.from == from);
            until("nginx has noted it", async || node().await.is_some()).await;
            found.entry(node().await.unwrap().node).or_insert(from);
            if let (Some(one), Some(other)) = (found.get(&self.node(0)), found.get(&self.node(1))) {
                return [*one, *other];
            }
        }
        panic!("all addresses go to one node");
    }
}

/// Begins a session of long polling and forgets it.
async fn handshake(from: IpAddr, to: SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(from, 0)).unwrap();
    let mut stream = socket.connect(to).await.unwrap();
    let request = "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn sessions_of_long_polling_stay_together_and_all_hear_what_any_server_was_told() {
    let proxied = Proxied::start().await;
    let sources = proxied.sources().await;
    let mut lines = Vec::new();
    for source in sources {
        lines.push(Line::between(source, proxied.address).await);
    }
    let story = async |line: &Line, transport: &str| {
        // The office's requests go through the proxy too, to any server.
        tell(javascript(), [proxied.address, line.address], transport, async |command| line.obey(command)).await;
    };
    for transport in ["polling", "default", "websocket"] {
        tokio::join!(story(&lines[0], transport), story(&lines[1], transport));
    }

    let passed = proxied.passed();
    let mut of_session: BTreeMap<_, (BTreeSet<_>, BTreeSet<_>)> = BTreeMap::new();
    for request in passed.iter().filter(|request| request.sid != "-") {
        let (nodes, transports) = of_session.entry(&request.sid).or_default();
        nodes.insert(request.node);
        transports.insert(request.transport.as_str());
    }
    assert!(of_session.values().all(|(nodes, _)| nodes.len() == 1), "{of_session:?}");
    for node in [proxied.node(0), proxied.node(1)] {
        let moved = of_session.values().filter(|(nodes, transports)| nodes.contains(&node) && transports.len() == 2);
        assert!(moved.count() > 0, "nobody moved to a WebSocket at {node}: {of_session:?}");
        assert!(
            passed.iter().any(|request| request.transport == "websocket" && request.sid == "-" && request.node == node)
        );
    }
}

#[tokio::test]
async fn who_polled_at_a_server_that_was_killed_goes_on_at_the_other() {
    let mut proxied = Proxied::start().await;
    let [source, _] = proxied.sources().await;
    let line = Line::between(source, proxied.address).await;
    let addresses = [proxied.node(1), line.address];
    tell(javascript(), addresses, "polling", async |command| {
        // Its server does not come back: nothing is mended.
        if command == "cut" {
            proxied.nodes[0].take().unwrap().kill().await;
        }
    })
    .await;
}
