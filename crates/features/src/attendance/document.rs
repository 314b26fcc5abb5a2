//! The documents of attendance, as they go over the wire.

use std::collections::HashMap;

use jiff::civil::Date;
use lamplight_kernel::{AttendanceId, CourseId, StudentId, Timestamp};
use lamplight_store::StoreError;
use sea_orm::ConnectionTrait;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    entity::{history, records},
    rules::{Kind, Session, Status, Tally, hours},
    store::{self, Said, word},
};
use crate::{
    accounts,
    courses::{self, CourseName},
    faculty::Teaching,
    students,
};

/// Somebody of the staff.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = AttendanceRecorder)]
#[serde(rename_all = "camelCase")]
pub(super) struct Recorder {
    /// The name they sign in with.
    pub(super) username: String,
    /// What the institute calls them.
    pub(super) full_name: String,
}

impl From<&accounts::entity::Model> for Recorder {
    fn from(user: &accounts::entity::Model) -> Self {
        Self { username: user.username.clone(), full_name: user.full_name.clone() }
    }
}

/// A student, in short.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = AttendanceStudent)]
#[serde(rename_all = "camelCase")]
pub(super) struct StudentName {
    /// The student record's id.
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    pub(super) id: StudentId,
    /// The human id.
    pub(super) student_id: String,
    /// The student's name.
    pub(super) full_name: String,
}

impl From<&students::entity::Model> for StudentName {
    fn from(student: &students::entity::Model) -> Self {
        Self { id: student.id.into(), student_id: student.student_id.clone(), full_name: student.full_name() }
    }
}

/// A student's attendance of one class, as the student sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = AttendedClass)]
#[serde(rename_all = "camelCase")]
pub(super) struct Attended {
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    id: AttendanceId,
    /// At the institute.
    #[schema(value_type = String, format = Date)]
    date: Date,
    subject: String,
    semester: i32,
    session: Session,
    #[serde(rename = "type")]
    kind: Kind,
    status: Status,
    /// How long the student was there.
    hours_attended: f64,
    /// How long the class was.
    total_hours: f64,
    #[schema(required)]
    remarks: Option<String>,
    #[schema(required)]
    recorded_by: Option<Recorder>,
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// As staff see it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Attendance {
    #[serde(flatten)]
    record: Attended,
    #[schema(required)]
    student: Option<StudentName>,
    #[schema(required)]
    course: Option<CourseName>,
    /// Goes up with each correction. Sent along with one, it makes sure that nobody's is lost.
    rev: i32,
    /// Whether the caller may correct and delete it.
    #[serde(rename = "canEdit")]
    can_edit: bool,
}

/// One thing that happened to a record.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttendanceLine)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line {
    /// `corrected`, `deleted`, or `overtaken`: a tap that arrived after a later one and so did not count.
    action: String,
    /// What it was.
    #[schema(required)]
    before: Option<Said>,
    /// What it became; of a tap that did not count, what it would have been.
    #[schema(required)]
    after: Option<Said>,
    #[schema(required)]
    reason: Option<String>,
    /// `form`, `board`, `correction` or `import`.
    way: String,
    #[schema(required)]
    by: Option<Recorder>,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// What records name.
pub(super) struct Names {
    pub(super) students: HashMap<StudentId, students::entity::Model>,
    courses: HashMap<CourseId, (String, String)>,
    pub(super) users: HashMap<Uuid, accounts::entity::Model>,
}

impl Names {
    pub(super) async fn of<C: ConnectionTrait>(db: &C, rows: &[records::Model]) -> Result<Self, StoreError> {
        let mut students: Vec<Uuid> = rows.iter().map(|row| row.student_id).collect();
        students.sort_unstable();
        students.dedup();
        Ok(Self {
            students: students::find_by_ids(db, students.into_iter().map(StudentId::from)).await?,
            courses: courses::find_names_of(db, rows.iter().map(|row| row.course_id.into())).await?,
            users: recorders(db, rows).await?,
        })
    }

    pub(super) fn course(&self, id: CourseId) -> Option<CourseName> {
        let (code, name) = self.courses.get(&id)?;
        Some(CourseName { id, course_code: code.clone(), course_name: name.clone() })
    }
}

/// The accounts of who recorded them.
pub(super) async fn recorders<C: ConnectionTrait>(
    db: &C,
    rows: &[records::Model],
) -> Result<HashMap<Uuid, accounts::entity::Model>, StoreError> {
    let mut users: Vec<Uuid> = rows.iter().map(|row| row.recorded_by).collect();
    users.sort_unstable();
    users.dedup();
    accounts::find_by_ids(db, users.into_iter()).await
}

pub(super) fn attended(
    row: &records::Model,
    users: &HashMap<Uuid, accounts::entity::Model>,
) -> Result<Attended, StoreError> {
    Ok(Attended {
        id: row.id.into(),
        date: store::date(&row.date)?,
        subject: row.subject.clone(),
        semester: row.semester,
        session: word(row, &row.session)?,
        kind: word(row, &row.kind)?,
        status: word(row, &row.status)?,
        hours_attended: hours(row.minutes_attended),
        total_hours: hours(row.minutes_total),
        remarks: row.remarks.clone(),
        recorded_by: users.get(&row.recorded_by).map(Recorder::from),
        recorded_at: Timestamp::from_millis(row.recorded_at),
        updated_at: Timestamp::from_millis(row.updated_at),
    })
}

pub(super) fn document(row: &records::Model, names: &Names, teaching: &Teaching) -> Result<Attendance, StoreError> {
    let course = CourseId::from(row.course_id);
    Ok(Attendance {
        record: attended(row, &names.users)?,
        student: names.students.get(&row.student_id.into()).map(StudentName::from),
        course: names.course(course),
        rev: row.rev,
        can_edit: teaching.covers(course, &row.subject),
    })
}

pub(super) fn line(row: history::Model, users: &HashMap<Uuid, accounts::entity::Model>) -> Result<Line, StoreError> {
    let said = |text: Option<String>| -> Result<Option<Said>, StoreError> {
        text.map(|text| serde_json::from_str(&text)).transpose().map_err(StoreError::from)
    };
    Ok(Line {
        by: users.get(&row.by).map(Recorder::from),
        before: said(row.before)?,
        after: said(row.after)?,
        action: row.action,
        reason: row.reason,
        way: row.way,
        at: Timestamp::from_millis(row.at),
    })
}

/// Counts of classes, as the existing client reads them and a few more.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(as = AttendanceStats)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stats {
    /// Classes that were held: all but holidays.
    total: i64,
    present: i64,
    absent: i64,
    late: i64,
    /// Leave and medical leave.
    leave: i64,
    holiday: i64,
    /// Present and late.
    attended: i64,
    /// Of those that were held, to two decimals; 0 when none was.
    percentage: f64,
    /// How long the student was there.
    hours_attended: f64,
    /// How long the classes were.
    total_hours: f64,
}

impl From<&Tally> for Stats {
    fn from(tally: &Tally) -> Self {
        Self {
            total: tally.held(),
            present: tally.present,
            absent: tally.absent,
            late: tally.late,
            leave: tally.leave,
            holiday: tally.holiday,
            attended: tally.attended(),
            percentage: tally.percentage().unwrap_or(0.0),
            hours_attended: hours(tally.minutes_attended),
            total_hours: hours(tally.minutes_held),
        }
    }
}
