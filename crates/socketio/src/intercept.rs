//! The short way in: a connection whose first bytes are the good handshake of a WebSocket never becomes an HTTP connection.
//!
//! Almost every connection of a Socket.IO server is one, and after a restart all of them are made anew at once. The HTTP server
//! would read the request into a buffer of its own, walk it through the application's layers, write the answer, and hand the
//! stream over to a second task; here the request is looked at where it lies, and the answer and the open packet leave in one
//! write. What that saves stands in `ARCHITECTURE.md`.
//!
//! Only what is whole and good is taken. Whatever is cut, odd or refused is left in the stream for the HTTP server, untouched,
//! and gets the answer it would have got: this file has no refusals.

use std::cell::RefCell;
use std::future::poll_fn;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use lamplight_tls::Stream;
use tokio::io::ReadBuf;

use crate::addresses::{Peer, Place};
use crate::handler::Opening;
use crate::server::SocketIo;
use crate::upgrade::{self, Wanted};

/// The longest request that is looked at, in bytes. Those of browsers have some hundred.
const MAX_HEAD: usize = 8 * 1024;

/// The most headers of one. Those of browsers have about fifteen.
const MAX_HEADERS: usize = 64;

thread_local! {
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; MAX_HEAD].into());
}

/// A handshake that has been read, and what is to be written first.
struct Taken {
    place: Place,
    opening: Opening,
    answer: Vec<u8>,
}

impl SocketIo {
    /// Takes a connection over if its first request is a good handshake of a WebSocket; otherwise gives it back, with nothing
    /// read from it, to be served as HTTP. Returns when the first bytes have come: how long to wait is for the caller.
    ///
    /// `admit` sees the request and says from whom it comes, or `None` if it is not for this server or must not pass: what
    /// [`SocketIo::handle`] leaves to its caller is left to it here.
    pub async fn intercept(
        &self,
        mut stream: Stream,
        admit: impl Fn(&Request<()>) -> Option<Peer>,
    ) -> Result<(), Stream> {
        let Some(Taken { place, opening, answer }) = poll_fn(|cx| self.poll_intercept(cx, &mut stream, &admit)).await
        else {
            return Err(stream);
        };
        if let Err(error) = self.0.open(stream, place, opening, answer) {
            tracing::error!(%error, "no randomness for a session id");
        }
        Ok(())
    }

    fn poll_intercept(
        &self,
        cx: &mut Context<'_>,
        stream: &mut Stream,
        admit: &impl Fn(&Request<()>) -> Option<Peer>,
    ) -> Poll<Option<Taken>> {
        BUFFER.with_borrow_mut(|buffer| {
            let mut peeked = ReadBuf::new(buffer);
            if ready!(stream.poll_peek(cx, &mut peeked)).is_err() {
                return Poll::Ready(None);
            }
            let Some((mut request, head)) = parse(peeked.filled()) else {
                return Poll::Ready(None);
            };
            let peer = admit(&request);
            let (Some(peer), Ok(Wanted::WebSocket(answer)), false) =
                (peer, upgrade::check(&request), self.0.is_stopping())
            else {
                return Poll::Ready(None);
            };
            let Ok(place) = Place::take(&self.0, peer) else {
                return Poll::Ready(None);
            };
            // It is there: it has been shown.
            let read = stream.try_read(buffer).unwrap_or(0);
            let early = buffer.get(head..read).map(Bytes::copy_from_slice).unwrap_or_default();
            let opening = Opening { uri: request.uri().clone(), headers: std::mem::take(request.headers_mut()), early };
            Poll::Ready(Some(Taken { place, opening, answer: encode(&answer) }))
        })
    }
}

/// The request at the start of `bytes`, if it is whole and has no body, and its length.
fn parse(bytes: &[u8]) -> Option<(Request<()>, usize)> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let Ok(httparse::Status::Complete(length)) = parsed.parse(bytes) else {
        return None;
    };
    if parsed.method != Some("GET") || parsed.version != Some(1) {
        return None;
    }
    let mut request = Request::new(());
    *request.method_mut() = Method::GET;
    *request.uri_mut() = parsed.path?.parse::<Uri>().ok()?;
    for header in parsed.headers {
        let name = HeaderName::from_bytes(header.name.as_bytes()).ok()?;
        if name == http::header::CONTENT_LENGTH || name == http::header::TRANSFER_ENCODING {
            return None;
        }
        request.headers_mut().append(name, HeaderValue::from_bytes(header.value).ok()?);
    }
    // HTTP/1.1 asks for it (RFC 9112 section 3.2).
    request.headers().contains_key(http::header::HOST).then_some((request, length))
}

fn encode(answer: &http::Response<Full<Bytes>>) -> Vec<u8> {
    let mut bytes = b"HTTP/1.1 101 Switching Protocols\r\n".to_vec();
    for (name, value) in answer.headers() {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            bytes.extend_from_slice(part);
        }
    }
    bytes.extend_from_slice(b"\r\n");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "GET /socket.io/?EIO=4 HTTP/1.1\r\nHost: x\r\nCookie: a=b\r\nCookie: c=d\r\n\r\n";

    #[test]
    fn a_whole_request_is_read_and_its_length_known() {
        let (request, length) = parse(format!("{GOOD}early").as_bytes()).unwrap();
        assert_eq!(length, GOOD.len());
        assert_eq!(request.uri(), "/socket.io/?EIO=4");
        assert_eq!(request.headers().get_all("cookie").iter().count(), 2);
    }

    #[test]
    fn what_is_cut_or_odd_is_left_alone() {
        for cut in 0..GOOD.len() {
            assert!(parse(&GOOD.as_bytes()[..cut]).is_none(), "{cut}");
        }
        for odd in [
            GOOD.replace("GET", "POST"),
            GOOD.replace("HTTP/1.1", "HTTP/1.0"),
            GOOD.replace("Host", "Ghost"),
            GOOD.replace("Cookie: a=b", "Content-Length: 3"),
            GOOD.replace("Cookie: a=b", "Transfer-Encoding: chunked"),
            GOOD.replace("Cookie: a=b", "Coo kie: a=b"),
            GOOD.replace("Cookie: a=b\r\n", &"X: y\r\n".repeat(MAX_HEADERS)),
            "\u{16}\u{3}\u{1}TLS".to_owned(),
        ] {
            assert!(parse(odd.as_bytes()).is_none(), "{odd}");
        }
    }
}
