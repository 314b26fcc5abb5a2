//! A client of the sockets: as much of Engine.IO 4 and Socket.IO 5 as the official one uses over a WebSocket.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::mpsc,
    task::JoinHandle,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

use super::{Institute, soon};

/// The event of [`Institute::ring`].
pub(crate) const BELL: &str = "tests:bell";

/// An event, as a client hears it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Heard {
    pub(crate) name: String,
    pub(crate) payload: Value,
    pub(crate) offset: String,
}

impl Heard {
    /// `name` and title, for comparing.
    pub(crate) fn told(&self) -> String {
        format!("{} {}", self.name, self.payload["title"].as_str().unwrap_or("-"))
    }
}

enum Note {
    Heard(Heard),
    /// The end: whether the server sent DISCONNECT before it, after which the official client does not come back.
    Ended {
        sent_away: bool,
    },
}

/// What a client keeps when its connection is cut: enough to come back.
#[derive(Debug, Clone)]
pub(crate) struct Seat {
    pub(crate) pid: String,
    /// The offset of the last event it has handled.
    pub(crate) offset: Option<String>,
}

/// One connected device.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) seat: Seat,
    /// The number of the last bell.
    rung: Arc<AtomicU64>,
    notes: mpsc::UnboundedReceiver<Note>,
    task: JoinHandle<()>,
}

pub(crate) type Stream = WebSocketStream<TcpStream>;

pub(crate) async fn receive<T: AsyncRead + AsyncWrite + Unpin>(stream: &mut WebSocketStream<T>) -> Option<String> {
    loop {
        match stream.next().await? {
            Ok(Message::Text(text)) if text.as_str() == "2" => stream.send(Message::text("3")).await.ok()?,
            Ok(Message::Text(text)) => return Some(text.as_str().to_owned()),
            Ok(_) => {}
            Err(_) => return None,
        }
    }
}

/// Opens a transport without connecting yet: everything up to the open packet.
pub(crate) async fn transport(address: SocketAddr, query: &str, headers: &[(&'static str, &str)]) -> Stream {
    let mut request =
        format!("ws://{address}/socket.io/?EIO=4&transport=websocket{query}").into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
    }
    let tcp = soon(TcpStream::connect(address)).await.unwrap();
    let (mut stream, _) = soon(client_async(request, tcp)).await.unwrap();
    let open = soon(receive(&mut stream)).await.unwrap();
    assert!(open.starts_with('0'), "{open}");
    stream
}

impl Live {
    /// Sends CONNECT over a transport. `Err` is the payload of a CONNECT_ERROR.
    pub(crate) async fn connect<T>(mut stream: WebSocketStream<T>, auth: &Value) -> Result<Self, Value>
    where
        T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        soon(stream.send(Message::text(format!("40{auth}")))).await.unwrap();
        let answer = soon(receive(&mut stream)).await.expect("an answer to CONNECT");
        if let Some(error) = answer.strip_prefix("44") {
            // Nothing was joined: there is nothing more to come but the end.
            let more = soon(async {
                let _ = stream.close(None).await;
                receive(&mut stream).await
            });
            assert_eq!(more.await, None, "after a refusal");
            return Err(serde_json::from_str(error).unwrap());
        }
        let reply: Value = serde_json::from_str(answer.strip_prefix("40").expect("a CONNECT")).unwrap();
        let pid = reply["pid"].as_str().expect("a pid").to_owned();
        assert!(reply["sid"].is_string(), "{reply}");
        let (sender, notes) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            let mut sent_away = false;
            while let Some(text) = receive(&mut stream).await {
                sent_away |= text == "41";
                let Some(event) = text.strip_prefix("42") else { continue };
                // Signals are about this connection alone: they stand in no log and have no offset.
                if serde_json::from_str::<Vec<Value>>(event).expect("a list").len() == 2 {
                    continue;
                }
                let (name, payload, offset) = serde_json::from_str(event).expect("[name, payload, offset]");
                let _ = sender.send(Note::Heard(Heard { name, payload, offset }));
            }
            let _ = sender.send(Note::Ended { sent_away });
        });
        Ok(Self { seat: Seat { pid, offset: None }, rung: Arc::default(), notes, task })
    }

    /// The next event.
    pub(crate) async fn next(&mut self) -> Heard {
        match soon(self.notes.recv()).await {
            Some(Note::Heard(heard)) => {
                self.seat.offset = Some(heard.offset.clone());
                heard
            }
            _ => panic!("the connection ended"),
        }
    }

    /// What is heard before the last bell.
    pub(crate) async fn before_the_bell(&mut self) -> Vec<Heard> {
        let last = self.rung.load(Ordering::SeqCst);
        let mut heard = Vec::new();
        loop {
            match self.next().await {
                bell if bell.name == BELL && bell.payload["number"].as_u64() >= Some(last) => return heard,
                bell if bell.name == BELL => {}
                event => heard.push(event),
            }
        }
    }

    /// The same, for comparing.
    pub(crate) async fn told(&mut self) -> Vec<String> {
        self.before_the_bell().await.iter().map(Heard::told).collect()
    }

    /// Waits for the end of the connection; says whether the server sent the client away for good. Nothing may come before.
    pub(crate) async fn ended(&mut self) -> bool {
        match soon(self.notes.recv()).await {
            Some(Note::Ended { sent_away }) => sent_away,
            Some(Note::Heard(heard)) => panic!("heard before the end: {heard:?}"),
            None => panic!("the end was seen before"),
        }
    }

    /// What came before the connection ended.
    pub(crate) async fn before_the_end(&mut self) -> Vec<Heard> {
        let mut heard = VecDeque::new();
        while let Some(Note::Heard(event)) = soon(self.notes.recv()).await {
            self.seat.offset = Some(event.offset.clone());
            heard.push_back(event);
        }
        heard.into()
    }

    /// Cuts the wire. What had come and was not looked at was never heard.
    pub(crate) async fn cut(self) -> Seat {
        self.task.abort();
        let _ = self.task.await;
        self.seat
    }
}

impl Institute {
    /// A new page.
    pub(crate) async fn live(&self, who: impl AsRef<str>) -> Live {
        self.knock(json!({"token": who.as_ref()})).await.expect("to be let in")
    }

    /// Somebody tries to come in.
    pub(crate) async fn knock(&self, auth: Value) -> Result<Live, Value> {
        let live = Live::connect(transport(self.address(), "", &[]).await, &auth).await?;
        Ok(Live { rung: Arc::clone(&self.rung), ..live })
    }

    /// A page that comes back, as the official client does.
    pub(crate) async fn back(&self, who: impl AsRef<str>, seat: &Seat) -> Live {
        Live { rung: Arc::clone(&self.rung), ..back(self.address(), who.as_ref(), seat).await }
    }

    /// Waits until all that happened so far was sent: who connects now hears only of what comes.
    pub(crate) async fn settled(&self) {
        let mut office = self.live(&self.people.office).await;
        self.ring().await;
        office.before_the_bell().await;
    }
}

/// A page that comes back to an address.
pub(crate) async fn back(address: SocketAddr, token: &str, seat: &Seat) -> Live {
    let mut auth = json!({"token": token, "pid": seat.pid});
    if let Some(offset) = &seat.offset {
        auth["offset"] = json!(offset);
    }
    let mut live = Live::connect(transport(address, "", &[]).await, &auth).await.expect("to be let in");
    live.seat.offset.clone_from(&seat.offset);
    live
}
