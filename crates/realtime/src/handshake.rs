//! Who connects, with which rooms, and what they missed.

use lamplight_auth::{Caller, Gate, Refusal};
use lamplight_kernel::{Offset, Problem, Room, UserId};
use lamplight_socketio::{ClientEvent, CloseReason, ConnectAttempt, Frame, Handler, Socket};
use lamplight_store::{Head, Logged, Store, StoreError};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::{
    pid::{Pid, Pids},
    relay::{Admission, frame},
    session::{REFRESH, Session, reply},
};

/// The most events that one client is given when it comes back. Who missed more loads afresh, which is cheaper for both.
const MAX_REPLAY: u64 = 1000;

/// Decides on every CONNECT.
pub(crate) struct Handshake {
    store: Store,
    gate: Gate,
    pids: Pids,
    admissions: mpsc::UnboundedSender<Admission>,
}

/// What somebody who comes back is to be given.
struct Resumed {
    pid: String,
    missed: Vec<Logged>,
    /// Whether it is the same stream as before.
    recovered: bool,
}

impl Handshake {
    pub(crate) fn new(store: Store, gate: Gate, pids: Pids, admissions: mpsc::UnboundedSender<Admission>) -> Self {
        Self { store, gate, pids, admissions }
    }

    /// From the client's own pid and offset to what it missed up to `head`; a fresh start when nothing else is certain.
    async fn resume(&self, user: UserId, rooms: &[Room], auth: &Value, head: Head) -> Result<Resumed, StoreError> {
        let here = Offset { epoch: head.epoch, seq: head.seq };
        let fresh =
            || Resumed { pid: self.pids.sign(Pid { user, offset: here }), missed: Vec::new(), recovered: false };
        let text = |name: &str| auth.get(name).and_then(Value::as_str);
        let Some((text_of_pid, pid)) = text("pid").and_then(|text| Some((text, self.pids.read(text)?))) else {
            return Ok(fresh());
        };
        if pid.user != user || pid.offset.epoch != head.epoch {
            return Ok(fresh());
        }
        // A client keeps its old offset when it is given a new pid, and has none when it has received nothing yet.
        let told =
            text("offset").and_then(|text| text.parse::<Offset>().ok()).filter(|offset| offset.epoch == head.epoch);
        let from = told.map_or(pid.offset.seq, |told| told.seq.max(pid.offset.seq));
        let missed = self.store.log().missed(rooms, from, head.seq, MAX_REPLAY + 1).await?;
        // Looked at after reading, so that nothing was dropped from the log in between. A number from the future is not ours.
        let floor = self.store.log().head().await?.floor;
        if from < floor || from > head.seq || missed.len() as u64 > MAX_REPLAY {
            return Ok(fresh());
        }
        Ok(Resumed { pid: text_of_pid.to_owned(), missed, recovered: true })
    }
}

/// The token: `auth.token`, else the header `Authorization: Bearer`. Never the address, which ends in logs.
fn token(attempt: &ConnectAttempt) -> Option<&str> {
    let header = || {
        let (scheme, token) = attempt.headers().get(http::header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    };
    attempt.auth().get("token").and_then(Value::as_str).filter(|token| !token.is_empty()).or_else(header)
}

impl Handler for Handshake {
    async fn connect(&self, attempt: ConnectAttempt) {
        // Before the question who this is: see "How rights and connecting meet".
        let head = match self.store.log().head().await {
            Ok(head) => head,
            Err(error) => {
                tracing::error!(%error, "the log could not be read for a socket");
                return attempt.close_transport("the log can't be read now");
            }
        };
        let Caller { person, claims } = match self.gate.admit(token(&attempt)).await {
            Ok(caller) => caller,
            Err(Refusal::Unknown(problem)) => {
                tracing::error!(cause = problem.cause().map(tracing::field::display), "a socket could not be checked");
                return attempt.close_transport("can't be checked now");
            }
            Err(refusal) => {
                tracing::info!(code = refusal.code(), peer = %attempt.peer(), "socket refused");
                let problem = json!({"code": refusal.code()});
                return attempt.refuse(Problem::from(refusal).message(), problem);
            }
        };
        let rooms = person.rooms();
        let resumed = match self.resume(person.user, &rooms, attempt.auth(), head).await {
            Ok(resumed) => resumed,
            Err(error) => {
                tracing::error!(%error, "the log could not be read for a socket");
                return attempt.close_transport("the log can't be read now");
            }
        };
        if !attempt.is_open() {
            return;
        }
        let peer = attempt.peer();
        let socket = attempt.accept(Some(&resumed.pid));
        Session::begin(&socket, &person, &claims, self.gate.clock().now());
        tracing::info!(
            user = %person.user, role = %person.role(), %peer, recovered = resumed.recovered, missed = resumed.missed.len(),
            "socket connected"
        );
        for event in &resumed.missed {
            match frame(head.epoch, event) {
                Ok(frame) => send(&socket, &frame),
                Err(error) => {
                    tracing::error!(%error, seq = event.seq, "an event can't be encoded");
                    return socket.close_transport("an event can't be encoded");
                }
            }
        }
        // Fails only when the relay has ended, and then the server is stopping.
        let _ = self.admissions.send(Admission { socket, user: person.user, rooms, position: head.seq });
    }

    async fn event(&self, socket: Socket, event: ClientEvent) {
        match event.name.as_str() {
            REFRESH => Session::refresh(&socket, &self.gate, &event).await,
            name => {
                tracing::debug!(name, "a client sent an event that nobody listens to");
                let answer =
                    json!({"success": false, "code": "socket.unknown_event", "message": "Nobody listens to this."});
                reply(&socket, event.ack, &answer);
            }
        }
    }

    async fn closed(&self, socket: Socket, reason: CloseReason) {
        if let Some(session) = socket.data::<Session>() {
            let seconds = session.since.until(self.gate.clock().now()).as_secs();
            tracing::info!(user = %session.user, role = %session.role, %reason, seconds, "socket disconnected");
        }
    }
}

/// Sends one frame. When the socket is gone or too slow, the connection has closed itself and the client will resume.
fn send(socket: &Socket, frame: &Frame) {
    let _ = socket.emit(frame);
}
