//! `tls`: what TLS costs, beside the same server without it.
//!
//! In each round both are started afresh and asked the same by the same clients: connections with one question, each of them after the
//! other; pages that are at rest; pages that are told something. The clients are of this module, not of `load.rs`: what they cost is
//! not measured, and one that speaks TLS would slow down the load generator of all others.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, bail};
use rustls::{
    ClientConfig, HandshakeKind, RootCertStore,
    client::Resumption,
    pki_types::{CertificateDer, ServerName},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpSocket,
    sync::Notify,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::Bench;
use crate::{
    machine::{Cpu, resident},
    report::{Row, Table, micros, ratio},
    say::progress,
    servers::{Lamplight, Started, TlsFiles},
    stats::median,
    trigger::request,
    wire::{self, Opcode, Packet},
};

/// How it is measured, for the page of figures.
pub(crate) const METHOD: &str = "The same server twice, on its embedded database, with a certificate (P-256, TLS 1.3) and without. *A connection with one question* is TCP, `GET \
    /healthz` and its end, 3,000 one after the other: without TLS, with a full handshake, and resumed by a ticket of the connection before. \
    *An idle page* is resident memory with 2,000 authenticated WebSockets at rest, less that before they came, divided by them; what the kernel holds is not in it. *A delivered \
    message* is processor time of the server, user and system, over 200 events to 1,000 such pages, divided by the messages; the request that \
    causes the event is in it. Each ratio is the median of the rounds, of figures of one round; the figures themselves are medians too, so that one \
    divided by the other may differ from it.";

const QUESTIONS: usize = 3_000;
const IDLE: usize = 2_000;
const TOLD: usize = 1_000;
const EVENTS: u32 = 200;
/// Before anything is measured.
const WARM_UP: usize = 100;
const SETTLE: Duration = Duration::from_secs(2);
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(2);

/// How much is asked of each server.
#[derive(Debug, Clone, Copy)]
struct Size {
    questions: usize,
    idle: usize,
    told: usize,
    events: u32,
}

/// What one server cost in one round.
#[derive(Debug, Default, Clone, Copy)]
struct Costs {
    /// Processor microseconds of a connection with one question.
    question: f64,
    /// The same, resumed.
    resumed: f64,
    /// KB of an idle page.
    page: f64,
    /// Processor microseconds of a message.
    message: f64,
}

pub(crate) fn run(bench: &Bench) -> anyhow::Result<Vec<Value>> {
    let size = if bench.is_small {
        Size { questions: QUESTIONS / 10, idle: IDLE / 10, told: TOLD / 10, events: EVENTS / 4 }
    } else {
        Size { questions: QUESTIONS, idle: IDLE, told: TOLD, events: EVENTS }
    };
    let certificate = rcgen::generate_simple_self_signed([NAME.to_owned()])?;
    let folder = tempfile::tempdir()?;
    let files = TlsFiles { certificate: folder.path().join("certificate.pem"), key: folder.path().join("key.pem") };
    std::fs::write(&files.certificate, certificate.cert.pem())?;
    std::fs::write(&files.key, certificate.signing_key.serialize_pem())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut rounds = Vec::new();
    for round in 0..bench.rounds {
        let mut both = [Costs::default(); 2];
        for turn in 0..2 {
            // Another begins each time.
            let with_tls = (round + turn) % 2 == 1;
            let data = bench.seed.copy()?;
            let server = start(&bench.binaries.lamplight, data.path(), with_tls.then_some(&files))?;
            let trust = if with_tls { Some(certificate.cert.der()) } else { None };
            let costs = runtime.block_on(one(bench, &server, trust, size))?;
            progress(&format!(
                "tls, round {} of {}: {}, {} us a connection, {} resumed, {:.2} KB a page, {} us a message",
                round + 1,
                bench.rounds,
                if with_tls { "with" } else { "without" },
                micros(costs.question),
                micros(costs.resumed),
                costs.page,
                micros(costs.message)
            ));
            if let Some(place) = both.get_mut(usize::from(with_tls)) {
                *place = costs;
            }
        }
        rounds.push(both);
    }
    let row = |what: &str, unit: &str, first: &dyn Fn([Costs; 2]) -> f64, second: &dyn Fn([Costs; 2]) -> f64| {
        let of = |figure: &dyn Fn([Costs; 2]) -> f64| rounds.iter().map(|round| figure(*round)).collect::<Vec<_>>();
        let (first, second) = (of(first), of(second));
        let ratios: Vec<f64> = second.iter().zip(&first).map(|(second, first)| second / first).collect();
        json!({
            "what": what, "unit": unit, "rounds": bench.rounds, "first": median(&first), "second": median(&second),
            "firstByRound": first, "secondByRound": second, "ratio": median(&ratios), "ratioByRound": ratios,
            "questions": size.questions, "idle": size.idle, "told": size.told, "events": size.events,
        })
    };
    Ok(vec![
        row(
            "a connection with one question: without TLS, full handshake",
            "us",
            &|[plain, _]| plain.question,
            &|[_, tls]| tls.question,
        ),
        row("a connection with one question: without TLS, resumed", "us", &|[plain, _]| plain.question, &|[_, tls]| {
            tls.resumed
        }),
        row("the handshake alone: full, resumed", "us", &|[plain, tls]| tls.question - plain.question, &|[
            plain,
            tls,
        ]| {
            tls.resumed - plain.question
        }),
        row("an idle page: without TLS, with it", "KB", &|[plain, _]| plain.page, &|[_, tls]| tls.page),
        row("a delivered message: without TLS, with it", "us", &|[plain, _]| plain.message, &|[_, tls]| tls.message),
    ])
}

pub(crate) fn table(figures: &[Value]) -> Table {
    let mut table = Table::new(&["what is compared", "in", "the first", "the second", "second of first"]);
    for row in figures.iter().map(Row) {
        let unit = row.text("unit");
        table.row(vec![
            row.text("what"),
            if unit == "us" { "CPU, us".to_owned() } else { unit },
            micros(row.number("first")),
            micros(row.number("second")),
            ratio(row.maybe("ratio")),
        ]);
    }
    table
}

fn start(binary: &Path, data: &Path, tls: Option<&TlsFiles>) -> anyhow::Result<Started> {
    Lamplight { binary, data, log: "warn", database: None, redis: None, drain: 0, tls }.start_on_its_core(None)
}

async fn one(
    bench: &Bench,
    server: &Started,
    trust: Option<&CertificateDer<'static>>,
    size: Size,
) -> anyhow::Result<Costs> {
    let mut cpu = Cpu::of(server.process.pid());
    let full = Door::new(server.address, trust, Resumption::disabled())?;
    let again = Door::new(server.address, trust, Resumption::default())?;
    let mut costs = Costs::default();
    for (door, is_resumed, cost) in [(&full, false, &mut costs.question), (&again, true, &mut costs.resumed)] {
        for number in 0..WARM_UP {
            door.ask(number).await?;
        }
        let before = cpu.read();
        for number in 0..size.questions {
            let kind = door.ask(number).await?;
            if trust.is_some() && (kind == Some(HandshakeKind::Resumed)) != is_resumed {
                bail!("a handshake was {kind:?}");
            }
        }
        *cost = (cpu.read() - before) as f64 / 1000.0 / size.questions as f64;
    }

    let heard = Arc::new(Heard::default());
    // The same as the questions before: caches, and pages of memory.
    let mut warm = Vec::new();
    for (number, token) in bench.tokens(0, WARM_UP).enumerate() {
        warm.push(page(&again, number, &token, &heard).await?);
    }
    drop(warm);
    tokio::time::sleep(SETTLE).await;
    let (empty, _) = resident(server.process.pid());
    let mut pages = Vec::new();
    for (number, token) in bench.tokens(WARM_UP, size.idle).enumerate() {
        pages.push(page(&again, number, &token, &heard).await?);
    }
    tokio::time::sleep(SETTLE).await;
    costs.page = resident(server.process.pid()).0.saturating_sub(empty) as f64 / size.idle as f64;

    pages.truncate(size.told);
    tokio::time::sleep(SETTLE).await;
    let mut office = again.dial(0).await?.0;
    let mut before = 0;
    let warm = size.events / 4;
    for number in 1..=warm + size.events {
        if number == warm + 1 {
            before = cpu.read();
        }
        let told = heard.count.load(Ordering::Relaxed) + pages.len() as u64;
        let body = format!("{{\"title\":\"{}\"}}", wire::title(number));
        let headers = format!("Authorization: Bearer {}\r\nContent-Type: application/json\r\n", bench.seed.office);
        let path = format!("/api/admin/downloads/{}", bench.seed.download);
        office.write_all(&request("PUT", &path, server.address, &headers, body.as_bytes())).await?;
        let answer = answer(&mut office).await?;
        if answer.status != 200 {
            bail!("what should have caused an event was answered with {}: {}", answer.status, answer.body);
        }
        timeout(PATIENCE, heard.wait_for(told)).await.context("an event did not reach all pages")?;
        tokio::time::sleep(PAUSE).await;
    }
    costs.message = (cpu.read() - before) as f64 / 1000.0 / f64::from(size.events) / pages.len() as f64;
    Ok(costs)
}

/// Whom the certificate names.
const NAME: &str = "localhost";

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}
type Line = Box<dyn Io>;

/// A way into a server.
struct Door {
    address: SocketAddrV4,
    tls: Option<TlsConnector>,
}

impl Door {
    fn new(
        address: SocketAddrV4,
        trust: Option<&CertificateDer<'static>>,
        resumption: Resumption,
    ) -> anyhow::Result<Self> {
        let Some(trust) = trust else { return Ok(Self { address, tls: None }) };
        let mut roots = RootCertStore::empty();
        roots.add(trust.clone())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.resumption = resumption;
        Ok(Self { address, tls: Some(TlsConnector::from(Arc::new(config))) })
    }

    /// Connects, from an address of its own.
    async fn dial(&self, number: usize) -> anyhow::Result<(Line, Option<HandshakeKind>)> {
        let octet = |value: usize| u8::try_from(1 + value % 250).unwrap_or(1);
        let socket = TcpSocket::new_v4()?;
        let own = IpAddr::from(Ipv4Addr::new(127, 1, octet(number / 250), octet(number)));
        socket.bind(SocketAddr::new(own, 0))?;
        let tcp = socket.connect(self.address.into()).await?;
        tcp.set_nodelay(true)?;
        let Some(tls) = &self.tls else { return Ok((Box::new(tcp), None)) };
        let stream = tls.connect(ServerName::try_from(NAME)?, tcp).await?;
        let kind = stream.get_ref().1.handshake_kind();
        Ok((Box::new(stream), kind))
    }

    /// Connects, asks one question, and goes; says how hands were shaken.
    async fn ask(&self, number: usize) -> anyhow::Result<Option<HandshakeKind>> {
        let (mut line, kind) = self.dial(number).await?;
        line.write_all(&request("GET", "/healthz", self.address, "Connection: close\r\n", b"")).await?;
        let answer = answer(&mut line).await?;
        if answer.status != 200 {
            bail!("{} was the answer to /healthz", answer.status);
        }
        Ok(kind)
    }
}

/// The answer to what was asked over a line.
async fn answer(line: &mut Line) -> anyhow::Result<wire::Answer> {
    let mut bytes = Vec::new();
    loop {
        if let Some((answer, _)) = wire::answer(&bytes) {
            return Ok(answer);
        }
        if timeout(PATIENCE, line.read_buf(&mut bytes)).await.context("no answer")?? == 0 {
            bail!("the server closed the connection");
        }
    }
}

/// How many messages all pages have been given.
#[derive(Debug, Default)]
struct Heard {
    count: AtomicU64,
    more: Notify,
}

impl Heard {
    /// Waits until it is so many.
    async fn wait_for(&self, count: u64) {
        while self.count.load(Ordering::Relaxed) < count {
            self.more.notified().await;
        }
    }
}

/// A page that was let in, until it is dropped.
struct Page(tokio::task::JoinHandle<()>);

impl Drop for Page {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Opens a WebSocket, is let in, and counts from then on what it is told.
async fn page(door: &Door, number: usize, token: &str, heard: &Arc<Heard>) -> anyhow::Result<Page> {
    let (mut line, _) = door.dial(number).await?;
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let path = "/socket.io/?EIO=4&transport=websocket";
    let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{upgrade}\r\n", door.address);
    line.write_all(head.as_bytes()).await?;
    let mut bytes = Vec::new();
    loop {
        if let Some((end, status)) = wire::head(&bytes) {
            if status != 101 {
                bail!("{status} was the answer to a WebSocket");
            }
            bytes.drain(..end);
            break;
        }
        if timeout(PATIENCE, line.read_buf(&mut bytes)).await.context("no answer")?? == 0 {
            bail!("the server closed the connection");
        }
    }
    let (let_in, is_in) = tokio::sync::oneshot::channel();
    let page = Page(tokio::spawn(follow(line, bytes, token.to_owned(), let_in, Arc::clone(heard))));
    timeout(PATIENCE, is_in).await.context("it was not let in")?.context("it was refused")?;
    Ok(page)
}

/// Deals with all that comes, until the connection ends.
async fn follow(
    mut line: Line,
    mut bytes: Vec<u8>,
    token: String,
    let_in: tokio::sync::oneshot::Sender<()>,
    heard: Arc<Heard>,
) {
    let mut let_in = Some(let_in);
    let mut reply = Vec::new();
    loop {
        let mut used = 0;
        while let Ok(Some(message)) = wire::first_message(bytes.get(used..).unwrap_or_default()) {
            used += message.length;
            match (message.opcode, wire::packet(message.payload)) {
                (Opcode::Text, Packet::Event(_)) => {
                    heard.count.fetch_add(1, Ordering::Relaxed);
                    heard.more.notify_one();
                }
                (Opcode::Text, Packet::Ping) => wire::push_masked(Opcode::Text, b"3", &mut reply),
                (Opcode::Text, Packet::Open) => {
                    let connect = format!("40{{\"token\":\"{token}\"}}");
                    wire::push_masked(Opcode::Text, connect.as_bytes(), &mut reply);
                }
                (Opcode::Text, Packet::Connected(_)) => {
                    if let Some(let_in) = let_in.take() {
                        // Nobody waits any more when it took too long.
                        let _ = let_in.send(());
                    }
                }
                (Opcode::Text, Packet::Other) | (Opcode::Pong, _) => {}
                (Opcode::Ping, _) => wire::push_masked(Opcode::Pong, message.payload, &mut reply),
                _ => return,
            }
        }
        bytes.drain(..used);
        if !reply.is_empty() {
            if line.write_all(&reply).await.is_err() {
                return;
            }
            reply.clear();
        }
        if !matches!(line.read_buf(&mut bytes).await, Ok(1..)) {
            return;
        }
    }
}
