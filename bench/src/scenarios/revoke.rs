//! `revoke`: how long after the signing key was retired the last socket is closed.
//!
//! The office asks for it over HTTP, as an administrator would, and everybody's connection must end: the heaviest change of rights
//! there is. Only Lamplight has it.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use anyhow::bail;
use serde_json::{Value, json};

use super::{Bench, IN_FLIGHT, PATIENCE};
use crate::{
    machine::{nanos_of, now},
    report::{Row, Table},
    say::progress,
    servers::Kind,
    stats::median,
    trigger::request,
    wire,
};

/// How it is measured, for the page of figures.
pub(crate) const METHOD: &str = "The signing key is retired (POST /api/admin/signing-key) while so many clients are connected; the time from sending the \
    request to the last connection's end, as the clients see it, and to the answer. Median of the rounds.";

const CLIENTS: [usize; 2] = [2_000, 18_000];
/// Far beyond the second that is the goal.
const LONGEST: Duration = Duration::from_secs(20);

pub(crate) fn run(bench: &Bench) -> anyhow::Result<Vec<Value>> {
    let counts = match bench.clients {
        Some(clients) => vec![clients],
        None if bench.is_small => vec![200],
        None => CLIENTS.to_vec(),
    };
    let mut rows = Vec::new();
    if bench.kinds.contains(&Kind::Lamplight) {
        for clients in counts {
            let mut rounds = Vec::new();
            for _ in 0..bench.rounds {
                rounds.push(one(bench, clients)?);
            }
            let of =
                |pick: fn(&(u64, u64)) -> u64| median(&rounds.iter().map(|row| pick(row) as f64).collect::<Vec<_>>());
            let (answer, last) = (of(|row| row.0), of(|row| row.1));
            progress(&format!("revoke: {clients} connections ended {:.0} ms after the request", last / 1e6));
            let each: Vec<_> = rounds.iter().map(|row| row.1).collect();
            rows.push(json!({
                "server": Kind::Lamplight.name(), "clients": clients, "nanosToAnswer": answer, "nanosToLastEnd": last,
                "nanosToLastEndByRound": each,
            }));
        }
    }
    Ok(rows)
}

pub(crate) fn table(figures: &[Value]) -> Table {
    let mut table = Table::new(&["server", "clients", "answered, ms", "last connection ended, ms"]);
    for row in figures.iter().map(Row) {
        let millis = |name: &str| format!("{:.0}", row.number(name) / 1e6);
        table.row(vec![row.text("server"), row.text("clients"), millis("nanosToAnswer"), millis("nanosToLastEnd")]);
    }
    table
}

fn one(bench: &Bench, clients: usize) -> anyhow::Result<(u64, u64)> {
    let server = bench.start(Kind::Lamplight)?;
    let mut swarm = bench.swarm(&server, clients)?;
    swarm.connect_all(IN_FLIGHT, PATIENCE)?;
    let mut stream = TcpStream::connect(server.address)?;
    let headers = format!("Authorization: Bearer {}\r\n", bench.seed.office);
    let started = now();
    stream.write_all(&request("POST", "/api/admin/signing-key", server.address, &headers, b""))?;
    stream.set_nonblocking(true)?;
    let (mut bytes, mut buffer, mut answered) = (Vec::new(), [0; 4096], None);
    let deadline = started + nanos_of(LONGEST);
    while swarm.live > 0 || answered.is_none() {
        if now() > deadline {
            bail!("{} connections still stand after {LONGEST:?}", swarm.live);
        }
        swarm.run_for(Duration::from_millis(1))?;
        match stream.read(&mut buffer) {
            Ok(length) => bytes.extend_from_slice(buffer.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
        if answered.is_none()
            && let Some((answer, _)) = wire::answer(&bytes)
        {
            if answer.status != 200 {
                bail!("retiring the key was answered with {}: {}", answer.status, answer.body);
            }
            answered = Some(now() - started);
        }
    }
    Ok((answered.unwrap_or_default(), now() - started))
}
