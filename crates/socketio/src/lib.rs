//! A Socket.IO server: Engine.IO protocol 4, Socket.IO protocol 5, over WebSocket and HTTP long polling.
//!
//! # What it is for
//!
//! Sending the same small message to thousands of clients at the price of one `write` each, with memory that is bounded
//! whatever the clients do, and never dropping a message in silence: a client that cannot keep up loses its connection,
//! comes back, and is told by the application what it missed.
//!
//! ```no_run
//! use std::convert::Infallible;
//!
//! use hyper::service::service_fn;
//! use hyper_util::rt::TokioIo;
//! use lamplight_socketio::{ConnectAttempt, Frame, Handler, Settings, SocketIo};
//! use lamplight_tls::Stream;
//!
//! struct Greeter;
//!
//! impl Handler for Greeter {
//!     async fn connect(&self, attempt: ConnectAttempt) {
//!         let socket = attempt.accept(None);
//!         if let Ok(hello) = Frame::event("hello", &("world",)) {
//!             socket.emit(&hello);
//!         }
//!     }
//! }
//!
//! # #[tokio::main]
//! # async fn main() -> std::io::Result<()> {
//! let io = SocketIo::new(Settings::default(), Greeter);
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:5000").await?;
//! loop {
//!     let (stream, peer) = listener.accept().await?;
//!     let io = io.clone();
//!     tokio::spawn(async move {
//!         let service = service_fn(|request| async { Ok::<_, Infallible>(io.handle(request, peer).await) });
//!         let http = hyper::server::conn::http1::Builder::new();
//!         http.serve_connection(TokioIo::new(Stream::plain(stream)), service).with_upgrades().await
//!     });
//! }
//! # }
//! ```
//!
//! # How it is put together
//!
//! * [`codec`]: bytes to messages to packets and back, without IO.
//! * [`SocketIo`]: answers the HTTP requests of `/socket.io/`, runs the connections, keeps their deadlines, stops. Connections that
//!   begin with the handshake of a WebSocket it can take over before they become HTTP ([`SocketIo::intercept`]).
//! * [`Handler`]: written by the application; decides on a [`ConnectAttempt`], hears [`ClientEvent`]s and each [`CloseReason`].
//! * [`Socket`]: a connected client. [`Frame`]: an event encoded once. [`Hub`]: one frame to all sockets of some rooms.
//!
//! Inside: a connection is a struct (`conn`) and a task (`driver`); deadlines are kept by a timer wheel (`wheel`) that one task
//! turns (`server`). Over WebSocket, what the kernel does not take at once waits in a queue bounded in bytes (`link`).
//!
//! # Long polling
//!
//! Official clients begin with it unless told otherwise, and move to a WebSocket at once if that works; behind some proxies it
//! is all that works. Nothing changes for the application: the same handler calls, rooms, bounds, deadlines and reasons, in the
//! same order, and no packet is lost or doubled by the move. `requests` answers the HTTP requests, `polling` is the transport.
//!
//! * A session is held by its id (120 random bits) alone, no cookie: all requests of one must come to the same server.
//! * A client that stops polling without a word is noticed at the next ping, one that hangs up in a poll at once. A payload on
//!   its way when the connection broke is gone; an official client then begins a new session and can resume.
//! * A session exists without a connection, so handshakes are limited by address besides connections ([`Settings`]).
//! * After the end of a session its id is not known any more, and after the move to a WebSocket neither.
//!
//! # What it leaves out
//!
//! Namespaces other than `/`, binary events of the server, compression, JSONP, WebTransport, protocol 3. They are refused as
//! the protocol says or, where it is the server's choice, not used. Origins and the headers of CORS are for the caller.

mod acks;
mod addresses;
mod conn;
mod counters;
mod driver;
mod handler;
mod hub;
mod intercept;
mod limiter;
mod link;
mod outgoing;
mod polling;
mod reason;
mod refusal;
mod requests;
mod server;
mod settings;
mod sid;
mod socket;
mod upgrade;
mod wheel;

pub mod codec;

pub use acks::{ClientAck, NoAck};
pub use addresses::Peer;
pub use counters::Snapshot;
pub use handler::{ClientEvent, ConnectAttempt, Handler};
pub use hub::{Delivered, Hub};
pub use outgoing::Frame;
pub use reason::CloseReason;
pub use server::SocketIo;
pub use settings::Settings;
pub use socket::{AckId, Socket};
