//! Every way out: by the client, by the server, by the clock, by reading too slowly, by stopping.

use std::time::{Duration, Instant};

use lamplight_socketio::{CloseReason, Frame, Hub, Settings, Socket};

use crate::common::{Client, HANDSHAKE, NARROW, Received, Seen, Server, both_streams, frame, quick, soon};

both_streams!(
    a_client_leaves,
    Settings { ping_interval: Duration::from_millis(10), farewell: Duration::from_millis(800), ..quick() },
    async |mut server: Server| {
        let (mut client, socket) = server.join().await;
        client.send("41").await;
        assert_eq!(server.closed().await, CloseReason::ClientDisconnect);
        assert!(!socket.is_live());
        assert!(!socket.emit(&Frame::event("too late", &()).unwrap()));
        // It is the client that closes the transport; until then it is a living one.
        assert_eq!(client.text().await, "2");
        client.closes_with(1000).await;
    }
);

both_streams!(a_client_closes_its_transport, quick(), async |mut server: Server| {
    let (mut client, _socket) = server.join().await;
    client.send_bytes(&frame(0x88, &3001_u16.to_be_bytes(), true)).await;
    client.closes_with(3001).await;
    assert_eq!(server.closed().await, CloseReason::PeerClosed);

    let (mut client, _socket) = server.join().await;
    client.send("1").await;
    client.closes_with(1000).await;
    assert_eq!(server.closed().await, CloseReason::PeerClosed);

    let (client, _socket) = server.join().await;
    drop(client);
    assert_eq!(server.closed().await, CloseReason::PeerClosed);
});

both_streams!(the_server_sends_a_client_away, quick(), async |mut server: Server| {
    let (mut client, socket) = server.join().await;
    socket.emit(&Frame::event("last words", &()).unwrap());
    socket.disconnect("signed out");
    socket.close_transport("too late to change anything");
    assert!(!socket.emit(&Frame::event("too late", &()).unwrap()));
    assert_eq!(client.text().await, r#"42["last words"]"#);
    assert_eq!(client.text().await, "41");
    assert_eq!(client.receive().await, Received::Close(1000, "signed out".to_owned()));
    assert_eq!(client.receive().await, Received::End);
    assert_eq!(server.closed().await, CloseReason::ServerDisconnect("signed out"));
    soon(server.io.shutdown(Duration::ZERO)).await;
    assert!(server.leftover().is_none(), "closed is called once");
});

#[tokio::test]
async fn the_server_closes_a_transport() {
    let mut server = Server::start(quick()).await;
    let (mut client, socket) = server.join().await;
    socket.close_transport("come back");
    assert_eq!(client.receive().await, Received::Close(1000, "come back".to_owned()));
    assert_eq!(client.receive().await, Received::End);
    assert_eq!(server.closed().await, CloseReason::ServerClose("come back"));
}

#[tokio::test]
async fn pings_are_sent_and_their_answers_keep_the_connection() {
    let settings =
        Settings { ping_interval: Duration::from_millis(20), ping_timeout: Duration::from_secs(20), ..quick() };
    let mut server = Server::start(settings).await;
    let (mut client, socket) = server.join().await;
    for _ in 0..10 {
        assert_eq!(client.text().await, "2");
        client.send("3").await;
    }
    assert!(socket.is_live());
}

both_streams!(
    who_does_not_answer_a_ping_is_given_up,
    Settings { ping_interval: Duration::from_millis(20), ping_timeout: Duration::from_millis(20), ..quick() },
    async |mut server: Server| {
        let (mut client, _socket) = server.join().await;
        assert_eq!(client.text().await, "2");
        assert_eq!(client.receive().await, Received::End);
        assert_eq!(server.closed().await, CloseReason::PingTimeout);
    }
);

#[tokio::test]
async fn a_socket_expires_at_the_deadline_set_last() {
    let mut server = Server::start(quick()).await;
    let (mut client, socket) = server.join().await;
    let (_other, reprieved) = server.join().await;
    for socket in [&socket, &reprieved] {
        socket.set_expiry(Some(Instant::now() + Duration::from_secs(3600)));
        socket.set_expiry(Some(Instant::now() + Duration::from_millis(50)));
    }
    reprieved.set_expiry(None);
    client.closes_with(1008).await;
    assert_eq!(server.closed().await, CloseReason::Expired);
    assert!(reprieved.is_live());
}

/// Numbered frames of a kilobyte, sent until `until` says so; how many.
fn flood(socket: &Socket, mut until: impl FnMut(bool) -> bool) -> usize {
    let padding = "x".repeat(1_000);
    for number in 0..1_000_000 {
        if until(socket.emit(&Frame::event("n", &(number, &padding)).unwrap())) {
            return number;
        }
    }
    panic!("a million frames were taken");
}

/// The number in the next frame of a flood.
async fn numbered(client: &mut Client) -> Option<usize> {
    match client.receive().await {
        Received::Text(text) => {
            let number = text.strip_prefix(r#"42["n","#).and_then(|rest| rest.split(',').next()).unwrap().parse();
            Some(number.unwrap())
        }
        Received::End => None,
        other => panic!("unexpected {other:?}"),
    }
}

both_streams!(
    who_reads_too_slowly_is_closed_and_what_it_got_has_no_holes,
    Settings { max_buffered_bytes: 100_000, ..quick() },
    async |mut server: Server| {
        let (mut client, socket) = server.join().await;
        // The client does not read: the kernel's buffers fill, then the queue.
        let sent = flood(&socket, |taken| !taken);
        assert_eq!(server.closed().await, CloseReason::TooSlow);
        let mut expected = 0;
        while let Some(number) = numbered(&mut client).await {
            assert_eq!(number, expected);
            expected += 1;
        }
        assert!(expected <= sent);
        let counters = server.io.counters();
        assert!(counters.closed.contains(&("too_slow", 1)));
        assert_eq!(counters.bytes_queued, 0);
    }
);

both_streams!(a_slow_reader_that_recovers_gets_everything_in_order, quick(), async |mut server: Server| {
    let (mut client, socket) = server.join().await;
    // Until half a megabyte waits.
    let io = server.io.clone();
    let sent = flood(&socket, |taken| {
        assert!(taken);
        io.counters().bytes_queued > 500_000
    });
    for expected in 0..=sent {
        assert_eq!(numbered(&mut client).await, Some(expected));
        if expected % 100 == 0 {
            // What is sent meanwhile goes behind.
            assert!(socket.emit(&Frame::event("n", &(sent + 1 + expected / 100,)).unwrap()));
        }
    }
    for expected in 0..=sent / 100 {
        let Received::Text(text) = client.receive().await else { panic!("no text") };
        assert_eq!(text, format!(r#"42["n",{}]"#, sent + 1 + expected));
    }
    assert_eq!(server.io.counters().bytes_queued, 0);
    assert!(socket.is_live());
});

// TLS takes all of it at once, and the kernel does not: what is left is on its way without anything being sent behind it.
both_streams!(
    what_the_kernel_did_not_take_follows_by_itself,
    Settings { max_buffered_bytes: NARROW, ..quick() },
    async |mut server: Server| {
        let client = Client { stream: server.addr.connect_narrow().await, kept: Vec::new() };
        let (mut client, head) = client.go_on(HANDSHAKE.as_bytes()).await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        client.text().await;
        client.send("40").await;
        client.connected().await;
        let socket = server.accepted().await;
        assert!(socket.emit(&Frame::event("large", &("x".repeat(50_000),)).unwrap()));
        assert!(server.io.counters().bytes_queued > 0, "it is known that something waits");
        assert_eq!(client.text().await.len(), 50_000 + r#"42["large",""]"#.len());
    }
);

both_streams!(
    a_frame_larger_than_the_bound_is_still_delivered,
    Settings { max_buffered_bytes: 1_000, ..quick() },
    async |mut server: Server| {
        let (mut client, socket) = server.join().await;
        let large = "x".repeat(20_000_000);
        assert!(socket.emit(&Frame::event("large", &(&large,)).unwrap()));
        assert_eq!(client.text().await.len(), large.len() + r#"42["large",""]"#.len());
        assert!(socket.is_live());
    }
);

both_streams!(
    frames_of_many_senders_are_never_mixed,
    Settings { max_buffered_bytes: usize::MAX, ..quick() },
    async |mut server: Server| {
        let (mut client, socket) = server.join().await;
        let senders: Vec<_> = (0..4)
            .map(|sender| {
                let socket = socket.clone();
                std::thread::spawn(move || {
                    for number in 0..2_000 {
                        let padding = "x".repeat(number);
                        assert!(socket.emit(&Frame::event("n", &(sender, number, padding)).unwrap()));
                    }
                })
            })
            .collect();
        let mut next = [0; 4];
        for _ in 0..8_000 {
            let text = client.text().await;
            let (_, sender, number, padding): (String, usize, usize, String) =
                serde_json::from_str(text.strip_prefix("42").unwrap()).unwrap();
            assert_eq!((number, padding.len()), (next[sender], number));
            next[sender] += 1;
        }
        for sender in senders {
            sender.join().unwrap();
        }
    }
);

both_streams!(stopping_closes_everything_and_waits_for_it, quick(), async |mut server: Server| {
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(server.join().await);
    }
    let unconnected = Client::open(server.addr).await;
    let io = server.io.clone();
    let shutdown = tokio::spawn(async move { io.shutdown(Duration::from_millis(50)).await });
    for (client, _) in &mut clients {
        client.closes_with(1001).await;
    }
    drop((clients, unconnected));
    soon(shutdown).await.unwrap();
    for _ in 0..20 {
        match server.leftover() {
            Some(Seen::Closed(_, CloseReason::Shutdown)) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(server.leftover().is_none());
    assert_eq!(server.io.counters().open, 0);
    let (_, head) = Client::request(server.addr, HANDSHAKE.as_bytes()).await;
    assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
});

both_streams!(stopping_does_not_wait_for_a_client_that_does_not_hang_up, quick(), async |mut server: Server| {
    let (client, _socket) = server.join().await;
    soon(server.io.shutdown(Duration::ZERO)).await;
    assert_eq!(server.closed().await, CloseReason::Shutdown);
    drop(client);
});

#[tokio::test]
async fn the_hub_forgets_who_has_ended() {
    let mut server = Server::start(quick()).await;
    let mut hub = Hub::new();
    let (mut stays, staying) = server.join().await;
    let (leaves, leaving) = server.join().await;
    for socket in [&staying, &leaving] {
        assert!(hub.join(socket, ["all", "few"]));
    }
    assert!(!Hub::new().join(&staying, ["all"]), "in one hub at a time");
    drop(leaves);
    server.closed().await;
    let frame = Frame::event("news", &()).unwrap();
    let delivered = hub.emit(&frame, &["all", "few"], &[]);
    assert_eq!((delivered.sockets, delivered.bytes), (1, frame.wire().len()));
    assert_eq!(stays.text().await, r#"42["news"]"#);
    assert_eq!(hub.members("all").collect::<Vec<_>>(), [&staying]);
    assert!(!hub.join(&leaving, ["all"]), "an ended socket is not let in");
    assert_eq!(hub.len(), 1);
    hub.remove(&staying);
    assert!(hub.is_empty());
    assert_eq!(hub.rooms().count(), 0);
    assert!(Hub::new().join(&staying, ["all"]), "free for another hub");
}
