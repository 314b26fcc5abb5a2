//! Files of attendance: read by the names of their columns, planned, and applied exactly as planned.
//!
//! A plan says of each row what it would do and why not. It is kept, and applying it means doing that and nothing else: when a
//! record was changed since, the plan is refused and made again. The one-call route of the existing client does both at once
//! and records what can be recorded: it shows how many rows that are.

use std::collections::{BTreeMap, HashMap, HashSet, hash_map::Entry};

use axum::{
    Json as Answer,
    extract::{DefaultBodyLimit, Multipart, State, multipart::MultipartRejection},
    middleware::from_fn,
};
use jiff::civil::Date;
use lamplight_auth::Staff as StaffCaller;
use lamplight_http::{ApiError, PathId, Staff, drain};
use lamplight_kernel::{AttendanceImportId, Class, CourseId, Problem, StudentId};
use lamplight_sheets::{CellError, Column, Limits, Record, Sheet};
use lamplight_store::{StoreError, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::{
    form::lengths,
    rollcall_store as board,
    rules::{
        AttendanceError, Kind, MAX_REMARKS, MAX_SEMESTER, MAX_SUBJECT, Session, Status, hours, minutes, one_line,
        subject_key,
    },
    store::{Model, Said},
    write::{self, Changes, Hand, Held, Mark, Way, Written, write},
};
use crate::{
    App,
    audit::{self, Act},
    courses,
    faculty::Teaching,
    imports::{self, FailedRow, FileForm, Imported},
    routing::routes,
    students,
    tables::{self, MAX_BYTES},
    wire::{Envelope, data, told},
};

/// The feature, in the table of plans.
const NOUN: &str = "attendance";
/// Rows of a file that are planned.
const MAX_ROWS: usize = 10_000;

const DATE: Column = Column::required("Date", &[]);
const STUDENT: Column = Column::required("Student ID", &["Student", "Roll No", "Roll Number"]);
const COURSE: Column = Column::required("Course", &["Course Code"]);
const SUBJECT: Column = Column::required("Subject", &[]);
const SEMESTER: Column = Column::optional("Semester", &[]);
const SESSION: Column = Column::optional("Session", &[]);
const KIND: Column = Column::optional("Type", &[]);
const STATUS: Column = Column::required("Status", &[]);
const HOURS: Column = Column::optional("Hours Attended", &["Hours"]);
const LENGTH: Column = Column::optional("Total Hours", &[]);
const REMARKS: Column = Column::optional("Remarks", &[]);
const COLUMNS: [Column; 11] = [DATE, STUDENT, COURSE, SUBJECT, SEMESTER, SESSION, KIND, STATUS, HOURS, LENGTH, REMARKS];

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(plan_import))
        .routes(routes!(import_at_once))
        .layer(DefaultBodyLimit::max(MAX_BYTES + 64 * 1024))
        .layer(from_fn(drain))
        .routes(routes!(apply_import))
}

/// What a row of a file would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AttendanceImportAction)]
#[serde(rename_all = "lowercase")]
enum Action {
    /// Record for the first time.
    Add,
    /// Correct what is recorded.
    Change,
    /// Nothing: it is recorded just so.
    Same,
    /// Nothing: it can't be done.
    Refused,
}

/// A row of a file and what it would do.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = AttendanceImportRow)]
#[serde(rename_all = "camelCase")]
struct Planned {
    /// As a spreadsheet numbers it.
    row: usize,
    /// As the file names the student.
    student_id: String,
    action: Action,
    /// Why it can't be done.
    #[schema(required)]
    error: Option<String>,
    /// What it was.
    #[schema(required)]
    was: Option<Status>,
    /// The revision of the record that it would correct; 0 without one.
    rev: i32,
    /// What it says, when it can be read.
    #[schema(required)]
    said: Option<Wanted>,
}

/// What a row of a file says. What it does not say stays as it is recorded.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = AttendanceImportSaid)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    /// At the institute.
    #[schema(value_type = String, format = Date)]
    date: Date,
    /// The code of the course.
    course: String,
    subject: String,
    #[schema(required)]
    semester: Option<i32>,
    session: Session,
    #[serde(rename = "type")]
    #[schema(required)]
    kind: Option<Kind>,
    status: Status,
    /// In minutes.
    #[schema(required)]
    minutes_attended: Option<i32>,
    /// In minutes.
    #[schema(required)]
    minutes_total: Option<i32>,
    #[schema(required)]
    remarks: Option<String>,
}

impl Wanted {
    /// The record that it asks for, with its minutes attended and in all, or why there can be none.
    fn record(&self, before: Option<(&Model, &Said)>) -> Result<(Said, (i32, i32)), String> {
        let stays = before.filter(|(_, said)| said.status == self.status).map(|(row, _)| row.minutes_attended);
        let stays = stays.map(|stay| self.minutes_total.map_or(stay, |length| stay.min(length)));
        let length = before.map(|(row, _)| row.minutes_total.max(self.minutes_attended.unwrap_or(0)));
        let lengths =
            lengths(self.status, self.session, self.minutes_attended.or(stays), self.minutes_total.or(length))
                .map_err(|text| format!("{}: {text}", HOURS.name))?;
        let said = Said {
            status: self.status,
            kind: self.kind.or(before.map(|(_, said)| said.kind)).unwrap_or(Kind::Theory),
            hours_attended: hours(lengths.0),
            total_hours: hours(lengths.1),
            remarks: self.remarks.clone().or_else(|| before.and_then(|(_, said)| said.remarks.clone())),
        };
        Ok((said, lengths))
    }
}

/// A file that was read, and what it would do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttendanceImport)]
#[serde(rename_all = "camelCase")]
struct Import {
    /// To be applied with.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    id: AttendanceImportId,
    file_name: String,
    total: usize,
    add: usize,
    change: usize,
    same: usize,
    refused: usize,
    rows: Vec<Planned>,
}

/// Read a file (CSV or XLSX) and say what it would do. Nothing is recorded yet.
#[utoipa::path(
    post, path = "/api/admin/attendance/imports", tag = "attendance",
    request_body(content = FileForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, body = Envelope<Import>),
        (status = 400, description = "`attendance.file_unreadable`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn plan_import(
    State(app): State<App>,
    Staff(staff): Staff,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Answer<Envelope<Import>>, ApiError> {
    let (file_name, rows) = read(&app, multipart).await?;
    let tx = app.store.begin_long().await?;
    let plan = Plan::make(&app, &tx, &staff, rows).await?;
    let id: AttendanceImportId = imports::keep(&tx, NOUN, &file_name, &plan.rows, staff.user).await?;
    tx.commit().await?;
    let count = |action: Action| plan.rows.iter().filter(|row| row.action == action).count();
    Ok(data(Import {
        id,
        file_name,
        total: plan.rows.len(),
        add: count(Action::Add),
        change: count(Action::Change),
        same: count(Action::Same),
        refused: count(Action::Refused),
        rows: plan.rows,
    }))
}

/// Do what a plan said, all of it in one transaction, and nothing else.
#[utoipa::path(
    post, path = "/api/admin/attendance/imports/{id}/apply", tag = "attendance", params(("id" = String, Path)),
    responses(
        (status = 200, body = Envelope<Imported>),
        (status = 409, description = "`attendance.import_applied`, `attendance.import_outdated`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn apply_import(
    State(app): State<App>,
    Staff(staff): Staff,
    PathId(id): PathId<AttendanceImportId>,
) -> Result<Answer<Envelope<Imported>>, ApiError> {
    let mut tx = app.store.begin_long().await?;
    imports::lock(&tx, id).await?;
    let kept = imports::find(tx.db(), NOUN, id, staff.user).await?.ok_or(AttendanceError::ImportNotFound)?;
    if kept.applied_at.is_some() {
        return Err(AttendanceError::ImportApplied.into());
    }
    let rows: Vec<Planned> = serde_json::from_str(&kept.plan).map_err(StoreError::from)?;
    let promised: Vec<(Action, i32)> = rows.iter().map(|row| (row.action, row.rev)).collect();
    let plan = Plan::make(&app, &tx, &staff, rows).await?;
    if plan.rows.iter().map(|row| (row.action, row.rev)).ne(promised) {
        return Err(AttendanceError::ImportOutdated.into());
    }
    imports::mark_applied(&tx, id, None).await?;
    let imported = plan.apply(&mut tx, &staff, &kept.file_name).await?;
    audit::write(&tx, &staff, act(id, &kept.file_name, &imported)).await?;
    tx.commit().await?;
    Ok(told("Saved. It is on their pages now.", imported))
}

/// What the audit says of a file.
fn act(id: AttendanceImportId, file_name: &str, imported: &Imported) -> Act {
    let act = Act::new(audit::Kind::Attendance, "imported", id, file_name);
    act.noted("success", &imported.success).noted("failed", &imported.failed)
}

/// Record a file of attendance at once: what can be recorded is, the rest is named by row.
#[utoipa::path(
    post, path = "/api/admin/attendance/bulk", tag = "attendance",
    request_body(content = FileForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, body = Envelope<Imported>),
        (status = 400, description = "`attendance.file_unreadable`", body = lamplight_http::ErrorBody),
        (status = "4XX", body = lamplight_http::ErrorBody),
    )
)]
async fn import_at_once(
    State(app): State<App>,
    Staff(staff): Staff,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Answer<Envelope<Imported>>, ApiError> {
    let (file_name, rows) = read(&app, multipart).await?;
    let mut tx = app.store.begin_long().await?;
    let plan = Plan::make(&app, &tx, &staff, rows).await?;
    let imported = plan.apply(&mut tx, &staff, &file_name).await?;
    if imported.success > 0 {
        audit::write(&tx, &staff, act(tx.id(), &file_name, &imported)).await?;
    }
    tx.commit().await?;
    let message = match (imported.success, imported.failed) {
        (_, 0) => "Saved. It is on their pages now.",
        (0, _) => "No row could be recorded.",
        _ => "Saved, except for some rows.",
    };
    Ok(told(message, imported))
}

fn unreadable(message: &str) -> Problem {
    Problem::new(Class::Invalid, "attendance.file_unreadable", message.to_owned())
        .with_field("file", message.to_owned())
}

/// The rows of the file of a request.
async fn read(app: &App, multipart: Result<Multipart, MultipartRejection>) -> Result<(String, Vec<Planned>), Problem> {
    let (name, bytes) = tables::receive(multipart, unreadable, app.institute.upload_patience).await?;
    // Reading a workbook takes a while.
    let rows = tokio::task::spawn_blocking(move || rows_of(&bytes)).await.map_err(Problem::internal)??;
    Ok((name, rows))
}

fn rows_of(bytes: &[u8]) -> Result<Vec<Planned>, Problem> {
    let limits = Limits { bytes: MAX_BYTES, rows: MAX_ROWS + 1, ..Limits::default() };
    let sheet = Sheet::read(bytes, &limits).map_err(|error| unreadable(&error.to_string()))?;
    let records = sheet.records(&COLUMNS).map_err(|error| unreadable(&error.to_string()))?;
    if records.is_empty() {
        return Err(unreadable("There is no row below the names of the columns."));
    }
    let planned = |record: Record<'_>| {
        let (said, error) = match wanted(&record) {
            Ok(said) => (Some(said), None),
            Err(error) => (None, Some(format!("{}: {}", error.column, error.message))),
        };
        let student_id = record.text(&STUDENT).to_owned();
        Planned { row: record.row(), student_id, action: Action::Refused, error, was: None, rev: 0, said }
    };
    Ok(records.iter().map(planned).collect())
}

fn wanted(record: &Record<'_>) -> Result<Wanted, CellError> {
    record.need(&STUDENT)?;
    record.need(&DATE)?;
    let date = record.date(&DATE)?.ok_or_else(|| record.error(&DATE, "Say when it was."))?;
    let subject = one_line(record.need(&SUBJECT)?);
    if subject.chars().count() > MAX_SUBJECT {
        return Err(record.error(&SUBJECT, "Use at most 100 characters."));
    }
    let semester: Option<i32> = record.whole(&SEMESTER)?;
    if semester.is_some_and(|semester| !(1..=MAX_SEMESTER).contains(&semester)) {
        return Err(record.error(&SEMESTER, "A semester must be a number from 1 to 12."));
    }
    record.need(&STATUS)?;
    let status: Status = record.parse(&STATUS, "a status")?.unwrap_or(Status::Present);
    let session = record.parse(&SESSION, "a part of the day")?.unwrap_or(Session::Morning);
    let kind = record.parse(&KIND, "a kind of class")?;
    let length_of = |column| match record.number(column)? {
        None => Ok(None),
        Some(hours) => minutes(hours).map(Some).ok_or_else(|| record.error(column, "Hours must be between 0 and 24.")),
    };
    let (minutes_attended, minutes_total) = (length_of(&HOURS)?, length_of(&LENGTH)?);
    if minutes_total == Some(0) {
        return Err(record.error(&LENGTH, "A class has a length."));
    }
    let remarks = Some(record.text(&REMARKS).trim().to_owned()).filter(|text| !text.is_empty());
    if remarks.as_ref().is_some_and(|text| text.chars().count() > MAX_REMARKS) {
        return Err(record.error(&REMARKS, "Use at most 500 characters."));
    }
    let course = record.need(&COURSE)?.to_owned();
    Ok(Wanted { date, course, subject, semester, session, kind, status, minutes_attended, minutes_total, remarks })
}

/// The records of one class that a file names.
struct Group {
    held: Held,
    marks: Vec<Mark>,
    before: HashMap<StudentId, Model>,
}

/// What a file would do.
struct Plan {
    rows: Vec<Planned>,
    groups: Vec<Group>,
}

/// What a student has one record of.
type Slot = (CourseId, Date, String, Session);

impl Plan {
    /// Looks at each row as things are in this transaction, in which nobody else can change these classes.
    async fn make(app: &App, tx: &Tx, staff: &StaffCaller, rows: Vec<Planned>) -> Result<Self, Problem> {
        let today = app.institute.today(tx.now());
        let teaching = Teaching::of(tx.db(), staff).await?;
        let names = courses::find_names(tx.db()).await?;
        let codes: HashMap<String, CourseId> =
            names.into_iter().map(|(id, (code, _))| (code.to_lowercase(), id)).collect();
        let named: HashSet<String> = rows.iter().map(|row| row.student_id.to_lowercase()).collect();
        let known = students::find_by_human_ids(tx.db(), named).await?;
        let known: HashMap<String, _> = known.into_iter().map(|row| (row.student_id.to_lowercase(), row)).collect();

        let slot = |said: &Wanted| -> Option<Slot> {
            let course = *codes.get(&said.course.to_lowercase())?;
            Some((course, said.date, subject_key(&said.subject), said.session))
        };
        let mut wanted = BTreeMap::<Slot, (String, Vec<StudentId>)>::new();
        for row in &rows {
            let Some(said) = &row.said else { continue };
            let (Some(slot), Some(student)) = (slot(said), known.get(&row.student_id.to_lowercase())) else { continue };
            wanted.entry(slot).or_insert_with(|| (said.subject.clone(), Vec::new())).1.push(student.id.into());
        }
        let mut recorded = HashMap::<Slot, (Held, HashMap<StudentId, Model>)>::new();
        let mut locked = None;
        for (slot, (subject, students)) in wanted {
            let (course, date, _, session) = slot;
            // In their order, so that two imports do not wait for each other.
            if locked != Some((course, date)) {
                write::lock(tx, course, date).await?;
                locked = Some((course, date));
            }
            let held = Held { course, date, subject, session, kind: Kind::Theory, class: None };
            let before = write::find_records(tx, &held, students).await?;
            recorded.insert(slot, (held, before));
        }

        let mut groups = BTreeMap::<(Slot, Kind, Option<Uuid>), Group>::new();
        let mut classes = HashMap::<(Slot, i32), Option<Uuid>>::new();
        let mut seen = HashSet::new();
        let mut planned = Vec::with_capacity(rows.len());
        for row in rows {
            let Some(said) = row.said.clone() else {
                planned.push(row);
                continue;
            };
            let check = || -> Result<(Slot, StudentId, i32), String> {
                let slot = slot(&said).ok_or("There is no course with this code.")?;
                let student = known.get(&row.student_id.to_lowercase()).ok_or("There is no student with this id.")?;
                let id = StudentId::from(student.id);
                if !staff.may_act_for(slot.0) {
                    return Err("You do not teach this course.".to_owned());
                }
                if !teaching.covers(slot.0, &said.subject) {
                    return Err("You do not teach this subject.".to_owned());
                }
                if said.date > today {
                    return Err("This day has not come yet.".to_owned());
                }
                let in_class = student.is_in(slot.0.uuid(), said.semester);
                match recorded.get(&slot).and_then(|(_, before)| before.get(&id)) {
                    Some(record) if CourseId::from(record.course_id) != slot.0 => {
                        return Err("This student has a record of another course for this class.".to_owned());
                    }
                    None if !in_class => return Err("This student is not in this class.".to_owned()),
                    Some(record) => return Ok((slot, id, record.semester)),
                    None => {}
                }
                Ok((slot, id, said.semester.unwrap_or(student.semester)))
            };
            let checked = check().and_then(|(slot, student, semester)| {
                let once = seen.insert((student, slot.1, slot.2.clone(), slot.3));
                if once { Ok((slot, student, semester)) } else { Err("An earlier row says this already.".to_owned()) }
            });
            let refused =
                |row: Planned, error| Planned { action: Action::Refused, error: Some(error), was: None, rev: 0, ..row };
            let (slot, student, semester) = match checked {
                Ok(checked) => checked,
                Err(error) => {
                    planned.push(refused(row, error));
                    continue;
                }
            };
            let Some((held, before)) = recorded.get(&slot) else { continue };
            let record = before.get(&student);
            let was = record.map(Said::of).transpose()?;
            let (would, (minutes_attended, minutes_total)) = match said.record(record.zip(was.as_ref())) {
                Ok(would) => would,
                Err(error) => {
                    planned.push(refused(row, error));
                    continue;
                }
            };
            let action = match &was {
                None => Action::Add,
                Some(was) if *was == would => Action::Same,
                Some(_) => Action::Change,
            };
            let class = match classes.entry((slot.clone(), semester)) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(unknown) => {
                    // A class that is on a board stays on it, and what is said here overrules the taps of before.
                    let class = (held.course, semester);
                    let found = board::find_same(tx.db(), class, held.date, &held.subject, held.session).await?;
                    *unknown.insert(found.map(|class| class.id))
                }
            };
            let group = groups.entry((slot, would.kind, class)).or_insert_with(|| Group {
                held: Held { kind: would.kind, class, ..held.clone() },
                marks: Vec::new(),
                before: HashMap::new(),
            });
            group.before.extend(record.map(|record| (student, record.clone())));
            group.marks.push(Mark {
                student,
                semester,
                status: would.status,
                minutes_attended,
                minutes_total,
                remarks: said.remarks.map(Some),
            });
            let rev = record.map_or(0, |record| record.rev);
            planned.push(Planned { action, error: None, was: was.map(|was| was.status), rev, ..row });
        }
        Ok(Self { rows: planned, groups: groups.into_values().collect() })
    }

    /// Does it.
    async fn apply(self, tx: &mut Tx, staff: &StaffCaller, file_name: &str) -> Result<Imported, Problem> {
        let reason = format!("Import of {file_name}");
        let hand = Hand::now(staff.user, Way::Import, Some(&reason));
        let (mut changes, mut written) = (Changes::default(), Written::default());
        for group in self.groups {
            let (one, _) = write(tx, &group.held, group.marks, &group.before, hand, &mut changes).await?;
            written.added += one.added;
            written.corrected += one.corrected;
            written.unchanged += one.unchanged;
        }
        changes.tell(tx).await?;
        let total = self.rows.len();
        let errors = self.rows.into_iter().filter_map(|row| Some(FailedRow { row: row.row, error: row.error? }));
        let errors: Vec<_> = errors.collect();
        Ok(Imported { total, success: written.all(), failed: errors.len(), errors })
    }
}
