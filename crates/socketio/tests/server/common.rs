//! A real server on port 0 with a handler that does what clients ask of it, and a client driven by hand, byte by byte.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use lamplight_socketio::{ClientEvent, CloseReason, ConnectAttempt, Frame, Handler, Settings, Socket, SocketIo};
use lamplight_tls::{Acceptor, PairFiles, Shown, Stream};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio_rustls::TlsConnector;

/// Nothing here takes this long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("nothing happened for too long")
}

/// Deadlines short enough for tests.
pub(crate) fn quick() -> Settings {
    Settings { tick: Duration::from_millis(5), farewell: Duration::from_millis(300), ..Settings::default() }
}

/// A bound that goes with connections of which the kernel takes little at once.
pub(crate) const NARROW: usize = 1_234_567;

/// What the handler saw.
#[derive(Debug)]
pub(crate) enum Seen {
    Accepted(Socket),
    Event(ClientEvent),
    Closed(Socket, CloseReason),
}

/// Accepts everybody, except that `auth` may ask for something else; answers a few events; tells the test everything.
struct Obliging {
    seen: mpsc::UnboundedSender<Seen>,
    go_on: Arc<Notify>,
}

impl Handler for Obliging {
    async fn connect(&self, attempt: ConnectAttempt) {
        let auth = attempt.auth().clone();
        match auth.get("please").and_then(Value::as_str) {
            Some("refuse") => return attempt.refuse("not you", json!({"code": "auth.no", "why": "é😀"})),
            Some("ignore") => return drop(attempt),
            Some("wait") => self.go_on.notified().await,
            Some("panic") => panic!("asked for"),
            _ => {}
        }
        let pid = auth.get("pid").and_then(Value::as_str).unwrap_or("first").to_owned();
        let streams = auth.get("please").and_then(Value::as_str) == Some("stream");
        let socket = attempt.accept(Some(&pid));
        socket.set_data(auth.clone());
        socket.emit(&Frame::event("auth", &[auth]).unwrap());
        if streams {
            tokio::spawn(stream(socket.clone(), self.go_on.clone()));
        }
        let _ = self.seen.send(Seen::Accepted(socket));
    }

    async fn event(&self, socket: Socket, event: ClientEvent) {
        match event.name.as_str() {
            "echo" => drop(socket.emit(&Frame::event("echo", &event.args).unwrap())),
            "log" => drop(socket.emit(&Frame::event("logged", &(&event.args, "epoch.7")).unwrap())),
            "kick" => socket.disconnect("asked for"),
            "drop" => socket.close_transport("asked for"),
            "wait" => self.go_on.notified().await,
            "enough" => self.go_on.notify_one(),
            "panic" => panic!("asked for"),
            "ask me" => {
                let answer = socket.emit_with_ack("asked", &(), Duration::from_secs(60)).await.unwrap();
                socket.emit(&Frame::event("answered", &(answer.args,)).unwrap());
            }
            "much" => {
                let piece = "x".repeat(500_000);
                for number in 0..event.args[0].as_u64().unwrap() {
                    assert!(socket.emit(&Frame::event("piece", &(number, &piece)).unwrap()));
                    socket.drained().await;
                }
            }
            _ => {}
        }
        if let Some(ack) = event.ack {
            socket.ack(ack, &event.args).unwrap();
        }
        let _ = self.seen.send(Seen::Event(event));
    }

    async fn closed(&self, socket: Socket, reason: CloseReason) {
        let _ = self.seen.send(Seen::Closed(socket, reason));
    }
}

/// Emits numbers until it is told to go on to the end, which says how many there were.
async fn stream(socket: Socket, go_on: Arc<Notify>) {
    let mut count = 0;
    let numbers = async {
        while socket.emit(&Frame::event("n", &(count,)).unwrap()) {
            count += 1;
            tokio::time::sleep(Duration::from_micros(300)).await;
        }
    };
    tokio::select! {
        () = numbers => {}
        () = go_on.notified() => {}
    }
    socket.emit(&Frame::event("end", &(count,)).unwrap());
}

/// Makes two tests of one story, over plain connections and over TLS: `both_streams!(name, settings, async |server| { .. })`.
macro_rules! both_streams {
    ($name:ident, $settings:expr, $story:expr) => {
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn plain() {
                let story = $story;
                story(crate::common::Server::start($settings).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn tls() {
                let story = $story;
                story(crate::common::Server::encrypted($settings).await).await;
            }
        }
    };
}
pub(crate) use both_streams;

/// Where a server is, and how it is spoken to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Address {
    pub(crate) socket: SocketAddr,
    is_tls: bool,
}

/// A client's end of a connection.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Wire for T {}

impl Address {
    pub(crate) async fn connect(self) -> Box<dyn Wire> {
        self.over(TcpStream::connect(self.socket).await.unwrap()).await
    }

    /// Over a connection whose end takes little while nobody reads.
    pub(crate) async fn connect_narrow(self) -> Box<dyn Wire> {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(2048).unwrap();
        self.over(socket.connect(self.socket).await.unwrap()).await
    }

    async fn over(self, tcp: TcpStream) -> Box<dyn Wire> {
        if !self.is_tls {
            return Box::new(tcp);
        }
        let name = ServerName::try_from("localhost").unwrap();
        Box::new(soon(TLS.1.connect(name, tcp)).await.unwrap())
    }
}

/// Both ends of TLS, with a certificate that nobody else believes.
static TLS: LazyLock<(Acceptor, TlsConnector)> = LazyLock::new(|| {
    let rcgen::CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(["localhost".into()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let files = PairFiles { certificate: folder.path().join("certificate"), key: folder.path().join("key") };
    std::fs::write(&files.certificate, cert.pem()).unwrap();
    std::fs::write(&files.key, signing_key.serialize_pem()).unwrap();
    let acceptor = Acceptor::new(Shown::new(Some(files.read().unwrap()))).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(cert.pem().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let client = client.with_root_certificates(roots).with_no_client_auth();
    (acceptor, TlsConnector::from(Arc::new(client)))
});

pub(crate) struct Server {
    pub(crate) io: SocketIo,
    pub(crate) addr: Address,
    pub(crate) go_on: Arc<Notify>,
    seen: mpsc::UnboundedReceiver<Seen>,
}

impl Server {
    pub(crate) async fn start(settings: Settings) -> Self {
        Self::listen(settings, None).await
    }

    /// One that speaks TLS.
    pub(crate) async fn encrypted(settings: Settings) -> Self {
        Self::listen(settings, Some(TLS.0.clone())).await
    }

    async fn listen(settings: Settings, tls: Option<Acceptor>) -> Self {
        let is_narrow = settings.max_buffered_bytes == NARROW;
        let (sender, seen) = mpsc::unbounded_channel();
        let go_on = Arc::new(Notify::new());
        let io = SocketIo::new(settings, Obliging { seen: sender, go_on: go_on.clone() });
        let socket = TcpSocket::new_v4().unwrap();
        if is_narrow {
            socket.set_send_buffer_size(2048).unwrap();
        }
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1024).unwrap();
        let addr = Address { socket: listener.local_addr().unwrap(), is_tls: tls.is_some() };
        tokio::spawn(serve(listener, tls, io.clone()));
        Self { io, addr, go_on, seen }
    }

    pub(crate) async fn seen(&mut self) -> Seen {
        soon(self.seen.recv()).await.unwrap()
    }

    pub(crate) async fn accepted(&mut self) -> Socket {
        match self.seen().await {
            Seen::Accepted(socket) => socket,
            other => panic!("expected a connect, saw {other:?}"),
        }
    }

    pub(crate) async fn event(&mut self) -> ClientEvent {
        match self.seen().await {
            Seen::Event(event) => event,
            other => panic!("expected an event, saw {other:?}"),
        }
    }

    pub(crate) async fn closed(&mut self) -> CloseReason {
        match self.seen().await {
            Seen::Closed(_, reason) => reason,
            other => panic!("expected a close, saw {other:?}"),
        }
    }

    /// What has been seen and not been asked for.
    pub(crate) fn leftover(&mut self) -> Option<Seen> {
        self.seen.try_recv().ok()
    }

    /// A client that has been accepted, and its socket.
    pub(crate) async fn join(&mut self) -> (Client, Socket) {
        let mut client = Client::open(self.addr).await;
        client.send("40").await;
        client.connected().await;
        (client, self.accepted().await)
    }
}

async fn serve(listener: TcpListener, tls: Option<Acceptor>, io: SocketIo) {
    loop {
        let (stream, peer) = listener.accept().await.unwrap();
        let (io, tls) = (io.clone(), tls.clone());
        tokio::spawn(async move {
            let stream = match tls {
                None => Stream::plain(stream),
                Some(tls) => tls.accept(stream).await.unwrap(),
            };
            let admit = |request: &hyper::Request<()>| (request.uri().path() == "/socket.io/").then(|| peer.into());
            let Err(stream) = io.intercept(stream, admit).await else { return };
            let service = service_fn(move |request| {
                let io = io.clone();
                async move { Ok::<_, std::convert::Infallible>(io.handle(request, peer).await) }
            });
            let http = hyper::server::conn::http1::Builder::new();
            let _ = http.serve_connection(TokioIo::new(stream), service).with_upgrades().await;
        });
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Received {
    Text(String),
    Binary(Vec<u8>),
    Ping,
    Pong(Vec<u8>),
    Close(u16, String),
    /// The end of the stream, in order or by a reset.
    End,
}

pub(crate) const HANDSHAKE: &str = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nX-Test: yes\r\n\r\n";

pub(crate) struct Client {
    pub(crate) stream: Box<dyn Wire>,
    pub(crate) kept: Vec<u8>,
}

impl Client {
    /// Sends `request`, and reads until the end of the response's headers.
    pub(crate) async fn request(addr: Address, request: &[u8]) -> (Self, String) {
        let client = Self { stream: addr.connect().await, kept: Vec::new() };
        client.go_on(request).await
    }

    /// Sends `request`, or the rest of it, and reads until the end of the response's headers.
    pub(crate) async fn go_on(self, request: &[u8]) -> (Self, String) {
        let mut client = self;
        client.stream.write_all(request).await.unwrap();
        let end = loop {
            if let Some(end) = client.kept.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end + 4;
            }
            assert!(client.read().await > 0, "the server hung up");
        };
        let head = client.kept.drain(..end).collect();
        (client, String::from_utf8(head).unwrap())
    }

    /// A WebSocket whose open packet has been read.
    pub(crate) async fn open(addr: Address) -> Self {
        let (mut client, head) = Self::request(addr, HANDSHAKE.as_bytes()).await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert!(client.text().await.starts_with('0'));
        client
    }

    /// Reads the two packets of an accepted connect, and answers a ping that may come before them.
    pub(crate) async fn connected(&mut self) -> Value {
        let connect = self.text_but_pings().await;
        let auth = self.text_but_pings().await;
        assert!(auth.starts_with(r#"42["auth","#), "{auth}");
        serde_json::from_str(connect.strip_prefix("40").unwrap()).unwrap()
    }

    async fn read(&mut self) -> usize {
        soon(self.stream.read_buf(&mut self.kept)).await.unwrap_or(0)
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.send_bytes(&frame(0x81, text.as_bytes(), true)).await;
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        soon(self.stream.write_all(bytes)).await.unwrap();
    }

    /// The next message or control frame. The server never masks and never fragments.
    pub(crate) async fn receive(&mut self) -> Received {
        loop {
            if let Some((first, payload)) = self.take_frame() {
                return match first {
                    0x81 => Received::Text(String::from_utf8(payload).unwrap()),
                    0x82 => Received::Binary(payload),
                    0x89 => Received::Ping,
                    0x8a => Received::Pong(payload),
                    0x88 => {
                        let code = u16::from_be_bytes([payload[0], payload[1]]);
                        Received::Close(code, String::from_utf8(payload[2..].to_vec()).unwrap())
                    }
                    first => panic!("a frame that starts with {first:#x}"),
                };
            }
            if self.read().await == 0 {
                return Received::End;
            }
        }
    }

    fn take_frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let (&first, &second) = (self.kept.first()?, self.kept.get(1)?);
        assert_eq!(second & 0x80, 0, "the server must not mask");
        let (len, at) = match second {
            126 => (usize::from(u16::from_be_bytes(self.kept.get(2..4)?.try_into().unwrap())), 4),
            127 => (usize::try_from(u64::from_be_bytes(self.kept.get(2..10)?.try_into().unwrap())).unwrap(), 10),
            len => (usize::from(len), 2),
        };
        let payload = self.kept.get(at..at + len)?.to_vec();
        self.kept.drain(..at + len);
        Some((first, payload))
    }

    pub(crate) async fn text(&mut self) -> String {
        match self.receive().await {
            Received::Text(text) => text,
            other => panic!("expected text, got {other:?}"),
        }
    }

    async fn text_but_pings(&mut self) -> String {
        loop {
            match self.text().await {
                ping if ping == "2" => self.send("3").await,
                text => return text,
            }
        }
    }

    /// Expects a close frame with this code, and the end after it.
    pub(crate) async fn closes_with(&mut self, code: u16) {
        loop {
            match self.receive().await {
                Received::Close(got, _) => {
                    assert_eq!(got, code);
                    assert_eq!(self.receive().await, Received::End);
                    return;
                }
                Received::Text(_) => {}
                other => panic!("expected close {code}, got {other:?}"),
            }
        }
    }
}

/// A frame of a client.
pub(crate) fn frame(first: u8, payload: &[u8], masked: bool) -> Vec<u8> {
    let mut out = vec![first];
    let flag = if masked { 0x80 } else { 0 };
    match payload.len() {
        len @ 0..126 => out.push(u8::try_from(len).unwrap() | flag),
        len @ 126..0x1_0000 => {
            out.push(126 | flag);
            out.extend(u16::try_from(len).unwrap().to_be_bytes());
        }
        len => {
            out.push(127 | flag);
            out.extend(u64::try_from(len).unwrap().to_be_bytes());
        }
    }
    if masked {
        let mask = [0x37, 0xfa, 0x21, 0x3d];
        out.extend(mask);
        out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key));
    } else {
        out.extend(payload);
    }
    out
}
