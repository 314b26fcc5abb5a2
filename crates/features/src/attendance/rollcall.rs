//! The roll-call board: a class is opened, whoever teaches it taps (`taps.rs`), everybody at it sees each tap. When it is closed, its
//! students are told.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    time::Duration,
};

use axum::{Json as Answer, extract::State};
use jiff::civil::Date;
use lamplight_auth::Staff as StaffCaller;
use lamplight_http::{ApiError, Json, Params, PathId, Staff};
use lamplight_kernel::{AttendanceId, ClassId, CourseId, Problem, Room, StudentId, Target, Timestamp};
use lamplight_store::{Store, StoreError, Tx};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::{
    document::{Recorder, StudentName},
    events::{ClassStamp, Closed, Opened},
    form::Wrong,
    rollcall_store::{self as board, Class, Key, NewClass},
    routes::{invalid_filter, may_act_for, may_record},
    rules::{AttendanceError, Kind, Session, Status, Tally, hours, minutes},
    store::{self, Model},
    taps,
    write::{self, Changes},
};
use crate::{
    App, accounts,
    courses::{self, CourseName},
    routing::routes,
    students,
    wire::{Change, Envelope, data, told},
};

/// For how long a class may be open, and for how long nobody may have marked in it, before it counts as forgotten.
const OPEN_AT_MOST: Duration = Duration::from_secs(24 * 3600);
const QUIET: Duration = Duration::from_secs(12 * 3600);

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_classes, open_class))
        .routes(routes!(get_class))
        .routes(routes!(close_class))
        .routes(routes!(taps::mark_students))
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
    may_act_for(app.store.reader(), &staff, new.course, &new.subject).await?;
    let mut tx = app.store.begin().await?;
    let known = courses::find(tx.db(), new.course).await?;
    if let Some(course) = known.filter(|course| new.semester > course.semesters) {
        let mut wrong = Wrong::default();
        wrong.say("semester", format!("{} has the semesters 1 to {}.", course.code, course.semesters));
        wrong.finish()?;
    }
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
pub(super) fn markers(course: CourseId) -> [Room; 2] {
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

/// A class, if the caller teaches its course. For everybody else it is not there.
pub(super) async fn find<C: ConnectionTrait>(db: &C, staff: &StaffCaller, id: ClassId) -> Result<Class, Problem> {
    let class = board::find(db, id).await?.ok_or(AttendanceError::ClassNotFound)?;
    if staff.may_act_for(class.course_id.into()) { Ok(class) } else { Err(AttendanceError::ClassNotFound.into()) }
}

/// A class, if the caller may mark in it; who teaches the course, but another subject of it, may look.
pub(super) async fn find_to_mark<C: ConnectionTrait>(
    db: &C,
    staff: &StaffCaller,
    id: ClassId,
) -> Result<Class, Problem> {
    let class = find(db, staff, id).await?;
    may_record(db, staff, class.course_id.into(), &class.subject).await?;
    Ok(class)
}

/// Close a class: its students are told. Taps that were made before and are still on their way count; later ones do not.
#[utoipa::path(
    post, path = "/api/admin/attendance/classes/{id}/close", tag = "attendance", params(("id" = String, Path)),
    responses((status = 200, body = Envelope<Board>), (status = "4XX", body = lamplight_http::ErrorBody))
)]
async fn close_class(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<ClassId>,
) -> Result<Answer<Envelope<Board>>, ApiError> {
    let class = find_to_mark(app.store.reader(), &staff, id).await?;
    let mut tx = app.store.begin().await?;
    let class = close(&mut tx, &class).await?;
    tx.commit().await?;
    Ok(told("Closed.", shown(&app, &class).await?))
}

/// Closes a class if it is open, and tells its students what is settled now.
async fn close(tx: &mut Tx, class: &Class) -> Result<Class, StoreError> {
    let (course, date) = (class.course_id.into(), store::date(&class.date)?);
    // After all taps that are being written.
    write::lock(tx, course, date).await?;
    let class = board::find(tx.db(), class.id.into()).await?.unwrap_or_else(|| class.clone());
    if class.closed_at.is_some() {
        return Ok(class);
    }
    let class = board::update_closed(tx, &class, Some(tx.now().millis())).await?;
    let mut changes = Changes::default();
    let pupils = students::of_class(tx.db(), course, class.semester).await?;
    let records = list_records(tx.db(), &class, &pupils).await?;
    let settled = changes.settle_all(records.into_values().collect())?;
    write::update_told(tx, &settled).await?;
    tx.record(&Closed(stamp(&class)?), Target::rooms(markers(course)))?;
    changes.tell(tx).await?;
    Ok(class)
}

/// Closes classes that somebody forgot: open for a day and not marked for half a day. Their students would never be told. Says how
/// many.
///
/// # Errors
/// When the database fails.
pub async fn close_forgotten(store: &Store) -> Result<usize, StoreError> {
    let now = store.clock().now();
    let forgotten =
        board::find_forgotten(store.reader(), now.minus(OPEN_AT_MOST).millis(), now.minus(QUIET).millis()).await?;
    for class in &forgotten {
        let mut tx = store.begin().await?;
        close(&mut tx, class).await?;
        tx.commit().await?;
    }
    Ok(forgotten.len())
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
    let records = list_records(db, class, &pupils).await?;
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
    let names = courses::find_names_of(db, [class.course_id.into()]).await?;
    let opener = users.get(&class.opened_by).map(Recorder::from);
    let count = i64::try_from(seats.len()).unwrap_or(i64::MAX);
    Ok(Board { class: class_row(class, date, &names, opener, count, &tally)?, students: seats })
}

/// The records of a class, by student. Who is in it now may have been in another semester when they were recorded.
async fn list_records<C: ConnectionTrait>(
    db: &C,
    class: &Class,
    pupils: &[students::entity::Model],
) -> Result<HashMap<StudentId, Model>, StoreError> {
    let listed: HashSet<Uuid> = pupils.iter().map(|student| student.id).collect();
    let mut records = board::find_records(db, class).await?;
    records.retain(|row| {
        row.semester == class.semester || row.class_id == Some(class.id) || listed.contains(&row.student_id)
    });
    Ok(records.into_iter().map(|row| (StudentId::from(row.student_id), row)).collect())
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
