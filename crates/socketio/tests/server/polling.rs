//! Long polling: requests in and out of order, payloads, heartbeats, and every way out.

use std::time::{Duration, Instant};

use bytes::Bytes;
use lamplight_socketio::{CloseReason, Frame, Hub, Settings};
use serde_json::{Value, json};

use crate::common::{Received, Seen, Server, quick, soon};
use crate::session::{BAD_REQUEST, POLLING, Session, UNKNOWN, request};

/// Settings with time to poll after the end.
fn patient() -> Settings {
    Settings { farewell: Duration::from_secs(20), ..quick() }
}

fn numbered(number: usize) -> Frame {
    Frame::event("n", &(number,)).unwrap()
}

#[tokio::test]
async fn the_first_payload_is_the_open_packet() {
    let server = Server::start(quick()).await;
    let answer = request(server.addr, "GET", POLLING).await;
    answer.is(200, &answer.body);
    assert!(answer.head.contains("content-type: text/plain; charset=utf-8\r\n"), "{}", answer.head);
    assert!(!answer.head.contains("set-cookie"), "{}", answer.head);
    let open: Value = serde_json::from_str(answer.body.strip_prefix('0').unwrap()).unwrap();
    assert_eq!(open["upgrades"], json!(["websocket"]));
    assert_eq!(open["pingInterval"], 25_000);
    assert_eq!(open["pingTimeout"], 20_000);
    assert_eq!(open["maxPayload"], 100_000);
    assert!(open["sid"].as_str().unwrap().len() >= 20);
    assert_ne!(Session::open(server.addr).await.sid, Session::open(server.addr).await.sid);
    assert_eq!((server.io.counters().open, server.io.counters().handshakes), (3, 3));
}

#[tokio::test]
async fn requests_that_make_no_sense_get_the_official_answers() {
    let mut server = Server::start(quick()).await;
    let (session, _socket) = Session::join(&mut server).await;
    let (query, sid) = (session.query(), &session.sid);
    let method = r#"{"code":2,"message":"Bad handshake method"}"#;
    let version = r#"{"code":5,"message":"Unsupported protocol version"}"#;
    let nobody = "aaaaaaaaaaaaaaaaaaaa";
    let cases = [
        ("GET", "EIO=4", r#"{"code":0,"message":"Transport unknown"}"#),
        ("GET", "EIO=4&transport=toString", r#"{"code":0,"message":"Transport unknown"}"#),
        ("GET", &format!("{POLLING}&sid={nobody}"), UNKNOWN),
        ("POST", &format!("{POLLING}&sid={nobody}"), UNKNOWN),
        ("GET", &format!("{POLLING}&sid=short"), UNKNOWN),
        ("POST", POLLING, method),
        ("PUT", POLLING, method),
        ("DELETE", &query, method),
        ("GET", "EIO=3&transport=polling", version),
        ("GET", "transport=polling", version),
        // A WebSocket that is none.
        ("GET", &format!("EIO=4&transport=websocket&sid={sid}"), BAD_REQUEST),
    ];
    for (verb, query, body) in cases {
        request(server.addr, verb, query).await.is(400, body);
    }
    for query in [POLLING, &query] {
        let answer = request(server.addr, "HEAD", query).await;
        answer.is(400, "");
        let answer = request(server.addr, "OPTIONS", query).await;
        answer.is(204, "");
        assert!(answer.head.contains("allow: get, post, options\r\n"), "{}", answer.head);
    }
    // None of that hurt anybody.
    assert!(server.leftover().is_none());
    assert_eq!(server.io.counters().open, 1);
}

#[tokio::test]
async fn events_go_both_ways() {
    let mut server = Server::start(quick()).await;
    let (mut session, socket) = Session::join(&mut server).await;
    // A poll waits until there is something to say.
    session.send_poll().await;
    session.post("42[\"echo\",{\"größe\":\"😀\"}]\u{1e}427[\"ask\",1,\"two\"]\u{1e}42[\"last\"]").await.is(200, "ok");
    let mut packets: Vec<String> = session.gets.answer().await.packets().into_iter().map(str::to_owned).collect();
    if packets.len() < 2 {
        packets.extend(session.poll().await.packets().into_iter().map(str::to_owned));
    }
    assert_eq!(packets, [r#"42["echo",{"größe":"😀"}]"#, r#"437[1,"two"]"#]);
    for name in ["echo", "ask", "last"] {
        assert_eq!(server.event().await.name, name);
    }
    // What is sent between two polls comes together.
    for number in 0..3 {
        assert!(socket.emit(&numbered(number)));
    }
    assert_eq!(session.poll().await.packets(), [r#"42["n",0]"#, r#"42["n",1]"#, r#"42["n",2]"#]);
    assert_eq!(server.io.counters().bytes_queued, 0);
}

#[tokio::test]
async fn the_attempt_has_what_the_handshake_said() {
    let mut server = Server::start(quick()).await;
    let mut session = Session::open(server.addr).await;
    session.post(r#"40{"token":"abc"}"#).await.is(200, "ok");
    let socket = server.accepted().await;
    assert_eq!(socket.data::<Value>(), Some(&json!({"token": "abc"})));
    assert_eq!(socket.peer().ip(), server.addr.socket.ip());
}

#[tokio::test]
async fn attachments_come_as_base64_in_one_payload_or_more() {
    let mut server = Server::start(quick()).await;
    let (mut session, _socket) = Session::join(&mut server).await;
    let event = r#"452-9["file",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#;
    session.post(&format!("{event}\u{1e}bAQID\u{1e}b")).await.is(200, "ok");
    session.post(event).await.is(200, "ok");
    session.post("bAQID").await.is(200, "ok");
    session.post("b\u{1e}42[\"after\"]").await.is(200, "ok");
    for _ in 0..2 {
        let event = server.event().await;
        assert_eq!(event.attachments, [Bytes::from_static(&[1, 2, 3]), Bytes::new()]);
        assert!(event.ack.is_some());
    }
    assert_eq!(server.event().await.name, "after");
}

#[tokio::test]
async fn a_payload_has_what_fits_and_the_rest_follows() {
    let mut server = Server::start(Settings { max_payload: 1_000, ..quick() }).await;
    let (mut session, socket) = Session::join(&mut server).await;
    let text = "x".repeat(300);
    for number in 0..20 {
        assert!(socket.emit(&Frame::event("n", &(number, &text)).unwrap()));
    }
    let mut number = 0;
    while number < 20 {
        let answer = session.poll().await;
        assert!(answer.body.len() <= 1_000 && answer.packets().len() > 1, "{}", answer.body.len());
        for packet in answer.packets() {
            assert_eq!(packet, format!(r#"42["n",{number},"{text}"]"#));
            number += 1;
        }
    }
    // One that does not fit anywhere comes alone.
    socket.emit(&numbered(0));
    socket.emit(&Frame::event("large", &("x".repeat(5_000),)).unwrap());
    assert_eq!(session.poll().await.packets(), [r#"42["n",0]"#]);
    assert_eq!(session.poll().await.packets().len(), 1);
}

#[tokio::test]
async fn two_polls_at_once_end_the_session() {
    let mut server = Server::start(quick()).await;
    let (mut session, _socket) = Session::join(&mut server).await;
    let query = session.query();
    let (first, second) =
        tokio::join!(session.gets.request("GET", &query, "", b""), session.posts.request("GET", &query, "", b""));
    let (told, refused) = if first.status == 200 { (first, second) } else { (second, first) };
    told.is(200, "1");
    refused.is(400, BAD_REQUEST);
    assert_eq!(server.closed().await, CloseReason::ProtocolError);
    session.is_unknown().await;
}

#[tokio::test]
async fn two_posts_at_once_end_the_session() {
    let mut server = Server::start(quick()).await;
    let (mut session, _socket) = Session::join(&mut server).await;
    let query = session.query();
    session.gets.send("POST", &query, "Content-Length: 100\r\n", b"42[").await;
    // Until the first has been seen, the second is answered as the only one.
    loop {
        let answer = session.post("3").await;
        if answer.status != 200 {
            answer.is(400, BAD_REQUEST);
            break;
        }
    }
    assert_eq!(server.closed().await, CloseReason::ProtocolError);
    session.is_unknown().await;
}

#[tokio::test]
async fn a_post_that_cannot_be_understood_ends_the_session() {
    let settings = Settings { max_payload: 200, packet_burst: 10, packets_per_second: 1, ..quick() };
    let mut server = Server::start(settings).await;
    let text = "Content-Type: text/plain\r\n";
    let many = ["3"; 12].join("\u{1e}");
    let cases: [(&str, &[u8], u16, CloseReason); _] = [
        ("Content-Type: application/octet-stream\r\n", b"3", 400, CloseReason::ProtocolError),
        (text, b"abc", 400, CloseReason::ProtocolError),
        (text, b"", 400, CloseReason::ProtocolError),
        (text, b"3\x1e", 400, CloseReason::ProtocolError),
        (text, b"4\xff", 400, CloseReason::ProtocolError),
        (text, b"b!", 400, CloseReason::ProtocolError),
        (text, b"bAQID", 400, CloseReason::ProtocolError),
        (text, b"2", 400, CloseReason::ProtocolError),
        (text, b"2probe", 400, CloseReason::ProtocolError),
        (text, b"5", 400, CloseReason::ProtocolError),
        (text, b"42{}", 400, CloseReason::ProtocolError),
        (text, b"40", 400, CloseReason::ProtocolError),
        (text, &[b'4'; 201], 413, CloseReason::ProtocolError),
        ("Transfer-Encoding: chunked\r\n", &[&b"c9\r\n"[..], &[b'4'; 201]].concat(), 413, CloseReason::ProtocolError),
        (text, many.as_bytes(), 400, CloseReason::TooManyPackets),
    ];
    for (headers, body, status, reason) in cases {
        let (mut session, socket) = Session::join(&mut server).await;
        session.send_poll().await;
        let query = session.query();
        let answer = session.posts.request("POST", &query, headers, body).await;
        assert_eq!(answer.status, status, "{body:?}: {answer:?}");
        assert_eq!(server.closed().await, reason);
        assert!(!socket.is_live());
        // The poll may have come after the end.
        let told = session.gets.answer().await;
        assert!((told.status, told.body.as_str()) == (200, "1") || told.body == UNKNOWN, "{told:?}");
        session.is_unknown().await;
    }
}

#[tokio::test]
async fn a_post_that_breaks_off_ends_the_session() {
    let mut server = Server::start(quick()).await;
    let (mut session, _socket) = Session::join(&mut server).await;
    let query = session.query();
    session.posts.send("POST", &query, "Content-Length: 100\r\n", b"42[").await;
    session.posts = crate::session::Http::connect(server.addr).await;
    let reason = server.closed().await;
    assert!(matches!(reason, CloseReason::PeerClosed | CloseReason::TransportError), "{reason:?}");

    let server_settings = Settings { ping_timeout: Duration::from_millis(150), ..quick() };
    let mut server = Server::start(server_settings).await;
    let (mut session, _socket) = Session::join(&mut server).await;
    let query = session.query();
    let answer = session.posts.request("POST", &query, "Content-Length: 100\r\n", b"42[").await;
    answer.is(400, BAD_REQUEST);
    assert_eq!(server.closed().await, CloseReason::PingTimeout);
}

#[tokio::test]
async fn pings_are_sent_and_their_answers_keep_the_session() {
    let settings = Settings { ping_interval: Duration::from_millis(20), ..quick() };
    let mut server = Server::start(settings).await;
    let (mut session, socket) = Session::join(&mut server).await;
    for _ in 0..5 {
        assert_eq!(session.poll().await.packets(), ["2"]);
        session.post("3").await.is(200, "ok");
    }
    assert!(socket.is_live());
}

#[tokio::test]
async fn who_vanishes_is_given_up() {
    let brief = Duration::from_millis(150);
    let mut server = Server::start(Settings { ping_interval: brief, ping_timeout: brief, ..quick() }).await;
    // One that polls but does not answer, and one that does not even poll.
    let (mut session, _socket) = Session::join(&mut server).await;
    while session.poll().await.packets() != ["1"] {}
    assert_eq!(server.closed().await, CloseReason::PingTimeout);
    let (silent, _socket) = Session::join(&mut server).await;
    assert_eq!(server.closed().await, CloseReason::PingTimeout);
    silent.is_unknown().await;
    session.is_unknown().await;
    while server.io.counters().open > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn who_does_not_connect_is_not_kept() {
    let settings =
        Settings { connect_timeout: Duration::from_millis(50), farewell: Duration::from_millis(50), ..quick() };
    let server = Server::start(settings).await;
    let (mut polls, silent) = (Session::open(server.addr).await, Session::open(server.addr).await);
    assert_eq!(polls.poll().await.packets(), ["1"]);
    while server.io.counters().open > 0 {
        tokio::task::yield_now().await;
    }
    silent.is_unknown().await;
    let counters = server.io.counters();
    assert!(counters.closed.contains(&("connect_timeout", 2)), "{counters:?}");
    assert_eq!(counters.bytes_queued, 0);
}

#[tokio::test]
async fn a_client_leaves() {
    let mut server = Server::start(quick()).await;
    let (mut session, socket) = Session::join(&mut server).await;
    session.send_poll().await;
    session.post("41").await.is(200, "ok");
    assert_eq!(server.closed().await, CloseReason::ClientDisconnect);
    assert!(!socket.is_live());
    session.post("1").await.is(200, "ok");
    session.gets.answer().await.is(200, "6");
    session.is_unknown().await;

    let (mut session, _socket) = Session::join(&mut server).await;
    session.post("42[\"last words\"]\u{1e}1\u{1e}42[\"too late\"]").await.is(200, "ok");
    assert_eq!(server.event().await.name, "last words");
    assert_eq!(server.closed().await, CloseReason::PeerClosed);
    session.is_unknown().await;
}

#[tokio::test]
async fn a_poll_that_is_given_up_ends_the_session() {
    let mut server = Server::start(quick()).await;
    let (mut session, _socket) = Session::join(&mut server).await;
    session.send_poll().await;
    session.gets = crate::session::Http::connect(server.addr).await;
    assert_eq!(server.closed().await, CloseReason::PeerClosed);
    session.is_unknown().await;
}

#[tokio::test]
async fn the_server_sends_a_client_away() {
    let mut server = Server::start(patient()).await;
    // Between two polls, and while one waits.
    let (mut session, socket) = Session::join(&mut server).await;
    socket.emit(&Frame::event("last words", &()).unwrap());
    socket.disconnect("signed out");
    socket.close_transport("too late to change anything");
    assert!(!socket.emit(&Frame::event("too late", &()).unwrap()));
    assert_eq!(server.closed().await, CloseReason::ServerDisconnect("signed out"));
    session.post(r#"42["not heard"]"#).await.is(200, "ok");
    assert_eq!(session.poll().await.packets(), [r#"42["last words"]"#, "41"]);
    // Alone, or official clients would see only this.
    assert_eq!(session.poll().await.packets(), ["1"]);
    session.is_unknown().await;

    let (mut session, socket) = Session::join(&mut server).await;
    session.post(r#"42["kick"]"#).await.is(200, "ok");
    assert_eq!(session.poll().await.packets(), ["41"]);
    assert_eq!(server.event().await.name, "kick");
    assert_eq!(server.closed().await, CloseReason::ServerDisconnect("asked for"));
    assert!(!socket.is_live());
    // Which then leaves by itself.
    session.post("1").await.is(200, "ok");
    session.is_unknown().await;
    soon(server.io.shutdown(Duration::ZERO)).await;
    assert!(server.leftover().is_none(), "closed is called once");
}

#[tokio::test]
async fn the_server_closes_a_transport() {
    let mut server = Server::start(patient()).await;
    let (mut session, socket) = Session::join(&mut server).await;
    socket.close_transport("come back");
    assert_eq!(session.poll().await.packets(), ["1"]);
    assert_eq!(server.closed().await, CloseReason::ServerClose("come back"));
    session.is_unknown().await;

    let (mut session, socket) = Session::join(&mut server).await;
    socket.set_expiry(Some(Instant::now() + Duration::from_millis(20)));
    assert_eq!(session.poll().await.packets(), ["1"]);
    assert_eq!(server.closed().await, CloseReason::Expired);
}

#[tokio::test]
async fn a_refused_client_hears_why_and_is_not_kept() {
    let mut server = Server::start(Settings { farewell: Duration::from_millis(600), ..quick() }).await;
    let mut session = Session::open(server.addr).await;
    session.post(r#"40{"please":"refuse"}"#).await.is(200, "ok");
    let refusal = session.poll().await;
    let refusal: Value = serde_json::from_str(refusal.body.strip_prefix("44").unwrap()).unwrap();
    assert_eq!(refusal, json!({"message": "not you", "data": {"code": "auth.no", "why": "é😀"}}));
    assert_eq!(session.poll().await.packets(), ["1"]);
    session.is_unknown().await;
    assert!(server.leftover().is_none(), "nothing is told of a client that was not accepted");
}

#[tokio::test]
async fn who_polls_too_slowly_is_closed() {
    let settings = Settings { max_buffered_bytes: 10_000, ..quick() };
    let mut server = Server::start(settings).await;
    let (session, socket) = Session::join(&mut server).await;
    let text = "x".repeat(1_000);
    let taken = (0..100).take_while(|number| socket.emit(&Frame::event("n", &(number, &text)).unwrap())).count();
    assert!((5..10).contains(&taken), "{taken}");
    assert_eq!(server.closed().await, CloseReason::TooSlow);
    session.is_unknown().await;
    assert_eq!(server.io.counters().bytes_queued, 0);
}

#[tokio::test]
async fn a_handler_that_is_behind_makes_posts_wait_and_loses_nothing() {
    let settings = Settings { packets_per_second: 1_000_000, packet_burst: 1_000_000, ..quick() };
    let mut server = Server::start(settings).await;
    let (mut session, _socket) = Session::join(&mut server).await;
    session.post(r#"42["wait"]"#).await.is(200, "ok");
    let payload =
        |from: usize| (from..from + 100).map(|n| format!(r#"42["numbered",{n}]"#)).collect::<Vec<_>>().join("\u{1e}");
    session.post(&payload(0)).await.is(200, "ok");
    let writer = tokio::spawn(async move {
        for from in 1..10 {
            session.post(&payload(from * 100)).await.is(200, "ok");
        }
    });
    server.go_on.notify_one();
    assert_eq!(server.event().await.name, "wait");
    for n in 0..1_000 {
        assert_eq!(server.event().await.args, [json!(n)]);
    }
    soon(writer).await.unwrap();
}

#[tokio::test]
async fn a_hub_does_not_care_how_its_sockets_are_reached() {
    let mut server = Server::start(quick()).await;
    let mut hub = Hub::new();
    let (mut session, polling) = Session::join(&mut server).await;
    let (mut client, websocket) = server.join().await;
    for socket in [&polling, &websocket] {
        assert!(hub.join(socket, ["all"]));
    }
    for number in 0..10 {
        assert_eq!(hub.emit(&numbered(number), &["all"], &[]).sockets, 2);
    }
    let expected: Vec<_> = (0..10).map(|number| format!(r#"42["n",{number}]"#)).collect();
    assert_eq!(session.poll().await.packets(), expected);
    for text in expected {
        assert_eq!(client.receive().await, Received::Text(text));
    }
    session.post("1").await.is(200, "ok");
    server.closed().await;
    assert_eq!(hub.emit(&numbered(10), &["all"], &[]).sockets, 1);
    assert_eq!(hub.len(), 1);
}

#[tokio::test]
async fn stopping_closes_sessions_and_waits_for_it() {
    let mut server = Server::start(quick()).await;
    let mut sessions = Vec::new();
    for _ in 0..5 {
        let (mut session, _socket) = Session::join(&mut server).await;
        session.send_poll().await;
        sessions.push(session);
    }
    let silent = Session::open(server.addr).await;
    let io = server.io.clone();
    let shutdown = tokio::spawn(async move { io.shutdown(Duration::from_millis(30)).await });
    for session in &mut sessions {
        session.gets.answer().await.is(200, "1");
    }
    soon(shutdown).await.unwrap();
    for _ in 0..5 {
        assert!(matches!(server.leftover(), Some(Seen::Closed(_, CloseReason::Shutdown))));
    }
    assert!(server.leftover().is_none());
    assert_eq!((server.io.counters().open, server.io.counters().bytes_queued), (0, 0));
    silent.is_unknown().await;
    assert_eq!(request(server.addr, "GET", POLLING).await.status, 503);
}
