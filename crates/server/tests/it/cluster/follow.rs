//! A page that follows: it does what the official client does, and keeps all it was given.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    client_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use crate::support::{Heard, Member, live::Stream};

/// More than `PING_INTERVAL_SECONDS` and `PING_TIMEOUT_SECONDS` of these nodes together: then the other end is taken for dead.
const QUIET: Duration = Duration::from_millis(2500);
/// How long a connect may take.
const PATIENCE: Duration = Duration::from_secs(2);
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// What a page was given, and how it went.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) heard: Mutex<Vec<Heard>>,
    /// How often it connected.
    pub(super) connects: AtomicU32,
    /// How often it was told to load afresh.
    pub(super) fresh: AtomicU32,
    /// What else it was told instead of being let in.
    pub(super) refusals: Mutex<Vec<Value>>,
}

pub(super) struct Follower {
    pub(super) member: Member,
    pub(super) notes: Arc<Notes>,
    task: JoinHandle<()>,
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Follower {
    pub(super) fn start(address: SocketAddr, member: &Member, token: String) -> Self {
        let notes = Arc::new(Notes::default());
        let task = tokio::spawn(follow(address, token, Arc::clone(&notes)));
        Self { member: member.clone(), notes, task }
    }

    pub(super) fn has_heard(&self, title: &str) -> bool {
        self.notes.heard.lock().unwrap().iter().any(|heard| heard.payload["title"] == title)
    }

    pub(super) fn connects(&self) -> u32 {
        self.notes.connects.load(Ordering::SeqCst)
    }
}

async fn follow(address: SocketAddr, token: String, notes: Arc<Notes>) {
    let (mut pid, mut offset): (Option<String>, Option<String>) = (None, None);
    loop {
        let mut auth = json!({"token": token});
        if let Some(pid) = &pid {
            auth["pid"] = json!(pid);
        }
        if let Some(offset) = &offset {
            auth["offset"] = json!(offset);
        }
        if let Ok(Some((mut stream, answer))) = timeout(PATIENCE, knock(address, &auth)).await {
            if let Some(answer) = answer.strip_prefix("40") {
                let answer: Value = serde_json::from_str(answer).unwrap();
                let given = answer["pid"].as_str().unwrap().to_owned();
                if pid.as_ref().is_some_and(|pid| *pid != given) {
                    notes.fresh.fetch_add(1, Ordering::SeqCst);
                }
                pid = Some(given);
                notes.connects.fetch_add(1, Ordering::SeqCst);
                listen(&mut stream, &notes, &mut offset).await;
            } else {
                notes.refusals.lock().unwrap().push(json!(answer));
            }
        }
        sleep(BETWEEN_TRIES).await;
    }
}

/// Up to the answer to CONNECT; `None` when it did not come.
async fn knock(address: SocketAddr, auth: &Value) -> Option<(Stream, String)> {
    let request = format!("ws://{address}/socket.io/?EIO=4&transport=websocket").into_client_request().unwrap();
    let tcp = TcpStream::connect(address).await.ok()?;
    let (mut stream, _) = client_async(request, tcp).await.ok()?;
    let open = text(&mut stream).await?;
    assert!(open.starts_with('0'), "{open}");
    stream.send(Message::text(format!("40{auth}"))).await.ok()?;
    loop {
        let answer = text(&mut stream).await?;
        if answer != "2" {
            return Some((stream, answer));
        }
        // A heartbeat may overtake a slow answer.
        stream.send(Message::text("3")).await.ok()?;
    }
}

/// The next packet, heartbeats too.
async fn text(stream: &mut Stream) -> Option<String> {
    loop {
        if let Message::Text(text) = stream.next().await?.ok()? {
            return Some(text.as_str().to_owned());
        }
    }
}

async fn listen(stream: &mut Stream, notes: &Notes, offset: &mut Option<String>) {
    while let Ok(Some(packet)) = timeout(QUIET, text(stream)).await {
        assert_ne!(packet, "41", "sent away for good, the official client would not come back");
        if packet == "2" && stream.send(Message::text("3")).await.is_err() {
            return;
        }
        let Some(event) = packet.strip_prefix("42") else { continue };
        let (name, payload, at): (String, Value, String) =
            serde_json::from_str(event).expect("[name, payload, offset]");
        *offset = Some(at.clone());
        notes.heard.lock().unwrap().push(Heard { name, payload, offset: at });
    }
}
