//! `memory`: resident memory a connection, idle, authenticated, in five rooms.
//!
//! The server is warmed up with some connections that go again; what it holds then is the empty server. What the kernel holds
//! for a socket is the same for all and not counted.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Bench, IN_FLIGHT, PATIENCE};
use crate::{
    machine::resident,
    report::{Row, Table},
    say::progress,
    servers::Kind,
    stats::median,
};

/// How it is measured, for the page of figures.
pub(crate) const METHOD: &str = "Resident memory with 10,000 connections (idle, authenticated, each in five rooms), less that of the empty server, divided by the \
    connections. The server has seen 500 connections come and go before. What the kernel holds for a socket is the same for all and not in it.";

const CLIENTS: usize = 10_000;
const WARM_UP: usize = 500;
const SETTLE: Duration = Duration::from_secs(3);

pub(crate) fn run(bench: &Bench) -> anyhow::Result<Vec<Value>> {
    let clients = bench.clients.unwrap_or(if bench.is_small { CLIENTS / 5 } else { CLIENTS });
    let mut all: Vec<(Kind, Vec<(f64, f64)>)> = bench.kinds.iter().map(|kind| (*kind, Vec::new())).collect();
    for round in 0..bench.rounds {
        for kind in bench.order(round) {
            let (empty, full) = match one(bench, kind, clients) {
                Ok(figures) => figures,
                Err(error) => {
                    progress(&format!("memory: {kind} failed: {error:#}"));
                    continue;
                }
            };
            let each = full.saturating_sub(empty) as f64 / clients as f64;
            progress(&format!(
                "memory, round {} of {}: {kind}, {each:.2} KB a connection over {empty} KB",
                round + 1,
                bench.rounds
            ));
            if let Some((_, figures)) = all.iter_mut().find(|(known, _)| *known == kind) {
                figures.push((each, empty as f64));
            }
        }
    }
    let results = all.iter().map(|(kind, figures)| {
        let each: Vec<f64> = figures.iter().map(|(each, _)| *each).collect();
        let empty = median(&figures.iter().map(|(_, empty)| *empty).collect::<Vec<_>>());
        json!({
            "server": kind.name(), "connections": clients, "kilobytesPerConnection": median(&each),
            "kilobytesPerConnectionByRound": each, "kilobytesEmpty": empty,
        })
    });
    Ok(results.collect())
}

pub(crate) fn table(figures: &[Value]) -> Table {
    let mut table = Table::new(&["server", "KB a connection", "empty server, MB"]);
    for row in figures.iter().map(Row) {
        table.row(vec![
            row.text("server"),
            format!("{:.2}", row.number("kilobytesPerConnection")),
            format!("{:.0}", row.number("kilobytesEmpty") / 1024.0),
        ]);
    }
    table
}

/// KB of the server, empty and with all connections.
fn one(bench: &Bench, kind: Kind, clients: usize) -> anyhow::Result<(u64, u64)> {
    let server = bench.start(kind)?;
    let mut warm = bench.swarm(&server, WARM_UP)?;
    warm.connect_all(IN_FLIGHT, PATIENCE)?;
    drop(warm);
    std::thread::sleep(SETTLE);
    let (empty, _) = resident(server.process.pid());
    let mut swarm = bench.swarm(&server, clients)?;
    swarm.connect_all(IN_FLIGHT, PATIENCE)?;
    swarm.run_for(SETTLE)?;
    Ok((empty, resident(server.process.pid()).0))
}
