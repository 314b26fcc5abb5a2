//! Events that the server wants acknowledged, and sending much to a client that reads slowly.

use std::time::Duration;

use bytes::Bytes;
use lamplight_socketio::{ClientAck, NoAck, Socket};
use serde_json::{Value, json};

use crate::common::{Client, Server, both_streams, frame, quick, soon};

const LONG: Duration = Duration::from_secs(60);

/// Asks the client for a reply to `["ask", 1]` on a task of its own.
fn ask(socket: &Socket, patience: Duration) -> tokio::task::JoinHandle<Result<ClientAck, NoAck>> {
    let socket = socket.clone();
    tokio::spawn(async move { socket.emit_with_ack("ask", &(1,), patience).await })
}

fn args(answer: Result<ClientAck, NoAck>) -> Vec<Value> {
    answer.unwrap().args
}

#[tokio::test]
async fn the_client_acknowledges_each_event_under_its_own_id_in_any_order() {
    let mut server = Server::start(quick()).await;
    let (mut client, socket) = server.join().await;
    let first = ask(&socket, LONG);
    assert_eq!(client.text().await, r#"420["ask",1]"#);
    let second = ask(&socket, LONG);
    assert_eq!(client.text().await, r#"421["ask",1]"#);
    client.send(r#"431["two",{"n":2}]"#).await;
    client.send("430[]").await;
    assert_eq!(args(soon(second).await.unwrap()), [json!("two"), json!({"n": 2})]);
    assert_eq!(args(soon(first).await.unwrap()), [json!(null); 0]);
}

#[tokio::test]
async fn an_acknowledgement_may_have_attachments() {
    let mut server = Server::start(quick()).await;
    let (mut client, socket) = server.join().await;
    let asked = ask(&socket, LONG);
    client.text().await;
    client.send(r#"461-0[{"_placeholder":true,"num":0}]"#).await;
    client.send_bytes(&frame(0x82, &[1, 2, 3], true)).await;
    assert_eq!(soon(asked).await.unwrap().unwrap().attachments, [Bytes::from_static(&[1, 2, 3])]);
}

#[tokio::test]
async fn an_answer_that_comes_too_late_or_twice_or_unasked_is_passed_over() {
    let mut server = Server::start(quick()).await;
    let (mut client, socket) = server.join().await;
    assert!(matches!(soon(ask(&socket, Duration::ZERO)).await.unwrap(), Err(NoAck::TimedOut)));
    client.text().await;
    client.send("430[]").await;
    client.send("4377[]").await;
    let asked = ask(&socket, LONG);
    assert_eq!(client.text().await, r#"421["ask",1]"#);
    client.send(r#"431["first"]"#).await;
    client.send(r#"431["second"]"#).await;
    assert_eq!(args(soon(asked).await.unwrap()), [json!("first")]);
    client.send(r#"42["echo"]"#).await;
    assert_eq!(client.text().await, r#"42["echo"]"#, "the connection goes on");
}

#[tokio::test]
async fn what_can_not_be_sent_is_not_waited_for() {
    let mut server = Server::start(quick()).await;
    let (mut client, socket) = server.join().await;
    assert!(matches!(socket.emit_with_ack("ask", &7, LONG).await, Err(NoAck::Encoding(_))));
    let _asked = ask(&socket, LONG);
    assert_eq!(client.text().await, r#"420["ask",1]"#, "it has used no number up");
}

#[tokio::test]
async fn the_end_of_the_socket_ends_the_waiting() {
    let mut server = Server::start(quick()).await;
    let (mut client, socket) = server.join().await;
    let asked = ask(&socket, LONG);
    client.text().await;
    drop(client);
    assert!(matches!(soon(asked).await.unwrap(), Err(NoAck::Gone)));
    assert!(matches!(soon(ask(&socket, LONG)).await.unwrap(), Err(NoAck::Gone)), "and asking is over");
}

#[tokio::test]
async fn a_handler_can_wait_for_an_answer_while_events_of_the_client_wait_for_it() {
    let mut server = Server::start(quick()).await;
    let mut client = Client::open(server.addr).await;
    client.send("40").await;
    client.connected().await;
    server.accepted().await;
    client.send(r#"42["ask me"]"#).await;
    assert_eq!(client.text().await, r#"420["asked"]"#);
    client.send(r#"42["echo","later"]"#).await;
    client.send(r#"430["yes"]"#).await;
    assert_eq!(client.text().await, r#"42["answered",["yes"]]"#);
    assert_eq!(client.text().await, r#"42["echo","later"]"#);
}

// Far more than the kernel and the bound take, and yet the connection stays: each piece waits for the one before.
both_streams!(who_waits_until_all_is_taken_can_send_any_amount, quick(), async |mut server: Server| {
    let (mut client, _socket) = server.join().await;
    client.send(r#"42["much",40]"#).await;
    // Nothing is read until the server has run into the wall.
    let full = async {
        while server.io.counters().bytes_queued == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    soon(full).await;
    for number in 0..40 {
        let text = client.text().await;
        assert!(text.starts_with(&format!(r#"42["piece",{number},"#)), "{}", &text[..40]);
        assert!(server.io.counters().bytes_queued <= 600_000);
    }
    client.send(r#"42["echo"]"#).await;
    assert_eq!(client.text().await, r#"42["echo"]"#);
});
