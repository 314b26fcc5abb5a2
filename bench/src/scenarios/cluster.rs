//! `cluster`: one, two and three servers of one institute, over one PostgreSQL, with and without a Redis to wake each other through.
//!
//! All servers share the core of servers. So two of them can't be faster than one; what is measured is what a delivery costs when its work is
//! spread, and how much later a page hears at another server than at the one where something happened.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, bail};
use lamplight_store::Backend;
use serde_json::{Value, json};

use super::{Bench, IN_FLIGHT, PATIENCE, deliver_one};
use crate::{
    load::Swarm,
    machine::{Cpu, descendants, now},
    place::Place,
    report::{Row, Table, micros, ratio},
    say::progress,
    seed::{self, School},
    servers::{POSTGRES, Started},
    stats::{Histogram, quantiles},
    trigger::{Cause, Trigger},
};

/// How it is measured, for the page of figures.
pub(crate) const METHOD: &str = "One institute on PostgreSQL, served by one, two and three servers, with `REDIS_URL` and without (then they wake each other by `NOTIFY`). \
    3,000 pages are spread over them in turn; all events are caused at the first server. **All servers share one core**, so the figures are costs and delays, no \
    speed-up: *CPU a message* is that of all servers together, *of one server* its ratio to a single server of the same kind. *Messages a second* is \
    with each event caused when the one before has reached everybody. *Here* and *elsewhere* are with one page at each server, from the sending of the request to the arrival at the page: \
    at the server that was asked, and at the others; *later* is the difference of the two p50, the lag of the relay over the way that wakes it. PostgreSQL and Redis run on whatever core is free; what they use is counted with their \
    housekeeping in that time.";

const NODES: [usize; 3] = [1, 2, 3];
const CLIENTS: usize = 3_000;
const EVENTS: usize = 60;
/// For the delay from server to server.
const HOPS: usize = 400;
const PAUSE: Duration = Duration::from_millis(20);
/// Where the services of this run keep what they are (`scripts/with-services.sh`).
const SERVICES: &str = "here";
const REDIS: &str = "LAMPLIGHT_TEST_REDIS";

pub(crate) fn run(bench: &Bench) -> anyhow::Result<Vec<Value>> {
    if std::env::var_os(POSTGRES).is_none() {
        bail!("{POSTGRES} is not set: several servers of one institute need PostgreSQL");
    }
    let redis = std::env::var(REDIS).with_context(|| format!("{REDIS} is not set"))?;
    let place = Place::new(Backend::Postgres)?;
    let clients = bench.clients.unwrap_or(if bench.is_small { CLIENTS / 10 } else { CLIENTS });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let school = runtime.block_on(seed::found_school(&place.url, clients, 60, 6))?;
    let mut download = None;
    let mut figures = Vec::<Value>::new();
    for redis in [None, Some(redis.as_str())] {
        let mut alone = None;
        for nodes in NODES {
            let row = one(bench, &place, &school, redis, nodes, clients, &mut download)?;
            let cost = Row(&row).number("cpuMicrosPerMessage");
            let mut row = row;
            let of_one = cost / *alone.get_or_insert(cost);
            if let Some(row) = row.as_object_mut() {
                row.insert("ofOne".to_owned(), json!(of_one));
            }
            progress(&format!("cluster: {nodes} servers, woken by {}: {} us a message", way(redis), micros(cost)));
            figures.push(row);
        }
    }
    Ok(figures)
}

const fn way(redis: Option<&str>) -> &'static str {
    if redis.is_some() { "Redis" } else { "NOTIFY" }
}

pub(crate) fn table(figures: &[Value]) -> Table {
    let mut table = Table::new(&[
        "servers",
        "woken by",
        "messages a second",
        "CPU a message, us",
        "of one server",
        "CPU an event, us: PostgreSQL",
        "Redis",
        "here, ms: p50",
        "p99",
        "elsewhere: p50",
        "p99",
        "later, ms",
    ]);
    for row in figures.iter().map(Row) {
        let ms = |name: &str, quantile: &str| match row.maybe(name) {
            _ if row.of(name, quantile).is_nan() || row.of(name, quantile) == 0.0 => "-".to_owned(),
            _ => format!("{:.2}", row.of(name, quantile) / 1e6),
        };
        let later = row.of("nanosElsewhere", "p50") - row.of("nanosHere", "p50");
        table.row(vec![
            row.text("nodes"),
            row.text("way"),
            format!("{:.0}", row.number("messagesPerSecond")),
            micros(row.number("cpuMicrosPerMessage")),
            ratio(row.maybe("ofOne")),
            format!("{:.0}", row.number("postgresMicrosPerEvent")),
            format!("{:.0}", row.number("redisMicrosPerEvent")),
            ms("nanosHere", "p50"),
            ms("nanosHere", "p99"),
            ms("nanosElsewhere", "p50"),
            ms("nanosElsewhere", "p99"),
            if row.text("nodes") == "1" { "-".to_owned() } else { format!("{:.2}", later / 1e6) },
        ]);
    }
    table
}

/// Processor time of several processes.
struct Family(Vec<Cpu>);

impl Family {
    fn of(pids: impl IntoIterator<Item = u32>) -> Self {
        Self(pids.into_iter().map(Cpu::of).collect())
    }

    fn read(&mut self) -> u64 {
        self.0.iter_mut().map(Cpu::read).sum()
    }
}

/// The process whose number stands in a file of the services of this run.
fn service(file: &str) -> anyhow::Result<u32> {
    let folder = PathBuf::from(std::env::var_os(SERVICES).context("scripts/with-services.sh has not started this")?);
    let text = std::fs::read_to_string(folder.join(file)).with_context(|| file.to_owned())?;
    text.lines().next().unwrap_or_default().trim().parse().with_context(|| file.to_owned())
}

fn one(
    bench: &Bench,
    place: &Place,
    school: &School,
    redis: Option<&str>,
    nodes: usize,
    clients: usize,
    download: &mut Option<String>,
) -> anyhow::Result<Value> {
    let servers: Vec<Started> =
        (0..nodes).map(|_| place.serve(&bench.binaries.lamplight, redis)).collect::<Result<_, _>>()?;
    let addresses: Vec<_> = servers.iter().map(|server| server.address).collect();
    let first = *addresses.first().context("no server")?;
    let download = match download {
        Some(download) => download.clone(),
        None => download.insert(seed::upload(first, &school.office)?).clone(),
    };
    let cause = Cause::Lamplight { token: school.office.clone(), download };
    let events = if bench.is_small { EVENTS / 10 } else { EVENTS };

    let mut swarm = Swarm::of_servers(addresses.clone())?;
    school.students.iter().cycle().take(clients).for_each(|token| swarm.add(token.as_str().into()));
    swarm.connect_all(IN_FLIGHT, PATIENCE)?;
    swarm.open_trigger(Trigger::open(first, cause.clone())?)?;
    for _ in 0..events / 3 {
        deliver_one(&mut swarm)?;
    }
    swarm.deliveries.forget_figures();
    let mut of_servers = Family::of(servers.iter().map(|server| server.process.pid()));
    let mut of_postgres = Family::of(descendants(service("postgres/data/postmaster.pid")?));
    let mut of_redis = Family::of([service("redis.pid")?]);
    let before = [of_servers.read(), of_postgres.read(), of_redis.read()];
    for _ in 0..events {
        deliver_one(&mut swarm)?;
        swarm.run_for(PAUSE)?;
    }
    let after = [of_servers.read(), of_postgres.read(), of_redis.read()];
    let messages = swarm.deliveries.arrivals;
    swarm.deliveries.forget_figures();
    let started = now();
    for _ in 0..events {
        deliver_one(&mut swarm)?;
    }
    let per_second = swarm.deliveries.arrivals as f64 / ((now() - started) as f64 / 1e9);
    drop(swarm);

    let mut few = Swarm::of_servers(addresses)?;
    school.students.iter().take(nodes).for_each(|token| few.add(token.as_str().into()));
    few.connect_all(IN_FLIGHT, PATIENCE)?;
    few.open_trigger(Trigger::open(first, cause)?)?;
    let hops = if bench.is_small { HOPS / 10 } else { HOPS };
    for number in 0..hops {
        if number == hops / 10 {
            few.deliveries.forget_figures();
        }
        deliver_one(&mut few)?;
        few.run_for(PAUSE / 4)?;
    }
    let mut elsewhere = Histogram::default();
    let mut at = few.deliveries.latency_at.iter();
    let here = at.next().cloned().unwrap_or_default();
    at.for_each(|other| elsewhere.merge(other));
    let per = |which: usize, count: u64| {
        let spent = after.get(which).zip(before.get(which)).map_or(0, |(after, before)| after - before);
        spent as f64 / 1000.0 / count.max(1) as f64
    };
    Ok(json!({
        "nodes": nodes, "way": way(redis), "clients": clients, "messages": messages, "messagesPerSecond": per_second,
        "cpuMicrosPerMessage": per(0, messages), "postgresMicrosPerEvent": per(1, events as u64),
        "redisMicrosPerEvent": per(2, events as u64), "nanosHere": quantiles(&here), "nanosElsewhere": quantiles(&elsewhere),
    }))
}
