//! Who connects, with which rooms, and where they go on.

use lamplight_auth::{Caller, Gate, Refusal};
use lamplight_kernel::{Offset, Problem};
use lamplight_socketio::{ClientEvent, CloseReason, ConnectAttempt, Handler, Socket};
use lamplight_store::{Store, StoreError};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc};

use crate::{
    memory::Progress,
    pid::{Pid, Pids},
    relay::Admission,
    replay::Replay,
    session::{REFRESH, Session, reply},
    tally::Tally,
};

/// Decides on every CONNECT.
pub(crate) struct Handshake {
    pub(crate) store: Store,
    pub(crate) gate: Gate,
    pub(crate) pids: Pids,
    pub(crate) epoch: u32,
    pub(crate) progress: Progress,
    pub(crate) admissions: mpsc::UnboundedSender<Admission>,
    /// The most events that one client is given when it comes back. Who missed more loads afresh.
    pub(crate) most_missed: u64,
    /// Turns of replays to work.
    pub(crate) replays: Semaphore,
    /// Bytes that a socket is given before it is waited for.
    pub(crate) at_once: usize,
    pub(crate) tally: Tally,
}

/// Where somebody who connects goes on.
struct Start {
    pid: String,
    /// They have everything up to here.
    from: i64,
    /// Whether it is the same stream as before.
    recovered: bool,
}

impl Handshake {
    /// Where a client goes on, by its own pid and offset; a fresh start when nothing else is certain.
    async fn start(&self, caller: &Caller, auth: &Value) -> Result<Start, StoreError> {
        let (user, head) = (caller.person.user, caller.log_head);
        let fresh = || {
            let here = Offset { epoch: self.epoch, seq: head };
            Start { pid: self.pids.sign(Pid { user, offset: here }), from: head, recovered: false }
        };
        let text = |name: &str| auth.get(name).and_then(Value::as_str);
        let Some((text_of_pid, pid)) = text("pid").and_then(|text| Some((text, self.pids.read(text)?))) else {
            return Ok(fresh());
        };
        if pid.user != user || pid.offset.epoch != self.epoch {
            return Ok(fresh());
        }
        // A client keeps its old offset when it is given a new pid, and has none when it has received nothing yet.
        let told =
            text("offset").and_then(|text| text.parse::<Offset>().ok()).filter(|offset| offset.epoch == self.epoch);
        let from = told.map_or(pid.offset.seq, |told| told.seq.max(pid.offset.seq));
        // A number that nobody has given.
        if from > head {
            return Ok(fresh());
        }
        if !self.progress.is_near(from) {
            let most = self.most_missed;
            let missed = self.store.log().count_missed(&caller.person.rooms(), from, head, most + 1).await?;
            // Looked at after reading, so that nothing was dropped from the log in between.
            if from < self.store.log().head().await?.floor || missed > most {
                return Ok(fresh());
            }
        }
        Ok(Start { pid: text_of_pid.to_owned(), from, recovered: true })
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
        let caller = match self.gate.admit(token(&attempt)).await {
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
        let start = match self.start(&caller, attempt.auth()).await {
            Ok(start) => start,
            Err(error) => {
                tracing::error!(%error, "the log could not be read for a socket");
                return attempt.close_transport("the log can't be read now");
            }
        };
        if !attempt.is_open() {
            return;
        }
        let peer = attempt.peer();
        let socket = attempt.accept(Some(&start.pid));
        Session::begin(&socket, &caller, self.gate.clock().now());
        let person = &caller.person;
        tracing::debug!(
            user = %person.user, role = %person.role(), %peer, recovered = start.recovered,
            behind = caller.log_head - start.from,
            "socket connected"
        );
        let mut admission = Admission { rooms: person.rooms(), socket, position: start.from, known: caller.log_head };
        if !self.progress.is_near(start.from) {
            match Replay(self).run(admission).await {
                Some(caught_up) => admission = caught_up,
                None => return,
            }
        }
        // Fails only when the relay has ended, and then the server is stopping.
        let _ = self.admissions.send(admission);
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
            tracing::debug!(user = %session.user, role = %session.role, %reason, seconds, "socket disconnected");
        }
    }
}
