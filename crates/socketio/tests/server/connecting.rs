//! The way in: handshake, open packet, CONNECT accepted, refused, forgotten, too late, abandoned.

use std::time::Duration;

use lamplight_socketio::{CloseReason, Settings};
use serde_json::{Value, json};

use crate::common::{Client, HANDSHAKE, Received, Seen, Server, both_streams, frame, quick};

#[tokio::test]
async fn the_open_packet_says_what_the_server_expects() {
    let server = Server::start(quick()).await;
    let (mut client, head) = Client::request(server.addr, HANDSHAKE.as_bytes()).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(head.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
    let open: Value = serde_json::from_str(client.text().await.strip_prefix('0').unwrap()).unwrap();
    assert_eq!(open["upgrades"], json!([]));
    assert_eq!(open["pingInterval"], 25_000);
    assert_eq!(open["pingTimeout"], 20_000);
    assert_eq!(open["maxPayload"], 100_000);
    assert!(open["sid"].as_str().unwrap().len() >= 20);
}

#[tokio::test]
async fn refused_handshakes_get_the_official_answers() {
    let server = Server::start(quick()).await;
    let cases = [
        ("EIO=4&transport=carrier-pigeon", r#"{"code":0,"message":"Transport unknown"}"#),
        ("EIO=4&transport=websocket&sid=nobody", r#"{"code":1,"message":"Session ID unknown"}"#),
        ("EIO=3&transport=websocket", r#"{"code":5,"message":"Unsupported protocol version"}"#),
    ];
    for (query, body) in cases {
        let request = HANDSHAKE.replace("EIO=4&transport=websocket", query);
        let (mut client, head) = Client::request(server.addr, request.as_bytes()).await;
        assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
        while client.kept.len() < body.len() {
            crate::common::soon(tokio::io::AsyncReadExt::read_buf(&mut client.stream, &mut client.kept)).await.unwrap();
        }
        assert_eq!(String::from_utf8(client.kept).unwrap(), body);
    }
    assert_eq!(server.io.forbidden().status(), 403);
    let refused = server.io.counters().handshakes_refused;
    assert!(refused.contains(&("forbidden", 1)), "{refused:?}");
    assert!(refused.contains(&("unsupported_protocol", 1)), "{refused:?}");
}

#[tokio::test]
async fn a_connect_is_accepted_with_sid_and_pid() {
    let mut server = Server::start(quick()).await;
    let mut client = Client::open(server.addr).await;
    client.send(r#"40{"token":"abc"}"#).await;
    let connected = client.connected().await;
    let socket = server.accepted().await;
    assert_eq!(connected, json!({"sid": socket.id(), "pid": "first"}));
    assert_eq!(socket.data::<Value>(), Some(&json!({"token": "abc"})));
    assert!(socket.is_live());
    assert_eq!(server.io.counters().connected, 1);
}

#[tokio::test]
async fn a_connect_without_auth_has_null() {
    let mut server = Server::start(quick()).await;
    let (_client, socket) = server.join().await;
    assert_eq!(socket.data::<Value>(), Some(&Value::Null));
}

both_streams!(bytes_sent_right_behind_the_handshake_are_not_lost, quick(), async |mut server: Server| {
    let mut request = HANDSHAKE.as_bytes().to_vec();
    request.extend(frame(0x81, b"40", true));
    request.extend(frame(0x81, br#"42["early"]"#, true).get(..5).unwrap());
    let (mut client, _) = Client::request(server.addr, &request).await;
    assert!(client.text().await.starts_with('0'));
    client.connected().await;
    server.accepted().await;
    client.send_bytes(frame(0x81, br#"42["early"]"#, true).get(5..).unwrap()).await;
    assert_eq!(server.event().await.name, "early");
});

#[tokio::test]
async fn a_refused_client_hears_why_and_is_not_kept() {
    let mut server = Server::start(quick()).await;
    let mut client = Client::open(server.addr).await;
    client.send(r#"40{"please":"refuse"}"#).await;
    let expected = r#"44{"message":"not you","data":{"code":"auth.no","why":"é😀"}}"#;
    let refusal = client.text().await;
    let parse = |text: &str| serde_json::from_str::<Value>(text.strip_prefix("44").unwrap()).unwrap();
    assert_eq!(parse(&refusal), parse(expected));
    client.closes_with(1000).await;
    assert!(server.leftover().is_none(), "nothing is told of a client that was not accepted");
    assert_eq!(server.io.counters().refused, 1);
}

#[tokio::test]
async fn an_attempt_that_is_dropped_is_refused() {
    let server = Server::start(quick()).await;
    for please in ["ignore", "panic"] {
        let mut client = Client::open(server.addr).await;
        client.send(&format!(r#"40{{"please":"{please}"}}"#)).await;
        assert_eq!(client.text().await, r#"44{"message":"Connection refused"}"#);
    }
}

#[tokio::test]
async fn other_namespaces_do_not_exist() {
    let mut server = Server::start(quick()).await;
    let mut client = Client::open(server.addr).await;
    client.send(r#"40/admin,{"a":1}"#).await;
    assert_eq!(client.text().await, r#"44/admin,{"message":"Invalid namespace"}"#);
    client.send("40").await;
    client.connected().await;
    server.accepted().await;
    client.send(r#"42/admin,["x"]"#).await;
    client.closes_with(1002).await;
    assert_eq!(server.closed().await, CloseReason::ProtocolError);
}

#[tokio::test]
async fn who_does_not_connect_is_not_kept() {
    let server = Server::start(Settings { connect_timeout: Duration::from_millis(50), ..quick() }).await;
    let mut client = Client::open(server.addr).await;
    client.closes_with(1008).await;
    let closed = server.io.counters().closed;
    assert!(closed.contains(&("connect_timeout", 1)), "{closed:?}");
}

#[tokio::test]
async fn a_slow_decision_holds_nothing_up() {
    let settings =
        Settings { ping_interval: Duration::from_millis(20), ping_timeout: Duration::from_secs(10), ..quick() };
    let mut server = Server::start(settings).await;
    let mut client = Client::open(server.addr).await;
    client.send(r#"40{"please":"wait"}"#).await;
    for _ in 0..3 {
        assert_eq!(client.text().await, "2");
        client.send("3").await;
    }
    server.go_on.notify_one();
    while !client.text().await.starts_with("40") {}
    server.accepted().await;
}

#[tokio::test]
async fn a_client_that_goes_during_the_decision_is_told_of_in_order() {
    let mut server = Server::start(quick()).await;
    let mut client = Client::open(server.addr).await;
    client.send(r#"40{"please":"wait"}"#).await;
    drop(client);
    while server.io.counters().closed.iter().all(|(_, count)| *count == 0) {
        tokio::task::yield_now().await;
    }
    assert!(server.leftover().is_none());
    server.go_on.notify_one();
    let socket = server.accepted().await;
    assert!(!socket.is_live());
    match server.seen().await {
        Seen::Closed(closed, CloseReason::PeerClosed | CloseReason::TransportError) => assert_eq!(closed, socket),
        other => panic!("{other:?}"),
    }
    crate::common::soon(server.io.shutdown(Duration::ZERO)).await;
    assert!(server.leftover().is_none());
}

#[tokio::test]
async fn a_second_connect_is_an_error() {
    let mut server = Server::start(quick()).await;
    let (mut client, _socket) = server.join().await;
    client.send("40").await;
    assert_eq!(client.receive().await, Received::Close(1002, "connected already".to_owned()));
    assert_eq!(server.closed().await, CloseReason::ProtocolError);
}

#[tokio::test]
async fn an_event_before_connect_is_an_error() {
    let server = Server::start(quick()).await;
    let mut client = Client::open(server.addr).await;
    client.send(r#"42["x"]"#).await;
    client.closes_with(1002).await;
}

// A request that comes in pieces goes the long way, through the HTTP server, and so does one that is refused; it is the same.
both_streams!(a_handshake_in_pieces_is_as_good_as_a_whole_one, quick(), async |mut server: Server| {
    let (first, second) = HANDSHAKE.split_at(HANDSHAKE.len() / 2);
    let (mut whole, head) = Client::request(server.addr, HANDSHAKE.as_bytes()).await;
    let mut pieces = Client { stream: server.addr.connect().await, kept: Vec::new() };
    pieces.send_bytes(first.as_bytes()).await;
    // It has been looked at when another that came later has been served.
    drop(Client::open(server.addr).await);
    let (mut pieces, head_of_pieces) = pieces.go_on(second.as_bytes()).await;
    for head in [&head, &head_of_pieces] {
        let lines: std::collections::BTreeSet<String> =
            head.trim_end().lines().map(str::to_ascii_lowercase).filter(|line| !line.starts_with("date:")).collect();
        let expected = [
            "connection: upgrade",
            "http/1.1 101 switching protocols",
            "sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=",
            "upgrade: websocket",
        ];
        assert!(lines.iter().map(String::as_str).eq(expected), "{lines:?}");
    }
    for client in [&mut whole, &mut pieces] {
        assert!(client.text().await.starts_with('0'));
        client.send(r#"40{"token":1}"#).await;
        client.connected().await;
        assert_eq!(server.accepted().await.data::<Value>(), Some(&json!({"token": 1})));
    }
});
