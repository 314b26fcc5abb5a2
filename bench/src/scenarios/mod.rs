//! What is measured. Each scenario is bounded in time, says what it is doing, and gives its figures as JSON and as a table.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, bail};
use clap::ValueEnum;
use serde_json::Value;

use crate::{
    load::Swarm,
    machine::{nanos_of, now},
    report::Table,
    say::progress,
    seed::Seed,
    servers::{Binaries, Kind, Running},
    trigger::Trigger,
};

pub(crate) mod classes;
pub(crate) mod cluster;
pub(crate) mod connect;
pub(crate) mod cuts;
pub(crate) mod deliver;
pub(crate) mod growth;
pub(crate) mod lists;
pub(crate) mod log;
pub(crate) mod memory;
pub(crate) mod revoke;
pub(crate) mod slow;
pub(crate) mod soak;
pub(crate) mod storm;
pub(crate) mod tls;
pub(crate) mod upgrade;

/// How many connections are being made at a time, where that is not what is measured.
pub(crate) const IN_FLIGHT: usize = 64;
/// How long clients may take to connect, all together.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);
/// How long an event may take to reach everybody.
const ARRIVAL: Duration = Duration::from_secs(20);

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// What a delivered message costs, and how long it takes.
    Deliver,
    /// What an authenticated connect costs.
    Connect,
    /// What a connection holds.
    Memory,
    /// What TLS costs.
    Tls,
    /// Everybody comes back after kill -9.
    Storm,
    /// Servers are stopped in order and started again.
    Upgrade,
    /// Connections are cut again and again.
    Cuts,
    /// Readers that stop reading.
    Slow,
    /// The signing key is retired.
    Revoke,
    /// An hour in four minutes.
    Soak,
    /// Attendance is recorded and read.
    Classes,
    /// The office's lists, and signing in.
    Lists,
    /// How many events a second can be made to last.
    Log,
    /// Several servers of one institute.
    Cluster,
    /// Ten million events.
    Growth,
}

impl Scenario {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Deliver => "deliver",
            Self::Connect => "connect",
            Self::Memory => "memory",
            Self::Tls => "tls",
            Self::Storm => "storm",
            Self::Upgrade => "upgrade",
            Self::Cuts => "cuts",
            Self::Slow => "slow",
            Self::Revoke => "revoke",
            Self::Soak => "soak",
            Self::Classes => "classes",
            Self::Lists => "lists",
            Self::Log => "log",
            Self::Cluster => "cluster",
            Self::Growth => "growth",
        }
    }

    /// Whether it is measured only when it is named.
    pub(crate) const fn takes_long(self) -> bool {
        matches!(self, Self::Growth)
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Deliver => "A delivered message",
            Self::Connect => "An authenticated connect",
            Self::Memory => "Memory a connection",
            Self::Tls => "TLS",
            Self::Storm => "Everybody comes back",
            Self::Upgrade => "A new version is put in",
            Self::Cuts => "Connections that are cut again and again",
            Self::Slow => "Readers that stop reading",
            Self::Revoke => "Rights that end",
            Self::Soak => "An hour in four minutes",
            Self::Classes => "Recording a class, and reading attendance",
            Self::Lists => "The lists of the office, and signing in",
            Self::Log => "Events made to last",
            Self::Cluster => "Several servers",
            Self::Growth => "Much that is stored",
        }
    }

    /// How it is measured, for the page of figures.
    pub(crate) const fn method(self) -> &'static str {
        match self {
            Self::Deliver => deliver::METHOD,
            Self::Connect => connect::METHOD,
            Self::Memory => memory::METHOD,
            Self::Tls => tls::METHOD,
            Self::Storm => storm::METHOD,
            Self::Upgrade => upgrade::METHOD,
            Self::Cuts => cuts::METHOD,
            Self::Slow => slow::METHOD,
            Self::Revoke => revoke::METHOD,
            Self::Soak => soak::METHOD,
            Self::Classes => classes::METHOD,
            Self::Lists => lists::METHOD,
            Self::Log => log::METHOD,
            Self::Cluster => cluster::METHOD,
            Self::Growth => growth::METHOD,
        }
    }

    /// Figures, an object for each server (and number of clients).
    pub(crate) fn run(self, bench: &Bench) -> anyhow::Result<Vec<Value>> {
        match self {
            Self::Deliver => deliver::run(bench),
            Self::Connect => connect::run(bench),
            Self::Memory => memory::run(bench),
            Self::Tls => tls::run(bench),
            Self::Storm => storm::run(bench),
            Self::Upgrade => upgrade::run(bench),
            Self::Cuts => cuts::run(bench),
            Self::Slow => slow::run(bench),
            Self::Revoke => revoke::run(bench),
            Self::Soak => soak::run(bench),
            Self::Classes => classes::run(bench),
            Self::Lists => lists::run(bench),
            Self::Log => log::run(bench),
            Self::Cluster => cluster::run(bench),
            Self::Growth => growth::run(bench),
        }
    }

    pub(crate) fn table(self, figures: &[Value]) -> Table {
        match self {
            Self::Deliver => deliver::table(figures),
            Self::Connect => connect::table(figures),
            Self::Memory => memory::table(figures),
            Self::Tls => tls::table(figures),
            Self::Storm => storm::table(figures),
            Self::Upgrade => upgrade::table(figures),
            Self::Cuts => cuts::table(figures),
            Self::Slow => slow::table(figures),
            Self::Revoke => revoke::table(figures),
            Self::Soak => soak::table(figures),
            Self::Classes => classes::table(figures),
            Self::Lists => lists::table(figures),
            Self::Log => log::table(figures),
            Self::Cluster => cluster::table(figures),
            Self::Growth => growth::table(figures),
        }
    }
}

/// What all scenarios need.
pub(crate) struct Bench {
    pub(crate) binaries: Binaries,
    pub(crate) seed: Seed,
    pub(crate) kinds: Vec<Kind>,
    /// A tenth of the work, to see that everything runs.
    pub(crate) is_small: bool,
    pub(crate) clients: Option<usize>,
    pub(crate) rounds: usize,
}

impl Bench {
    /// Starts a server and lets so many clients connect to it.
    pub(crate) fn start(&self, kind: Kind) -> anyhow::Result<Running> {
        Running::start(kind, &self.binaries, &self.seed)
    }

    /// Clients of a server, not connected yet.
    pub(crate) fn swarm(&self, server: &Running, clients: usize) -> anyhow::Result<Swarm> {
        let mut swarm = Swarm::new(server.address)?;
        for token in self.tokens(0, clients) {
            swarm.add(token);
        }
        Ok(swarm)
    }

    /// So many tokens, each of another student.
    pub(crate) fn tokens(&self, from: usize, count: usize) -> impl Iterator<Item = Arc<str>> {
        self.seed.students.iter().cycle().skip(from).take(count).cloned()
    }

    /// The servers in the order of this round: another begins each time, so that what a machine does meanwhile hits all.
    pub(crate) fn order(&self, round: usize) -> Vec<Kind> {
        let mut kinds = self.kinds.clone();
        let by = round % kinds.len().max(1);
        kinds.rotate_left(by);
        kinds
    }
}

/// Measures one server after the other. One that fails is left out, with a word; it is an error when none is left.
pub(crate) fn each(
    kinds: impl Iterator<Item = Kind>,
    mut measure: impl FnMut(Kind) -> anyhow::Result<Value>,
) -> anyhow::Result<Vec<Value>> {
    let mut figures = Vec::new();
    let mut failure = None;
    for kind in kinds {
        match measure(kind) {
            Ok(row) => figures.push(row),
            Err(error) => {
                progress(&format!("{kind} failed: {error:#}"));
                failure = Some(error.context(format!("measuring {kind}")));
            }
        }
    }
    match failure {
        Some(error) if figures.is_empty() => Err(error),
        _ => Ok(figures),
    }
}

/// What must be zero.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Zeros {
    /// Events that a client has not got, over all clients.
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    /// Arrivals after a later one.
    pub(crate) late: u64,
}

impl Zeros {
    pub(crate) fn of(swarm: &Swarm) -> Self {
        let last = swarm.deliveries.last_number();
        let lost = swarm.clients.iter().map(|client| client.received.missing(last)).sum();
        Self { lost, doubled: swarm.deliveries.doubled, late: swarm.deliveries.late }
    }
}

/// Opens the connection that causes events.
pub(crate) fn open_trigger(swarm: &mut Swarm, server: &Running) -> anyhow::Result<()> {
    swarm.open_trigger(Trigger::open(server.address, server.cause.clone())?)
}

/// Causes an event and waits until all who are live have it and the server has answered.
pub(crate) fn deliver_one(swarm: &mut Swarm) -> anyhow::Result<u32> {
    let number = swarm.fire()?;
    let everybody = u32::try_from(swarm.live)?;
    let is_done = |swarm: &Swarm| {
        swarm.deliveries.sent(number).arrivals >= everybody && swarm.trigger.as_ref().is_some_and(Trigger::is_idle)
    };
    if !swarm.run_until(now() + nanos_of(ARRIVAL), is_done)? {
        let arrivals = swarm.deliveries.sent(number).arrivals;
        bail!("event {number} reached {arrivals} of {everybody} clients in {ARRIVAL:?}");
    }
    Ok(number)
}

/// The answer to the cause of an event.
pub(crate) fn caused(swarm: &Swarm, number: u32) -> anyhow::Result<crate::trigger::Caused> {
    let caused = swarm.trigger.iter().flat_map(|trigger| &trigger.caused);
    caused.rev().find(|caused| caused.number == number).copied().context("the server did not answer")
}
