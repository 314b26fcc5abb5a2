//! [`Socket`]: a connected client, in the hands of the server's owner.

use std::any::Any;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::acks::{ClientAck, NoAck};
use crate::conn::Conn;
use crate::outgoing::Frame;
use crate::reason::CloseReason;

/// What a client calls an event it wants acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AckId(pub(crate) u64);

/// A connected client. Clones are the same socket; one that is kept after the end keeps a few hundred bytes, no connection.
///
/// Every method is cheap, does not block and does nothing once the socket has ended.
#[derive(Clone)]
pub struct Socket(Arc<Conn>);

impl Socket {
    pub(crate) fn new(conn: Arc<Conn>) -> Self {
        Self(conn)
    }

    pub(crate) fn conn(&self) -> &Arc<Conn> {
        &self.0
    }

    /// The id the client knows as `socket.id`. Another after each reconnect.
    pub fn id(&self) -> &str {
        self.0.sid.as_str()
    }

    /// Counts the connections of this server: the older one has the smaller number.
    pub fn number(&self) -> u64 {
        self.0.number
    }

    /// The address the connection came from.
    pub fn peer(&self) -> SocketAddr {
        self.0.peer.address
    }

    /// True while events can be sent.
    pub fn is_live(&self) -> bool {
        self.0.is_live()
    }

    /// Sends an event behind all that was sent before.
    ///
    /// False if it was not sent, because the socket has ended, or ended now: it read too slowly or its connection failed.
    /// True does not mean that the client has it; that is what offsets are for.
    pub fn emit(&self, frame: &Frame) -> bool {
        self.0.send(frame)
    }

    /// Sends an event behind all that was sent before and waits, at most for `patience`, until the client acknowledges it;
    /// `args` as in [`Frame::event`]. Given up (dropped), an answer that still comes is passed over.
    pub async fn emit_with_ack<A: Serialize + ?Sized>(
        &self,
        name: &str,
        args: &A,
        patience: Duration,
    ) -> Result<ClientAck, NoAck> {
        let asked = self.0.ask(|id| Frame::asking(id, name, args))?;
        let waiting = Waiting { conn: &self.0, id: asked.id };
        let answer = tokio::time::timeout(patience, asked.answer).await;
        drop(waiting);
        match answer {
            Ok(Ok(ack)) => Ok(ack),
            Ok(Err(_)) => Err(NoAck::Gone),
            Err(_) => Err(NoAck::TimedOut),
        }
    }

    /// Waits until nothing waits for the client: the kernel, or the poll, has taken all that was sent. At once if the socket
    /// has ended.
    ///
    /// For sending much, piece by piece, without ever holding it all. Only within a call of the [`Handler`](crate::Handler) for
    /// this socket: it is the connection's task that notices.
    pub async fn drained(&self) {
        std::future::poll_fn(|_| if self.0.queued() == 0 || !self.is_live() { Poll::Ready(()) } else { Poll::Pending })
            .await;
    }

    /// Answers an event of the client; `args` as in [`Frame::event`]. The result as in [`Socket::emit`].
    pub fn ack<A: Serialize + ?Sized>(&self, id: AckId, args: &A) -> Result<bool, serde_json::Error> {
        Ok(self.emit(&Frame::ack(id.0, args)?))
    }

    /// Sends the client away: a DISCONNECT packet, then the transport closes. The official client does **not** reconnect by
    /// itself ("io server disconnect"); use it when the person must do something first, like sign in again.
    ///
    /// `why` is for the log and the close frame; the application on the other side does not see it.
    pub fn disconnect(&self, why: &'static str) {
        self.0.disconnect(why);
    }

    /// Closes the connection under the socket. The official client reconnects by itself ("transport close") and can resume;
    /// use it for all that a fresh connection heals.
    pub fn close_transport(&self, why: &'static str) {
        self.0.close(CloseReason::ServerClose(why), 1000, why);
    }

    /// Closes the transport at `at` with [`CloseReason::Expired`], in place of any deadline set before; `None` lifts it. The
    /// official client comes back by itself, with fresh credentials if its `auth` is a function, or to be refused.
    pub fn set_expiry(&self, at: Option<Instant>) {
        self.0.set_expiry(at);
    }

    /// Attaches the owner's knowledge of this client, once. False if there is some already.
    pub fn set_data<T: Any + Send + Sync>(&self, data: T) -> bool {
        self.0.data.set(Box::new(data)).is_ok()
    }

    /// What [`Socket::set_data`] attached, if it is a `T`.
    pub fn data<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.0.data.get().and_then(|data| data.downcast_ref())
    }
}

/// Forgets an acknowledgement that nobody waits for any more.
struct Waiting<'a> {
    conn: &'a Conn,
    id: u64,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.conn.forget_ack(self.id);
    }
}

impl PartialEq for Socket {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Socket {}

impl std::fmt::Debug for Socket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Socket").field("id", &self.id()).field("peer", &self.peer()).finish_non_exhaustive()
    }
}
