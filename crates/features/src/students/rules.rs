//! What is decided about students: the words, who holds a seat, and why something is refused.

use lamplight_auth::WeakPassword;
use lamplight_kernel::{Class, Problem};

use crate::words::words;

words! {
    /// How somebody stands to the institute.
    AcademicStatus as AcademicStatus {
        /// Studies.
        Active = "Active",
        /// Away for a time.
        OnLeave = "On Leave",
        /// Not admitted to class for a time.
        Suspended = "Suspended",
        /// Has finished.
        Completed = "Completed",
        /// Has left before the end.
        Discontinued = "Discontinued",
    }
}

impl AcademicStatus {
    /// Those who hold a seat of their course and stand on the rolls of its classes. Who has finished or left does not.
    pub const ENROLLED: [Self; 3] = [Self::Active, Self::OnLeave, Self::Suspended];

    /// Whether somebody like this holds a seat.
    #[must_use]
    pub fn is_enrolled(self) -> bool {
        Self::ENROLLED.contains(&self)
    }
}

words! {
    /// As the student says.
    Gender as Gender {
        /// Male.
        Male = "Male",
        /// Female.
        Female = "Female",
        /// Another.
        Other = "Other",
    }
}

/// The human id: the course's code, the year of admission and a running number of at least three digits.
pub(super) fn human_id(code: &str, year: i32, number: i32) -> String {
    format!("{code}{year}{number:03}")
}

/// What a human id that comes with a file may be: that of an institute that numbered its students before.
pub(super) fn is_human_id(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'/' | b'.' | b'_');
    (3..=30).contains(&text.len()) && text.bytes().all(inner) && text.bytes().any(|byte| byte.is_ascii_digit())
}

/// Why something about students is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StudentError {
    /// There is none with this id, or none that the caller may know of.
    #[error("This student is not there.")]
    NotFound,
    /// Something in a form, each with its field.
    #[error("{}", first(.0))]
    Invalid(Vec<(&'static str, String)>),
    /// A mail address or mobile number that is somebody else's.
    #[error("{message}")]
    Taken {
        /// Which field.
        field: &'static str,
        /// What to tell.
        message: String,
        /// The human id of the student who has it.
        existing: Option<String>,
    },
    /// Every seat of the course is taken.
    #[error("Every seat of {course} is taken: it has {seats}.")]
    CourseFull {
        /// Its code.
        course: String,
        /// How many it has.
        seats: i32,
    },
    /// Changed since it was read.
    #[error("Somebody else has changed this student meanwhile. Look at both versions and save again.")]
    ChangedMeanwhile,
    /// Archived: nothing of it changes.
    #[error("This student is archived. Restore the student first.")]
    Archived,
    /// Not archived, so that there is nothing to restore.
    #[error("This student is not archived.")]
    NotArchived,
    /// Nowhere to send a link to.
    #[error("{0}")]
    NoMail(&'static str),
    /// A password against the rule.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// More rows than fit into one table.
    #[error("These are too many students for one table. Choose a course.")]
    TooMany,
    /// There is no such import, or it is somebody else's.
    #[error("This import is not there.")]
    ImportNotFound,
    /// It has been applied.
    #[error("This import has been applied already.")]
    ImportApplied,
    /// It is being applied.
    #[error("This import is being applied.")]
    ImportRunning,
    /// What it planned would do something else now.
    #[error(
        "Students, courses or seats have changed since the file was read. Nothing was changed. Choose the file again."
    )]
    ImportOutdated,
}

fn first(wrong: &[(&'static str, String)]) -> String {
    match wrong {
        [] => "Something in the form is not as it should be.".to_owned(),
        [(_, text)] => text.clone(),
        [(_, text), rest @ ..] => format!("{text} ({} more to correct.)", rest.len()),
    }
}

impl From<StudentError> for Problem {
    fn from(error: StudentError) -> Self {
        let message = error.to_string();
        let plain = |class, code| Self::new(class, code, message.clone());
        match error {
            StudentError::NotFound => plain(Class::NotFound, "students.not_found"),
            StudentError::NoMail(_) => plain(Class::Invalid, "students.no_mail"),
            StudentError::Invalid(wrong) => {
                wrong.into_iter().fold(plain(Class::Invalid, "students.invalid"), |problem, (field, text)| {
                    problem.with_field(field, text)
                })
            }
            StudentError::Taken { field, existing, .. } => {
                let problem = plain(Class::Invalid, "students.taken").with_field(field, message.clone());
                existing.into_iter().fold(problem, |problem, id| problem.with("existingStudentId", id.into()))
            }
            StudentError::CourseFull { .. } => {
                plain(Class::Invalid, "students.course_full").with_field("courseEnrolled", message.clone())
            }
            StudentError::ChangedMeanwhile => plain(Class::Conflict, "students.changed_meanwhile"),
            StudentError::Archived => plain(Class::Invalid, "students.archived"),
            StudentError::NotArchived => plain(Class::Invalid, "students.not_archived"),
            StudentError::Weak(_) => {
                plain(Class::Invalid, "students.weak_password").with_field("newPassword", message.clone())
            }
            StudentError::TooMany => plain(Class::Invalid, "students.too_many"),
            StudentError::ImportNotFound => plain(Class::NotFound, "students.import_not_found"),
            StudentError::ImportApplied => plain(Class::Conflict, "students.import_applied"),
            StudentError::ImportRunning => plain(Class::Conflict, "students.import_running"),
            StudentError::ImportOutdated => plain(Class::Conflict, "students.import_outdated"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn human_ids() {
        assert_eq!(human_id("GNM", 2026, 7), "GNM2026007");
        assert_eq!(human_id("GNM", 2026, 1234), "GNM20261234");
        for good in ["GNM2026007", "gnm/26/7", "2019-044", "B.SC_12"] {
            assert!(is_human_id(good), "{good}");
        }
        for bad in ["", "7", "Asha", "GNM 2026", "=1+12", "GNM2026007\0", "x1234567890123456789012345678901"] {
            assert!(!is_human_id(bad), "{bad}");
        }
    }

    #[test]
    fn one_mistake_is_told_whole_and_of_several_the_first() {
        let wrong = |count: usize| StudentError::Invalid(vec![("firstName", "Give a first name.".to_owned()); count]);
        assert_eq!(wrong(1).to_string(), "Give a first name.");
        assert_eq!(wrong(3).to_string(), "Give a first name. (2 more to correct.)");
    }

    #[test]
    fn who_has_finished_or_left_gives_the_seat_back() {
        let enrolled = AcademicStatus::ALL.iter().filter(|status| status.is_enrolled()).count();
        assert_eq!(enrolled, 3);
        assert!(!AcademicStatus::Completed.is_enrolled() && !AcademicStatus::Discontinued.is_enrolled());
        assert_eq!("on leave".parse(), Ok(AcademicStatus::OnLeave));
    }
}
