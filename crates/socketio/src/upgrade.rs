//! What a request asks for, and the answer that turns it into a WebSocket.
//!
//! What is checked follows Engine.IO protocol 4 (the query: `EIO`, `transport`, `sid`), in the order of the official server,
//! and RFC 6455 section 4.2 (the handshake of a WebSocket).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use sha1::{Digest, Sha1};

use crate::refusal::Refusal;
use crate::sid::Sid;

/// Appended to the client's key before hashing (RFC 6455 section 1.3).
const ACCEPT_SUFFIX: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// What a good request asks for. Whether a session is known is not looked at here.
#[derive(Debug)]
pub(crate) enum Wanted {
    /// What may be asked for.
    Options,
    /// A new session over long polling.
    Session,
    /// A new session over the WebSocket that this answer makes.
    WebSocket(Response<Full<Bytes>>),
    /// What there is to hear in a session.
    Poll(Sid),
    /// To say something in a session.
    Post(Sid),
    /// A WebSocket for a session that has been polling.
    Upgrade(Sid, Response<Full<Bytes>>),
}

/// Reads a request, all but its body.
pub(crate) fn check<B>(request: &Request<B>) -> Result<Wanted, Refusal> {
    if request.method() == Method::OPTIONS {
        return Ok(Wanted::Options);
    }
    let polling = match query(request, "transport") {
        Some("polling") => true,
        Some("websocket") => false,
        _ => return Err(Refusal::UnknownTransport),
    };
    let sid = match query(request, "sid") {
        None | Some("") => None,
        Some(sid) => Some(Sid::claimed(sid).ok_or(Refusal::UnknownSid)?),
    };
    let is_post = polling && sid.is_some() && request.method() == Method::POST;
    if request.method() != Method::GET && !is_post {
        return Err(Refusal::BadMethod);
    }
    if query(request, "EIO") != Some("4") {
        return Err(Refusal::UnsupportedProtocol);
    }
    match sid {
        None if polling => Ok(Wanted::Session),
        Some(sid) if is_post => Ok(Wanted::Post(sid)),
        Some(sid) if polling => Ok(Wanted::Poll(sid)),
        None => switch(request.headers()).map(Wanted::WebSocket),
        Some(sid) => switch(request.headers()).map(|response| Wanted::Upgrade(sid, response)),
    }
}

/// The answer that turns a request into a WebSocket, or why it cannot be one.
fn switch(headers: &HeaderMap) -> Result<Response<Full<Bytes>>, Refusal> {
    if !has_token(headers, &header::CONNECTION, "upgrade") || !has_token(headers, &header::UPGRADE, "websocket") {
        return Err(Refusal::BadRequest);
    }
    if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version.as_bytes() != b"13") {
        return Err(Refusal::BadVersion);
    }
    let key = headers.get(header::SEC_WEBSOCKET_KEY).map(HeaderValue::as_bytes).unwrap_or_default();
    if STANDARD.decode(key).ok().is_none_or(|nonce| nonce.len() != 16) {
        return Err(Refusal::BadRequest);
    }
    let accept = HeaderValue::from_str(&accept(key)).map_err(|_| Refusal::Internal)?;

    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    Ok(response)
}

/// The proof that the client's key was understood (RFC 6455 section 4.2.2).
fn accept(key: &[u8]) -> String {
    let mut hash = Sha1::new();
    hash.update(key);
    hash.update(ACCEPT_SUFFIX);
    STANDARD.encode(hash.finalize())
}

/// A value of the query; those of the protocol need no unescaping.
fn query<'a, B>(request: &'a Request<B>, name: &str) -> Option<&'a str> {
    let pairs = request.uri().query().unwrap_or_default().split('&');
    pairs.filter_map(|pair| pair.split_once('=')).find_map(|(key, value)| (key == name).then_some(value))
}

fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc() {
        assert_eq!(accept(b"dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    fn request(query: &str) -> http::request::Builder {
        Request::get(format!("/socket.io/?{query}"))
            .header("connection", "keep-alive, Upgrade")
            .header("upgrade", "WebSocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
    }

    const SID: &str = "sid=abcdefghijklmnopqrst";

    #[test]
    fn refusals() {
        let good = "EIO=4&transport=websocket";
        let replaced = |name: &'static str, value: &'static str| {
            let mut request = request(good).body(()).unwrap();
            request.headers_mut().insert(name, HeaderValue::from_static(value));
            request
        };
        let cases = [
            (request("EIO=4").body(()).unwrap(), Refusal::UnknownTransport),
            (request("EIO=4&transport=polling&sid=abc").body(()).unwrap(), Refusal::UnknownSid),
            (request("EIO=4&transport=polling").method("POST").body(()).unwrap(), Refusal::BadMethod),
            (request("EIO=4&transport=polling").method("HEAD").body(()).unwrap(), Refusal::BadMethod),
            (request(&format!("EIO=4&transport=polling&{SID}")).method("PUT").body(()).unwrap(), Refusal::BadMethod),
            (request(&format!("EIO=4&transport=websocket&{SID}")).method("POST").body(()).unwrap(), Refusal::BadMethod),
            (request(&format!("EIO=3&transport=polling&{SID}")).body(()).unwrap(), Refusal::UnsupportedProtocol),
            (request("EIO=3&transport=polling").body(()).unwrap(), Refusal::UnsupportedProtocol),
            (request("transport=polling").body(()).unwrap(), Refusal::UnsupportedProtocol),
            (request("EIO=4&transport=websocket&sid=abc").body(()).unwrap(), Refusal::UnknownSid),
            (request(good).method("POST").body(()).unwrap(), Refusal::BadMethod),
            (request("EIO=3&transport=websocket").body(()).unwrap(), Refusal::UnsupportedProtocol),
            (request("transport=websocket").body(()).unwrap(), Refusal::UnsupportedProtocol),
            (replaced("connection", "close"), Refusal::BadRequest),
            (replaced("upgrade", "h2c"), Refusal::BadRequest),
            (replaced("sec-websocket-key", "short"), Refusal::BadRequest),
            (replaced("sec-websocket-version", "8"), Refusal::BadVersion),
        ];
        for (request, refusal) in cases {
            assert_eq!(check(&request).err(), Some(refusal), "{request:?}");
        }
    }

    #[test]
    fn what_is_wanted() {
        let wanted = |method: &str, query: &str| check(&request(query).method(method).body(()).unwrap());
        let in_session = |transport: &str| format!("EIO=4&transport={transport}&t=abc&{SID}");
        assert!(matches!(wanted("OPTIONS", ""), Ok(Wanted::Options)));
        assert!(matches!(wanted("GET", "EIO=4&transport=polling&t=abc"), Ok(Wanted::Session)));
        assert!(matches!(wanted("GET", "EIO=4&transport=polling&sid="), Ok(Wanted::Session)));
        assert!(matches!(wanted("GET", &in_session("polling")), Ok(Wanted::Poll(_))));
        assert!(matches!(wanted("POST", &in_session("polling")), Ok(Wanted::Post(_))));
        for query in ["EIO=4&transport=websocket", &in_session("websocket")] {
            let Ok(Wanted::WebSocket(response) | Wanted::Upgrade(_, response)) = wanted("GET", query) else {
                panic!("{query}");
            };
            assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
        }
    }
}
