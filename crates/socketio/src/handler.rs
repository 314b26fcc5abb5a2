//! What a server's owner writes: [`Handler`], and what it is given.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Uri};
use serde_json::Value;

use crate::conn::Conn;
use crate::reason::CloseReason;
use crate::socket::{AckId, Socket};

/// Decides who may connect and hears what clients say.
///
/// The calls for one connection come one after the other, in the order of the client's packets, on that connection's task
/// (different connections run side by side). A call may take its time: pings are answered meanwhile, and the end of the
/// connection is noticed; but the client's next events wait, and when 64 wait or their size exceeds
/// [`Settings::max_payload`](crate::Settings::max_payload), reading pauses until the call has returned. A call is never
/// cancelled. A panic in one is logged and closes that connection's transport, no other.
pub trait Handler: Send + Sync + 'static {
    /// A client wants to connect: accept or refuse the attempt, here or on a task it is handed to. An attempt that is dropped
    /// is refused.
    fn connect(&self, attempt: ConnectAttempt) -> impl Future<Output = ()> + Send;

    /// A connected client sent an event. Answer [`ClientEvent::ack`], if set, with [`Socket::ack`].
    ///
    /// Events that still wait when the client leaves or is lost are delivered. Those that wait when the server disconnects
    /// the socket, closes it or lets it expire are not: whoever was signed out must not act any more.
    fn event(&self, socket: Socket, event: ClientEvent) -> impl Future<Output = ()> + Send {
        drop((socket, event));
        async {}
    }

    /// An accepted socket has ended. Called exactly once for each, after every other call for it has returned.
    fn closed(&self, socket: Socket, reason: CloseReason) -> impl Future<Output = ()> + Send {
        drop((socket, reason));
        async {}
    }
}

/// An event as a client sent it.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientEvent {
    /// Its name.
    pub name: String,
    /// The arguments. A binary one is a placeholder, `{"_placeholder":true,"num":n}`, for the n-th attachment.
    pub args: Vec<Value>,
    /// The binary attachments.
    pub attachments: Vec<Bytes>,
    /// Set if the client waits for an acknowledgement.
    pub ack: Option<AckId>,
}

/// The HTTP request that opened the connection, kept until CONNECT.
pub(crate) struct Opening {
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    /// Bytes the HTTP server had read beyond the request.
    pub(crate) early: Bytes,
}

/// A client that wants to connect.
pub struct ConnectAttempt {
    conn: Arc<Conn>,
    auth: Value,
    uri: Uri,
    headers: HeaderMap,
    decided: bool,
}

impl ConnectAttempt {
    pub(crate) fn new(conn: Arc<Conn>, auth: Value, opening: Opening) -> Self {
        Self { conn, auth, uri: opening.uri, headers: opening.headers, decided: false }
    }

    /// The client's `auth` object, as it stands in the CONNECT packet; null if there was none. A client that resumes has put
    /// `pid` and `offset` in it.
    pub fn auth(&self) -> &Value {
        &self.auth
    }

    /// The headers of the request that opened the connection.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The address of that request, with its query.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The address the connection came from, as the caller of [`SocketIo::handle`](crate::SocketIo::handle) told it.
    pub fn peer(&self) -> SocketAddr {
        self.conn.peer.address
    }

    /// False if the client has gone, or its time to connect is over. Deciding is harmless then.
    pub fn is_open(&self) -> bool {
        self.conn.is_open()
    }

    /// Lets the client in: it is sent its socket's id and, if given, `pid`, the private id it shows when it resumes.
    ///
    /// Frames sent to the socket from now on follow the answer. If the client has gone meanwhile, the socket is not live and
    /// [`Handler::closed`] is called for it like for any other.
    pub fn accept(mut self, pid: Option<&str>) -> Socket {
        self.decided = true;
        self.conn.accept(pid);
        Socket::new(self.conn.clone())
    }

    /// Turns the client away: its `connect_error` event gets an error with this message and, unless null, this data. It does
    /// not try again by itself. The transport is closed shortly after.
    pub fn refuse(mut self, message: &str, data: Value) {
        self.decided = true;
        self.conn.refuse(message, data);
    }

    /// Closes the transport without an answer, when nothing can be decided now: unlike after a refusal, the client comes
    /// back by itself, with what it needs to resume.
    pub fn close_transport(mut self, why: &'static str) {
        self.decided = true;
        self.conn.close(CloseReason::ServerClose(why), 1013, "try again later");
    }
}

impl Drop for ConnectAttempt {
    fn drop(&mut self) {
        if !self.decided {
            self.conn.refuse("Connection refused", Value::Null);
        }
    }
}

impl std::fmt::Debug for ConnectAttempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The auth object holds secrets.
        f.debug_struct("ConnectAttempt").field("peer", &self.peer()).finish_non_exhaustive()
    }
}

/// A call under way.
pub(crate) type Call = Pin<Box<dyn Future<Output = ()> + Send>>;

/// [`Handler`] without its type, so that nothing else needs a type parameter.
pub(crate) trait AnyHandler: Send + Sync {
    fn connect(self: Arc<Self>, attempt: ConnectAttempt) -> Call;
    fn event(self: Arc<Self>, socket: Socket, event: ClientEvent) -> Call;
    fn closed(self: Arc<Self>, socket: Socket, reason: CloseReason) -> Call;
}

impl<H: Handler> AnyHandler for H {
    fn connect(self: Arc<Self>, attempt: ConnectAttempt) -> Call {
        Box::pin(async move { Handler::connect(&*self, attempt).await })
    }

    fn event(self: Arc<Self>, socket: Socket, event: ClientEvent) -> Call {
        Box::pin(async move { Handler::event(&*self, socket, event).await })
    }

    fn closed(self: Arc<Self>, socket: Socket, reason: CloseReason) -> Call {
        Box::pin(async move { Handler::closed(&*self, socket, reason).await })
    }
}
