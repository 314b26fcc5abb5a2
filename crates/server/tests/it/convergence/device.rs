//! A client: it does what the official one does with what it is told, and can be slow.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio::{net::TcpSocket, sync::watch, task::JoinHandle};
use tokio_tungstenite::{client_async, tungstenite::Message};

use crate::support::{
    live::{Stream, receive},
    soon,
};

use super::history::{Caught, Chronicle, Link, Seen, Who, key};

/// What every bell's key begins with; its number follows.
pub(super) const BELL: &str = "bell ";
/// Small, so that who does not read is soon noticed; but more than the largest segment of the loopback (64 KiB). A window below that is opened by
/// the sender's probes alone, once it was full: 70 KB a second, however fast the reader is.
const BUFFER: u32 = 128 * 1024;

/// What is known of a connection from outside its task.
#[derive(Debug, Clone, Copy, Default)]
struct News {
    /// The highest bell that was heard.
    rung: u64,
    ended: bool,
}

/// What the task of a connection does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Read,
    Pause,
    /// Ends and gives the connection back, open.
    Leave,
}

struct Open {
    /// All but what was caught.
    link: Link,
    caught: Arc<Mutex<Vec<Caught>>>,
    news: watch::Receiver<News>,
    mode: watch::Sender<Mode>,
    task: JoinHandle<Option<Stream>>,
}

/// What somebody shows at the door.
#[derive(Debug, Clone)]
pub(super) struct Pass {
    pub(super) who: Who,
    pub(super) session: i32,
    pub(super) token: String,
}

pub(super) struct Device {
    pub(super) who: Who,
    chronicle: Arc<Chronicle>,
    /// What the page keeps: the pid of the last answer, the offset of the last event.
    pid: Option<String>,
    offset: Option<String>,
    open: Option<Open>,
    seen: Vec<Seen>,
    mode: Mode,
    /// Connections that it has left without closing them.
    ghosts: Vec<Stream>,
}

/// Why a device is not connected.
#[derive(Debug)]
pub(super) enum Away {
    /// The connection could not be made, or ended before the answer: try again.
    Later,
    /// The server said why not.
    Refused(String),
}

/// Opens a transport. `None` when nobody answers, or not as one should.
async fn dial(address: SocketAddr) -> Option<Stream> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(BUFFER).unwrap();
    let tcp = socket.connect(address).await.ok()?;
    let url = format!("ws://{address}/socket.io/?EIO=4&transport=websocket");
    let (mut stream, _) = client_async(url, tcp).await.ok()?;
    receive(&mut stream).await.filter(|open| open.starts_with('0'))?;
    Some(stream)
}

impl Device {
    pub(super) fn new(who: Who, chronicle: Arc<Chronicle>) -> Self {
        let mode = Mode::Read;
        Self { who, chronicle, pid: None, offset: None, open: None, seen: Vec::new(), mode, ghosts: Vec::new() }
    }

    fn auth(&self, pass: &Pass) -> Value {
        let mut auth = json!({"token": pass.token});
        if let Some(pid) = &self.pid {
            auth["pid"] = json!(pid);
        }
        if let Some(offset) = &self.offset {
            auth["offset"] = json!(offset);
        }
        auth
    }

    /// Connects, if it is not connected.
    pub(super) async fn come(&mut self, address: SocketAddr, pass: &Pass) -> Result<(), Away> {
        if self.is_open() {
            return Ok(());
        }
        self.put_away().await;
        let begun = self.chronicle.tick();
        let mut stream = soon(dial(address)).await.ok_or(Away::Later)?;
        stream.send(Message::text(format!("40{}", self.auth(pass)))).await.map_err(|_| Away::Later)?;
        let answer = soon(receive(&mut stream)).await.ok_or(Away::Later)?;
        let answered = self.chronicle.tick();
        if let Some(error) = answer.strip_prefix("44") {
            let error: Value = serde_json::from_str(error).unwrap();
            let code = error["data"]["code"].as_str().unwrap().to_owned();
            let Pass { who, session, .. } = *pass;
            self.seen.push(Seen::Refused { who, session, begun, answered, code: code.clone() });
            return Err(Away::Refused(code));
        }
        let answer: Value = serde_json::from_str(answer.strip_prefix("40").expect("a CONNECT")).unwrap();
        let pid = answer["pid"].as_str().expect("a pid").to_owned();
        let came = self.pid.replace(pid.clone());
        let link = Link { who: pass.who, session: pass.session, begun, answered, came, pid, caught: Vec::new() };
        let caught = Arc::default();
        let (tell, news) = watch::channel(News::default());
        let (mode, told) = watch::channel(self.mode);
        let reading = read(stream, told, Arc::clone(&self.chronicle), Arc::clone(&caught), tell);
        self.open = Some(Open { link, caught, news, mode, task: tokio::spawn(reading) });
        Ok(())
    }

    /// Sends CONNECT and does not wait for the answer.
    pub(super) async fn graze(&mut self, address: SocketAddr, pass: &Pass) {
        if !self.is_open()
            && let Some(mut stream) = soon(dial(address)).await
        {
            self.put_away().await;
            let _ = stream.send(Message::text(format!("40{}", self.auth(pass)))).await;
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.as_ref().is_some_and(|open| !open.task.is_finished() && !open.news.borrow().ended)
    }

    /// Whether its connection began another stream.
    pub(super) fn is_fresh(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.link.came.as_ref() != Some(&open.link.pid))
    }

    /// Whether it handles what comes.
    pub(super) fn is_reading(&self) -> bool {
        self.mode == Mode::Read
    }

    pub(super) fn read(&mut self, reads: bool) {
        self.mode = if reads { Mode::Read } else { Mode::Pause };
        if let Some(open) = &self.open {
            let _ = open.mode.send(self.mode);
        }
    }

    /// Cuts the wire. What had come and was not handled was never heard.
    pub(super) async fn cut(&mut self) {
        if let Some(open) = &self.open {
            open.task.abort();
        }
        self.put_away().await;
    }

    /// Leaves the connection as it is: open, and never looked at again.
    pub(super) async fn leave(&mut self) {
        if let Some(open) = &self.open {
            let _ = open.mode.send(Mode::Leave);
        }
        self.put_away().await;
    }

    /// Ends what is left of a connection that is over, and keeps what was heard on it.
    async fn put_away(&mut self) {
        let Some(mut open) = self.open.take() else { return };
        match soon(&mut open.task).await {
            Ok(ghost) => self.ghosts.extend(ghost),
            Err(error) if error.is_cancelled() => {}
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
        open.link.caught = std::mem::take(&mut *open.caught.lock().unwrap());
        if let Some(last) = open.link.caught.last() {
            self.offset = Some(last.offset.clone());
        }
        self.seen.push(Seen::Link(open.link));
    }

    /// Waits for a bell. False when the connection ended before it.
    pub(super) async fn hears(&mut self, bell: u64) -> bool {
        let Some(open) = &mut self.open else { return false };
        let waited = soon(open.news.wait_for(|news| news.ended || news.rung >= bell)).await;
        waited.is_ok_and(|news| news.rung >= bell)
    }

    /// How it stands, for a report.
    pub(super) fn told(&self) -> String {
        let last = match &self.open {
            Some(open) if self.is_open() => format!("open since tick {}", open.link.begun),
            Some(open) => format!("ended; began at tick {}", open.link.begun),
            None => "away".to_owned(),
        };
        format!("{last}, after {} earlier connections, last offset {:?}", self.seen.len(), self.offset)
    }

    /// All it saw.
    pub(super) async fn finish(&mut self) -> Vec<Seen> {
        self.cut().await;
        std::mem::take(&mut self.seen)
    }
}

/// Handles what comes, while it may.
async fn read(
    mut stream: Stream,
    mut mode: watch::Receiver<Mode>,
    chronicle: Arc<Chronicle>,
    caught: Arc<Mutex<Vec<Caught>>>,
    tell: watch::Sender<News>,
) -> Option<Stream> {
    loop {
        let now = *mode.borrow_and_update();
        let text = match now {
            Mode::Leave => return Some(stream),
            Mode::Pause => {
                mode.changed().await.ok()?;
                continue;
            }
            Mode::Read => tokio::select! {
                changed = mode.changed() => {
                    changed.ok()?;
                    continue;
                }
                text = receive(&mut stream) => text,
            },
        };
        let Some(text) = text else { break };
        let Some(event) = text.strip_prefix("42") else { continue };
        let event: Vec<Value> = serde_json::from_str(event).expect("a list");
        // Signals are about this connection alone: they stand in no log and have no offset.
        let [name, payload, offset] = event.as_slice() else { continue };
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let one = Caught { tick: chronicle.tick(), name: text(name), key: key(payload), offset: text(offset) };
        let bell = one.key.strip_prefix(BELL).map(|number| number.parse().unwrap());
        caught.lock().unwrap().push(one);
        if let Some(bell) = bell {
            tell.send_modify(|news| news.rung = news.rung.max(bell));
        }
    }
    tell.send_modify(|news| news.ended = true);
    None
}
