//! The accept loop: HTTP/1.1 on a listener, with an orderly stop.
//!
//! `axum::serve` would do but for two things: it does not limit how long a client may take to send its headers, and it
//! wraps the connection so that a WebSocket can't have the bare TCP stream, which the Socket.IO server writes to, and takes, when
//! it can, before it becomes an HTTP connection.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use http::Request;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

/// How long a client may take to send the headers of a request. An idle connection may wait as long for its next one.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// After a failed accept, most often for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Where a request comes from, as an extension of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

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
/// At most `most` connections are read at once. Further ones wait, unaccepted, until one of those ends or becomes a WebSocket: so idle ones
/// can hold others up for the time of the headers, and can't take the memory or the file descriptors.
pub async fn serve<I, F>(listener: TcpListener, app: Router, intercept: I, stop: Stop, grace: Duration, most: usize)
where
    I: Fn(TcpStream, SocketAddr) -> F,
    F: Future<Output = Option<TcpStream>> + Send + 'static,
{
    let connections = TaskTracker::new();
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
            Ok((stream, peer)) => {
                let (app, connections_too, stop) = (app.clone(), connections.clone(), stop.answering.clone());
                let first = timeout(HEADER_TIMEOUT, intercept(stream, peer));
                connections.spawn(async move {
                    let given_back = tokio::select! {
                        first = first => first.ok().flatten(),
                        () = stop.cancelled() => None,
                    };
                    if let Some(stream) = given_back {
                        // A task of its own: this one is small, and most connections need no more.
                        connections_too.spawn(async move {
                            connection(stream, peer, app, stop).await;
                            drop(place);
                        });
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    stop.answering.cancelled().await;
    if timeout(grace, connections.wait()).await.is_err() {
        tracing::warn!(open = connections.len(), "requests were still under way when the time to stop was over");
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, app: Router, stop: CancellationToken) {
    // Small answers should leave at once.
    let _ = stream.set_nodelay(true);
    let service = app.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        request.map(Body::new)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
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
        tracing::debug!(%error, %peer, "connection ended");
    }
}
