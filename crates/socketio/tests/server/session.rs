//! A client over long polling that is driven by hand: one connection for its GETs, one for its POSTs, as browsers have.

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::common::{Address, Client, HANDSHAKE, Server, Wire, soon};
use lamplight_socketio::Socket;

pub(crate) const POLLING: &str = "EIO=4&transport=polling";
pub(crate) const UNKNOWN: &str = r#"{"code":1,"message":"Session ID unknown"}"#;
pub(crate) const BAD_REQUEST: &str = r#"{"code":3,"message":"Bad request"}"#;

/// An HTTP connection that is kept alive.
pub(crate) struct Http {
    pub(crate) stream: Box<dyn Wire>,
    kept: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The packets of a payload.
    pub(crate) fn packets(&self) -> Vec<&str> {
        assert_eq!(self.status, 200, "{self:?}");
        self.body.split('\u{1e}').collect()
    }

    #[track_caller]
    pub(crate) fn is(&self, status: u16, body: &str) {
        assert_eq!((self.status, self.body.as_str()), (status, body));
        assert!(self.head.contains("cache-control: no-store\r\n"), "{}", self.head);
    }
}

impl Http {
    pub(crate) async fn connect(addr: Address) -> Self {
        Self { stream: addr.connect().await, kept: Vec::new() }
    }

    /// A request without waiting for its answer.
    pub(crate) async fn send(&mut self, method: &str, query: &str, headers: &str, body: &[u8]) {
        let mut request = format!("{method} /socket.io/?{query} HTTP/1.1\r\nHost: test\r\n{headers}").into_bytes();
        if method != "GET" && !headers.contains("Transfer-Encoding") && !headers.contains("Content-Length") {
            request.extend(format!("Content-Length: {}\r\n", body.len()).bytes());
        }
        request.extend(b"\r\n");
        request.extend(body);
        soon(self.stream.write_all(&request)).await.unwrap();
    }

    pub(crate) async fn answer(&mut self) -> Answer {
        self.answer_to("GET").await
    }

    async fn answer_to(&mut self, method: &str) -> Answer {
        let head = loop {
            if let Some(end) = self.kept.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break String::from_utf8(self.kept.drain(..end + 4).collect()).unwrap().to_lowercase();
            }
            assert!(soon(self.stream.read_buf(&mut self.kept)).await.unwrap() > 0, "the server hung up");
        };
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        let length = match (method, length) {
            ("HEAD", _) | (_, None) => 0,
            (_, Some(length)) => length.parse().unwrap(),
        };
        while self.kept.len() < length {
            assert!(soon(self.stream.read_buf(&mut self.kept)).await.unwrap() > 0, "the server hung up");
        }
        let body = String::from_utf8(self.kept.drain(..length).collect()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head, body }
    }

    pub(crate) async fn request(&mut self, method: &str, query: &str, headers: &str, body: &[u8]) -> Answer {
        self.send(method, query, headers, body).await;
        self.answer_to(method).await
    }
}

/// One request on a connection of its own.
pub(crate) async fn request(addr: Address, method: &str, query: &str) -> Answer {
    Http::connect(addr).await.request(method, query, "", b"").await
}

pub(crate) struct Session {
    pub(crate) addr: Address,
    pub(crate) sid: String,
    pub(crate) gets: Http,
    pub(crate) posts: Http,
}

impl Session {
    pub(crate) async fn open(addr: Address) -> Self {
        let (mut gets, posts) = (Http::connect(addr).await, Http::connect(addr).await);
        let answer = gets.request("GET", POLLING, "X-Test: yes\r\n", b"").await;
        let packets = answer.packets();
        assert_eq!(packets.len(), 1);
        let open: Value = serde_json::from_str(packets[0].strip_prefix('0').unwrap()).unwrap();
        Self { addr, sid: open["sid"].as_str().unwrap().to_owned(), gets, posts }
    }

    /// A client that has been accepted, and its socket. A ping that may come before is answered.
    pub(crate) async fn join(server: &mut Server) -> (Self, Socket) {
        let mut session = Self::open(server.addr).await;
        session.post("40").await.is(200, "ok");
        let mut packets = Vec::new();
        while packets.len() < 2 {
            for packet in session.poll().await.packets() {
                match packet {
                    "2" => session.post("3").await.is(200, "ok"),
                    packet => packets.push(packet.to_owned()),
                }
            }
        }
        assert!(packets[0].starts_with("40{"), "{packets:?}");
        assert!(packets[1].starts_with(r#"42["auth","#), "{packets:?}");
        (session, server.accepted().await)
    }

    pub(crate) fn query(&self) -> String {
        format!("{POLLING}&sid={}", self.sid)
    }

    /// A GET that is not waited for.
    pub(crate) async fn send_poll(&mut self) {
        let query = self.query();
        self.gets.send("GET", &query, "", b"").await;
    }

    pub(crate) async fn poll(&mut self) -> Answer {
        self.send_poll().await;
        self.gets.answer().await
    }

    pub(crate) async fn post(&mut self, payload: &str) -> Answer {
        let query = self.query();
        self.posts.request("POST", &query, "Content-Type: text/plain;charset=UTF-8\r\n", payload.as_bytes()).await
    }

    /// A WebSocket for the same session, and the head of the answer.
    pub(crate) async fn websocket(&self) -> (Client, String) {
        let query = format!("transport=websocket&sid={}", self.sid);
        Client::request(self.addr, HANDSHAKE.replace("transport=websocket", &query).as_bytes()).await
    }

    /// The WebSocket, probed and answered.
    pub(crate) async fn probe(&self) -> Client {
        let (mut client, head) = self.websocket().await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        client.send("2probe").await;
        assert_eq!(client.text().await, "3probe");
        client
    }

    /// Polls in vain: the session is no more.
    pub(crate) async fn is_unknown(&self) {
        request(self.addr, "GET", &self.query()).await.is(400, UNKNOWN);
    }
}
