//! The relay: the log, in order, to the sockets of this node.
//!
//! One task, the only one who sends events and the only one who touches the hub. It holds a position in the log, is woken by
//! commits, and polls as the net below: a wake-up is only a hint. What it has relayed last it remembers (`memory.rs`).

use std::{
    future::ready,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    time::Duration,
};

use lamplight_auth::Gate;
use lamplight_kernel::{Control, Offset, Room, Target, UserId};
use lamplight_socketio::{Frame, Hub, Socket};
use lamplight_store::{Backend, Logged, Store, StoreError, fault};
use serde_json::value::RawValue;
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::{
    memory::{self, Memory, Past, Progress},
    session::Session,
    tally::{Present, Tally, present},
};

/// Events read from the log at once.
const BATCH: u64 = 256;
/// Other nodes write to the same PostgreSQL; nobody but us writes to our SQLite.
const POLL_POSTGRES: Duration = Duration::from_millis(500);
const POLL_SQLITE: Duration = Duration::from_secs(5);
/// How often sessions are looked at that end soon.
const WARN_EVERY: Duration = Duration::from_secs(5);
/// After the database failed.
const RETRY: Duration = Duration::from_millis(500);
const RIGHTS_CHANGED: &str = "rights changed";
const TOO_FAR: &str = "too far behind";

/// A socket whose CONNECT was answered.
#[derive(Debug)]
pub(crate) struct Admission {
    pub(crate) socket: Socket,
    pub(crate) rooms: Vec<Room>,
    /// It has been given everything up to here.
    pub(crate) position: i64,
    /// Who it is was found out when the log stood here.
    pub(crate) known: i64,
}

/// How far the log was caught up with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caught {
    /// To its end.
    All,
    /// There is more.
    Part,
    /// It is not the log that was relayed.
    Other,
}

/// What an event is known by: its number may become another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    seq: i64,
    hash: u64,
}

#[derive(Debug)]
pub(crate) struct Relay {
    store: Store,
    gate: Gate,
    epoch: u32,
    memory: Memory,
    /// The event at the position. Only of PostgreSQL: our SQLite nobody else can put back while we have it.
    mark: Option<Mark>,
    admitted: mpsc::UnboundedReceiver<Admission>,
    /// Who asks who is here.
    asked: mpsc::Receiver<oneshot::Sender<Vec<Present>>>,
    tally: Tally,
    hub: Hub,
    connections_per_user: usize,
    /// Sockets that wait for the position to reach theirs.
    ahead: Vec<Admission>,
}

/// The frame of an event: `[name, payload, offset]`.
pub(crate) fn frame(epoch: u32, event: &Logged) -> Result<Frame, serde_json::Error> {
    let offset = Offset { epoch, seq: event.seq }.to_string();
    let payload: &RawValue = serde_json::from_str(&event.payload)?;
    Frame::event(&event.name, &(payload, offset))
}

impl Relay {
    /// A relay that goes on at the head of the log, and remembers what came before.
    ///
    /// # Errors
    /// When the log can't be read.
    pub(crate) async fn new(
        store: Store,
        gate: Gate,
        admitted: mpsc::UnboundedReceiver<Admission>,
        asked: mpsc::Receiver<oneshot::Sender<Vec<Present>>>,
        tally: Tally,
        connections_per_user: usize,
        at_once: usize,
    ) -> Result<Self, StoreError> {
        let head = store.log().head().await?;
        let before = (head.seq - memory::EVENTS as i64).max(head.floor);
        let mut relay = Self {
            store,
            gate,
            epoch: head.epoch,
            memory: Memory::new(before, at_once),
            mark: None,
            admitted,
            asked,
            tally,
            hub: Hub::new(),
            connections_per_user,
            ahead: Vec::new(),
        };
        for event in relay.store.log().after(before, memory::EVENTS as u64).await? {
            if event.seq > head.seq {
                break;
            }
            relay.follow(event.seq);
            relay.mark = relay.mark_of(&event);
            relay.memory.push(relay.past(event));
        }
        if relay.memory.position() != head.seq {
            relay.memory.forget(head.seq);
            relay.mark = None;
        }
        Ok(relay)
    }

    pub(crate) const fn epoch(&self) -> u32 {
        self.epoch
    }

    pub(crate) fn progress(&self) -> Progress {
        self.memory.progress()
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
        // The log had more than was taken. Between two batches others have their turn: who has just come, and whoever wants us to stop.
        let mut is_behind = false;
        loop {
            let mut looks = false;
            tokio::select! {
                () = stop.cancelled() => return,
                admission = self.admitted.recv() => {
                    match admission {
                        Some(admission) => self.admit(admission).await,
                        // The Socket.IO server is gone, and so is whoever could be sent anything.
                        None => return,
                    }
                    continue;
                }
                Some(answer) = self.asked.recv() => {
                    // Who has lost interest hears nothing.
                    let _ = answer.send(present(&self.hub));
                    continue;
                }
                _ = warnings.tick() => {
                    let now = self.store.clock().now();
                    self.hub.sockets().for_each(|socket| Session::warn(socket, now));
                    continue;
                }
                _ = commits.changed() => {}
                _ = poll.tick() => looks = true,
                () = ready(()), if is_behind => {}
            }
            let caught_up = async {
                let caught = self.catch_up().await?;
                if caught == Caught::Other || looks && caught == Caught::All && self.has_gone_back().await? {
                    self.leave_log().await?;
                    return Ok(Caught::Other);
                }
                Ok(caught)
            };
            match caught_up.await {
                Ok(Caught::Other) => return,
                Ok(caught) => {
                    is_behind = caught == Caught::Part;
                    for admission in std::mem::take(&mut self.ahead) {
                        self.admit(admission).await;
                    }
                    if let Some(since) = failing_since.take() {
                        tracing::info!(millis = since.elapsed().as_millis(), "the log can be read again");
                    }
                }
                Err(error) => {
                    let error: StoreError = error;
                    is_behind = false;
                    if failing_since.is_none() {
                        tracing::error!(%error, "the log can't be read; trying on");
                        failing_since = Some(Instant::now());
                    }
                    poll.reset_after(RETRY);
                }
            }
        }
    }

    /// Hands on what the log has beyond the position, as much as is read at once.
    async fn catch_up(&mut self) -> Result<Caught, StoreError> {
        // With the event at the position: by its number alone a log that has gone back, and on from there, looks as one that has gone on.
        let marked = u64::from(self.mark.is_some());
        let from = self.memory.position() - i64::from(self.mark.is_some());
        let mut events = self.store.log().after(from, BATCH + marked).await?;
        // What is committed from here on wakes us again.
        let caught = if events.len() as u64 == BATCH + marked { Caught::Part } else { Caught::All };
        if let Some(mark) = self.mark {
            if events.first().is_some_and(|event| event.seq == mark.seq) {
                if self.mark_of(&events.remove(0)) != Some(mark) {
                    return Ok(Caught::Other);
                }
            } else if self.store.log().head().await?.floor < mark.seq {
                return Ok(Caught::Other);
            }
        }
        if let Some(last) = events.last() {
            self.mark = self.mark_of(last);
            let span = tracing::debug_span!(target: "lamplight::traces", "relay", events = events.len());
            let turn = async {
                for event in events {
                    self.hand_on(event).await;
                }
            };
            turn.instrument(span).await;
        }
        Ok(caught)
    }

    fn mark_of(&self, event: &Logged) -> Option<Mark> {
        let is_shared = self.store.backend() == Backend::Postgres;
        is_shared.then(|| {
            let mut hasher = DefaultHasher::new();
            (event.at, &event.name, &event.payload).hash(&mut hasher);
            Mark { seq: event.seq, hash: hasher.finish() }
        })
    }

    /// Whether the log ends before what was relayed, or has a new epoch.
    async fn has_gone_back(&self) -> Result<bool, StoreError> {
        let head = self.store.log().head().await?;
        Ok(head.epoch != self.epoch || head.seq < self.memory.position())
    }

    /// What is in the database is not the log that was relayed any more: somebody has put back an earlier state below the running server, or a
    /// replica has taken over that had not heard of the newest events. The same numbers are, or will be, other events', so nobody may resume
    /// across it: the log gets a new epoch, unless it has one already, and this server must start afresh.
    async fn leave_log(&self) -> Result<(), StoreError> {
        let head = self.store.log().head().await?;
        tracing::error!(
            head = head.seq,
            relayed = self.memory.position(),
            "the log is an earlier or another one than was relayed: starting afresh"
        );
        if head.epoch == self.epoch {
            self.store.log().begin_epoch().await?;
        }
        Ok(())
    }

    async fn hand_on(&mut self, event: Logged) {
        fault::reach(fault::BEFORE_SEND).await;
        if !self.follow(event.seq) {
            // Dropped from the log before we came to it. Who is connected can't be told any more: let them load afresh.
            self.close_all("the log has a hole");
        }
        let is_control = event.name == Control::NAME;
        let past = self.past(event);
        match &past {
            Past::Event(target, frame) => self.emit(target, frame).await,
            Past::Control(control) => self.obey(control).await,
            Past::Unreadable if is_control => {
                // A newer server's, perhaps. It may have ended somebody's right to be here; who comes back is asked who they are.
                self.close_all(RIGHTS_CHANGED);
            }
            Past::Unreadable => {}
        }
        self.memory.push(past);
    }

    /// Makes the memory end just before `seq`; false if there was something between.
    fn follow(&mut self, seq: i64) -> bool {
        let expected = self.memory.position() + 1;
        if seq == expected {
            return true;
        }
        tracing::error!(seq, expected, "events are missing from the log");
        self.memory.forget(seq - 1);
        false
    }

    fn past(&self, event: Logged) -> Past {
        let read = if event.name == Control::NAME {
            serde_json::from_str(&event.payload).map(Past::Control)
        } else {
            frame(self.epoch, &event).map(|frame| Past::Event(event.target, frame))
        };
        read.unwrap_or_else(|error| {
            tracing::error!(%error, seq = event.seq, "an event of the log can't be read; it is passed over");
            Past::Unreadable
        })
    }

    async fn emit(&mut self, target: &Target, frame: &Frame) {
        if target.until.is_some_and(|until| self.store.clock().now() >= until) {
            return;
        }
        let to: Vec<&str> = target.to.iter().map(Room::as_str).collect();
        let except: Vec<&str> = target.except.iter().map(Room::as_str).collect();
        let delivered = self.hub.emit_paced(frame, &to, &except).await;
        metrics::counter!("lamplight_events_relayed_total").increment(1);
        self.tally.delivered(delivered.sockets);
        tracing::debug!(sockets = delivered.sockets, bytes = delivered.bytes, "relayed");
    }

    async fn obey(&mut self, control: &Control) {
        match *control {
            Control::SignedOut { user } => self.close_user(user),
            // Who is not here is asked about when they come.
            Control::RoomsChanged { user } if self.sockets_of(user).is_empty() => {}
            Control::RoomsChanged { user } => match self.gate.person(user).await {
                Ok(Some(person)) => {
                    let rooms = person.rooms();
                    for socket in self.sockets_of(user) {
                        self.hub.set_rooms(&socket, rooms.iter().map(Room::as_str));
                    }
                }
                Ok(None) => self.close_user(user),
                Err(problem) => {
                    // They come back, and the handshake asks again.
                    tracing::error!(%problem, cause = ?problem.cause(), "new rooms can't be found out");
                    self.close_user(user);
                }
            },
            Control::SessionEnded { user, .. } => {
                let is_concerned = |socket: &Socket| Session::is_concerned(socket, control);
                let sockets = self.sockets_of(user).into_iter().filter(is_concerned).collect();
                self.close(sockets, RIGHTS_CHANGED);
            }
            Control::KeyRetired { .. } => {
                let is_concerned = |socket: &&Socket| Session::is_concerned(socket, control);
                let sockets: Vec<Socket> = self.hub.sockets().filter(is_concerned).cloned().collect();
                tracing::info!(sockets = sockets.len(), "signing key retired");
                self.close(sockets, RIGHTS_CHANGED);
            }
        }
    }

    fn sockets_of(&self, user: UserId) -> Vec<Socket> {
        self.hub.members(Room::user(user).as_str()).cloned().collect()
    }

    /// Not a DISCONNECT, after which the client would sit still: it comes back, and the handshake tells each session whether it
    /// is over (`auth.signed_out`) or, with a new token, goes on without a loss.
    fn close_user(&mut self, user: UserId) {
        self.close(self.sockets_of(user), RIGHTS_CHANGED);
    }

    fn close(&mut self, sockets: Vec<Socket>, why: &'static str) {
        for socket in sockets {
            socket.close_transport(why);
            self.hub.remove(&socket);
        }
    }

    fn close_all(&mut self, why: &'static str) {
        self.close(self.hub.sockets().cloned().collect(), why);
    }

    /// Sends a new socket what was relayed since its position, and joins it to its rooms.
    async fn admit(&mut self, admission: Admission) {
        if admission.position > self.memory.position() {
            // Joined now, it would get again what it was given already.
            return self.ahead.push(admission);
        }
        let Admission { socket, mut rooms, position, known } = admission;
        let Some(session) = socket.data::<Session>() else { return };
        let is_concerned = |(_, past): (i64, &Past)| match past {
            Past::Control(control) => Session::is_concerned(&socket, control),
            Past::Unreadable => true,
            Past::Event(..) => false,
        };
        match self.memory.after(known).map(|mut events| events.any(is_concerned)) {
            None => return socket.close_transport(TOO_FAR),
            Some(false) => {}
            // What was found out about this person may be from before it. The answer of now is from after all that is
            // remembered.
            Some(true) => match session.person(&self.gate).await {
                Ok(found) => rooms = found.person.rooms(),
                Err(_) => return socket.close_transport(RIGHTS_CHANGED),
            },
        }
        let now = self.store.clock().now();
        let Some(events) = self.memory.after(position) else {
            return socket.close_transport(TOO_FAR);
        };
        for (_, past) in events {
            if let Past::Event(target, frame) = past
                && target.reaches(&rooms, now)
            {
                // False when the socket has ended; the hub then does not take it in.
                let _ = socket.emit(frame);
            }
        }
        self.hub.join(&socket, rooms.iter().map(Room::as_str));
        Session::warn(&socket, now);
        self.close_eldest(session.user);
    }

    /// Keeps a person's connections within their number. The eldest goes: on a phone with poor signal it is one that is dead
    /// and has not been noticed yet; if somebody is there, it comes back without a loss.
    fn close_eldest(&mut self, user: UserId) {
        let room = Room::user(user);
        if self.hub.members(room.as_str()).count() <= self.connections_per_user {
            return;
        }
        let eldest = self.hub.members(room.as_str()).min_by_key(|socket| socket.number()).cloned();
        tracing::info!(%user, "too many connections of one person; the eldest is closed");
        self.close(eldest.into_iter().collect(), "too many connections of this person");
    }
}
