//! Engine.IO packets, protocol 4: one digit in front of every text message.
//!
//! On the WebSocket transport a packet is one text message and a binary payload is one binary message without a digit, so
//! only text is decoded here; long polling joins packets to a [`payload`](super::payload). The server is the one who pings
//! (the direction was turned round in protocol 4).

use std::time::Duration;

use serde::Serialize;

/// The server's heartbeat.
pub const PING: &str = "2";

/// The end of a session over long polling.
pub const CLOSE: &str = "1";

/// The end of a poll, and nothing else.
pub const NOOP: &str = "6";

/// What a client pings a new transport with, and the answer.
pub const PROBE: &str = "probe";

/// A packet as received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packet<'a> {
    /// `0`: the handshake, server to client only.
    Open(&'a str),
    /// `1`: the peer is about to close the transport.
    Close,
    /// `2`: server to client, or `2probe` of a client that tries a new transport.
    Ping(&'a str),
    /// `3`: the client's answer to a ping.
    Pong(&'a str),
    /// `4`: what Socket.IO has to say.
    Message(&'a str),
    /// `5`: the client has moved to the probed transport.
    Upgrade,
    /// `6`: nothing; ends a poll that is waiting.
    Noop,
}

impl<'a> Packet<'a> {
    /// The packet in a text message; `None` if it is none.
    pub fn decode(text: &'a str) -> Option<Self> {
        let mut chars = text.chars();
        let kind = chars.next()?;
        let rest = chars.as_str();
        Some(match kind {
            '0' => Self::Open(rest),
            '1' => Self::Close,
            '2' => Self::Ping(rest),
            '3' => Self::Pong(rest),
            '4' => Self::Message(rest),
            '5' => Self::Upgrade,
            '6' => Self::Noop,
            _ => return None,
        })
    }

    /// The packet as a text message.
    pub fn encode(self) -> String {
        match self {
            Self::Open(data) => format!("0{data}"),
            Self::Close => "1".to_owned(),
            Self::Ping(data) => format!("2{data}"),
            Self::Pong(data) => format!("3{data}"),
            Self::Message(data) => format!("4{data}"),
            Self::Upgrade => "5".to_owned(),
            Self::Noop => "6".to_owned(),
        }
    }
}

/// What the server tells a client in the first packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Handshake<'a> {
    /// The id of the Engine.IO session.
    pub sid: &'a str,
    /// Transports the client may move to.
    pub upgrades: &'a [&'a str],
    /// Time between two pings, in milliseconds.
    #[serde(serialize_with = "millis")]
    pub ping_interval: Duration,
    /// Time the other side has to answer a ping, in milliseconds.
    #[serde(serialize_with = "millis")]
    pub ping_timeout: Duration,
    /// The longest message the server accepts, in bytes.
    pub max_payload: usize,
}

impl Handshake<'_> {
    /// The open packet.
    pub fn encode(&self) -> String {
        let json = serde_json::to_string(self).unwrap_or_default();
        Packet::Open(&json).encode()
    }
}

fn millis<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_handshake_is_spelt_as_clients_expect() {
        let open = Handshake {
            sid: "abc",
            upgrades: &["websocket"],
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            max_payload: 100_000,
        };
        let expected =
            r#"0{"sid":"abc","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":100000}"#;
        assert_eq!(open.encode(), expected);
    }

    proptest! {
        #[test]
        fn any_text_is_a_packet_or_refused(text in ".*") {
            if let Some(packet) = Packet::decode(&text) {
                let again = packet.encode();
                prop_assert_eq!(Packet::decode(&again), Some(packet));
            }
        }

        #[test]
        fn data_comes_back(data in ".*") {
            for packet in [Packet::Open(&data), Packet::Ping(&data), Packet::Pong(&data), Packet::Message(&data)] {
                let text = packet.encode();
                prop_assert_eq!(Packet::decode(&text), Some(packet));
            }
        }
    }
}
