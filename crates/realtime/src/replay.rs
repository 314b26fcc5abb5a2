//! Giving what was missed to somebody who was away for long, piece by piece.
//!
//! Each piece is read when the one before has left the server, so that a client on a poor line costs one piece of memory,
//! however much it missed. When the client has come near to the relay, it is handed over.
//!
//! **Rights.** A replay may take as long as the client likes, and meanwhile the relay does not know the socket. So a piece ends,
//! at the latest, where the log stood when it was last asked who this is, and nothing committed later is sent; before the next
//! stretch, and every half second while the client is slow, it is asked again.
//!
//! **Fairness.** When many come back at once who were away for long, the relay must still have its turn: those who are connected
//! wait for nobody. So few replays work at a time, and each in short turns.

use std::time::Duration;

use lamplight_auth::{Found, Refusal};
use lamplight_kernel::Problem;
use lamplight_socketio::Socket;
use tokio::sync::SemaphorePermit;
use tracing::Instrument;

use crate::{
    handshake::Handshake,
    memory::cost,
    relay::{Admission, frame},
    session::Session,
};

/// Events in a piece.
const PIECE: u64 = 256;
/// Bytes that may be given to the socket before it is waited for, unless a single event is longer: enough for one poll. Less where less
/// may wait.
pub(crate) const AT_ONCE: usize = 64 * 1024;
/// Replays that work at the same time. The others wait, in order.
pub(crate) const AT_A_TIME: usize = 4;
/// Events that one sends before it is somebody else's turn. With all at work it is as much as the relay sends in a turn of its own.
const TURN: usize = 32;
/// How often it is asked whether the person may still hear us, while the client takes its time.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// A replay to one socket.
pub(crate) struct Replay<'a>(pub(crate) &'a Handshake);

/// Why a replay ends early. The transport is closed; the client comes back and is told by the handshake.
enum Stop {
    /// With these words for the log.
    Close(&'static str),
    /// The socket has ended by itself.
    Ended,
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        tracing::error!(%problem, cause = ?problem.cause(), "a replay can't go on");
        Self::Close("the log can't be read now")
    }
}

impl Replay<'_> {
    /// Brings the socket near to the relay. `None` when it has ended.
    pub(crate) async fn run(&self, admission: Admission) -> Option<Admission> {
        let socket = admission.socket.clone();
        self.0.tally.replay_began();
        let span = tracing::debug_span!(target: "lamplight::traces", "replay");
        match self.go(admission).instrument(span).await {
            Ok(caught_up) => Some(caught_up),
            Err(Stop::Close(why)) => {
                socket.close_transport(why);
                None
            }
            Err(Stop::Ended) => None,
        }
    }

    async fn go(&self, mut at: Admission) -> Result<Admission, Stop> {
        let progress = &self.0.progress;
        loop {
            while at.position < at.known {
                self.piece(&mut at).await?;
            }
            if progress.is_near(at.position) {
                return Ok(at);
            }
            let now = self.still_allowed(&at.socket).await?;
            (at.known, at.rooms) = (now.log_head, now.person.rooms());
        }
    }

    async fn piece(&self, at: &mut Admission) -> Result<(), Stop> {
        let log = self.0.store.log();
        let turn = self.turn().await?;
        let missed = log.missed(&at.rooms, at.position, at.known, PIECE).await.map_err(Problem::from)?;
        // After reading: nothing was dropped from the log in between.
        if at.position < log.head().await.map_err(Problem::from)?.floor {
            return Err(Stop::Close("what was missed is not kept any more"));
        }
        drop(turn);
        let mut given = 0;
        for some in missed.events.chunks(TURN) {
            let mut turn = self.turn().await?;
            for event in some {
                let frame = match frame(self.0.epoch, event) {
                    Ok(frame) => frame,
                    Err(error) => {
                        tracing::error!(%error, seq = event.seq, "an event of the log can't be read; it is passed over");
                        continue;
                    }
                };
                if given > 0 && given + cost(&frame) > self.0.at_once {
                    // The client takes its time, and nobody waits for it.
                    drop(turn);
                    self.drained(&at.socket).await?;
                    turn = self.turn().await?;
                    given = 0;
                }
                if !at.socket.emit(&frame) {
                    return Err(Stop::Ended);
                }
                given += cost(&frame);
                self.0.tally.replayed();
            }
            drop(turn);
            tokio::task::yield_now().await;
        }
        at.position = missed.up_to;
        self.drained(&at.socket).await
    }

    /// Waits for a turn to work.
    async fn turn(&self) -> Result<SemaphorePermit<'_>, Stop> {
        // It is never closed.
        self.0.replays.acquire().await.map_err(|_| Stop::Ended)
    }

    /// Waits until the client has been sent all that was given to the socket.
    async fn drained(&self, socket: &Socket) -> Result<(), Stop> {
        while tokio::time::timeout(ASK_EVERY, socket.drained()).await.is_err() {
            self.still_allowed(socket).await?;
        }
        if socket.is_live() { Ok(()) } else { Err(Stop::Ended) }
    }

    /// Who it is now, if the token still holds.
    async fn still_allowed(&self, socket: &Socket) -> Result<Found, Stop> {
        let session = socket.data::<Session>().ok_or(Stop::Ended)?;
        match session.person(&self.0.gate).await {
            Ok(found) => Ok(found),
            Err(Refusal::Unknown(problem)) => Err(problem.into()),
            Err(_) => Err(Stop::Close("rights changed")),
        }
    }
}
