//! A line of TCP that can be cut, stalled and slowed down.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream, UnixStream},
    sync::watch,
    task::JoinHandle,
    time::sleep,
};

/// Where a wire leads.
#[derive(Debug, Clone)]
pub(crate) enum Far {
    /// To an address, from another one.
    Tcp(IpAddr, SocketAddr),
    Unix(PathBuf),
}

impl From<SocketAddr> for Far {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(Ipv4Addr::LOCALHOST.into(), address)
    }
}

/// What becomes of what is sent over a wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    Whole,
    /// All connections are closed, and new ones at once.
    Cut,
    /// Nothing arrives and nobody is told, as when a cable is pulled. What was sent arrives when it is whole again.
    Stalled,
    /// Everything takes so much longer, in each direction.
    Slow(Duration),
}

/// A line to somebody.
pub(crate) struct Wire {
    pub(crate) address: SocketAddr,
    flow: watch::Sender<Flow>,
    far: watch::Sender<Far>,
    /// How often the connections were forgotten.
    forgotten: watch::Sender<u32>,
    task: JoinHandle<()>,
}

impl Wire {
    pub(crate) async fn to(far: impl Into<Far>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (flow, state) = watch::channel(Flow::Whole);
        let (far, leads) = watch::channel(far.into());
        let (forgotten, known) = watch::channel(0);
        let task = tokio::spawn(async move {
            loop {
                let (near, _) = listener.accept().await.unwrap();
                let (state, far) = (state.clone(), leads.borrow().clone());
                let line = Line { flow: state.clone(), age: *known.borrow(), forgotten: known.clone() };
                tokio::spawn(async move {
                    let mut is_cut = state;
                    tokio::select! {
                        _ = is_cut.wait_for(|flow| *flow == Flow::Cut) => {}
                        () = connect(near, far, line) => {}
                    }
                });
            }
        });
        Self { address, flow, far, forgotten, task }
    }

    pub(crate) fn set(&self, flow: Flow) {
        self.flow.send_replace(flow);
    }

    /// Nothing arrives any more over the connections that there are, and nobody is told; new ones are whole. As when a firewall on the way
    /// was restarted.
    pub(crate) fn forget(&self) {
        self.forgotten.send_modify(|times| *times += 1);
    }

    /// New connections lead somewhere else.
    pub(crate) fn lead(&self, far: impl Into<Far>) {
        self.far.send_replace(far.into());
    }

    /// Does what a client asks for.
    pub(crate) fn obey(&self, command: &str) {
        self.set(if command == "mend" { Flow::Whole } else { Flow::Cut });
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What becomes of what is sent over one connection.
#[derive(Clone)]
struct Line {
    flow: watch::Receiver<Flow>,
    age: u32,
    forgotten: watch::Receiver<u32>,
}

async fn connect(near: TcpStream, far: Far, line: Line) {
    // Small answers are not to wait for more.
    let _ = near.set_nodelay(true);
    let (from_near, to_near) = near.into_split();
    match far {
        Far::Unix(path) => {
            if let Ok(far) = UnixStream::connect(path).await {
                let (from_far, to_far) = far.into_split();
                both(carry(from_near, to_far, line.clone()), carry(from_far, to_near, line)).await;
            }
        }
        Far::Tcp(source, server) => {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind(SocketAddr::new(source, 0)).unwrap();
            if let Ok(far) = socket.connect(server).await {
                let _ = far.set_nodelay(true);
                let (from_far, to_far) = far.into_split();
                both(carry(from_near, to_far, line.clone()), carry(from_far, to_near, line)).await;
            }
        }
    }
}

/// Each direction may end by itself.
async fn both(there: impl Future<Output = ()>, back: impl Future<Output = ()>) {
    tokio::join!(there, back);
}

async fn carry(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, mut line: Line) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let Ok(now) = line.flow.wait_for(|flow| *flow != Flow::Stalled).await.map(|flow| *flow) else { break };
        if *line.forgotten.borrow() != line.age {
            std::future::pending::<()>().await;
        }
        if let Flow::Slow(delay) = now {
            sleep(delay).await;
        }
        if to.write_all(&buffer[..count]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}
