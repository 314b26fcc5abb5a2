//! The model: what each client should have been given, and whether it was.
//!
//! It knows nothing of how the server does it. A client handles the log from where it began: of every event up to the newest it
//! was given, it must have been given those that are for it, each once, in order, and no other. *For it* means: for the rooms
//! of today, whatever today is while the server handles the event for this connection. That is a moment between the commit or
//! the beginning of the connection, whichever was later, and the handling by the client: [`Book::window`] is what the person's
//! rights may have been in it. What all of them hear must have come; what none of them hears must not; and what only some hear may.
//!
//! A new pid begins the stream anew from the log's end at that moment. It is accepted when there was a reason for it, and
//! demanded when the old one can't have been continued without a hole.

use std::{
    collections::{HashMap, VecDeque},
    ops::RangeInclusive,
};

use lamplight_kernel::Target;

use super::history::{Caught, History, Line, Link, Saying, Seen, State, Tick, Who};

/// Up to here a client must be given all it missed; who missed more may be told to load afresh.
pub(super) const PROMISED_REPLAY: usize = 20_000;

/// What was seen, so that a test that saw nothing is noticed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) heard: usize,
    pub(super) links: usize,
    pub(super) resumed: usize,
    pub(super) fresh: usize,
    pub(super) refused: usize,
    /// Events that could have come or not, since rights changed in that moment.
    pub(super) open: usize,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.heard += other.heard;
        self.links += other.links;
        self.resumed += other.resumed;
        self.fresh += other.fresh;
        self.refused += other.refused;
        self.open += other.open;
    }
}

/// What is wrong, and when it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) tick: Tick,
    pub(super) what: String,
}

type Verdict<T> = Result<T, Fault>;

fn fault<T>(tick: Tick, what: impl Into<String>) -> Verdict<T> {
    Err(Fault { tick, what: what.into() })
}

/// One of somebody's states, from when on, and where in the log it begins.
struct Version<'a> {
    begun: Tick,
    done: Option<Tick>,
    line: i64,
    state: &'a State,
}

/// The history, put in order.
struct Book<'a> {
    history: &'a History,
    /// Of each line: what caused it, and when that began.
    causes: Vec<(&'a Saying, Tick)>,
    at: HashMap<String, usize>,
    versions: Vec<Vec<Version<'a>>>,
    /// Of each tick up to which an act was done, the last of its lines; of each tick at which one began, the first.
    committed: Vec<(Tick, i64)>,
    announced: Vec<(Tick, i64)>,
}

/// Judges it.
pub(super) fn judge(history: &History) -> Verdict<Tally> {
    let book = Book::open(history)?;
    let mut tally = Tally::default();
    for (number, seen) in history.devices.iter().enumerate() {
        tally += Stream::follow(&book, seen)
            .map_err(|fault| Fault { what: format!("device {number}: {}", fault.what), ..fault })?;
    }
    Ok(tally)
}

fn number(index: usize) -> i64 {
    i64::try_from(index).unwrap()
}

impl<'a> Book<'a> {
    /// Finds the act of every line.
    fn open(history: &'a History) -> Verdict<Self> {
        let mut waiting: HashMap<(&str, &str), VecDeque<(usize, &Saying)>> = HashMap::new();
        for (act, saying) in history.acts.iter().enumerate().flat_map(|(act, a)| a.says.iter().map(move |s| (act, s))) {
            waiting.entry((&saying.name, &saying.key)).or_default().push_back((act, saying));
        }
        let mut versions: Vec<Vec<_>> =
            history.people.iter().map(|state| vec![Version { begun: 0, done: Some(0), line: -1, state }]).collect();
        let (mut causes, mut at) = (Vec::new(), HashMap::new());
        let mut lines: Vec<Vec<i64>> = vec![Vec::new(); history.acts.len()];
        for (index, line) in history.lines.iter().enumerate() {
            let found = waiting.get_mut(&(line.name.as_str(), line.key.as_str())).and_then(VecDeque::pop_front);
            let Some((act, saying)) = found else { return fault(Tick::MAX, format!("nobody did {line:?}")) };
            let cause = &history.acts[act];
            causes.push((saying, cause.begun));
            lines[act].push(number(index));
            at.insert(offset(line), index);
            if let Some((who, state)) = &cause.rights {
                versions[*who].push(Version { begun: cause.begun, done: cause.done, line: number(index), state });
            }
        }
        let lost = waiting.values().flatten().find(|(act, _)| history.acts[*act].done.is_some());
        if let Some((_, saying)) = lost {
            return fault(Tick::MAX, format!("this was answered and stands in no log: {saying:?}"));
        }
        let mut committed: Vec<_> =
            history.acts.iter().zip(&lines).filter_map(|(act, lines)| Some((act.done?, *lines.last()?))).collect();
        let mut announced: Vec<_> =
            history.acts.iter().zip(&lines).filter_map(|(act, lines)| Some((act.begun, *lines.first()?))).collect();
        committed.sort_unstable();
        announced.sort_unstable();
        // The furthest of all that were done by then; the nearest of all that began since.
        let mut furthest = -1;
        committed.iter_mut().for_each(|(_, line)| {
            furthest = furthest.max(*line);
            *line = furthest;
        });
        let mut nearest = i64::MAX;
        announced.iter_mut().rev().for_each(|(_, line)| {
            nearest = nearest.min(*line);
            *line = nearest;
        });
        Ok(Self { history, causes, at, versions, committed, announced })
    }

    /// The last line that surely stood in the log at a tick; -1 for none.
    fn surely(&self, tick: Tick) -> i64 {
        let known = self.committed.partition_point(|(done, _)| *done < tick);
        known.checked_sub(1).map_or(-1, |index| self.committed[index].1)
    }

    /// The last line that may have stood in the log at a tick.
    fn perhaps(&self, tick: Tick) -> i64 {
        let began = self.announced.partition_point(|(begun, _)| *begun <= tick);
        self.announced.get(began).map_or(number(self.causes.len()), |(_, line)| *line) - 1
    }

    /// The versions that may be somebody's between two ticks, and not before a line.
    fn versions(&self, who: Who, line: i64, from: Tick, to: Tick) -> &[Version<'a>] {
        let all = &self.versions[who];
        let by_line = all.partition_point(|version| version.line <= line);
        let by_tick = all.iter().rposition(|version| version.done.is_some_and(|done| done <= from)).unwrap_or(0) + 1;
        let last = all.partition_point(|version| version.begun <= to);
        let first = by_line.max(by_tick);
        &all[first - 1..last.max(first)]
    }

    /// What the clock may have shown between two ticks.
    fn clock(&self, from: Tick, to: Tick) -> RangeInclusive<i64> {
        let clock = &self.history.clock;
        let earliest = clock.iter().rev().find(|set| set.done <= from).map_or(i64::MIN, |set| set.what);
        let latest = clock.iter().rev().find(|set| set.begun <= to).map_or(i64::MIN, |set| set.what);
        earliest..=latest
    }

    /// Whether a line is for who holds a link: (must come, may come), when it was handled by the client at a tick.
    fn window(&self, link: &Link, line: usize, tick: Tick) -> (bool, bool) {
        let (saying, begun) = self.causes[line];
        let clock = self.clock(begun.max(link.begun), tick);
        let (fresh_at_first, fresh_at_last) = match saying.target.until {
            None => (true, true),
            Some(until) => (*clock.start() < until.millis(), *clock.end() < until.millis()),
        };
        let versions = self.versions(link.who, number(line), link.begun, tick);
        let mut hears = versions
            .iter()
            .map(|version| version.state.session == link.session && reaches(&saying.target, version.state));
        let must = fresh_at_last && hears.clone().all(|hears| hears);
        (must, fresh_at_first && hears.any(|hears| hears))
    }

    /// Which log it was at a tick. It is another one only while no server runs.
    fn epoch(&self, tick: Tick) -> Option<u32> {
        self.history.epochs.iter().rev().find(|set| set.done <= tick).map(|set| set.what)
    }

    /// The place of a floor among the lines.
    fn floor(&self, (epoch, seq): (u32, i64)) -> i64 {
        let is_it = |line: &Line| line.epoch == epoch && line.seq == seq;
        self.history.lines.iter().rposition(is_it).map_or(-1, number)
    }
}

/// The model's own word on whom an event is for.
fn reaches(target: &Target, state: &State) -> bool {
    let has = |room| state.active && state.rooms.contains(room);
    target.to.iter().any(has) && !target.except.iter().any(has)
}

/// How an offset is spelt.
fn offset(line: &Line) -> String {
    format!("{:08x}.{}", line.epoch, line.seq)
}

/// What is known of one device's stream.
struct Stream<'a> {
    book: &'a Book<'a>,
    tally: Tally,
    /// It has been given all up to somewhere in here.
    place: (i64, i64),
    /// Of each pid: whose it is, and the tick at which it was given.
    pids: HashMap<&'a str, (Who, Tick)>,
}

impl<'a> Stream<'a> {
    fn follow(book: &'a Book<'a>, seen: &'a [Seen]) -> Verdict<Tally> {
        let mut stream = Self { book, tally: Tally::default(), place: (-1, -1), pids: HashMap::new() };
        for seen in seen {
            match seen {
                Seen::Refused { who, session, begun, answered, code } => {
                    stream.tally.refused += 1;
                    let mut versions = book.versions(*who, -1, *begun, *answered).iter().map(|version| version.state);
                    let is_true = match code.as_str() {
                        "auth.signed_out" => versions.any(|state| state.active && state.session != *session),
                        "auth.account_inactive" => versions.any(|state| !state.active),
                        _ => false,
                    };
                    if !is_true {
                        return fault(*answered, format!("person {who} was refused: {code}"));
                    }
                }
                Seen::Link(link) => stream.link(link)?,
            }
        }
        Ok(stream.tally)
    }

    fn link(&mut self, link: &'a Link) -> Verdict<()> {
        self.tally.links += 1;
        let versions = self.book.versions(link.who, -1, link.begun, link.answered);
        if !versions.iter().any(|version| version.state.active && version.state.session == link.session) {
            return fault(link.answered, format!("person {} was let in with a session that had ended", link.who));
        }
        if link.came.as_ref() == Some(&link.pid) {
            self.tally.resumed += 1;
            self.may_resume(link)?;
        } else {
            self.tally.fresh += 1;
            self.may_be_fresh(link)?;
            self.place = (self.book.surely(link.begun), self.book.perhaps(link.answered));
            self.pids.insert(&link.pid, (link.who, link.answered));
        }
        link.caught.iter().try_for_each(|caught| self.catch(link, caught))
    }

    /// The same pid: nothing was lost, so that nothing may have been.
    fn may_resume(&self, link: &Link) -> Verdict<()> {
        let no = |why: &str| fault(link.answered, format!("person {} was told that nothing was lost: {why}", link.who));
        let Some(&(owner, given)) = self.pids.get(link.pid.as_str()) else { return no("with a pid that it never had") };
        if owner != link.who {
            return no("with somebody else's pid");
        }
        if self.book.epoch(given) != self.book.epoch(link.begun) {
            return no("with a pid of another log");
        }
        // What was dropped from the log may still be remembered. If it is not, it will be missing.
        Ok(())
    }

    /// Another pid: there must be a reason.
    fn may_be_fresh(&self, link: &Link) -> Verdict<()> {
        let Some(&(owner, given)) = link.came.as_ref().and_then(|pid| self.pids.get(pid.as_str())) else {
            return Ok(());
        };
        let mut floors = self.book.history.floors.iter();
        if owner != link.who
            || self.book.epoch(given) != self.book.epoch(link.begun)
            || floors.any(|floor| floor.begun <= link.answered && self.book.floor(floor.what) > self.place.0)
        {
            return Ok(());
        }
        let rooms = |state: &State, target: &Target| target.to.iter().any(|room| state.rooms.contains(room));
        let versions = self.book.versions(link.who, -1, link.begun, link.answered);
        let missed = index(self.place.0 + 1)..index(self.book.perhaps(link.answered) + 1);
        let is_missed =
            |line: &usize| versions.iter().any(|version| rooms(version.state, &self.book.causes[*line].0.target));
        let missed = missed.filter(is_missed).count();
        if missed > PROMISED_REPLAY {
            return Ok(());
        }
        fault(link.answered, format!("person {} must load afresh without need: {missed} events were missed", link.who))
    }

    fn catch(&mut self, link: &Link, caught: &Caught) -> Verdict<()> {
        let tick = caught.tick;
        let Some(&line) = self.book.at.get(&caught.offset) else {
            return fault(tick, format!("nowhere in the log: {caught:?}"));
        };
        let (saying, _) = self.book.causes[line];
        if (&caught.name, &caught.key) != (&saying.name, &saying.key) {
            return fault(tick, format!("changed on the way: {saying:?} came as {caught:?}"));
        }
        let here = number(line);
        if here <= self.place.0 {
            let before = usize::try_from(self.place.0).ok().map(|line| &self.book.history.lines[line]);
            return fault(tick, format!("again, or out of order: {caught:?} after {before:?}"));
        }
        for skipped in index(self.place.1 + 1)..line {
            let (must, may) = self.book.window(link, skipped, tick);
            if must {
                return fault(tick, format!("lost: {:?}, then came {caught:?}", self.book.history.lines[skipped]));
            }
            self.tally.open += usize::from(may);
        }
        if !self.book.window(link, line, tick).1 {
            let target = &saying.target;
            return fault(
                tick,
                format!("not for person {} at that time: {caught:?}, which was for {target:?}", link.who),
            );
        }
        self.tally.heard += 1;
        self.place = (here, here);
        Ok(())
    }
}

fn index(number: i64) -> usize {
    usize::try_from(number).unwrap_or(0)
}
