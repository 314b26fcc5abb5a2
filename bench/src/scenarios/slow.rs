//! `slow`: some readers stop reading for a minute while 10,000 events flow.
//!
//! The events come one after the other through the usual cause, each when the one before is answered and its moment has come.
//! Before and afterwards all read, for the figures to compare with; in between ten stop. After the minute they read on, find what the kernel still
//! has for them and perhaps a closed connection, come back and are given the rest. What they cost is what the server holds more at
//! its highest than before, for each of them.

use std::time::Duration;

use anyhow::bail;
use serde_json::{Value, json};

use super::{Bench, IN_FLIGHT, PATIENCE, Zeros, each, open_trigger};
use crate::{
    deliveries::Received,
    load::Swarm,
    machine::{nanos_of, now, resident, send_queues},
    report::{Row, Table},
    say::progress,
    servers::{Kind, Running},
    stats::Histogram,
    trigger::Trigger,
};

/// How it is measured, for the page of figures.
pub(crate) const METHOD: &str = "200 clients, 10,000 events in a minute, each by an HTTP request of its own. Ten clients stop reading for the minute, then read on; \
    who was closed meanwhile comes back. *KB a stopped reader* is what the server held more at its highest than before they stopped, \
    divided by ten; *in the kernel* is the same of what the kernel holds of it that they have not acknowledged. *To the others* is from when the HTTP request is sent, and only of those who never stop.";

const CLIENTS: usize = 200;
const STOPPED: usize = 10;
const EVENTS: u32 = 10_000;
const TIME: Duration = Duration::from_secs(60);
/// Events before anybody stops.
const BEFORE: u32 = 2_500;
const SETTLE: Duration = Duration::from_secs(30);

pub(crate) fn run(bench: &Bench) -> anyhow::Result<Vec<Value>> {
    // Not as many as one likes: more than these at this rate is more than any server here can send.
    let clients = bench.clients.unwrap_or(CLIENTS).clamp(STOPPED + 1, CLIENTS);
    let kinds = bench.kinds.iter().copied().filter(|kind| *kind != Kind::Floor);
    each(kinds, |kind| one(bench, kind, clients))
}

pub(crate) fn table(figures: &[Value]) -> Table {
    let mut table = Table::new(&[
        "server",
        "KB a stopped reader",
        "in the kernel",
        "to the others before, ms: p50",
        "p99",
        "meanwhile: p50",
        "p99",
        "afterwards: p50",
        "p99",
        "lost to the stopped",
        "lost to others",
        "doubled",
        "out of order",
        "told to load afresh",
    ]);
    for row in figures.iter().map(Row) {
        let ms = |name: &str, quantile: &str| format!("{:.2}", row.of(name, quantile) / 1e6);
        table.row(vec![
            row.text("server"),
            format!("{:.0}", row.number("kilobytesPerStoppedReader")),
            row.maybe("kilobytesInKernel").map_or_else(|| "not measured".to_owned(), |most| format!("{most:.0}")),
            ms("nanosToEachBefore", "p50"),
            ms("nanosToEachBefore", "p99"),
            ms("nanosToEachMeanwhile", "p50"),
            ms("nanosToEachMeanwhile", "p99"),
            ms("nanosToEachAfter", "p50"),
            ms("nanosToEachAfter", "p99"),
            row.text("lostToStopped"),
            row.text("lostToOthers"),
            row.text("doubled"),
            row.text("outOfOrder"),
            row.text("toldToLoadAfresh"),
        ]);
    }
    table
}

/// What is held for clients, in KB.
#[derive(Debug, Default, Clone, Copy)]
struct Held {
    /// Resident memory of the server.
    server: u64,
    kernel: u64,
}

impl Held {
    /// The most of each, of before and of now.
    fn most(self, server: &Running) -> Self {
        Self {
            server: self.server.max(resident(server.process.pid()).0),
            kernel: self.kernel.max(send_queues(server.address.port()) / 1024),
        }
    }
}

/// Causes events at a steady rate; gives their latency, and the most that was held meanwhile.
fn flow(swarm: &mut Swarm, server: &Running, events: u32, time: Duration) -> anyhow::Result<(Histogram, Held)> {
    swarm.deliveries.latency = Histogram::default();
    let (started, mut most) = (now(), Held::default());
    for number in 0..events {
        if now() > started + nanos_of(time) * 5 {
            bail!("{number} of {events} events took five times as long as they should");
        }
        swarm.run_until(started + nanos_of(time / events * number), |_| false)?;
        swarm.fire()?;
        swarm.run_until(now() + nanos_of(TIME), |swarm| swarm.trigger.as_ref().is_some_and(Trigger::is_idle))?;
        if number % 100 == 0 {
            most = most.most(server);
        }
    }
    swarm.run_for(Duration::from_millis(500))?;
    Ok((std::mem::take(&mut swarm.deliveries.latency), most.most(server)))
}

fn one(bench: &Bench, kind: Kind, clients: usize) -> anyhow::Result<Value> {
    let server = bench.start(kind)?;
    let mut swarm = bench.swarm(&server, clients)?;
    swarm.connect_all(IN_FLIGHT, PATIENCE)?;
    swarm.expect_from_now();
    swarm.comes_back = true;
    open_trigger(&mut swarm, &server)?;
    let by = if bench.is_small { 10 } else { 1 };
    progress(&format!("slow: {kind}, all read"));
    let (before, held) = flow(&mut swarm, &server, BEFORE / by, TIME / 4 / by)?;
    progress(&format!("slow: {kind}, {STOPPED} of {clients} stop reading"));
    for index in 0..STOPPED {
        swarm.pause(index, true)?;
    }
    let (meanwhile, most) = flow(&mut swarm, &server, EVENTS / by, TIME / by)?;
    for index in 0..STOPPED {
        swarm.pause(index, false)?;
    }
    let all = swarm.deliveries.last_number();
    let wanted = u64::from(all) * clients as u64;
    swarm.run_until(now() + nanos_of(SETTLE), |swarm| swarm.deliveries.arrivals >= wanted)?;
    progress(&format!("slow: {kind}, all read again"));
    let (after, _) = flow(&mut swarm, &server, BEFORE / by, TIME / 4 / by)?;
    let all = swarm.deliveries.last_number();
    let zeros = Zeros::of(&swarm);
    let missing = |received: &Received| received.missing(all);
    let lost_to_stopped: u64 = swarm.clients.iter().take(STOPPED).map(|client| missing(&client.received)).sum();
    let fresh: u32 = swarm.clients.iter().map(|client| client.fresh.saturating_sub(1)).sum();
    let each = |most: u64, held: u64| most.saturating_sub(held) as f64 / STOPPED as f64;
    let figures = json!({
        "server": kind.name(), "clients": clients, "stopped": STOPPED, "events": EVENTS / by,
        "kilobytesPerStoppedReader": each(most.server, held.server), "kilobytesBefore": held.server, "kilobytesMost": most.server,
        "kilobytesInKernel": each(most.kernel, held.kernel),
        "nanosToEachBefore": {"p50": before.quantile(0.5), "p99": before.quantile(0.99), "max": before.max()},
        "nanosToEachMeanwhile": {"p50": meanwhile.quantile(0.5), "p99": meanwhile.quantile(0.99), "max": meanwhile.max()},
        "nanosToEachAfter": {"p50": after.quantile(0.5), "p99": after.quantile(0.99), "max": after.max()},
        "lostToStopped": lost_to_stopped, "lostToOthers": zeros.lost - lost_to_stopped, "doubled": zeros.doubled,
        "outOfOrder": zeros.late, "toldToLoadAfresh": fresh, "cameBack": swarm.counts.closed,
    });
    Ok(figures)
}
