//! The institute's live side: from a token to rooms, from the event log to the sockets, and back in after a cut.
//!
//! * [`handshake`](self): who connects, with which rooms, and what they missed. `handshake.rs`.
//! * the relay: reads the log in order and writes to the sockets of this node. `relay.rs`. What it remembers of the newest
//!   events, for those who come in behind them: `memory.rs`.
//! * the replay: what somebody missed who was away for longer, read from the database piece by piece. `replay.rs`.
//! * the session on a socket: it ends with its token, is warned before, and can be refreshed in place. `session.rs`.
//! * the pid: what a client shows to resume. It is signed and holds all there is to know, so that nothing about a connection
//!   must be remembered: resume works after a restart and on another node. `pid.rs`.
//!
//! What must always hold, for one client from its first connect to its last, over cuts, kills and other nodes:
//!
//! * Every event of the log that is for its rooms reaches it **once, in log order**, or it is told to load afresh (a new pid,
//!   so that `socket.recovered` is false). Never a silent hole.
//! * Nothing reaches a socket before its CONNECT was accepted, or after its token or its rights ended.
//!
//! **How replay and live meet.** The handshake finds out who this is and, in the same statement, where the log stands (`h`); and from
//! where the client has to go on. It answers CONNECT and hands the socket to the relay together with that position. When the relay has
//! come to it, it sends what it has relayed since from its own memory, joins the socket to its rooms, and goes on. It does nothing in
//! between, so nothing is sent twice and nothing falls between. Who has missed more than the memory holds is first given the
//! older events from the database. If the memory does not reach back far enough after all, the transport is closed: the client
//! comes back and is given more from the database.
//!
//! **How rights and connecting meet.** A control up to `h` was committed before the answer and is part of it, so the relay does not act
//! on it again; a later one is found by the relay when it admits the socket, and then it is asked again who this is.

mod handshake;
mod memory;
mod pid;
mod relay;
mod replay;
mod session;
mod tally;

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use lamplight_auth::{Gate, Secret};
pub use lamplight_socketio::Peer;
use lamplight_socketio::{Snapshot, SocketIo};
use lamplight_store::{Store, StoreError};
use lamplight_tls::Stream;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

pub use session::{SIGNALS, Signal};
pub use tally::{Done, Present};

use crate::{handshake::Handshake, memory::Progress, pid::Pids, relay::Relay, tally::Tally};

/// What an operator may set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Of the Socket.IO server.
    pub sockets: lamplight_socketio::Settings,
    /// The most connections of one person. With one more, the eldest is closed.
    pub connections_per_user: usize,
    /// The most events that a client which comes back is given. Who missed more is told to load afresh.
    pub most_missed: u64,
}

/// The live side of one node. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Realtime {
    io: SocketIo,
    progress: Progress,
    tally: Tally,
    /// Questions to the relay, which alone knows who is here.
    asking: mpsc::Sender<oneshot::Sender<Vec<Present>>>,
}

impl Realtime {
    /// Starts it. The second value is the relay: it runs until `stop` and must be spawned; if it ends before, the server must
    /// stop, because nobody would hear anything any more.
    ///
    /// # Errors
    /// When the log can't be read.
    pub async fn start(
        store: Store,
        gate: Gate,
        secret: &Secret,
        settings: Settings,
        stop: CancellationToken,
    ) -> Result<(Self, impl Future<Output = ()> + Send + 'static), StoreError> {
        let (admissions, admitted) = mpsc::unbounded_channel();
        // Few ask, and who finds the queue full asks again.
        let (asking, asked) = mpsc::channel(4);
        let tally = Tally::default();
        // Half of what may wait: something may wait already, and the relay goes on.
        let (most, at_once) = (settings.connections_per_user, settings.sockets.max_buffered_bytes / 2);
        let relay = Relay::new(store.clone(), gate.clone(), admitted, asked, tally.clone(), most, at_once).await?;
        let progress = relay.progress();
        let handshake = Handshake {
            store,
            gate,
            pids: Pids::new(secret),
            epoch: relay.epoch(),
            progress: progress.clone(),
            admissions,
            most_missed: settings.most_missed,
            replays: Semaphore::new(replay::AT_A_TIME),
            at_once: replay::AT_ONCE.min(at_once),
            tally: tally.clone(),
        };
        Ok((Self { io: SocketIo::new(settings.sockets, handshake), progress, tally, asking }, relay.run(stop)))
    }

    /// Answers a request to `/socket.io/`. Its origin must have been checked.
    pub async fn handle<B>(&self, request: Request<B>, peer: Peer) -> Response<Full<Bytes>>
    where
        B: Body,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.io.handle(request, peer).await
    }

    /// Takes a connection over that begins with the handshake of a WebSocket, see [`SocketIo::intercept`]; gives back any other.
    ///
    /// # Errors
    /// The connection, untouched.
    pub async fn intercept(&self, stream: Stream, admit: impl Fn(&Request<()>) -> Option<Peer>) -> Result<(), Stream> {
        self.io.intercept(stream, admit).await
    }

    /// Closes all connections, spread over `waves`, so that the clients' return is spread too.
    pub async fn shutdown(&self, waves: Duration) {
        self.io.shutdown(waves).await;
    }

    /// The newest event of the log that this node has handed on, or a somewhat older one.
    #[must_use]
    pub fn position(&self) -> i64 {
        self.progress.position()
    }

    /// Who is connected here, by role. Asked of the relay between two events; `None` when it has ended, or too many ask at once. May take
    /// as long as the relay does for what it is at.
    pub async fn present(&self) -> Option<Vec<Present>> {
        let (answer, answered) = oneshot::channel();
        self.asking.try_send(answer).ok()?;
        answered.await.ok()
    }

    /// What this node has done since it was started.
    #[must_use]
    pub fn done(&self) -> Done {
        self.tally.done()
    }

    /// What the Socket.IO server has counted.
    #[must_use]
    pub fn counters(&self) -> Snapshot {
        self.io.counters()
    }
}
