//! The people of a plan: what they are, how that is changed, and who writes what into the log.

use std::sync::{Arc, Mutex};

use lamplight_kernel::{Control, CourseId, Event, Room, StudentId, Target, Timestamp, UserId};
use lamplight_store::{Store, Tx};
use sea_orm::{ConnectionTrait, Statement, Value};
use serde::Serialize;

use crate::support::{Institute, Member};

use super::{
    history::{Chronicle, Saying, State, Who, control},
    plan::{CHITRA, Change, Crowd, Hall, LIBRARIAN, OFFICE, TEACHER, Tale, Until},
};

/// The event of a tale.
#[derive(Serialize)]
struct News<'a> {
    mark: &'a str,
    weight: String,
}

impl Event for News<'_> {
    const NAME: &'static str = "tests:news";
}

#[derive(Debug, Clone)]
enum Station {
    Office,
    Faculty { teaches: [bool; 2] },
    Student { course: usize, semester: i32, year: i32 },
}

/// Somebody.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) member: Member,
    station: Station,
    pub(super) session: i32,
    pub(super) active: bool,
    pub(super) password: String,
}

/// What has a name in the plan and an id in the database.
#[derive(Debug)]
pub(super) struct Names {
    users: Vec<UserId>,
    students: Vec<Option<StudentId>>,
    courses: [CourseId; 2],
}

impl Names {
    pub(super) fn room(&self, hall: Hall) -> Room {
        match hall {
            Hall::Students => Room::students(),
            Hall::Faculty => Room::faculty(),
            Hall::Admins => Room::admins(),
            Hall::Course(course) => Room::course(self.courses[course]),
            Hall::Year(year) => Room::year(year),
            Hall::Semester(semester) => Room::semester(semester),
            Hall::Cohort(course, semester) => Room::cohort(self.courses[course], semester),
            Hall::Teachers(course) => Room::teachers(self.courses[course]),
            Hall::Person(who) => Room::user(self.users[who]),
        }
    }

    fn rooms(&self, halls: &[Hall]) -> Vec<Room> {
        halls.iter().map(|&hall| self.room(hall)).collect()
    }

    /// The rooms of an audience, each once, in the order of their names.
    pub(super) fn audience(&self, crowds: &[Crowd]) -> Vec<Room> {
        let halls = crowds.iter().flat_map(|&crowd| match crowd {
            Crowd::All => vec![Hall::Students, Hall::Faculty],
            Crowd::Students => vec![Hall::Students],
            Crowd::Faculty => vec![Hall::Faculty],
            Crowd::Course(course) => vec![Hall::Course(course), Hall::Teachers(course)],
            Crowd::Year(year) => vec![Hall::Year(year)],
            Crowd::Semester(semester) => vec![Hall::Semester(semester)],
            Crowd::CourseSemester(course, semester) => vec![Hall::Cohort(course, semester), Hall::Teachers(course)],
            Crowd::One(who) => vec![Hall::Person(who)],
        });
        let mut rooms: Vec<_> = halls.chain([Hall::Admins]).map(|hall| self.room(hall)).collect();
        rooms.sort_unstable();
        rooms.dedup();
        rooms
    }

    /// An audience as the form has it: `targetAudience` and `specificTargets`.
    pub(super) fn choice(&self, crowds: &[Crowd]) -> (String, serde_json::Value) {
        let mut targets = serde_json::json!({});
        let kinds = crowds.iter().map(|&crowd| match crowd {
            Crowd::All => "all",
            Crowd::Students => "students",
            Crowd::Faculty => "faculty",
            Crowd::Course(course) => {
                targets["courses"] = serde_json::json!([self.courses[course]]);
                "specific_course"
            }
            Crowd::Year(year) => {
                targets["years"] = serde_json::json!([year]);
                "specific_year"
            }
            Crowd::Semester(semester) => {
                targets["semesters"] = serde_json::json!([semester]);
                "specific_semester"
            }
            Crowd::CourseSemester(course, semester) => {
                targets["courses"] = serde_json::json!([self.courses[course]]);
                targets["semesters"] = serde_json::json!([semester]);
                "specific_course_semester"
            }
            Crowd::One(who) => {
                targets["students"] = serde_json::json!([self.students[who]]);
                "specific_students"
            }
        });
        (kinds.collect::<Vec<_>>().join(","), targets)
    }
}

/// Writes to the database and keeps the chronicle of it. Cheap to clone.
#[derive(Clone)]
pub(super) struct Pen {
    pub(super) names: Arc<Names>,
    pub(super) people: Arc<Mutex<Vec<Person>>>,
    pub(super) chronicle: Arc<Chronicle>,
}

impl Pen {
    pub(super) fn new(institute: &Institute, chronicle: Arc<Chronicle>) -> Self {
        let all = &institute.people;
        let members = [&all.office, &all.teacher, &all.librarian, &all.asha, &all.bina, &all.chitra];
        let person = |(who, member): (Who, &&Member)| {
            let station = match who {
                OFFICE => Station::Office,
                TEACHER => Station::Faculty { teaches: [true, false] },
                LIBRARIAN => Station::Faculty { teaches: [false, false] },
                CHITRA => Station::Student { course: 1, semester: 3, year: 2025 },
                who if who == CHITRA - 1 => Station::Student { course: 0, semester: 1, year: 2026 },
                _ => Station::Student { course: 0, semester: 3, year: 2025 },
            };
            let member = (*member).clone();
            Person { member, station, session: 1, active: true, password: crate::support::PASSWORD.to_owned() }
        };
        let names = Names {
            users: members.iter().map(|member| member.user).collect(),
            students: members.iter().map(|member| member.student).collect(),
            courses: [institute.gnm, institute.anm],
        };
        let people = members.iter().enumerate().map(person).collect();
        Self { names: Arc::new(names), people: Arc::new(Mutex::new(people)), chronicle }
    }

    pub(super) fn person(&self, who: Who) -> Person {
        self.people.lock().unwrap()[who].clone()
    }

    fn put(&self, who: Who, person: Person) {
        self.people.lock().unwrap()[who] = person;
    }

    /// What somebody is, as the model sees it.
    pub(super) fn state(&self, person: &Person) -> State {
        let halls = match person.station {
            Station::Office => vec![Hall::Admins],
            Station::Faculty { teaches } => {
                let taught = [0, 1].into_iter().filter(|course| teaches[*course]).map(Hall::Teachers);
                taught.chain([Hall::Faculty]).collect()
            }
            Station::Student { course, semester, year } => vec![
                Hall::Students,
                Hall::Course(course),
                Hall::Year(year),
                Hall::Semester(semester),
                Hall::Cohort(course, semester),
            ],
        };
        let mut rooms = self.names.rooms(&halls);
        rooms.push(Room::user(person.member.user));
        State { rooms, session: person.session, active: person.active }
    }

    /// Records events, in one transaction.
    pub(super) async fn tell(&self, store: &Store, tales: &[Tale]) {
        let mut tx = store.begin().await.unwrap();
        let mut says = Vec::new();
        for tale in tales {
            let mark = self.chronicle.mark();
            let until = match tale.until {
                Until::Always => None,
                Until::Past => Some(Timestamp::from_millis(1)),
                Until::Soon(millis) => Some(Timestamp::from_millis(store.clock().now().millis() + millis)),
            };
            let (to, except) = (self.names.rooms(&tale.to), self.names.rooms(&tale.except));
            let target = Target { to, except, until };
            let news = News { mark: &mark, weight: "x".repeat(tale.weight) };
            tx.record(&news, target.clone()).unwrap();
            says.push(Saying { name: News::NAME.to_owned(), key: mark, target });
        }
        let act = self.chronicle.begin(says, None);
        tx.commit().await.unwrap();
        self.chronicle.done(act);
    }

    /// An event for everybody, which tells that all before it has come.
    pub(super) async fn ring(&self, store: &Store, number: u64) {
        let mut tx = store.begin().await.unwrap();
        let mark = format!("{}{number}", super::device::BELL);
        let target = Target::rooms(self.names.rooms(&[Hall::Students, Hall::Faculty, Hall::Admins]));
        tx.record(&News { mark: &mark, weight: String::new() }, target.clone()).unwrap();
        let act = self.chronicle.begin(vec![Saying { name: News::NAME.to_owned(), key: mark, target }], None);
        tx.commit().await.unwrap();
        self.chronicle.done(act);
    }

    /// Changes somebody's rights, as the office will be able to. What does not fit the person is not done.
    pub(super) async fn change(&self, store: &Store, who: Who, change: Change) {
        let mut person = self.person(who);
        let user = person.member.user;
        let (sql, value): (_, Value) = match (change, &mut person.station) {
            (Change::Semester(to), Station::Student { semester, .. }) => {
                *semester = to;
                ("UPDATE students SET semester = $2 WHERE user_id = $1", to.into())
            }
            (Change::Course(to), Station::Student { course, .. }) => {
                *course = to;
                ("UPDATE students SET course_id = $2 WHERE user_id = $1", self.names.courses[to].uuid().into())
            }
            (Change::Teaches(gnm, anm), Station::Faculty { teaches }) => {
                *teaches = [gnm, anm];
                return self.teach(store, who, person).await;
            }
            // A faculty record stays with who is an administrator for a while.
            (Change::Role, station @ Station::Faculty { .. }) if who == LIBRARIAN => {
                *station = Station::Office;
                ("UPDATE users SET role = $2 WHERE id = $1", "admin".into())
            }
            (Change::Role, station @ Station::Office) if who == LIBRARIAN => {
                *station = Station::Faculty { teaches: [false, false] };
                ("UPDATE users SET role = $2 WHERE id = $1", "faculty".into())
            }
            (Change::Active, _) => {
                person.active = !person.active;
                ("UPDATE users SET is_active = $2 WHERE id = $1", i32::from(person.active).into())
            }
            (Change::SignOut, _) => {
                person.session += 1;
                ("UPDATE users SET session_version = $2 WHERE id = $1", person.session.into())
            }
            _ => return,
        };
        let tx = store.begin().await.unwrap();
        run(&tx, sql, [user.uuid().into(), value]).await;
        let control = match change {
            Change::SignOut => Control::SignedOut { user },
            _ => Control::RoomsChanged { user },
        };
        self.seal(tx, who, person, &control).await;
    }

    async fn teach(&self, store: &Store, who: Who, person: Person) {
        let Station::Faculty { teaches } = person.station else { return };
        let user = person.member.user;
        let tx = store.begin().await.unwrap();
        let theirs = "(SELECT id FROM faculty WHERE user_id = $1)";
        let forget = format!("DELETE FROM faculty_courses WHERE faculty_id IN {theirs}");
        run(&tx, &forget, [user.uuid().into()]).await;
        for course in [0, 1].into_iter().filter(|course| teaches[*course]) {
            let learn = format!(
                "INSERT INTO faculty_courses (faculty_id, course_id) SELECT id, $2 FROM faculty WHERE id IN {theirs}"
            );
            run(&tx, &learn, [user.uuid().into(), self.names.courses[course].uuid().into()]).await;
        }
        self.seal(tx, who, person, &Control::RoomsChanged { user }).await;
    }

    async fn seal(&self, mut tx: Tx, who: Who, person: Person, told: &Control) {
        tx.control(told).unwrap();
        let says = vec![control(person.member.user)];
        let act = self.chronicle.begin(says, Some((who, self.state(&person))));
        tx.commit().await.unwrap();
        self.chronicle.done(act);
        self.put(who, person);
    }

    /// Another password: `answer` asks for it over HTTP.
    pub(super) async fn sign_out(&self, who: Who, password: String, answer: impl Future<Output = u16>) {
        let mut person = self.person(who);
        (person.session, person.password) = (person.session + 1, password);
        let says = vec![control(person.member.user)];
        let act = self.chronicle.begin(says, Some((who, self.state(&person))));
        assert_eq!(answer.await, 200, "another password");
        self.chronicle.done(act);
        self.put(who, person);
    }
}

async fn run(tx: &Tx, sql: &str, values: impl IntoIterator<Item = Value>) {
    let statement = Statement::from_sql_and_values(tx.db().get_database_backend(), sql, values);
    tx.db().execute_raw(statement).await.unwrap();
}
