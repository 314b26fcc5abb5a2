//! The HTTP side: handshakes, polls, posts, and the requests that leave HTTP for a WebSocket.
//!
//! The form of the answers is the official server's: a payload as `text/plain`, `ok` for a POST.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Body;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use lamplight_tls::{Patient, Stream};

use crate::addresses::{Peer, Place};
use crate::codec::engine;
use crate::conn::{Conn, Polled};
use crate::handler::Opening;
use crate::reason::CloseReason;
use crate::refusal::{Refusal, answer};
use crate::server::Server;
use crate::upgrade::{self, Wanted};

/// Whatever a body fails with.
type Cause = Box<dyn std::error::Error + Send + Sync>;

pub(crate) async fn handle<B>(
    server: &Arc<Server>,
    mut request: Request<B>,
    peer: Peer,
) -> Result<Response<Full<Bytes>>, Refusal>
where
    B: Body,
    B::Error: Into<Cause>,
{
    let wanted = upgrade::check(&request)?;
    if matches!(wanted, Wanted::Session | Wanted::WebSocket(_) | Wanted::Upgrade(..)) && server.is_stopping() {
        return Err(Refusal::Stopping);
    }
    match wanted {
        Wanted::Options => {
            let mut response = answer(StatusCode::NO_CONTENT, "text/plain", Bytes::new());
            response.headers_mut().remove(header::CONTENT_TYPE);
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, POST, OPTIONS"));
            Ok(response)
        }
        Wanted::Session => {
            let place = Place::take(server, peer)?;
            let payload = server.open_polling(place, opening(&mut request)).map_err(no_randomness)?;
            Ok(payload_response(payload.into()))
        }
        Wanted::WebSocket(response) => {
            let place = Place::take(server, peer)?;
            let upgrade = hyper::upgrade::on(&mut request);
            let mut opening = opening(&mut request);
            let server = server.clone();
            // A task of its own, which ends here: the connection's task is smaller.
            server.clone().tasks.spawn(async move {
                if let Some((stream, early)) = take_over(&server, upgrade, peer).await {
                    opening.early = early;
                    let _ = server.open(stream, place, opening, Vec::new()).map_err(no_randomness);
                }
            });
            Ok(response)
        }
        Wanted::Upgrade(session, response) => {
            let conn = server.session(&session).ok_or(Refusal::UnknownSid)?;
            if !conn.may_upgrade() {
                return Err(Refusal::BadRequest);
            }
            let upgrade = hyper::upgrade::on(&mut request);
            let server = server.clone();
            server.clone().tasks.spawn(async move {
                if let Some((stream, early)) = take_over(&server, upgrade, peer).await {
                    conn.probe(stream, early);
                }
            });
            Ok(response)
        }
        Wanted::Poll(session) => {
            let conn = server.session(&session).ok_or(Refusal::UnknownSid)?;
            poll(conn).await.map(payload_response)
        }
        Wanted::Post(session) => {
            let conn = server.session(&session).ok_or(Refusal::UnknownSid)?;
            let (parts, body) = request.into_parts();
            post(conn, &parts.headers, body).await?;
            Ok(answer(StatusCode::OK, "text/html", Bytes::from_static(b"ok")))
        }
    }
}

fn opening<B>(request: &mut Request<B>) -> Opening {
    Opening { uri: request.uri().clone(), headers: std::mem::take(request.headers_mut()), early: Bytes::new() }
}

fn payload_response(payload: Bytes) -> Response<Full<Bytes>> {
    answer(StatusCode::OK, "text/plain; charset=UTF-8", payload)
}

fn no_randomness(error: getrandom::Error) -> Refusal {
    tracing::error!(%error, "no randomness for a session id");
    Refusal::Internal
}

/// A request of a session that is under way. Dropped before its end, the session ends with it.
struct UnderWay(Option<Arc<Conn>>);

impl UnderWay {
    fn end(mut self) {
        self.0 = None;
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(conn) = self.0.take() {
            conn.client_gone();
        }
    }
}

async fn poll(conn: Arc<Conn>) -> Result<Bytes, Refusal> {
    let (mut receiver, patience) = match conn.poll()? {
        Polled::Now(payload) => return Ok(payload),
        Polled::Later(receiver, patience) => (receiver, patience),
    };
    let under_way = UnderWay(Some(conn.clone()));
    let payload = match patience {
        None => receiver.await,
        Some(patience) => match tokio::time::timeout(patience, &mut receiver).await {
            Ok(payload) => payload,
            Err(_) => {
                conn.release_poll();
                receiver.await
            }
        },
    };
    under_way.end();
    // Every end of a session tells who waits; this is for an end without one.
    Ok(payload.unwrap_or(Bytes::from_static(engine::CLOSE.as_bytes())))
}

async fn post<B>(conn: Arc<Conn>, headers: &HeaderMap, body: B) -> Result<(), Refusal>
where
    B: Body,
    B::Error: Into<Cause>,
{
    if headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes() == b"application/octet-stream") {
        // Protocol 3 sent binary so.
        conn.close(CloseReason::ProtocolError, 1003, "binary payload");
        return Err(Refusal::BadRequest);
    }
    conn.begin_post()?;
    let under_way = UnderWay(Some(conn.clone()));
    let settings = &conn.server.settings;
    // Whoever is slower could not answer a ping in time either.
    let body = Limited::new(body, settings.max_payload).collect();
    let body = match tokio::time::timeout(settings.ping_timeout, body).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            conn.close(CloseReason::ProtocolError, 1009, "payload too big");
            return Err(Refusal::TooLarge);
        }
        Ok(Err(error)) => {
            tracing::debug!(%error, peer = %conn.peer.address, "reading a payload failed");
            conn.close(CloseReason::TransportError, 1002, "payload broke off");
            return Err(Refusal::BadRequest);
        }
        Err(_) => {
            conn.close(CloseReason::PingTimeout, 1008, "payload too slow");
            return Err(Refusal::BadRequest);
        }
    };
    let answer = conn.post(body).ok_or(Refusal::UnknownSid)?;
    // When the session ends before its task has come to it, nothing was wrong with it.
    let in_order = answer.await.unwrap_or(true);
    conn.end_post();
    under_way.end();
    if in_order { Ok(()) } else { Err(Refusal::BadRequest) }
}

/// Waits until the HTTP server lets go of the stream: that, and what was read of it beyond the request.
async fn take_over(server: &Server, upgrade: OnUpgrade, Peer { address: peer, .. }: Peer) -> Option<(Stream, Bytes)> {
    let upgraded = match tokio::time::timeout(server.settings.connect_timeout, upgrade).await {
        Ok(Ok(upgraded)) => upgraded,
        Ok(Err(error)) => {
            tracing::debug!(%error, %peer, "a handshake was not completed");
            return None;
        }
        Err(_) => {
            tracing::debug!(%peer, "a handshake was not completed in time");
            return None;
        }
    };
    let upgraded = match upgraded.downcast::<TokioIo<Patient>>() {
        Ok(parts) => return Some((parts.io.into_inner().into_inner(), parts.read_buf)),
        Err(upgraded) => upgraded,
    };
    match upgraded.downcast::<TokioIo<Stream>>() {
        Ok(parts) => Some((parts.io.into_inner(), parts.read_buf)),
        Err(_) => {
            tracing::error!("a connection is no TokioIo<Stream>; serve it with hyper's http1 and upgrades");
            None
        }
    }
}
