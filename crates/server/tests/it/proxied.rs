//! Two servers behind nginx, with the configuration that `docs/proxy/nginx.conf` hands out: it keeps the sessions of long polling
//! together, and a client whose server dies goes on at the other.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use lamplight_store::{Backend, DatabaseUrl, testing::fresh_address};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
};

use crate::{
    clients::{SETTINGS, javascript, tell},
    support::{
        institute::SECRET,
        program::{Running, lamplight},
        proxy::Proxy,
        soon, until,
        wire::{Far, Wire},
    },
};

struct Proxied {
    nodes: [Option<Running>; 2],
    proxy: Proxy,
    _folder: TempDir,
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

        let proxy = Proxy::before(&[one.address, other.address]).await;
        Self { nodes: [Some(one), Some(other)], proxy, _folder: folder }
    }

    fn node(&self, index: usize) -> SocketAddr {
        self.nodes[index].as_ref().expect("it lives").address
    }

    /// The requests of sockets that have ended.
    fn passed(&self) -> Vec<Passed> {
        let log = std::fs::read_to_string(self.proxy.folder.path().join("passed.log")).unwrap_or_default();
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
            soon(handshake(from, self.proxy.address)).await;
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
        lines.push(Wire::to(Far::Tcp(source, proxied.proxy.address)).await);
    }
    let story = async |line: &Wire, transport: &str| {
        // The office's requests go through the proxy too, to any server.
        tell(javascript(), [proxied.proxy.address, line.address], transport, async |command| line.obey(command)).await;
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
    let line = Wire::to(Far::Tcp(source, proxied.proxy.address)).await;
    let addresses = [proxied.node(1), line.address];
    tell(javascript(), addresses, "polling", async |command| {
        // Its server does not come back: nothing is mended.
        if command == "cut" {
            proxied.nodes[0].take().unwrap().kill().await;
        }
    })
    .await;
}
