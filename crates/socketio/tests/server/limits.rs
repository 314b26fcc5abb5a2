//! What one address may ask for, over real connections.

use lamplight_socketio::Settings;

use crate::common::{Client, HANDSHAKE, Server, quick};

const POLLING: &str = "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: test\r\n\r\n";

async fn status(server: &Server, request: &str) -> (Client, String) {
    let (client, head) = Client::request(server.addr, request.as_bytes()).await;
    let status = head.split(' ').nth(1).unwrap().to_owned();
    if status == "429" {
        assert!(head.contains("retry-after: 1"), "{head}");
    }
    (client, status)
}

fn refused(server: &Server, name: &str) -> u64 {
    let counters = server.io.counters();
    counters.handshakes_refused.iter().find(|(known, _)| *known == name).unwrap().1
}

#[tokio::test]
async fn an_address_has_so_many_connections_over_either_transport_and_gets_them_back() {
    let mut server = Server::start(Settings { connections_per_address: 2, ..quick() }).await;
    let (client, _socket) = server.join().await;
    let (_polling, first) = status(&server, POLLING).await;
    assert_eq!(first, "200");
    for request in [HANDSHAKE, POLLING] {
        assert_eq!(status(&server, request).await.1, "429");
    }
    assert_eq!(refused(&server, "too_many_connections"), 2);
    drop(client);
    server.closed().await;
    // Told before the place is given back, by a moment.
    while status(&server, HANDSHAKE).await.1 == "429" {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_address_has_so_many_handshakes_whatever_becomes_of_the_connections() {
    let settings = Settings { handshakes_per_second: 1, handshake_burst: 3, ..quick() };
    let server = Server::start(settings).await;
    let mut answers = Vec::new();
    for _ in 0..5 {
        answers.push(status(&server, HANDSHAKE).await.1);
    }
    assert_eq!(answers, ["101", "101", "101", "429", "429"]);
    assert_eq!(refused(&server, "too_many_handshakes"), 2);
}
