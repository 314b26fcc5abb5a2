//! Events, acknowledgements, attachments; and what happens to those who break the rules or talk too much.

use std::time::Duration;

use bytes::Bytes;
use lamplight_socketio::{CloseReason, Frame, Settings};
use serde_json::json;

use crate::common::{Client, Received, Server, frame, quick, soon};

#[tokio::test]
async fn events_go_both_ways() {
    let mut server = Server::start(quick()).await;
    let (mut client, socket) = server.join().await;
    client.send(r#"42["echo",{"größe":"😀"},[1,null]]"#).await;
    assert_eq!(client.text().await, r#"42["echo",{"größe":"😀"},[1,null]]"#);
    let event = server.event().await;
    assert_eq!((event.name.as_str(), event.args), ("echo", vec![json!({"größe": "😀"}), json!([1, null])]));
    assert!(event.ack.is_none());
    assert!(socket.emit(&Frame::event("news", &()).unwrap()));
    assert_eq!(client.text().await, r#"42["news"]"#);
}

#[tokio::test]
async fn an_event_can_be_acknowledged() {
    let mut server = Server::start(quick()).await;
    let (mut client, _socket) = server.join().await;
    client.send(r#"4217["ask",1,"two"]"#).await;
    assert_eq!(client.text().await, r#"4317[1,"two"]"#);
    client.send(r#"420["ask"]"#).await;
    assert_eq!(client.text().await, "430[]");
}

#[tokio::test]
async fn a_fragmented_event_arrives_whole() {
    let mut server = Server::start(quick()).await;
    let (mut client, _socket) = server.join().await;
    let text = r#"42["echo","😀"]"#.as_bytes();
    let (one, rest) = text.split_at(11);
    let (two, three) = rest.split_at(1);
    client.send_bytes(&frame(0x01, one, true)).await;
    client.send_bytes(&frame(0x89, b"still there?", true)).await;
    client.send_bytes(&frame(0x00, two, true)).await;
    assert_eq!(client.receive().await, Received::Pong(b"still there?".to_vec()));
    for byte in frame(0x80, three, true) {
        client.send_bytes(&[byte]).await;
    }
    assert_eq!(client.text().await.as_bytes(), text);
    server.event().await;
}

#[tokio::test]
async fn attachments_are_collected() {
    let mut server = Server::start(quick()).await;
    let (mut client, _socket) = server.join().await;
    let placeholder = |num| format!(r#"{{"_placeholder":true,"num":{num}}}"#);
    client.send(&format!(r#"452-9["file",{},{}]"#, placeholder(0), placeholder(1))).await;
    client.send_bytes(&frame(0x82, &[1, 2, 3], true)).await;
    client.send_bytes(&frame(0x82, &[], true)).await;
    // An acknowledgement with an attachment, which nobody waits for.
    client.send(&format!("461-3[{}]", placeholder(0))).await;
    client.send_bytes(&frame(0x82, &[4], true)).await;
    client.send(r#"42["after"]"#).await;
    let event = server.event().await;
    assert_eq!(event.attachments, [Bytes::from_static(&[1, 2, 3]), Bytes::new()]);
    assert_eq!(event.args[1], json!({"_placeholder": true, "num": 1}));
    assert!(event.ack.is_some());
    assert_eq!(server.event().await.name, "after");
}

#[tokio::test]
async fn broken_rules_close_the_connection_with_the_fitting_code() {
    let settings = Settings { max_payload: 200, ..quick() };
    let mut server = Server::start(settings).await;
    let masked = |first: u8, payload: &[u8]| frame(first, payload, true);
    let cases = [
        (frame(0x81, b"42[\"x\"]", false), 1002),
        (masked(0x81, &[b'4'; 201]), 1009),
        ([masked(0x01, &[b'4'; 150]), masked(0x80, &[b'4'; 51])].concat(), 1009),
        (masked(0x81, &[b'4', 0xff]), 1007),
        (masked(0x83, b""), 1002),
        (masked(0x81, b""), 1002),
        (masked(0x81, b"2probe"), 1002),
        (masked(0x81, b"9"), 1002),
        (masked(0x81, b"4abc"), 1002),
        (masked(0x81, b"42{}"), 1002),
        (masked(0x81, b"42abc[\"x\"]"), 1002),
        (masked(0x82, b"attached to nothing"), 1002),
        ([masked(0x81, b"451-[\"x\"]"), masked(0x81, b"42[\"y\"]")].concat(), 1002),
        ([masked(0x81, b"452-[\"x\"]"), masked(0x82, &[0; 100]), masked(0x82, &[0; 100])].concat(), 1009),
        (masked(0x81, b"4511-[\"x\"]"), 1002),
    ];
    for (bytes, code) in cases {
        let (mut client, socket) = server.join().await;
        client.send_bytes(&bytes).await;
        client.closes_with(code).await;
        assert_eq!(server.closed().await, CloseReason::ProtocolError);
        assert!(!socket.is_live());
    }
}

#[tokio::test]
async fn a_client_may_not_talk_without_end() {
    let settings = Settings { packets_per_second: 1, packet_burst: 5, ..quick() };
    let mut server = Server::start(settings).await;
    let (mut client, _socket) = server.join().await;
    for _ in 0..5 {
        client.send(r#"42["x"]"#).await;
    }
    client.closes_with(1008).await;
    for _ in 0..4 {
        server.event().await;
    }
    assert_eq!(server.closed().await, CloseReason::TooManyPackets);
}

#[tokio::test]
async fn a_handler_that_is_behind_pauses_reading_and_loses_nothing() {
    let settings = Settings { packets_per_second: 1_000_000, packet_burst: 1_000_000, ..quick() };
    let mut server = Server::start(settings).await;
    let (mut client, _socket) = server.join().await;
    client.send(r#"42["wait"]"#).await;
    let count = 1_000;
    let writer = tokio::spawn(async move {
        for n in 0..count {
            client.send(&format!(r#"42["numbered",{n}]"#)).await;
        }
        client
    });
    server.go_on.notify_one();
    assert_eq!(server.event().await.name, "wait");
    for n in 0..count {
        assert_eq!(server.event().await.args, [json!(n)]);
    }
    drop(soon(writer).await);
}

#[tokio::test]
async fn events_before_the_end_are_handled_before_it() {
    let mut server = Server::start(quick()).await;
    let (mut client, _socket) = server.join().await;
    client.send(r#"42["wait"]"#).await;
    client.send(r#"42["last words"]"#).await;
    client.send("41").await;
    client.closes_with(1000).await;
    assert!(server.leftover().is_none());
    server.go_on.notify_one();
    assert_eq!(server.event().await.name, "wait");
    assert_eq!(server.event().await.name, "last words");
    assert_eq!(server.closed().await, CloseReason::ClientDisconnect);
}

#[tokio::test]
async fn events_of_a_client_that_was_sent_away_do_not_count() {
    let mut server = Server::start(quick()).await;
    let (mut client, socket) = server.join().await;
    client.send(r#"42["wait"]"#).await;
    client.send(r#"42["transfer everything"]"#).await;
    // The answer shows that all of it has been received.
    client.send_bytes(&frame(0x89, b"", true)).await;
    assert_eq!(client.receive().await, Received::Pong(Vec::new()));
    socket.disconnect("signed out");
    server.go_on.notify_one();
    assert_eq!(server.event().await.name, "wait");
    assert_eq!(server.closed().await, CloseReason::ServerDisconnect("signed out"));
}

#[tokio::test]
async fn a_panic_of_the_handler_costs_one_connection() {
    let mut server = Server::start(quick()).await;
    let (mut client, _socket) = server.join().await;
    let (mut other, _other) = server.join().await;
    client.send(r#"42["panic"]"#).await;
    client.closes_with(1011).await;
    assert_eq!(server.closed().await, CloseReason::ServerClose("handler panicked"));
    other.send(r#"420["ask"]"#).await;
    assert_eq!(other.text().await, "430[]");
}

#[tokio::test]
async fn many_clients_at_once() {
    let mut server = Server::start(quick()).await;
    let mut clients = Vec::new();
    for _ in 0..50 {
        clients.push(Client::open(server.addr).await);
    }
    for client in &mut clients {
        client.send("40").await;
    }
    for client in &mut clients {
        client.connected().await;
        client.send(r#"420["ask",7]"#).await;
    }
    for client in &mut clients {
        assert_eq!(client.text().await, "430[7]");
    }
    assert_eq!(server.io.counters().open, 50);
    drop(clients);
    let mut ended = 0;
    while ended < 50 {
        if let crate::common::Seen::Closed(..) = server.seen().await {
            ended += 1;
        }
    }
    soon(server.io.shutdown(Duration::ZERO)).await;
    assert_eq!(server.io.counters().open, 0);
}
