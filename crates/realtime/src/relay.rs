//! The relay: the log, in order, to the sockets of this node.
//!
//! One task, the only one who sends events and the only one who touches the hub. It holds a position in the log, is woken by
//! commits, and polls as the net below: a wake-up is only a hint.

use std::{collections::VecDeque, time::Duration};

use lamplight_auth::Gate;
use lamplight_kernel::{Control, Offset, Room, Target, UserId};
use lamplight_socketio::{Frame, Hub, Socket};
use lamplight_store::{Backend, Head, Logged, Store, StoreError, fault};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use crate::session::Session;

/// Events read from the log at once.
const BATCH: u64 = 256;
/// Events remembered for sockets that are being admitted.
const MEMORY: usize = 2048;
/// Other nodes write to the same PostgreSQL; nobody but us writes to our SQLite.
const POLL_POSTGRES: Duration = Duration::from_millis(500);
const POLL_SQLITE: Duration = Duration::from_secs(5);
/// How often sessions are looked at that end soon.
const WARN_EVERY: Duration = Duration::from_secs(5);
/// After the database failed.
const RETRY: Duration = Duration::from_millis(500);

/// A socket whose CONNECT was answered and that has been given everything up to `position`.
#[derive(Debug)]
pub(crate) struct Admission {
    pub(crate) socket: Socket,
    pub(crate) user: UserId,
    pub(crate) rooms: Vec<Room>,
    pub(crate) position: i64,
}

/// What the relay remembers of an event.
#[derive(Debug)]
enum Past {
    Event(Target, Frame),
    Control(Control),
}

#[derive(Debug)]
pub(crate) struct Relay {
    store: Store,
    gate: Gate,
    epoch: u32,
    /// The newest event that was handed on.
    position: i64,
    admitted: mpsc::UnboundedReceiver<Admission>,
    hub: Hub,
    /// The newest events, without gaps, ending at the position.
    memory: VecDeque<(i64, Past)>,
    /// Sockets that wait for the position to reach theirs.
    ahead: Vec<Admission>,
}

/// The frame of an event: `[name, payload, offset]`.
pub(crate) fn frame(epoch: u32, event: &Logged) -> Result<Frame, serde_json::Error> {
    let offset = Offset { epoch, seq: event.seq }.to_string();
    Frame::event(&event.name, &(&event.payload, offset))
}

impl Relay {
    pub(crate) fn new(store: Store, gate: Gate, head: Head, admitted: mpsc::UnboundedReceiver<Admission>) -> Self {
        Self {
            store,
            gate,
            epoch: head.epoch,
            position: head.seq,
            admitted,
            hub: Hub::new(),
            memory: VecDeque::new(),
            ahead: Vec::new(),
        }
    }

    /// Runs until `stop`.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut commits = self.store.commits();
        let mut poll = interval(match self.store.backend() {
            Backend::Sqlite => POLL_SQLITE,
            Backend::Postgres => POLL_POSTGRES,
        });
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut warnings = interval(WARN_EVERY);
        warnings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failing_since: Option<Instant> = None;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                admission = self.admitted.recv() => {
                    match admission {
                        Some(admission) => self.admit(admission),
                        // The Socket.IO server is gone, and so is whoever could be sent anything.
                        None => return,
                    }
                    continue;
                }
                _ = warnings.tick() => {
                    let now = self.store.clock().now();
                    self.hub.sockets().for_each(|socket| Session::warn(socket, now));
                    continue;
                }
                _ = commits.changed() => {}
                _ = poll.tick() => {}
            }
            match self.catch_up().await {
                Ok(()) => {
                    for admission in std::mem::take(&mut self.ahead) {
                        self.admit(admission);
                    }
                    if let Some(since) = failing_since.take() {
                        tracing::info!(millis = since.elapsed().as_millis(), "the log can be read again");
                    }
                }
                Err(error) => {
                    if failing_since.is_none() {
                        tracing::error!(%error, "the log can't be read; trying on");
                        failing_since = Some(Instant::now());
                    }
                    poll.reset_after(RETRY);
                }
            }
        }
    }

    /// Hands on everything that the log has beyond the position.
    async fn catch_up(&mut self) -> Result<(), StoreError> {
        loop {
            let events = self.store.log().after(self.position, BATCH).await?;
            if events.is_empty() {
                return Ok(());
            }
            for event in events {
                self.hand_on(event).await;
            }
        }
    }

    async fn hand_on(&mut self, event: Logged) {
        fault::reach(fault::BEFORE_SEND).await;
        let seq = event.seq;
        let expected = self.position + 1;
        if seq != expected {
            // Dropped from the log before we came to it. Who is connected can't be told any more: let them load afresh.
            tracing::error!(seq, expected, "events are missing from the log; all sockets are closed");
            self.close_all("the log has a hole");
            self.memory.clear();
        }
        match self.past(event) {
            Ok(past) => {
                match &past {
                    Past::Event(target, frame) => self.emit(target, frame).await,
                    Past::Control(control) => self.obey(control).await,
                }
                self.memory.push_back((seq, past));
                if self.memory.len() > MEMORY {
                    self.memory.pop_front();
                }
            }
            Err(error) => tracing::error!(%error, seq, "an event of the log can't be read; it is passed over"),
        }
        self.position = seq;
    }

    fn past(&self, event: Logged) -> Result<Past, serde_json::Error> {
        if event.name == Control::NAME {
            return serde_json::from_str(event.payload.get()).map(Past::Control);
        }
        let frame = frame(self.epoch, &event)?;
        Ok(Past::Event(event.target, frame))
    }

    async fn emit(&mut self, target: &Target, frame: &Frame) {
        if target.until.is_some_and(|until| self.store.clock().now() >= until) {
            return;
        }
        let to: Vec<&str> = target.to.iter().map(Room::as_str).collect();
        let except: Vec<&str> = target.except.iter().map(Room::as_str).collect();
        let delivered = self.hub.emit_paced(frame, &to, &except).await;
        tracing::debug!(sockets = delivered.sockets, bytes = delivered.bytes, "relayed");
    }

    async fn obey(&mut self, control: &Control) {
        let sockets: Vec<Socket> = self.hub.members(Room::user(control.user()).as_str()).cloned().collect();
        if sockets.is_empty() {
            return;
        }
        let rooms = match control {
            Control::SignedOut { .. } => None,
            Control::RoomsChanged { user } => match self.gate.person(*user).await {
                Ok(person) => person.map(|person| person.rooms()),
                Err(problem) => {
                    // They come back, and the handshake asks again.
                    tracing::error!(%problem, cause = ?problem.cause(), "new rooms can't be found out");
                    None
                }
            },
        };
        for socket in sockets {
            match &rooms {
                Some(rooms) => {
                    self.hub.set_rooms(&socket, rooms.iter().map(Room::as_str));
                }
                None => {
                    // Not a DISCONNECT, after which the client would sit still: it comes back, and the handshake tells each
                    // session whether it is over (`auth.signed_out`) or, with a new token, goes on without a loss.
                    socket.close_transport("rights changed");
                    self.hub.remove(&socket);
                }
            }
        }
    }

    /// Sends a new socket what was relayed since its position, and joins it to its rooms.
    fn admit(&mut self, admission: Admission) {
        if admission.position > self.position {
            // Joined now, it would get again what it was given already.
            return self.ahead.push(admission);
        }
        let Admission { socket, user, rooms, position } = admission;
        let now = self.store.clock().now();
        let oldest = self.memory.front().map_or(self.position + 1, |(seq, _)| *seq);
        if position + 1 < oldest {
            return socket.close_transport("too far behind");
        }
        for (seq, past) in &self.memory {
            match past {
                // What was found out about this person may be from before it.
                Past::Control(control) if *seq > position && control.user() == user => {
                    return socket.close_transport("rights changed");
                }
                Past::Event(target, frame) if *seq > position && target.reaches(&rooms, now) => {
                    // False when the socket has ended; the hub then does not take it in.
                    let _ = socket.emit(frame);
                }
                _ => {}
            }
        }
        self.hub.join(&socket, rooms.iter().map(Room::as_str));
        Session::warn(&socket, now);
    }

    fn close_all(&mut self, why: &'static str) {
        let sockets: Vec<Socket> = self.hub.sockets().cloned().collect();
        for socket in sockets {
            socket.close_transport(why);
            self.hub.remove(&socket);
        }
    }
}
