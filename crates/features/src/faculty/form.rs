//! What a form says about a faculty member: read forgivingly, checked as a whole.

use std::collections::{BTreeMap, HashMap};

use lamplight_kernel::CourseId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rules::{FacultyError, MAX_COURSES, MAX_ID, MAX_LONG, MAX_SHORT, MAX_SUBJECTS, is_email, subject_key};
use crate::{Institute, wire::Change};

/// A faculty member as the existing client sends them. In a change, what is left out stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = FacultyForm)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Form {
    /// The institute's own number; made by the server when it is left out.
    #[schema(value_type = Option<String>)]
    faculty_id: Change<String>,
    #[schema(value_type = Option<String>)]
    full_name: Change<String>,
    #[schema(value_type = Option<String>)]
    email: Change<String>,
    /// What they may type to sign in instead of the e-mail, which it is unless told. It can't be changed here.
    #[schema(value_type = Option<String>)]
    username: Change<String>,
    /// The first password. It can't be changed here.
    pub(super) password: Option<String>,
    #[schema(value_type = Option<String>)]
    designation: Change<String>,
    #[schema(value_type = Option<String>)]
    department: Change<String>,
    #[schema(value_type = Option<String>)]
    qualification: Change<String>,
    #[schema(value_type = Option<String>)]
    specialization: Change<String>,
    #[schema(value_type = Option<String>)]
    experience: Change<String>,
    #[schema(value_type = Option<String>)]
    contact_number: Change<String>,
    /// `YYYY-MM-DD`.
    #[schema(value_type = Option<String>)]
    date_of_joining: Change<String>,
    pub(super) is_active: Option<bool>,
    /// What they teach. Left out, it stays as it is; an empty list is nothing.
    teaches: Option<Vec<TaughtForm>>,
    /// In a change: the version that was read. It is refused when it is not the current one any more.
    #[schema(value_type = Option<i32>)]
    pub(super) version: Change<i32>,
}

/// A course that somebody is to teach.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = TaughtCourseForm)]
#[serde(default)]
struct TaughtForm {
    /// The id of the course.
    #[schema(value_type = String)]
    course: Change<String>,
    /// Which of its subjects; none means all.
    subjects: Vec<String>,
}

/// A faculty member, checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Details {
    pub(super) faculty_id: String,
    pub(super) full_name: String,
    pub(super) email: String,
    pub(super) username: String,
    pub(super) designation: String,
    pub(super) department: String,
    pub(super) qualification: String,
    pub(super) specialization: String,
    pub(super) experience: String,
    pub(super) contact_number: String,
    pub(super) joined_on: Option<String>,
    pub(super) teaches: HashMap<CourseId, Vec<String>>,
}

impl Form {
    /// All mistakes at once. `before` is what is changed, `courses` are those there are.
    pub(super) fn check(
        self,
        before: Details,
        courses: &HashMap<CourseId, (String, String)>,
        institute: &Institute,
    ) -> Result<Details, FacultyError> {
        let mut wrong = BTreeMap::<String, String>::new();
        let mut text = |field: &str, given: Change<String>, before: String, most: usize, needed: bool| {
            let text = given.apply(Some(before)).unwrap_or_default().trim().replace('\0', "");
            if text.chars().count() > most {
                wrong.insert(field.to_owned(), format!("This may have at most {most} characters."));
            } else if needed && text.is_empty() {
                wrong.insert(field.to_owned(), "This is needed.".to_owned());
            }
            text
        };
        let full_name = text("fullName", self.full_name, before.full_name, MAX_SHORT, true);
        let email = text("email", self.email, before.email, MAX_LONG, true).to_lowercase();
        let usual = if before.username.is_empty() { email.clone() } else { before.username };
        let mut details = Details {
            faculty_id: text("facultyId", self.faculty_id, before.faculty_id, MAX_ID, false).to_uppercase(),
            username: text("username", self.username, usual, MAX_LONG, false).to_lowercase(),
            designation: text("designation", self.designation, before.designation, MAX_SHORT, true),
            department: text("department", self.department, before.department, MAX_SHORT, true),
            qualification: text("qualification", self.qualification, before.qualification, MAX_LONG, false),
            specialization: text("specialization", self.specialization, before.specialization, MAX_LONG, false),
            experience: text("experience", self.experience, before.experience, MAX_LONG, false),
            contact_number: text("contactNumber", self.contact_number, before.contact_number, MAX_SHORT, false),
            full_name,
            email,
            ..Details::default()
        };
        if details.username.is_empty() {
            details.username.clone_from(&details.email);
        }
        if !details.email.is_empty() && !is_email(&details.email) {
            wrong.entry("email".to_owned()).or_insert_with(|| "This is not an email address.".to_owned());
        }
        let joined_on = match self.date_of_joining {
            Change::Keep => before.joined_on,
            Change::Clear => None,
            Change::Set(text) => {
                let date = institute.date_of(&text);
                if date.is_none() {
                    wrong.insert("dateOfJoining".to_owned(), "Write the date as YYYY-MM-DD.".to_owned());
                }
                date.map(|date| date.to_string())
            }
        };
        let teaches = match self.teaches {
            None => before.teaches,
            Some(given) => check_teaches(given, courses, &mut wrong),
        };
        if wrong.is_empty() { Ok(Details { joined_on, teaches, ..details }) } else { Err(FacultyError::Invalid(wrong)) }
    }
}

fn check_teaches(
    given: Vec<TaughtForm>,
    courses: &HashMap<CourseId, (String, String)>,
    wrong: &mut BTreeMap<String, String>,
) -> HashMap<CourseId, Vec<String>> {
    if given.len() > MAX_COURSES {
        wrong.insert("teaches".to_owned(), format!("There may be at most {MAX_COURSES} courses."));
    }
    let mut teaches = HashMap::new();
    for (at, one) in given.into_iter().enumerate() {
        let course = one.course.apply(None).and_then(|text| text.parse::<CourseId>().ok());
        let Some(course) = course.filter(|course| courses.contains_key(course)) else {
            wrong.insert(format!("teaches[{at}].course"), "There is no such course.".to_owned());
            continue;
        };
        let mut subjects: Vec<String> = Vec::new();
        for subject in one.subjects {
            let subject = subject.replace('\0', "").split_whitespace().collect::<Vec<_>>().join(" ");
            let is_there = subjects.iter().any(|known| subject_key(known) == subject_key(&subject));
            if subject.chars().count() > MAX_SHORT || subjects.len() >= MAX_SUBJECTS {
                let text = format!("Name at most {MAX_SUBJECTS} subjects of {MAX_SHORT} characters.");
                wrong.insert(format!("teaches[{at}].subjects"), text);
            } else if !subject.is_empty() && !is_there {
                subjects.push(subject);
            }
        }
        subjects.sort();
        if teaches.insert(course, subjects).is_some() {
            wrong.insert(format!("teaches[{at}].course"), "This course is in the list twice.".to_owned());
        }
    }
    teaches
}
