//! Rights that end while events come without a pause: nothing that was committed after it reaches the socket, on any node.
//!
//! It is checked by the numbers of the log, not by time. What is for the person stands in three rooms: one that they lose, one that
//! they gain, and their own.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use lamplight_kernel::{Control, Event, Room, Target};
use lamplight_store::{Backend, Store};
use serde_json::json;

use crate::support::{Heard, Live, live::transport, until};

use super::{
    door::Door,
    ground::Ground,
    history::{Chronicle, Who},
    people::Pen,
    plan::{ASHA, Change, Hall, Kind, LIBRARIAN},
};

/// How many events there are at least before the change, and after it.
const SOME: usize = 20;

#[derive(serde::Serialize)]
struct News {
    title: &'static str,
}

impl Event for News {
    const NAME: &'static str = "tests:news";
}

#[derive(Debug, Clone, Copy)]
enum Loss {
    /// A new password, through the last node.
    Password,
    /// Everything else is written by the test, as by a node of its own.
    Rights(Change),
}

/// What happens to whom, a room they lose, and one they gain; without the second they lose the connection.
const LOSSES: [(Loss, Who, Hall, Option<Hall>); 6] = [
    (Loss::Password, ASHA, Hall::Students, None),
    (Loss::Rights(Change::SignOut), ASHA, Hall::Students, None),
    (Loss::Rights(Change::Active), ASHA, Hall::Students, None),
    (Loss::Rights(Change::Role), LIBRARIAN, Hall::Faculty, Some(Hall::Admins)),
    (Loss::Rights(Change::Course(1)), ASHA, Hall::Cohort(0, 3), Some(Hall::Course(1))),
    (Loss::Rights(Change::Semester(2)), ASHA, Hall::Semester(3), Some(Hall::Semester(2))),
];

async fn told(store: &Store, title: &'static str, room: Room) {
    let mut tx = store.begin().await.unwrap();
    tx.record(&News { title }, Target::rooms([room])).unwrap();
    tx.commit().await.unwrap();
}

fn seq(heard: &Heard) -> i64 {
    heard.offset.split_once('.').unwrap().1.parse().unwrap()
}

/// Number and title of what was heard.
fn noted(heard: &[Heard]) -> Vec<(i64, String)> {
    heard.iter().map(|heard| (seq(heard), heard.payload["title"].as_str().unwrap().to_owned())).collect()
}

/// Number and title of the events after a place in the log, and where the control stands.
async fn written(store: &Store, after: i64) -> (Vec<(i64, String)>, i64) {
    let (mut events, mut control) = (Vec::new(), 0);
    for event in store.log().after(after, 100_000).await.unwrap() {
        if event.name == Control::NAME {
            assert_eq!(std::mem::replace(&mut control, event.seq), 0, "one control");
            continue;
        }
        let payload: serde_json::Value = serde_json::from_str(&event.payload).unwrap();
        events.push((event.seq, payload["title"].as_str().unwrap().to_owned()));
    }
    (events, control)
}

async fn revoked(kind: Kind) {
    let ground = Ground::open(kind).await;
    let store = ground.store().unwrap();
    let pen = Pen::new(&ground.institute, Arc::new(Chronicle::default()));
    let door = Door { http: ground.institute.http.clone(), pen: pen.clone() };
    let last = ground.address(kind.nodes() - 1).unwrap();
    for (loss, who, lost, gained) in LOSSES {
        let person = pen.person(who);
        let token = ground.token(&person.member, person.session);
        let begin = store.log().head().await.unwrap().seq;
        let mut devices = Vec::new();
        for device in 0..4 {
            let stream = transport(ground.address(device % kind.nodes()).unwrap(), "", &[]).await;
            devices.push(Live::connect(stream, &json!({"token": token})).await.unwrap());
        }
        let rooms = [("lost", Some(lost)), ("kept", Some(Hall::Person(who))), ("gained", gained)];
        let rooms: Vec<_> =
            rooms.into_iter().filter_map(|(title, hall)| Some((title, pen.names.room(hall?)))).collect();
        let stop = Arc::new(AtomicBool::new(false));
        let writer = tokio::spawn({
            let (store, stop) = (store.clone(), Arc::clone(&stop));
            async move {
                while !stop.load(Ordering::SeqCst) {
                    for (title, room) in &rooms {
                        told(&store, title, room.clone()).await;
                    }
                    tokio::task::yield_now().await;
                }
            }
        });
        let mut heard = Vec::new();
        for device in &mut devices {
            let mut first = Vec::new();
            for _ in 0..SOME {
                first.push(device.next().await);
            }
            heard.push(noted(&first));
        }
        match loss {
            Loss::Password => door.password(last, who, &token).await,
            Loss::Rights(change) => pen.change(&store, who, change).await,
        }
        let done = store.log().head().await.unwrap().seq;
        until("more was written after it", async || {
            store.log().head().await.unwrap().seq > done + i64::try_from(3 * SOME).unwrap()
        })
        .await;
        stop.store(true, Ordering::SeqCst);
        writer.await.unwrap();
        told(&store, "the end", pen.names.room(Hall::Person(who))).await;

        let (events, control) = written(&store, begin).await;
        assert!(control > 0 && events.iter().filter(|(seq, _)| *seq > control).count() > SOME, "{loss:?}");
        for (device, heard) in devices.iter_mut().zip(&mut heard) {
            if gained.is_none() {
                heard.extend(noted(&device.before_the_end().await));
                // Sent before it, some may have been on their way when the connection was closed.
                let before: Vec<_> =
                    events.iter().filter(|(seq, _)| *seq < control).take(heard.len()).cloned().collect();
                assert_eq!(*heard, before, "{loss:?}: control {control}");
                continue;
            }
            while heard.last().is_none_or(|(_, title)| title != "the end") {
                heard.extend(noted(&[device.next().await]));
            }
            let is_theirs = |(seq, title): &&(i64, String)| match title.as_str() {
                "lost" => *seq < control,
                "gained" => *seq > control,
                _ => true,
            };
            let theirs: Vec<_> = events.iter().filter(is_theirs).cloned().collect();
            assert_eq!(*heard, theirs, "{loss:?}: control {control}");
        }
        if let Loss::Rights(change @ Change::Active) = loss {
            pen.change(&store, who, change).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_committed_after_it_reaches_the_socket_on_sqlite() {
    revoked(Kind::Inside(Backend::Sqlite)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_committed_after_it_reaches_the_socket_on_postgres() {
    revoked(Kind::Inside(Backend::Postgres)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_committed_after_it_on_another_node_reaches_the_socket() {
    revoked(Kind::Pair).await;
}
