//! A plan: what is done, step by step, made from a seed and from nothing else, so that a seed replays it.
//!
//! A plan knows nothing of what the steps lead to. A step that finds nothing to do, such as the cut of a device that is not
//! connected, does nothing.

use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};

use crate::support::Backend;

use super::history::Who;

/// Where a plan is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A server inside the test.
    Inside(Backend),
    /// The program as a process, on SQLite. While it runs nobody else may open its database.
    Alone,
    /// Two processes on one PostgreSQL, to which the test writes as well.
    Pair,
}

impl Kind {
    pub(super) fn of(seed: u64) -> Self {
        match seed % 4 {
            0 => Self::Inside(Backend::Sqlite),
            1 => Self::Inside(Backend::Postgres),
            2 => Self::Alone,
            _ => Self::Pair,
        }
    }

    pub(super) fn nodes(self) -> usize {
        if self == Self::Pair { 2 } else { 1 }
    }
}

pub(super) const OFFICE: Who = 0;
pub(super) const TEACHER: Who = 1;
pub(super) const LIBRARIAN: Who = 2;
pub(super) const ASHA: Who = 3;
pub(super) const BINA: Who = 4;
pub(super) const CHITRA: Who = 5;
/// Whose each device is: of some people there are two or three.
pub(super) const DEVICES: [Who; 9] = [OFFICE, TEACHER, LIBRARIAN, ASHA, ASHA, ASHA, BINA, BINA, CHITRA];

/// A room, before there is an institute. Courses are 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hall {
    Students,
    Faculty,
    Admins,
    Course(usize),
    Year(i32),
    Semester(i32),
    Cohort(usize, i32),
    Teachers(usize),
    Person(Who),
}

/// An audience of study material.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crowd {
    All,
    Students,
    Faculty,
    Course(usize),
    Year(i32),
    Semester(i32),
    CourseSemester(usize, i32),
    One(Who),
}

/// When an event is no news any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    Always,
    /// It was none from the start.
    Past,
    /// So many milliseconds from now, by a clock that is set.
    Soon(i64),
}

#[derive(Debug, Clone)]
pub(super) struct Tale {
    pub(super) to: Vec<Hall>,
    pub(super) except: Vec<Hall>,
    pub(super) until: Until,
    /// How many characters it carries for nothing.
    pub(super) weight: usize,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    Semester(i32),
    Course(usize),
    /// Which of the courses.
    Teaches(bool, bool),
    /// Administrator or faculty.
    Role,
    /// Switched off, or on again.
    Active,
    /// Signed out everywhere.
    SignOut,
}

/// What ends in the log and needs no device.
#[derive(Debug, Clone)]
pub(super) enum Write {
    /// One transaction with events.
    Tell(Vec<Tale>),
    Rights(Who, Change),
    Upload(Vec<Crowd>),
}

#[derive(Debug, Clone)]
pub(super) enum Step {
    Write(Write),
    Edit(usize, Option<Vec<Crowd>>),
    Delete(usize),
    /// Another password, over HTTP: the answer is a token that holds.
    Password(Who),
    Come(usize, usize),
    /// Sends CONNECT and is gone before the answer.
    Graze(usize, usize),
    Cut(usize),
    CutAll,
    /// Comes anew while the old connection seems alive.
    Haunt(usize, usize),
    /// Stops reading, and goes on.
    Pause(usize),
    Resume(usize),
    /// Somebody else signs in on the device, whose page keeps the pid.
    Switch(usize, Who),
    /// Much for one person: more than a queue holds when they do not read.
    Flood(Who),
    /// More events than a client must be given when it comes back.
    Bulk,
    /// Writes, one after the other, while devices do what they do.
    Burst {
        writes: Vec<Write>,
        meanwhile: Vec<Step>,
    },
    /// All that are connected and read hear a bell.
    Settle,
    /// The oldest events are dropped, so many in a hundred.
    Forget(u64),
    /// The clock goes on, in milliseconds.
    Clock(i64),
    /// A node ends, killed or in order, with uploads under way; something happens; it starts again.
    Restart {
        node: usize,
        kill: bool,
        hanging: usize,
        meanwhile: Vec<Step>,
    },
    /// All nodes are down and a backup is restored, in which so many events are not.
    Restore(i64),
}

/// The plan of a seed.
pub(super) fn plan(seed: u64) -> Vec<Step> {
    let mut dice = Dice { chance: StdRng::seed_from_u64(seed), kind: Kind::of(seed) };
    let mut steps: Vec<Step> =
        (0..DEVICES.len()).map(|device| Step::Come(device, device % dice.kind.nodes())).collect();
    let count = dice.chance.random_range(30..70);
    steps.extend((0..count).map(|_| dice.step()));
    steps
}

struct Dice {
    chance: StdRng,
    kind: Kind,
}

impl Dice {
    fn step(&mut self) -> Step {
        // While the process of its own runs, what can be done to it comes over HTTP.
        let writes = self.kind != Kind::Alone;
        loop {
            let step = match self.chance.random_range(0..100) {
                0..16 if writes => self.tell(),
                0..28 => self.http(),
                28..62 => self.device(),
                62..78 => self.burst(),
                78..84 => Step::Settle,
                84..89 => self.restart(),
                89..95 if writes => Step::Write(self.rights()),
                95 => Step::Password(self.somebody()),
                96 if writes => Step::Flood(self.somebody()),
                97 if writes && self.chance.random_ratio(1, 2) => Step::Bulk,
                98 if self.chance.random_ratio(1, 2) => Step::Restore(self.chance.random_range(0..10)),
                99 if writes => Step::Forget(self.chance.random_range(10..90)),
                _ => continue,
            };
            return step;
        }
    }

    fn some<T>(&mut self, count: std::ops::Range<usize>, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let count = self.chance.random_range(count);
        (0..count).map(|_| one(self)).collect()
    }

    fn somebody(&mut self) -> Who {
        self.chance.random_range(TEACHER..=CHITRA)
    }

    fn http(&mut self) -> Step {
        match self.chance.random_range(0..10) {
            0..6 => Step::Write(Write::Upload(self.crowds())),
            6..9 => {
                let moves = self.chance.random_ratio(1, 2);
                Step::Edit(self.chance.random_range(0..100), moves.then(|| self.crowds()))
            }
            _ => Step::Delete(self.chance.random_range(0..100)),
        }
    }

    fn tell(&mut self) -> Step {
        match self.chance.random_range(0..12) {
            0 if matches!(self.kind, Kind::Inside(_)) => Step::Clock(self.chance.random_range(1..3000)),
            _ => Step::Write(Write::Tell(self.some(1..5, Self::tale))),
        }
    }

    fn burst(&mut self) -> Step {
        let writes = self.some(3..25, |dice| match dice.chance.random_range(0..10) {
            _ if dice.kind == Kind::Alone => Write::Upload(dice.crowds()),
            0 => Write::Upload(dice.crowds()),
            1 => dice.rights(),
            _ => Write::Tell(dice.some(1..4, Self::tale)),
        });
        Step::Burst { writes, meanwhile: self.some(1..6, Self::device) }
    }

    fn rights(&mut self) -> Write {
        let (semester, bits) = (self.chance.random_range(1..4), [self.chance.random(), self.chance.random()]);
        let who = self.somebody();
        let change = match (self.chance.random_range(0..10), who) {
            (0..2, _) => Change::Active,
            (2, _) => Change::SignOut,
            (_, TEACHER) => Change::Teaches(bits[0], bits[1]),
            (_, LIBRARIAN) => Change::Role,
            (3..7, _) => Change::Semester(semester),
            _ => Change::Course(usize::from(bits[0])),
        };
        Write::Rights(who, change)
    }

    fn device(&mut self) -> Step {
        let device = self.chance.random_range(0..DEVICES.len());
        let node = self.chance.random_range(0..self.kind.nodes());
        match self.chance.random_range(0..100) {
            0..50 => Step::Come(device, node),
            50..75 => Step::Cut(device),
            75..78 => Step::CutAll,
            78..83 => Step::Graze(device, node),
            83..88 => Step::Haunt(device, node),
            88..93 => Step::Pause(device),
            93..98 => Step::Resume(device),
            _ => Step::Switch(device, self.somebody()),
        }
    }

    fn restart(&mut self) -> Step {
        let node = self.chance.random_range(0..self.kind.nodes());
        let kill = !matches!(self.kind, Kind::Inside(_)) && self.chance.random_ratio(2, 3);
        let hanging = if kill { self.chance.random_range(0..4) } else { 0 };
        // Nobody but this test has the database now.
        let meanwhile = self.some(0..6, |dice| match dice.chance.random_range(0..40) {
            0..12 => Step::Write(Write::Tell(dice.some(1..5, Self::tale))),
            12..24 => Step::Write(dice.rights()),
            24 => Step::Flood(dice.somebody()),
            25 => Step::Bulk,
            26 => Step::Forget(dice.chance.random_range(10..90)),
            _ => dice.device(),
        });
        Step::Restart { node, kill, hanging, meanwhile }
    }

    fn hall(&mut self) -> Hall {
        let (course, semester) = (self.chance.random_range(0..2), self.chance.random_range(1..4));
        match self.chance.random_range(0..12) {
            0..3 => Hall::Students,
            3 => Hall::Faculty,
            4 => Hall::Admins,
            5 => Hall::Course(course),
            6 => Hall::Year(self.chance.random_range(2025..2027)),
            7 => Hall::Semester(semester),
            8 => Hall::Cohort(course, semester),
            9 => Hall::Teachers(course),
            _ => Hall::Person(self.somebody()),
        }
    }

    fn tale(&mut self) -> Tale {
        let until = match self.chance.random_range(0..10) {
            0 => Until::Past,
            1 if matches!(self.kind, Kind::Inside(_)) => Until::Soon(self.chance.random_range(1..5000)),
            _ => Until::Always,
        };
        let excepts = self.chance.random_ratio(1, 4);
        let except = if excepts { self.some(1..3, Self::hall) } else { Vec::new() };
        let weight = *[0, 10, 500, 20_000].choose(&mut self.chance).unwrap();
        Tale { to: self.some(1..4, Self::hall), except, until, weight }
    }

    fn crowd(&mut self) -> Crowd {
        let (course, semester) = (self.chance.random_range(0..2), self.chance.random_range(1..4));
        match self.chance.random_range(0..10) {
            0..2 => Crowd::All,
            2 => Crowd::Students,
            3 => Crowd::Faculty,
            4 => Crowd::Course(course),
            5 => Crowd::Year(self.chance.random_range(2025..2027)),
            6 => Crowd::Semester(semester),
            7..9 => Crowd::CourseSemester(course, semester),
            _ => Crowd::One(self.chance.random_range(ASHA..=CHITRA)),
        }
    }

    /// One crowd, or two whose particulars do not mix.
    fn crowds(&mut self) -> Vec<Crowd> {
        let mut crowds = vec![self.crowd()];
        let other = self.crowd();
        let plain = |crowd| matches!(crowd, Crowd::All | Crowd::Students | Crowd::Faculty | Crowd::One(_));
        if self.chance.random_ratio(1, 3) && plain(other) && !plain(crowds[0]) {
            crowds.push(other);
        }
        crowds
    }
}

/// Small events for many, of which some are for nobody: more than a client must be given when it comes back.
pub(super) fn bulk() -> Vec<Tale> {
    let tale = |number: usize| Tale {
        to: vec![Hall::Students, Hall::Faculty],
        except: if number.is_multiple_of(7) { vec![Hall::Students] } else { Vec::new() },
        until: if number.is_multiple_of(5) { Until::Past } else { Until::Always },
        weight: 0,
    };
    (0..1400).map(tale).collect()
}

/// For one person, more than the queue of a socket and the buffers of a connection hold.
pub(super) fn flood(who: Who) -> Vec<Tale> {
    let tale = Tale { to: vec![Hall::Person(who)], except: Vec::new(), until: Until::Always, weight: 64_000 };
    vec![tale; 130]
}
