//! A reader that stops: it costs its bound and delays nobody, and in the end it has everything.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::support::Backend;

use super::{
    device::{Device, Pass},
    ground::Ground,
    history::{Chronicle, Seen, Who},
    people::Pen,
    plan::{ASHA, BINA, CHITRA, Hall, Kind, Tale, Until},
};

const EVENTS: usize = 10_000;
/// Characters in each: many times what the kernel buffers and the queue of a socket hold.
const WEIGHT: usize = 2_000;
/// Events in one transaction.
const TOGETHER: usize = 50;
/// What may wait for one socket, and a frame that was let in just below it.
const BOUND: u64 = 1024 * 1024 + 4096;

/// The keys of what a device was given, in order; and how often it was connected.
async fn caught(device: &mut Device) -> (Vec<String>, usize) {
    let (mut keys, mut links) = (Vec::new(), 0);
    for seen in device.finish().await {
        let Seen::Link(link) = seen else { panic!("{seen:?}") };
        assert!(link.came.is_none() || link.came.as_ref() == Some(&link.pid), "it was told to load afresh");
        links += 1;
        keys.extend(link.caught.into_iter().map(|caught| caught.key));
    }
    (keys, links)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_stops_reading_costs_a_bounded_queue_and_has_everything_in_the_end() {
    let ground = Arc::new(Ground::open(Kind::Inside(Backend::Sqlite)).await);
    let (store, address) = (ground.store().unwrap(), ground.address(0).unwrap());
    let chronicle = Arc::new(Chronicle::default());
    let pen = Pen::new(&ground.institute, Arc::clone(&chronicle));
    let pass = |who: Who| {
        let person = pen.person(who);
        Pass { who, session: person.session, token: ground.token(&person.member, person.session) }
    };
    let mut devices = [ASHA, BINA, CHITRA].map(|who| Device::new(who, Arc::clone(&chronicle)));
    for device in &mut devices {
        device.come(address, &pass(device.who)).await.unwrap();
    }
    let [slow, quick @ ..] = &mut devices;
    slow.read(false);

    let (most, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let watcher = tokio::spawn({
        let (ground, most, stop) = (Arc::clone(&ground), Arc::clone(&most), Arc::clone(&stop));
        async move {
            while !stop.load(Ordering::SeqCst) {
                most.fetch_max(ground.institute.counters().bytes_queued, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    });
    let tale = Tale { to: vec![Hall::Students], except: Vec::new(), until: Until::Always, weight: WEIGHT };
    for _ in 0..EVENTS / TOGETHER {
        pen.tell(&store, &vec![tale.clone(); TOGETHER]).await;
    }
    pen.ring(&store, 1).await;
    // It sleeps still.
    for device in quick.iter_mut() {
        while !device.hears(1).await {
            device.come(address, &pass(device.who)).await.unwrap();
        }
    }
    stop.store(true, Ordering::SeqCst);
    watcher.await.unwrap();
    let most = most.load(Ordering::SeqCst);
    assert!(most <= 3 * BOUND, "{most} bytes waited");
    let closed = ground.institute.counters().closed;
    assert!(closed.iter().any(|(why, times)| *why == "too_slow" && *times > 0), "the bound was reached: {closed:?}");

    slow.read(true);
    while !slow.hears(1).await {
        slow.come(address, &pass(ASHA)).await.unwrap();
        assert!(!slow.is_fresh(), "it was told to load afresh");
    }
    let told: Vec<String> =
        chronicle.acts().iter().flat_map(|act| &act.says).map(|saying| saying.key.clone()).collect();
    assert_eq!(told.len(), EVENTS + 1);
    for device in quick {
        assert!(caught(device).await.0 == told, "all, in order, each once");
    }
    let (keys, links) = caught(slow).await;
    assert!(links > 1, "it was closed");
    assert!(keys == told, "all, in order, each once: {} of {}", keys.len(), told.len());
}
