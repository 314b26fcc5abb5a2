//! What a plan did and what its clients saw: all that the judge is told.
//!
//! Ticks order it. Every act says before it begins and after it is done what the tick is, every client notes the tick when it
//! handles an event, so that "was surely committed by then" and "may have been committed by then" can be told apart whatever ran
//! beside what. No time is measured.

use std::{
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use lamplight_kernel::{Control, Room, Target};
use lamplight_store::Logged;
use serde_json::Value;

pub(super) type Tick = u64;

/// Somebody of the institute, by their number in the plan.
pub(super) type Who = usize;

/// An event, as the act that causes it knows it: before it stands in the log.
#[derive(Debug, Clone)]
pub(super) struct Saying {
    pub(super) name: String,
    /// What tells it from all others of its name: its mark, its title, or the id of what it is about.
    pub(super) key: String,
    pub(super) target: Target,
}

/// What somebody is from one change of their rights to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    /// None while they are switched off.
    pub(super) rooms: Vec<Room>,
    pub(super) session: i32,
    pub(super) active: bool,
}

/// One transaction.
#[derive(Debug, Clone)]
pub(super) struct Act {
    pub(super) begun: Tick,
    /// None when nobody was told whether it was committed.
    pub(super) done: Option<Tick>,
    pub(super) says: Vec<Saying>,
    /// Whose rights it changed, and what they are since.
    pub(super) rights: Option<(Who, State)>,
}

/// An event, as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) epoch: u32,
    pub(super) seq: i64,
    pub(super) name: String,
    pub(super) key: String,
}

impl Line {
    pub(super) fn read(epoch: u32, logged: &Logged) -> Self {
        let payload = serde_json::from_str(&logged.payload).unwrap();
        Self { epoch, seq: logged.seq, key: key(&payload), name: logged.name.clone() }
    }
}

/// See [`Saying::key`].
pub(super) fn key(payload: &Value) -> String {
    ["mark", "title", "_id", "user"]
        .iter()
        .find_map(|name| payload[name].as_str())
        .unwrap_or_else(|| panic!("nothing tells this from others: {payload}"))
        .to_owned()
}

/// An event, as a client handled it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Caught {
    pub(super) tick: Tick,
    pub(super) name: String,
    pub(super) key: String,
    pub(super) offset: String,
}

/// One connection of a device, from CONNECT to its end.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) who: Who,
    pub(super) session: i32,
    /// Before CONNECT was sent, and after its answer was read.
    pub(super) begun: Tick,
    pub(super) answered: Tick,
    /// The pid it came with.
    pub(super) came: Option<String>,
    /// The pid it was given.
    pub(super) pid: String,
    pub(super) caught: Vec<Caught>,
}

/// What a device saw, in order.
#[derive(Debug, Clone)]
pub(super) enum Seen {
    Link(Link),
    Refused { who: Who, session: i32, begun: Tick, answered: Tick, code: String },
}

/// Something else that happened: between two ticks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment<T> {
    pub(super) begun: Tick,
    pub(super) done: Tick,
    pub(super) what: T,
}

/// Everything.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    /// Everybody, as they were when the first event was recorded.
    pub(super) people: Vec<State>,
    pub(super) acts: Vec<Act>,
    /// The log in its order, with what a restored backup or age has taken from it.
    pub(super) lines: Vec<Line>,
    /// Which log it is.
    pub(super) epochs: Vec<Moment<u32>>,
    /// Up to which number of which epoch events were dropped.
    pub(super) floors: Vec<Moment<(u32, i64)>>,
    /// The clock: the milliseconds since 1970 that it was set to. It does not run.
    pub(super) clock: Vec<Moment<i64>>,
    pub(super) devices: Vec<Vec<Seen>>,
}

/// The history while it is made.
#[derive(Debug, Default)]
pub(super) struct Chronicle {
    ticks: AtomicU64,
    marks: AtomicU64,
    acts: Mutex<Vec<Act>>,
    steps: Mutex<Vec<(Tick, String)>>,
    /// When the first step began; for who reads the report.
    begun: OnceLock<Instant>,
}

impl Chronicle {
    pub(super) fn tick(&self) -> Tick {
        self.ticks.fetch_add(1, Ordering::SeqCst)
    }

    /// A text that stands nowhere else.
    pub(super) fn mark(&self) -> String {
        format!("m{}", self.marks.fetch_add(1, Ordering::SeqCst))
    }

    /// Something is about to be committed.
    pub(super) fn begin(&self, says: Vec<Saying>, rights: Option<(Who, State)>) -> usize {
        let mut acts = self.acts.lock().unwrap();
        acts.push(Act { begun: self.tick(), done: None, says, rights });
        acts.len() - 1
    }

    /// It was.
    pub(super) fn done(&self, act: usize) {
        let done = Some(self.tick());
        self.acts.lock().unwrap()[act].done = done;
    }

    pub(super) fn acts(&self) -> Vec<Act> {
        self.acts.lock().unwrap().clone()
    }

    pub(super) fn step(&self, text: &str) {
        let (tick, begun) = (self.tick(), self.begun.get_or_init(Instant::now));
        self.steps.lock().unwrap().push((tick, format!("{:>6} ms  {text}", begun.elapsed().as_millis())));
    }

    /// The steps up to a tick, one a line, with their ticks.
    pub(super) fn told(&self, until: Tick) -> String {
        let steps = self.steps.lock().unwrap();
        let told = steps.iter().take_while(|(tick, _)| *tick <= until);
        told.map(|(tick, text)| format!("  {tick:>6}  {text}\n")).collect()
    }
}

/// The saying of a control about somebody, who is told by their id.
pub(super) fn control(user: &impl ToString) -> Saying {
    Saying { name: Control::NAME.to_owned(), key: user.to_string(), target: Target::default() }
}
