//! `connect`: what an authenticated connect costs.
//!
//! TCP, HTTP upgrade, Engine.IO handshake, CONNECT with a token, five rooms, and for Lamplight who this person is today and
//! where the log stands. 64 are under way at a time, each of another student, none of whom has connected before.

use serde_json::{Value, json};

use super::{Bench, PATIENCE};
use crate::{
    machine::now,
    report::{Row, Table, micros, ratio},
    say::progress,
    servers::Kind,
    stats::median,
};

/// How it is measured, for the page of figures.
pub(crate) const METHOD: &str = "6,000 clients connect, 64 at a time: TCP, HTTP upgrade, Engine.IO handshake, CONNECT with a token that is checked, five rooms. Lamplight \
    also looks up in its database who this student is today and where the log stands, and writes a line of log. Processor time of the \
    server divided by connects; median of the rounds. The floor checks nothing and answers with fixed texts.";

const CLIENTS: usize = 6_000;
const WARM_UP: usize = 500;
const IN_FLIGHT: usize = 64;

pub(crate) fn run(bench: &Bench) -> anyhow::Result<Vec<Value>> {
    let clients = bench.clients.unwrap_or(if bench.is_small { CLIENTS / 6 } else { CLIENTS });
    let mut all: Vec<(Kind, Vec<(f64, f64)>)> = bench.kinds.iter().map(|kind| (*kind, Vec::new())).collect();
    for round in 0..bench.rounds {
        for kind in bench.order(round) {
            let (cost, rate) = match one(bench, kind, clients) {
                Ok(figures) => figures,
                Err(error) => {
                    progress(&format!("connect: {kind} failed: {error:#}"));
                    continue;
                }
            };
            progress(&format!(
                "connect, round {} of {}: {kind}, {} us a connect, {rate:.0} a second",
                round + 1,
                bench.rounds,
                micros(cost)
            ));
            if let Some((_, figures)) = all.iter_mut().find(|(known, _)| *known == kind) {
                figures.push((cost, rate));
            }
        }
    }
    let costs = |figures: &[(f64, f64)]| figures.iter().map(|(cost, _)| *cost).collect::<Vec<_>>();
    let floor = all.iter().find(|(kind, _)| *kind == Kind::Floor).map(|(_, figures)| median(&costs(figures)));
    let results = all.iter().map(|(kind, figures)| {
        let cost = median(&costs(figures));
        let rate = median(&figures.iter().map(|(_, rate)| *rate).collect::<Vec<_>>());
        json!({
            "server": kind.name(), "connects": clients, "inFlight": IN_FLIGHT, "rounds": bench.rounds,
            "cpuMicrosPerConnect": cost, "cpuMicrosPerConnectByRound": costs(figures),
            "cpuOfFloor": floor.map(|floor| cost / floor), "connectsPerSecond": rate,
        })
    });
    Ok(results.collect())
}

pub(crate) fn table(figures: &[Value]) -> Table {
    let mut table = Table::new(&["server", "CPU a connect, us", "of the floor", "connects a second"]);
    for row in figures.iter().map(Row) {
        table.row(vec![
            row.text("server"),
            micros(row.number("cpuMicrosPerConnect")),
            ratio(row.maybe("cpuOfFloor")),
            format!("{:.0}", row.number("connectsPerSecond")),
        ]);
    }
    table
}

fn one(bench: &Bench, kind: Kind, clients: usize) -> anyhow::Result<(f64, f64)> {
    let mut server = bench.start(kind)?;
    let mut warm = bench.swarm(&server, WARM_UP)?;
    warm.connect_all(IN_FLIGHT, PATIENCE)?;
    drop(warm);
    std::thread::sleep(std::time::Duration::from_millis(300));
    let mut swarm = bench.swarm(&server, 0)?;
    for token in bench.tokens(WARM_UP, clients) {
        swarm.add(token);
    }
    let (cpu, started) = (server.cpu.read(), now());
    swarm.connect_all(IN_FLIGHT, PATIENCE)?;
    let seconds = (now() - started) as f64 / 1e9;
    let cost = (server.cpu.read() - cpu) as f64 / 1000.0 / clients as f64;
    Ok((cost, clients as f64 / seconds))
}
