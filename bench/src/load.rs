//! The load generator: thousands of Socket.IO clients in one thread.
//!
//! Each client is a few hundred bytes and a socket; all wait in one epoll. A message costs one `read` and some string
//! comparisons, so that one core of clients can keep up with one core of any server here. Clients behave as the official one
//! does: they answer pings, keep `pid` and offset, and come back after a cut with its delays.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    net::{Ipv4Addr, SocketAddrV4},
    os::fd::OwnedFd,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail};
use rustix::{
    buffer::spare_capacity,
    event::{Timespec, epoll},
    io::Errno,
    net::{AddressFamily, SocketFlags, SocketType, bind, connect, ipproto, socket_with, sockopt},
};

use crate::{
    deliveries::{Deliveries, Received},
    machine::{nanos_of, now},
    trigger::Trigger,
    wire::{self, Opcode, Packet},
};

/// How long a client waits for each step of connecting, as the official one does.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// The delays of the official client before it comes back: the first, the longest, and how far chance moves each.
const RECONNECT_MIN: f64 = 1e9;
const RECONNECT_MAX: f64 = 5e9;
const RECONNECT_JITTER: f64 = 0.5;
/// The trigger's place in the epoll.
const TRIGGER: u64 = u64::MAX;

/// Where a client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Not connected, and nobody has asked it to be.
    Idle,
    /// Waits before it comes back.
    Waiting,
    /// TCP.
    Connecting,
    /// HTTP.
    Upgrading,
    /// Until CONNECT is answered.
    Joining,
    Live,
    /// The server does not want it.
    Refused,
}

/// One client.
#[derive(Debug)]
pub(crate) struct Client {
    fd: Option<OwnedFd>,
    pub(crate) phase: Phase,
    address: Ipv4Addr,
    /// Which server, by its place in [`Swarm::servers`].
    server: usize,
    token: Arc<str>,
    pid: Option<Box<str>>,
    offset: [u8; 40],
    offset_length: u8,
    /// The beginning of a message whose rest has not come.
    partial: Vec<u8>,
    attempts: u32,
    /// Goes up with each timer that is set, so that older ones are known to be void.
    timer: u32,
    pub(crate) received: Received,
    /// CONNECTs that were answered with the pid that was shown.
    pub(crate) recovered: u32,
    /// CONNECTs that were answered with another pid.
    pub(crate) fresh: u32,
    /// When it was last accepted.
    pub(crate) live_since: u64,
    /// Whether it stopped reading at some time.
    pub(crate) has_paused: bool,
}

/// Counts of things that happened to clients.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    /// CONNECTs that were accepted.
    pub(crate) accepted: u64,
    /// Connections that failed before that.
    pub(crate) failed: u64,
    /// Connections that ended after that, not by us.
    pub(crate) closed: u64,
}

/// All clients of one server, or of the servers of one institute.
pub(crate) struct Swarm {
    epoll: OwnedFd,
    servers: Vec<SocketAddrV4>,
    pub(crate) clients: Vec<Client>,
    timers: BinaryHeap<Reverse<(u64, u32, u32)>>,
    events: Vec<epoll::Event>,
    buffer: Vec<u8>,
    pub(crate) deliveries: Deliveries,
    pub(crate) trigger: Option<Trigger>,
    /// Whether clients come back by themselves.
    pub(crate) comes_back: bool,
    pub(crate) live: usize,
    pub(crate) counts: Counts,
    /// The newest refusal, for the message when something is wrong.
    pub(crate) refusal: Option<String>,
    hint: usize,
    chance: u64,
}

impl Swarm {
    pub(crate) fn new(server: SocketAddrV4) -> anyhow::Result<Self> {
        Self::of_servers(vec![server])
    }

    /// Clients are spread over the servers in turn.
    pub(crate) fn of_servers(servers: Vec<SocketAddrV4>) -> anyhow::Result<Self> {
        Ok(Self {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            servers,
            clients: Vec::new(),
            timers: BinaryHeap::new(),
            events: Vec::with_capacity(1024),
            buffer: vec![0; 256 * 1024],
            deliveries: Deliveries::default(),
            trigger: None,
            comes_back: false,
            live: 0,
            counts: Counts::default(),
            refusal: None,
            hint: 0,
            chance: 0x9e37_79b9_7f4a_7c15,
        })
    }

    /// Adds a client, which does nothing yet.
    pub(crate) fn add(&mut self, token: Arc<str>) {
        let number = u32::try_from(self.clients.len()).unwrap_or(0);
        // Each from an address of its own, as people are, and so that no address runs out of ports.
        let octet = |value: u32| u8::try_from(value % 250).unwrap_or(0);
        let address = Ipv4Addr::new(127, 1 + octet(number / 62_500), octet(number / 250), 1 + octet(number));
        self.clients.push(Client {
            fd: None,
            phase: Phase::Idle,
            address,
            server: self.clients.len() % self.servers.len().max(1),
            token,
            pid: None,
            offset: [0; 40],
            offset_length: 0,
            partial: Vec::new(),
            attempts: 0,
            timer: 0,
            received: Received::default(),
            recovered: 0,
            fresh: 0,
            live_since: 0,
            has_paused: false,
        });
    }

    pub(crate) fn open_trigger(&mut self, trigger: Trigger) -> anyhow::Result<()> {
        epoll::add(&self.epoll, trigger.fd(), epoll::EventData::new_u64(TRIGGER), epoll::EventFlags::IN)?;
        self.trigger = Some(trigger);
        Ok(())
    }

    /// Causes the next event, and says its number.
    pub(crate) fn fire(&mut self) -> anyhow::Result<u32> {
        let trigger = self.trigger.as_mut().context("nothing can cause an event")?;
        let number = self.deliveries.start(now());
        trigger.fire(number)?;
        Ok(number)
    }

    /// From now on every client is to get every event.
    pub(crate) fn expect_from_now(&mut self) {
        let next = self.deliveries.last_number() + 1;
        self.clients.iter_mut().for_each(|client| client.received.expect_from(next));
    }

    /// How many clients are connected to a server.
    pub(crate) fn at(&self, server: usize) -> usize {
        self.clients.iter().filter(|client| client.phase == Phase::Live && client.server == server).count()
    }

    /// Lets a client connect.
    pub(crate) fn start(&mut self, index: usize) {
        let Some(client) = self.clients.get_mut(index) else { return };
        client.attempts = 0;
        if self.dial(index).is_err() {
            self.end(index, false);
        }
    }

    /// Cuts a client's connection without a word; it does not come back by itself.
    pub(crate) fn cut(&mut self, index: usize) {
        self.forget_connection(index);
        if let Some(client) = self.clients.get_mut(index) {
            client.phase = Phase::Idle;
        }
    }

    /// The client stops reading, or goes on.
    pub(crate) fn pause(&mut self, index: usize, is_paused: bool) -> anyhow::Result<()> {
        let Some(client) = self.clients.get_mut(index) else { return Ok(()) };
        client.has_paused = true;
        if let Some(fd) = &client.fd {
            let flags = if is_paused { epoll::EventFlags::empty() } else { epoll::EventFlags::IN };
            epoll::modify(&self.epoll, fd, epoll::EventData::new_u64(index as u64), flags)?;
        }
        Ok(())
    }

    /// Connects all that are idle, with so many under way at a time, until all are live.
    pub(crate) fn connect_all(&mut self, in_flight: usize, patience: Duration) -> anyhow::Result<()> {
        let deadline = now() + nanos_of(patience);
        let mut next = 0;
        while self.live < self.clients.len() {
            if now() > deadline {
                bail!(
                    "{} of {} clients have connected in {patience:?}; {} attempts failed{}",
                    self.live,
                    self.clients.len(),
                    self.counts.failed,
                    self.refusal.as_ref().map(|refusal| format!("; the server said {refusal}")).unwrap_or_default()
                );
            }
            while next < self.clients.len() && next < self.live + in_flight {
                if self.clients.get(next).is_some_and(|client| client.phase == Phase::Idle) {
                    self.start(next);
                }
                next += 1;
            }
            self.turn(deadline)?;
            if next == self.clients.len() {
                // Who failed is let in again.
                for index in 0..next {
                    if self.clients.get(index).is_some_and(|client| matches!(client.phase, Phase::Idle)) {
                        self.start(index);
                    }
                }
            }
        }
        Ok(())
    }

    /// Runs until `is_done`, at most until `deadline`; says whether it was done.
    pub(crate) fn run_until(&mut self, deadline: u64, is_done: impl Fn(&Self) -> bool) -> anyhow::Result<bool> {
        loop {
            if is_done(self) {
                return Ok(true);
            }
            if now() >= deadline {
                return Ok(false);
            }
            self.turn(deadline)?;
        }
    }

    /// Runs for a time.
    pub(crate) fn run_for(&mut self, time: Duration) -> anyhow::Result<()> {
        self.run_until(now() + nanos_of(time), |_| false).map(|_| ())
    }

    /// Waits for something to happen, at most until `deadline`, and deals with it.
    pub(crate) fn turn(&mut self, deadline: u64) -> anyhow::Result<()> {
        let at = self.timers.peek().map_or(deadline, |Reverse((at, ..))| deadline.min(*at));
        let wait = at.saturating_sub(now());
        let timeout =
            Timespec { tv_sec: i64::try_from(wait / 1_000_000_000)?, tv_nsec: i64::try_from(wait % 1_000_000_000)? };
        let mut events = std::mem::take(&mut self.events);
        events.clear();
        match epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for event in &events {
            let data = event.data;
            if data.u64() == TRIGGER {
                if let Some(trigger) = &mut self.trigger
                    && !trigger.read()?
                {
                    self.trigger = None;
                }
            } else if let Ok(index) = usize::try_from(data.u64()) {
                self.ready(index);
            }
        }
        self.events = events;
        let time = now();
        while let Some(&Reverse((at, index, timer))) = self.timers.peek() {
            if at > time {
                break;
            }
            self.timers.pop();
            self.timer(index as usize, timer);
        }
        Ok(())
    }

    fn timer(&mut self, index: usize, timer: u32) {
        let Some(client) = self.clients.get(index) else { return };
        if client.timer != timer {
            return;
        }
        match client.phase {
            Phase::Waiting => {
                if self.dial(index).is_err() {
                    self.end(index, false);
                }
            }
            Phase::Connecting | Phase::Upgrading | Phase::Joining => self.end(index, false),
            Phase::Idle | Phase::Live | Phase::Refused => {}
        }
    }

    fn set_timer(&mut self, index: usize, at: u64) {
        let Some(client) = self.clients.get_mut(index) else { return };
        client.timer = client.timer.wrapping_add(1);
        self.timers.push(Reverse((at, u32::try_from(index).unwrap_or(u32::MAX), client.timer)));
    }

    fn dial(&mut self, index: usize) -> anyhow::Result<()> {
        let client = self.clients.get_mut(index).context("no such client")?;
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let fd = socket_with(AddressFamily::INET, SocketType::STREAM, flags, Some(ipproto::TCP))?;
        bind(&fd, &SocketAddrV4::new(client.address, 0))?;
        match connect(&fd, self.servers.get(client.server).context("no such server")?) {
            Ok(()) | Err(Errno::INPROGRESS) => {}
            Err(error) => return Err(error.into()),
        }
        epoll::add(&self.epoll, &fd, epoll::EventData::new_u64(index as u64), epoll::EventFlags::OUT)?;
        client.fd = Some(fd);
        client.phase = Phase::Connecting;
        client.partial.clear();
        self.set_timer(index, now() + nanos_of(CONNECT_TIMEOUT));
        Ok(())
    }

    fn forget_connection(&mut self, index: usize) {
        let Some(client) = self.clients.get_mut(index) else { return };
        if client.phase == Phase::Live {
            self.live -= 1;
        }
        client.fd = None;
        client.partial = Vec::new();
        client.timer = client.timer.wrapping_add(1);
    }

    /// The connection is over; `was_refused` if the server does not want this client.
    fn end(&mut self, index: usize, was_refused: bool) {
        let Some(client) = self.clients.get(index) else { return };
        let was_live = client.phase == Phase::Live;
        if was_live {
            self.counts.closed += 1;
        } else {
            self.counts.failed += 1;
        }
        self.forget_connection(index);
        let chance = self.next_chance();
        let Some(client) = self.clients.get_mut(index) else { return };
        if !was_live {
            // A proxy would not try the one that did not answer again at once.
            client.server = (client.server + 1) % self.servers.len().max(1);
        }
        if was_refused {
            client.phase = Phase::Refused;
        } else if self.comes_back {
            client.phase = Phase::Waiting;
            let delay = reconnect_delay(client.attempts, chance);
            client.attempts += 1;
            self.set_timer(index, now() + delay);
        } else {
            client.phase = Phase::Idle;
        }
    }

    /// A share between 0 and 1 (xorshift64*).
    pub(crate) fn next_chance(&mut self) -> f64 {
        self.chance ^= self.chance >> 12;
        self.chance ^= self.chance << 25;
        self.chance ^= self.chance >> 27;
        (self.chance.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number of nanoseconds between these seconds.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some seconds in nanoseconds")]
    pub(crate) fn next_between(&mut self, (from, to): (f64, f64)) -> u64 {
        ((from + (to - from) * self.next_chance()) * 1e9) as u64
    }

    fn ready(&mut self, index: usize) {
        let Some(client) = self.clients.get_mut(index) else { return };
        let Some(fd) = &client.fd else { return };
        if client.phase == Phase::Connecting {
            let connected = matches!(sockopt::socket_error(fd), Ok(Ok(())));
            if !connected || self.upgrade(index).is_err() {
                self.end(index, false);
            }
            return;
        }
        // Read into the one buffer, which is taken out so that the client can be changed meanwhile.
        let mut buffer = std::mem::take(&mut self.buffer);
        let result = match rustix::io::read(fd, buffer.as_mut_slice()) {
            Ok(0) => Err(End::Closed),
            Ok(length) => self.receive(index, buffer.get(..length).unwrap_or_default()),
            Err(Errno::AGAIN | Errno::INTR) => Ok(()),
            Err(_) => Err(End::Closed),
        };
        self.buffer = buffer;
        match result {
            Ok(()) => {}
            Err(End::Closed) => self.end(index, false),
            Err(End::Refused) => self.end(index, true),
        }
    }

    fn upgrade(&mut self, index: usize) -> anyhow::Result<()> {
        let client = self.clients.get_mut(index).context("no such client")?;
        let fd = client.fd.as_ref().context("no connection")?;
        let request = format!(
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            self.servers.get(client.server).context("no such server")?
        );
        send(fd, request.as_bytes())?;
        epoll::modify(&self.epoll, fd, epoll::EventData::new_u64(index as u64), epoll::EventFlags::IN)?;
        client.phase = Phase::Upgrading;
        Ok(())
    }

    fn receive(&mut self, index: usize, bytes: &[u8]) -> Result<(), End> {
        let client = self.clients.get_mut(index).ok_or(End::Closed)?;
        if client.partial.is_empty() {
            let used = self.consume(index, bytes)?;
            let rest = bytes.get(used..).unwrap_or_default();
            if !rest.is_empty()
                && let Some(client) = self.clients.get_mut(index)
            {
                client.partial.extend_from_slice(rest);
            }
            return Ok(());
        }
        let mut all = std::mem::take(&mut client.partial);
        all.extend_from_slice(bytes);
        let used = self.consume(index, &all)?;
        if let Some(client) = self.clients.get_mut(index) {
            all.drain(..used);
            // Given back when empty: 18,000 clients would hold much otherwise.
            client.partial = if all.is_empty() { Vec::new() } else { all };
        }
        Ok(())
    }

    /// Deals with all that is complete in `bytes`; says how many of them that were.
    fn consume(&mut self, index: usize, bytes: &[u8]) -> Result<usize, End> {
        let mut used = 0;
        let client = self.clients.get_mut(index).ok_or(End::Closed)?;
        if client.phase == Phase::Upgrading {
            let Some((end, status)) = wire::head(bytes) else { return Ok(0) };
            if status != 101 {
                self.refusal = Some(String::from_utf8_lossy(bytes).into_owned());
                return Err(End::Closed);
            }
            client.phase = Phase::Joining;
            used = end;
        }
        loop {
            let rest = bytes.get(used..).unwrap_or_default();
            let Some(message) = wire::first_message(rest).map_err(|_| End::Closed)? else { return Ok(used) };
            used += message.length;
            match message.opcode {
                Opcode::Text => self.text(index, message.payload)?,
                Opcode::Ping => self.say(index, Opcode::Pong, message.payload)?,
                Opcode::Pong => {}
                Opcode::Close => return Err(End::Closed),
            }
        }
    }

    fn text(&mut self, index: usize, text: &[u8]) -> Result<(), End> {
        match wire::packet(text) {
            Packet::Event(event) => self.event(index, event),
            Packet::Ping => self.say(index, Opcode::Text, b"3")?,
            Packet::Open => {
                let client = self.clients.get(index).ok_or(End::Closed)?;
                let mut connect = format!("40{{\"token\":\"{}\"", client.token);
                if let Some(pid) = &client.pid {
                    connect.push_str(&format!(",\"pid\":\"{pid}\""));
                    let offset = client.offset.get(..client.offset_length.into()).unwrap_or_default();
                    if !offset.is_empty() {
                        connect.push_str(&format!(",\"offset\":\"{}\"", String::from_utf8_lossy(offset)));
                    }
                }
                connect.push('}');
                self.say(index, Opcode::Text, connect.as_bytes())?;
            }
            Packet::Connected(json) => self.connected(index, json),
            Packet::Refused(why) => {
                self.refusal = Some(String::from_utf8_lossy(why).into_owned());
                return Err(End::Refused);
            }
            Packet::Disconnected => return Err(End::Closed),
            Packet::Other => {}
        }
        Ok(())
    }

    fn connected(&mut self, index: usize, json: &[u8]) {
        let Some(client) = self.clients.get_mut(index) else { return };
        let pid = wire::text_of(json, "pid").map(|pid| String::from_utf8_lossy(pid).into_owned().into_boxed_str());
        if client.pid.is_some() && client.pid == pid {
            client.recovered += 1;
        } else {
            client.fresh += 1;
            client.pid = pid;
        }
        if client.phase != Phase::Live {
            client.phase = Phase::Live;
            client.live_since = now();
            client.attempts = 0;
            client.timer = client.timer.wrapping_add(1);
            self.live += 1;
            self.counts.accepted += 1;
        }
    }

    fn event(&mut self, index: usize, event: &[u8]) {
        let Some(client) = self.clients.get_mut(index) else { return };
        if let Some(offset) = wire::offset(event)
            && let Some(place) = client.offset.get_mut(..offset.len())
        {
            place.copy_from_slice(offset);
            client.offset_length = u8::try_from(offset.len()).unwrap_or(0);
        }
        if let Some(number) = wire::number(event, &mut self.hint) {
            self.deliveries.event_bytes = event.len();
            let arrival = client.received.take(number);
            self.deliveries.arrive(number, arrival, now(), !client.has_paused, client.server);
        }
    }

    fn say(&self, index: usize, opcode: Opcode, payload: &[u8]) -> Result<(), End> {
        let fd = self.clients.get(index).and_then(|client| client.fd.as_ref()).ok_or(End::Closed)?;
        let mut frame = Vec::with_capacity(payload.len() + 14);
        wire::push_masked(opcode, payload, &mut frame);
        send(fd, &frame).map_err(|_| End::Closed)
    }
}

/// Why a connection is over.
enum End {
    Closed,
    Refused,
}

/// Writes all of it at once. What a client says is far smaller than the kernel's buffer.
pub(crate) fn send(fd: &OwnedFd, bytes: &[u8]) -> anyhow::Result<()> {
    let written = rustix::io::write(fd, bytes)?;
    if written < bytes.len() {
        bail!("the server does not read");
    }
    Ok(())
}

/// The official client's delay, in nanoseconds, before attempt number `attempts` (from 0).
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some seconds in nanoseconds")]
fn reconnect_delay(attempts: u32, chance: f64) -> u64 {
    let base = RECONNECT_MIN * 2f64.powi(i32::try_from(attempts.min(30)).unwrap_or(30));
    let moved = base * (1.0 + RECONNECT_JITTER * (2.0 * chance - 1.0));
    moved.min(RECONNECT_MAX) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delays_grow_from_one_second_to_five() {
        let seconds = |attempts, chance| reconnect_delay(attempts, chance) as f64 / 1e9;
        assert_eq!((seconds(0, 0.0), seconds(0, 1.0), seconds(1, 0.5)), (0.5, 1.5, 2.0));
        assert_eq!((seconds(4, 0.0), seconds(4000, 1.0)), (5.0, 5.0));
    }
}
