//! Two servers behind nginx, HAProxy and Caddy, with the configurations that `docs/proxy` hands out: each keeps the sessions of long
//! polling together, says for whom it asks, lets through what the server takes, and a client whose server dies goes on at the other.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use lamplight_store::{Backend, DatabaseUrl, testing::fresh_address};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
};

use crate::{
    clients::{SETTINGS, javascript, origins, tell},
    support::{
        Form, PDF,
        institute::SECRET,
        program::{Running, lamplight},
        proxy::{Kind, Proxy},
        soon, until,
        wire::{Far, Wire},
    },
};

struct Proxied {
    nodes: [Option<Running>; 2],
    proxy: Proxy,
    _folder: TempDir,
}

impl Proxied {
    async fn start(kind: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (DatabaseUrl::Postgres(url), _) = fresh_address(Backend::Postgres).await else { panic!("asked for") };
        // The proxy alone is one: clients come from other addresses of this machine.
        let own = [("DATABASE_URL", &*url), ("JWT_SECRET", SECRET), ("TRUSTED_PROXIES", "127.0.0.1")];
        let settings = [&SETTINGS[..], &own].concat();
        // One after the other: the first lays the demo out.
        let one = Running::start(lamplight(folder.path(), &settings, &["serve", "--demo"])).await;
        let other = Running::start(lamplight(folder.path(), &settings, &["serve", "--demo"])).await;

        let proxy = Proxy::before(kind, &[one.address, other.address]).await;
        Self { nodes: [Some(one), Some(other)], proxy, _folder: folder }
    }

    fn node(&self, index: usize) -> SocketAddr {
        self.nodes[index].as_ref().expect("it lives").address
    }

    /// For each node an address whose polling goes there.
    async fn sources(&self) -> [IpAddr; 2] {
        let mut found = BTreeMap::new();
        for last in 2..=u8::MAX {
            let from = IpAddr::from(Ipv4Addr::new(127, 0, 0, last));
            soon(handshake(from, self.proxy.address)).await;
            let node = async || self.proxy.passed().into_iter().find(|passed| passed.from == from);
            until("the proxy has noted it", async || node().await.is_some()).await;
            found.entry(node().await.unwrap().node).or_insert(from);
            if let (Some(one), Some(other)) = (found.get(&self.node(0)), found.get(&self.node(1))) {
                return [*one, *other];
            }
        }
        panic!("all addresses go to one node");
    }
}

/// Begins a session of long polling and forgets it.
pub(crate) async fn handshake(from: IpAddr, to: SocketAddr) {
    get(from, to, "/socket.io/?EIO=4&transport=polling").await;
}

/// Gets something over a connection of its own.
async fn get(from: IpAddr, to: SocketAddr, path: &str) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(from, 0)).unwrap();
    let mut stream = socket.connect(to).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

/// Somebody who calls from this address of the machine.
fn caller(from: IpAddr) -> reqwest::Client {
    // The first one wins; reqwest asks for one, though nothing here is encrypted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().local_address(from).build().unwrap()
}

/// Makes a test of a story behind each proxy.
macro_rules! behind_each_proxy {
    ($name:ident, $story:expr) => {
        mod $name {
            use super::*;

            #[tokio::test]
            async fn nginx() {
                let story = $story;
                story(Proxied::start(Kind::Nginx).await).await;
            }

            #[tokio::test]
            async fn haproxy() {
                let story = $story;
                story(Proxied::start(Kind::HaProxy).await).await;
            }

            #[tokio::test]
            async fn caddy() {
                let story = $story;
                story(Proxied::start(Kind::Caddy).await).await;
            }
        }
    };
}

async fn sessions_of_long_polling_stay_together_and_all_hear_what_any_server_was_told(proxied: &Proxied) {
    let sources = proxied.sources().await;
    let mut lines = Vec::new();
    for source in sources {
        lines.push(Wire::to(Far::Tcp(source, proxied.proxy.address)).await);
    }
    let story = async |line: &Wire, transport: &str| {
        // The office's requests go through the proxy too, to any server.
        tell(javascript(), origins([proxied.proxy.address, line.address]), transport, async |command| {
            line.obey(command);
        })
        .await;
    };
    for transport in ["polling", "default", "websocket"] {
        tokio::join!(story(&lines[0], transport), story(&lines[1], transport));
    }

    let sessions = || {
        let mut sessions: BTreeMap<_, (BTreeSet<_>, BTreeSet<_>)> = BTreeMap::new();
        for request in proxied.proxy.passed().into_iter().filter(|request| request.sid != "-") {
            let (nodes, transports) = sessions.entry(request.sid).or_default();
            nodes.insert(request.node);
            transports.insert(request.transport);
        }
        sessions
    };
    for node in [proxied.node(0), proxied.node(1)] {
        until(&format!("somebody moved to a WebSocket at {node}"), async || {
            sessions().values().any(|(nodes, transports)| nodes.contains(&node) && transports.len() == 2)
        })
        .await;
        until(&format!("somebody began with a WebSocket at {node}"), async || {
            let mut passed = proxied.proxy.passed().into_iter();
            passed.any(|request| request.transport == "websocket" && request.sid == "-" && request.node == node)
        })
        .await;
    }
    let sessions = sessions();
    assert!(sessions.values().all(|(nodes, _)| nodes.len() == 1), "{sessions:?}");
}

async fn what_the_server_takes_comes_through_and_it_knows_from_whom(proxied: &Proxied) {
    let from = IpAddr::from(Ipv4Addr::new(127, 0, 0, 9));
    let http = caller(from);
    let url = |path: &str| format!("http://{}{path}", proxied.proxy.address);

    let login = json!({"email": "office@demo.lamplight.example", "password": "lamplight-demo"});
    let request = http.post(url("/api/auth/login")).json(&login);
    // What anybody can write.
    let request = request.header("X-Forwarded-For", "203.0.113.9").header("X-Forwarded-Proto", "https");
    let answer = soon(request.send()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers().get("strict-transport-security"), None, "it was not asked over TLS");
    let token = answer.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned();
    let sessions = soon(http.get(url("/api/auth/sessions")).bearer_auth(&token).send()).await.unwrap();
    let sessions: Value = sessions.json().await.unwrap();
    assert_eq!(sessions["data"][0]["address"], json!(from), "{sessions}");

    // UPLOAD_LIMIT_MB is 50.
    for (megabytes, is_taken) in [(50, true), (53, false)] {
        let mut file = PDF.to_vec();
        file.resize(megabytes << 20, b' ');
        let form = Form::new().file("notes.pdf", &file).text("title", "Large").text("category", "Notes");
        let request = http.post(url("/api/admin/downloads")).bearer_auth(&token);
        let request = request.header("Content-Type", Form::content_type()).body(form.finish());
        match soon(request.send()).await.map(|answer| answer.status()) {
            Ok(status) if is_taken => assert_eq!(status, StatusCode::CREATED),
            Ok(status) => assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE),
            // Who is refused early may find the connection closed before the answer is read.
            Err(error) => assert!(error.is_request() && !is_taken, "{error:?}"),
        }
    }
}

async fn a_server_that_is_stopped_loses_no_question(mut proxied: Proxied) {
    let (from, to) = (Ipv4Addr::LOCALHOST.into(), proxied.proxy.address);
    let kept = caller(from);
    let one = proxied.nodes[0].take().unwrap();
    let has_ended = Cell::new(false);
    let ask = async {
        // So many that some would come to the one that has ended, had the proxy not another.
        let mut more = 20;
        while more > 0 {
            more -= usize::from(has_ended.get());
            let answer = soon(kept.get(format!("http://{to}/api/health")).send()).await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
            soon(get(from, to, "/api/health")).await;
        }
    };
    let stop = async {
        one.terminate().await;
        has_ended.set(true);
    };
    tokio::join!(ask, stop);
}

behind_each_proxy!(what_is_asked_comes_to_the_right_server_until_it_is_stopped, async |proxied: Proxied| {
    sessions_of_long_polling_stay_together_and_all_hear_what_any_server_was_told(&proxied).await;
    what_the_server_takes_comes_through_and_it_knows_from_whom(&proxied).await;
    a_server_that_is_stopped_loses_no_question(proxied).await;
});

behind_each_proxy!(who_polled_at_a_server_that_was_killed_goes_on_at_the_other, async |mut proxied: Proxied| {
    let [source, _] = proxied.sources().await;
    let line = Wire::to(Far::Tcp(source, proxied.proxy.address)).await;
    let to = proxied.proxy.address;
    let addresses = [proxied.node(1), line.address];
    tell(javascript(), origins(addresses), "polling", async |command| {
        // Its server does not come back: nothing is mended.
        if command == "cut" {
            proxied.nodes[0].take().unwrap().kill().await;
            // Who asks now does not notice: some of these would come to it.
            for _ in 0..20 {
                soon(get(Ipv4Addr::LOCALHOST.into(), to, "/api/health")).await;
            }
        }
    })
    .await;
});
