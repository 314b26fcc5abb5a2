//! Fault points: places where a test can stop the program, to kill it there.
//!
//! `LAMPLIGHT_FAULT` names one point; the task that reaches it writes the file named by `LAMPLIGHT_FAULT_MARK` and
//! waits for ever, so that a test can send SIGKILL at exactly that place. Debug builds only: in a release build
//! [`reach`] is empty.

/// In `Tx::commit`, when the rows and events are written and not committed. Only with events: a sign-in commits too, and a
/// test must be able to come as far as the change it is about.
pub const BEFORE_COMMIT: &str = "before_commit";
/// In the relay, when an event has been read from the log and not sent.
pub const BEFORE_SEND: &str = "before_send";
/// In a move, when the tables are copied and nothing is committed.
pub const IN_MOVE: &str = "in_move";
/// In a move, when the source is closed and the target not open yet.
pub const BEFORE_ARRIVAL: &str = "before_arrival";

/// Stops here for ever if a test asked for it.
#[cfg(debug_assertions)]
pub async fn reach(point: &str) {
    if std::env::var_os("LAMPLIGHT_FAULT").is_some_and(|named| named == point) {
        tracing::warn!(point, "fault point reached, waiting to be killed");
        if let Some(mark) = std::env::var_os("LAMPLIGHT_FAULT_MARK") {
            let _ = std::fs::write(mark, point);
        }
        std::future::pending::<()>().await;
    }
}

/// Stops here for ever if a test asked for it: never, in this build.
#[cfg(not(debug_assertions))]
#[inline]
pub async fn reach(_point: &str) {}
