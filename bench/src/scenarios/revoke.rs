//! `revoke`: how long after the signing key was retired the last socket is closed.
//!
//! The office asks for it over HTTP, as an administrator would, and everybody's connection must end: the heaviest change of rights
//! there is. Only Lamplight has it.

use std::{
    io::{Read, Write},
    net::{SocketAddrV4, TcpStream},
    time::Duration,
};

use anyhow::bail;
use lamplight_store::Backend;
use serde_json::{Value, json};

use super::{Bench, IN_FLIGHT, PATIENCE};
use crate::{
    load::Swarm,
    machine::{nanos_of, now},
    place::Place,
    report::{Row, Table},
    say::progress,
    seed::found_school,
    servers::{Kind, POSTGRES},
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
    if std::env::var_os(POSTGRES).is_some() {
        rows.push(two_nodes(bench, if bench.is_small { 200 } else { 2_000 })?);
    }
    Ok(rows)
}

/// The request goes to one node, the clients are at the other.
fn two_nodes(bench: &Bench, clients: usize) -> anyhow::Result<Value> {
    let place = Place::new(Backend::Postgres)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let school = runtime.block_on(found_school(&place.url, clients, 60, 6))?;
    let one = place.serve(&bench.binaries.lamplight, None)?;
    let other = place.serve(&bench.binaries.lamplight, None)?;
    let mut swarm = Swarm::new(other.address)?;
    school.students.iter().for_each(|token| swarm.add(token.as_str().into()));
    swarm.connect_all(IN_FLIGHT, PATIENCE)?;
    let (answer, last) = retire(one.address, &school.office, &mut swarm)?;
    progress(&format!(
        "revoke: {clients} connections of another node ended {:.0} ms after the request",
        last as f64 / 1e6
    ));
    Ok(json!({
        "server": "Lamplight, at another node (PostgreSQL)", "clients": clients, "nanosToAnswer": answer, "nanosToLastEnd": last,
    }))
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
    retire(server.address, &bench.seed.office, &mut swarm)
}

/// Nanoseconds from sending the request to its answer, and to the end of the last connection.
fn retire(server: SocketAddrV4, office: &str, swarm: &mut Swarm) -> anyhow::Result<(u64, u64)> {
    let mut stream = TcpStream::connect(server)?;
    let headers = format!("Authorization: Bearer {}\r\n", office);
    let started = now();
    stream.write_all(&request("POST", "/api/admin/signing-key", server, &headers, b""))?;
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
