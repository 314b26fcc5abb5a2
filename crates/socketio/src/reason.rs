//! Why a socket ended.

use std::fmt;

/// Why a socket ended: the first cause, told once to [`Handler::closed`](crate::Handler::closed).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// The client sent a DISCONNECT packet: it left on purpose.
    ClientDisconnect,
    /// The client closed its transport, or its connection ended in order; over long polling, also if in a request.
    PeerClosed,
    /// Reading or writing failed.
    TransportError,
    /// A ping was not answered, or a payload not sent, within [`Settings::ping_timeout`](crate::Settings::ping_timeout).
    PingTimeout,
    /// CONNECT was not accepted within [`Settings::connect_timeout`](crate::Settings::connect_timeout).
    ConnectTimeout,
    /// [`Socket::disconnect`](crate::Socket::disconnect) was called, with its caller's words.
    ServerDisconnect(&'static str),
    /// [`Socket::close_transport`](crate::Socket::close_transport) was called, with its caller's words.
    ServerClose(&'static str),
    /// More than [`Settings::max_buffered_bytes`](crate::Settings::max_buffered_bytes) were waiting for the client.
    TooSlow,
    /// The client sent packets faster than the settings allow.
    TooManyPackets,
    /// The client broke a rule of WebSocket, Engine.IO or Socket.IO.
    ProtocolError,
    /// The deadline of [`Socket::set_expiry`](crate::Socket::set_expiry) has passed.
    Expired,
    /// The server is stopping.
    Shutdown,
}

impl CloseReason {
    /// How many kinds there are.
    pub(crate) const COUNT: usize = 12;

    /// The name of each kind, at its place in the counters.
    pub(crate) const NAMES: [&'static str; Self::COUNT] = [
        "client_disconnect",
        "peer_closed",
        "transport_error",
        "ping_timeout",
        "connect_timeout",
        "server_disconnect",
        "server_close",
        "too_slow",
        "too_many_packets",
        "protocol_error",
        "expired",
        "shutdown",
    ];

    pub(crate) fn index(self) -> usize {
        match self {
            Self::ClientDisconnect => 0,
            Self::PeerClosed => 1,
            Self::TransportError => 2,
            Self::PingTimeout => 3,
            Self::ConnectTimeout => 4,
            Self::ServerDisconnect(_) => 5,
            Self::ServerClose(_) => 6,
            Self::TooSlow => 7,
            Self::TooManyPackets => 8,
            Self::ProtocolError => 9,
            Self::Expired => 10,
            Self::Shutdown => 11,
        }
    }

    /// True if the server has withdrawn its trust: what the client said last must not count any more.
    pub(crate) fn is_eviction(self) -> bool {
        matches!(self, Self::ServerDisconnect(_) | Self::ServerClose(_) | Self::Expired)
    }

    /// The stable name of the kind, for logs and metrics.
    pub fn as_str(self) -> &'static str {
        Self::NAMES.get(self.index()).copied().unwrap_or("unknown")
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ServerDisconnect(why) | Self::ServerClose(why) => write!(f, "{} ({why})", self.as_str()),
            _ => f.write_str(self.as_str()),
        }
    }
}
