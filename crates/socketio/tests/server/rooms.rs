//! The hub against a model that is too simple to be wrong: random joins, leaves, ends and emits, and what each client got.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use lamplight_socketio::{Delivered, Frame, Hub, Settings, Socket};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use crate::common::{Client, Received, Seen, Server, quick, soon};

const CLIENTS: usize = 5;
const ROOMS: [&str; 4] = ["students", "faculty", "user:1", "cohort:bsc:3"];

#[derive(Debug, Clone)]
enum Step {
    Join(usize, Vec<&'static str>),
    Leave(usize, Vec<&'static str>),
    SetRooms(usize, Vec<&'static str>),
    Remove(usize),
    /// Ended by the server.
    Close(usize),
    /// Ended by the client, whose wire is cut.
    Vanish(usize),
    /// In the place of one that has ended: it may be given what the hub kept for that one.
    Arrive(usize),
    /// Another hub asks for it.
    Poach(usize, Vec<&'static str>),
    Emit {
        to: Vec<&'static str>,
        except: Vec<&'static str>,
        paced: bool,
    },
}

fn any_step() -> impl Strategy<Value = Step> {
    let rooms = || prop::collection::vec(prop::sample::select(&ROOMS[..]), 0..4);
    let client = || 0..CLIENTS;
    prop_oneof![
        3 => (client(), rooms()).prop_map(|(client, rooms)| Step::Join(client, rooms)),
        1 => (client(), rooms()).prop_map(|(client, rooms)| Step::Leave(client, rooms)),
        1 => (client(), rooms()).prop_map(|(client, rooms)| Step::SetRooms(client, rooms)),
        1 => client().prop_map(Step::Remove),
        1 => client().prop_map(Step::Close),
        1 => client().prop_map(Step::Vanish),
        2 => client().prop_map(Step::Arrive),
        1 => (client(), rooms()).prop_map(|(client, rooms)| Step::Poach(client, rooms)),
        5 => (rooms(), prop::collection::vec(prop::sample::select(&ROOMS[..]), 0..3), any::<bool>())
            .prop_map(|(to, except, paced)| Step::Emit { to, except, paced }),
    ]
}

#[derive(Default)]
struct Model {
    rooms: HashMap<usize, BTreeSet<&'static str>>,
    closed: BTreeSet<usize>,
    received: HashMap<usize, Vec<usize>>,
}

impl Model {
    fn change(&mut self, client: usize, change: impl FnOnce(&mut BTreeSet<&'static str>)) -> bool {
        let live = !self.closed.contains(&client);
        if live {
            change(self.rooms.entry(client).or_default());
        }
        live
    }

    fn end(&mut self, client: usize) {
        self.closed.insert(client);
        self.rooms.remove(&client);
    }

    fn emit(&mut self, number: usize, to: &[&'static str], except: &[&'static str]) -> usize {
        let mut count = 0;
        for (client, rooms) in &self.rooms {
            let is_in = |names: &[&'static str]| names.iter().any(|name| rooms.contains(name));
            if !self.closed.contains(client) && is_in(to) && !is_in(except) {
                self.received.entry(*client).or_default().push(number);
                count += 1;
            }
        }
        count
    }
}

/// A client that arrives after others have ended.
async fn arrive(server: &mut Server) -> (Client, Socket) {
    let mut client = Client::open(server.addr).await;
    client.send("40").await;
    client.connected().await;
    loop {
        if let Seen::Accepted(socket) = server.seen().await {
            return (client, socket);
        }
    }
}

/// Ends the connection, and holds what came on it against what the model says. Of who vanished nobody knows what came.
async fn settle(client: Client, socket: &Socket, expected: Vec<usize>) -> TestCaseResult {
    let mut client = client;
    socket.close_transport("the end");
    let mut received = Vec::new();
    while let Received::Text(text) = client.receive().await {
        let (_, number): (String, usize) = serde_json::from_str(text.strip_prefix("42").unwrap()).unwrap();
        received.push(number);
    }
    prop_assert_eq!(received, expected);
    Ok(())
}

/// What the hub says of itself, as the model would say it.
fn compare(hub: &Hub, model: &Model, clients: &[(Option<Client>, Socket)]) -> TestCaseResult {
    for (client, (_, socket)) in clients.iter().enumerate() {
        let mut rooms: Vec<_> = hub.rooms_of(socket).collect();
        rooms.sort_unstable();
        let own = model.rooms.get(&client).cloned().unwrap_or_default();
        prop_assert_eq!(rooms, own.into_iter().collect::<Vec<_>>());
    }
    let number = |socket: &Socket| clients.iter().position(|(_, own)| own == socket).unwrap();
    let mut kept = Vec::new();
    for room in ROOMS {
        let mut members: Vec<_> = hub.members(room).map(number).collect();
        members.sort_unstable();
        let mut own: Vec<_> =
            model.rooms.iter().filter(|(_, rooms)| rooms.contains(room)).map(|(client, _)| *client).collect();
        own.sort_unstable();
        prop_assert_eq!(&members, &own, "{}", room);
        if !own.is_empty() {
            kept.push((room, own.len()));
        }
    }
    let mut rooms: Vec<_> = hub.rooms().collect();
    rooms.sort_unstable();
    kept.sort_unstable();
    prop_assert_eq!(rooms, kept, "a room exists while somebody is in it");
    let mut sockets: Vec<_> = hub.sockets().map(number).collect();
    sockets.sort_unstable();
    let mut own: Vec<_> =
        model.rooms.iter().filter(|(_, rooms)| !rooms.is_empty()).map(|(client, _)| *client).collect();
    own.sort_unstable();
    prop_assert_eq!(&sockets, &own);
    prop_assert_eq!((hub.len(), hub.is_empty()), (own.len(), own.is_empty()));
    Ok(())
}

async fn run(steps: Vec<Step>) -> TestCaseResult {
    let mut server = Server::start(quick()).await;
    let mut clients: Vec<(Option<Client>, Socket)> = Vec::new();
    for _ in 0..CLIENTS {
        let (client, socket) = server.join().await;
        clients.push((Some(client), socket));
    }
    let (mut hub, mut model) = (Hub::new(), Model::default());
    for (number, step) in steps.iter().enumerate() {
        match step {
            Step::Join(client, rooms) => {
                let joined = hub.join(&clients[*client].1, rooms.iter().copied());
                prop_assert_eq!(joined, model.change(*client, |own| own.extend(rooms)));
            }
            Step::Leave(client, rooms) => {
                hub.leave(&clients[*client].1, rooms.iter().copied());
                model.change(*client, |own| own.retain(|room| !rooms.contains(room)));
            }
            Step::SetRooms(client, rooms) => {
                let set = hub.set_rooms(&clients[*client].1, rooms.iter().copied());
                prop_assert_eq!(set, model.change(*client, |own| *own = rooms.iter().copied().collect()));
            }
            Step::Remove(client) => {
                hub.remove(&clients[*client].1);
                model.change(*client, BTreeSet::clear);
            }
            Step::Close(client) => {
                clients[*client].1.close_transport("the plan says so");
                model.end(*client);
            }
            Step::Vanish(client) => {
                if clients[*client].0.take().is_some() {
                    let socket = clients[*client].1.clone();
                    soon(async {
                        while socket.is_live() {
                            tokio::time::sleep(Duration::from_millis(1)).await;
                        }
                    })
                    .await;
                }
                model.end(*client);
            }
            Step::Arrive(client) => {
                if model.closed.remove(client) {
                    let (connection, socket) = arrive(&mut server).await;
                    let (before, ended) = std::mem::replace(&mut clients[*client], (Some(connection), socket));
                    let expected = model.received.remove(client).unwrap_or_default();
                    if let Some(before) = before {
                        settle(before, &ended, expected).await?;
                    }
                }
            }
            Step::Poach(client, rooms) => {
                let mut other = Hub::new();
                let is_free = !model.closed.contains(client) && model.rooms.get(client).is_none_or(BTreeSet::is_empty);
                let socket = &clients[*client].1;
                let joined = match number % 2 {
                    0 => other.join(socket, rooms.iter().copied()),
                    _ => other.set_rooms(socket, rooms.iter().copied()),
                };
                prop_assert_eq!(joined, is_free, "in one hub at a time");
                // Gone from there, it is free again.
                other.remove(socket);
            }
            Step::Emit { to, except, paced } => {
                let frame = Frame::event("n", &(number,)).unwrap();
                let delivered = match paced {
                    true => hub.emit_paced(&frame, to, except).await,
                    false => hub.emit(&frame, to, except),
                };
                let sockets = model.emit(number, to, except);
                prop_assert_eq!(delivered, Delivered { sockets, bytes: sockets * frame.wire().len() });
            }
        }
        hub.sweep();
        compare(&hub, &model, &clients)?;
    }
    for (client, (connection, socket)) in clients.into_iter().enumerate() {
        if let Some(connection) = connection {
            settle(connection, &socket, model.received.remove(&client).unwrap_or_default()).await?;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_client_gets_what_the_model_says(steps in prop::collection::vec(any_step(), 0..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(steps))?;
    }
}

#[tokio::test]
async fn a_paced_emit_lets_others_run_and_reaches_everybody() {
    let settings = Settings { ping_interval: Duration::from_secs(3600), ..quick() };
    let mut server = Server::start(settings).await;
    let mut hub = Hub::new();
    let mut clients = Vec::new();
    for _ in 0..300 {
        let (client, socket) = server.join().await;
        hub.join(&socket, ["all"]);
        clients.push(client);
    }
    // On a runtime of one thread, this counts the pauses.
    let pauses = tokio::spawn(async {
        let mut pauses = 0;
        loop {
            tokio::task::yield_now().await;
            pauses += 1;
            if pauses == 2 {
                return;
            }
        }
    });
    let frame = Frame::event("news", &()).unwrap();
    assert_eq!(hub.emit_paced(&frame, &["all"], &[]).await.sockets, 300);
    soon(pauses).await.unwrap();
    for client in &mut clients {
        assert_eq!(client.text().await, r#"42["news"]"#);
    }
}
