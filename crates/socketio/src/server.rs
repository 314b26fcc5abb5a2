//! [`SocketIo`]: the server as its owner holds it, and the clock that keeps every connection's deadlines.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Body;
use lamplight_tls::Stream;
use tokio::time::MissedTickBehavior;
use tokio_util::task::TaskTracker;

use crate::addresses::{Addresses, Peer, Place};
use crate::codec::engine;
use crate::conn::{self, Conn, Transport};
use crate::counters::{Counters, Snapshot};
use crate::driver::Driver;
use crate::handler::{AnyHandler, Handler, Opening};
use crate::link::Link;
use crate::outgoing::Frame;
use crate::polling::Polling;
use crate::reason::CloseReason;
use crate::refusal::Refusal;
use crate::requests;
use crate::settings::Settings;
use crate::sid::Sid;
use crate::wheel::{Tick, Wheel};

/// The wheel's horizon, in ticks: a minute at 250 ms. Deadlines beyond it are put in again on the way.
const SLOTS: usize = 256;

/// How many deadlines are met before other tasks may run.
const PACE: usize = 128;

/// How often addresses that have become quiet are forgotten.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// What the connections of one server share.
pub(crate) struct Server {
    pub(crate) settings: Settings,
    pub(crate) handler: Arc<dyn AnyHandler>,
    pub(crate) counters: Counters,
    pub(crate) ping: Frame,
    start: Instant,
    wheel: Mutex<Wheel<Weak<Conn>>>,
    /// The connections that HTTP requests may name: those over long polling.
    sessions: Mutex<HashMap<Sid, Weak<Conn>>>,
    pub(crate) addresses: Addresses,
    pub(crate) tasks: TaskTracker,
    stopping: AtomicBool,
    next_number: AtomicU64,
}

impl Server {
    /// Time since the server's start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    pub(crate) fn ticks(&self, duration: Duration) -> Tick {
        conn::ticks(duration, self.settings.tick)
    }

    pub(crate) fn tick_in(&self, duration: Duration) -> Tick {
        self.ticks(self.elapsed().saturating_add(duration))
    }

    pub(crate) fn tick_at(&self, at: Instant) -> Tick {
        self.ticks(at.saturating_duration_since(self.start))
    }

    /// Calls `conn.tick` at `at` or somewhat before; says when.
    pub(crate) fn remind(&self, conn: &Arc<Conn>, at: Tick) -> Tick {
        self.wheel().insert(at, Arc::downgrade(conn))
    }

    fn wheel(&self) -> std::sync::MutexGuard<'_, Wheel<Weak<Conn>>> {
        self.wheel.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connections that the wheel knows: all but those being reminded right now. Some may have ended.
    fn connections(&self) -> Vec<Weak<Conn>> {
        let mut all: Vec<Weak<Conn>> = self.wheel().iter().cloned().collect();
        // A connection may have stale entries besides its valid one.
        all.sort_unstable_by_key(Weak::as_ptr);
        all.dedup_by_key(|conn| conn.as_ptr());
        all
    }

    fn stop(&self, conn: &Weak<Conn>) {
        if let Some(conn) = conn.upgrade() {
            conn.close(CloseReason::Shutdown, 1001, "server is stopping");
        }
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, HashMap<Sid, Weak<Conn>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection over long polling that clients call `session`.
    pub(crate) fn session(&self, session: &Sid) -> Option<Arc<Conn>> {
        self.sessions().get(session).and_then(Weak::upgrade)
    }

    /// The session has ended or moved: no request may name it any more.
    pub(crate) fn forget(&self, session: &Sid) {
        let mut sessions = self.sessions();
        sessions.remove(session);
        // What a storm has taken is given back.
        if sessions.capacity() > 4 * sessions.len().max(64) {
            sessions.shrink_to_fit();
        }
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Takes over a WebSocket. `answer` is what remains to be written of the answer to its handshake.
    pub(crate) fn open(
        self: &Arc<Self>,
        stream: Stream,
        place: Place,
        opening: Opening,
        mut answer: Vec<u8>,
    ) -> Result<(), getrandom::Error> {
        let (session, sid) = (Sid::random()?, Sid::random()?);
        let conn = self.conn(sid, place, Transport::WebSocket(Link::new(stream)));
        answer.extend_from_slice(Frame::engine(&self.open_packet(&session, &[])).wire());
        conn.send_first(&answer.into());
        self.run(conn, opening);
        Ok(())
    }

    /// Begins a session over long polling; the first payload.
    pub(crate) fn open_polling(self: &Arc<Self>, place: Place, opening: Opening) -> Result<String, getrandom::Error> {
        let (session, sid) = (Sid::random()?, Sid::random()?);
        let conn = self.conn(sid, place, Transport::Polling(Box::new(Polling::new(session))));
        self.sessions().insert(session, Arc::downgrade(&conn));
        self.run(conn, opening);
        Ok(self.open_packet(&session, &["websocket"]))
    }

    fn conn(self: &Arc<Self>, sid: Sid, place: Place, transport: Transport) -> Arc<Conn> {
        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        self.counters.handshakes.add(1);
        self.counters.open.add(1);
        Conn::new(self.clone(), number, sid, place.keep(), transport)
    }

    fn open_packet(&self, session: &Sid, upgrades: &[&str]) -> String {
        let open = engine::Handshake {
            sid: session.as_str(),
            upgrades,
            ping_interval: self.settings.ping_interval,
            ping_timeout: self.settings.ping_timeout,
            max_payload: self.settings.max_payload,
        };
        open.encode()
    }

    fn run(&self, conn: Arc<Conn>, opening: Opening) {
        // `shutdown` sets the flag before it lists the connections, and this one is listed already.
        if self.is_stopping() {
            self.stop(&Arc::downgrade(&conn));
        }
        self.tasks.spawn(Driver::new(conn, opening));
    }
}

/// A Socket.IO server. Clones are the same server.
#[derive(Clone)]
pub struct SocketIo(pub(crate) Arc<Server>);

impl SocketIo {
    /// A server with this handler. Must be called within a tokio runtime: it starts the clock, one task for all connections,
    /// which ends with the last clone of the server and its last connection.
    pub fn new(mut settings: Settings, handler: impl Handler) -> Self {
        settings.tick = settings.tick.max(Duration::from_millis(1));
        let server = Arc::new(Server {
            settings,
            handler: Arc::new(handler),
            counters: Counters::default(),
            ping: conn::ping(),
            start: Instant::now(),
            wheel: Mutex::new(Wheel::new(SLOTS)),
            sessions: Mutex::default(),
            addresses: Addresses::default(),
            tasks: TaskTracker::new(),
            stopping: AtomicBool::new(false),
            next_number: AtomicU64::new(1),
        });
        tokio::spawn(clock(Arc::downgrade(&server), server.start, server.settings.tick));
        Self(server)
    }

    /// Answers a request to the server's path (`/socket.io/` for official clients), whose connection came from `peer`.
    ///
    /// A good handshake of a WebSocket is answered with 101, and the connection taken over when the HTTP server lets go of it:
    /// that must be hyper's HTTP/1 with upgrades, on a `TokioIo` of a [`Stream`] or a [`Patient`](lamplight_tls::Patient). A poll is answered when there is something to
    /// say, at the latest with the next ping; dropping the future says that the client has gone. The body is read here, up to
    /// [`Settings::max_payload`]. The origin is for the caller to check before, see [`SocketIo::forbidden`]; so are preflight
    /// requests, which are only told the methods here.
    pub async fn handle<B>(&self, request: Request<B>, peer: impl Into<Peer>) -> Response<Full<Bytes>>
    where
        B: Body,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        match requests::handle(&self.0, request, peer.into()).await {
            Ok(response) => response,
            Err(refusal) => self.refuse(refusal),
        }
    }

    /// The answer, counted, to a request that the caller does not want to pass to [`SocketIo::handle`]: its origin is not
    /// allowed. 403 in the form clients expect.
    pub fn forbidden(&self) -> Response<Full<Bytes>> {
        self.refuse(Refusal::Forbidden)
    }

    fn refuse(&self, refusal: Refusal) -> Response<Full<Bytes>> {
        self.0.counters.handshake_refused(refusal);
        refusal.response()
    }

    /// The counters now.
    pub fn counters(&self) -> Snapshot {
        self.0.counters.snapshot()
    }

    /// Stops: refuses new handshakes with 503 and closes the transports one by one, spread evenly over `waves` so that the
    /// clients' return elsewhere is spread too. Done when every connection has ended and the handler has been told of each.
    pub async fn shutdown(&self, waves: Duration) {
        self.0.stopping.store(true, Ordering::SeqCst);
        let open = self.0.connections();
        let start = tokio::time::Instant::now();
        let count = u32::try_from(open.len()).unwrap_or(u32::MAX);
        for (index, conn) in (0..count).zip(&open) {
            let turn = start.checked_add(waves.mul_f64(f64::from(index) / f64::from(count))).unwrap_or(start);
            if turn > tokio::time::Instant::now() {
                tokio::time::sleep_until(turn).await;
            }
            self.0.stop(conn);
        }
        self.0.tasks.close();
        // Some may have been out of the wheel, being reminded, when the list was made.
        while tokio::time::timeout(self.0.settings.tick.saturating_mul(2), self.0.tasks.wait()).await.is_err() {
            self.0.connections().iter().for_each(|conn| self.0.stop(conn));
        }
    }
}

impl std::fmt::Debug for SocketIo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SocketIo").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

/// Turns the wheel. Holds the server only while it does.
async fn clock(server: Weak<Server>, start: Instant, tick: Duration) {
    let mut interval = tokio::time::interval(tick);
    interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut due = Vec::new();
    let mut swept = start;
    loop {
        interval.tick().await;
        let Some(server) = server.upgrade() else { return };
        if swept.elapsed() >= SWEEP_EVERY {
            server.addresses.sweep(&server);
            swept = Instant::now();
        }
        // A tick is over when its whole time has passed, so that deadlines are never met early.
        let now = Tick::try_from(start.elapsed().as_nanos() / tick.as_nanos().max(1)).unwrap_or(Tick::MAX);
        loop {
            if !server.wheel().turn(now, &mut due) {
                break;
            }
            for (index, (at, conn)) in due.drain(..).enumerate() {
                if index % PACE == PACE - 1 {
                    tokio::task::yield_now().await;
                }
                if let Some(conn) = conn.upgrade() {
                    conn.tick(at, now);
                }
            }
        }
    }
}
