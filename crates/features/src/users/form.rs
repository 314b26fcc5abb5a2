//! What a form says about an account.

use lamplight_auth::Role;
use serde::Deserialize;
use utoipa::ToSchema;

use super::UserError;
use crate::{
    accounts::{Profile, entity::Model},
    contact,
    wire::Change,
};

const MAX_NAME: usize = 100;

/// What may be said about an account. What is not there stays as it is, or gets its default when the account is new. Fields that are
/// not named here are ignored: the existing client sends back what it was given.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
#[schema(as = UserForm)]
pub(super) struct Form {
    username: Option<String>,
    email: Option<String>,
    /// For a new account. Without one, the server makes one and gives it in its answer, once.
    pub(super) password: Option<String>,
    /// Sends the person a link to choose a password, instead of making one.
    pub(super) send_email: Option<bool>,
    #[schema(schema_with = crate::wire::roles)]
    role: Option<String>,
    full_name: Option<String>,
    #[schema(value_type = Option<String>)]
    contact_number: Change<String>,
    is_active: Option<bool>,
    /// Of faculty and administrators.
    #[schema(value_type = Option<String>)]
    designation: Change<String>,
    /// Of faculty and administrators.
    #[schema(value_type = Option<String>)]
    department: Change<String>,
    /// Of students; changed by the students' own page.
    #[schema(value_type = Option<String>)]
    course_enrolled: Change<String>,
    /// Of students; changed by the students' own page.
    #[schema(value_type = Option<i32>)]
    semester: Change<i32>,
    /// Of students; changed by the students' own page.
    #[schema(value_type = Option<i32>)]
    batch_year: Change<i32>,
    /// Of students; changed by the students' own page.
    #[schema(value_type = Option<String>)]
    academic_status: Change<String>,
    /// The version that was changed.
    #[schema(value_type = Option<i32>)]
    pub(super) version: Change<i32>,
}

/// A row after a form, and what is kept elsewhere.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Checked {
    pub(super) row: Model,
    pub(super) role: Role,
    /// Of faculty and administrators.
    pub(super) designation: String,
    pub(super) department: String,
}

impl Form {
    /// The account after this form, all mistakes reported at once. `blank` is one that nothing is known of when it is new.
    pub(super) fn check(self, before: &Model, profile: &Profile, is_new: bool) -> Result<Checked, UserError> {
        let mut row = before.clone();
        let mut wrong: Vec<(&'static str, std::borrow::Cow<'static, str>)> = Vec::new();
        let mut say = |field, text: &'static str| wrong.push((field, text.into()));
        let said = |text: Option<String>| text.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
        match said(self.username).map(|name| name.to_lowercase()) {
            Some(name) if name.is_empty() || name.chars().any(char::is_whitespace) || name.contains('\0') => {
                say("username", "A user name has no spaces, and is not empty.");
            }
            Some(name) if name.chars().count() > MAX_NAME => say("username", "This is too long for a user name."),
            Some(name) => row.username = name,
            None if is_new => say("username", "This is needed."),
            None => {}
        }
        match self.email {
            Some(email) if email.trim().to_lowercase() == before.email && !is_new => {}
            Some(email) => match contact::mail(&email) {
                Some(email) => row.email = email,
                None => say("email", "This is not a mail address, such as asha@example.com."),
            },
            None if is_new => say("email", "This is needed."),
            None => {}
        }
        match said(self.full_name) {
            Some(name) if name.is_empty() || name.contains('\0') => say("fullName", "This is needed."),
            Some(name) if name.chars().count() > MAX_NAME => say("fullName", "This name is too long."),
            Some(name) => row.full_name = name,
            None if is_new => say("fullName", "This is needed."),
            None => {}
        }
        match self.role.as_deref().map(|role| role.trim().to_lowercase().parse::<Role>()) {
            Some(Ok(role)) => row.role = role.as_str().to_owned(),
            Some(Err(())) => say("role", "Choose admin or faculty."),
            None if is_new => say("role", "This is needed."),
            None => {}
        }
        let role: Role = row.role.parse().unwrap_or(Role::Student);
        if let Some(is_active) = self.is_active {
            row.is_active = i32::from(is_active);
        }
        let number = match self.contact_number {
            Change::Set(number) if profile.contact_number.as_ref() != Some(&number) => match contact::phone(&number) {
                Some(number) => Some(number),
                None => {
                    say("contactNumber", "This is not a telephone number.");
                    None
                }
            },
            number => number.apply(profile.contact_number.clone()),
        };
        let mut line = |field, change: Change<String>, was: &Option<String>| {
            let text = said(change.apply(was.clone())).unwrap_or_default();
            if text.chars().count() > MAX_NAME || text.contains('\0') {
                wrong.push((field, "This is too long.".into()));
            }
            text
        };
        let designation = line("designation", self.designation, &profile.designation);
        let department = line("department", self.department, &profile.department);
        let is_student = before.role == Role::Student.as_str() && !is_new;
        if is_student {
            // The existing client sends everything it knows, changed or not.
            let course = profile.course_enrolled.as_ref().map(|course| course.id.to_string());
            let same = |change: Change<String>, was: Option<String>| change.apply(was.clone()) == was;
            let elsewhere = [
                ("fullName", row.full_name == before.full_name),
                ("username", row.username == before.username),
                ("contactNumber", number == profile.contact_number),
                ("courseEnrolled", same(self.course_enrolled, course)),
                ("semester", self.semester.apply(profile.semester) == profile.semester),
                ("batchYear", self.batch_year.apply(profile.batch_year) == profile.batch_year),
                ("academicStatus", same(self.academic_status, profile.academic_status.clone())),
            ];
            for (field, _) in elsewhere.iter().filter(|(_, is_same)| !is_same) {
                wrong.push((field, "Change this on the page of the students.".into()));
            }
        } else {
            row.contact_number = number;
        }
        if role != Role::Student && is_student || role == Role::Student && !is_student && !is_new {
            wrong.push(("role", "A student stays a student, and nobody else becomes one.".into()));
        }
        if role == Role::Admin {
            row.designation = Some(designation.clone()).filter(|text| !text.is_empty());
            row.department = Some(department.clone()).filter(|text| !text.is_empty());
        }
        if wrong.is_empty() {
            Ok(Checked { row, role, designation, department })
        } else {
            Err(UserError::Invalid(wrong))
        }
    }
}
