//! The machine: clocks, cores, what a process has used, and the processes that this program has started.
//!
//! What must hold: only processes that this program started are ended, and all of them are, also when it is interrupted.

use std::{
    collections::HashMap,
    fs,
    process::Child,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context;
use rustix::{
    process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit},
    thread::{CpuSet, sched_setaffinity},
    time::{ClockId, clock_gettime},
};
use serde_json::{Value, json};

/// The core of the servers under test.
pub(crate) const SERVER_CORE: usize = 0;
/// The core of the load generator.
pub(crate) const LOAD_CORE: usize = 1;

/// Nanoseconds of a clock that never goes back.
pub(crate) fn now() -> u64 {
    nanos(ClockId::Monotonic)
}

/// What to add to [`now`] for nanoseconds since 1970.
pub(crate) fn wall_offset() -> u64 {
    nanos(ClockId::Realtime).saturating_sub(now())
}

fn nanos(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}

pub(crate) const fn nanos_of(duration: Duration) -> u64 {
    duration.as_secs() * 1_000_000_000 + duration.subsec_nanos() as u64
}

/// Keeps this thread, and what it starts from now on, on a core.
pub(crate) fn pin(core: usize) -> anyhow::Result<()> {
    let mut set = CpuSet::new();
    set.set(core);
    sched_setaffinity(None, &set).with_context(|| format!("this machine has no core {core}: two are needed"))
}

/// Lets this thread, and what it starts from now on, run on every core of the machine.
pub(crate) fn unpin() -> anyhow::Result<()> {
    let mut set = CpuSet::new();
    [SERVER_CORE, LOAD_CORE].into_iter().for_each(|core| set.set(core));
    sched_setaffinity(None, &set).context("this machine has not two cores")
}

/// A process and those that it has started.
pub(crate) fn descendants(pid: u32) -> Vec<u32> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let children = children.split_whitespace().filter_map(|pid| pid.parse().ok());
    std::iter::once(pid).chain(children.flat_map(descendants)).collect()
}

/// As many open files as this user may have.
pub(crate) fn raise_file_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    // It stays as it is when that is forbidden; the scenarios look at what there is.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// Processor time of a process, user and system, of all its threads.
///
/// Threads that have ended since the last look are counted as they were then.
#[derive(Debug)]
pub(crate) struct Cpu {
    pid: u32,
    threads: HashMap<String, u64>,
}

impl Cpu {
    pub(crate) fn of(pid: u32) -> Self {
        Self { pid, threads: HashMap::new() }
    }

    /// Nanoseconds so far.
    pub(crate) fn read(&mut self) -> u64 {
        for entry in fs::read_dir(format!("/proc/{}/task", self.pid)).into_iter().flatten().flatten() {
            let text = fs::read_to_string(entry.path().join("schedstat")).unwrap_or_default();
            if let Some(nanos) = text.split(' ').next().and_then(|field| field.parse().ok()) {
                self.threads.insert(entry.file_name().to_string_lossy().into_owned(), nanos);
            }
        }
        self.threads.values().sum()
    }
}

/// Resident memory of a process in KB: all of it, and that which is backed by no file.
pub(crate) fn resident(pid: u32) -> (u64, u64) {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
    };
    (field("VmRSS:"), field("RssAnon:"))
}

/// Bytes that the kernel holds for the clients of a server, sent or not, that they have not acknowledged. How the table is to be read:
/// proc_net_tcp.txt of the kernel's documentation.
pub(crate) fn send_queues(port: u16) -> u64 {
    let table = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let of_line = |line: &str| {
        let mut fields = line.split_whitespace().skip(1);
        let own = fields.next()?.rsplit_once(':')?.1;
        if u16::from_str_radix(own, 16).ok()? != port {
            return None;
        }
        let queues = fields.nth(2)?;
        u64::from_str_radix(queues.split_once(':')?.0, 16).ok()
    };
    table.lines().skip(1).filter_map(of_line).sum()
}

/// What this machine is, for the reader of the figures.
pub(crate) fn describe() -> Value {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    let cpuinfo = read("/proc/cpuinfo");
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let meminfo = read("/proc/meminfo");
    let memory = meminfo.lines().next().and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    json!({
        "cpu": model.trim_start_matches([':', ' ', '\t']),
        "cores": cpuinfo.lines().filter(|line| line.starts_with("processor")).count(),
        "memoryGiB": memory.unwrap_or(0) >> 20,
        "kernel": read("/proc/sys/kernel/osrelease"),
        "hypervisor": cpuinfo.contains(" hypervisor "),
    })
}

/// Processes that run because of us.
static RUNNING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// A process that ends with this value.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn new(child: Child) -> Self {
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).push(child.id());
        Self(child)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.0.try_wait(), Ok(None))
    }

    /// Asks it to end, as a service manager does.
    pub(crate) fn terminate(&self) -> anyhow::Result<()> {
        let pid = Pid::from_raw(i32::try_from(self.0.id())?).context("no such process")?;
        Ok(kill_process(pid, Signal::TERM)?)
    }

    /// Whether it has ended, and as it should.
    pub(crate) fn has_succeeded(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(Some(status)) if status.success())
    }

    /// Ends it at once, as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|pid| *pid != self.0.id());
        // Both fail when it has ended by itself, which is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Ends everything that was started and leaves, when this program is told to stop.
pub(crate) fn stop_on_signal() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            let (Ok(mut interrupt), Ok(mut terminate)) =
                (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
            else {
                return;
            };
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
            for pid in running.iter().filter_map(|pid| Pid::from_raw(i32::try_from(*pid).ok()?)) {
                let _ = kill_process(pid, Signal::KILL);
            }
            std::process::exit(130);
        });
    });
    Ok(())
}
