//! Where a plan is carried out: the nodes, and whoever may write to their database beside them.

use std::net::SocketAddr;

use lamplight_kernel::{Chance, Clock};
use lamplight_store::{Backend, Head, Store};

use crate::support::{
    Institute, Member,
    program::{Running, lamplight},
};

use super::plan::Kind;

pub(super) struct Ground {
    pub(super) kind: Kind,
    pub(super) institute: Institute,
    /// The processes; those that are not there are down. None when the server is inside the test.
    nodes: Vec<Option<Running>>,
    /// The test's own way to the database: beside the nodes on PostgreSQL, instead of them on SQLite.
    store: Option<Store>,
    is_up: bool,
    /// Where the log stood before the plan.
    pub(super) head: Head,
}

impl Ground {
    pub(super) async fn open(kind: Kind) -> Self {
        let backend = match kind {
            Kind::Inside(backend) => backend,
            Kind::Alone => Backend::Sqlite,
            Kind::Pair => Backend::Postgres,
        };
        let institute = Institute::open(backend).await;
        let head = institute.store().log().head().await.unwrap();
        let mut ground = Self { kind, institute, nodes: Vec::new(), store: None, is_up: true, head };
        if !ground.is_inside() {
            ground.institute.stop().await;
            ground.is_up = false;
            ground.nodes.resize_with(kind.nodes(), || None);
            if kind == Kind::Pair {
                ground.store = Some(ground.connect().await);
            }
            for node in 0..kind.nodes() {
                ground.bring_up(node).await;
            }
        }
        ground
    }

    fn is_inside(&self) -> bool {
        matches!(self.kind, Kind::Inside(_))
    }

    pub(super) fn clock(&self) -> Clock {
        if self.is_inside() { self.institute.clock.clone() } else { Clock::system() }
    }

    async fn connect(&self) -> Store {
        Store::connect(&self.institute.settings.database_url, self.clock(), Chance::system()).await.unwrap()
    }

    /// The database, when the test may write to it now.
    pub(super) fn store(&self) -> Option<Store> {
        if self.is_inside() && self.is_up { Some(self.institute.store().clone()) } else { self.store.clone() }
    }

    /// A node that runs: this one, or else another.
    pub(super) fn address(&self, node: usize) -> Option<SocketAddr> {
        if self.is_inside() {
            return self.is_up.then(|| self.institute.address());
        }
        let up = |node: &Option<Running>| node.as_ref().map(|running| running.address);
        up(&self.nodes[node]).or_else(|| self.nodes.iter().find_map(up))
    }

    /// Ends a node, if it runs. On SQLite the test has the database from then on.
    pub(super) async fn take_down(&mut self, node: usize, kill: bool) {
        if self.is_inside() {
            if !std::mem::take(&mut self.is_up) {
                return;
            }
            self.institute.stop().await;
        } else {
            let Some(running) = self.nodes[node].take() else { return };
            if kill {
                running.kill().await;
            } else {
                running.terminate().await;
            }
        }
        if self.kind != Kind::Pair {
            self.store = Some(self.connect().await);
        }
    }

    /// Starts a node, if it does not run.
    pub(super) async fn bring_up(&mut self, node: usize) {
        if self.kind != Kind::Pair
            && let Some(store) = self.store.take()
        {
            store.close().await.unwrap();
        }
        if self.is_inside() {
            if !self.is_up {
                self.institute.start().await;
                self.is_up = true;
            }
        } else if self.nodes[node].is_none() {
            let folder = self.institute.settings.data_dir.parent().unwrap();
            let mut command = lamplight(folder, &self.institute.environment(), &["serve"]);
            // A hole in the log is reported as an error, and plans make holes.
            command.env("LOG", "off");
            self.nodes[node] = Some(Running::start(command).await);
        }
    }

    pub(super) fn token(&self, member: &Member, session: i32) -> String {
        self.institute.token(member, self.clock().now(), session)
    }

    /// Ends everything; gives the database.
    pub(super) async fn close(&mut self) -> Store {
        for node in 0..self.kind.nodes() {
            self.take_down(node, false).await;
        }
        self.store.clone().unwrap()
    }
}
