//! The judge is judged: it accepts what was right, and rejects each thing that can be wrong.

use lamplight_kernel::{Room, Target, Timestamp};

use super::{
    history::{Act, Caught, History, Line, Link, Moment, Saying, Seen, State, Tick, control},
    judge::{PROMISED_REPLAY, judge},
};

const EPOCH: u32 = 7;

/// A history that is made by hand. One person, in `students` and `semester:3`, with one device.
struct Story {
    history: History,
    tick: Tick,
}

impl Story {
    fn new() -> Self {
        let mut history = History { people: vec![state(3), state(1)], devices: vec![Vec::new()], ..History::default() };
        history.epochs.push(Moment { begun: 0, done: 0, what: EPOCH });
        history.clock.push(Moment { begun: 0, done: 0, what: 1000 });
        Self { history, tick: 10 }
    }

    fn tick(&mut self) -> Tick {
        self.tick += 1;
        self.tick
    }

    fn act(&mut self, saying: Saying, rights: Option<(usize, State)>) {
        let (begun, done) = (self.tick(), Some(self.tick()));
        let epoch = self.history.epochs.last().unwrap().what;
        let seq = i64::try_from(self.history.lines.len()).unwrap() + 1;
        let (name, key) = (saying.name.clone(), saying.key.clone());
        self.history.lines.push(Line { epoch, seq, name, key });
        self.history.acts.push(Act { begun, done, says: vec![saying], rights });
    }

    fn tell(&mut self, target: Target) {
        let key = format!("m{}", self.history.lines.len() + 1);
        self.act(Saying { name: "news".to_owned(), key, target }, None);
    }

    fn move_to(&mut self, semester: i32) {
        self.act(control(&"somebody"), Some((0, state(semester))));
    }

    /// A connection of person 0 that is given these events of the log.
    fn link(&mut self, came: Option<&str>, pid: &str, seqs: &[usize]) -> &mut Link {
        let (begun, answered) = (self.tick(), self.tick());
        let caught = seqs.iter().map(|&seq| self.caught(seq)).collect();
        let (came, pid) = (came.map(str::to_owned), pid.to_owned());
        self.history.devices[0].push(Seen::Link(Link { who: 0, session: 1, begun, answered, came, pid, caught }));
        match self.history.devices[0].last_mut() {
            Some(Seen::Link(link)) => link,
            _ => unreachable!("it was just put there"),
        }
    }

    /// More events on the newest connection.
    fn hear(&mut self, seqs: &[usize]) {
        let caught: Vec<_> = seqs.iter().map(|&seq| self.caught(seq)).collect();
        if let Some(Seen::Link(link)) = self.history.devices[0].last_mut() {
            link.caught.extend(caught);
        }
    }

    fn caught(&mut self, seq: usize) -> Caught {
        let line = self.history.lines[seq - 1].clone();
        Caught { tick: self.tick(), name: line.name, key: line.key, offset: format!("{:08x}.{}", line.epoch, line.seq) }
    }

    #[track_caller]
    fn accepts(&self) {
        assert_eq!(judge(&self.history).map_err(|fault| fault.what).err(), None);
    }

    #[track_caller]
    fn rejects(&self, why: &str) {
        let told = judge(&self.history).expect_err("to be rejected").what;
        assert!(told.contains(why), "{told}");
    }
}

fn state(semester: i32) -> State {
    State { rooms: vec![Room::students(), Room::semester(semester)], session: 1, active: true }
}

fn students() -> Target {
    Target::rooms([Room::students()])
}

fn third() -> Target {
    Target::rooms([Room::semester(3)])
}

/// Connected before five events, of which the third is for others and the fourth excepts it; given these.
fn given(seqs: &[usize]) -> Story {
    let mut story = Story::new();
    story.link(None, "p", &[]);
    story.tell(students());
    story.tell(third());
    story.tell(Target::rooms([Room::semester(4)]));
    story.tell(students().except([Room::semester(3)]));
    story.tell(students());
    story.hear(seqs);
    story
}

#[test]
fn what_is_right_is_accepted_and_a_lost_a_doubled_a_swapped_and_a_leaked_event_are_not() {
    given(&[1, 2, 5]).accepts();
    given(&[1, 2]).accepts();
    given(&[2, 5]).rejects("lost");
    given(&[1, 5]).rejects("lost");
    given(&[1, 1, 2, 5]).rejects("again");
    given(&[1, 2, 5, 5]).rejects("again");
    given(&[2, 1, 5]).rejects("lost");
    given(&[1, 2, 5, 2]).rejects("again");
    given(&[1, 2, 3, 5]).rejects("not for");
    given(&[1, 2, 4, 5]).rejects("not for");
    let mut story = given(&[1, 2, 5]);
    if let Some(Seen::Link(link)) = story.history.devices[0].last_mut() {
        link.caught[1].key = "m9".to_owned();
    }
    story.rejects("changed on the way");
}

#[test]
fn who_comes_back_goes_on_where_it_was_and_who_begins_anew_does_not() {
    let resumed = |first: &[usize], then: &[usize]| {
        let mut story = given(first);
        story.link(Some("p"), "p", then);
        story
    };
    resumed(&[1], &[2, 5]).accepts();
    resumed(&[], &[1, 2, 5]).accepts();
    resumed(&[1], &[1, 2, 5]).rejects("again");
    resumed(&[1], &[5]).rejects("lost");

    let mut story = given(&[1]);
    story.link(Some("p"), "q", &[]);
    story.rejects("without need");
    let mut story = given(&[1]);
    story.link(None, "q", &[5]);
    story.rejects("again");
    let mut story = given(&[1]);
    (0..=PROMISED_REPLAY).for_each(|_| story.tell(students()));
    story.link(Some("p"), "q", &[]);
    story.tell(students());
    let last = story.history.lines.len();
    story.hear(&[last]);
    story.accepts();
    story.tell(students());
    story.hear(&[last + 1]);
    story.accepts();
}

#[test]
fn the_same_pid_must_be_ones_own_and_nothing_lost() {
    let mut story = given(&[1]);
    story.link(Some("p"), "p", &[]).who = 1;
    story.rejects("somebody else's");

    let mut story = given(&[1]);
    let (begun, done) = (story.tick(), story.tick());
    story.history.floors.push(Moment { begun, done, what: (EPOCH, 2) });
    story.link(Some("p"), "q", &[]);
    story.accepts();
    story.link(Some("q"), "q", &[]);
    story.accepts();
    let mut story = given(&[1]);
    story.history.floors.push(Moment { begun, done, what: (EPOCH, 2) });
    story.tick += 10;
    story.link(Some("p"), "p", &[5]);
    story.rejects("lost");

    let mut story = given(&[1]);
    let (begun, done) = (story.tick(), story.tick());
    story.history.epochs.push(Moment { begun, done, what: EPOCH + 1 });
    story.link(Some("p"), "p", &[]);
    story.rejects("another log");
}

#[test]
fn rights_count_as_they_are_when_the_event_is_handled() {
    let moved = |seqs: &[usize]| {
        let mut story = Story::new();
        story.link(None, "p", &[]);
        story.tell(third());
        story.hear(&[1]);
        story.move_to(4);
        story.tell(third());
        story.tell(Target::rooms([Room::semester(4)]));
        story.tell(students());
        story.hear(seqs);
        story
    };
    moved(&[4, 5]).accepts();
    moved(&[3, 4, 5]).rejects("not for");
    moved(&[5]).rejects("lost");

    // Of what came before, who comes back after it is given what is for today.
    let replayed = |seqs: &[usize]| {
        let mut story = Story::new();
        story.link(None, "p", &[]);
        story.tell(third());
        story.tell(Target::rooms([Room::semester(4)]));
        story.move_to(4);
        story.tell(students());
        story.link(Some("p"), "p", seqs);
        story
    };
    replayed(&[2, 4]).accepts();
    replayed(&[1, 2, 4]).rejects("not for");
    replayed(&[4]).rejects("lost");

    // Nobody can say which rooms counted for what was handled while they changed.
    for heard in [&[1, 3][..], &[3]] {
        let mut story = Story::new();
        story.link(None, "p", &[]);
        story.tell(third());
        story.move_to(4);
        story.tell(students());
        story.hear(heard);
        story.accepts();
    }
}

#[test]
fn a_session_that_ended_hears_nothing_and_is_not_let_in() {
    let signed_out = |session: i32| {
        let mut story = Story::new();
        story.link(None, "p", &[]);
        story.act(control(&"somebody"), Some((0, State { session: 2, ..state(3) })));
        story.tell(students());
        story.link(Some("p"), "p", &[2]).session = session;
        story
    };
    signed_out(2).accepts();
    signed_out(1).rejects("had ended");
    let mut story = Story::new();
    story.link(None, "p", &[]);
    story.act(control(&"somebody"), Some((0, State { session: 2, ..state(3) })));
    story.tell(students());
    story.hear(&[2]);
    story.rejects("not for");

    let refused = |code: &str| {
        let mut story = Story::new();
        story.act(control(&"somebody"), Some((0, State { active: false, ..state(3) })));
        let (begun, answered) = (story.tick(), story.tick());
        story.history.devices[0].push(Seen::Refused { who: 0, session: 1, begun, answered, code: code.to_owned() });
        story
    };
    refused("auth.account_inactive").accepts();
    refused("auth.signed_out").rejects("was refused");
}

#[test]
fn what_has_expired_is_no_news() {
    let until = |until: i64, seqs: &[usize]| {
        let mut story = Story::new();
        story.link(None, "p", &[]);
        story.tell(students().until(Some(Timestamp::from_millis(until))));
        story.tell(students());
        story.hear(seqs);
        story
    };
    until(1001, &[1, 2]).accepts();
    until(1001, &[2]).rejects("lost");
    until(1000, &[2]).accepts();
    until(1000, &[1, 2]).rejects("not for");
}

#[test]
fn what_nobody_did_and_what_was_answered_and_is_gone_are_noticed() {
    let mut story = given(&[1, 2, 5]);
    story.history.acts.pop();
    story.rejects("nobody did");
    let mut story = given(&[1, 2]);
    story.history.lines.pop();
    story.rejects("stands in no log");
    story.history.acts.last_mut().unwrap().done = None;
    story.accepts();
}
