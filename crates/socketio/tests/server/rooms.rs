//! The hub against a model that is too simple to be wrong: random joins, leaves, ends and emits, and what each client got.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use lamplight_socketio::{Delivered, Frame, Hub, Settings, Socket};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use crate::common::{Client, Received, Server, quick, soon};

const CLIENTS: usize = 5;
const ROOMS: [&str; 4] = ["students", "faculty", "user:1", "cohort:bsc:3"];

#[derive(Debug, Clone)]
enum Step {
    Join(usize, Vec<&'static str>),
    Leave(usize, Vec<&'static str>),
    SetRooms(usize, Vec<&'static str>),
    Remove(usize),
    Close(usize),
    Emit { to: Vec<&'static str>, except: Vec<&'static str>, paced: bool },
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
        4 => (rooms(), prop::collection::vec(prop::sample::select(&ROOMS[..]), 0..2), any::<bool>())
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

async fn run(steps: Vec<Step>) -> TestCaseResult {
    let mut server = Server::start(quick()).await;
    let mut clients: Vec<(Client, Socket)> = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(server.join().await);
    }
    let socket = |client: usize| clients[client].1.clone();
    let (mut hub, mut model) = (Hub::new(), Model::default());
    for (number, step) in steps.iter().enumerate() {
        match step {
            Step::Join(client, rooms) => {
                let joined = hub.join(&socket(*client), rooms.iter().copied());
                prop_assert_eq!(joined, model.change(*client, |own| own.extend(rooms)));
            }
            Step::Leave(client, rooms) => {
                hub.leave(&socket(*client), rooms.iter().copied());
                model.change(*client, |own| own.retain(|room| !rooms.contains(room)));
            }
            Step::SetRooms(client, rooms) => {
                let set = hub.set_rooms(&socket(*client), rooms.iter().copied());
                prop_assert_eq!(set, model.change(*client, |own| *own = rooms.iter().copied().collect()));
            }
            Step::Remove(client) => {
                hub.remove(&socket(*client));
                model.change(*client, BTreeSet::clear);
            }
            Step::Close(client) => {
                socket(*client).close_transport("the plan says so");
                model.closed.insert(*client);
                model.rooms.remove(client);
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
        for (client, (_, socket)) in clients.iter().enumerate() {
            let rooms: BTreeSet<_> = hub.rooms_of(socket).collect();
            prop_assert_eq!(rooms, model.rooms.get(&client).cloned().unwrap_or_default());
        }
        for room in ROOMS {
            let members = model.rooms.values().filter(|rooms| rooms.contains(room)).count();
            prop_assert_eq!(hub.members(room).count(), members);
        }
        prop_assert_eq!(hub.len(), model.rooms.values().filter(|rooms| !rooms.is_empty()).count());
    }
    for (client, (connection, socket)) in clients.iter_mut().enumerate() {
        socket.close_transport("the end");
        let mut received = Vec::new();
        while let Received::Text(text) = connection.receive().await {
            let (_, number): (String, usize) = serde_json::from_str(text.strip_prefix("42").unwrap()).unwrap();
            received.push(number);
        }
        prop_assert_eq!(received, model.received.remove(&client).unwrap_or_default());
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
