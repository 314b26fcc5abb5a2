//! `storm`: everybody is connected, the server is killed as `kill -9` does and started again, everybody comes back by themselves.
//!
//! Some events are caused just before the kill and the kill comes when all are answered, so that they are promised (for Lamplight:
//! committed) while many clients have not got them. Others are caused while clients are still coming back. The time is that from
//! the moment the port takes connections again to the moment the last client is connected, and has all there is.

use std::{net::TcpStream, time::Duration};

use serde_json::{Value, json};

use super::{Bench, IN_FLIGHT, PATIENCE, Zeros, deliver_one, each, open_trigger};
use crate::{
    load::{Phase, Swarm},
    machine::{Cpu, nanos_of, now},
    report::{Row, Table},
    say::progress,
    servers::Kind,
    trigger::Trigger,
};

/// How it is measured, for the page of figures.
pub(crate) const METHOD: &str = "18,000 clients are connected. Three events are caused, and when all are answered (for Lamplight: committed) the server is killed with \
    `kill -9` while most clients have not got them. Two seconds later it is started again on the same port; the clients come back by \
    themselves with the delays of the official client (0.5 to 1.5 s, growing to 5 s), and five more events are caused while they do. Times are from the moment \
    the port takes connections again. *Lost* counts, over all clients, events that were answered and never arrived.";

const CLIENTS: usize = 18_000;
/// Events that everybody gets in peace, that are under way when the server is killed, and while clients come back.
const EVENTS: [usize; 3] = [3, 3, 5];
const DOWN: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(60);
/// After the last one is back, for what comes too late or twice.
const SETTLE: Duration = Duration::from_secs(3);

pub(crate) fn run(bench: &Bench) -> anyhow::Result<Vec<Value>> {
    let clients = bench.clients.unwrap_or(if bench.is_small { CLIENTS / 9 } else { CLIENTS });
    let kinds = bench.kinds.iter().copied().filter(|kind| *kind != Kind::Floor);
    each(kinds, |kind| one(bench, kind, clients))
}

pub(crate) fn table(figures: &[Value]) -> Table {
    let mut table = Table::new(&[
        "server",
        "all back, s",
        "and caught up, s",
        "lost",
        "doubled",
        "out of order",
        "recovered",
        "CPU a return, us",
        "load core busy",
    ]);
    for row in figures.iter().map(Row) {
        let seconds = |done: &str, name: &str| {
            if row.is(done) { format!("{:.2}", row.number(name) / 1e9) } else { "never".to_owned() }
        };
        table.row(vec![
            row.text("server"),
            seconds("isBack", "nanosToAllBack"),
            seconds("caughtUp", "nanosToCaughtUp"),
            row.text("lost"),
            row.text("doubled"),
            row.text("outOfOrder"),
            format!("{} of {}", row.text("recovered"), row.text("clients")),
            format!("{:.0}", row.number("cpuMicrosPerReturn")),
            format!("{:.0} %", row.number("loadCoreBusy") * 100.0),
        ]);
    }
    table
}

fn one(bench: &Bench, kind: Kind, clients: usize) -> anyhow::Result<Value> {
    let mut server = bench.start(kind)?;
    let mut swarm = bench.swarm(&server, clients)?;
    progress(&format!("storm: {kind}, {clients} clients connect"));
    swarm.connect_all(IN_FLIGHT, PATIENCE)?;
    swarm.expect_from_now();
    swarm.comes_back = true;
    open_trigger(&mut swarm, &server)?;
    let [in_peace, at_the_kill, coming_back] = EVENTS;
    for _ in 0..in_peace {
        deliver_one(&mut swarm)?;
    }
    for _ in 0..at_the_kill {
        swarm.fire()?;
    }
    let answered = |swarm: &Swarm| swarm.trigger.as_ref().is_some_and(Trigger::is_idle);
    swarm.run_until(now() + nanos_of(LONGEST), answered)?;
    server.process.kill();
    let reached = swarm.deliveries.arrivals;
    swarm.trigger = None;
    progress(&format!(
        "storm: {kind} is killed; {} of {} deliveries had been made",
        reached,
        clients * (in_peace + at_the_kill)
    ));
    swarm.run_for(DOWN)?;

    let before = swarm.counts;
    server.restart(&bench.binaries, |address| {
        let probe = TcpStream::connect(address).is_ok();
        // Clients go on while the server starts.
        swarm.run_for(Duration::from_millis(5)).is_ok() && probe
    })?;
    let opened = now();
    let (mut load, cpu) = (Cpu::of(std::process::id()), server.cpu.read());
    let load_before = load.read();
    open_trigger(&mut swarm, &server)?;
    for _ in 0..coming_back {
        swarm.fire()?;
        swarm.run_for(Duration::from_millis(300))?;
    }
    let all = swarm.deliveries.last_number();
    let everybody = u32::try_from(clients)?;
    let deadline = opened + nanos_of(LONGEST);
    let is_back = swarm.run_until(deadline, |swarm| swarm.live == clients)?;
    let back = swarm.clients.iter().map(|client| client.live_since).max().unwrap_or(0).saturating_sub(opened);
    let has_all = |swarm: &Swarm| (1..=all).all(|number| swarm.deliveries.sent(number).arrivals >= everybody);
    let caught_up = swarm.run_until(now() + nanos_of(SETTLE), has_all)?;
    let last = (1..=all).map(|number| swarm.deliveries.sent(number).last).max().unwrap_or(0).saturating_sub(opened);
    let busy = (load.read() - load_before) as f64 / (now() - opened) as f64;
    let cost = (server.cpu.read() - cpu) as f64 / 1000.0 / clients as f64;
    swarm.run_for(SETTLE)?;
    let zeros = Zeros::of(&swarm);
    let recovered: usize = swarm.clients.iter().filter(|client| client.recovered > 0).count();
    let not_back = swarm.clients.iter().filter(|client| client.phase != Phase::Live).count();
    let figures = json!({
        "server": kind.name(), "clients": clients, "isBack": is_back, "nanosToAllBack": back, "caughtUp": caught_up,
        "nanosToCaughtUp": back.max(last), "lost": zeros.lost, "doubled": zeros.doubled, "outOfOrder": zeros.late,
        "recovered": recovered, "cpuMicrosPerReturn": cost, "loadCoreBusy": busy,
        "notBack": not_back, "failedAttempts": swarm.counts.failed - before.failed, "deliveredBeforeTheKill": reached, "events": all,
    });
    Ok(figures)
}
