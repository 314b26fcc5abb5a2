//! Disorder: clients that come and go while everybody is being sent to, on several threads; and clients that talk nonsense.

use std::collections::HashSet;
use std::time::Duration;

use lamplight_socketio::{Frame, Hub, Settings};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use crate::common::{Address, Client, Received, Seen, Server, Wire, both_streams, frame, quick, soon};
use crate::session::{Http, POLLING, Session};

const CLIENTS: usize = 24;
const VISITS: usize = 12;

/// The numbers a client has been sent must follow each other.
#[derive(Default)]
struct Numbers {
    last: Option<usize>,
    count: usize,
}

impl Numbers {
    fn hear(&mut self, packet: &str) {
        let Some(list) = packet.strip_prefix(r#"42["n","#) else { return };
        let number = list.strip_suffix(']').unwrap().parse().unwrap();
        if let Some(last) = self.last.replace(number) {
            assert_eq!(number, last + 1);
        }
        self.count += 1;
    }

    async fn poll(&mut self, session: &mut Session) {
        session.poll().await.packets().into_iter().for_each(|packet| self.hear(packet));
    }
}

/// Comes by one of three ways, reads some numbers, and goes in one of five.
async fn visit(addr: Address, way: usize) {
    let mut numbers = Numbers::default();
    let mut client = if way.is_multiple_of(3) {
        let mut client = Client::open(addr).await;
        client.send("40").await;
        client.connected().await;
        client
    } else {
        let mut session = Session::open(addr).await;
        session.post("40").await.is(200, "ok");
        numbers.poll(&mut session).await;
        if way % 3 == 1 {
            return visit_polling(session, numbers, way).await;
        }
        let client = session.probe().await;
        numbers.poll(&mut session).await;
        let mut client = client;
        client.send("5").await;
        client
    };
    while numbers.count < 3 + way % 4 {
        numbers.hear(&client.text().await);
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

async fn visit_polling(mut session: Session, mut numbers: Numbers, way: usize) {
    while numbers.count < 3 + way % 4 {
        numbers.poll(&mut session).await;
    }
    session.send_poll().await;
    let last = match way % 5 {
        0 => {
            // Noticed at once if the poll waits, at the next ping if it was just answered; that would take too long here.
            session.gets = Http::connect(session.addr).await;
            let answer = session.post("1").await;
            return assert!(answer.status == 200 || answer.status == 400, "{answer:?}");
        }
        1 => "41\u{1e}1",
        2 => "1",
        3 => r#"42["kick"]"#,
        _ => r#"42["drop"]"#,
    };
    session.post(last).await.is(200, "ok");
    // The session is over when it is not known any more.
    while session.gets.answer().await.status == 200 {
        session.send_poll().await;
    }
}

both_streams!(
    clients_come_and_go_while_all_are_sent_to,
    Settings { ping_interval: Duration::from_secs(3600), ..quick() },
    async |mut server: Server| {
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
);

/// Things a client may say, in and out of place.
const TEXTS: &[&str] = &[
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

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        12 => prop::sample::select(TEXTS).prop_map(|text| frame(0x81, text.as_bytes(), true)),
        1 => prop::collection::vec(any::<u8>(), 0..20).prop_map(|bytes| frame(0x82, &bytes, true)),
        1 => ".{0,20}".prop_map(|text| frame(0x81, format!("4{text}").as_bytes(), true)),
        1 => Just(frame(0x89, b"ping", true)),
        1 => Just(frame(0x88, &[], true)),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ]
}

/// What a client over long polling does, one after the other, without waiting for answers.
#[derive(Debug, Clone)]
enum Act {
    Poll,
    Post(String),
    HangUp,
    /// A WebSocket for the session, and what is said on it.
    WebSocket(Vec<Vec<u8>>),
}

fn any_act() -> impl Strategy<Value = Act> {
    let packets = prop::collection::vec(prop::sample::select(TEXTS), 0..4);
    let probes = prop_oneof![
        6 => prop::sample::select(vec!["2probe", "5", "40", "42[\"echo\",1]", "1"])
            .prop_map(|text| frame(0x81, text.as_bytes(), true)),
        1 => any_bytes(),
    ];
    prop_oneof![
        4 => Just(Act::Poll),
        6 => packets.prop_map(|packets| Act::Post(packets.join("\u{1e}"))),
        1 => ".{0,8}".prop_map(Act::Post),
        1 => Just(Act::HangUp),
        3 => prop::collection::vec(probes, 0..4).prop_map(Act::WebSocket),
    ]
}

async fn act(session: &mut Session, websockets: &mut Vec<Box<dyn Wire>>, act: Act) {
    let query = format!("{POLLING}&sid={}", session.sid);
    match act {
        Act::Poll => session.gets.send("GET", &query, "", b"").await,
        Act::Post(payload) => session.posts.send("POST", &query, "", payload.as_bytes()).await,
        Act::HangUp => {
            session.gets = Http::connect(session.addr).await;
            session.posts = Http::connect(session.addr).await;
        }
        Act::WebSocket(said) => {
            let (mut client, _) = session.websocket().await;
            for bytes in said {
                let _ = tokio::io::AsyncWriteExt::write_all(&mut client.stream, &bytes).await;
            }
            websockets.push(client.stream);
        }
    }
}

type Plan = (Vec<Vec<Vec<u8>>>, Vec<Vec<Act>>);

async fn babble((clients, sessions): Plan) -> TestCaseResult {
    let mut server = Server::start(Settings { farewell: Duration::from_millis(20), ..quick() }).await;
    let mut kept = Vec::new();
    for acts in sessions {
        let mut session = Session::open(server.addr).await;
        session.posts.send("POST", &session.query(), "", b"40").await;
        for next in acts {
            act(&mut session, &mut kept, next).await;
        }
    }
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
        sessions in prop::collection::vec(prop::collection::vec(any_act(), 0..8), 0..8),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { soon(babble((clients, sessions))).await })?;
    }
}
