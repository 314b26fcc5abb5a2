//! `upgrade`: everybody is connected, and the servers are stopped in order and started again, one after the other, as a new version is put in.
//!
//! SIGTERM, as systemd sends it; the server closes its pages in waves and ends by itself. Where there is another server, events go on at
//! that one all the while, and the pages that come back go to whichever takes them, as a proxy would let them.

use std::time::Duration;

use anyhow::{Context, ensure};
use lamplight_store::Backend;
use serde_json::{Value, json};

use super::{Bench, IN_FLIGHT, PATIENCE, Zeros, deliver_one};
use crate::{
    load::Swarm,
    machine::{nanos_of, now},
    place::{Place, backends, label},
    report::{Row, Table},
    say::progress,
    seed,
    servers::Started,
    trigger::{Cause, Trigger},
};

/// How it is measured, for the page of figures.
pub(crate) const METHOD: &str = "18,000 pages are connected, and each server in its turn gets SIGTERM (`DRAIN_SECONDS=5`), ends by itself and is started again on the same port. One server on \
    the embedded database: three events are caused just before, five while the pages come back. Two servers on PostgreSQL: events are caused at the other server all the while, and a page that is not \
    let in tries the other one, as behind a proxy. Pages come back with the delays of the official client (0.5 to 1.5 s, growing to 5 s). Times are from SIGTERM. *Lost* counts, over all pages, events that were answered and never arrived. \
    All servers share one core.";

const CLIENTS: usize = 18_000;
const DRAIN: u32 = 5;
const EVERY: Duration = Duration::from_millis(300);
const LONGEST: Duration = Duration::from_secs(90);
/// After the last one is back, for what comes too late or twice.
const SETTLE: Duration = Duration::from_secs(3);

pub(crate) fn run(bench: &Bench) -> anyhow::Result<Vec<Value>> {
    let clients = bench.clients.unwrap_or(if bench.is_small { CLIENTS / 9 } else { CLIENTS });
    let mut figures = Vec::new();
    for backend in backends("upgrade") {
        let nodes = if backend == Backend::Postgres { 2 } else { 1 };
        figures.extend(one(bench, backend, nodes, clients)?);
    }
    Ok(figures)
}

pub(crate) fn table(figures: &[Value]) -> Table {
    let mut table = Table::new(&[
        "database",
        "servers",
        "stopped",
        "pages it had",
        "ended after, s",
        "all back, s",
        "events",
        "lost",
        "doubled",
        "out of order",
        "told to load afresh",
    ]);
    for row in figures.iter().map(Row) {
        table.row(vec![
            row.text("database"),
            row.text("servers"),
            row.text("stopped"),
            row.text("pages"),
            format!("{:.1}", row.number("nanosToEnd") / 1e9),
            format!("{:.1}", row.number("nanosToAllBack") / 1e9),
            row.text("events"),
            row.text("lost"),
            row.text("doubled"),
            row.text("outOfOrder"),
            row.text("toldToLoadAfresh"),
        ]);
    }
    table
}

fn one(bench: &Bench, backend: Backend, nodes: usize, clients: usize) -> anyhow::Result<Vec<Value>> {
    let place = Place::new(backend)?;
    progress(&format!("upgrade: {}, making an institute of {clients} students", label(backend)));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let school = runtime.block_on(seed::found_school(&place.url, clients, 60, 6))?;
    let lamplight = place.lamplight(&bench.binaries.lamplight, None, DRAIN);
    let mut servers: Vec<Started> = (0..nodes).map(|_| lamplight.start_on_its_core(None)).collect::<Result<_, _>>()?;
    let addresses: Vec<_> = servers.iter().map(|server| server.address).collect();
    let at = |which: usize| addresses.get(which % nodes).copied().context("no such server");
    let cause = Cause::Lamplight { token: school.office.clone(), download: seed::upload(at(0)?, &school.office)? };

    let mut swarm = Swarm::of_servers(addresses.clone())?;
    school.students.iter().for_each(|token| swarm.add(token.as_str().into()));
    progress(&format!("upgrade: {}, {clients} clients connect", label(backend)));
    swarm.connect_all(IN_FLIGHT, PATIENCE)?;
    swarm.expect_from_now();
    swarm.comes_back = true;
    let mut figures = Vec::new();
    for which in 0..nodes {
        // At the one that stays, where there is one.
        swarm.open_trigger(Trigger::open(at(which + 1)?, cause.clone())?)?;
        let first = swarm.deliveries.last_number();
        deliver_one(&mut swarm)?;
        for _ in 0..3 {
            swarm.fire()?;
        }
        swarm.run_until(now() + nanos_of(LONGEST), is_idle)?;
        if nodes == 1 {
            swarm.trigger = None;
        }
        let pages = swarm.at(which);
        let server = servers.get_mut(which).context("no such server")?;
        server.process.terminate()?;
        let asked = now();
        progress(&format!(
            "upgrade: {}, server {} of {nodes} is told to stop, with {pages} pages",
            label(backend),
            which + 1
        ));
        while !server.process.has_ended() {
            ensure!(now() < asked + nanos_of(LONGEST), "the server does not end");
            if nodes > 1 && is_idle(&swarm) {
                swarm.fire()?;
            }
            swarm.run_for(EVERY)?;
        }
        let ended = now() - asked;
        ensure!(server.process.has_succeeded(), "the server ended with an error");
        *server = lamplight.start_on_its_core(Some(at(which)?))?;
        if nodes == 1 {
            swarm.open_trigger(Trigger::open(at(which)?, cause.clone())?)?;
        }
        for _ in 0..5 {
            swarm.fire()?;
            swarm.run_for(EVERY)?;
        }
        let is_back = swarm.run_until(now() + nanos_of(LONGEST), |swarm| swarm.live == clients)?;
        ensure!(is_back, "{} of {clients} pages came back", swarm.live);
        let back = swarm.clients.iter().map(|client| client.live_since).max().unwrap_or(0).saturating_sub(asked);
        swarm.run_for(SETTLE)?;
        let zeros = Zeros::of(&swarm);
        let fresh: u64 = swarm.clients.iter().map(|client| u64::from(client.fresh.saturating_sub(1))).sum();
        figures.push(json!({
            "database": label(backend), "servers": nodes, "stopped": which + 1, "clients": clients, "pages": pages, "nanosToEnd": ended,
            "nanosToAllBack": back, "events": swarm.deliveries.last_number() - first, "lost": zeros.lost, "doubled": zeros.doubled,
            "outOfOrder": zeros.late, "toldToLoadAfresh": fresh,
        }));
        swarm.trigger = None;
    }
    Ok(figures)
}

fn is_idle(swarm: &Swarm) -> bool {
    swarm.trigger.as_ref().is_some_and(Trigger::is_idle)
}
