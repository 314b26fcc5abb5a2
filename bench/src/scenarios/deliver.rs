//! `deliver`: what it costs to tell everybody something, and how long until the last one knows.
//!
//! So many clients are connected; one event after the other is caused and delivered to all, with a short pause between. The
//! processor time of the server over all of them, divided by the messages delivered, is the cost: the cause of the event, the
//! commit, the log and the relay are in it. A round measures each server once, freshly started; ratios to the floor are those
//! of the same round.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Bench, IN_FLIGHT, PATIENCE, caused, deliver_one, open_trigger};
use crate::{
    machine::{nanos_of, now},
    report::{Row, Table, micros, ratio},
    say::progress,
    servers::Kind,
    stats::{Histogram, median},
};

/// Clients, and messages to deliver in a round.
/// How it is measured, for the page of figures.
pub(crate) const METHOD: &str = "All clients are connected and at rest. One event after the other is caused and goes to all of them, the next one 2 ms after the \
    last client has it. *CPU a message* is the processor time of the server, user and system, over all events, divided by the messages \
    delivered; what causes the event is in it, and for Lamplight the commit and the log. Its ratio to the floor is the median of the \
    rounds, each with the floor of the same round. *To each* and *to the last* begin when the HTTP request is sent. *Commit to the last* \
    begins when Lamplight has committed (the time in its log), and for the others when they have read the request; it is the fair \
    comparison of delivery, since the others have nothing to commit.";

const SIZES: [(usize, usize); 3] = [(100, 100_000), (2_000, 400_000), (18_000, 540_000)];
/// Between two events, so that each finds the server at rest, as in a day of an institute.
const PAUSE: Duration = Duration::from_millis(2);
/// Before anything is measured: caches, pages, compilers that compile while running.
const WARM_UP: Duration = Duration::from_millis(1500);

/// One server at one number of clients, over all rounds.
#[derive(Debug, Default)]
struct Figures {
    cpu: u64,
    messages: u64,
    events: u64,
    /// Processor microseconds a message, of each round; not a number for one that failed.
    costs: Vec<f64>,
    failures: Vec<String>,
    /// From the cause to each client.
    each: Histogram,
    /// From the cause to the last client.
    last: Histogram,
    /// From the commit, or the moment the request was read, to the last client.
    committed: Histogram,
    /// From the cause to the answer.
    answered: Histogram,
    bytes: usize,
}

pub(crate) fn run(bench: &Bench) -> anyhow::Result<Vec<Value>> {
    let mut results = Vec::new();
    for (clients, messages) in SIZES {
        if bench.clients.is_some_and(|wanted| wanted != clients) {
            continue;
        }
        size(bench, clients, if bench.is_small { messages / 10 } else { messages }, &mut results)?;
    }
    if let Some(clients) = bench.clients.filter(|clients| SIZES.iter().all(|(known, _)| known != clients)) {
        size(bench, clients, if bench.is_small { 40_000 } else { 400_000 }, &mut results)?;
    }
    Ok(results)
}

pub(crate) fn table(figures: &[Value]) -> Table {
    let mut table = Table::new(&[
        "clients",
        "server",
        "CPU a message, us",
        "of the floor",
        "to each, ms: p50",
        "p99",
        "max",
        "to the last: p50",
        "p99",
        "commit to the last: p50",
        "p99",
        "of the floor",
    ]);
    for row in figures.iter().map(Row) {
        let ms = |name: &str, quantile: &str| format!("{:.2}", row.of(name, quantile) / 1e6);
        table.row(vec![
            row.text("clients"),
            row.text("server"),
            micros(row.number("cpuMicrosPerMessage")),
            ratio(row.maybe("cpuOfFloor")),
            ms("nanosToEach", "p50"),
            ms("nanosToEach", "p99"),
            ms("nanosToEach", "max"),
            ms("nanosToLast", "p50"),
            ms("nanosToLast", "p99"),
            ms("nanosCommitToLast", "p50"),
            ms("nanosCommitToLast", "p99"),
            ratio(row.maybe("commitToLastP99OfFloor")),
        ]);
    }
    table
}

fn size(bench: &Bench, clients: usize, messages: usize, results: &mut Vec<Value>) -> anyhow::Result<()> {
    let events = (messages / clients).max(10);
    let mut all: Vec<(Kind, Figures)> = bench.kinds.iter().map(|kind| (*kind, Figures::default())).collect();
    for round in 0..bench.rounds {
        for kind in bench.order(round) {
            if let Some((_, figures)) = all.iter_mut().find(|(known, _)| *known == kind) {
                let became = match one(bench, kind, clients, events, figures) {
                    Ok(cost) => format!("{} us a message", micros(cost)),
                    Err(error) => {
                        figures.costs.push(f64::NAN);
                        figures.failures.push(format!("{error:#}"));
                        format!("failed: {error:#}")
                    }
                };
                let (round, rounds) = (round + 1, bench.rounds);
                progress(&format!("deliver, {clients} clients, round {round} of {rounds}: {kind}, {became}"));
            }
        }
    }
    let floor = all.iter().find(|(kind, _)| *kind == Kind::Floor).map(|(_, figures)| figures);
    for (kind, figures) in &all {
        let cost = figures.cpu as f64 / 1000.0 / figures.messages.max(1) as f64;
        let ratios: Vec<f64> = floor.map_or(Vec::new(), |floor| {
            let ratios = figures.costs.iter().zip(&floor.costs).map(|(cost, floor)| cost / floor);
            ratios.filter(|ratio| ratio.is_finite()).collect()
        });
        let of_floor = (!ratios.is_empty()).then(|| median(&ratios));
        let committed = |figures: &Figures| figures.committed.quantile(0.99) as f64;
        let last_of_floor = floor.map(|floor| committed(figures) / committed(floor));
        let nanos = |histogram: &Histogram| {
            json!({
                "count": histogram.count(), "p50": histogram.quantile(0.5), "p99": histogram.quantile(0.99),
                "max": histogram.max(),
            })
        };
        results.push(json!({
            "clients": clients, "server": kind.name(), "rounds": bench.rounds, "events": figures.events,
            "messages": figures.messages, "eventBytes": figures.bytes, "cpuMicrosPerMessage": cost,
            "cpuMicrosPerMessageByRound": figures.costs, "cpuOfFloor": of_floor, "cpuOfFloorByRound": ratios,
            "nanosToEach": nanos(&figures.each), "nanosToLast": nanos(&figures.last),
            "nanosCommitToLast": nanos(&figures.committed), "commitToLastP99OfFloor": last_of_floor,
            "nanosToAnswer": nanos(&figures.answered), "failures": figures.failures,
        }));
    }
    Ok(())
}

fn one(bench: &Bench, kind: Kind, clients: usize, events: usize, figures: &mut Figures) -> anyhow::Result<f64> {
    let mut server = bench.start(kind)?;
    let mut swarm = bench.swarm(&server, clients)?;
    swarm.connect_all(IN_FLIGHT, PATIENCE)?;
    open_trigger(&mut swarm, &server)?;
    let warm = now() + nanos_of(if bench.is_small { WARM_UP / 5 } else { WARM_UP });
    while now() < warm {
        deliver_one(&mut swarm)?;
    }
    swarm.run_for(Duration::from_millis(300))?;
    swarm.deliveries.forget_figures();
    let first = swarm.deliveries.last_number() + 1;
    let before = server.cpu.read();
    for _ in 0..events {
        deliver_one(&mut swarm)?;
        swarm.run_for(PAUSE)?;
    }
    let cpu = server.cpu.read() - before;
    let messages = swarm.deliveries.arrivals;

    // One commit for each event, in their order: the newest ones are these.
    let commits = server.commits()?;
    let numbers = first..=swarm.deliveries.last_number();
    let mut commits = commits.get(commits.len().saturating_sub(events)..).unwrap_or_default().iter();
    for number in numbers {
        let sent = swarm.deliveries.sent(number);
        let caused = caused(&swarm, number)?;
        figures.last.add(sent.last - sent.started);
        figures.answered.add(caused.answered - sent.started);
        if let Some(at) = caused.read_at.or_else(|| commits.next().copied()) {
            figures.committed.add(sent.last.saturating_sub(at));
        }
    }
    figures.cpu += cpu;
    figures.messages += messages;
    figures.events += events as u64;
    figures.each.merge(&swarm.deliveries.latency);
    figures.bytes = swarm.deliveries.event_bytes;
    let cost = cpu as f64 / 1000.0 / messages.max(1) as f64;
    figures.costs.push(cost);
    Ok(cost)
}
