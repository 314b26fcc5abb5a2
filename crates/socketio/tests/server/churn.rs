//! Disorder: clients that come and go while everybody is being sent to, on several threads; and clients that talk nonsense.

use std::collections::HashSet;
use std::time::Duration;

use lamplight_socketio::{Frame, Hub, Settings};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use crate::common::{Client, Received, Seen, Server, frame, quick, soon};

const CLIENTS: usize = 24;
const VISITS: usize = 12;

/// Comes, reads some numbers that must follow each other, and goes in one of five ways.
async fn visit(addr: std::net::SocketAddr, way: usize) {
    let mut client = Client::open(addr).await;
    client.send("40").await;
    client.connected().await;
    let mut last = None;
    for _ in 0..3 + way % 4 {
        let text = client.text().await;
        let (_, number): (String, usize) = serde_json::from_str(text.strip_prefix("42").unwrap()).unwrap();
        if let Some(last) = last.replace(number) {
            assert_eq!(number, last + 1);
        }
    }
    match way % 5 {
        0 => return drop(client),
        1 => client.send("41").await,
        2 => client.send_bytes(&frame(0x88, &[], true)).await,
        3 => client.send(r#"42["kick"]"#).await,
        _ => client.send(r#"42["drop"]"#).await,
    }
    loop {
        match client.receive().await {
            Received::Close(..) | Received::End => return,
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn clients_come_and_go_while_all_are_sent_to() {
    let mut server = Server::start(Settings { ping_interval: Duration::from_secs(3600), ..quick() }).await;
    let addr = server.addr;
    let visitors: Vec<_> = (0..CLIENTS)
        .map(|client| {
            tokio::spawn(async move {
                for round in 0..VISITS {
                    visit(addr, client * 7 + round).await;
                }
            })
        })
        .collect();
    let mut hub = Hub::new();
    let (mut live, mut closed) = (HashSet::new(), 0);
    let mut number = 0;
    let all_gone = async {
        while closed < CLIENTS * VISITS {
            while let Some(seen) = server.leftover() {
                match seen {
                    Seen::Accepted(socket) => {
                        hub.join(&socket, ["all"]);
                        assert!(live.insert(socket.id().to_owned()));
                    }
                    Seen::Event(_) => {}
                    Seen::Closed(socket, _) => {
                        assert!(live.remove(socket.id()), "closed before accepted, or twice");
                        closed += 1;
                    }
                }
            }
            hub.emit_paced(&Frame::event("n", &(number,)).unwrap(), &["all"], &[]).await;
            number += 1;
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
    };
    soon(all_gone).await;
    for visitor in visitors {
        soon(visitor).await.unwrap();
    }
    hub.sweep();
    assert!(hub.is_empty());
    assert!(live.is_empty());
    soon(server.io.shutdown(Duration::ZERO)).await;
    assert_eq!((server.io.counters().open, server.io.counters().bytes_queued), (0, 0));
}

/// Things a client may say, in and out of place.
fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    let texts = vec![
        "40",
        "40",
        "40{}",
        "40/x,",
        r#"40{"please":"wait"}"#,
        r#"40{"please":"refuse"}"#,
        r#"40{"please":"panic"}"#,
        "41",
        "3",
        "1",
        "2probe",
        "5",
        "42[\"echo\",1]",
        "421[\"ask\"]",
        "42[\"kick\"]",
        "42[\"drop\"]",
        "42[\"panic\"]",
        "42[\"wait\"]",
        "430[]",
        "451-[\"x\",{\"_placeholder\":true,\"num\":0}]",
        "461-0[]",
        "44{}",
        "4",
        "",
    ];
    prop_oneof![
        12 => prop::sample::select(texts).prop_map(|text| frame(0x81, text.as_bytes(), true)),
        1 => prop::collection::vec(any::<u8>(), 0..20).prop_map(|bytes| frame(0x82, &bytes, true)),
        1 => ".{0,20}".prop_map(|text| frame(0x81, format!("4{text}").as_bytes(), true)),
        1 => Just(frame(0x89, b"ping", true)),
        1 => Just(frame(0x88, &[], true)),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ]
}

async fn babble(clients: Vec<Vec<Vec<u8>>>) -> TestCaseResult {
    let mut server = Server::start(Settings { farewell: Duration::from_millis(20), ..quick() }).await;
    for said in clients {
        let mut client = Client::open(server.addr).await;
        for bytes in said {
            // The server may have hung up.
            let _ = tokio::io::AsyncWriteExt::write_all(&mut client.stream, &bytes).await;
        }
        // Room for the server to hear it; what it does next must be right at any time.
        for _ in 0..5 {
            tokio::task::yield_now().await;
        }
    }
    let io = server.io.clone();
    let shutdown = tokio::spawn(async move { io.shutdown(Duration::ZERO).await });
    while !shutdown.is_finished() {
        server.go_on.notify_waiters();
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let (mut accepted, mut closed) = (HashSet::new(), HashSet::new());
    while let Some(seen) = server.leftover() {
        match seen {
            Seen::Accepted(socket) => assert!(accepted.insert(socket.id().to_owned())),
            Seen::Event(_) => {}
            Seen::Closed(socket, _) => assert!(closed.insert(socket.id().to_owned()), "closed twice"),
        }
    }
    prop_assert_eq!(accepted, closed);
    prop_assert_eq!((server.io.counters().open, server.io.counters().bytes_queued), (0, 0));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn whatever_clients_say_each_is_accepted_once_and_closed_once(
        clients in prop::collection::vec(prop::collection::vec(any_bytes(), 0..8), 1..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { soon(babble(clients)).await })?;
    }
}
