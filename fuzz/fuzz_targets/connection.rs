//! A whole connection: a client's bytes over real TCP into a real server, which must outlive them and keep nothing.
//!
//! Input: what follows an open WebSocket whose CONNECT was accepted, if the first byte is even; else a request of its own.
#![no_main]

use std::{cell::RefCell, convert::Infallible, net::SocketAddr, time::Duration};

use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use lamplight_socketio::{ClientEvent, ConnectAttempt, Frame, Handler, Settings, Socket, SocketIo};
use lamplight_tls::Stream;
use libfuzzer_sys::fuzz_target;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
};

/// Nothing here takes this long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(10);

/// The opening of a WebSocket, and the text `40` in a frame whose mask is zero.
const OPENING: &[u8] = b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: fuzz\r\nConnection: Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\
    \x81\x82\0\0\0\x0040";

/// Accepts everybody, asks them something, gives back every event, and answers.
struct Mirror;

impl Handler for Mirror {
    async fn connect(&self, attempt: ConnectAttempt) {
        let socket = attempt.accept(Some("pid"));
        tokio::spawn(async move {
            let _ = socket.emit_with_ack("ask", &(), Duration::from_millis(10)).await;
        });
    }

    async fn event(&self, socket: Socket, event: ClientEvent) {
        if let Ok(frame) = Frame::event(&event.name, &event.args) {
            socket.emit(&frame);
        }
        if let Some(ack) = event.ack {
            let _ = socket.ack(ack, &event.args);
        }
    }
}

struct Server {
    runtime: Runtime,
    io: SocketIo,
    addr: SocketAddr,
}

impl Server {
    fn start() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (io, addr) = runtime.block_on(async {
            let brief = Duration::from_millis(10);
            let io = SocketIo::new(
                Settings {
                    connect_timeout: brief,
                    farewell: brief,
                    max_payload: 2_000,
                    max_buffered_bytes: 20_000,
                    tick: Duration::from_millis(1),
                    // All come from one address.
                    handshakes_per_second: u32::MAX,
                    handshake_burst: u32::MAX,
                    ..Settings::default()
                },
                Mirror,
            );
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let addr = listener.local_addr().expect("an address");
            tokio::spawn(serve(listener, io.clone()));
            (io, addr)
        });
        Self { runtime, io, addr }
    }
}

async fn serve(listener: TcpListener, io: SocketIo) {
    while let Ok((stream, peer)) = listener.accept().await {
        let io = io.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| async { Ok::<_, Infallible>(io.handle(request, peer).await) });
            let http = hyper::server::conn::http1::Builder::new();
            let _ = http.serve_connection(TokioIo::new(Stream::plain(stream)), service).with_upgrades().await;
        });
    }
}

thread_local! {
    static SERVER: RefCell<Option<Server>> = const { RefCell::new(None) };
}

/// Writes all of it, then reads to the end: the server hangs up on who says no more.
async fn talk(server: &Server, bytes: &[u8]) {
    let mut stream = TcpStream::connect(server.addr).await.expect("the server listens");
    let (mut reader, mut writer) = stream.split();
    let write = async {
        // Fails when the server has hung up before, as it may.
        let _ = writer.write_all(bytes).await;
        let _ = writer.shutdown().await;
    };
    let read = async { while reader.read(&mut [0; 4096]).await.is_ok_and(|count| count > 0) {} };
    tokio::join!(write, read);
    drop(stream);
    while server.io.counters().open > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(server.io.counters().bytes_queued, 0);
}

fuzz_target!(|input: &[u8]| {
    let Some((kind, said)) = input.split_first() else {
        return;
    };
    let bytes = if kind % 2 == 0 { [OPENING, said].concat() } else { said.to_vec() };
    SERVER.with_borrow_mut(|server| {
        let server = server.get_or_insert_with(Server::start);
        let end = server.runtime.block_on(async { tokio::time::timeout(PATIENCE, talk(server, &bytes)).await });
        assert!(end.is_ok(), "the connection did not end: {:?}", server.io.counters());
    });
});
