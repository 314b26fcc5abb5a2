//! From long polling to a WebSocket: in order, with nothing lost or doubled; and what happens when it fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lamplight_socketio::{CloseReason, Frame, Settings};

use crate::common::{Client, Received, Server, frame, quick, soon};
use crate::session::{BAD_REQUEST, Session};

/// Settings with time to come for the end.
fn patient() -> Settings {
    Settings { farewell: Duration::from_secs(20), ..quick() }
}

fn numbered(number: usize) -> Frame {
    Frame::event("n", &(number,)).unwrap()
}

fn number(packet: &str) -> usize {
    let (_, number): (String, usize) = serde_json::from_str(packet.strip_prefix("42").unwrap()).unwrap();
    number
}

/// A WebSocket that was refused with this status and body.
async fn is_refused(session: &Session, status: u16, body: &str) {
    let (mut client, head) = session.websocket().await;
    assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
    while client.kept.len() < body.len() {
        soon(tokio::io::AsyncReadExt::read_buf(&mut client.stream, &mut client.kept)).await.unwrap();
    }
    assert_eq!(client.kept, body.as_bytes());
}

/// The session goes on over long polling.
async fn goes_on(session: &mut Session) {
    session.send_poll().await;
    session.post(r#"420["ask"]"#).await.is(200, "ok");
    assert_eq!(session.gets.answer().await.packets(), ["430[]"]);
}

#[tokio::test]
async fn what_waits_comes_over_the_websocket_in_order() {
    let mut server = Server::start(quick()).await;
    let (mut session, socket) = Session::join(&mut server).await;
    session.send_poll().await;
    let mut client = session.probe().await;
    // The poll was released so that the client can stop polling.
    session.gets.answer().await.is(200, "6");
    for number in 0..5 {
        assert!(socket.emit(&numbered(number)));
    }
    // In one breath with the first event over the WebSocket.
    let breath = [frame(0x81, b"5", true), frame(0x81, br#"420["ask",7]"#, true)].concat();
    client.send_bytes(&breath).await;
    for expected in 0..5 {
        assert_eq!(number(&client.text().await), expected);
    }
    assert_eq!(client.text().await, "430[7]");
    server.event().await;
    assert!(socket.emit(&numbered(5)));
    assert_eq!(number(&client.text().await), 5);
    let counters = server.io.counters();
    assert_eq!((counters.upgraded, counters.open, counters.bytes_queued), (1, 1, 0));

    // The session's id is spent.
    session.is_unknown().await;
    session.post("3").await.is(400, crate::session::UNKNOWN);
    is_refused(&session, 400, crate::session::UNKNOWN).await;
    assert!(socket.is_live());
    client.send("1").await;
    client.closes_with(1000).await;
    assert_eq!(server.closed().await, CloseReason::PeerClosed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_of_events_passes_through_an_upgrade_whole_and_in_order() {
    let mut server = Server::start(quick()).await;
    for _ in 0..20 {
        let (mut session, socket) = Session::join(&mut server).await;
        let enough = Arc::new(AtomicBool::new(false));
        let sender = std::thread::spawn({
            let enough = enough.clone();
            move || {
                let mut number = 0;
                while !enough.load(Ordering::Relaxed) {
                    assert!(socket.emit(&numbered(number)));
                    number += 1;
                    std::thread::sleep(Duration::from_micros(20));
                }
                number
            }
        });
        let mut expected = 0;
        let mut polled = async |session: &mut Session| {
            let answer = session.poll().await;
            for packet in answer.packets().into_iter().filter(|packet| *packet != "6") {
                assert_eq!(number(packet), expected);
                expected += 1;
            }
        };
        polled(&mut session).await;
        // As official clients do: polling goes on until the probe is answered, and the last poll is waited for.
        let (mut client, _) = session.websocket().await;
        client.send("2probe").await;
        polled(&mut session).await;
        assert_eq!(client.text().await, "3probe");
        polled(&mut session).await;
        client.send("5").await;
        let here = expected + 20;
        while expected < here {
            assert_eq!(number(&client.text().await), expected);
            expected += 1;
        }
        enough.store(true, Ordering::Relaxed);
        let sent = sender.join().unwrap();
        while expected < sent {
            assert_eq!(number(&client.text().await), expected);
            expected += 1;
        }
        client.send(r#"420["ask"]"#).await;
        assert_eq!(client.text().await, "430[]", "nothing came twice");
        server.event().await;
        drop(client);
        server.closed().await;
    }
}

#[tokio::test]
async fn a_long_queue_moves_with_the_client() {
    let mut server = Server::start(Settings { max_buffered_bytes: usize::MAX, ..quick() }).await;
    let (session, socket) = Session::join(&mut server).await;
    let text = "x".repeat(10_000);
    for number in 0..1_000 {
        assert!(socket.emit(&Frame::event("n", &(number, &text)).unwrap()));
    }
    // More than the kernel takes at once.
    let mut client = session.probe().await;
    client.send("5").await;
    for number in 0..1_000 {
        assert_eq!(client.text().await, format!(r#"42["n",{number},"{text}"]"#));
    }
    client.send_bytes(&frame(0x89, b"", true)).await;
    assert_eq!(client.receive().await, Received::Pong(Vec::new()));
    assert_eq!(server.io.counters().bytes_queued, 0);
}

#[tokio::test]
async fn polls_do_not_wait_while_a_client_is_about_to_move() {
    let mut server = Server::start(quick()).await;
    let (mut session, socket) = Session::join(&mut server).await;
    let mut client = session.probe().await;
    for _ in 0..3 {
        session.poll().await.is(200, "6");
    }
    assert!(socket.emit(&numbered(0)));
    assert_eq!(session.poll().await.packets(), [r#"42["n",0]"#]);
    // Pings of the WebSocket itself, and of the probe again, are answered.
    client.send_bytes(&frame(0x89, b"there?", true)).await;
    assert_eq!(client.receive().await, Received::Pong(b"there?".to_vec()));
    client.send("2probe").await;
    assert_eq!(client.text().await, "3probe");
    // A poll that still waits is let go.
    session.send_poll().await;
    client.send("5").await;
    assert!(socket.emit(&numbered(1)));
    let last = session.gets.answer().await;
    match last.packets()[..] {
        ["6"] => assert_eq!(number(&client.text().await), 1),
        [packet] => assert_eq!(number(packet), 1),
        _ => panic!("{last:?}"),
    }
}

#[tokio::test]
async fn heartbeats_go_on() {
    let settings = Settings { ping_interval: Duration::from_millis(20), ..quick() };
    let mut server = Server::start(settings).await;
    let (mut session, socket) = Session::join(&mut server).await;
    assert_eq!(session.poll().await.packets(), ["2"]);
    let mut client = session.probe().await;
    client.send("5").await;
    // The answer to a ping that came before the move.
    client.send("3").await;
    for _ in 0..3 {
        assert_eq!(client.text().await, "2");
        client.send("3").await;
    }
    assert!(socket.is_live());
}

#[tokio::test]
async fn one_websocket_at_a_time() {
    let mut server = Server::start(quick()).await;
    let (mut session, socket) = Session::join(&mut server).await;
    let mut client = session.probe().await;
    is_refused(&session, 400, BAD_REQUEST).await;
    client.send("5").await;
    client.send(r#"420["ask"]"#).await;
    assert_eq!(client.text().await, "430[]");
    assert!(socket.is_live());
    session.post("3").await.is(400, crate::session::UNKNOWN);
}

#[tokio::test]
async fn a_websocket_that_does_not_probe_is_closed_and_the_session_goes_on() {
    let mut server = Server::start(quick()).await;
    let (mut session, socket) = Session::join(&mut server).await;
    let masked = |first: u8, payload: &[u8]| frame(first, payload, true);
    let cases = [
        (masked(0x81, b"5"), 1002),
        (masked(0x81, b"2"), 1002),
        (masked(0x81, b"40"), 1002),
        (masked(0x81, b"nonsense"), 1002),
        (masked(0x82, b"2probe"), 1002),
        (masked(0x83, b""), 1002),
        (masked(0x81, &[0xff]), 1007),
        (masked(0x88, &3001_u16.to_be_bytes()), 3001),
        ([masked(0x81, b"2probe"), masked(0x81, br#"42["too early"]"#)].concat(), 1002),
    ];
    for (bytes, code) in cases {
        let (mut client, _) = session.websocket().await;
        client.send_bytes(&bytes).await;
        client.closes_with(code).await;
    }
    // One that hangs up in the middle of a frame.
    let (mut client, _) = session.websocket().await;
    client.send_bytes(&masked(0x81, b"2probe")[..5]).await;
    drop(client);
    goes_on(&mut session).await;
    server.event().await;
    // Then one that is in order.
    let mut client = loop {
        let (client, head) = session.websocket().await;
        if head.starts_with("HTTP/1.1 101 ") {
            break client;
        }
    };
    client.send("2probe").await;
    assert_eq!(client.text().await, "3probe");
    client.send("5").await;
    socket.emit(&numbered(0));
    assert_eq!(number(&client.text().await), 0);
    assert!(server.leftover().is_none());
}

#[tokio::test]
async fn a_probe_that_leads_to_nothing_is_given_up() {
    let mut server = Server::start(Settings { connect_timeout: Duration::from_millis(500), ..quick() }).await;
    let (mut session, _socket) = Session::join(&mut server).await;
    let mut client = session.probe().await;
    client.closes_with(1008).await;
    goes_on(&mut session).await;
}

#[tokio::test]
async fn the_end_of_a_session_ends_its_probe() {
    let mut server = Server::start(patient()).await;
    let (mut session, socket) = Session::join(&mut server).await;
    let (mut client, _) = session.websocket().await;
    // The answer shows that the server has it.
    client.send_bytes(&frame(0x89, b"", true)).await;
    assert_eq!(client.receive().await, Received::Pong(Vec::new()));
    socket.disconnect("signed out");
    client.closes_with(1000).await;
    assert_eq!(session.poll().await.packets(), ["41"]);
    assert_eq!(session.poll().await.packets(), ["1"]);
    assert_eq!(server.closed().await, CloseReason::ServerDisconnect("signed out"));

    let (mut session, _socket) = Session::join(&mut server).await;
    let mut client = session.probe().await;
    session.post("1").await.is(200, "ok");
    client.closes_with(1000).await;
    assert_eq!(server.closed().await, CloseReason::PeerClosed);
    session.is_unknown().await;
}

/// An official client that has seen the probe answered does not poll any more, and is deaf if the WebSocket is closed before
/// it could move there.
#[tokio::test]
async fn who_is_about_to_move_is_told_of_the_end_on_either_way() {
    let mut server = Server::start(patient()).await;
    let (session, socket) = Session::join(&mut server).await;
    let mut client = session.probe().await;
    socket.emit(&numbered(0));
    socket.disconnect("signed out");
    assert_eq!(server.closed().await, CloseReason::ServerDisconnect("signed out"));
    is_refused(&session, 400, BAD_REQUEST).await;
    client.send("5").await;
    assert_eq!(number(&client.text().await), 0);
    assert_eq!(client.text().await, "41");
    assert_eq!(client.receive().await, Received::Close(1000, "signed out".to_owned()));
    assert_eq!(client.receive().await, Received::End);
    session.is_unknown().await;

    let (mut session, socket) = Session::join(&mut server).await;
    let mut client = session.probe().await;
    socket.close_transport("come back");
    assert_eq!(session.poll().await.packets(), ["1"]);
    client.closes_with(1000).await;
    assert_eq!(server.closed().await, CloseReason::ServerClose("come back"));
}

#[tokio::test]
async fn who_comes_neither_way_is_not_waited_for() {
    let mut server = Server::start(quick()).await;
    let (session, socket) = Session::join(&mut server).await;
    let mut client = session.probe().await;
    socket.close_transport("come back");
    client.closes_with(1000).await;
    session.is_unknown().await;
    assert_eq!(server.io.counters().bytes_queued, 0);
}

#[tokio::test]
async fn a_client_may_connect_after_the_move() {
    let mut server = Server::start(quick()).await;
    let session = Session::open(server.addr).await;
    let mut client: Client = session.probe().await;
    client.send("5").await;
    client.send("40").await;
    client.connected().await;
    let socket = server.accepted().await;
    socket.close_transport("come back");
    assert_eq!(client.receive().await, Received::Close(1000, "come back".to_owned()));
    assert_eq!(client.receive().await, Received::End);
    assert_eq!(server.closed().await, CloseReason::ServerClose("come back"));
}
