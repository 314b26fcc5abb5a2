//! What clients acknowledge: the events of the server that wait for an answer.
//!
//! A connection that was never asked for anything holds one empty pointer for this.

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::oneshot;

/// A client's answer to an event of the server.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientAck {
    /// The arguments. A binary one is a placeholder, `{"_placeholder":true,"num":n}`, for the n-th attachment.
    pub args: Vec<Value>,
    /// The binary attachments.
    pub attachments: Vec<Bytes>,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum NoAck {
    /// The client did not answer in time. It may have the event all the same.
    TimedOut,
    /// The socket has ended, before or after the event was sent.
    Gone,
    /// The arguments are not a list, or cannot be written as JSON.
    Encoding(serde_json::Error),
}

impl std::fmt::Display for NoAck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TimedOut => f.write_str("the client did not acknowledge in time"),
            Self::Gone => f.write_str("the socket has ended"),
            Self::Encoding(error) => write!(f, "the event cannot be encoded: {error}"),
        }
    }
}

impl std::error::Error for NoAck {}

impl From<serde_json::Error> for NoAck {
    fn from(error: serde_json::Error) -> Self {
        Self::Encoding(error)
    }
}

/// The answers that one connection owes.
#[derive(Debug, Default)]
pub(crate) struct Acks {
    /// The id of the next event.
    pub(crate) next: u64,
    pub(crate) waiting: HashMap<u64, oneshot::Sender<ClientAck>>,
}

/// An answer that is awaited.
pub(crate) struct Asked {
    pub(crate) id: u64,
    /// Fails when the socket ends.
    pub(crate) answer: oneshot::Receiver<ClientAck>,
}

impl Acks {
    /// Takes an id for an event that is sent now, and a place where its answer will come.
    pub(crate) fn expect(&mut self) -> (u64, oneshot::Receiver<ClientAck>) {
        let id = self.next;
        self.next += 1;
        let (sender, receiver) = oneshot::channel();
        self.waiting.insert(id, sender);
        (id, receiver)
    }
}
