//! The HTTP handshake: what a request wants is what its query says, and a WebSocket is given to those alone that asked for one.
//!
//! Input, as lines: the method, the query, and a header each (`name: value`).
#![no_main]

// Not a part of the crate's interface, so the files themselves are taken in.
#[expect(dead_code, reason = "the crate counts refusals and makes ids")]
#[path = "../../crates/socketio/src/refusal.rs"]
mod refusal;
#[expect(dead_code, reason = "the crate counts refusals and makes ids")]
#[path = "../../crates/socketio/src/sid.rs"]
mod sid;
#[path = "../../crates/socketio/src/upgrade.rs"]
mod upgrade;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use libfuzzer_sys::fuzz_target;
use upgrade::{Wanted, check};

fn is_a_switch(headers: &HeaderMap, response: &Response<Full<Bytes>>) {
    assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
    assert_eq!(headers[header::SEC_WEBSOCKET_VERSION], "13");
    assert_eq!(headers[header::SEC_WEBSOCKET_KEY].len(), 24);
    assert_eq!(response.headers()[header::SEC_WEBSOCKET_ACCEPT].len(), 28);
}

fuzz_target!(|input: &[u8]| {
    let mut lines = input.split(|byte| *byte == b'\n');
    let (Some(method), Some(query)) = (lines.next(), lines.next()) else {
        return;
    };
    let (Ok(method), Ok(query)) = (Method::from_bytes(method), std::str::from_utf8(query)) else {
        return;
    };
    let mut request = Request::builder().method(&method).uri(format!("/socket.io/?{query}"));
    for line in lines {
        if let Some(colon) = line.iter().position(|byte| *byte == b':') {
            request = request.header(&line[..colon], line[colon + 1..].trim_ascii());
        }
    }
    let Ok(request) = request.body(()) else {
        return;
    };
    let query = request.uri().query().unwrap_or_default();
    let says = |pair: &str| query.split('&').any(|other| other == pair);
    let wanted = match check(&request) {
        Ok(Wanted::Options) => {
            assert_eq!(method, Method::OPTIONS);
            return;
        }
        Ok(wanted) => wanted,
        Err(refusal) => {
            assert!(refusal.response().status().is_client_error());
            return;
        }
    };
    assert!(says("EIO=4"));
    match wanted {
        Wanted::Options => {}
        Wanted::Session => assert!(says("transport=polling") && method == Method::GET),
        Wanted::Poll(sid) => {
            assert!(says("transport=polling") && says(&format!("sid={}", sid.as_str())) && method == Method::GET);
        }
        Wanted::Post(sid) => {
            assert!(says("transport=polling") && says(&format!("sid={}", sid.as_str())) && method == Method::POST);
        }
        Wanted::WebSocket(response) => {
            assert!(says("transport=websocket") && method == Method::GET);
            is_a_switch(request.headers(), &response);
        }
        Wanted::Upgrade(sid, response) => {
            assert!(says("transport=websocket") && says(&format!("sid={}", sid.as_str())) && method == Method::GET);
            is_a_switch(request.headers(), &response);
        }
    }
});
