//! What an operator may set, with the values the official server and our own measurements suggest.

use std::time::Duration;

/// The bounds and intervals of a server. `Settings::default()` is meant to be right for production.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Time between two pings to a client. Default 25 s, as the official server.
    pub ping_interval: Duration,
    /// Time a client has to answer a ping before its connection is given up, or to send the body of a POST. Default 20 s, as
    /// the official server.
    pub ping_timeout: Duration,
    /// Time from the opening of a connection until its CONNECT must have been accepted; also, from the opening of a WebSocket
    /// for a polling session until the session must have moved there. Default 10 s.
    pub connect_timeout: Duration,
    /// Time a client has to read a farewell (a refusal, a DISCONNECT, a close frame or packet) before the connection is cut.
    /// Default 2 s.
    pub farewell: Duration,
    /// The longest message a client may send, in bytes, attachments together; over long polling the longest payload. What the
    /// server sends at once over long polling has this bound too, unless a single packet is longer. Default 100,000.
    pub max_payload: usize,
    /// The most binary attachments an event of a client may have. Default 10.
    pub max_attachments: usize,
    /// What may wait for a client that reads slowly or polls late, in bytes on the wire. A single frame is taken at any size when nothing
    /// else waits, or a client could never receive it. Default 1 MB.
    pub max_buffered_bytes: usize,
    /// Packets a second a client may send for long. Default 50.
    pub packets_per_second: u32,
    /// Packets a client may send at once. Default 100.
    pub packet_burst: u32,
    /// Handshakes a second that one address may make for long. Default 200.
    pub handshakes_per_second: u32,
    /// Handshakes that one address may make at once. Default 2,000: a whole school behind one address comes back after a
    /// restart within a second.
    pub handshake_burst: u32,
    /// Connections that one address may have, with or without CONNECT. Default 4,000.
    pub connections_per_address: u32,
    /// The grain of all deadlines: they are met at most this much late. At least 1 ms; default 250 ms.
    pub tick: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            connect_timeout: Duration::from_secs(10),
            farewell: Duration::from_secs(2),
            max_payload: 100_000,
            max_attachments: 10,
            max_buffered_bytes: 1_000_000,
            packets_per_second: 50,
            packet_burst: 100,
            handshakes_per_second: 200,
            handshake_burst: 2_000,
            connections_per_address: 4_000,
            tick: Duration::from_millis(250),
        }
    }
}
