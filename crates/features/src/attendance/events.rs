use jiff::civil::Date;
use lamplight_kernel::{CourseId, Event};
use serde::Serialize;
use utoipa::ToSchema;

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
