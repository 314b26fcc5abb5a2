//! [`Refusal`]: a request that is not answered as its sender hoped, and every answer's form.
//!
//! Refusals are JSON, `{"code":0,"message":"Transport unknown"}`, with the codes and words of the official server; those
//! without a code are ours.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    UnknownTransport,
    UnknownSid,
    BadMethod,
    BadRequest,
    /// The caller's word: the origin is not allowed.
    Forbidden,
    /// The WebSocket version is not 13.
    BadVersion,
    UnsupportedProtocol,
    /// Its address asks for connections too fast.
    TooManyHandshakes,
    /// Its address has as many connections as it may.
    TooManyConnections,
    /// A POST longer than the limit.
    TooLarge,
    Stopping,
    /// The system gave no randomness.
    Internal,
}

impl Refusal {
    pub(crate) const COUNT: usize = 12;

    pub(crate) const NAMES: [&'static str; Self::COUNT] = [
        "unknown_transport",
        "unknown_sid",
        "bad_method",
        "bad_request",
        "forbidden",
        "bad_version",
        "unsupported_protocol",
        "too_many_handshakes",
        "too_many_connections",
        "too_large",
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
            Self::TooManyHandshakes => 7,
            Self::TooManyConnections => 8,
            Self::TooLarge => 9,
            Self::Stopping => 10,
            Self::Internal => 11,
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
            Self::TooManyHandshakes => (
                StatusCode::TOO_MANY_REQUESTS,
                r#"{"message":"Too many new connections from your address; please try again in a moment"}"#,
            ),
            Self::TooManyConnections => {
                (StatusCode::TOO_MANY_REQUESTS, r#"{"message":"Too many connections from your address"}"#)
            }
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, r#"{"message":"Payload too large"}"#),
            Self::Stopping => (StatusCode::SERVICE_UNAVAILABLE, r#"{"message":"Server is stopping"}"#),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, r#"{"message":"Internal error"}"#),
        };
        let mut response = answer(status, "application/json", Bytes::from_static(body.as_bytes()));
        if self == Self::BadVersion {
            // RFC 6455 section 4.4: tell which version is spoken.
            response.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// An answer that no cache keeps: it is for one moment of one session.
pub(crate) fn answer(status: StatusCode, content_type: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
