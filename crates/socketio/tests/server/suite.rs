//! Cases of the published test suites (Engine.IO protocol 4, Socket.IO protocol 5) and of their pages that no other file has.
//! Which test shows which case stands in `docs/protocol.md`.

use std::collections::BTreeSet;

use lamplight_socketio::{CloseReason, Frame};
use serde_json::{Value, json};

use crate::common::{Client, HANDSHAKE, Received, Server, frame, quick};
use crate::session::{POLLING, Session, UNKNOWN, request};

fn open_packet(text: &str) -> Value {
    serde_json::from_str(text.strip_prefix('0').unwrap()).unwrap()
}

/// The status of a request for a WebSocket.
async fn status(server: &Server, query: &str) -> String {
    let request = HANDSHAKE.replace("EIO=4&transport=websocket", query);
    let (_, head) = Client::request(server.addr, request.as_bytes()).await;
    head.split(' ').nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn the_open_packet_has_the_five_keys_and_no_other() {
    let server = Server::start(quick()).await;
    let polling = open_packet(&request(server.addr, "GET", POLLING).await.body);
    let (mut client, _) = Client::request(server.addr, HANDSHAKE.as_bytes()).await;
    let websocket = open_packet(&client.text().await);
    for (open, upgrades) in [(polling, json!(["websocket"])), (websocket, json!([]))] {
        let keys: BTreeSet<_> = open.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, BTreeSet::from(["sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"]));
        assert_eq!(open["upgrades"], upgrades);
    }
}

#[tokio::test]
async fn what_is_missing_or_unknown_in_the_query_is_refused_on_both_transports() {
    let server = Server::start(quick()).await;
    for query in ["transport=polling", "EIO=abc&transport=polling", "EIO=4", "EIO=4&transport=abc"] {
        assert_eq!(request(server.addr, "GET", query).await.status, 400, "{query}");
    }
    for query in ["transport=websocket", "EIO=abc&transport=websocket", "EIO=4", "EIO=4&transport=abc"] {
        assert_eq!(status(&server, query).await, "400", "{query}");
    }
    assert_eq!(server.io.counters().open, 0);
}

#[tokio::test]
async fn what_is_no_packet_ends_a_session_in_which_nobody_has_connected_yet() {
    let server = Server::start(quick()).await;
    let all = ["abc", "4abc", "4", "42[\"x\"]", "41", "43[]"];
    for said in all {
        let mut client = Client::open(server.addr).await;
        client.send(said).await;
        client.closes_with(1002).await;

        let mut session = Session::open(server.addr).await;
        assert_eq!(session.post(said).await.status, 400, "{said}");
        session.is_unknown().await;
    }
    let mut client = Client::open(server.addr).await;
    client.send_bytes(&frame(0x82, &[1, 2, 3, 4], true)).await;
    client.closes_with(1002).await;
    let closed = server.io.counters().closed;
    assert!(closed.contains(&("protocol_error", 2 * u64::try_from(all.len()).unwrap() + 1)), "{closed:?}");
}

#[tokio::test]
async fn who_was_refused_a_namespace_goes_on_in_the_other() {
    let mut server = Server::start(quick()).await;
    let (mut client, socket) = server.join().await;
    // As the suite writes it, without the comma, and as clients do.
    for connect in ["40/custom", "40/custom,", r#"40/custom,{"token":"abc"}"#] {
        client.send(connect).await;
        assert_eq!(client.text().await, r#"44/custom,{"message":"Invalid namespace"}"#);
    }
    client.send(r#"42["echo","message to main namespace"]"#).await;
    assert_eq!(client.text().await, r#"42["echo","message to main namespace"]"#);
    assert!(socket.is_live());
}

#[tokio::test]
async fn an_event_with_attachments_is_acknowledged_like_any_other() {
    let mut server = Server::start(quick()).await;
    let (mut client, _socket) = server.join().await;
    let placeholders = r#"{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}"#;
    client.send(&format!(r#"452-789["message-with-ack",{placeholders}]"#)).await;
    for bytes in [[1, 2, 3], [4, 5, 6]] {
        client.send_bytes(&frame(0x82, &bytes, true)).await;
    }
    assert_eq!(client.text().await, format!("43789[{placeholders}]"));
    let event = server.event().await;
    assert_eq!(event.attachments, [vec![1, 2, 3], vec![4, 5, 6]]);
}

/// The page's sample session, all but its other namespace and the binary answer, which this server does not have.
#[tokio::test]
async fn the_sample_session_of_the_protocol_page() {
    let mut server = Server::start(quick()).await;
    let mut session = Session::open(server.addr).await;
    session.post("40").await.is(200, "ok");
    let socket = server.accepted().await;
    let answer = session.poll().await;
    let connected: Value = serde_json::from_str(answer.packets()[0].strip_prefix("40").unwrap()).unwrap();
    assert_eq!(connected["sid"], socket.id());
    assert!(socket.emit(&Frame::event("hey", &("Jude",)).unwrap()));
    let mut packets: Vec<_> = answer.packets().into_iter().skip(1).map(str::to_owned).collect();
    if packets.is_empty() {
        packets.extend(session.poll().await.packets().into_iter().map(str::to_owned));
    }
    while packets.len() < 2 {
        packets.extend(session.poll().await.packets().into_iter().map(str::to_owned));
    }
    assert_eq!(packets[1], r#"42["hey","Jude"]"#);
    session.post("42[\"hello\"]\u{1e}42[\"world\"]").await.is(200, "ok");
    for name in ["hello", "world"] {
        assert_eq!(server.event().await.name, name);
    }

    let mut client = session.probe().await;
    client.send("5").await;
    for name in ["hello", "world"] {
        client.send(&format!(r#"42["{name}"]"#)).await;
        assert_eq!(server.event().await.name, name);
    }
    request(server.addr, "GET", &session.query()).await.is(400, UNKNOWN);
    client.send("40/admin,").await;
    assert_eq!(client.text().await, r#"44/admin,{"message":"Invalid namespace"}"#);
    client.send(r#"421["tellme"]"#).await;
    assert_eq!(client.text().await, "431[]");
    server.event().await;
    client.send("1").await;
    assert!(matches!(client.receive().await, Received::Close(1000, _)));
    assert_eq!(client.receive().await, Received::End);
    assert_eq!(server.closed().await, CloseReason::PeerClosed);
}
