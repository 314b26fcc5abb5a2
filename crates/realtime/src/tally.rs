//! What this node has done since it was started, and who is here: for a page, where nobody may have set up metrics.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use lamplight_auth::Role;
use lamplight_socketio::Hub;

use crate::session::Session;

/// Counts that only grow.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    deliveries: AtomicU64,
    replays: AtomicU64,
    replayed: AtomicU64,
}

/// The counts of [`crate::Realtime`] at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// Events handed to sockets, each socket counted.
    pub deliveries: u64,
    /// Clients that came back and were sent what they missed from the database.
    pub replays: u64,
    /// Events that they were sent.
    pub replayed: u64,
}

impl Tally {
    pub(crate) fn delivered(&self, sockets: usize) {
        let sockets = u64::try_from(sockets).unwrap_or_default();
        metrics::counter!("lamplight_deliveries_total").increment(sockets);
        self.0.deliveries.fetch_add(sockets, Ordering::Relaxed);
    }

    pub(crate) fn replay_began(&self) {
        metrics::counter!("lamplight_replays_total").increment(1);
        self.0.replays.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn replayed(&self) {
        metrics::counter!("lamplight_replayed_events_total").increment(1);
        self.0.replayed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn done(&self) -> Done {
        Done {
            deliveries: self.0.deliveries.load(Ordering::Relaxed),
            replays: self.0.replays.load(Ordering::Relaxed),
            replayed: self.0.replayed.load(Ordering::Relaxed),
        }
    }
}

/// Who of a role is connected to this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Present {
    /// What they are.
    pub role: Role,
    /// How many people.
    pub people: usize,
    /// How many sockets they have.
    pub sockets: usize,
}

/// Who is in the hub, by role.
pub(crate) fn present(hub: &Hub) -> Vec<Present> {
    let roles = [Role::Admin, Role::Faculty, Role::Student];
    let mut counts = roles.map(|role| (Present { role, people: 0, sockets: 0 }, HashSet::new()));
    // Those that have ended leave the hub when something is sent next.
    let live = hub.sockets().filter(|socket| socket.is_live());
    for session in live.filter_map(|socket| socket.data::<Session>()) {
        if let Some((present, people)) = counts.iter_mut().find(|(present, _)| present.role == session.role) {
            present.sockets += 1;
            people.insert(session.user);
        }
    }
    counts.into_iter().map(|(present, people)| Present { people: people.len(), ..present }).collect()
}
