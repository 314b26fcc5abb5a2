//! The accept loop: HTTP/1.1 on a listener, plain or over TLS, with an orderly stop.
//!
//! `axum::serve` would do but for two things: it does not limit how long a client may take to send its headers or to read an answer, and it
//! wraps the connection so that a WebSocket can't have the bare stream, which the Socket.IO server writes to, and takes, when
//! it can, before it becomes an HTTP connection.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use http::Request;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use lamplight_tls::{Acceptor, Patient, Stream};
use tokio::{
    net::TcpListener,
    sync::{AcquireError, OwnedSemaphorePermit, Semaphore},
    time::{error::Elapsed, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

/// How long a client may take to send the headers of a request. An idle connection may wait as long for its next one.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// For how long a client may take nothing of an answer. A phone that goes through a tunnel is back by then.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);
/// After a failed accept, most often for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Where a request comes from, as an extension of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// The other end of the connection: a client, or a proxy.
    pub address: SocketAddr,
    /// Whether it speaks TLS with us.
    pub is_tls: bool,
}

/// When to stop.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    /// No connection is accepted any more. Those that are open may go on asking: who polls must be able to hear that the
    /// server closes.
    pub accepting: CancellationToken,
    /// Each connection ends with the request that is under way.
    pub answering: CancellationToken,
}

/// Serves until told to stop, then lets requests under way finish for at most `grace`.
///
/// Connections that became WebSockets have left HTTP and are not waited for; they are the Socket.IO server's to close.
///
/// `intercept` sees each connection before HTTP does and may keep it. It gives others back when their first bytes have come,
/// for which they have as long as for the headers of a request.
///
/// With `tls` a connection must first get through the handshake, for which it has a time of its own.
///
/// At most `most` connections are read at once. Further ones wait, unaccepted, until one of those ends or becomes a WebSocket: so idle ones
/// can hold others up for the time of the headers, and can't take the memory or the file descriptors.
pub async fn serve<I, F>(
    (listener, tls): (TcpListener, Option<Acceptor>),
    app: Router,
    intercept: I,
    stop: Stop,
    grace: Duration,
    most: usize,
) where
    I: Fn(Stream, SocketAddr) -> F + Send + Sync + 'static,
    F: Future<Output = Option<Stream>> + Send + 'static,
{
    let intercept = Arc::new(intercept);
    let serving = Serving { app, connections: TaskTracker::new(), answering: stop.answering.clone() };
    let places = Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
    loop {
        let accept = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = stop.accepting.cancelled() => break,
            accepted = accept => accepted,
        };
        match accepted {
            Ok((stream, peer)) => match tls.clone() {
                None => serving.begin(place, peer, timeout(HEADER_TIMEOUT, intercept(Stream::plain(stream), peer))),
                Some(tls) => {
                    let intercept = Arc::clone(&intercept);
                    serving.begin(place, peer, async move {
                        // In a box that is gone when the handshake is done.
                        let Some(stream) = Box::pin(tls.accept(stream)).await else { return Ok(None) };
                        timeout(HEADER_TIMEOUT, intercept(stream, peer)).await
                    });
                }
            },
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    serving.connections.close();
    stop.answering.cancelled().await;
    if timeout(grace, serving.connections.wait()).await.is_err() {
        tracing::warn!(
            open = serving.connections.len(),
            "requests were still under way when the time to stop was over"
        );
    }
}

/// What every connection needs.
struct Serving {
    app: Router,
    connections: TaskTracker,
    answering: CancellationToken,
}

impl Serving {
    /// Waits for the first bytes of a connection and, unless somebody else has taken it then, serves it.
    fn begin<W>(&self, place: Result<OwnedSemaphorePermit, AcquireError>, peer: SocketAddr, first: W)
    where
        W: Future<Output = Result<Option<Stream>, Elapsed>> + Send + 'static,
    {
        let (app, connections, stop) = (self.app.clone(), self.connections.clone(), self.answering.clone());
        self.connections.spawn(async move {
            let given_back = tokio::select! {
                first = first => first.ok().flatten(),
                () = stop.cancelled() => None,
            };
            if let Some(stream) = given_back {
                // A task of its own: this one is small, and most connections need no more.
                connections.spawn(async move {
                    connection(stream, peer, app, stop, WRITE_TIMEOUT).await;
                    drop(place);
                });
            }
        });
    }
}

async fn connection(stream: Stream, peer: SocketAddr, app: Router, stop: CancellationToken, patience: Duration) {
    let peer = Peer { address: peer, is_tls: stream.is_tls() };
    let service = app.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        request.map(Body::new)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(Patient::new(stream, patience)), TowerToHyperService::new(service))
        .with_upgrades();
    tokio::pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        // Clients that go away in the middle are daily bread.
        tracing::debug!(%error, peer = %peer.address, "connection ended");
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::{io::AsyncWriteExt, net::TcpStream};

    use super::*;

    #[tokio::test]
    async fn who_asks_and_does_not_read_is_let_go() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let (stream, peer) = listener.accept().await.unwrap();
        let app = Router::new().route("/", get(async || vec![0_u8; 64 << 20]));
        let served = connection(Stream::plain(stream), peer, app, CancellationToken::new(), Duration::from_millis(50));
        timeout(HEADER_TIMEOUT / 2, served).await.expect("it waits for ever");
    }
}
