//! A session on a socket: whose it is and until when it holds.
//!
//! A socket ends with its token. A minute before, the client hears `session:expiring`; it may send `session:refresh` with a new
//! token of the same person and goes on without a new connection.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI32, AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use lamplight_auth::{Caller, Found, Gate, Refusal, Role};
use lamplight_kernel::{Control, Event, SessionId, Timestamp, UserId};
use lamplight_socketio::{AckId, ClientEvent, Frame, Socket};
use serde::Serialize;
use serde_json::{Value, json};

/// How long before its end the client hears of it.
pub(crate) const WARNING: Duration = Duration::from_secs(60);
/// The event with which a client brings a new token.
pub(crate) const REFRESH: &str = "session:refresh";

/// What passes over a socket without being in the log: it is about this connection alone.
#[derive(Debug, Clone, Copy)]
pub struct Signal {
    /// Its name on the wire.
    pub name: &'static str,
    /// Whether the client sends it; otherwise the server does.
    pub is_from_client: bool,
    /// Its arguments, as TypeScript.
    pub arguments: &'static str,
    /// What it is for.
    pub about: &'static str,
}

/// Every signal.
pub const SIGNALS: &[Signal] = &[
    Signal {
        name: Expiring::NAME,
        is_from_client: false,
        arguments: "payload: { expiresAt: string }",
        about: "The token of this socket ends within a minute. Then the socket is closed, unless it is refreshed.",
    },
    Signal {
        name: REFRESH,
        is_from_client: true,
        arguments: "payload: { token: string }, \
                    ack?: (answer: { success: boolean; expiresAt?: string; code?: string; message?: string }) => void",
        about: "A new token of the same person: the socket goes on without a new connection.",
    },
];

/// What a socket is.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) user: UserId,
    pub(crate) role: Role,
    pub(crate) since: Timestamp,
    /// The session version and the signing key of its token.
    version: AtomicI32,
    signing_key: AtomicI32,
    /// The session of its token, if that names one.
    held: Mutex<Option<SessionId>>,
    /// Milliseconds since 1970.
    expires: AtomicI64,
    warned: AtomicBool,
}

/// The token of this socket ends soon.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Expiring {
    /// When the socket is closed unless it is refreshed.
    expires_at: Timestamp,
}

impl Event for Expiring {
    const NAME: &'static str = "session:expiring";
}

impl Session {
    /// Begins a session on a socket, which ends with the token.
    pub(crate) fn begin(socket: &Socket, caller: &Caller, now: Timestamp) {
        let session = Self {
            user: caller.person.user,
            role: caller.person.role(),
            since: now,
            version: AtomicI32::new(0),
            signing_key: AtomicI32::new(0),
            held: Mutex::new(None),
            expires: AtomicI64::new(0),
            warned: AtomicBool::new(false),
        };
        session.hold(socket, caller, now);
        socket.set_data(session);
    }

    /// Whether a control is about this socket.
    pub(crate) fn is_concerned(socket: &Socket, control: &Control) -> bool {
        let Some(session) = socket.data::<Self>() else { return false };
        control.concerns(session.user, session.held(), session.signing_key.load(Ordering::Acquire))
    }

    /// Who it is now, if its token has not been ended early.
    pub(crate) async fn person(&self, gate: &Gate) -> Result<Found, Refusal> {
        let (version, key) = (self.version.load(Ordering::Acquire), self.signing_key.load(Ordering::Acquire));
        gate.still_holds(self.user, (version, self.held(), key)).await
    }

    fn held(&self) -> Option<SessionId> {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds as long as the caller's token.
    fn hold(&self, socket: &Socket, caller: &Caller, now: Timestamp) -> Timestamp {
        let end = Timestamp::from_millis(caller.claims.exp.saturating_mul(1000));
        // Both only go up: of two tokens the newer counts, in whatever order they come.
        self.version.fetch_max(caller.claims.ver, Ordering::AcqRel);
        self.signing_key.fetch_max(caller.signing_key, Ordering::AcqRel);
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = caller.claims.sid;
        self.expires.store(end.millis(), Ordering::Release);
        self.warned.store(false, Ordering::Release);
        socket.set_expiry(Some(Instant::now() + now.until(end)));
        end
    }

    /// Tells the client, once, when its token ends soon.
    pub(crate) fn warn(socket: &Socket, now: Timestamp) {
        let Some(session) = socket.data::<Self>() else { return };
        let expires_at = Timestamp::from_millis(session.expires.load(Ordering::Acquire));
        if now.until(expires_at) > WARNING || session.warned.swap(true, Ordering::AcqRel) {
            return;
        }
        match Frame::event(Expiring::NAME, &(Expiring { expires_at },)) {
            Ok(frame) => {
                let _ = socket.emit(&frame);
            }
            Err(error) => tracing::error!(%error, "a warning can't be encoded"),
        }
    }

    /// A client brought a new token: `session:refresh` with the token or `{token}`. Answers `{success, expiresAt}` or
    /// `{success: false, code, message}`.
    pub(crate) async fn refresh(socket: &Socket, gate: &Gate, event: &ClientEvent) {
        let Some(session) = socket.data::<Self>() else { return };
        let given = event.args.first();
        let token = given.and_then(|given| given.get("token").unwrap_or(given).as_str());
        let answer = match gate.admit(token).await {
            Ok(caller) if caller.person.user == session.user => {
                let end = session.hold(socket, &caller, gate.clock().now());
                // What ended the new token before the socket held it was none of this socket's business then.
                if session.person(gate).await.is_err() {
                    return socket.close_transport("rights changed");
                }
                tracing::info!(user = %session.user, "session refreshed");
                json!({"success": true, "expiresAt": end})
            }
            Ok(_) => refused("auth.other_user", "This token belongs to somebody else."),
            Err(refusal) => refused(refusal.code(), &refusal.to_string()),
        };
        reply(socket, event.ack, &answer);
    }
}

fn refused(code: &str, message: &str) -> Value {
    json!({"success": false, "code": code, "message": message})
}

/// Answers an event, if its sender waits for an answer.
pub(crate) fn reply(socket: &Socket, ack: Option<AckId>, answer: &Value) {
    if let Some(id) = ack
        && let Err(error) = socket.ack(id, &[answer])
    {
        tracing::error!(%error, "an acknowledgement can't be encoded");
    }
}
