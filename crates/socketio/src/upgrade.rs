//! The HTTP side: is this request the beginning of a connection, and the answer to it.
//!
//! What is checked and how it is answered follows Engine.IO protocol 4 (the query: `EIO`, `transport`, `sid`) and RFC 6455
//! section 4.2 (the handshake). Refusals are JSON, `{"code":0,"message":"Transport unknown"}`, with the codes and words of the
//! official server.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use sha1::{Digest, Sha1};

/// Appended to the client's key before hashing (RFC 6455 section 1.3).
const ACCEPT_SUFFIX: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Why a handshake was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    UnknownTransport,
    UnknownSid,
    BadMethod,
    BadRequest,
    /// The caller's word: the origin is not allowed, or there are too many.
    Forbidden,
    /// The WebSocket version is not 13.
    BadVersion,
    UnsupportedProtocol,
    Stopping,
    /// The system gave no randomness.
    Internal,
}

impl Refusal {
    pub(crate) const COUNT: usize = 9;

    pub(crate) const NAMES: [&'static str; Self::COUNT] = [
        "unknown_transport",
        "unknown_sid",
        "bad_method",
        "bad_request",
        "forbidden",
        "bad_version",
        "unsupported_protocol",
        "stopping",
        "internal",
    ];

    pub(crate) fn index(self) -> usize {
        match self {
            Self::UnknownTransport => 0,
            Self::UnknownSid => 1,
            Self::BadMethod => 2,
            Self::BadRequest => 3,
            Self::Forbidden => 4,
            Self::BadVersion => 5,
            Self::UnsupportedProtocol => 6,
            Self::Stopping => 7,
            Self::Internal => 8,
        }
    }

    pub(crate) fn response(self) -> Response<Full<Bytes>> {
        let (status, body) = match self {
            Self::UnknownTransport => (StatusCode::BAD_REQUEST, r#"{"code":0,"message":"Transport unknown"}"#),
            Self::UnknownSid => (StatusCode::BAD_REQUEST, r#"{"code":1,"message":"Session ID unknown"}"#),
            Self::BadMethod => (StatusCode::BAD_REQUEST, r#"{"code":2,"message":"Bad handshake method"}"#),
            Self::BadRequest => (StatusCode::BAD_REQUEST, r#"{"code":3,"message":"Bad request"}"#),
            Self::Forbidden => (StatusCode::FORBIDDEN, r#"{"code":4,"message":"Forbidden"}"#),
            Self::BadVersion => (StatusCode::UPGRADE_REQUIRED, r#"{"code":3,"message":"Bad request"}"#),
            Self::UnsupportedProtocol => {
                (StatusCode::BAD_REQUEST, r#"{"code":5,"message":"Unsupported protocol version"}"#)
            }
            Self::Stopping => (StatusCode::SERVICE_UNAVAILABLE, r#"{"message":"Server is stopping"}"#),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, r#"{"message":"Internal error"}"#),
        };
        let mut response = Response::new(Full::new(Bytes::from_static(body.as_bytes())));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if self == Self::BadVersion {
            // RFC 6455 section 4.4: tell which version is spoken.
            headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        }
        response
    }
}

/// The answer that turns `request` into a WebSocket, or why it cannot be one.
pub(crate) fn check<B>(request: &Request<B>) -> Result<Response<Full<Bytes>>, Refusal> {
    let headers = request.headers();
    match query(request, "transport") {
        Some("websocket") => {}
        _ => return Err(Refusal::UnknownTransport),
    }
    if query(request, "sid").is_some() {
        // Sessions that could be continued here begin with polling.
        return Err(Refusal::UnknownSid);
    }
    if request.method() != Method::GET {
        return Err(Refusal::BadMethod);
    }
    if query(request, "EIO") != Some("4") {
        return Err(Refusal::UnsupportedProtocol);
    }
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
            (request("EIO=4&transport=polling").body(()).unwrap(), Refusal::UnknownTransport),
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
        assert_eq!(check(&request(good).body(()).unwrap()).map(|ok| ok.status()), Ok(StatusCode::SWITCHING_PROTOCOLS));
    }
}
