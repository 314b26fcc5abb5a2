use jiff::civil::Date;
use lamplight_kernel::{AttendanceId, ClassId, CourseId, Event, StudentId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::rules::Status;

/// Attendance was recorded, corrected or deleted.
///
/// As a stamp to staff it names nobody. As a letter to the student concerned it holds their own id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AttendanceChanged)]
#[serde(rename_all = "camelCase")]
pub struct Changed {
    /// The date of the class, at the institute.
    #[schema(value_type = String, format = Date)]
    pub date: Date,
    /// The subject.
    pub subject: String,
    /// The semester of the students.
    pub semester: i32,
    /// The id of the course.
    #[schema(value_type = String)]
    pub course: CourseId,
    /// The human id of the student who hears this; in no event to others.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub student_id: Option<String>,
}

impl Event for Changed {
    const NAME: &'static str = "attendance:changed";
}

/// Students were marked on a roll-call board. Names students, so it goes to those alone who may mark them.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = AttendanceTapped)]
#[serde(rename_all = "camelCase")]
pub struct Tapped {
    /// The class.
    #[schema(value_type = String)]
    pub class_id: ClassId,
    /// Who marked: the name.
    pub by: String,
    /// What counts now, for each student who was marked.
    pub marks: Vec<TappedMark>,
}

/// What counts now for one student.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TappedMark {
    /// The student record's id.
    #[schema(value_type = String)]
    pub student: StudentId,
    /// Nothing when the mark was taken back.
    #[schema(required)]
    pub status: Option<Status>,
    /// How long the student was there.
    pub hours_attended: f64,
    /// The record, unless the mark was taken back.
    #[schema(required, value_type = Option<String>)]
    pub attendance: Option<AttendanceId>,
    /// The revision of the record; 0 without one.
    pub rev: i32,
    /// When the tap that counts was made. Who has seen it taps later, whatever their clock says.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
}

impl Event for Tapped {
    const NAME: &'static str = "attendance:tapped";
}

/// A class, in an event: nothing about its students.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClassStamp {
    /// The class.
    #[schema(value_type = String)]
    pub class_id: ClassId,
    /// Its date, at the institute.
    #[schema(value_type = String, format = Date)]
    pub date: Date,
    /// Its subject.
    pub subject: String,
    /// Its semester.
    pub semester: i32,
    /// The id of its course.
    #[schema(value_type = String)]
    pub course: CourseId,
}

/// A class was opened for marking.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Opened(pub ClassStamp);

impl Event for Opened {
    const NAME: &'static str = "attendance:opened";
}

/// A class was closed.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Closed(pub ClassStamp);

impl Event for Closed {
    const NAME: &'static str = "attendance:closed";
}
