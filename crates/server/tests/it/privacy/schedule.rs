//! What happens, and what each student may know of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use lamplight_kernel::{Control, CourseId};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};

use crate::support::{Backend, Heard, Institute, Live, Member, Seat};

/// The students of this story, by their human ids.
pub(super) const STUDENTS: [&str; 3] = ["asha", "bina", "chitra"];
/// Semester, subject and type of each exam; whether it is of GNM, else of ANM.
const EXAMS: [(bool, i32, &str, &str); 3] = [
    (true, 3, "Pharmacology", "Internal"),
    (true, 3, "Child Health Nursing", "External"),
    (false, 3, "Community Health", "Internal"),
];
const DATES: [&str; 3] = ["2026-11-18", "2026-11-19", "2026-11-20"];
const STATUSES: [&str; 5] = ["Present", "Absent", "Late", "Leave", "Medical Leave"];

/// A mark as the model knows it.
#[derive(Debug, Clone, Default)]
pub(super) struct Mark {
    pub(super) id: String,
    /// Of 100, in hundredths.
    pub(super) obtained: i64,
    pub(super) is_published: bool,
    /// It is published when the undo window of its sheet ends.
    is_due: bool,
    /// Whatever its student could ever see of it.
    pub(super) shown: BTreeSet<i64>,
}

/// A record of attendance as the model knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attended {
    /// Course and semester that it was first recorded in.
    pub(super) of: (CourseId, i32),
    pub(super) status: &'static str,
    pub(super) remarks: String,
}

/// One student's page: a connection, or where it goes on.
enum Page {
    Live(Live),
    Away(Seat),
}

/// The institute, the model, and the pages.
pub(super) struct World {
    pub(super) institute: Institute,
    chance: StdRng,
    /// By exam and student.
    pub(super) marks: BTreeMap<(usize, usize), Mark>,
    /// When the undo window of an exam's sheet ends.
    due: [Option<i64>; EXAMS.len()],
    sheets: [Option<String>; EXAMS.len()],
    /// By student, date, subject and session.
    pub(super) attendance: BTreeMap<(usize, &'static str, &'static str), Attended>,
    /// Course and semester of each student.
    pub(super) places: [(CourseId, i32); STUDENTS.len()],
    pages: Vec<Page>,
    /// Title and text of every notice that each student is to have.
    pub(super) notices: [Vec<(String, String)>; STUDENTS.len()],
    /// What each student was told since the last look.
    pub(super) heard: [Vec<Heard>; STUDENTS.len()],
    used: BTreeSet<i64>,
    words: u32,
    steps: Vec<String>,
}

impl World {
    pub(super) async fn open(backend: Backend, seed: u64) -> Self {
        let institute = Institute::open(backend).await;
        let (gnm, anm) = (institute.gnm, institute.anm);
        let mut world = Self {
            institute,
            chance: StdRng::seed_from_u64(seed),
            marks: BTreeMap::new(),
            due: [None; EXAMS.len()],
            sheets: Default::default(),
            attendance: BTreeMap::new(),
            places: [(gnm, 3), (gnm, 1), (anm, 3)],
            pages: Vec::new(),
            notices: Default::default(),
            heard: Default::default(),
            used: BTreeSet::new(),
            words: 0,
            steps: Vec::new(),
        };
        for student in 0..STUDENTS.len() {
            let page = world.institute.live(world.member(student)).await;
            world.pages.push(Page::Live(page));
        }
        world
    }

    pub(super) fn member(&self, student: usize) -> &Member {
        let people = &self.institute.people;
        [&people.asha, &people.bina, &people.chitra][student]
    }

    fn now(&self) -> i64 {
        self.institute.clock.now().millis()
    }

    fn course(&self, exam: usize) -> CourseId {
        if EXAMS[exam].0 { self.institute.gnm } else { self.institute.anm }
    }

    /// A score that nobody has had: it names its owner wherever it shows up.
    fn new_score(&mut self) -> i64 {
        loop {
            // No round one: a hundred of those stand elsewhere.
            let score = self.chance.random_range(100..10_000);
            if score % 100 != 0 && self.used.insert(score) {
                return score;
            }
        }
    }

    /// Carries a schedule out, looking again and again.
    pub(super) async fn live_through(&mut self, steps: usize) -> Result<(), String> {
        for step in 0..steps {
            self.step().await;
            if step % 5 == 4 {
                let told = self.look().await;
                told.map_err(|leak| format!("{leak}\n  after:\n  {}", self.steps.join("\n  ")))?;
            }
        }
        Ok(())
    }

    async fn step(&mut self) {
        let student = self.chance.random_range(0..STUDENTS.len());
        let exam = self.chance.random_range(0..EXAMS.len());
        match self.chance.random_range(0..16) {
            0..=3 => self.enter(exam, student).await,
            4 | 5 => self.record(student).await,
            6 | 7 => self.publish(exam).await,
            8 => self.undo(exam).await,
            9 | 10 => {
                let seconds = *[3, 10, 20].choose(&mut self.chance).unwrap();
                self.wait(seconds).await;
            }
            11 => self.recall(exam).await,
            12 => self.delete(exam, student).await,
            13 => self.move_somewhere(student).await,
            _ => self.cut_or_return(student).await,
        }
    }

    /// What the planted leaks need: two students in one class, a published mark, a draft, attendance of both.
    pub(super) async fn prepare(&mut self) {
        self.place(1, (self.institute.gnm, 3)).await;
        self.enter(0, 0).await;
        self.publish(0).await;
        self.wait(20).await;
        self.enter(1, 0).await;
        self.record(0).await;
        self.record(1).await;
        let of = |student| move |mark: &Mark| (student, mark.is_published);
        let marks: Vec<_> = self.marks.iter().map(|((_, student), mark)| of(*student)(mark)).collect();
        assert_eq!(marks, [(0, true), (0, false)]);
        assert_eq!(self.attendance.len(), 2);
    }

    async fn enter(&mut self, exam: usize, student: usize) {
        let (_, semester, subject, kind) = EXAMS[exam];
        let score = self.new_score();
        let body = json!({
            "examType": kind, "course": self.course(exam), "semester": semester, "subject": subject, "theoryMax": 100,
            "practicalMax": 0, "vivaMax": 0, "assignmentMax": 0, "reason": "Counted again",
            "marksData": [{"studentId": STUDENTS[student], "theoryObtained": score as f64 / 100.0}],
        });
        let answer = self.institute.json("POST", &self.institute.people.office, "/api/admin/marks", &body).await;
        let is_taken = answer.status == 200 && answer.data()["success"] == 1;
        self.note(format!("{} in {subject}: {score}, {}", STUDENTS[student], answer.status));
        // A sheet that is about to be published takes nothing; nobody gets a mark of a class they are not in.
        let is_of_class = self.places[student] == (self.course(exam), semester);
        if self.due[exam].is_some() || (!is_of_class && !self.marks.contains_key(&(exam, student))) {
            assert!(!is_taken, "{}", answer.json());
        }
        if !is_taken {
            return;
        }
        self.sheets[exam] = Some(answer.data()["sheet"].as_str().unwrap().to_owned());
        let mark = self.marks.entry((exam, student)).or_default();
        mark.obtained = score;
        let (is_new, is_published) = (mark.id.is_empty(), mark.is_published);
        if is_published {
            mark.shown.insert(score);
            let text = "your mark was changed after it was published. What it was and why it changed is on your page.";
            self.is_told(student, exam, "Mark changed", text);
        }
        if is_new {
            let id = self.find_mark(exam, student).await;
            self.marks.get_mut(&(exam, student)).unwrap().id = id;
        }
    }

    async fn find_mark(&self, exam: usize, student: usize) -> String {
        let list = self.institute.get(&self.institute.people.office, "/api/admin/marks").await.data();
        let is_it = |mark: &&Value| {
            mark["subject"] == EXAMS[exam].2 && mark["student"]["studentId"].as_str() == Some(STUDENTS[student])
        };
        list["marks"].as_array().unwrap().iter().find(is_it).unwrap()["_id"].as_str().unwrap().to_owned()
    }

    async fn publish(&mut self, exam: usize) {
        let (_, semester, subject, kind) = EXAMS[exam];
        let body = json!({"examType": kind, "course": self.course(exam), "semester": semester, "subject": subject});
        let path = "/api/admin/marks/publish";
        let answer = self.institute.json("PUT", &self.institute.people.office, path, &body).await;
        self.note(format!("publish {subject}, {}", answer.status));
        let is_running = self.due[exam].is_some();
        let mut count = 0;
        for ((_, _), mark) in self.marks.iter_mut().filter(|((of, _), _)| *of == exam) {
            if !is_running && !mark.is_published {
                mark.is_due = true;
                count += 1;
            }
        }
        assert_eq!(answer.data()["modifiedCount"], count, "as many as are told later");
        if count > 0 {
            self.due[exam] = Some(self.now() + i64::try_from(self.institute.settings.undo_window.as_millis()).unwrap());
        }
    }

    async fn undo(&mut self, exam: usize) {
        let Some(sheet) = &self.sheets[exam] else { return };
        let path = format!("/api/admin/marks/sheets/{sheet}/undo");
        let answer = self.institute.bare("POST", &self.institute.people.office, &path).await;
        self.note(format!("undo {}, {}", EXAMS[exam].2, answer.status));
        assert_eq!(answer.status == 200, self.due[exam].is_some());
        if answer.status == 200 {
            self.due[exam] = None;
            self.marks.iter_mut().filter(|((of, _), _)| *of == exam).for_each(|(_, mark)| mark.is_due = false);
        }
    }

    async fn wait(&mut self, seconds: u64) {
        self.note(format!("{seconds} seconds pass"));
        self.institute.clock.advance(Duration::from_secs(seconds));
        lamplight_features::marks::publish_due(self.institute.store()).await.unwrap();
        let now = self.now();
        for exam in 0..EXAMS.len() {
            if self.due[exam].is_some_and(|due| due <= now) {
                self.due[exam] = None;
                let mut seen = Vec::new();
                for ((_, student), mark) in self.marks.iter_mut().filter(|((of, _), mark)| *of == exam && mark.is_due) {
                    (mark.is_due, mark.is_published) = (false, true);
                    mark.shown.insert(mark.obtained);
                    seen.push(*student);
                }
                for student in seen {
                    self.is_told(student, exam, "Marks published", "your marks are on your page.");
                }
            }
        }
    }

    async fn recall(&mut self, exam: usize) {
        let Some(sheet) = &self.sheets[exam] else { return };
        let path = format!("/api/admin/marks/sheets/{sheet}/recall");
        let body = json!({"reason": "The wrong key"});
        let answer = self.institute.json("POST", &self.institute.people.office, &path, &body).await;
        self.note(format!("recall {}, {}", EXAMS[exam].2, answer.status));
        if answer.status == 200 {
            let of_exam = self.marks.iter_mut().filter(|((of, _), _)| *of == exam);
            let hidden =
                of_exam.filter_map(|((_, student), mark)| std::mem::take(&mut mark.is_published).then_some(*student));
            for student in hidden.collect::<Vec<_>>() {
                let text =
                    "your marks were taken back and can't be seen for now. You are told when they are published again.";
                self.is_told(student, exam, "Marks recalled", text);
            }
        }
    }

    async fn delete(&mut self, exam: usize, student: usize) {
        let Some(mark) = self.marks.get(&(exam, student)) else { return };
        let path = format!("/api/admin/marks/{}?reason=A+mistake", mark.id);
        let answer = self.institute.bare("DELETE", &self.institute.people.office, &path).await;
        self.note(format!("delete {} of {}, {}", EXAMS[exam].2, STUDENTS[student], answer.status));
        if answer.status == 200 {
            let mark = self.marks.remove(&(exam, student)).unwrap();
            if mark.is_published {
                let text = "your mark was taken back and deleted. It does not count any more.";
                self.is_told(student, exam, "Mark deleted", text);
            }
        }
    }

    async fn record(&mut self, student: usize) {
        let (course, semester) = self.places[student];
        let date = *DATES.choose(&mut self.chance).unwrap();
        let session = *["Morning", "Afternoon"].choose(&mut self.chance).unwrap();
        let status = *STATUSES.choose(&mut self.chance).unwrap();
        self.words += 1;
        let remarks = format!("word-{}-", self.words);
        let body = json!({
            "date": date, "course": course, "semester": semester, "subject": "Anatomy", "session": session, "type": "Theory",
            "reason": "Looked again",
            "students": [{"studentId": STUDENTS[student], "status": status, "hoursAttended": 2, "remarks": remarks}],
        });
        let answer = self.institute.json("POST", &self.institute.people.office, "/api/admin/attendance", &body).await;
        self.note(format!("{} is {status} on {date}, {}", STUDENTS[student], answer.status));
        if answer.status == 200 {
            // What is corrected stays a record of the semester it was recorded in, whoever has moved since.
            let key = (student, date, session);
            let of = self.attendance.get(&key).map_or((course, semester), |before| before.of);
            let before = self.attendance.insert(key, Attended { of, status, remarks });
            self.is_told_of_class(student, (date, session), before.map(|record| record.status), status);
        } else {
            // What they have of another course stays that course's.
            assert!(self.attendance.contains_key(&(student, date, session)), "{}", answer.json());
        }
    }

    /// A student is to have a notice about an exam, all of which are of the day on which this story begins.
    fn is_told(&mut self, student: usize, exam: usize, what: &str, text: &str) {
        let (_, _, subject, kind) = EXAMS[exam];
        let text = format!("{subject} ({kind}), exam of 22 November 2026: {text}");
        self.notices[student].push((format!("{what}: {subject}"), text));
    }

    /// A student is to have a notice about a class, unless there is nothing to tell.
    fn is_told_of_class(&mut self, student: usize, (date, session): (&str, &str), was: Option<&str>, is: &str) {
        let (what, text) = match (was, is) {
            (None, "Present") => return,
            (None, "Absent") => ("Marked absent", "Absent.".to_owned()),
            (None, "Late") => ("Marked late", "Late.".to_owned()),
            (None, leave) => ("Leave recorded", format!("{leave}.")),
            (Some(was), is) if was == is => {
                ("Attendance corrected", format!("{is}, as before; the hours, the kind or the remark changed."))
            }
            (Some(was), is) => ("Attendance corrected", format!("{is} instead of {was}.")),
        };
        let day = date.rsplit('-').next().unwrap();
        let text = format!(
            "Anatomy ({session}), {day} November 2026: {text}\nIf something is not right, ask who teaches the class."
        );
        self.notices[student].push((format!("{what}: Anatomy"), text));
    }

    async fn move_somewhere(&mut self, student: usize) {
        let (gnm, anm) = (self.institute.gnm, self.institute.anm);
        let place = *[(gnm, 3), (gnm, 1), (anm, 3)].choose(&mut self.chance).unwrap();
        self.place(student, place).await;
    }

    async fn place(&mut self, student: usize, place: (CourseId, i32)) {
        self.note(format!("{} moves to semester {}", STUDENTS[student], place.1));
        let mut tx = self.institute.store().begin().await.unwrap();
        let sql =
            format!("UPDATE students SET course_id = $1, semester = $2 WHERE student_id = '{}'", STUDENTS[student]);
        let db = sea_orm::ConnectionTrait::get_database_backend(tx.db());
        let values: [sea_orm::Value; 2] = [place.0.uuid().into(), place.1.into()];
        let statement = sea_orm::Statement::from_sql_and_values(db, sql, values);
        sea_orm::ConnectionTrait::execute_raw(tx.db(), statement).await.unwrap();
        tx.control(&Control::RoomsChanged { user: self.member(student).user }).unwrap();
        tx.commit().await.unwrap();
        self.places[student] = place;
    }

    async fn cut_or_return(&mut self, student: usize) {
        let page = self.pages.remove(student);
        let page = match page {
            Page::Live(live) => {
                self.note(format!("{} is cut off", STUDENTS[student]));
                Page::Away(live.cut().await)
            }
            Page::Away(seat) => self.returned(student, &seat).await,
        };
        self.pages.insert(student, page);
    }

    async fn returned(&mut self, student: usize, seat: &Seat) -> Page {
        self.note(format!("{} comes back", STUDENTS[student]));
        Page::Live(self.institute.back(self.member(student), seat).await)
    }

    /// Brings everybody back, and takes in what their sockets got.
    pub(super) async fn listen(&mut self) {
        for student in 0..STUDENTS.len() {
            if let Page::Away(seat) = &self.pages[student] {
                let seat = seat.clone();
                self.pages[student] = self.returned(student, &seat).await;
            }
        }
        self.institute.ring().await;
        for (page, heard) in self.pages.iter_mut().zip(&mut self.heard) {
            if let Page::Live(live) = page {
                heard.extend(live.before_the_bell().await);
            }
        }
    }

    pub(super) async fn document_of_a_published_mark(&self) -> Value {
        let mark = self.marks.values().find(|mark| mark.is_published).unwrap();
        let path = format!("/api/admin/marks/{}", mark.id);
        self.institute.get(&self.institute.people.office, &path).await.data()
    }

    fn note(&mut self, what: String) {
        self.steps.push(what);
    }
}
