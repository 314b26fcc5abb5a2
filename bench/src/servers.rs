//! The servers under test: how each is started, on a core of its own, and what is asked of it to cause an event.

use std::{
    fmt,
    fs::{self, File},
    net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::Duration,
};

use anyhow::{Context, bail};
use clap::ValueEnum;
use lamplight_store::DatabaseUrl;
use tempfile::TempDir;

use crate::{
    machine::{Cpu, LOAD_CORE, Process, SERVER_CORE, nanos_of, now, pin, wall_offset},
    seed::{SECRET, Seed},
    trigger::Cause,
};

/// Names a PostgreSQL server whose role may make schemas.
pub(crate) const POSTGRES: &str = "LAMPLIGHT_TEST_POSTGRES";
/// How long a server may take to listen.
const START: Duration = Duration::from_secs(30);

/// A server that can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Kind {
    /// One write a message, nothing else.
    Floor,
    /// Ours: the release binary on an embedded database.
    Lamplight,
    /// socketioxide, in memory.
    Socketioxide,
    /// Node with socket.io and ws, in memory.
    Node,
    /// The same with its connection state recovery on.
    NodeRecovery,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] =
        [Self::Floor, Self::Lamplight, Self::Socketioxide, Self::Node, Self::NodeRecovery];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Lamplight => "Lamplight",
            Self::Socketioxide => "socketioxide",
            Self::Node => "Node socket.io",
            Self::NodeRecovery => "Node socket.io, recovery",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where what is started lies, and where what was found out goes.
#[derive(Debug, Clone)]
pub(crate) struct Binaries {
    pub(crate) lamplight: PathBuf,
    pub(crate) socketioxide: PathBuf,
    pub(crate) node_folder: PathBuf,
    pub(crate) figures: PathBuf,
}

/// A server that runs.
pub(crate) struct Running {
    pub(crate) kind: Kind,
    pub(crate) address: SocketAddrV4,
    pub(crate) process: Process,
    pub(crate) cpu: Cpu,
    pub(crate) cause: Cause,
    /// Lamplight's data.
    data: Option<TempDir>,
    log_copy: PathBuf,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.keep_log();
    }
}

/// Lamplight on a folder of data.
pub(crate) struct Lamplight<'a> {
    pub(crate) binary: &'a Path,
    pub(crate) data: &'a Path,
    pub(crate) log: &'a str,
    /// The address of a PostgreSQL, unless it is the embedded one.
    pub(crate) database: Option<&'a str>,
    /// The address of a Redis, if nodes are to wake each other through one.
    pub(crate) redis: Option<&'a str>,
    /// `DRAIN_SECONDS`.
    pub(crate) drain: u32,
    /// The certificate and key, if it is to speak TLS.
    pub(crate) tls: Option<&'a TlsFiles>,
}

/// A certificate and its key, both PEM.
pub(crate) struct TlsFiles {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// A process and where it listens.
pub(crate) struct Started {
    pub(crate) address: SocketAddrV4,
    pub(crate) process: Process,
}

impl Lamplight<'_> {
    pub(crate) fn start(&self) -> anyhow::Result<Started> {
        self.start_at(None)
    }

    fn start_at(&self, address: Option<SocketAddrV4>) -> anyhow::Result<Started> {
        let address = address.map_or_else(free_address, Ok)?;
        wait(self.spawn(address)?, address, listens)
    }

    /// The same on the core of servers, while the load generator stays on the other.
    pub(crate) fn start_on_its_core(&self, address: Option<SocketAddrV4>) -> anyhow::Result<Started> {
        // What is started stays where its starter is.
        pin(SERVER_CORE)?;
        let started = self.start_at(address);
        pin(LOAD_CORE)?;
        started
    }

    fn spawn(&self, address: SocketAddrV4) -> anyhow::Result<Process> {
        let mut command = Command::new(self.binary);
        command
            .arg("serve")
            .current_dir(self.data)
            .env("HOST", address.ip().to_string())
            .env("PORT", address.port().to_string())
            .env("DATA_DIR", self.data)
            .env("JWT_SECRET", SECRET)
            .env("DRAIN_SECONDS", self.drain.to_string())
            .env("LOG", self.log);
        if let Some(database) = self.database {
            command.env("DATABASE_URL", database);
        }
        if let Some(redis) = self.redis {
            command.env("REDIS_URL", redis);
        }
        if let Some(tls) = self.tls {
            command.env("TLS_CERTIFICATE", &tls.certificate).env("TLS_KEY", &tls.key);
        }
        // To a file, as a service's log goes to one in the end.
        let log = File::options().append(true).create(true).open(self.data.join(LOG))?;
        spawn_quietly(command, log)
    }
}

/// Lamplight's log, in its data.
const LOG: &str = "log";
/// Its usual level, and the moment of each commit.
const LEVEL: &str = "info,lamplight_store=debug";

impl Running {
    /// Starts a server on the core of servers, with the load generator on the other.
    pub(crate) fn start(kind: Kind, binaries: &Binaries, seed: &Seed) -> anyhow::Result<Self> {
        let data = match kind {
            Kind::Lamplight => Some(seed.copy()?),
            _ => None,
        };
        let started = spawn(kind, binaries, data.as_ref(), None, listens)?;
        let cause = match kind {
            Kind::Lamplight => Cause::Lamplight { token: seed.office.clone(), download: seed.download.clone() },
            _ => Cause::Emit,
        };
        let cpu = Cpu::of(started.process.pid());
        let log_copy = binaries.figures.join("lamplight.log");
        Ok(Self { kind, address: started.address, process: started.process, cpu, cause, data, log_copy })
    }

    /// Starts it again, after it was killed, on the same address and data.
    ///
    /// `is_ready` is asked again and again whether it listens.
    pub(crate) fn restart(
        &mut self,
        binaries: &Binaries,
        is_ready: impl FnMut(SocketAddrV4) -> bool,
    ) -> anyhow::Result<()> {
        let started = spawn(self.kind, binaries, self.data.as_ref(), Some(self.address), is_ready)?;
        self.process = started.process;
        self.cpu = Cpu::of(self.process.pid());
        Ok(())
    }

    /// Keeps a copy of Lamplight's log, for whoever wants to know what happened.
    fn keep_log(&self) {
        if let Some(data) = &self.data {
            // There is none when it never came to write one.
            let _ = fs::copy(data.path().join(LOG), &self.log_copy);
        }
    }

    /// Moments (of this program's clock) at which transactions with events were committed, oldest first.
    pub(crate) fn commits(&self) -> anyhow::Result<Vec<u64>> {
        let Some(data) = &self.data else { return Ok(Vec::new()) };
        let text = fs::read_to_string(data.path().join(LOG))?;
        let offset = wall_offset();
        let commits = text.lines().filter(|line| line.contains("committed"));
        Ok(commits.filter_map(|line| Some(moment(line.split(' ').next()?)?.saturating_sub(offset))).collect())
    }
}

/// Nanoseconds since 1970 of `2026-11-24T07:01:02.345678Z`.
fn moment(text: &str) -> Option<u64> {
    let time: u64 = u64::try_from(text.parse::<jiff::Timestamp>().ok()?.as_nanosecond()).ok()?;
    Some(time)
}

fn spawn(
    kind: Kind,
    binaries: &Binaries,
    data: Option<&TempDir>,
    address: Option<SocketAddrV4>,
    is_ready: impl FnMut(SocketAddrV4) -> bool,
) -> anyhow::Result<Started> {
    let address = address.map_or_else(free_address, Ok)?;
    // What is started stays where its starter is.
    pin(SERVER_CORE)?;
    let process = spawn_here(kind, binaries, data, address);
    pin(LOAD_CORE)?;
    process.and_then(|process| wait(process, address, is_ready)).with_context(|| format!("starting {kind}"))
}

fn spawn_here(
    kind: Kind,
    binaries: &Binaries,
    data: Option<&TempDir>,
    address: SocketAddrV4,
) -> anyhow::Result<Process> {
    if kind == Kind::Lamplight {
        let data = data.context("no data")?.path();
        return Lamplight {
            binary: &binaries.lamplight,
            data,
            log: LEVEL,
            database: None,
            redis: None,
            drain: 0,
            tls: None,
        }
        .spawn(address);
    }
    let mut command = match kind {
        Kind::Floor => {
            let mut command = Command::new(std::env::current_exe()?);
            command.arg("floor").arg(address.to_string());
            command
        }
        Kind::Socketioxide => Command::new(&binaries.socketioxide),
        Kind::Node | Kind::NodeRecovery | Kind::Lamplight => {
            let mut command = Command::new("node");
            command.arg(binaries.node_folder.join("server.mjs"));
            command
        }
    };
    command.env("PORT", address.port().to_string()).env("JWT_SECRET", SECRET);
    if kind == Kind::NodeRecovery {
        command.env("RECOVERY", "1");
    }
    spawn_quietly(command, Stdio::inherit())
}

/// The address of a schema of its own on the PostgreSQL that was named.
pub(crate) fn fresh_schema() -> anyhow::Result<String> {
    let server = std::env::var(POSTGRES)?;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let schema = format!("bench_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let made =
        Command::new("psql").args(["--quiet", "--command", &format!("CREATE SCHEMA {schema}"), &server]).status()?;
    if !made.success() {
        bail!("psql could not make a schema on the PostgreSQL of {POSTGRES}");
    }
    let joint = if server.contains('?') { '&' } else { '?' };
    Ok(format!("{server}{joint}options=-csearch_path%3D{schema}"))
}

/// Lets PostgreSQL count what its tables hold; another database does so itself.
pub(crate) fn analyze(database: &DatabaseUrl) -> anyhow::Result<()> {
    let DatabaseUrl::Postgres(address) = database else { return Ok(()) };
    let done = Command::new("psql").args(["--quiet", "--command", "VACUUM (ANALYZE)", address]).status()?;
    if !done.success() {
        bail!("psql could not count what the tables hold");
    }
    Ok(())
}

fn free_address() -> anyhow::Result<SocketAddrV4> {
    // Not from the range that outgoing connections take theirs from.
    static NEXT: AtomicU16 = AtomicU16::new(21_000);
    loop {
        let port = NEXT.fetch_add(1, Ordering::Relaxed);
        let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
        if TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
        if port > 30_000 {
            bail!("no free port");
        }
    }
}

fn spawn_quietly(mut command: Command, stderr: impl Into<Stdio>) -> anyhow::Result<Process> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr);
    let child = command.spawn().with_context(|| format!("{:?}", command.get_program()))?;
    Ok(Process::new(child))
}

fn listens(address: SocketAddrV4) -> bool {
    let listens = TcpStream::connect(address).is_ok();
    if !listens {
        std::thread::sleep(Duration::from_millis(5));
    }
    listens
}

fn wait(
    mut process: Process,
    address: SocketAddrV4,
    mut is_ready: impl FnMut(SocketAddrV4) -> bool,
) -> anyhow::Result<Started> {
    let deadline = now() + nanos_of(START);
    while !is_ready(address) {
        if process.has_ended() {
            bail!("it ended at once");
        }
        if now() > deadline {
            bail!("it does not listen after {START:?}");
        }
    }
    Ok(Started { address, process })
}
