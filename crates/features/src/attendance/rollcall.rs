//! The roll-call board: a class is opened, whoever teaches it taps, everybody at it sees each tap.
//!
//! A tap writes the record at once: there is no second place where attendance stands. Which tap counts is decided in
//! `rollcall_rules.rs`. Every tap is kept; one that arrives twice is taken once.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use axum::{Json as Answer, extract::State};
use jiff::civil::Date;
use lamplight_auth::Staff as StaffCaller;
use lamplight_http::{ApiError, Json, Params, PathId, Staff};
use lamplight_kernel::{AttendanceId, ClassId, CourseId, Problem, Room, StudentId, TapId, Target, Timestamp, UserId};
use lamplight_store::{StoreError, Tx};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::{
    document::{Recorder, StudentName},
    events::{ClassStamp, Closed, Opened, Tapped, TappedMark},
    form::{Wrong, lengths},
    rollcall_rules::{Tap, take},
    rollcall_store::{self as board, Class, Key, NewClass},
    routes::{invalid_filter, may_act_for},
    rules::{AttendanceError, Kind, Session, Status, Tally, hours, minutes},
    store::{self, Model, Said},
    write::{self, Hand, Held, Mark, News, Way, write},
};
use crate::{
    App, accounts,
    courses::{self, CourseName},
    routing::routes,
    students,
    wire::{Change, Envelope, data, told},
};

/// Taps in one request.
const MAX_TAPS: usize = 1000;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_classes, open_class))
        .routes(routes!(get_class))
        .routes(routes!(close_class))
        .routes(routes!(mark_students))
}

/// A class of a day, in short.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttendanceClass)]
#[serde(rename_all = "camelCase")]
struct ClassRow {
    /// Its id on the board; nothing when it was recorded without one.
    #[serde(rename = "_id")]
    #[schema(required, value_type = Option<String>)]
    id: Option<ClassId>,
    #[schema(required)]
    course: Option<CourseName>,
    semester: i32,
    subject: String,
    #[schema(value_type = String, format = Date)]
    date: Date,
    session: Session,
    #[serde(rename = "type")]
    kind: Kind,
    /// How long it is.
    total_hours: f64,
    #[schema(required)]
    opened_by: Option<Recorder>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    opened_at: Option<Timestamp>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    closed_at: Option<Timestamp>,
    /// Whether every student of the class is marked.
    taken: bool,
    /// Students in the class.
    students: i64,
    /// Students who are marked.
    marked: i64,
    present: i64,
    late: i64,
    absent: i64,
    leave: i64,
}

/// A class with its students.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RollCallBoard)]
struct Board {
    class: ClassRow,
    /// In the order of the class list.
    students: Vec<Seat>,
}

/// A student of a class.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RollCallSeat)]
#[serde(rename_all = "camelCase")]
struct Seat {
    student: StudentName,
    /// Nothing when not marked yet.
    #[schema(required)]
    status: Option<Status>,
    /// How long the student was there.
    hours_attended: f64,
    /// The record.
    #[schema(required, value_type = Option<String>)]
    attendance: Option<AttendanceId>,
    /// The revision of the record; 0 without one.
    rev: i32,
    /// Who marked last.
    #[schema(required)]
    by: Option<String>,
    /// When the tap that counts was made. Who has seen it taps later, whatever their clock says.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
}

/// A class to be opened.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = NewAttendanceClass)]
#[serde(rename_all = "camelCase", default)]
struct NewClassForm {
    /// The id of the course.
    #[schema(value_type = String)]
    course: Change<String>,
    #[schema(value_type = i32)]
    semester: Change<i32>,
    #[schema(value_type = String)]
    subject: Change<String>,
    /// Today unless told.
    #[schema(value_type = Option<String>, format = Date)]
    date: Change<String>,
    #[schema(value_type = Option<Session>)]
    session: Change<String>,
    #[schema(value_type = Option<Kind>)]
    #[serde(rename = "type")]
    kind: Change<String>,
    /// How long it is: 8 hours for a full day, otherwise 4, unless told.
    #[schema(value_type = Option<f64>)]
    total_hours: Change<f64>,
}

impl NewClassForm {
    fn check(self, app: &App) -> Result<NewClass, AttendanceError> {
        let today = app.institute.today(app.store.clock().now());
        let mut wrong = Wrong::default();
        let date = match self.date {
            Change::Set(_) => wrong.date(self.date, &app.institute),
            Change::Keep | Change::Clear => today,
        };
        if date > today {
            wrong.say("date", "This day has not come yet.");
        }
        let semester = self.semester.apply(None);
        wrong.semester(semester);
        if semester.is_none() {
            wrong.say("semester", "Choose a semester.");
        }
        let session = wrong.session(self.session);
        let length = self.total_hours.apply(None).map_or(Some(session.minutes()), minutes);
        if length.is_none_or(|length| length == 0) {
            wrong.say("totalHours", "Hours must be between 0 and 24.");
        }
        let new = NewClass {
            course: wrong.course(self.course),
            semester: semester.unwrap_or(1),
            subject: wrong.subject(self.subject),
            date,
            session,
            kind: wrong.kind(self.kind),
            minutes_total: length.unwrap_or(session.minutes()),
        };
        wrong.finish()?;
        Ok(new)
    }
}

/// Open a class for marking, or join it: who opens the same one again is given what is there.
#[utoipa::path(
    post, path = "/api/admin/attendance/classes", tag = "attendance", request_body = NewClassForm,
    responses(
        (status = 200, body = Envelope<Board>),
        (status = 403, description = "`attendance.course_forbidden`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn open_class(
    State(app): State<App>,
    Staff(staff): Staff,
    Json(form): Json<NewClassForm>,
) -> Result<Answer<Envelope<Board>>, ApiError> {
    let new = form.check(&app)?;
    may_act_for(app.store.reader(), &staff, new.course).await?;
    let mut tx = app.store.begin().await?;
    write::lock(&tx, new.course, new.date).await?;
    let same = board::find_same(tx.db(), (new.course, new.semester), new.date, &new.subject, new.session).await?;
    let class = match same {
        Some(class) if class.closed_at.is_none() => class,
        other => {
            let class = match other {
                Some(class) => board::update_closed(&tx, &class, None).await?,
                None => board::insert(&tx, &new, staff.user).await?,
            };
            let opened = Opened(stamp(&class)?);
            tx.record(&opened, Target::rooms(markers(new.course)))?;
            class
        }
    };
    tx.commit().await?;
    Ok(told("Open.", shown(&app, &class).await?))
}

/// Those who may mark in a class.
fn markers(course: CourseId) -> [Room; 2] {
    [Room::teachers(course), Room::admins()]
}

fn stamp(class: &Class) -> Result<ClassStamp, StoreError> {
    Ok(ClassStamp {
        class_id: class.id.into(),
        date: store::date(&class.date)?,
        subject: class.subject.clone(),
        semester: class.semester,
        course: class.course_id.into(),
    })
}

/// A class, if the caller may mark in it. For everybody else it is not there.
async fn find<C: ConnectionTrait>(db: &C, staff: &StaffCaller, id: ClassId) -> Result<Class, Problem> {
    let class = board::find(db, id).await?.ok_or(AttendanceError::ClassNotFound)?;
    if staff.may_act_for(class.course_id.into()) { Ok(class) } else { Err(AttendanceError::ClassNotFound.into()) }
}

/// Close a class. Taps that were made before and are still on their way count; later ones do not.
#[utoipa::path(
    post, path = "/api/admin/attendance/classes/{id}/close", tag = "attendance", params(("id" = String, Path)),
    responses((status = 200, body = Envelope<Board>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn close_class(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<ClassId>,
) -> Result<Answer<Envelope<Board>>, ApiError> {
    find(app.store.reader(), &staff, id).await?;
    let mut tx = app.store.begin().await?;
    let mut class = find(tx.db(), &staff, id).await?;
    if class.closed_at.is_none() {
        class = board::update_closed(&tx, &class, Some(tx.now().millis())).await?;
        let closed = Closed(stamp(&class)?);
        tx.record(&closed, Target::rooms(markers(class.course_id.into())))?;
    }
    tx.commit().await?;
    Ok(told("Closed.", shown(&app, &class).await?))
}

/// A class with its students, as it stands.
#[utoipa::path(
    get, path = "/api/admin/attendance/classes/{id}", tag = "attendance", params(("id" = String, Path)),
    responses((status = 200, body = Envelope<Board>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn get_class(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<ClassId>,
) -> Result<Answer<Envelope<Board>>, ApiError> {
    let class = find(app.store.reader(), &staff, id).await?;
    Ok(data(shown(&app, &class).await?))
}

async fn shown(app: &App, class: &Class) -> Result<Board, Problem> {
    let db = app.store.reader();
    let (course, date) = (CourseId::from(class.course_id), store::date(&class.date)?);
    let mut pupils = students::of_class(db, course, class.semester).await?;
    let records = list_records(db, class).await?;
    // Who was marked and has moved on since was in the class all the same.
    let listed: HashSet<Uuid> = pupils.iter().map(|student| student.id).collect();
    let moved = records.keys().filter(|id| !listed.contains(&id.uuid())).copied();
    let moved: Vec<StudentId> = moved.collect();
    if !moved.is_empty() {
        pupils.extend(students::find_by_ids(db, moved).await?.into_values());
        pupils.sort_by(|a, b| a.student_id.cmp(&b.student_id));
    }
    let counting = board::find_counting(db, class.id.into(), None).await?;
    let markers = counting.values().map(|tap| tap.by.uuid());
    let users: BTreeSet<Uuid> =
        markers.chain(records.values().map(|row| row.recorded_by)).chain([class.opened_by]).collect();
    let users = accounts::find_by_ids(db, users.into_iter()).await?;
    let name = |user: Uuid| users.get(&user).map(|user| user.full_name.clone());
    let mut tally = Tally::default();
    let mut seats = Vec::with_capacity(pupils.len());
    for student in &pupils {
        let record = records.get(&student.id.into());
        let status: Option<Status> = record.map(|row| store::word(row, &row.status)).transpose()?;
        if let Some(status) = status {
            tally.add(status, 1, 0, 0);
        }
        let tap = counting.get(&student.id.into());
        let marker = tap.map(|tap| tap.by.uuid());
        seats.push(Seat {
            student: student.into(),
            status,
            hours_attended: record.map_or(0.0, |row| hours(row.minutes_attended)),
            attendance: record.map(|row| row.id.into()),
            rev: record.map_or(0, |row| row.rev),
            by: record.and_then(|row| name(marker.unwrap_or(row.recorded_by))),
            at: tap.map(|tap| Timestamp::from_millis(tap.at)),
        });
    }
    let names = courses::find_names(db).await?;
    let opener = users.get(&class.opened_by).map(Recorder::from);
    let count = i64::try_from(seats.len()).unwrap_or(i64::MAX);
    Ok(Board { class: class_row(class, date, &names, opener, count, &tally)?, students: seats })
}

/// The records of a class, by student.
async fn list_records<C: ConnectionTrait>(db: &C, class: &Class) -> Result<HashMap<StudentId, Model>, StoreError> {
    let date = store::date(&class.date)?;
    let filter = store::Filter {
        dates: Some((date, date)),
        course: Some(class.course_id.into()),
        semester: Some(class.semester),
        subject_is: Some(&class.subject),
        session: class.session.parse().ok(),
        ..store::Filter::default()
    };
    let page = store::list(db, &filter, lamplight_kernel::PageRequest::first(lamplight_kernel::MAX_LIMIT)).await?;
    Ok(page.rows.into_iter().map(|row| (StudentId::from(row.student_id), row)).collect())
}

type CourseNames = HashMap<CourseId, (String, String)>;

fn course_name(names: &CourseNames, id: CourseId) -> Option<CourseName> {
    let (code, name) = names.get(&id)?;
    Some(CourseName { id, course_code: code.clone(), course_name: name.clone() })
}

fn class_row(
    class: &Class,
    date: Date,
    names: &CourseNames,
    opened_by: Option<Recorder>,
    students: i64,
    tally: &Tally,
) -> Result<ClassRow, StoreError> {
    let corrupt =
        |what: &str| StoreError::Corrupt { table: "attendance_classes", what: format!("{}: {what}", class.id) };
    let marked = tally.held() + tally.holiday;
    Ok(ClassRow {
        id: Some(class.id.into()),
        course: course_name(names, class.course_id.into()),
        semester: class.semester,
        subject: class.subject.clone(),
        date,
        session: class.session.parse().map_err(|()| corrupt(&class.session))?,
        kind: class.kind.parse().map_err(|()| corrupt(&class.kind))?,
        total_hours: hours(class.minutes_total),
        opened_by,
        opened_at: Some(Timestamp::from_millis(class.opened_at)),
        closed_at: class.closed_at.map(Timestamp::from_millis),
        taken: marked > 0 && marked >= students,
        students,
        marked,
        present: tally.present,
        late: tally.late,
        absent: tally.absent,
        leave: tally.leave,
    })
}

/// The classes of a day, also those that were recorded without a board: who has been marked, where somebody is missing.
#[utoipa::path(
    get, path = "/api/admin/attendance/classes", tag = "attendance",
    params(("date" = Option<String>, Query, description = "`YYYY-MM-DD`; today unless told")),
    responses((status = 200, body = Envelope<Vec<ClassRow>>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn list_classes(
    State(app): State<App>,
    Staff(staff): Staff,
    params: Params,
) -> Result<Answer<Envelope<Vec<ClassRow>>>, ApiError> {
    let db = app.store.reader();
    let date = match params.text("date") {
        None => app.institute.today(app.store.clock().now()),
        Some(text) => {
            app.institute.date_of(text).ok_or_else(|| invalid_filter("date", "This must be a date, YYYY-MM-DD."))?
        }
    };
    let classes = board::list(db, date, staff.courses()).await?;
    let mut counts = board::tally_day(db, date, staff.courses()).await?;
    let names = courses::find_names(db).await?;
    let sizes = students::count_by_class(db).await?;
    let users = accounts::find_by_ids(db, classes.iter().map(|class| class.opened_by)).await?;
    let size = |course: Uuid, semester: i32| sizes.get(&(course.into(), semester)).copied().unwrap_or(0);
    let mut rows = Vec::new();
    for class in &classes {
        let tally = counts.remove(&Key::of(class)).map(|(_, _, tally)| tally).unwrap_or_default();
        let opener = users.get(&class.opened_by).map(Recorder::from);
        rows.push(class_row(class, date, &names, opener, size(class.course_id, class.semester), &tally)?);
    }
    for (key, (subject, kind, tally)) in counts.into_iter().collect::<BTreeMap<_, _>>() {
        let session: Session = key.session.parse().map_err(|()| StoreError::Corrupt {
            table: "attendance",
            what: format!("the session {:?}", key.session),
        })?;
        let (marked, students) = (tally.held() + tally.holiday, size(key.course, key.semester));
        rows.push(ClassRow {
            id: None,
            course: course_name(&names, key.course.into()),
            semester: key.semester,
            subject,
            date,
            session,
            kind,
            total_hours: hours(session.minutes()),
            opened_by: None,
            opened_at: None,
            closed_at: None,
            taken: marked >= students,
            students,
            marked,
            present: tally.present,
            late: tally.late,
            absent: tally.absent,
            leave: tally.leave,
        });
    }
    Ok(data(rows))
}

/// Taps, in any order. Sent again they change nothing.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct TapsForm {
    taps: Vec<TapForm>,
}

/// One tap.
#[derive(Debug, Default, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
struct TapForm {
    /// A UUID made on the device.
    tap_id: String,
    /// The student record's id.
    student: String,
    /// Nothing takes the mark back.
    #[schema(value_type = Option<Status>)]
    status: Change<String>,
    /// The whole class for who was there, otherwise 0, unless told.
    #[schema(value_type = Option<f64>)]
    hours_attended: Change<f64>,
    /// The revision that the marker saw; 0 for a student who was not marked.
    #[schema(value_type = Option<i32>)]
    base: Change<i32>,
    /// When it was made, by the device's clock. A time to come is taken for now.
    at: String,
}

/// What became of a tap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = TapOutcome)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    /// It is what counts now.
    Counts,
    /// A later one counts. It stands in the history.
    Overtaken,
    /// It had arrived before.
    Repeated,
    /// It can't be taken.
    Refused,
}

/// What became of a tap.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TapResult {
    /// As it was sent.
    tap_id: String,
    /// What became of it.
    outcome: Outcome,
    /// Somebody else had marked this student differently meanwhile. Nothing is lost; somebody should look.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    conflict: Option<Conflict>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    error: Option<String>,
}

/// What somebody else had said.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = TapConflict)]
struct Conflict {
    /// The status; nothing when the mark was taken back.
    #[schema(required)]
    status: Option<Status>,
    /// Who: the name.
    by: String,
}

/// What became of all of them.
#[derive(Debug, Serialize, ToSchema)]
struct TapResults {
    /// In the order they were sent.
    results: Vec<TapResult>,
    /// What counts now for each student who was named.
    marks: Vec<TappedMark>,
}

/// Mark students in a class that is open. Taps may come late, in any order, and again.
#[utoipa::path(
    post, path = "/api/admin/attendance/classes/{id}/taps", tag = "attendance", params(("id" = String, Path)),
    request_body = TapsForm,
    responses((status = 200, body = Envelope<TapResults>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn mark_students(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<ClassId>,
    Json(form): Json<TapsForm>,
) -> Result<Answer<Envelope<TapResults>>, ApiError> {
    if form.taps.len() > MAX_TAPS {
        let mut wrong = Wrong::default();
        wrong.say("taps", "Send at most 1000 taps at once.");
        wrong.finish()?;
    }
    let class = find(app.store.reader(), &staff, id).await?;
    let mut tx = app.store.begin().await?;
    write::lock(&tx, class.course_id.into(), store::date(&class.date)?).await?;
    let class = find(tx.db(), &staff, id).await?;
    let results = Marking::begin(&tx, class, &staff, &form.taps).await?.finish(&mut tx, form.taps).await?;
    tx.commit().await?;
    Ok(data(results))
}

/// A request of taps, while it is worked on.
struct Marking {
    class: Class,
    held: Held,
    session: Session,
    by: UserId,
    name: String,
    arrived: HashSet<TapId>,
    known: HashMap<StudentId, students::entity::Model>,
    /// The records before.
    records: HashMap<StudentId, Model>,
    /// The taps that counted before.
    counting: HashMap<StudentId, Tap>,
    /// The names of who made those.
    names: HashMap<Uuid, String>,
}

/// A tap that was read.
struct Read {
    student: StudentId,
    tap: Tap,
    base: Option<i32>,
}

impl Marking {
    async fn begin(tx: &Tx, class: Class, staff: &StaffCaller, taps: &[TapForm]) -> Result<Self, Problem> {
        let ids: Vec<TapId> = taps.iter().filter_map(|tap| tap.tap_id.parse().ok()).collect();
        let named: BTreeSet<StudentId> = taps.iter().filter_map(|tap| tap.student.parse().ok()).collect();
        let named: Vec<StudentId> = named.into_iter().collect();
        let corrupt = |what: &str| StoreError::Corrupt { table: "attendance_classes", what: what.to_owned() };
        let session = class.session.parse().map_err(|()| corrupt(&class.session))?;
        let held = Held {
            course: class.course_id.into(),
            date: store::date(&class.date)?,
            subject: class.subject.clone(),
            session,
            kind: class.kind.parse().map_err(|()| corrupt(&class.kind))?,
            class: Some(class.id),
        };
        let records = write::find_records(tx, &held, named.iter().copied()).await?;
        let counting = board::find_counting(tx.db(), class.id.into(), Some(&named)).await?;
        let markers: BTreeSet<Uuid> =
            counting.values().map(|tap| tap.by.uuid()).chain(records.values().map(|row| row.recorded_by)).collect();
        let users = accounts::find_by_ids(tx.db(), markers.into_iter()).await?;
        Ok(Self {
            arrived: board::find_arrived(tx, &ids).await?.into_iter().collect(),
            known: students::find_by_ids(tx.db(), named).await?,
            names: users.into_iter().map(|(id, user)| (id, user.full_name)).collect(),
            class,
            held,
            session,
            by: staff.user,
            name: staff.full_name.clone(),
            records,
            counting,
        })
    }

    /// One tap, or why it can't be taken.
    fn read(&self, form: TapForm, now: i64) -> Result<Read, String> {
        let id: TapId = form.tap_id.parse().map_err(|_| "The id of a tap must be a UUID in lower case.")?;
        let student: StudentId = form.student.parse().map_err(|_| "There is no such student.")?;
        let known = self.known.get(&student).ok_or("There is no such student.")?;
        let in_class = known.course_id == self.class.course_id && known.semester == self.class.semester;
        let record = self.records.get(&student);
        if record.is_some_and(|row| row.course_id != self.class.course_id) {
            return Err("This student has a record of another course for this class.".to_owned());
        }
        if !in_class && record.is_none() && !self.counting.contains_key(&student) {
            return Err("This student is not in this class.".to_owned());
        }
        let status: Option<Status> = form
            .status
            .apply(None)
            .map(|text| text.parse().map_err(|()| format!("The status must be one of {}.", Status::choices())))
            .transpose()?;
        let at: jiff::Timestamp = form.at.parse().map_err(|_| "Say when the tap was made, as 2026-11-22T10:00:00Z.")?;
        let at = at.as_millisecond().min(now);
        if self.class.closed_at.is_some_and(|closed| at > closed) {
            return Err(AttendanceError::ClassClosed.to_string());
        }
        let stay = form.hours_attended.apply(None).map(|hours| minutes(hours).ok_or("Hours must be between 0 and 24."));
        let minutes_attended = match status {
            None => 0,
            Some(status) => lengths(status, self.session, stay.transpose()?, Some(self.class.minutes_total))?.0,
        };
        let tap = Tap { id, at, status, minutes_attended, by: self.by };
        Ok(Read { student, tap, base: form.base.apply(None) })
    }

    async fn finish(self, tx: &mut Tx, forms: Vec<TapForm>) -> Result<TapResults, Problem> {
        let now = tx.now().millis();
        let mut results = Vec::with_capacity(forms.len());
        let mut fresh = Vec::new();
        let mut seen = self.arrived.clone();
        let mut named = BTreeSet::new();
        for form in forms {
            let tap_id = form.tap_id.clone();
            let result = |outcome, error| TapResult { tap_id: tap_id.clone(), outcome, conflict: None, error };
            match self.read(form, now) {
                Err(error) => results.push(result(Outcome::Refused, Some(error))),
                Ok(read) if !seen.insert(read.tap.id) => {
                    named.insert(read.student);
                    results.push(result(Outcome::Repeated, None));
                }
                Ok(read) => {
                    named.insert(read.student);
                    results.push(result(Outcome::Overtaken, None));
                    fresh.push((results.len() - 1, read));
                }
            }
        }
        let mut counting = self.counting.clone();
        for (_, read) in &fresh {
            take(&mut counting, read.student, read.tap);
        }
        let (mut overtaken, mut changed) = (Vec::new(), BTreeSet::new());
        for (index, read) in &fresh {
            let Some(result) = results.get_mut(*index) else { continue };
            if counting.get(&read.student).is_some_and(|best| best.id == read.tap.id) {
                result.outcome = Outcome::Counts;
                changed.insert(read.student);
            } else {
                overtaken.push(read);
            }
            result.conflict = self.conflict(read, result.outcome);
        }
        let rows = fresh.iter().map(|(_, read)| board::row_of(tx, self.class.id.into(), read.student, &read.tap));
        write::insert_taps(tx, rows.collect()).await?;
        let records = self.apply(tx, &counting, changed, &overtaken).await?;
        let marks = named
            .iter()
            .map(|&student| mark_of(student, records.get(&student), counting.get(&student)))
            .collect::<Result<_, _>>()?;
        Ok(TapResults { results, marks })
    }

    /// What somebody else had said that this tap did not know of.
    fn conflict(&self, read: &Read, outcome: Outcome) -> Option<Conflict> {
        let record = self.records.get(&read.student);
        let before = self.counting.get(&read.student);
        let author = before.map(|tap| tap.by.uuid()).or(record.map(|row| row.recorded_by))?;
        let status: Option<Status> = record.and_then(|row| row.status.parse().ok());
        let unseen = outcome == Outcome::Overtaken || read.base != Some(record.map_or(0, |row| row.rev));
        let other = author != self.by.uuid() && status != read.tap.status;
        let by = self.names.get(&author).cloned().unwrap_or_default();
        (unseen && other).then_some(Conflict { status, by })
    }

    /// Writes what counts now into the records, and tells. Gives the records as they are then.
    async fn apply(
        &self,
        tx: &mut Tx,
        counting: &HashMap<StudentId, Tap>,
        changed: BTreeSet<StudentId>,
        overtaken: &[&Read],
    ) -> Result<HashMap<StudentId, Model>, Problem> {
        let hand = Hand { by: self.by, way: Way::Board, reason: None };
        let mut records = self.records.clone();
        let mut news = News::default();
        let (mut marks, mut touched) = (Vec::new(), BTreeSet::new());
        for student in changed {
            let Some(tap) = counting.get(&student) else { continue };
            match (tap.status, self.records.get(&student)) {
                (Some(status), _) => marks.push(self.mark(student, status, tap.minutes_attended)),
                (None, Some(row)) => {
                    write::delete(tx, row, hand, &mut news).await?;
                    records.remove(&student);
                    touched.insert(student);
                }
                (None, None) => {}
            }
        }
        let (_, rows) = write(tx, &self.held, marks, &self.records, hand, &mut news).await?;
        for row in rows {
            touched.insert(row.student_id.into());
            records.insert(row.student_id.into(), row);
        }
        let mut lines = Vec::new();
        for read in overtaken {
            // Own taps in their order are one hand; what somebody else had said differently is worth a line.
            let differs = counting.get(&read.student).is_some_and(|best| best.status != read.tap.status);
            let (Some(status), Some(row), true) = (read.tap.status, records.get(&read.student), differs) else {
                continue;
            };
            let said = Said { status, hours_attended: hours(read.tap.minutes_attended), ..Said::of(row)? };
            let said = serde_json::to_string(&said).map_err(StoreError::from)?;
            lines.push(write::about(tx, row, "overtaken", None, Some(said), hand));
        }
        write::insert_lines(tx, lines).await?;
        if !touched.is_empty() {
            let marks =
                touched.into_iter().map(|student| mark_of(student, records.get(&student), counting.get(&student)));
            let tapped = Tapped {
                class_id: self.class.id.into(),
                by: self.name.clone(),
                marks: marks.collect::<Result<_, _>>()?,
            };
            tx.record(&tapped, Target::rooms(markers(self.held.course)))?;
        }
        news.tell(tx).await?;
        Ok(records)
    }

    fn mark(&self, student: StudentId, status: Status, minutes_attended: i32) -> Mark {
        Mark {
            student,
            semester: self.class.semester,
            status,
            minutes_attended,
            minutes_total: self.class.minutes_total,
            remarks: None,
        }
    }
}

fn mark_of(student: StudentId, record: Option<&Model>, tap: Option<&Tap>) -> Result<TappedMark, StoreError> {
    Ok(TappedMark {
        student,
        status: record.map(|row| store::word(row, &row.status)).transpose()?,
        hours_attended: record.map_or(0.0, |row| hours(row.minutes_attended)),
        attendance: record.map(|row| row.id.into()),
        rev: record.map_or(0, |row| row.rev),
        at: tap.map(|tap| Timestamp::from_millis(tap.at)),
    })
}
