//! `cuts`: connections are cut for two seconds, again and again, while events flow.
//!
//! Each client lives for some seconds, is cut without a word, is away for two seconds, and connects again with what it kept
//! (`pid` and offset). At the end all come back, and it is counted what each has got of all events since it first connected.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use serde_json::{Value, json};

use super::{Bench, IN_FLIGHT, PATIENCE, Zeros, each, open_trigger};
use crate::{
    load::Phase,
    machine::{nanos_of, now},
    report::{Row, Table},
    say::progress,
    servers::Kind,
    trigger::Trigger,
};

/// How it is measured, for the page of figures.
pub(crate) const METHOD: &str = "2,000 clients for a minute, five events a second. Each client is connected for 2 to 8 s, is cut without a word, is away for 2 s and \
    comes back with what the official client keeps (`pid` and offset). In the end all come back and are given time.";

const CLIENTS: usize = 2_000;
const TIME: Duration = Duration::from_secs(60);
const EVERY: Duration = Duration::from_millis(200);
const AWAY: Duration = Duration::from_secs(2);
/// How long a client lives between two cuts: between these seconds.
const LIFE: (f64, f64) = (2.0, 8.0);
const SETTLE: Duration = Duration::from_secs(10);

pub(crate) fn run(bench: &Bench) -> anyhow::Result<Vec<Value>> {
    let clients = bench.clients.unwrap_or(if bench.is_small { CLIENTS / 10 } else { CLIENTS });
    let kinds = bench.kinds.iter().copied().filter(|kind| *kind != Kind::Floor);
    each(kinds, |kind| one(bench, kind, clients))
}

pub(crate) fn table(figures: &[Value]) -> Table {
    let mut table = Table::new(&[
        "server",
        "cuts",
        "events",
        "delivered",
        "lost",
        "doubled",
        "out of order",
        "told to load afresh",
    ]);
    for row in figures.iter().map(Row) {
        table.row(vec![
            row.text("server"),
            row.text("cuts"),
            row.text("events"),
            format!("{:.3} %", row.number("deliveredShare") * 100.0),
            row.text("lost"),
            row.text("doubled"),
            row.text("outOfOrder"),
            row.text("toldToLoadAfresh"),
        ]);
    }
    table
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Event,
    Cut(usize),
    Return(usize),
}

fn one(bench: &Bench, kind: Kind, clients: usize) -> anyhow::Result<Value> {
    let server = bench.start(kind)?;
    let mut swarm = bench.swarm(&server, clients)?;
    progress(&format!("cuts: {kind}, {clients} clients connect"));
    swarm.connect_all(IN_FLIGHT, PATIENCE)?;
    swarm.expect_from_now();
    open_trigger(&mut swarm, &server)?;
    let time = if bench.is_small { TIME / 6 } else { TIME };
    let (started, mut cuts) = (now(), 0_u64);
    let end = started + nanos_of(time);
    let mut plan = BinaryHeap::from([Reverse((started, Turn::Event))]);
    for index in 0..clients {
        let life = swarm.next_between(LIFE);
        plan.push(Reverse((started + life, Turn::Cut(index))));
    }
    while let Some(Reverse((at, turn))) = plan.pop() {
        swarm.run_until(at, |_| false)?;
        match turn {
            Turn::Event if at < end => {
                swarm
                    .run_until(now() + nanos_of(AWAY), |swarm| swarm.trigger.as_ref().is_some_and(Trigger::is_idle))?;
                swarm.fire()?;
                plan.push(Reverse((at + nanos_of(EVERY), Turn::Event)));
            }
            Turn::Cut(index) if at < end => {
                swarm.cut(index);
                cuts += 1;
                plan.push(Reverse((at + nanos_of(AWAY), Turn::Return(index))));
            }
            Turn::Return(index) => {
                swarm.start(index);
                let life = swarm.next_between(LIFE);
                plan.push(Reverse((at + life, Turn::Cut(index))));
            }
            Turn::Event | Turn::Cut(_) => {}
        }
    }
    swarm.connect_all(IN_FLIGHT, PATIENCE)?;
    let all = swarm.deliveries.last_number();
    let wanted = u64::from(all) * clients as u64;
    swarm.run_until(now() + nanos_of(SETTLE), |swarm| swarm.deliveries.arrivals >= wanted)?;
    swarm.run_for(Duration::from_secs(1))?;
    let zeros = Zeros::of(&swarm);
    let fresh: u64 = swarm.clients.iter().map(|client| u64::from(client.fresh.saturating_sub(1))).sum();
    let live = swarm.clients.iter().filter(|client| client.phase == Phase::Live).count();
    let share = swarm.deliveries.arrivals as f64 / wanted.max(1) as f64;
    let figures = json!({
        "server": kind.name(), "clients": clients, "live": live, "cuts": cuts, "events": all, "deliveredShare": share,
        "lost": zeros.lost, "doubled": zeros.doubled, "outOfOrder": zeros.late, "toldToLoadAfresh": fresh,
    });
    Ok(figures)
}
