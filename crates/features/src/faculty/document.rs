//! The documents of faculty members, as they go over the wire.

use std::collections::HashMap;

use lamplight_kernel::{CourseId, FacultyId};
use serde::Serialize;
use utoipa::ToSchema;

use super::store::entity;
use crate::{accounts, courses::CourseName};

/// A faculty member as everybody may read them.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = FacultyProfile)]
#[serde(rename_all = "camelCase")]
pub(super) struct Profile {
    #[serde(rename = "_id")]
    #[schema(value_type = String)]
    id: FacultyId,
    full_name: String,
    /// `Lecturer`.
    designation: String,
    /// `Pediatric Nursing`.
    department: String,
    /// `M.Sc. Nursing`.
    qualification: String,
    specialization: String,
    /// As it was written: `12`, `12 years`.
    experience: String,
}

/// A course that somebody teaches.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = TaughtCourse)]
pub(super) struct Taught {
    #[schema(required)]
    course: Option<CourseName>,
    /// Which of its subjects; none means all.
    subjects: Vec<String>,
}

/// A subject that somebody teaches, as the existing client names it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = HandledSubject)]
#[serde(rename_all = "camelCase")]
struct Handled {
    subject_name: String,
    #[schema(value_type = String)]
    course: CourseId,
}

/// A faculty member as the office sees them.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = FacultyMember)]
#[serde(rename_all = "camelCase")]
pub(super) struct Member {
    #[serde(flatten)]
    profile: Profile,
    /// The institute's own number for them.
    faculty_id: String,
    /// The id of their account.
    user: String,
    username: String,
    email: String,
    contact_number: String,
    #[schema(required, format = Date)]
    date_of_joining: Option<String>,
    /// Whether they may sign in.
    is_active: bool,
    /// What they teach: what they may record and mark.
    teaches: Vec<Taught>,
    /// The same, as the existing client has it: the subjects that are named.
    subjects_handling: Vec<Handled>,
    /// Goes up with each change; send it back to be told when somebody else changed it.
    version: i32,
}

impl Profile {
    pub(super) fn of(row: &entity::Model, user: &accounts::entity::Model) -> Self {
        Self {
            id: row.id.into(),
            full_name: user.full_name.clone(),
            designation: row.designation.clone(),
            department: row.department.clone(),
            qualification: row.qualification.clone(),
            specialization: row.specialization.clone(),
            experience: row.experience.clone(),
        }
    }
}

impl Member {
    pub(super) fn of(
        row: &entity::Model,
        user: &accounts::entity::Model,
        taught: &HashMap<CourseId, Vec<String>>,
        names: &HashMap<CourseId, (String, String)>,
    ) -> Self {
        let name = |id: &CourseId| {
            let (code, name) = names.get(id)?;
            Some(CourseName { id: *id, course_code: code.clone(), course_name: name.clone() })
        };
        let mut teaches: Vec<Taught> =
            taught.iter().map(|(id, subjects)| Taught { course: name(id), subjects: subjects.clone() }).collect();
        let code = |one: &Taught| one.course.as_ref().map(|course| course.course_code.clone());
        teaches.sort_by_key(code);
        let handled = |(id, subjects): (&CourseId, &Vec<String>)| {
            let course = *id;
            subjects.iter().map(move |subject| Handled { subject_name: subject.clone(), course }).collect::<Vec<_>>()
        };
        let mut subjects_handling: Vec<Handled> = taught.iter().flat_map(handled).collect();
        subjects_handling.sort_by(|one, other| one.subject_name.cmp(&other.subject_name));
        Self {
            profile: Profile::of(row, user),
            faculty_id: row.faculty_id.clone(),
            user: user.id.to_string(),
            username: user.username.clone(),
            email: user.email.clone(),
            contact_number: row.contact_number.clone(),
            date_of_joining: row.joined_on.clone(),
            is_active: user.is_active != 0,
            teaches,
            subjects_handling,
            version: row.version,
        }
    }
}
