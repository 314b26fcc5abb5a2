//! [`Frame`]: something to send, encoded once and shared by all who get it.

use bytes::Bytes;
use serde::Serialize;

use crate::codec::{packet, websocket};

/// A packet ready for the wire. Cloning it clones a pointer; sending it to a thousand sockets encodes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    wire: Bytes,
    text_at: usize,
}

impl Frame {
    /// An event. `args` must serialise as a list: a tuple of different types, a slice, or `()` for no arguments.
    ///
    /// A stored payload need not be parsed again: `&RawValue` is copied as it stands. Clients with connection state recovery
    /// take the last argument for the offset of the event when it is a string:
    ///
    /// ```
    /// # use lamplight_socketio::Frame;
    /// # use serde_json::value::RawValue;
    /// # fn main() -> Result<(), serde_json::Error> {
    /// let payload = RawValue::from_string(r#"{"title":"Anatomy"}"#.to_owned())?;
    /// let frame = Frame::event("downloads:created", &(&*payload, "epoch.17"))?;
    /// assert_eq!(frame.text(), br#"42["downloads:created",{"title":"Anatomy"},"epoch.17"]"#);
    /// # Ok(())
    /// # }
    /// ```
    pub fn event<A: Serialize + ?Sized>(name: &str, args: &A) -> Result<Self, serde_json::Error> {
        packet::event(name, args).map(|packet| Self::message(&packet))
    }

    /// An event that the client is to acknowledge under `id`; arguments as in [`Frame::event`].
    pub(crate) fn asking<A: Serialize + ?Sized>(id: u64, name: &str, args: &A) -> Result<Self, serde_json::Error> {
        packet::asking(id, name, args).map(|packet| Self::message(&packet))
    }

    /// An acknowledgement of the client's event `id`, with arguments as in [`Frame::event`].
    pub(crate) fn ack<A: Serialize + ?Sized>(id: u64, args: &A) -> Result<Self, serde_json::Error> {
        packet::ack(id, args).map(|packet| Self::message(&packet))
    }

    /// A Socket.IO packet.
    pub(crate) fn message(packet: &str) -> Self {
        Self::engine(&format!("4{packet}"))
    }

    /// An Engine.IO packet.
    pub(crate) fn engine(text: &str) -> Self {
        let wire = websocket::text_frame(text);
        let text_at = wire.len() - text.len();
        Self { wire: wire.into(), text_at }
    }

    /// The Engine.IO packet, UTF-8, without the WebSocket header.
    pub fn text(&self) -> &[u8] {
        self.wire.get(self.text_at..).unwrap_or_default()
    }

    /// The bytes as they go over a WebSocket, header and packet.
    pub fn wire(&self) -> &Bytes {
        &self.wire
    }
}
